"""Every other table of a register, computed again from the acts and compared both ways.

A row too many, too few or different is named with its table; nothing is trusted but the acts.

Source: 21 CFR 11.10(c); P-1
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import digest
from recordkeeper.model.event import History
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.hold import Hold
from recordkeeper.model.numbering import counted
from recordkeeper.model.person import Person
from recordkeeper.model.sheet import counted as counted_sheet
from recordkeeper.model.subject import form_subject, kind_of, number_of
from recordkeeper.register import tables
from recordkeeper.register.inspection import Inspection, UnreadableTableError
from recordkeeper.register.projection import rows_of_subject, subject_row
from recordkeeper.register.search import FoundRecord
from recordkeeper.services.derivation import rows_following
from recordkeeper.services.disposal_check import expected_steps
from recordkeeper.services.evidence import RECORDS, REGISTER, Evidence, altered, aspect_of
from recordkeeper.services.held import Places, expected_held
from recordkeeper.services.package import CSV_TYPE, DATA, DEFINITION, DOCX_TYPE, TEMPLATE, YAML_TYPE

Row = tuple[object, ...]
_FILE_TYPES = {DEFINITION: YAML_TYPE, TEMPLATE: DOCX_TYPE, DATA: CSV_TYPE}
MOST_NAMED, MOST_PAIRED, MOST_DIGITS = 20, 500, 15
_OF_RECORDS = {"record", "record_field", "amendment", "signature"}


class UnknownRevisionInActsError(LookupError):
    """Acts name a revision of a form that the register does not hold."""


def check_register(inspection: Inspection, evidence: Evidence) -> list[Finding]:
    """Everything wrong with the tables that follow from the acts, or are bound by them."""
    expected, findings = expected_rows(evidence)
    for table in (*tables.PROJECTIONS, *tables.COUNTERS):
        findings += _compared(inspection, table, expected[table.name])
    findings += _attachments(inspection, evidence)
    findings += _credentials(inspection, evidence)
    findings += _compared(inspection, tables.held, expected["held"])
    findings += _compared(inspection, tables.disposition, expected["disposition"])
    return findings


def expected_rows(evidence: Evidence) -> tuple[dict[str, Counter[Row]], list[Finding]]:
    """The rows of every table that follows from the acts, by its name; and what is wrong with the acts."""
    expected: dict[str, Counter[Row]] = {table.name: Counter() for table in (*tables.PROJECTIONS, tables.subject)}
    findings = list(_expect_projections(evidence, expected))
    findings += _counters(evidence, expected)
    expected["held"] = _expected_held(evidence, expected)
    expected["disposition"] = expected_steps(evidence.histories, evidence.tombstones)
    return expected, findings


def _expected_held(evidence: Evidence, expected: Mapping[str, Counter[Row]]) -> Counter[Row]:
    """What table ``held`` must hold, from the acts of holds and from what records are about."""
    standing: list[Hold] = []
    for subject, history in evidence.histories.items():
        if kind_of(subject) == "hold":
            try:
                hold = Hold.replay(history)
            except Exception:  # noqa: BLE001, S112 - said by the projections already
                continue
            if hold.is_standing:
                standing.append(hold)
    records = [FoundRecord(*cast("tuple[Any, ...]", row)) for row in expected["record"]]
    columns = tables.unit.c.keys()
    of_unit, of_parent = columns.index("subject"), columns.index("parent")
    parents = {str(row[of_unit]): cast("str | None", row[of_parent]) for row in expected["unit"]}
    return Counter(expected_held(standing, records, Places(parents)))


def form_lookup(evidence: Evidence) -> "Lookup":
    """The definitions of forms, from the acts alone."""
    return Lookup(evidence.histories)


class Lookup:
    """Finds the definition of a form by code and revision.

    Args:
        histories: the acts of every subject.
    """

    def __init__(self, histories: Mapping[str, History]) -> None:
        self._histories = histories
        self._forms: dict[str, Form] = {}

    def __call__(self, code: str, revision: str) -> Form:
        """The form.

        Raises:
            UnknownRevisionInActsError: the register does not hold it.
        """
        subject = form_subject(code, revision)
        if subject not in self._forms:
            if subject not in self._histories:
                raise UnknownRevisionInActsError(subject)
            self._forms[subject] = Revision.replay(self._histories[subject]).form
        return self._forms[subject]


def _expect_projections(evidence: Evidence, expected: dict[str, Counter[Row]]) -> Iterator[Finding]:
    lookup = form_lookup(evidence)
    for subject, history in evidence.histories.items():
        expected["subject"][subject_row(history)] += 1
        try:
            rows = list(rows_of_subject(subject, rows_following(history, lookup)))
            Counter(rows)  # a row that holds a list is none that a database could
        except Exception as error:  # noqa: BLE001 - altered acts may fail in any way, and that is what is said
            message = _("its state cannot be computed from its acts: {found}").format(found=error)
            yield altered("act-form", subject, message, aspect_of(subject))
            continue
        for table, row in rows:
            expected[table][row] += 1


def _counters(evidence: Evidence, expected: dict[str, Counter[Row]]) -> Iterator[Finding]:
    series: dict[tuple[str, int], list[int]] = {}
    stones = [("tombstone", str(stone.get("tombstone"))) for stone in evidence.tombstones.values()]
    stones += [("tombstone", str(number)) for number in evidence.tombstones_lost.values()]
    standing = [
        (kind_of(subject), number_of(subject))
        for subject in {**evidence.histories, **evidence.tombstones, **evidence.elsewhere}
    ]
    for kind, name in (*standing, *stones):
        if kind == "record":
            of, year, count = counted(name) or ("", 0, 0)
            if count:
                series.setdefault((of, year), []).append(count)
        elif kind == "sheet":
            of, year, count = counted_sheet(name) or ("", 0, 0)
            if count:
                series.setdefault((of, year), []).append(count)
        elif _is_counted(name):
            series.setdefault((kind, 0), []).append(int(name))
    for (of, year), numbers in series.items():
        missing = list(islice(_gaps(numbers), MOST_NAMED))
        if missing:
            message = _("numbers missing: {numbers}").format(numbers=listing(map(str, missing)))
            yield altered("number-missing", f"{of.removesuffix('-')} {year}".removesuffix(" 0"), message, RECORDS)
    expected["number_series"] = Counter({(of, year, max(numbers)): 1 for (of, year), numbers in series.items()})
    expected["head"] = Counter({(len(evidence.leaf_hashes),): 1})


def _is_counted(text: str) -> bool:
    return text.isdigit() and len(text) <= MOST_DIGITS


def _gaps(numbers: list[int]) -> Iterator[int]:
    """The numbers from 1 on that are not among ``numbers``, up to the greatest of them."""
    expected = 1
    for number in sorted(set(numbers)):
        yield from range(expected, number)
        expected = number + 1


def _compared(inspection: Inspection, table: tables.AnyTable, expected: Counter[Row]) -> list[Finding]:
    aspect = RECORDS if table.name in _OF_RECORDS else REGISTER
    found: Counter[Row] = Counter()
    findings: list[Finding] = []
    try:
        found.update(inspection.raw_rows(table))
    except UnreadableTableError as error:
        findings.append(altered("table-unreadable", table.name, str(error), REGISTER))
    lost, added = list((expected - found).elements()), list((found - expected).elements())
    names = [column.name for column in table.c]
    for count, row in enumerate(lost):
        # to seek its like for each of very many rows would never end; then a change is a row lost and a row added
        candidates = added if count < MOST_PAIRED else []
        alike = max(candidates[:MOST_PAIRED], key=lambda other: _likeness(row, other), default=None)
        if alike is None or _likeness(row, alike) * 2 < len(row) - 1:
            message = _("row missing: {row}").format(row=_shown(row))
            findings.append(altered("row-missing", f"{table.name} {row[0]}", message, aspect))
            continue
        added.remove(alike)
        for name, was, now in zip(names, row, alike, strict=True):
            if not _is_same(was, now):
                message = _("{subject}: expected {expected}, found {found}").format(
                    subject=row[0], expected=_shortened(was), found=_shortened(now)
                )
                findings.append(altered("row-altered", f"{table.name}.{name}", message, aspect))
    for row in added:
        message = _("row that follows from no act: {row}").format(row=_shown(row))
        findings.append(altered("row-added", f"{table.name} {row[0]}", message, aspect))
    return findings


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _likeness(one: Row, other: Row) -> int:
    return sum(_is_same(a, b) for a, b in zip(one, other, strict=True))


def _shown(row: Row) -> str:
    return " | ".join(_shortened(value) for value in row)


def _shortened(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _attachments(inspection: Inspection, evidence: Evidence) -> list[Finding]:
    expected = {
        (history.subject, file_digest): media_type
        for history in evidence.histories.values()
        for file_digest, media_type in files_bound(history)
    }
    findings: list[Finding] = []
    try:
        for subject, file_digest, media_type, content in inspection.raw_rows(tables.attachment):
            place = f"attachment {subject}"
            bound = expected.pop((cast("str", subject), cast("str", file_digest)), None)
            if bound is None:
                message = _("file {digest} is bound by no act").format(digest=_shortened(file_digest))
                findings.append(altered("attachment-added", place, message, REGISTER))
            elif bound != media_type:
                message = _("expected {expected}, found {found}").format(expected=bound, found=media_type)
                findings.append(altered("row-altered", "attachment.media_type", message, REGISTER))
            data = bytes(content) if isinstance(content, bytes | memoryview) else b""
            if digest(data) != file_digest:
                message = _("file {digest} has other bytes").format(digest=_shortened(file_digest))
                findings.append(altered("attachment-altered", place, message, REGISTER))
    except UnreadableTableError as error:
        findings.append(altered("table-unreadable", "attachment", str(error), REGISTER))
    for subject, file_digest in expected:
        message = _("file {digest} is not there").format(digest=file_digest)
        findings.append(altered("attachment-missing", f"attachment {subject}", message, REGISTER))
    return findings


def files_bound(history: History) -> Iterator[tuple[str, str]]:
    """The digest and the media type of every file that acts bind."""
    for act in history.told[1:]:
        if act.kind in {"install", "revise"} and isinstance(act.content.get("files"), Mapping):
            for name, file_digest in cast("Mapping[str, str]", act.content["files"]).items():
                yield str(file_digest), _FILE_TYPES.get(name, "")
        elif act.kind == "attach" and act.content.get("digest"):
            yield str(act.content.get("digest")), str(act.content.get("media_type"))


def _credentials(inspection: Inspection, evidence: Evidence) -> list[Finding]:
    expected: dict[object, tuple[str, str]] = {}
    findings: list[Finding] = []
    for subject, history in evidence.histories.items():
        if kind_of(subject) == "person":
            try:
                seal = Person.replay(history).seal
            except Exception:  # noqa: BLE001, S112 - said by the projections already
                continue
            expected[subject] = (seal.passphrase_hash, seal.sealed_key)
    try:
        for person, passphrase_hash, sealed_key in inspection.raw_rows(tables.credential):
            bound = expected.pop(person, None)
            found = (digest(str(passphrase_hash).encode()), digest(str(sealed_key).encode()))
            if bound is None:
                message = _("credential of nobody")
                findings.append(altered("row-added", f"credential {person}", message, REGISTER))
            elif bound != found:
                column = "passphrase_hash" if bound[0] != found[0] else "sealed_key"
                message = _("{person}: not the one that was set").format(person=person)
                findings.append(altered("row-altered", f"credential.{column}", message, REGISTER))
    except UnreadableTableError as error:
        findings.append(altered("table-unreadable", "credential", str(error), REGISTER))
    for person in expected:
        if evidence.rebuilt_at is not None and _sealed_at(evidence, str(person)) < evidence.rebuilt_at:
            message = _("passphrase and key are in no archive: a controller gives new ones")
            findings.append(
                Finding("credential-not-archived", Severity.CANNOT_ASSESS, f"credential {person}", message, REGISTER)
            )
        else:
            findings.append(altered("row-missing", f"credential {person}", _("row missing"), REGISTER))
    return findings


def _sealed_at(evidence: Evidence, person: str) -> int:
    """The index of the newest event by which a person's passphrase was set."""
    kinds = {"init", "add", "passphrase"}
    return max(
        (event.index for event in evidence.events if event.subject == person and event.kind in kinds), default=-1
    )
