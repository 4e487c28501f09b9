from datetime import UTC, date, datetime, timedelta

import pytest

from recordkeeper.errors import InvalidInputError, RefusalError
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History, head_act
from recordkeeper.model.particulars import NothingAmendedError
from recordkeeper.model.person import (
    AlreadyGrantedError,
    DisabledPersonError,
    EndlessAuditorError,
    Grant,
    NoKeyError,
    NotGrantedError,
    Person,
    Seal,
    SelfGrantError,
)
from recordkeeper.model.replay import UnreadableActError
from recordkeeper.model.value import TextRefusedError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
SEAL = Seal("a" * 64, "b" * 64)
KEY, NEXT_KEY = "1" * 64, "2" * 64
BOSS = "person/1"


class Story:
    """A person's acts, told one after another through the model's own decisions."""

    def __init__(self, login: str = "clerk", public_key: str | None = KEY) -> None:
        self.history = History("person/7", (head_act("person/7", "00" * 16),))
        self.tell(Person.add(by=BOSS, at=NOW, login=login, name="王芳", seal=SEAL, public_key=public_key))

    def tell(self, content: Content) -> "Story":
        self.history = self.history.followed_by(content)
        return self

    @property
    def person(self) -> Person:
        return Person.replay(self.history)

    def grant(self, role: str, first: date = TODAY, last: date | None = None, unit: str = "unit/2") -> "Story":
        return self.tell(self.person.grant(by=BOSS, at=NOW, role=role, unit=unit, valid_from=first, valid_to=last))


def test_a_new_person_has_a_name_a_key_and_no_role() -> None:
    person = Story().person
    assert (person.login, person.name, person.is_shared) == ("clerk", "王芳", False)
    assert person.key_at(NOW) == KEY
    assert person.key_at(NOW - timedelta(seconds=1)) is None
    assert person.roles_at({"unit/1", "unit/2"}, TODAY) == frozenset()


@pytest.mark.parametrize("login", ["", "x", "Clerk", "1clerk", "王芳", "a b", "a" * 33, "a/b", "a\n"[:1] + "\x00"])
def test_a_login_is_small_letters_digits_and_a_few_signs(login: str) -> None:
    with pytest.raises(TextRefusedError):
        Story(login)


def test_the_first_controller_comes_with_their_role() -> None:
    content = Person.init(
        by=BOSS, at=NOW, login="boss", name="李雷", seal=SEAL, public_key=KEY, unit="unit/1", on=TODAY
    )
    person = Person.replay(History(BOSS, (head_act(BOSS, "00" * 16),)).followed_by(content))
    assert person.roles_at({"unit/1"}, TODAY) == {"controller"}
    assert person.roles_at({"unit/1"}, TODAY - DAY) == frozenset()


def test_a_role_holds_at_its_unit_from_its_first_day_to_its_last() -> None:
    person = Story().grant("reception", TODAY, TODAY + DAY).person
    here = {"unit/2", "unit/1"}
    days = [TODAY + offset * DAY for offset in (-1, 0, 1, 2)]
    assert [bool(person.roles_at(here, day)) for day in days] == [False, True, True, False]
    assert person.roles_at({"unit/1"}, TODAY) == frozenset()


def test_nobody_gives_a_role_to_themselves() -> None:
    with pytest.raises(SelfGrantError) as refused:
        Story().person.grant(by="person/7", at=NOW, role="controller", unit="unit/1", valid_from=TODAY)
    assert isinstance(refused.value, RefusalError)


def test_a_role_is_not_held_twice_at_once() -> None:
    story = Story().grant("reception", TODAY, TODAY + 9 * DAY)
    with pytest.raises(AlreadyGrantedError):
        story.grant("reception", TODAY + 9 * DAY)
    story.grant("reception", TODAY + 10 * DAY).grant("reception", unit="unit/3")
    assert len(story.person.grants) == 3


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(TextRefusedError):
        Story().grant("reception", TODAY, TODAY - DAY)


@pytest.mark.parametrize("role", ["", "Reception", "a b", "接待"])
def test_a_role_has_an_id_of_a_fixed_form(role: str) -> None:
    with pytest.raises(TextRefusedError):
        Story().grant(role)


def test_an_auditor_has_a_last_day() -> None:
    with pytest.raises(EndlessAuditorError) as refused:
        Story().grant("auditor")
    assert isinstance(refused.value, InvalidInputError)
    assert Story().grant("auditor", TODAY, TODAY + 30 * DAY).person.grants[0].role == "auditor"


def test_a_revoked_role_is_held_no_more_from_that_day_on() -> None:
    story = Story().grant("reception", TODAY - 9 * DAY)
    revoked = story.person.revoke(by=BOSS, at=NOW, role="reception", unit="unit/2", on=TODAY)
    person = story.tell(revoked).person
    assert person.roles_at({"unit/2"}, TODAY - DAY) == {"reception"}
    assert person.roles_at({"unit/2"}, TODAY) == frozenset()
    story.grant("reception")
    assert story.person.roles_at({"unit/2"}, TODAY) == {"reception"}


def test_a_role_revoked_before_it_begins_is_gone_and_can_be_given_again() -> None:
    story = Story().grant("reception", TODAY + DAY)
    story.tell(story.person.revoke(by=BOSS, at=NOW, role="reception", unit="unit/2", on=TODAY))
    assert story.person.grants == ()
    assert story.grant("reception", TODAY).person.grants[0].period.first == TODAY


def test_what_is_not_held_cannot_be_revoked() -> None:
    story = Story().grant("reception", TODAY - 9 * DAY, TODAY - DAY)
    for role, unit in (("reception", "unit/2"), ("reception", "unit/3"), ("head", "unit/2")):
        with pytest.raises(NotGrantedError):
            story.person.revoke(by=BOSS, at=NOW, role=role, unit=unit, on=TODAY)


def test_a_closed_account_has_no_role_and_its_key_signs_no_more() -> None:
    story = Story().grant("reception", TODAY - 9 * DAY)
    later = NOW + timedelta(hours=3)
    content = story.person.disable(by=BOSS, at=later, on=TODAY, key_to_at=NOW, reason="left the company")
    person = story.tell(content).person
    assert person.roles_at({"unit/2"}, TODAY - DAY) == {"reception"}
    assert person.roles_at({"unit/2"}, TODAY) == frozenset()
    assert person.key_at(later - timedelta(seconds=1)) == KEY, "a key is never retired for the past"
    assert person.key_at(later) is None
    assert person.had_key(KEY, later)
    with pytest.raises(DisabledPersonError):
        person.check_active_on(TODAY)
    with pytest.raises(DisabledPersonError):
        person.disable(by=BOSS, at=later, on=TODAY, key_to_at=later, reason="again")
    with pytest.raises(DisabledPersonError):
        story.grant("head")


def test_closing_an_account_needs_a_reason_and_another_person() -> None:
    person = Story().person
    with pytest.raises(TextRefusedError):
        person.disable(by=BOSS, at=NOW, on=TODAY, key_to_at=NOW, reason=" ")
    with pytest.raises(SelfGrantError):
        person.disable(by="person/7", at=NOW, on=TODAY, key_to_at=NOW, reason="tired")


def test_a_new_passphrase_of_ones_own_keeps_the_key() -> None:
    story = Story()
    seal = Seal("c" * 64, "d" * 64)
    person = story.tell(story.person.passphrase(by="person/7", at=NOW, seal=seal)).person
    assert person.seal == seal
    assert person.key_at(NOW) == KEY
    with pytest.raises(SelfGrantError):
        person.passphrase(by=BOSS, at=NOW, seal=seal)


def test_a_reset_passphrase_retires_the_key_and_signatures_before_it_stay() -> None:
    story, later = Story(), NOW + timedelta(days=1)
    story.tell(story.person.retire_key(by=BOSS, at=later, reason="forgotten"))
    assert story.person.key_at(later) is None
    person = story.tell(story.person.new_passphrase(by=BOSS, at=later, seal=SEAL, public_key=NEXT_KEY)).person
    assert (person.key_at(NOW), person.key_at(later)) == (KEY, NEXT_KEY)
    assert person.had_key(KEY, later)
    assert not person.had_key(KEY, later + timedelta(seconds=1))
    assert not person.had_key(NEXT_KEY, NOW)
    with pytest.raises(SelfGrantError):
        person.new_passphrase(by="person/7", at=later, seal=SEAL, public_key=KEY)
    with pytest.raises(SelfGrantError):
        person.retire_key(by="person/7", at=later, reason="mine")


def test_a_shared_account_cannot_sign() -> None:
    story = Story(public_key=None)
    assert story.person.is_shared
    with pytest.raises(NoKeyError):
        story.person.check_signs_with(KEY, NOW)
    person = story.tell(story.person.new_passphrase(by=BOSS, at=NOW, seal=SEAL, public_key=KEY)).person
    assert person.keys == ()


def test_a_key_that_is_not_the_one_in_use_does_not_sign() -> None:
    person = Story().person
    person.check_signs_with(KEY, NOW)
    with pytest.raises(NoKeyError):
        person.check_signs_with(NEXT_KEY, NOW)


def test_a_name_is_amended_and_the_old_one_stays_in_the_acts() -> None:
    story = Story()
    story.tell(story.person.amend(by=BOSS, at=NOW, name="王方", reason="wrong character"))
    assert story.person.name == "王方"
    assert story.history.acts[1].content["name"] == "王芳"
    with pytest.raises(NothingAmendedError):
        story.person.amend(by=BOSS, at=NOW, name="王方")


def test_acts_hold_no_secret_but_bind_it() -> None:
    content = Story().history.acts[1].content
    assert content["passphrase_hash_sha256"] == SEAL.passphrase_hash
    assert content["sealed_key_sha256"] == SEAL.sealed_key
    assert set(content) == {
        "act", "by", "at", "login", "name", "is_shared", "public_key",
        "passphrase_hash_sha256", "sealed_key_sha256",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["burn", "grant", "disable", "amend", "add"])
def test_an_act_that_no_release_writes_is_named(kind: str) -> None:
    with pytest.raises(UnreadableActError):
        Person.replay(Story().history.followed_by({"act": kind, "by": BOSS, "at": "2026-11-23T06:05:04Z"}))


def test_that_a_person_was_archived_changes_nothing_about_them() -> None:
    story = Story().grant("reception")
    before = story.person
    assert story.tell({"act": "archive", "by": "program", "at": "2026-11-23T06:05:04Z"}).person == before


def test_grants_are_kept_in_the_order_of_entry() -> None:
    person = Story().grant("reception").grant("head", unit="unit/3").person
    assert [(grant.role, grant.unit) for grant in person.grants] == [
        ("reception", "unit/2"),
        ("head", "unit/3"),
    ]
    assert all(isinstance(grant, Grant) for grant in person.grants)
