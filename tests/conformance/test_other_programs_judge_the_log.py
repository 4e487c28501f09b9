"""Other people's programs read a log that the product has published, and judge its checkpoints and proofs.

``metamorphic-log`` (Rust, C2SP signed notes and checkpoints, RFC 9162 proofs) is given the notes and the hashes of the
proof files, and nothing else. ``tlog-scales`` (Python, C2SP tlog-tiles) is given the folder: it finds the tiles, works
the roots and proofs out of them by itself, and judges cosignatures.

Source: C2SP tlog-tiles, signed-note, tlog-checkpoint, tlog-cosignature; RFC 9162, 2.1
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import metamorphic_log
import pytest
from cryptography.exceptions import InvalidSignature
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import NoteSignature, Vkey
from tlog_scales.tlog import Checkpoint as OtherCheckpoint
from tlog_scales.tlog import ConsistencyProofInvalid, InclusionProofInvalid

from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.connection import sqlite_url
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.services import initiation, proving
from recordkeeper.services.people import Actor
from recordkeeper.services.publication import Publisher, publish
from recordkeeper.tlog.checkpoint import LogKey, unverified_checkpoint
from recordkeeper.tlog.cosignature import CosignerKey, cosign
from recordkeeper.tlog.proof import format_proof

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
SIZES = (0, 1, 130, 300)  # further events before each publishing: with those of init two bundles and a piece
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Published(NamedTuple):
    """A published log: its workspace, the checkpoint of each time, its public key."""

    folder: Path
    notes: list[str]
    key: str

    @property
    def log(self) -> Path:
        return self.folder / "archive" / "log"

    def proof(self, what: str) -> dict[str, Any]:
        """What a proof file of an event says."""
        with open_register(sqlite_url(self.folder / "records.db")) as register:
            return dict(json.loads(format_proof(proving.prove_events(register, self.log, what))))

    def growth(self, earlier: str) -> dict[str, Any]:
        """What a proof file says of the growth since an earlier checkpoint."""
        with open_register(sqlite_url(self.folder / "records.db")) as register:
            boss = Actor("person/1", "boss", "甲")
            return dict(json.loads(format_proof(proving.prove_growth(register, self.log, boss, NOW, earlier))))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    root = StorageRoot(folder / "archive" / "objects", folder / "archive" / "incoming")
    beginning = initiation.prepare(
        company="小", time_zone="Asia/Shanghai", login="boss", name="甲", passphrase="correct horse", now=NOW
    )
    notes = []
    with create_register(sqlite_url(folder / "records.db")) as register:
        initiation.initiate(beginning, register, root, folder / "log.key", NOW)
        for turn, count in enumerate(SIZES):
            moment = NOW + timedelta(minutes=turn)
            with register.writing(now=moment) as transaction:
                for _event in range(count):
                    transaction.note("read", actor="person/1", subject="unit/1")
            assert publish(Publisher(register, folder / "archive", root, folder / "log.key"), moment).problems == []
            notes.append((folder / "archive" / "log" / "checkpoint").read_text(encoding="utf-8"))
    return Published(folder, notes, LogKey.load(folder / "log.key").verifier)


def decoded(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


def test_a_rust_program_opens_every_checkpoint_and_no_altered_one(published: Published) -> None:
    for note in published.notes:
        ours = unverified_checkpoint(note)
        head = metamorphic_log.checkpoint_verify(note, [published.key])
        assert (head.origin, head.size, head.root) == (ours.origin, ours.size, ours.root)
        assert tuple(head.extensions) == ours.extensions
        altered = note.replace(f"\n{ours.size}\n", f"\n{ours.size + 1}\n")
        for text, key in ((altered, published.key), (note, LogKey.generate(ours.origin).verifier)):
            with pytest.raises(metamorphic_log.VerifyError):
                metamorphic_log.checkpoint_verify(text, [key])


@pytest.mark.parametrize("index", [0, 1, 5, 255, 256, 400])
def test_a_rust_program_judges_inclusion_proofs(published: Published, index: int) -> None:
    proof = published.proof(str(index))
    (entry,) = proof["entries"]
    leaf = hashlib.sha256(b"\x00" + entry["leaf"].encode()).digest()
    hashes = decoded(entry["hashes"])
    check = metamorphic_log.checkpoint_verify_inclusion
    check(proof["checkpoint"], proof["keys"], index, leaf, hashes)
    for wrong in ((index + 1, leaf, hashes), (index, bytes(32), hashes), (index, leaf, [*hashes[:-1], bytes(32)])):
        with pytest.raises(metamorphic_log.VerifyError):
            check(proof["checkpoint"], proof["keys"], *wrong)


def test_a_rust_program_judges_consistency_proofs_between_all_checkpoints(published: Published) -> None:
    for earlier in published.notes[:-1]:
        proof = published.growth(earlier)
        hashes = decoded(proof["hashes"])
        check = metamorphic_log.checkpoint_verify_consistency
        check(proof["from"], proof["checkpoint"], proof["keys"], hashes)
        with pytest.raises(metamorphic_log.VerifyError):
            check(proof["from"], proof["checkpoint"], proof["keys"], [*hashes[:-1], bytes(32)])


def reader(published: Published, size: int) -> TilesReader:
    found = TilesReader(LocalBackend(published.log))
    found.set_size(size)
    return found


def test_a_reader_of_tiles_finds_every_root_and_entry_in_the_folder(published: Published) -> None:
    last = unverified_checkpoint(published.notes[-1])
    found = reader(published, last.size)
    for note in published.notes:
        ours = unverified_checkpoint(note)
        assert found.mth(0, ours.size) == ours.root
    for index in (0, 255, 256, last.size - 1):
        entry = found.get_entry(index)
        assert json.loads(entry)["index"] == index
        (own,) = published.proof(str(index))["entries"]
        assert own["leaf"].encode() == entry
        inclusion = found.get_inclusion_proof(index, last.size)
        assert [each.hex() for each in inclusion.node_hashes] == own["hashes"]
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        inclusion.check(leaf, last.root)
        with pytest.raises(InclusionProofInvalid):
            inclusion.check(bytes(32), last.root)


def test_a_reader_of_tiles_works_out_the_same_consistency_proofs(published: Published) -> None:
    last = unverified_checkpoint(published.notes[-1])
    for earlier in published.notes[:-1]:
        first = unverified_checkpoint(earlier)
        consistency = reader(published, last.size).get_consistency_proof(first.size, last.size)
        assert [each.hex() for each in consistency.node_hashes] == published.growth(earlier)["hashes"]
        consistency.check(first.root, last.root)
        with pytest.raises(ConsistencyProofInvalid):
            consistency.check(EMPTY_ROOT, last.root)


def test_another_program_accepts_our_cosignatures(published: Published) -> None:
    """Of the first checkpoint, for that program knows no extension lines."""
    auditor = CosignerKey.generate("auditor.example.org")
    cosigned = OtherCheckpoint.from_text(cosign(published.notes[0], auditor, NOW))
    for key in (published.key, auditor.verifier):
        cosigned.verify(Vkey.from_string(key))
    own = next(each for each in cosigned.signatures if each.name == auditor.name)
    later = NoteSignature(own.name, own.key_id, (int(NOW.timestamp()) + 1).to_bytes(8, "big") + own.payload[8:])
    with pytest.raises(InvalidSignature):
        Vkey.from_string(auditor.verifier).get_verifier().verify_note(later, cosigned)
