"""The four properties of archived records, looked at: every check of ``model.four_properties``, done here.

Nothing is changed and nothing is decided. What could not be looked at is said so, with its reason; what is not looked
at, viruses, is not spoken of.

Source: DA/T 70-2018, 6; OCFL 1.1; P00-R8
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recordkeeper.documents.stored_file import BATCH_BYTES, Looked, State, StoredFile, look_into
from recordkeeper.errors import LogError, MissingError, RecordkeeperError, system_reason
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.four_properties import Check, Remark, Tally
from recordkeeper.model.numbering import counted
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State as RecordState
from recordkeeper.model.subject import kind_of, number_of
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.validation import validate_object
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.services.archive_check import check_archive
from recordkeeper.services.enclosure import check_enclosures
from recordkeeper.services.evidence import Evidence, read_evidence
from recordkeeper.services.mirroring import Mirror, mirrors_of
from recordkeeper.services.proving import UnpublishedEventError, prove_events
from recordkeeper.services.publication import Publisher
from recordkeeper.services.register_check import files_bound
from recordkeeper.services.rendering import file_name
from recordkeeper.services.retrieval import load, rows_of
from recordkeeper.services.signature_check import SIGNED_ACTS, check_signatures

Advance = Callable[[], object]

ARCHIVE = "archive"
_FINISHED = {RecordState.CLOSED, RecordState.VOID, RecordState.REPLACED}
_STRAY = frozenset(
    [
        "E001a",
        "E001b",
        "E001c",
        "E015",
        "E023a",
        "E024",
        "E034",
        "E059",
        "E067",
        "E072",
        "E073",
        "E077",
        "E078",
        "E079",
        "E081",
        "E082",
        "E085",
        "E088",
        "E090",
        "E112",
        "W002",
        "W003",
        "W013",
        "W014",
        "W015",
        "W016",
        "root-file",
        "object-folder",
        "object-added",
        "archive-extra",
    ]
)
_MISSING = frozenset(
    ["E003a", "E003e", "E016", "E046a", "E046b", "E058a", "E063", "E092b", "W010", "object-missing", "version-count"]
)
_OTHERS_MAY_WRITE = stat.S_IWOTH


@dataclass(slots=True)
class _Test:
    """One test in the making: the parts, what is looked at, what came of it so far.

    Args:
        publisher: register, archive, log.
        records: the records and sheets, each with its rows.
        tallies: what came of each check.
    """

    publisher: Publisher
    records: Mapping[str, Sequence[Record]]
    tallies: dict[Check, Tally] = field(default_factory=lambda: {check: Tally() for check in Check})

    def fail(self, check: Check, of: str, code: str, message: str) -> None:
        self.tallies[check].failed.append(Remark(of, code, message))

    def doubt(self, check: Check, of: str, code: str, message: str) -> None:
        self.tallies[check].unassessed.append(Remark(of, code, message))

    def settle(self, check: Check, numbers: Sequence[str]) -> None:
        """Count those of the numbers of which nothing was said as passed."""
        tally = self.tallies[check]
        said = {remark.of for remark in (*tally.failed, *tally.unassessed)}
        tally.passed += sum(number not in said for number in numbers)


def check_properties(publisher: Publisher, numbers: Sequence[str], advance: Advance) -> dict[Check, Tally]:
    """Look at archived records and sheets.

    Args:
        publisher: register, archive, log.
        numbers: of records of their own and sheets; all of them are in the archive.
        advance: called for each record whose files are looked into.

    Raises:
        RegisterError: the database cannot be read.
    """
    with publisher.register.reading() as snapshot:
        records: dict[str, list[Record]] = {}
        for number in numbers:
            record = load(snapshot, number)
            records[number] = [record, *(rows_of(snapshot, record) if record.is_sheet else ())]
        mirrors = mirrors_of(snapshot)
    test = _Test(publisher, records)
    _check_archive(test)
    _check_sections(test)
    _check_inclusion(test)
    _check_objects(test, advance)
    _check_copies(test, mirrors)
    return test.tallies


# ---- against the register --------------------------------------------------------------------------------------------


def _check_archive(test: _Test) -> None:
    """Digests, files, stray files; acts against the trail; signatures; numbers."""
    root = test.publisher.storage_root
    subjects = {record.subject: number for number, several in test.records.items() for record in several}
    places = {
        root.object_path(several[0].subject).relative_to(root.path).as_posix(): number
        for number, several in test.records.items()
    }
    with open_for_verification(test.publisher.register.url) as inspection:
        evidence = read_evidence(inspection)
        findings = check_archive(root, inspection, evidence, places.__contains__)
        findings += check_enclosures(root.path.parent, evidence)
    for finding in dict.fromkeys(findings):
        of = _number_of(finding, root.path.name, places, subjects)
        if of is not None:
            _tell(test, _check_of(finding), of, finding)
    numbers = list(test.records)
    for check in (Check.DIGESTS, Check.FILES, Check.STRAY):
        test.settle(check, numbers)
    for finding in evidence.findings:
        if finding.subject in subjects:
            _tell(test, Check.TRAIL, subjects[finding.subject], finding)
    test.settle(Check.TRAIL, numbers)
    own = {
        subject: history
        for subject, history in evidence.histories.items()
        if subject in subjects or kind_of(subject) == "person"
    }
    for finding in check_signatures(replace(evidence, histories=own))[0]:
        if finding.subject in subjects:
            _tell(test, Check.SIGNATURES, subjects[finding.subject], finding)
    test.settle(Check.SIGNATURES, [number for number, several in test.records.items() if _is_signed(several)])
    _check_numbers(test, evidence)


def _is_signed(several: Sequence[Record]) -> bool:
    return any(act.kind in SIGNED_ACTS for record in several for act in record.history.acts[1:])


def _number_of(finding: Finding, root_name: str, places: Mapping[str, str], subjects: Mapping[str, str]) -> str | None:
    """The record that a finding is about, or the archive itself; None for what was not asked about."""
    if finding.subject in subjects:
        return subjects[finding.subject]
    path = finding.subject.removeprefix(f"{root_name}/")
    for depth in range(path.count("/") + 1, 0, -1):
        if (place := "/".join(path.split("/")[:depth])) in places:
            return places[place]
    is_object = kind_of(finding.subject) in {
        "record",
        "sheet",
        "form",
        "person",
        "unit",
        "procedure",
        "hold",
        "schedule",
    }
    return None if is_object else ARCHIVE


def _check_of(finding: Finding) -> Check:
    if finding.code in _STRAY or finding.code.startswith("enclosure"):
        return Check.STRAY
    return Check.FILES if finding.code in _MISSING else Check.DIGESTS


def _tell(test: _Test, check: Check, of: str, finding: Finding) -> None:
    if finding.severity is Severity.ALTERED:
        test.fail(check, of, finding.code, finding.message)
    elif finding.severity is not Severity.WARNING:
        test.doubt(check, of, finding.code, finding.message)


def _check_numbers(test: _Test, evidence: Evidence) -> None:
    """Whether the series of each form that was looked at runs on without a gap, what was disposed of included."""
    wanted = {series for number in test.records if (series := _series(number))}
    found: dict[tuple[str, int], set[int]] = {}
    for subject in {**evidence.histories, **evidence.tombstones, **evidence.elsewhere}:
        place = counted(number_of(subject)) if kind_of(subject) == "record" else None
        if place is not None and place[:2] in wanted:
            found.setdefault(place[:2], set()).add(place[2])
    series_lacking: set[tuple[str, int]] = set()
    for series, counts in sorted(found.items()):
        missing = sorted(set(range(1, max(counts) + 1)) - counts)
        if missing:
            series_lacking.add(series)
            message = _("numbers missing: {numbers}").format(numbers=listing(map(str, missing[:10])))
            test.fail(Check.NUMBERS, f"{series[0]} {series[1]}", "number-missing", message)
    test.tallies[Check.NUMBERS].passed = sum(
        series is not None and series not in series_lacking for series in map(_series, test.records)
    )


def _series(number: str) -> tuple[str, int] | None:
    place = counted(number)
    return place[:2] if place else None


def _check_sections(test: _Test) -> None:
    for number, several in test.records.items():
        record = several[0]
        if record.state not in _FINISHED or record.pending_amendments:
            test.fail(Check.SECTIONS, number, "not-finished", _(str(record.state)))
    test.settle(Check.SECTIONS, list(test.records))


def _check_inclusion(test: _Test) -> None:
    register, log = test.publisher.register, test.publisher.log_path
    for number, several in test.records.items():
        for record in several:
            try:
                prove_events(register, log, record.subject)
            except UnpublishedEventError as error:
                test.doubt(Check.INCLUSION, number, "not-published", str(error))
            except (LogError, MissingError) as error:
                test.fail(Check.INCLUSION, number, error.kind, str(error))
    test.settle(Check.INCLUSION, list(test.records))


# ---- the objects -----------------------------------------------------------------------------------------------------


def _check_objects(test: _Test, advance: Advance) -> None:
    """Attachments, permissions, and each file of each object's newest version."""
    waiting: list[tuple[str, StoredFile]] = []
    size = 0
    for number, several in test.records.items():
        _check_permissions(test, number, several[0].subject)
        for file in _files_of(test, number, several):
            waiting.append((number, file))
            size += len(file.data)
        if size > BATCH_BYTES:
            _look_into(test, waiting)
            waiting, size = [], 0
        advance()
    _look_into(test, waiting)
    for check in (Check.ATTACHMENTS, Check.PERMISSIONS, Check.OPENS, Check.LASTS, Check.INERT):
        test.settle(check, list(test.records))


def _files_of(test: _Test, number: str, several: Sequence[Record]) -> Iterator[StoredFile]:
    """The document, its PDF and the attachments of an object, as they are stored; what is not there is said."""
    root, subject = test.publisher.storage_root, several[0].subject
    try:
        inventory = parse_inventory(root.read_inventory(subject) or b"", subject)
    except RecordkeeperError as error:
        for check in (Check.ATTACHMENTS, Check.OPENS, Check.LASTS, Check.INERT):
            test.doubt(check, number, "object-unreadable", str(error))
        return
    present = {path for paths in inventory.states[inventory.head].values() for path in paths}
    names = {each.digest: each.name for record in several for each in record.attachments}
    for record in several:
        for digest, _media_type in files_bound(record.history):
            if f"attachments/{digest}" not in present:
                test.fail(Check.ATTACHMENTS, number, "attachment-missing", names.get(digest, digest))
    pdf = f"{file_name(number)}.pdf"
    if pdf not in present:
        test.doubt(Check.LASTS, number, "no-pdf", _("it was archived without a PDF"))
    for path in sorted(present):
        if path == "record.json":
            continue
        try:
            data = root.read_file(subject, path)
        except RecordkeeperError as error:
            test.doubt(Check.OPENS, number, "file-unreadable", str(error))
            test.doubt(Check.INERT, number, "file-unreadable", str(error))
            continue
        name = names.get(path.removeprefix("attachments/"), path)
        yield StoredFile(name, data, is_archival=path == pdf)


def _look_into(test: _Test, waiting: Sequence[tuple[str, StoredFile]]) -> None:
    for (number, file), looked in zip(waiting, look_into([file for _number, file in waiting]), strict=True):
        _note(test, Check.OPENS, number, file, looked, looked.opens, "opens")
        _note(test, Check.INERT, number, file, looked, looked.is_inert, "is_inert")
        if file.is_archival:
            _note(test, Check.LASTS, number, file, looked, looked.lasts, "lasts")


def _note(test: _Test, check: Check, number: str, file: StoredFile, looked: Looked, state: State, name: str) -> None:
    message = f"{file.name}: {looked.reasons.get(name, '')}"
    if state is State.FAILED:
        test.fail(check, number, f"file-{check}", message)
    elif state is State.UNKNOWN:
        test.doubt(check, number, f"file-{check}", message)


def _check_permissions(test: _Test, number: str, subject: str) -> None:
    """Whether anybody on the machine may change a file or folder of an object."""
    waiting = [test.publisher.storage_root.object_path(subject)]
    while waiting:
        place = waiting.pop()
        try:
            if os.lstat(place).st_mode & _OTHERS_MAY_WRITE:
                test.fail(Check.PERMISSIONS, number, "others-may-write", place.name)
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif not entry.is_symlink() and entry.stat().st_mode & _OTHERS_MAY_WRITE:
                        test.fail(Check.PERMISSIONS, number, "others-may-write", entry.name)
        except OSError as error:
            test.doubt(Check.PERMISSIONS, number, "unreadable", system_reason(error))


def _check_copies(test: _Test, mirrors: Sequence[Mirror]) -> None:
    """Whether each mirror that is kept has the same object, sound to the last byte."""
    if not mirrors:
        test.doubt(Check.COPIES, ARCHIVE, "no-mirror", _("no mirror is kept"))
        return
    for mirror in mirrors:
        if not mirror.is_there:
            message = _("mirror {place}: not there").format(place=mirror.place)
            test.doubt(Check.COPIES, ARCHIVE, "mirror-absent", message)
    there = [mirror for mirror in mirrors if mirror.is_there]
    for number, several in test.records.items() if there else ():
        for mirror in there:
            _check_copy(test, number, mirror, several[0].subject)
    test.settle(Check.COPIES, list(test.records) if there else [])


def _check_copy(test: _Test, number: str, mirror: Mirror, subject: str) -> None:
    """One object in one mirror; a mirror that is behind has its earlier versions, or not yet any."""
    root = test.publisher.storage_root
    try:
        own, there = root.read_inventory(subject), mirror.root.read_inventory(subject)
        head = parse_inventory(there, subject).head if there else 0
        is_behind = there != own and (not head or root.read_inventory(subject, head) == there)
    except RecordkeeperError as error:
        test.doubt(Check.COPIES, number, "mirror-unreadable", str(error))
        return
    if is_behind:
        message = _("mirror {place}: not yet in step").format(place=mirror.place)
        test.doubt(Check.COPIES, number, "mirror-behind", message)
        return
    if there != own:
        message = _("mirror {place}: not the same object").format(place=mirror.place)
        test.fail(Check.COPIES, number, "mirror-differs", message)
        return
    for finding in validate_object(mirror.root, subject)[:1]:
        test.fail(Check.COPIES, number, finding.code, f"{mirror.place}: {finding.message}")
