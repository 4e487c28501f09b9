"""Proofs out of a published log: they hold for anybody who has the file, and a log that was changed gives none."""

import shutil

import pytest

from company import FEEDBACK, NOW, Company, Scene
from recordkeeper import verifier
from recordkeeper.services.proving import (
    UnprovenLogError,
    UnpublishedEventError,
    check_proof_file,
    prove_events,
    prove_growth,
)
from recordkeeper.services.retrieval import UnknownRecordError
from recordkeeper.services.trail import NoCheckpointError
from recordkeeper.tlog.checkpoint import LogKey, UnsignedNoteError, sign_note
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.proof import InclusionProof, format_proof
from recordkeeper.tlog.tiles import TileLog

NUMBER = "QR-017-02/2026-0001"


def note_of(company: Company) -> str:
    note = read_checkpoint(company.archive / "log")
    assert note is not None
    return note


def holds(text: str, company: Company) -> bool:
    key = LogKey.load(company.folder / "log.key").verifier
    said = verifier.check_proof(verifier.parse_proof(text.encode()), [key])
    checked = check_proof_file(text, key)
    assert bool(said.kept) == bool(checked.findings)
    return not checked.findings


def test_an_event_and_all_events_of_a_record_are_proven(scene: Scene) -> None:
    with scene.opened() as company:
        one = prove_events(company.register, company.archive / "log", "3")
        several = prove_events(company.register, company.archive / "log", NUMBER)
        with company.register.reading() as snapshot:
            events = snapshot.events_of(f"record/{NUMBER}")
        assert [entry.index for entry in one.entries] == [3]
        assert [entry.index for entry in several.entries] == [event.index for event in events]
        assert [entry.leaf for entry in several.entries] == [event.leaf for event in events]
        for proof in (one, several):
            assert holds(format_proof(proof), company)
            assert not holds(format_proof(proof).replace('"kind\\":\\"', '"kind\\":\\"x', 1), company)


def test_growth_since_an_earlier_checkpoint_is_proven(company: Company) -> None:
    company.publish()
    earlier = note_of(company)
    company.new("clerk", "QR-017-02", dict(FEEDBACK))
    company.publish()
    proof = prove_growth(company.register, company.archive / "log", company.by("clerk"), NOW, earlier)
    assert (proof.earlier, proof.note) == (earlier, note_of(company))
    assert holds(format_proof(proof), company)


def test_what_is_not_yet_published_cannot_be_proven(company: Company) -> None:
    with pytest.raises(NoCheckpointError):
        prove_events(company.register, company.archive / "log", "0")
    company.publish()
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK))
    for what in (number, "99999"):
        with pytest.raises(UnpublishedEventError):
            prove_events(company.register, company.archive / "log", what)
    with pytest.raises(UnknownRecordError):
        prove_events(company.register, company.archive / "log", "QR-017-02/1999-0001")


def test_a_log_of_other_entries_is_not_proven(begun_scene: Scene, without_libreoffice: None) -> None:
    with begun_scene.opened() as company:
        company.publish()
        log = company.archive / "log"
        with company.register.reading() as snapshot:
            leaves = [event.leaf for event in snapshot.events()]
        shutil.rmtree(log / "tile")
        TileLog(log).append(0, [leaves[0], b"another", *leaves[2:]])
        for index in ("0", "1"):
            with pytest.raises(UnprovenLogError):
                prove_events(company.register, log, index)


def test_growth_is_not_proven_from_a_checkpoint_of_another_key(company: Company) -> None:
    company.publish()
    text = note_of(company).rpartition("\n\n")[0] + "\n"
    stranger = LogKey.generate(LogKey.load(company.folder / "log.key").name)
    with pytest.raises(UnsignedNoteError):
        prove_growth(company.register, company.archive / "log", company.by("clerk"), NOW, sign_note(text, stranger))


def test_an_inclusion_proof_names_the_log_key_itself_where_none_is_given(company: Company) -> None:
    company.publish()
    proof = prove_events(company.register, company.archive / "log", "0")
    assert isinstance(proof, InclusionProof)
    checked = check_proof_file(format_proof(proof), None)
    assert (checked.findings, checked.is_key_given) == ((), False)
