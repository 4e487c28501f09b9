from datetime import UTC, datetime

import pytest

from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History, head_act
from recordkeeper.model.particulars import NothingAmendedError
from recordkeeper.model.party import Party
from recordkeeper.model.replay import UnreadableActError
from recordkeeper.model.value import TextRefusedError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)


def history(*contents: Content) -> History:
    acts = History("party/12", (head_act("party/12", "00" * 16),))
    for content in contents:
        acts = acts.followed_by(content)
    return acts


def added(**given: str | None) -> Content:
    return Party.add(by="person/1", at=NOW, **({"name": "张伟", "phone": "13800138000"} | given))


def test_a_party_has_a_name_and_what_else_is_known() -> None:
    party = Party.replay(history(added(contact=None, note="  rings twice ")))
    assert (party.name, party.kind, party.phone, party.contact) == ("张伟", "person", "13800138000", "")
    assert party.facts == {
        "name": "张伟", "kind": "person", "phone": "13800138000", "contact": "", "note": "rings twice",
    }  # fmt: skip


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"kind": "robot"}, {"phone": "1\x002"}, {"note": "a\nb"}, {"note": "x" * 1001}]
)
def test_a_value_that_cannot_be_used_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(TextRefusedError):
        added(**given)


def test_an_amended_phone_leaves_the_old_one_in_the_acts() -> None:
    before = history(added())
    after = before.followed_by(Party.replay(before).amend(by="person/1", at=NOW, phone="13900139000"))
    assert Party.replay(after).phone == "13900139000"
    assert after.acts[1].content["phone"] == "13800138000"


def test_an_empty_text_removes_a_value_and_a_name_cannot_be_removed() -> None:
    before = history(added())
    party = Party.replay(before.followed_by(Party.replay(before).amend(by="person/1", at=NOW, phone="")))
    assert party.phone == ""
    with pytest.raises(TextRefusedError):
        party.amend(by="person/1", at=NOW, name="")
    with pytest.raises(NothingAmendedError):
        party.amend(by="person/1", at=NOW, phone="")


def test_an_act_that_no_release_writes_is_named() -> None:
    with pytest.raises(UnreadableActError):
        Party.replay(history({"act": "grant"}))
    with pytest.raises(UnreadableActError):
        Party.replay(history(added(), {"act": "amend", "changed": {"subject": "party/13"}}))
