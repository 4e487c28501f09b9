import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from recordkeeper import verifier
from recordkeeper.errors import InvalidInputError
from recordkeeper.findings import Severity
from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.key_chain import rotate
from recordkeeper.tlog.merkle import UnprovableError
from recordkeeper.tlog.proof import check_proof, format_proof, parse_proof, prove_consistency, prove_inclusion
from recordkeeper.tlog.tiles import TileLog
from torture import IS_LONG

SIZE = 300
KEY = LogKey.generate("example.org/log")
OTHER, LATER = LogKey.generate("example.org/log"), LogKey.generate("example.org/log")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> TileLog:
    log = TileLog(tmp_path_factory.mktemp("log"))
    log.append(0, [f'{{"index":{index},"名":"甲"}}'.encode() for index in range(SIZE)])
    return log


def note_of(log: TileLog, size: int, key: LogKey = KEY) -> str:
    return sign_note(format_checkpoint(Checkpoint(key.name, size, log.root(size))), key)


@pytest.fixture(scope="module")
def inclusion(log: TileLog) -> str:
    return format_proof(prove_inclusion(log, note_of(log, SIZE), [0, 299], (KEY.verifier,)))


@pytest.fixture(scope="module")
def consistency(log: TileLog) -> str:
    return format_proof(prove_consistency(log, note_of(log, 77), note_of(log, SIZE), (KEY.verifier,)))


def codes(text: str, *keys: str) -> set[str]:
    proof = parse_proof(text)
    return {finding.code for finding in check_proof(proof, keys or proof.keys)}


def codes_of_verifier(text: str, *keys: str) -> set[str]:
    return {finding.code for finding in verifier.check_proof(verifier.parse_proof(text.encode()), keys).kept}


def test_proofs_come_back_as_they_were_and_hold(inclusion: str, consistency: str) -> None:
    for text in (inclusion, consistency):
        assert format_proof(parse_proof(text)) == text
        assert codes(text) == codes(text, KEY.verifier) == set()
        assert codes_of_verifier(text) == codes_of_verifier(text, KEY.verifier) == set()


def test_every_pair_of_sizes_is_proven_by_both(log: TileLog) -> None:
    for second in (1, 2, 7, 8, 256, 257, 300):
        for first in (1, 2, 3, 4, 7, 8, 255, 256, 257, 300):
            if first <= second:
                text = format_proof(prove_consistency(log, note_of(log, first), note_of(log, second), (KEY.verifier,)))
                assert codes(text) == codes_of_verifier(text) == set()


def test_a_key_from_outside_that_signed_nothing_is_named(inclusion: str, consistency: str) -> None:
    for text in (inclusion, consistency):
        assert codes(text, OTHER.verifier) == codes_of_verifier(text, OTHER.verifier) == {"checkpoint-signature"}


def test_without_any_key_the_signature_cannot_be_assessed(inclusion: str) -> None:
    text = json.dumps({**json.loads(inclusion), "keys": []})
    findings = check_proof(parse_proof(text), ())
    assert [(each.code, each.severity) for each in findings] == [("checkpoint-key", Severity.CANNOT_ASSESS)]
    assert verifier.check_proof(verifier.parse_proof(text.encode()), ()).verdict == "cannot assess"


def test_an_earlier_log_that_is_not_the_beginning_is_named(log: TileLog, tmp_path: Path, consistency: str) -> None:
    forked = TileLog(tmp_path)
    forked.append(0, [b"other"] * 77)
    text = json.dumps({**json.loads(consistency), "from": note_of(forked, 77)})
    assert codes(text) == codes_of_verifier(text) == {"proof-consistency"}


def bits_of(position: int) -> Iterable[int]:
    """The bits to flip of a byte: one of them, each in its turn; in the long form all eight."""
    return range(8) if IS_LONG else (position % 8,)


@pytest.fixture(scope="module")
def rotated(log: TileLog) -> str:
    """From a checkpoint that the first key signed to one that the key in its place did."""
    keys, rotations = (KEY.verifier, LATER.verifier), (rotate(KEY, LATER),)
    return format_proof(prove_consistency(log, note_of(log, 77), note_of(log, SIZE, LATER), keys, rotations))


@pytest.mark.torture
def test_every_flipped_byte_of_a_proof_is_named_by_both(inclusion: str, consistency: str, rotated: str) -> None:
    unnamed = []
    for text in (inclusion, consistency, rotated):
        data = text.encode()
        for position, bit in ((place, bit) for place in range(len(data)) for bit in bits_of(place)):
            flipped = data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]
            for of in (codes, codes_of_verifier):
                try:
                    named = bool(of(flipped.decode(), KEY.verifier))
                except (InvalidInputError, ValueError, KeyError, TypeError, AttributeError):
                    named = True
                if not named:
                    unnamed.append((position, flipped[position - 20 : position + 20], of.__name__))
    assert unnamed == []


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other/1"},
        {"size": 299},
        {"entries": []},
        {"entries": [{"index": -1, "leaf": "", "hashes": []}]},
        {"entries": [{"index": True, "leaf": "", "hashes": []}]},
        {"entries": [{"index": 0, "leaf": "", "hashes": ["AB"]}]},
        {"entries": "x"},
        {"checkpoint": 7},
        {"checkpoint": "x"},
        {"more": 1},
    ],
)
def test_what_is_no_proof_file_is_refused(inclusion: str, change: dict[str, Any]) -> None:
    text = json.dumps({**json.loads(inclusion), **change})
    with pytest.raises(InvalidInputError):
        parse_proof(text)
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        verifier.parse_proof(text.encode())


def test_nothing_is_proven_of_an_empty_log_or_beyond_the_end(log: TileLog) -> None:
    with pytest.raises(UnprovableError):
        prove_consistency(log, note_of(log, 0), note_of(log, SIZE), ())
    with pytest.raises(UnprovableError):
        prove_inclusion(log, note_of(log, 299), [299], ())
