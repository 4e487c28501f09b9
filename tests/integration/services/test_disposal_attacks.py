"""What somebody with the database and the archive in hand would try with tombstones and lists: both verifiers say it.

Source: M-7; P-8; 21 CFR 11.10(e)
"""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy

from archive_tampering import place_of, rebuild_inventories, write_inventory
from company import ANALYSIS, ENTRY, FEEDBACK, NOW
from disposal_office import BASIS, COOLED, ERASED_AT, LATER, SHEET, DisposalOffice, DisposalScene, check_verified
from recordkeeper import verifier
from recordkeeper.model.canonical import Content, canonical, digest
from recordkeeper.model.disposition import Kind
from recordkeeper.model.erasure import redacted_acts
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import head_of
from recordkeeper.model.transfer import Keeping
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import bury, remove_subject
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.triggers import put_triggers, trigger_names
from recordkeeper.services import (
    disposal_list,
    erasure,
    erasure_request,
    execution,
    holding,
    lifecycle,
    places,
    publication,
)
from recordkeeper.services.burial import Disposal, tombstones_of
from recordkeeper.services.disposition import Choice, find_list
from recordkeeper.services.erasure_request import Request
from recordkeeper.services.holding import ScopeAsked
from recordkeeper.services.lifecycle import About, Scan
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from stage import SQLITE, Stages
from tampering import tampering
from trial_procedure import definition, install

pytestmark = pytest.mark.parametrize("database", [SQLITE])
Acts = list[dict[str, Any]]


def found_by_both(office: DisposalOffice) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """What verify finds in register and archive, and what the verifier of the archive alone finds; both say altered."""
    report = verify(office.register.url, office.archive)
    alone = verifier.verify(verifier.Medium(office.archive))
    assert (report.verdict, alone.verdict) == (Answer.ALTERED, "altered"), (report.findings, list(alone.kept))
    return (
        {(finding.code, str(finding.subject)) for finding in report.findings},
        {(finding.code, str(finding.subject)) for finding in alone.kept},
    )


def test_values_are_not_erased_by_letting_the_whole_record_go(
    disposal_files: DisposalScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = disposal_files.old.feedbacks[0]
    with disposal_files.opened() as office:
        listed = office.asked([number], ["phone"])

        def nothing(*of: Any) -> SimpleNamespace:
            return SimpleNamespace(subject=str(of[-1]["successor"]))

        with monkeypatch.context() as patch:
            patch.setattr(erasure, "_carried_over", nothing)
            patch.setattr(erasure, "hold_new", lambda *_of: None)
            patch.setattr(Transaction, "attach", lambda *_of: None)
            office.execute(listed, ERASED_AT)
        for found in found_by_both(office):
            assert ("tombstone-successor", f"record/{number}") in found


Carry = Callable[[Record, Sequence[str], int], Acts]
"""What the acts of a record say once values are taken out of them, as the program has it."""


@contextmanager
def carrying(change: Callable[[Carry], Carry]) -> Iterator[None]:
    """The program carries over something else meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasure, "redacted_acts", change(redacted_acts))  # type: ignore[arg-type]
        yield


def _erasing(*places: str) -> Callable[[Carry], Carry]:
    """Other places than the list names."""
    return lambda real: lambda record, _named, tombstone: real(record, places, tombstone)


def _saying(edit: Callable[[dict[str, Any]], None], number: int) -> Callable[[Carry], Carry]:
    """Something else in one act, whatever it was carried over from."""

    def change(real: Carry) -> Carry:
        def carried(record: Record, places: Sequence[str], tombstone: int) -> Acts:
            acts = [json.loads(canonical(act)) for act in real(record, places, tombstone)]
            act = acts[number - 1]
            while "carried" in act:
                act = act["carried"]
            edit(act)
            return acts

        return carried

    return change


SIGNED_AT, ATTACHED_AT = 2, 2
"""The number of the act by which a record's first section is signed, and of the one that binds a file to it."""

CARRIED_OTHERWISE: dict[str, tuple[Callable[[Carry], Carry], str]] = {
    "another field than the list names": (_erasing("phone", "customer"), "carried-mark"),
    "a file too": (_erasing("phone", f"attachment.{ATTACHED_AT}"), "carried-mark"),
    "nothing at all": (_erasing(), "carried-mark"),
    "a mark beside the values": (_saying(lambda act: act.update(unit_said={"erased": 1}), 1), "carried-mark"),
    "a name that the person never had": (_saying(lambda act: act.update(name="无名氏"), 1), "carried-form"),
    "another day": (_saying(lambda act: act.update(on="2026-11-20"), 1), "carried-form"),
    "no state that was signed": (_saying(lambda act: act.pop("signed_state"), SIGNED_AT + 1), "carried-act"),
}


def test_what_a_record_carries_over_is_what_it_was_but_for_what_the_list_names(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        numbers = {name: office.new("clerk", "QR-017-02", dict(FEEDBACK)) for name in CARRIED_OTHERWISE}
        for name, number in numbers.items():
            clerk = office.by("clerk")
            lifecycle.attach(office.register, clerk, NOW, number, "现场.txt", "text/plain", name.encode())
            office.go_all_the_way(number)
        office.publish()
        honest = disposal_files.old.feedbacks[0]
        listed = {number: office.asked([number], ["phone"]) for number in (honest, *numbers.values())}
        office.execute(listed[honest], ERASED_AT)
        check_verified(office)
        for name, (change, _code) in CARRIED_OTHERWISE.items():
            with carrying(change):
                office.execute(listed[numbers[name]], ERASED_AT)
        expected = {(code, office.record(numbers[name]).subject) for name, (_change, code) in CARRIED_OTHERWISE.items()}
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == expected


def _in_each(kind: str, **said: Any) -> Callable[[Carry], Carry]:
    """Something else in each act of a kind."""

    def change(real: Carry) -> Carry:
        def carried(record: Record, places: Sequence[str], tombstone: int) -> Acts:
            acts = [json.loads(canonical(act)) for act in real(record, places, tombstone)]
            return [{**act, **said} if act["act"] == kind else act for act in acts]

        return carried

    return change


LEFT_BESIDE_VALUES = {
    "why it was amended": _in_each("amend", reason="原写 138-0000-9999"),
    "why an amendment was refused": _in_each("countersign", reason="不是 138-0000-9999"),
    "name of a file": _in_each("attach", file="张三身份证.png"),
    "type of a file": _in_each("attach", media_type="image/png"),
    "size of a file": _in_each("attach", size=77),
}


def test_nothing_that_is_to_go_with_values_and_files_stays_beside_them(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        numbers = [office.new("clerk", "QR-017-02", dict(FEEDBACK)) for _record in range(len(LEFT_BESIDE_VALUES) + 1)]
        for number in numbers:
            lifecycle.attach(office.register, office.by("clerk"), NOW, number, "现场.txt", "text/plain", b"file")
            office.go_all_the_way(number)
            office.amend("clerk", number, {"phone": "138-0000-9999"}, "fact")
            office.countersign("quality", number, 1, "号码是 138-0000-9998")
            office.amend("clerk", number, {"customer": "某人"}, "fact")
            office.countersign("quality", number, 2)
        office.publish()
        asked = Request(["phone"], BASIS, files=["现场.txt"])
        listed = {}
        for number in numbers:
            listed[number] = erasure_request.erase(
                office.author(NOW), Choice([number]), ["erased"], asked
            ).record.number
            office.approve(listed[number], NOW)
            office.watch(listed[number], NOW)
        honest, *false = numbers
        office.execute(listed[honest], ERASED_AT)
        office.execute(office.asked([honest], ["customer"], ERASED_AT), LATER)
        check_verified(office)
        for number, change in zip(false, LEFT_BESIDE_VALUES.values(), strict=True):
            with carrying(change):
                office.execute(listed[number], LATER)
        expected = {("carried-mark", office.record(number).subject) for number in false}
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == expected


LATE_ERASED = ("received_at", "caller", "received_at")
"""What is erased of three rows: the field by which their sheet groups them, another one, and that again."""

SCANS_LEFT: tuple[dict[str, Any], ...] = ({}, {"scan": "ab" * 32}, {"signer_name": "外单位人员"})


def test_no_scan_and_no_name_read_from_it_stays_of_a_signature_whose_scan_is_erased(
    disposal_files: DisposalScene,
) -> None:
    fields = [{"id": "what", "title": {"zh": "事项", "en": "Matter"}, "type": "text"}]
    noted = {"id": "noted", "title": {"zh": "记事", "en": "Note"}, "by": "field_staff", "fields": fields}
    signed = {**noted, "sign": "one", "meaning": "received", "on_paper": True}
    with disposal_files.opened() as office:
        install(office, definition("QR-900-01", signed))
        numbers = [office.new("clerk", "QR-900-01", {"what": "移交钥匙"}) for _record in SCANS_LEFT]
        scan = Scan(b"%PDF-1.7 signed", "application/pdf", "签收.pdf", "外单位人员", "孙见证")
        for number in numbers:
            lifecycle.sign_on_paper(office.register, office.by("clerk"), NOW, number, "noted", scan)
        office.publish()
        asked = Request([], BASIS, files=["签收.pdf"])
        listed = [
            erasure_request.erase(office.author(NOW), Choice([number]), ["erased"], asked).record.number
            for number in numbers
        ]
        for each, said in zip(listed, SCANS_LEFT, strict=True):
            office.approve(each, NOW)
            office.watch(each, NOW)
            if not said:
                office.execute(each, ERASED_AT)
                check_verified(office)
                continue
            with carrying(_in_each("sign", **said)):
                office.execute(each, ERASED_AT)
        expected = {("carried-mark", office.record(number).subject) for number in numbers[1:]}
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == expected


def test_the_moment_of_a_late_matter_does_not_stay_beside_the_value_that_told_it(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        late = About(late_reason="门岗停电，补录")
        rows = [
            office.new("clerk", "QR-017-01", {**ENTRY, "received_at": f"2026-10-{day} 08:00"}, late)
            for day in (20, 21, 22)
        ]
        office.fill("clerk", "QR-017-01/2026-10", {"summary": "补录"})
        office.sign("head", "QR-017-01/2026-10")
        office.publish()
        listed = [office.asked([each], [field]) for each, field in zip(rows, LATE_ERASED, strict=True)]
        for each in listed[:2]:
            office.execute(each, ERASED_AT)
        check_verified(office)
        with carrying(_saying(lambda act: act["late_entry"].update(matter="2026-10-22T00:00:00Z"), 1)):
            office.execute(listed[2], LATER)
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == {
                ("carried-mark", office.record(rows[2]).subject)
            }


def test_a_second_erasure_does_not_say_anew_what_was_before_the_first(disposal_files: DisposalScene) -> None:
    number, other = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        first = [office.asked([each], ["customer"]) for each in (number, other)]
        for each in first:
            office.execute(each, ERASED_AT)
        second = {each: office.asked([each], ["phone"], ERASED_AT) for each in (number, other)}
        office.execute(second[other], LATER)
        check_verified(office)

        def by_another(act: dict[str, Any]) -> None:
            act.update(by=office.by("quality").subject, name=office.by("quality").name)

        with carrying(_saying(by_another, 1)):
            office.execute(second[number], LATER)
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == {
                ("carried-act", office.record(number).subject)
            }


def _last(acts: Acts, **more: Any) -> None:
    acts.insert(-1, {**acts[-1], **more})


def _names(acts: Acts) -> None:
    acts[1]["disposal"] = {"kind": "destruction"}
    _last(acts, act="execute", items=[{"number": "X", "state": "ab"}])


def _signs(acts: Acts) -> None:
    _last(acts, act="sign", method="paper", scan=["x"], items=[{"number": "X", "state": "ab"}])


def _goes_on_from_another(acts: Acts) -> None:
    acts[0]["former"] += "/after-7"
    _last(acts, act="sign", method="paper", scan=["x"])


def test_hostile_acts_end_in_a_report(disposal_files: DisposalScene, tmp_path: Path) -> None:
    number, other = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        after = office.record(number).subject
        archive = office.archive
    edits: list[tuple[str, Callable[[Acts], None]]] = [
        (f"record/{other}", _names),
        (f"record/{other}", _signs),
        (after, _goes_on_from_another),
    ]
    for place_in_list, (subject, edit) in enumerate(edits):
        copy = tmp_path / str(place_in_list)
        shutil.copytree(archive, copy)
        place = place_of(copy, subject)
        path = max(place.rglob("record.json"))
        value = json.loads(path.read_text("utf-8"))
        edit(value["acts"])
        rebuild_inventories(place, path.relative_to(place).as_posix(), canonical(value))
        alone = verifier.verify(verifier.Medium(copy))
        assert alone.verdict in {"cannot assess", "altered"}, edit
        assert "object-unreadable" in {finding.code for finding in alone.kept}, edit


def _destroyed_behind_the_list(office: DisposalOffice, listed: str, number: str) -> None:
    """Destroy a record by the code of the program, nothing asked: its list is executed, and says that it stays."""
    root, holder = office.storage_root, office.by("archivist").subject

    def gone(transaction: Transaction, setting: Setting) -> Disposal:
        found = find_list(transaction, listed, Kind.DESTRUCTION)
        item = next(item for item in found.items if item.number == number)
        who = setting.standing(holder, found.record.unit)
        return Disposal(found, item, load(transaction, number), who)

    with dropped_triggers(office):
        with office.register.writing(now=COOLED) as transaction:
            setting = Setting(transaction, COOLED)
            erasure.begin_disposal(transaction, root, setting, gone(transaction, setting))
        with office.register.writing(now=COOLED) as transaction:
            setting = Setting(transaction, COOLED)
            (stone,) = tombstones_of(transaction, root, setting, gone(transaction, setting))
            subject = str(stone["subject"])
            root.remove_object(subject)
            transaction.note("destroy", actor=holder, subject=subject, bound_digest=digest(canonical(stone)))
            remove_subject(transaction, subject)
            bury(transaction, subject, stone)
    publication.publish(office.publisher, COOLED)


@contextmanager
def dropped_triggers(office: DisposalOffice) -> Iterator[None]:
    """No trigger refuses anything meanwhile."""
    engine = sqlalchemy.create_engine(office.register.url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        for name in trigger_names("sqlite"):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    with engine.begin() as connection:
        put_triggers(connection)


def test_what_a_list_says_has_stayed_is_not_gone_by_it(disposal_files: DisposalScene) -> None:
    one, two = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        listed = office.ready([one, two])
        _place(office, ScopeAsked(records=[one]), COOLED)
        office.execute(listed, COOLED)
        check_verified(office)
        _destroyed_behind_the_list(office, listed, one)
        for found in found_by_both(office):
            assert ("tombstone-list", f"record/{one}") in found


def _about(office: DisposalOffice) -> dict[str, About]:
    """What a record may be about that a hold goes by: a unit below another, premises, a party, nothing."""
    boss = office.by("controller")
    for code, parent in (("NORTH", "HQ"), ("ESTATE", "NORTH")):
        given = {"code": code, "parent": parent, "kind": "estate", "name_zh": f"{code} 园区", "name_en": ""}
        places.add_unit(office.register, boss, now=NOW, **given)
    places.add_premises(office.register, boss, unit="HQ", code="9-9-0909", now=NOW)
    places.add_party(office.register, boss, name="郑住户", phone="138-0000-9999", now=NOW)
    return {
        "unit above": About(unit="ESTATE"),
        "premises": About(premises="9-9-0909"),
        "party": About(party="郑住户"),
        "nothing": About(),
    }


def _held_found(office: DisposalOffice) -> list[set[str]]:
    return [{subject for code, subject in found if code == "tombstone-held"} for found in found_by_both(office)]


@contextmanager
def _no_hold_is_asked() -> Iterator[None]:
    """The program lets go whatever a hold keeps; its guards are dropped."""
    real = disposal_list.judge
    with pytest.MonkeyPatch.context() as patch:
        for module in (execution, disposal_list, erasure_request):
            patch.setattr(module, "judge", lambda *of: dataclasses.replace(real(*of), reason=None))
        yield


def _decoy(office: DisposalOffice) -> None:
    """Enter a record that as many have signed as sign a list, and that stays open."""
    number = office.new("clerk", "QR-017-02", dict(FEEDBACK))
    for login in ("clerk", "quality"):
        office.sign(login, number)
    office.fill("quality", number, dict(ANALYSIS))
    office.sign("quality", number)
    publication.publish(office.publisher, COOLED)


def test_a_record_that_many_signed_later_is_not_taken_for_the_list_that_let_something_go(
    disposal_files: DisposalScene,
) -> None:
    one, two = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        listed = office.ready([one, two])
        _place(office, ScopeAsked(records=[one]), COOLED)
        office.execute(listed, COOLED)
        _destroyed_behind_the_list(office, listed, one)
        _decoy(office)
        for found in found_by_both(office):
            assert ("tombstone-list", f"record/{one}") in found


def _voided(office: DisposalOffice, number: str) -> None:
    """Void a list, whatever it let go."""
    with office.register.writing(now=COOLED) as transaction:
        setting, record = Setting(transaction, COOLED), load(transaction, number)
        who = setting.standing(office.by("archivist").subject, record.unit)
        content: Content = {**head_of("void", who, setting.moment), "reason": "误建"}
        after = Record.replay(record.form, record.history.followed_by(content))
        transaction.append(record.history, content, record_rows(after))
    publication.publish(office.publisher, COOLED)


def test_a_list_that_let_something_go_is_not_voided_afterwards(disposal_files: DisposalScene) -> None:
    one, two = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        executed, begun = office.ready([one]), office.ready([two])
        office.execute(executed, COOLED)
        office.destroy(begun)
        check_verified(office)
        for number in (executed, begun):
            _voided(office, number)
        for found in found_by_both(office):
            assert {subject for code, subject in found if code == "tombstone-list"} == {
                f"record/{one}",
                f"record/{two}",
            }


def test_nothing_is_destroyed_of_which_the_log_does_not_say_first_that_it_goes(
    disposal_files: DisposalScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disposal_files.opened() as office:
        one = disposal_files.old.feedbacks[0]
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        honest, listed = office.ready([SHEET]), office.ready([one])
        office.execute(honest, COOLED)
        check_verified(office)
        monkeypatch.setattr(execution, "begin_disposal", lambda *_of: None)
        office.execute(listed, COOLED)
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("tombstone-")} == {
                ("tombstone-state", f"record/{one}")
            }


def test_a_list_that_does_not_come_for_long_is_no_longer_only_awaited(disposal_files: DisposalScene) -> None:
    one, two = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        listed = office.ready([one, two])
        office.destroy(listed, COOLED)
        publication.publish(office.publisher, COOLED)
        awaited = {}
        for moment in (COOLED, COOLED + timedelta(days=31)):
            office.new("clerk", "QR-017-02", dict(FEEDBACK))
            _place(office, ScopeAsked(units=["HQ"]), moment)
            publication.publish(office.publisher, moment)
            assert verify(office.register.url, office.archive).verdict is Answer.OK
            alone = verifier.verify(verifier.Medium(office.archive))
            awaited[moment] = alone.verdict, {each.severity for each in alone.kept if each.code == "tombstone-pending"}
        assert list(awaited.values()) == [("ok", {"pending"}), ("cannot assess", {"cannot assess"})]


def test_two_records_that_go_on_from_one_are_said(disposal_files: DisposalScene) -> None:
    number = disposal_files.old.feedbacks[0]
    with disposal_files.opened() as office:
        office.execute(office.asked([number], ["phone"]), ERASED_AT)
        after, archive = office.record(number).subject, office.archive
        again = f"record/{number}/after-99"
        path = max(place_of(archive, after).rglob("record.json"))
        value = json.loads(path.read_text("utf-8"))
        value["subject"] = again
        value["acts"][0] |= {"subject": again, "tombstone": 99}
        for act in value["acts"]:
            if act.get("act") == "erase":
                act["tombstone"] = 99
        copy = place_of(archive, again)
        shutil.copytree(place_of(archive, after), copy)
        inventory = json.loads((copy / "inventory.json").read_bytes()) | {"id": again}
        for folder in (".", "v1"):
            write_inventory(copy, folder, inventory)
        rebuild_inventories(copy, path.relative_to(place_of(archive, after)).as_posix(), canonical(value))
        with tampering(office.register.url) as connection:
            for place, act in enumerate(value["acts"]):
                row = {"subject": again, "number": place, "content": canonical(act).decode()}
                connection.execute(tables.act.insert().values(row))
    by_verify, alone = found_by_both(office)
    assert ("carried-head", again) in by_verify
    assert {("carried-head", again), ("carried-head", after)} <= alone


OTHERWISE: dict[str, Any] = {
    "number": "QR-017-02/2026-9999",
    "executor": ["person/3"],
    "at": "2030-03-12T02:00:01Z",
    "on": "2030-03-13",
    "author": ["paper"],
    "appraiser": [],
    "approver": ["person/3"],
    "witness": ["paper", "paper"],
    "receiver": ["person/3"],
    "rule": "another rule",
    "source": "another schedule",
    "authority": "another law",
    "due_on": "1999-01-01",
    "how": ["shredded"],
    "basis": "a request that nobody made",
    "permitted_by": "a court that nobody asked",
}
"""What a tombstone says of a destruction and was not so, a day later and a person besides."""

OF_TRANSFER: dict[str, Any] = {"transferred_to": "另一档案馆", "receiver": ["person/3"], "how": ["erased"]}


@contextmanager
def _stones_saying(otherwise: dict[str, dict[str, Any]]) -> Iterator[None]:
    """The program says something else on the tombstones of records, by their numbers."""

    def stones(transaction: Transaction, root: StorageRoot, setting: Setting, gone: Disposal) -> list[Content]:
        real = tombstones_of(transaction, root, setting, gone)
        return [{**stone, **otherwise.get(gone.record.number, {})} for stone in real]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "tombstones_of", stones)
        yield


def _said_otherwise(office: DisposalOffice) -> list[set[str]]:
    return [{subject for code, subject in found if code == "tombstone-said"} for found in found_by_both(office)]


def test_a_tombstone_says_of_the_destruction_what_list_and_event_do(disposal_files: DisposalScene) -> None:
    with disposal_files.opened() as office:
        numbers = {name: office.new("clerk", "QR-017-02", dict(FEEDBACK)) for name in OTHERWISE}
        for number in numbers.values():
            office.go_all_the_way(number)
        office.publish()
        listed = office.ready([SHEET, *disposal_files.old.feedbacks, *numbers.values()])
        false = {numbers[name]: {name: value} for name, value in OTHERWISE.items()}
        with _stones_saying({**false, SHEET: {"due_on": "1999-01-01"}}):
            office.execute(listed, COOLED)
        gone_together = {f"sheet/{SHEET}", "record/QR-017-01/2026-0001", "record/QR-017-01/2026-0002"}
        assert _said_otherwise(office) == [{f"record/{number}" for number in false} | gone_together] * 2


def test_a_tombstone_says_of_the_transfer_what_its_list_does(disposal_files: DisposalScene) -> None:
    honest, *numbers = disposal_files.old.feedbacks
    with disposal_files.opened() as office:
        numbers.append(office.new("clerk", "QR-017-02", dict(FEEDBACK)))
        office.go_all_the_way(numbers[-1])
        office.publish()
        listed = office.received([honest, *numbers])
        false = {number: {name: value} for number, (name, value) in zip(numbers, OF_TRANSFER.items(), strict=True)}
        with _stones_saying(false):
            office.hand_over(listed, Keeping.NOTHING)
        assert _said_otherwise(office) == [{f"record/{number}" for number in numbers}] * 2


def test_what_was_erased_is_said_with_the_ground_that_the_list_names(
    disposal_files: DisposalScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, other, twice = disposal_files.old.feedbacks
    real = erasure._carried_over

    def on_another_ground(
        transaction: Transaction, setting: Setting, gone: Disposal, acts: Acts, stone: Content
    ) -> Any:
        is_honest = gone.record.number == honest
        item = gone.item if is_honest else dataclasses.replace(gone.item, basis="另一依据")
        return real(transaction, setting, dataclasses.replace(gone, item=item), list(acts), stone)

    with disposal_files.opened() as office:
        listed = office.asked([honest, other, twice], ["phone"])
        monkeypatch.setattr(erasure, "_carried_over", on_another_ground)
        office.execute(listed, ERASED_AT)
        monkeypatch.undo()
        office.execute(office.asked([twice], ["customer"], ERASED_AT), LATER)
        expected = {("carried-act", office.record(number).subject) for number in (other, twice)}
        for found in found_by_both(office):
            assert {each for each in found if each[0].startswith("carried-")} == expected


def _place(office: DisposalOffice, asked: ScopeAsked, now: datetime) -> str:
    boss = office.by("controller")
    return holding.place(office.register, boss, now, title="纠纷", mandate="民初字第 9 号", asked=asked)[0].subject


def test_what_a_hold_kept_was_not_to_be_destroyed(disposal_files: DisposalScene) -> None:
    kept, free = disposal_files.old.feedbacks[:2]
    with disposal_files.opened() as office:
        about = _about(office)
        numbers = {name: office.new("clerk", "QR-017-02", dict(FEEDBACK), each) for name, each in about.items()}
        for number in numbers.values():
            office.go_all_the_way(number)
        office.publish()
        listed = office.ready([kept, free, *numbers.values()])
        for asked in (
            ScopeAsked(records=[kept]),
            ScopeAsked(units=["NORTH"]),
            ScopeAsked(premises="9-9-0909"),
            ScopeAsked(party="郑住户", forms=["QR-017-02"]),
            ScopeAsked(party="郑住户", forms=["QR-017-01"], premises="9-9-0909"),  # keeps nothing
        ):
            _place(office, asked, COOLED)
        hold = _place(office, ScopeAsked(records=[free]), COOLED)
        holding.lift(office.register, office.by("lifter"), COOLED, hold, reason="结案", authority="裁定")
        office.publish()
        with _no_hold_is_asked(), dropped_triggers(office):
            office.execute(listed, COOLED)
        expected = {f"record/{number}" for name, number in numbers.items() if name != "nothing"}
        assert _held_found(office) == [expected | {f"record/{kept}"}] * 2


def test_what_goes_on_after_an_erasure_tells_what_a_hold_kept_that_was_placed_before_it_was_entered(
    disposal_files: DisposalScene,
) -> None:
    with disposal_files.opened() as office:
        about = _about(office)
        _place(office, ScopeAsked(party="郑住户"), NOW)
        numbers = [office.new("clerk", "QR-017-02", dict(FEEDBACK), about[name]) for name in ("party", "nothing")]
        office.publish()
        with _no_hold_is_asked(), dropped_triggers(office):
            office.execute(office.asked(numbers, ["phone"]), ERASED_AT)
        for number in numbers:
            office.go_all_the_way(number)
        office.publish()
        assert _held_found(office) == [{f"record/{numbers[0]}"}] * 2


def test_a_hold_on_a_row_keeps_the_other_rows_of_its_sheet(disposal_files: DisposalScene) -> None:
    one, two = "QR-017-01/2026-0001", "QR-017-01/2026-0002"
    with disposal_files.opened() as office:
        listed = office.asked([two], ["caller"])
        _place(office, ScopeAsked(records=[one]), ERASED_AT)
        office.publish()
        with _no_hold_is_asked(), dropped_triggers(office):
            office.execute(listed, ERASED_AT)
        assert _held_found(office) == [{f"record/{two}"}] * 2


def test_a_sheet_does_not_go_on_without_values_while_a_hold_keeps_it_or_a_row_of_it(
    disposal_files: DisposalScene, stages: Stages, tmp_path: Path
) -> None:
    row = "QR-017-01/2026-0002"
    with disposal_files.opened() as office:
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        again = office.asked([SHEET], ["counts"], ERASED_AT)
    for name in (row, SHEET):
        with disposal_files.copied(stages, tmp_path / name[-2:]) as copy, copy.opened() as office:
            _place(office, ScopeAsked(records=[name]), LATER)
            office.publish()
            with _no_hold_is_asked(), dropped_triggers(office):
                office.execute(again, LATER)
            assert _held_found(office) == [{f"sheet/{SHEET}/after-1"}] * 2


def test_a_hold_on_a_sheet_that_went_on_keeps_its_rows(disposal_files: DisposalScene) -> None:
    row = "QR-017-01/2026-0002"
    with disposal_files.opened() as office:
        office.execute(office.asked([SHEET], ["summary"]), ERASED_AT)
        listed = office.asked([row], ["caller"], ERASED_AT)
        _place(office, ScopeAsked(records=[SHEET]), LATER)
        office.publish()
        with _no_hold_is_asked(), dropped_triggers(office):
            office.execute(listed, LATER)
        assert _held_found(office) == [{f"record/{row}"}] * 2
