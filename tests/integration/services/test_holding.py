"""Holds and what they keep, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from p02_office import NOW, Office, opened_with_forms
from recordkeeper.errors import RefusalError
from recordkeeper.model.hold import LiftedAlreadyError, OwnHoldError
from recordkeeper.register.acts import Register
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services import holding, lifecycle, places
from recordkeeper.services.catalogue import UnknownFormError
from recordkeeper.services.held import holds_on, standing_holds
from recordkeeper.services.holding import NothingFoundError, NothingHeldError, ScopeAsked, UnknownHoldError
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import UnknownRecordError, load
from recordkeeper.services.right import NoRightError
from stage import Stages

RECEIVED = {
    "source": "owners_meeting",
    "customer": "许国良",
    "fed_back_at": "2026-11-20 09:40",
    "content": "地下二层照明灯损坏",
}
ROW = {
    "received_at": "2026-11-20 09:40",
    "caller": "许国良",
    "matter": "水管漏水",
    "channel": "interview",
    "answered_at_once": "是",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[tuple[Register, Office]]:
    with opened_with_forms(stages, database, tmp_path) as opened:
        yield opened


def sheet_of_feedback(register: Register, office: Office, **about: str) -> str:
    return lifecycle.new(register, office.staff, NOW, "QR-017-02", RECEIVED, About(unit="SH", **about)).number


def place(register: Register, actor: Actor, asked: ScopeAsked) -> tuple[str, list[str]]:
    hold, kept = holding.place(register, actor, NOW, title="诉讼", mandate="民初字第 9 号", asked=asked)
    return hold.subject, kept


def held(register: Register) -> set[tuple[str, str]]:
    with register.reading() as snapshot:
        return snapshot.held([each.subject for each in find_records(snapshot, RecordQuery())])


def approver_of(office: Office) -> Actor:
    return Actor(office.approver.subject, "approver", "姓approver")


def test_a_hold_keeps_the_records_that_it_names_until_another_person_lifts_it(
    company: tuple[Register, Office],
) -> None:
    register, office = company
    first, second = (sheet_of_feedback(register, office) for _each in range(2))
    subject, kept = place(register, office.boss, ScopeAsked(records=[first]))
    assert kept == [f"record/{first}"]
    assert held(register) == {(f"record/{first}", subject)}
    with register.reading() as snapshot:
        assert holds_on(snapshot, load(snapshot, first)) == (subject,)
        assert holds_on(snapshot, load(snapshot, second)) == ()
    lift = {"reason": "结案", "authority": "总经理"}
    with pytest.raises(NoRightError):
        holding.lift(register, office.boss, NOW, subject, **lift)
    with pytest.raises(UnknownHoldError):
        holding.lift(register, approver_of(office), NOW, "99", **lift)
    lifted = holding.lift(register, approver_of(office), NOW, "1", **lift)
    assert (lifted.is_standing, lifted.lift_authority) == (False, "总经理")
    assert held(register) == set()
    with pytest.raises(LiftedAlreadyError):
        holding.lift(register, approver_of(office), NOW, "1", **lift)


def test_nobody_lifts_the_hold_that_they_placed(company: tuple[Register, Office]) -> None:
    register, office = company
    number = sheet_of_feedback(register, office)
    place(register, approver_of(office), ScopeAsked(records=[number]))
    with pytest.raises(OwnHoldError):
        holding.lift(register, approver_of(office), NOW, "1", reason="结案", authority="总经理")
    assert len(held(register)) == 1


def test_all_holds_on_a_record_must_be_lifted(company: tuple[Register, Office]) -> None:
    register, office = company
    number = sheet_of_feedback(register, office)
    place(register, office.boss, ScopeAsked(records=[number]))
    place(register, office.boss, ScopeAsked(forms=["QR-017-02"]))
    holding.lift(register, approver_of(office), NOW, "1", reason="结案", authority="总经理")
    assert held(register) == {(f"record/{number}", "hold/2")}


def test_a_hold_on_a_unit_keeps_what_the_units_below_it_enter_later(company: tuple[Register, Office]) -> None:
    register, office = company
    subject, kept = place(register, office.boss, ScopeAsked(units=["HQ"]))
    assert kept == []
    number = sheet_of_feedback(register, office)
    assert held(register) == {(f"record/{number}", subject)}


def test_a_hold_follows_a_unit_that_is_moved(company: tuple[Register, Office]) -> None:
    register, office = company
    places.add_unit(register, office.boss, code="EAST", kind="office", name_zh="东区", name_en="", parent="HQ", now=NOW)
    number = sheet_of_feedback(register, office)
    place(register, office.boss, ScopeAsked(units=["EAST"]))
    assert held(register) == set()
    places.amend_unit(register, office.boss, unit="SH", parent="EAST", now=NOW)
    assert {subject for subject, _hold in held(register)} == {f"record/{number}"}


def test_a_hold_on_a_row_keeps_its_sheet_and_every_row_of_it(company: tuple[Register, Office]) -> None:
    register, office = company
    about = About(unit="SH")
    first = lifecycle.new(register, office.clerk, NOW, "QR-017-01", ROW, about)
    subject, kept = place(register, office.boss, ScopeAsked(records=[first.number]))
    assert set(kept) == {first.subject, first.sheet}
    second = lifecycle.new(register, office.clerk, NOW, "QR-017-01", ROW, about)
    assert held(register) == {(each, subject) for each in (first.subject, first.sheet, second.subject)}
    with register.reading() as snapshot:
        assert holds_on(snapshot, load(snapshot, second.number)) == (subject,)


def test_a_hold_on_what_a_search_finds_lists_it_that_day(company: tuple[Register, Office]) -> None:
    register, office = company
    first = sheet_of_feedback(register, office)
    _subject, kept = place(register, office.boss, ScopeAsked(text="照明灯", forms=["QR-017-02"]))
    assert kept == [f"record/{first}"]
    sheet_of_feedback(register, office)
    assert len(held(register)) == 1


def test_a_hold_on_a_dossier_keeps_what_is_about_both(company: tuple[Register, Office]) -> None:
    register, office = company
    places.add_party(register, office.boss, name="许国良", phone="138-0000-0302", now=NOW)
    places.add_premises(register, office.boss, unit="SH", code="1-1-0302", now=NOW)
    both = sheet_of_feedback(register, office, party="许国良", premises="1-1-0302")
    sheet_of_feedback(register, office, party="许国良")
    _subject, kept = place(register, office.boss, ScopeAsked(party="许国良", premises="1-1-0302"))
    assert kept == [f"record/{both}"]


def test_a_hold_that_cannot_be_placed_changes_nothing(company: tuple[Register, Office]) -> None:
    register, office = company
    with register.reading() as snapshot:
        before = snapshot.event_count()
    for asked, error in (
        (ScopeAsked(), NothingHeldError),
        (ScopeAsked(text="没有这样的话"), NothingFoundError),
        (ScopeAsked(records=["QR-017-02/2026-9999"]), UnknownRecordError),
        (ScopeAsked(forms=["QR-999-99"]), UnknownFormError),
    ):
        with pytest.raises(error):
            place(register, office.boss, asked)
    with pytest.raises(RefusalError):
        place(register, office.clerk, ScopeAsked(forms=["QR-017-02"]))
    with register.reading() as snapshot:
        assert snapshot.event_count() == before
        assert standing_holds(snapshot) == []
