import hashlib
import json
from dataclasses import asdict, replace

import pytest

from recordkeeper.model.canonical import Json, NotCanonicalError, canonical
from recordkeeper.model.event import Act, Event, History, head_act, next_state_digest, salted_digest, text_of

SUBJECT = "record/QR-017-02/2026-0001"
HEAD = head_act(SUBJECT, "0123456789abcdef" * 2)
NEW: dict[str, Json] = {"act": "new", "by": "person/3", "at": "2026-11-23T02:00:00Z"}
FILL: dict[str, Json] = {"act": "fill", "by": "person/4", "at": "2026-11-23T02:00:01Z", "values": {"name": "周"}}
EVENT = Event(
    7, 1, "fill", SUBJECT, 2, "person/4", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z", None, "ab" * 32, None, "late"
)


def test_each_state_digest_covers_the_one_before_and_the_act() -> None:
    history = History(SUBJECT, (HEAD,)).followed_by(NEW).followed_by(FILL)
    d0 = hashlib.sha256(canonical(HEAD.content)).digest()
    d1 = hashlib.sha256(d0 + canonical(NEW)).digest()
    d2 = hashlib.sha256(d1 + canonical(FILL)).digest()
    assert history.digests == (d0.hex(), d1.hex(), d2.hex())
    assert next_state_digest(d1.hex(), history.acts[2]) == d2.hex()


def test_another_salt_order_or_value_gives_another_digest() -> None:
    history = History(SUBJECT, (HEAD,)).followed_by(NEW).followed_by(FILL)
    others = {
        History(SUBJECT, (head_act(SUBJECT, "f" * 32),)).followed_by(NEW).followed_by(FILL).digests[-1],
        History(SUBJECT, (HEAD,)).followed_by(FILL).followed_by(NEW).digests[-1],
        History(SUBJECT, (HEAD,)).followed_by(NEW).followed_by({**FILL, "values": {"name": "周 "}}).digests[-1],
        history.up_to(1).digests[-1],
    }
    assert history.digests[-1] not in others
    assert len(others) == 4


def test_a_history_counts_its_acts_and_gives_back_its_beginning() -> None:
    history = History(SUBJECT, (HEAD,)).followed_by(NEW).followed_by(FILL)
    assert history.count == 2
    assert [act.number for act in history.up_to(1).acts] == [0, 1]
    assert history.salt == bytes.fromhex("0123456789abcdef" * 2)
    assert (history.acts[2].kind, history.acts[2].by, history.acts[2].at) == ("fill", "person/4", FILL["at"])
    assert (HEAD.kind, HEAD.by, HEAD.at) == ("", "", "")


@pytest.mark.parametrize("text", ["", 'a"\\b', "\x00\x1f\x7f\u2028", "é漢\U0001f600", "\t\n"])
def test_the_leaf_of_an_event_is_what_the_canonical_form_makes_of_it(text: str) -> None:
    for more in (EVENT, replace(EVENT, subject=None, act_number=None, effective_at="2026-11-23", bound_digest=text)):
        event = replace(more, kind=text, actor=text, occurred_at=text, entered_at=text, flags=text)
        assert event.leaf == canonical(asdict(event))
    for wrong in (replace(EVENT, kind="\udc80"), replace(EVENT, index=2**53), replace(EVENT, act_number=-(2**53))):
        with pytest.raises(NotCanonicalError):
            wrong.leaf  # noqa: B018


def test_the_leaf_of_an_event_is_its_canonical_json_and_changes_with_every_field() -> None:
    assert json.loads(EVENT.leaf) == {
        "index": 7, "version": 1, "kind": "fill", "subject": SUBJECT, "act_number": 2, "actor": "person/4",
        "occurred_at": "2026-11-22T02:00:00Z", "entered_at": "2026-11-23T02:00:00Z", "effective_at": None,
        "state_digest": "ab" * 32, "bound_digest": None, "flags": "late",
    }  # fmt: skip
    changed = {
        replace(EVENT, **{name: other}).leaf  # type: ignore[arg-type]
        for name, other in {
            "index": 8, "version": 2, "kind": "sign", "subject": None, "act_number": 3, "actor": "program",
            "occurred_at": "x", "entered_at": "x", "effective_at": "x", "state_digest": None, "bound_digest": "x",
            "flags": "",
        }.items()
    }  # fmt: skip
    assert len(changed) == 12
    assert EVENT.leaf not in changed


def test_a_salted_digest_is_of_salt_and_data() -> None:
    assert salted_digest(b"salt", b"data") == hashlib.sha256(b"saltdata").hexdigest()


def test_content_without_a_canonical_form_is_never_stored() -> None:
    with pytest.raises(NotCanonicalError):
        text_of({"rate": 0.5})  # type: ignore[dict-item]
    assert text_of({"b": "业主", "a": 1}) == '{"a":1,"b":"业主"}'
    assert Act(SUBJECT, 1, {"act": "new"}).kind == "new"
