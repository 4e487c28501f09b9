"""An auditor's account sees its scope up to its last day, by whatever door, and changes nothing even afterwards."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from p02_office import NOW
from recordkeeper.errors import RefusalError
from recordkeeper.model.person import DisabledPersonError, MixedAuditorError
from recordkeeper.model.record_state import State
from recordkeeper.register.acts import Register
from recordkeeper.services import (
    archiving,
    consent,
    dossier,
    exporting,
    extraction,
    holding,
    lifecycle,
    people,
    places,
    proving,
    publication,
    recent_check,
    retention,
    scheduling,
    searching,
    sight,
    trail,
    viewing,
)
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.held import holds
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor
from recordkeeper.services.right import AuditEndedError, AuditorChangesNothingError, NoRightError
from recordkeeper.services.sight import OutOfScopeError, Sight
from rights_company import GUARDED, NOTE, PARTY, PREMISES, Staff, staffed
from stage import Stages

LAST = date(2026, 11, 30)
AFTER = NOW + timedelta(days=8)
HERE, THERE, WHOLE = "auditor here", "auditor elsewhere", "auditor above"


@pytest.fixture
def staff(stages: Stages, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Staff]:
    with staffed(stages, database, tmp_path) as made:
        if database == "sqlite":
            monkeypatch.setenv("PATH", "")
        register, clerk = made.register, made.actors["clerk elsewhere"]
        made.record(NOTE, State.CLOSED)
        lifecycle.new(register, clerk, NOW, NOTE, {"what": "滨江苑来访"}, About("BJ"))
        publication.publish(made.publisher, NOW)
        yield made


def ended(staff: Staff) -> Actor:
    """An auditor of the whole company whose last day has passed at ``AFTER``."""
    register, boss, outsider = staff.register, staff.actors["boss"], staff.actors["without any role"]
    people.grant(
        register, boss, login=outsider.login, role="auditor", unit="unit/1", valid_from=None, valid_to=LAST, now=NOW
    )
    return outsider


def looks(staff: Staff, actor: Actor, now: datetime) -> dict[str, Callable[[], object]]:
    """Every door through which an account sees something, by the line of the table."""
    register, root = staff.register, staff.publisher.storage_root
    log = staff.publisher.log_path
    return {
        "unit list": lambda: [each.subject for each in places.list_units(register, actor, now)],
        "party list": lambda: [each.subject for each in places.list_parties(register, actor, now)],
        "premises list": lambda: [each.subject for each, _code in places.list_premises(register, actor, now)],
        "user list": lambda: [each.subject for each in people.list_people(register, actor, now)],
        "audit log": lambda: [
            each.subject for each in trail.list_events(register, actor, now, None, None, 10_000)
            if each.actor != actor.subject
        ],
        "audit log, from the first": lambda: [
            each.subject for each in trail.list_events(register, actor, now, None, 0, 10_000)
            if each.actor != actor.subject
        ],
        "archive list": lambda: [each.subject for each in archiving.list_objects(register, root, actor, now)],
        "archive check": lambda: archiving.check(register, root, actor, now),
        "audit checkpoint": lambda: trail.newest_checkpoint(register, actor, now),
        "audit prove": lambda: proving.prove(register, log, actor, now, "0"),
        "retention schedule (shown)": lambda: scheduling.standing_schedule(register, actor, now),
        "retention hold (listed)": lambda: shown_holds(register, actor, now),
    }  # fmt: skip


def shown_holds(register: Register, actor: Actor, now: datetime) -> list[str]:
    with register.reading() as snapshot:
        seen = sight.sight_of(snapshot, actor, "retention hold (listed)", now)
        return [each.subject for each in holds(snapshot) if seen.sees_hold(each.scope)]


def seen_by(staff: Staff, who: str) -> Sight:
    with staff.register.reading() as snapshot:
        return sight.sight_of(snapshot, staff.actors[who], "unit list", NOW)


def units_of(staff: Staff) -> dict[str, str]:
    with staff.register.reading() as snapshot:
        return {code: places.find_unit(snapshot, code).subject for code in ("HQ", "SH", "BJ")}


LISTS = ("unit list", "premises list", "user list", "audit log", "audit log, from the first", "archive list")


def test_what_lies_outside_the_scope_is_in_no_list_and_in_no_count(staff: Staff) -> None:
    whole, controller = (
        {name: list_of(look()) for name, look in looks(staff, staff.actors[who], NOW).items() if name in LISTS}
        for who in (WHOLE, "boss")
    )
    assert all(len(whole[name]) == len(controller[name]) for name in LISTS if "log" not in name)
    for who, own, other in ((HERE, "SH", "BJ"), (THERE, "BJ", "SH")):
        doors = looks(staff, staff.actors[who], NOW)
        found = {name: list_of(doors[name]()) for name in LISTS}
        units, seen = units_of(staff), seen_by(staff, who)
        assert found["unit list"] == [units[own]]
        with staff.register.reading() as snapshot:
            foreign = {units[other], units["HQ"], places.find_premises(snapshot, PREMISES[_place(other)]).subject}
        foreign |= {f"record/{each.number}" for each in found_by(staff, WHOLE) if each.unit == units[other]}
        foreign |= {staff.actors[f"{role} {_place(other)}"].subject for role in ("clerk", "head", "auditor")}
        for name, listed in found.items():
            assert listed, name
            assert set(listed) <= {each for each in whole[name] if seen.sees(each)}, name
            assert not foreign & set(listed), name
            assert None not in listed, name


def list_of(found: object) -> list[str]:
    assert isinstance(found, list)
    return found


def _place(code: str) -> str:
    return {"SH": "here", "BJ": "elsewhere"}[code]


def found_by(staff: Staff, who: str) -> list[searching.FoundView]:
    return searching.find(staff.register, staff.actors[who], NOW, searching.Criteria())


def test_records_dossiers_and_what_is_due_are_those_of_the_scope(staff: Staff) -> None:
    register, units = staff.register, units_of(staff)
    assert {each.unit for each in found_by(staff, WHOLE)} == {units["SH"], units["BJ"]}
    for who, own, other in ((HERE, "SH", "BJ"), (THERE, "BJ", "SH")):
        actor = staff.actors[who]
        assert {each.unit for each in found_by(staff, who)} == {units[own]}
        kept = retention.kept_records(register, actor, NOW, searching.Criteria())
        assert {each.found.unit for each in kept} == {units[own]}
        assert {each.unit for each in dossier.list_dossiers(register, actor, NOW)} == {units[own]}
        with pytest.raises(searching.NoUnitToReadError):
            searching.find(register, actor, NOW, searching.Criteria(unit=other))
        with pytest.raises(searching.NoUnitToReadError):
            dossier.show(register, actor, NOW, PREMISES[_place(other)])
        foreign = next(each.number for each in found_by(staff, WHOLE) if each.unit == units[other])
        for look in (viewing.show, viewing.history, viewing.render):
            with pytest.raises(MayNotReadError):
                look(register, actor, NOW, foreign)
        exported = extraction.export_json(register, actor, NOW, extraction.Selection((), searching.Criteria()))
        assert exported["count"] == len(found_by(staff, who))
        with pytest.raises(MayNotReadError):
            extraction.export_json(register, actor, NOW, extraction.Selection((foreign,), searching.Criteria()))


def test_what_is_named_outside_the_scope_is_refused(staff: Staff, tmp_path: Path) -> None:
    register, actor, units = staff.register, staff.actors[HERE], units_of(staff)
    log = staff.publisher.log_path
    foreign = next(each.number for each in found_by(staff, WHOLE) if each.unit == units["BJ"])
    own = next(each.number for each in found_by(staff, HERE))
    with pytest.raises(OutOfScopeError):
        trail.list_events(register, actor, NOW, foreign, None, 10)
    assert trail.list_events(register, actor, NOW, own, None, 10)
    with pytest.raises(OutOfScopeError):
        proving.prove(register, log, actor, NOW, foreign)
    assert proving.prove(register, log, actor, NOW, own).entries
    with register.reading() as snapshot:
        [index, *_more] = [event.index for event in snapshot.events_of(f"record/{foreign}")]
    with pytest.raises(OutOfScopeError):
        proving.prove(register, log, actor, NOW, str(index))
    with pytest.raises(OutOfScopeError):
        archiving.check(register, staff.publisher.storage_root, actor, NOW)
    with pytest.raises(NoRightError):
        exporting.export(staff.publisher, tmp_path / "pack.zip", actor, NOW)
    for subject in (units["BJ"], staff.actors["clerk elsewhere"].subject):
        with pytest.raises(OutOfScopeError):
            sight.check_sight(register, actor, "unit show", NOW, subject)
    sight.check_sight(register, actor, "user show", NOW, staff.actors["clerk above"].subject)


def test_a_hold_is_told_to_whoever_sees_all_that_it_names(staff: Staff) -> None:
    register, boss, units = staff.register, staff.actors["boss"], units_of(staff)
    own, foreign = (
        next(each.number for each in found_by(staff, WHOLE) if each.unit == units[code]) for code in ("SH", "BJ")
    )
    for asked in (
        ScopeAsked(records=[own]),
        ScopeAsked(records=[foreign]),
        ScopeAsked(records=[own, foreign]),
        ScopeAsked(units=["BJ"]),
        ScopeAsked(forms=[NOTE]),
        ScopeAsked(party=PARTY),
    ):
        holding.place(register, boss, NOW, title="诉讼", mandate="立案", asked=asked)
    assert shown_holds(register, staff.actors[HERE], NOW) == ["hold/1", "hold/5", "hold/6"]
    assert len(shown_holds(register, staff.actors[WHOLE], NOW)) == len(shown_holds(register, boss, NOW)) == 6


def test_after_the_last_day_an_auditors_account_sees_nothing_and_still_changes_nothing(
    staff: Staff, tmp_path: Path
) -> None:
    register, actor = staff.register, ended(staff)
    number = staff.record(GUARDED, State.CLOSED)
    assert found_by(staff, "without any role")
    for name, look in looks(staff, actor, AFTER).items():
        with pytest.raises(AuditEndedError):
            look()
        assert name
    doors: dict[str, Callable[[], object]] = {
        "find": lambda: searching.find(register, actor, AFTER, searching.Criteria()),
        "show": lambda: viewing.show(register, actor, AFTER, number),
        "export": lambda: extraction.export_json(
            register, actor, AFTER, extraction.Selection((number,), searching.Criteria())
        ),
        "dossiers": lambda: dossier.list_dossiers(register, actor, AFTER),
        "pack": lambda: exporting.export(staff.publisher, tmp_path / "pack.zip", actor, AFTER),
        "due": lambda: retention.due_records(register, actor, AFTER, searching.Criteria()),
    }
    for name, enter in doors.items():
        with pytest.raises(RefusalError):
            enter()
        assert name
    with pytest.raises(AuditorChangesNothingError):
        consent.ask(register, actor, AFTER, number, "read", "查阅")


def test_an_auditor_reads_nothing_by_what_the_person_did_before(staff: Staff) -> None:
    """Who signed a record reads it by that; an auditor's account by its scope alone."""
    register, boss, clerk = staff.register, staff.actors["boss"], staff.actors["head elsewhere"]
    number = lifecycle.new(
        register, staff.actors["clerk elsewhere"], NOW, GUARDED, {"what": "来访"}, About("BJ")
    ).number
    lifecycle.sign(register, clerk, staff.signers["head elsewhere"], NOW, number)
    tomorrow = NOW + timedelta(days=1)
    for role in ("head", "general_manager"):
        people.revoke(
            register, boss, login=clerk.login, role=role, unit=units_of(staff)["BJ"], on=tomorrow.date(), now=NOW
        )
    assert viewing.show(register, clerk, tomorrow, number).number == number
    people.grant(
        register, boss, login=clerk.login, role="auditor", unit=units_of(staff)["SH"], valid_from=tomorrow.date(),
        valid_to=LAST, now=NOW,
    )  # fmt: skip
    with pytest.raises(MayNotReadError):
        viewing.show(register, clerk, tomorrow, number)
    assert number not in [each.number for each in searching.find(register, clerk, tomorrow, searching.Criteria())]
    with pytest.raises(MixedAuditorError):
        people.deputize(
            register, boss, login=staff.actors["clerk elsewhere"].login, deputy=clerk.login,
            unit=units_of(staff)["BJ"], valid_from=None, valid_to=LAST, reason="休假", now=NOW,
        )  # fmt: skip


def test_a_confidential_record_is_read_by_an_auditor_in_scope_and_taken_out_by_none(staff: Staff) -> None:
    register, number = staff.register, staff.record(GUARDED, State.CLOSED)
    actor = staff.actors[HERE]
    viewing.show(register, actor, NOW, number)
    with register.reading() as snapshot:
        assert [each.actor for each in snapshot.events_of(f"record/{number}") if each.kind == "read"] == [actor.subject]


def test_checks_proofs_and_the_publisher_ask_whoever_calls_their_service(staff: Staff) -> None:
    """Without the command line between: a closed account, an auditor whose time is over, one with a narrow scope."""
    register, log = staff.register, staff.publisher.log_path
    earlier = trail.newest_checkpoint(register, staff.actors["boss"], NOW).note
    closed, over = staff.actors["clerk above"], ended(staff)
    people.disable(register, staff.actors["boss"], login=closed.login, on=None, reason="离职", now=NOW)
    doors: dict[str, Callable[[Actor, datetime], object]] = {
        "audit check": lambda actor, now: recent_check.check_recent(register, log, actor, now),
        "audit prove --from": lambda actor, now: proving.prove_growth(register, log, actor, now, earlier),
        "archive check --history": lambda actor, now: archiving.list_checks(register, actor, now),
        "archive resume": lambda actor, now: publication.resume(staff.publisher, actor, now),
    }
    for name, door in doors.items():
        door(staff.actors["boss"], NOW)
        with pytest.raises(DisabledPersonError):
            door(closed, AFTER)
        with pytest.raises(AuditorChangesNothingError if name == "archive resume" else AuditEndedError):
            door(over, AFTER)
    with pytest.raises(AuditorChangesNothingError):
        doors["archive resume"](staff.actors[WHOLE], NOW)
    with pytest.raises(OutOfScopeError):
        doors["archive check --history"](staff.actors[HERE], NOW)
    for name in ("audit check", "audit prove --from"):
        doors[name](staff.actors[HERE], NOW)
