"""What still tells, where everything but people's keys and the anchors kept outside was made anew to fit a lie.

P-12: a signature is tied to its record, the state it covers and its person's key: moved, or with a value changed
otherwise than by amendment, it fails, though every digest, inventory, tile and checkpoint was rebuilt around it. Where
nobody signed, or where people's keys were exchanged as well, a checkpoint from outside tells, on paper too.

Source: 21 CFR 11.70; P-12
"""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive_tampering import place_of
from company import Scene
from forgery import Content, Edit, Forger
from recordkeeper import verifier
from recordkeeper.services.verification import verify
from recordkeeper.tlog.checkpoint import short_checkpoint, unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint

SIGNED, OTHER = "record/QR-017-02/2026-0001", "record/QR-017-02/2026-0003"
NEW, SIGN, SECOND_SIGN = 1, 2, 3
CLERK = "person/3"
ROW, SHEET = "record/QR-017-01/2026-0002", "sheet/QR-017-01/2026-11"
Faults = set[tuple[str, str]]


@dataclass(frozen=True)
class Told:
    """Aspects that are altered, and code and subject of the findings about signatures; and on the tail, codes."""

    altered: frozenset[str]
    signatures: frozenset[tuple[str, str]]
    tail: frozenset[str]


def told(scene: Scene, *anchors: str) -> Told:
    """What ``verify`` says; the stand-alone verifier, which has the archive alone, says the same of what lies there."""
    report = verify(scene.url, scene.archive, None, anchors)
    with closing(verifier.Medium(scene.archive)) as medium:
        alone = verifier.verify(medium, (), anchors)
    assert report.verdict == alone.verdict
    by_verify = {(each.code, each.subject) for each in report.findings if each.aspect == "signatures"}
    by_alone = {(each.code, each.subject) for each in alone.kept if each.aspect == "signatures"}
    archived = {subject for _code, subject in by_verify if place_of(scene.archive, subject).exists()}
    assert {each for each in by_verify if each[1] in archived} <= by_alone <= by_verify
    altered = frozenset(name for name, aspect in report.aspects.items() if aspect.answer == "altered")
    assert altered == {name for name in verifier.ASPECTS if alone.answer(name) == verifier.ALTERED}
    tail = frozenset(each.code for each in report.findings if each.aspect == "tail")
    return Told(altered, frozenset(by_verify), tail)


def anchors_of(scene: Scene) -> tuple[str, str]:
    """The newest checkpoint as it may be kept outside: the note, and what a form prints."""
    note = read_checkpoint(scene.archive / "log")
    assert note is not None
    return note, short_checkpoint(unverified_checkpoint(note))


def act_of(scene: Scene, subject: str, number: int) -> Content:
    path = place_of(scene.archive, subject) / "v1" / "content" / "record.json"
    return dict(json.loads(path.read_bytes())["acts"][number])


def set_to(**values: object) -> Edit:
    return lambda content: content.update(values)


def value_changed(content: Content) -> None:
    content["fill"]["values"]["customer"] = "别人"


def test_a_workspace_made_anew_without_a_lie_is_as_it_was(scene: Scene) -> None:
    """The forger makes everything as the program would: else the other tests here would prove nothing."""
    anchors = anchors_of(scene)
    Forger(scene).forge()
    assert anchors_of(scene) == anchors
    assert told(scene, *anchors) == Told(frozenset(), frozenset(), frozenset())


MOVED: dict[str, Callable[[Scene], Edit]] = {
    "another record's": lambda scene: set_to(**act_of(scene, OTHER, SIGN)),
    "another section's": lambda scene: set_to(
        **{name: act_of(scene, SIGNED, SECOND_SIGN)[name] for name in ("signature", "public_key", "at", "by")}
    ),
    "another meaning": lambda _scene: set_to(meaning="approved"),
    "another time": lambda _scene: set_to(at="2026-11-22T02:00:00Z"),
    "another person": lambda _scene: set_to(by="person/4", name="工程丁"),
    "a filled section's": lambda _scene: set_to(section="verified"),
}


@pytest.mark.parametrize("name", MOVED)
def test_p12_a_signature_that_was_moved_or_says_something_else_fails(sqlite_scene: Scene, name: str) -> None:
    Forger(sqlite_scene, {(SIGNED, SIGN): MOVED[name](sqlite_scene)}).forge()
    said = told(sqlite_scene)
    assert "signatures" in said.altered
    assert {code for code, subject in said.signatures if subject == SIGNED} & {"signature-invalid", "signature-key"}


def test_p12_a_value_changed_otherwise_than_by_amendment_fails_every_signature_after_it(scene: Scene) -> None:
    anchors = anchors_of(scene)
    Forger(scene, {(SIGNED, NEW): value_changed}).forge()
    said = told(scene)
    assert said.altered == {"signatures"}
    assert ("signature-invalid", SIGNED) in said.signatures
    for anchor in anchors:
        assert told(scene, anchor).tail == {"tail-altered"}


def test_p12_a_value_changed_by_amendment_leaves_the_signatures_before_it_valid(scene: Scene) -> None:
    """The same record was amended twice: every signature on it stands, each for the state that it signed."""
    acts = [act_of(scene, SIGNED, number)["act"] for number in range(1, 12)]
    assert acts.count("sign") == 5
    assert "amend" in acts
    assert told(scene).signatures == frozenset()


def test_a_row_that_says_now_that_it_was_entered_on_another_sheet_is_said_where_it_stands(scene: Scene) -> None:
    Forger(scene, {(ROW, NEW): set_to(sheet="sheet/QR-017-01/2026-10")}).forge()
    assert "records" in told(scene).altered
    with closing(verifier.Medium(scene.archive)) as medium:
        alone = verifier.verify(medium).kept
    for found in (verify(scene.url, scene.archive).findings, alone):
        assert ("sheet-row", SHEET) in {(each.code, each.subject) for each in found}


def test_p12_a_signature_made_anew_with_a_strangers_key_is_not_its_persons(scene: Scene) -> None:
    forger = Forger(scene, {(SIGNED, NEW): value_changed}, {CLERK: Ed25519PrivateKey.generate()})
    forger.forge()
    said = told(scene)
    assert "signatures" in said.altered
    assert ("signature-key", SIGNED) in said.signatures


def test_what_nobody_signed_shows_against_a_checkpoint_from_outside(scene: Scene) -> None:
    """A row of a sheet that the head signed: changed with its digest in the list, the sheet's signature fails."""
    anchors = anchors_of(scene)
    Forger(scene, {(ROW, NEW): lambda content: content["fill"]["values"].update(matter="别的事")}).forge()
    said = told(scene)
    assert ("signature-invalid", SHEET) in said.signatures
    for anchor in anchors:
        assert told(scene, anchor).tail == {"tail-altered"}


def test_where_peoples_keys_were_exchanged_too_an_anchor_alone_tells_and_it_does(scene: Scene) -> None:
    """Whoever has the log's key and remakes everybody: sound in itself, and said to be unanchored."""
    anchors = anchors_of(scene)
    people = [f"person/{number}" for number in range(1, 7)]
    keys = {person: Ed25519PrivateKey.generate() for person in people}
    edits: dict[tuple[str, int], Edit] = {
        (person, 1): set_to(public_key=key.public_key().public_bytes_raw().hex()) for person, key in keys.items()
    }
    Forger(scene, {**edits, (SIGNED, NEW): value_changed}, keys).forge()
    assert told(scene) == Told(frozenset(), frozenset(), frozenset())
    for anchor in anchors:
        assert told(scene, anchor).tail == {"tail-altered"}
