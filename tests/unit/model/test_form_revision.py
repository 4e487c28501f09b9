from datetime import date
from typing import Any

import pytest

from record_samples import form, section, titled, who
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import Act, History, head_act
from recordkeeper.model.form_revision import (
    BrokenDefinitionError,
    NoRoleError,
    OwnWorkError,
    Revision,
    RevisionState,
    WrongRevisionStateError,
    in_force,
    install,
)
from recordkeeper.model.record_state import Moment
from recordkeeper.model.replay import UnreadableActError

AUTHOR, APPROVER = who(1, "controller"), who(2, "approver")
MOMENT = Moment("2026-11-23T02:00:00Z", "2026-11-23")
TODAY = date(2026, 11, 23)
DEFINITION: Content = form(section("first", "clerk", titled("name"))).model_dump(
    mode="json", exclude_none=True, by_alias=True
)


def draft(revision: str = "A/0", definition: Content = DEFINITION) -> Revision:
    subject = f"form/QR-900-01/{revision.replace('/', '-')}"
    content = install("QR-900-01", revision, "P90", definition, {"template": "ab"}, AUTHOR, MOMENT)
    return Revision.replay(History(subject, (head_act(subject, "5" * 32),)).followed_by(content))


def after(revision: Revision, content: Content) -> Revision:
    return Revision.replay(revision.history.followed_by(content))


def released(revision: str, on: date) -> Revision:
    approved = after(draft(revision), draft(revision).approve(APPROVER, MOMENT))
    return after(approved, approved.release(on, APPROVER, MOMENT))


def test_a_revision_is_installed_approved_and_released_in_this_order() -> None:
    revision = draft()
    assert (revision.state, revision.name, revision.is_form) == (RevisionState.DRAFT, "QR-900-01 A/0", True)
    with pytest.raises(WrongRevisionStateError):
        revision.release(TODAY, APPROVER, MOMENT)
    content = revision.approve(APPROVER, MOMENT)
    assert content["files"] == {"template": "ab"}
    approved = after(revision, content)
    assert (approved.state, approved.approver, approved.approved_at) == (
        RevisionState.APPROVED, "person/2", MOMENT.at,
    )  # fmt: skip
    with pytest.raises(WrongRevisionStateError):
        approved.approve(APPROVER, MOMENT)
    assert not approved.is_in_force(TODAY)
    in_use = after(approved, approved.release(TODAY, APPROVER, MOMENT))
    assert in_use.is_in_force(TODAY)


def test_whoever_made_it_neither_approves_nor_releases_it() -> None:
    both = who(1, "controller", "approver")
    with pytest.raises(OwnWorkError):
        draft().approve(both, MOMENT)
    approved = after(draft(), draft().approve(APPROVER, MOMENT))
    with pytest.raises(OwnWorkError):
        approved.release(TODAY, both, MOMENT)


def test_each_act_needs_its_role() -> None:
    nobody = who(9)
    with pytest.raises(NoRoleError):
        install("QR-900-01", "A/0", "P90", DEFINITION, {}, nobody, MOMENT)
    with pytest.raises(NoRoleError):
        draft().approve(nobody, MOMENT)
    approved = after(draft(), draft().approve(APPROVER, MOMENT))
    with pytest.raises(NoRoleError):
        approved.release(TODAY, nobody, MOMENT)
    with pytest.raises(NoRoleError):
        released("A/0", TODAY).withdraw(TODAY, "停用", nobody, MOMENT)


def test_nothing_is_released_for_a_day_that_has_passed() -> None:
    approved = after(draft(), draft().approve(APPROVER, MOMENT))
    with pytest.raises(WrongRevisionStateError):
        approved.release(date(2026, 11, 22), APPROVER, MOMENT)
    assert after(approved, approved.release(date(2027, 1, 1), APPROVER, MOMENT)).effective_on == date(2027, 1, 1)


def test_a_later_revision_takes_over_on_its_day() -> None:
    older, newer = released("A/0", TODAY), released("A/1", date(2026, 12, 1))
    assert in_force([newer, older], date(2026, 11, 22)) is None
    assert in_force([newer, older], date(2026, 11, 30)) == older
    assert in_force([newer, older], date(2026, 12, 1)) == newer
    assert in_force([draft("B/0")], TODAY) is None


def test_of_two_of_the_same_day_the_later_revision_is_in_force_the_tenth_after_the_ninth() -> None:
    ninth, tenth, next_letter = (released(name, TODAY) for name in ("A/9", "A/10", "B/0"))
    assert in_force([tenth, ninth], TODAY) == tenth
    assert in_force([next_letter, tenth, ninth], TODAY) == next_letter


def test_withdrawing_the_later_revision_brings_no_older_one_back() -> None:
    older, newer = released("A/0", TODAY), released("A/1", TODAY)
    withdrawn = after(newer, newer.withdraw(date(2026, 12, 1), "误发", AUTHOR, MOMENT))
    assert withdrawn.state is RevisionState.WITHDRAWN
    assert in_force([older, withdrawn], date(2026, 11, 30)) == withdrawn
    assert in_force([older, withdrawn], date(2026, 12, 1)) is None


def test_the_stored_definition_is_the_form_and_a_broken_one_is_named() -> None:
    assert draft().form.code == "QR-900-01"
    with pytest.raises(BrokenDefinitionError, match="QR-900-01 A/0"):
        _form = draft(definition={"code": "QR-900-01"}).form


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"act": "approve"},
        {"act": "release", "effective_on": "soon"},
        {"act": "release"},
        {"act": "withdraw", "withdrawn_on": None},
        {"act": "forget"},
    ],
)
def test_an_act_that_nobody_decided_is_named(content: dict[str, Any]) -> None:
    history = draft().history
    with pytest.raises(UnreadableActError):
        Revision.replay(History(history.subject, (*history.acts, Act(history.subject, 2, content))))
