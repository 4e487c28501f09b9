"""A transfer of records as far as the receiver's receipt: the list is drawn up, the package made, the receipt entered.

A list is a record of the form that serves ``transfer_list``; who draws it up and approves it its sections say. What
becomes of the records here once they are in other hands stands in ``handing_over``.

Source: M-3; P00-R7; ISO 9001, 7.5.3.2
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from recordkeeper.durable import digest_with_status
from recordkeeper.errors import InvalidInputError, RefusalError, RetentionError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.disposition import Disposition, Item, Kind, NotReadyError, Part, section_of
from recordkeeper.model.record import Record
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import base_of, record_subject, sheet_subject
from recordkeeper.model.transfer import Package, check_packable, pack, package_of, receive
from recordkeeper.ocfl.storage_root import UnreachableArchiveError
from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.disposal import check_clock
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services import lifecycle
from recordkeeper.services.disposal_list import PURPOSES, Judged, check_items
from recordkeeper.services.disposition import (
    Author,
    Choice,
    check_list_right,
    chosen_for,
    drawn_up,
    item_of,
    line_of,
    list_for,
    medium_of,
    pages_of,
)
from recordkeeper.services.execution import Executor, publish_first
from recordkeeper.services.exporting import Exported, note_export, withheld_from, write_pack
from recordkeeper.services.fitness import UntestedError, check_covers
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.packing import Staging, check_place, put_in_place, staging_of, subjects_in
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.rendering import file_name, render_record
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.tlog.checkpoint import unverified_checkpoint

LIST_LABEL = "Recordkeeper-Transfer-List"
WITHOUT_FILES = "无电子文件"
"""What stands for the number of a test report on a list of paper alone."""

_SHORT_DIGEST = 16


class PackedAlreadyError(RetentionError, RefusalError):
    """A package was made for the list; another one takes its place only where that is said."""

    def __init__(self, number: str, before: Package) -> None:
        expected = _("--anew, by which another package takes its place")
        found = _("a package of {day}, SHA-256 {digest}").format(day=before.on, digest=before.digest)
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


class WithheldPackageError(RetentionError, RefusalError):
    """The package that waits was made by somebody else, and holds what who asks for it may not take out."""

    def __init__(self, number: str, count: int) -> None:
        expected = _("who made the package that waits, or --anew, by which another one takes its place")
        found = ngettext(
            "{count} record in it that you may not take out", "{count} records in it that you may not take out", count
        ).format(count=count)
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


class PastTransferError(RetentionError, InvalidInputError):
    """A transfer is to happen on a day that is over when its list is drawn up."""

    def __init__(self, today: str, found: str) -> None:
        expected = _("a day from {day} on").format(day=today)
        message = _("--on: the day of the transfer: expected {expected}, found {found}")
        super().__init__(message.format(expected=expected, found=found), subject="--on", expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class Handing:
    """What is said of a transfer when its list is drawn up.

    Args:
        receiver: name or number of the party that takes over.
        reason: why.
        on: the day on which the records are to change hands, today or later, for the list is approved before; None for
            today.
        test: number of the report on the four properties; empty where the list names paper alone.
    """

    receiver: str
    reason: str
    on: date | None = None
    test: str = ""


def transfer_new(by: Author, choice: Choice, said: Handing) -> Record:
    """Draw up a transfer list, freeze what it names, and sign it.

    Args:
        by: the author.
        choice: which records; what exists on paper alone with number, title, created_on, period, pages.
        said: to whom, why, when.

    Raises:
        UnservedPurposeError: no form in force serves as transfer list.
        NothingToListError: nothing is due to be transferred.
        NotOnListError: a row, or a record of a unit that is not below the list's.
        NotEligibleError: a record that was named may not be transferred, or stands on another list.
        ClockBackError: the clock is set back.
        UnknownRecordError, UnknownPlaceError: no such record, or no such party.
        UntestedError: no report covers the records as they stand, or something in them failed.
        PastTransferError: the day of the transfer is over.
        Others: as ``lifecycle.new`` and ``lifecycle.sign``.

    Source: M-3; P00-R7
    """
    with by.register.writing(now=by.now) as transaction:
        desk = RetentionDesk(Setting(transaction, by.now))
        check_list_right(desk.setting, by, "retention transfer-new", Kind.TRANSFER, choice)
        check_clock(transaction, PURPOSES[Kind.TRANSFER])
        if said.on is not None and said.on < desk.setting.today:
            raise PastTransferError(desk.setting.today.isoformat(), said.on.isoformat())
        judged = chosen_for(desk, by.actor, choice, Kind.TRANSFER) if choice.numbers or not choice.paper else []
        counted = [(each, pages_of(by.root, each.record)) for each in judged]
        raw: dict[str, object] = {
            "transfer_on": (said.on or desk.setting.today).isoformat(),
            "reason": said.reason,
            "test_number": said.test or WITHOUT_FILES,
            "items": [*(_line(each, pages) for each, pages in counted), *map(_paper_line, choice.paper)],
        }
        items = [item_of(each, pages=pages) for each, pages in counted]
        if items:
            raw["test_number"] = _tested_by(desk.setting, by.actor, said.test, items)
        items += [Item("", line.get("number", ""), medium="paper") for line in choice.paper]
        return drawn_up(by, desk, Kind.TRANSFER, choice, raw, items, said.receiver)


def _tested_by(setting: Setting, actor: Actor, report: str, items: Sequence[Item]) -> str:
    """The number of the report that says that these records are fit to be transferred. Source: P00-R7."""
    if not report:
        expected = _("a report on the four properties of what is transferred (--test)")
        raise UntestedError(items[0].number, expected, _("none"))
    return check_covers(setting, actor, report, items)


def _line(judged: Judged, pages: int | None) -> dict[str, object]:
    line = {name: value for name, value in line_of(judged, pages).items() if name != "due_on"}
    return {**line, "medium_moved": medium_of(judged.record), "digest": judged.item.state[:_SHORT_DIGEST]}


def _paper_line(given: Mapping[str, str]) -> dict[str, object]:
    names = {"number": "record_number", "title": "record_title"}
    known = ("number", "title", "created_on", "period", "pages")
    line: dict[str, object] = {names.get(name, name): given[name] for name in known if given.get(name)}
    return {**line, "medium_moved": "paper"}


# ---- the package -----------------------------------------------------------------------------------------------------


def make_package(by: Executor, target: Path, *, replaces: bool = False) -> tuple[Record, Exported, Package]:
    """Write the package of an approved list into a new file, and bind its digest in an act on the list.

    In it stand the records that the list names and the report on them, with all that it takes to check them, and the
    list as it is printed; a record that neither names is in it only where whoever makes it may take it out.

    The act is committed before the package is in its place. One that was bound and did not come so far, for the machine
    or the database went away, is put there by the next call, and no act is written anew.

    Args:
        by: who, where, when, which list.
        target: the new file, a zip.
        replaces: whether it takes the place of a package that was made before.

    Returns:
        The list, the pack, and what was bound of it.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        NoRightError, NotYoursError: no role of who draws up such lists.
        NotReadyError: not approved, received already, or paper alone.
        PackedAlreadyError: a package was made before, and is not to be replaced.
        WithheldPackageError: one waits, and ``by`` may not take out all that is in it.
        NotEligibleError: a record on it was changed, or a hold keeps it.
        NotPublishedError: the log cannot be published.
        BagExistsError, UnwritableBagError: there is a file of that name already, or none can be made.
        PackerBusyError, UnreachableArchiveError: another one is being made, or the archive's disk refuses.
        OutcomeUnknownError: nobody knows whether the act stands; the package waits until that is known.
        Others: as ``exporting.write_pack``.

    Source: M-3; ISO 9001, 7.5.3.2; P00-R7
    """
    with by.register.reading() as snapshot:
        _check_packed_by(snapshot, by)
    check_place(target)
    try:
        with staging_of(by.publisher.archive) as staging:
            found = None if replaces else _made_before(by, staging, target)
            staged, record, made, package = found or _made_now(by, staging, target, replaces=replaces)
            put_in_place(staging, staged, target)
    except OSError as error:
        raise UnreachableArchiveError(str(by.publisher.archive), error) from error
    return record, made, package


_Made: TypeAlias = tuple[Path, Record, Exported, Package]


def _made_before(by: Executor, staging: Staging, target: Path) -> _Made | None:
    """The package that the list binds, where it lies in the archive still and was not put in its place.

    Raises:
        WithheldPackageError: another one made it, and may take out more.
    """
    with by.register.reading() as snapshot:
        staging.clear(snapshot)
        setting, listed, _who = _check_packed_by(snapshot, by)
        package = package_of(listed.record)
        staged = staging.of_digest(package.digest) if package else None
        if package is None or staged is None:
            return None
        inside = list(subjects_in(staged))
        asked = {each(number) for number in _asked_for(listed) for each in (record_subject, sheet_subject)}
        withheld = withheld_from(setting, by.actor).intersection(inside)
        if kept_back := [subject for subject in withheld if base_of(subject) not in asked]:
            raise WithheldPackageError(listed.number, len(kept_back))
    made = _exported_in(staged, target, package, len(inside))
    if package.by != by.actor.subject:  # else the trail says already that it was given out to them
        with by.register.writing(now=by.now) as transaction:
            _check_packed_by(transaction, by)
            note_export(transaction, by.actor, made, inside)
    return staged, listed.record, made, package


def _asked_for(listed: Disposition) -> list[str]:
    """The records that a package holds whoever makes it: the listed ones, and the report on them."""
    return [*(item.number for item in listed.items if item.subject), str(listed.record.values.get("test_number"))]


def _made_now(by: Executor, staging: Staging, target: Path, *, replaces: bool) -> _Made:
    publish_first(by)
    with by.register.reading() as snapshot:
        setting, listed, _who = _check_packed_by(snapshot, by)
        if not replaces and (before := package_of(listed.record)) is not None:
            raise PackedAlreadyError(listed.number, before)
        numbers = _asked_for(listed)
        withheld = withheld_from(setting, by.actor)
        more = {f"transfer/{file_name(listed.number)}.docx": render_record(snapshot, setting, listed.record)}
    staged, is_decided = staging.new(target.name), False
    try:
        label = [(LIST_LABEL, listed.number)]
        made, records = write_pack(by.publisher, staged, by.now, numbers, more, label, withheld)
        digest, status = digest_with_status(staged, "sha256")
        with by.register.writing(now=by.now) as transaction:
            setting, listed, who = _check_packed_by(transaction, by)
            package = Package(digest, made.digest, status.st_size, made.objects, setting.moment.on)
            record = _appended(transaction, listed.record, pack(listed, package, who, setting.moment))
            note_export(transaction, by.actor, made, records)
            is_decided = True  # from here on the act may stand, whatever is raised: its package stays
    except BaseException:
        if not is_decided:
            staging.remove(staged)
        raise
    return staged, record, replace(made, path=target), package


def _exported_in(staged: Path, target: Path, package: Package, records: int) -> Exported:
    """What was said of a package when it was made, as it tells itself and the act that binds it."""
    with zipfile.ZipFile(staged) as pack:
        inside = {name.partition("/")[2]: name for name in pack.namelist()}
        note = pack.read(inside["data/log/checkpoint"]).decode()
    return Exported(target, records, package.objects, 0, unverified_checkpoint(note).size, package.bag)


def _check_packed_by(snapshot: Snapshot, by: Executor) -> tuple[Setting, Disposition, Standing]:
    """The list, if its package may be made now, by this person."""
    setting = Setting(snapshot, by.now)
    listed = list_for(setting, by.actor, by.number, Kind.TRANSFER)
    check_right(snapshot, by.actor, "retention pack", by.now, listed.record.unit)
    who = setting.standing(by.actor.subject, listed.record.unit)
    check_packable(listed, who)
    if not any(item.subject for item in listed.items):
        raise NotReadyError(listed.number, _("a list with electronic records"), _("paper alone"))
    check_items(setting, listed)
    return setting, listed, who


# ---- the receipt -----------------------------------------------------------------------------------------------------


def enter_receipt(
    register: Register,
    actor: Actor,
    now: datetime,
    number: str,
    *,
    digest: str,
    received_on: date | None,
    signing: Signer | Scan,
) -> Record:
    """Enter the receiver's receipt for the package, and their signature, in one transaction.

    Args:
        register: the open register.
        actor: who enters it; or the receiver's own account where they sign with it.
        now: aware, UTC.
        number: of the list.
        digest: SHA-256 of the package as the receiver has computed it; empty where the list names paper alone.
        received_on: the local date; today if absent.
        signing: the scan of what was signed on paper, or the receiver's opened key.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        NotReadyError: no package, not approved, or no section for the receiver.
        ReceiptDateError: the day is not between the package's and today.
        WrongPackageError, NoDigestError: the receipt names another package.
        TwoPartsError: the receiver has another part on the list.
        Others: as ``lifecycle.sign`` and ``lifecycle.sign_on_paper``.

    Source: M-3; P00-R7
    """
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        listed = list_for(setting, actor, number, Kind.TRANSFER)
        check_right(transaction, actor, "retention receive", now, listed.record.unit)
        section = next(section_of(listed.record, Part.RECEIVER), None)
        if section is None:
            raise NotReadyError(listed.number, _("a form with a section for the receiver"), listed.record.form.code)
        who = setting.standing(actor.subject, listed.record.unit)
        day = (received_on or setting.today).isoformat()
        _appended(transaction, listed.record, receive(listed, digest, day, who, setting.moment))
        if isinstance(signing, Scan):
            return lifecycle.sign_on_paper_in(transaction, actor, now, listed.number, section.id, signing)
        return lifecycle.sign_in(transaction, actor, signing, now, listed.number, section.id)


def _appended(transaction: Transaction, record: Record, content: Content) -> Record:
    after = Record.replay(record.form, record.history.followed_by(content))
    transaction.append(record.history, content, record_rows(after))
    return after
