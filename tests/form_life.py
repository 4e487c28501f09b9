"""What the examples of forms become in a company: entered to their end, published, amended, published again, verified.

Faults are gathered, not raised, so that each form answers for its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, product

from form_reading import NAMED, differences
from form_walk import SCAN, Walk
from recordkeeper.documents.document_text import struck_values
from recordkeeper.documents.form_reader import read_values
from recordkeeper.errors import InvalidInputError, RefusalError
from recordkeeper.findings import Finding
from recordkeeper.model.amendment import CORRECTION, FACT, PENDING
from recordkeeper.model.form import Form
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.model.rendition import blank_context
from recordkeeper.model.step import spelled
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services import lifecycle, publication, verification
from recordkeeper.services.catalogue import revision_in_force, revisions, template_of
from recordkeeper.services.package import TEMPLATE
from recordkeeper.services.previewing import amendable, other_values
from recordkeeper.services.rendering import file_name
from recordkeeper.services.retrieval import load, rows_of
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer
from whole_company import WholeCompany

REASON = "与原始单据核对，登记有误"
BLANK_CHARACTERS = " \u3000年月日时分"
SIGNED_ANEW = replace(SCAN, data=b"%PDF-1.7 the amendment, signed")


@dataclass
class FormLife:
    """What became of one form.

    Args:
        numbers: of its records, or its rows and their sheets, by the name of the example.
        walks: where each of them was entered.
        faults: what went wrong, each with where.
        amended: the number of the record that was amended; a row's own.
    """

    numbers: dict[str, list[str]] = field(default_factory=dict)
    walks: dict[str, Walk] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    amended: str = ""


@dataclass(frozen=True)
class Life:
    """What several forms became."""

    forms: Mapping[str, FormLife]
    answer: Answer
    findings: Sequence[Finding]


def live(company: WholeCompany, codes: Sequence[str], now: datetime) -> Life:
    """Enter every example of several forms, publish, amend a record of each form, publish again, verify."""
    forms = {code: FormLife() for code in codes}
    units = count(1)
    for code, life in forms.items():
        now = _enter(company, code, life, now, units)
    _publish(company, forms, now)
    for code, life in forms.items():
        life.faults += _blank_faults(company, code, now)
        _read_back(company, life, now)
        now = _amend_one(company, life, now)
    _publish(company, forms, now)
    for life in forms.values():
        _read_back(company, life, now)
    report = verification.verify(company.url, company.archive)
    return Life(forms, report.verdict, report.findings)


def _enter(company: WholeCompany, code: str, life: FormLife, now: datetime, units: Iterator[int]) -> datetime:
    """Enter the examples of a form, each in a unit of its own; those of a computed one beside all of its sources."""
    walk = Walk(company, f"E{next(units)}", now)
    form = walk.form(code)
    if form.sources:
        try:
            walk.enter_sources(form)
        except (InvalidInputError, RefusalError, AssertionError) as error:
            life.faults.append(f"sources: {error}")
    for number, example in enumerate(form.examples):
        if number and not form.sources:
            walk = Walk(company, f"E{next(units)}", walk.now)
        try:
            life.numbers[example.name] = walk.enter(form, example)
        except (InvalidInputError, RefusalError, AssertionError, StopIteration) as error:
            life.faults.append(f"{example.name}: {type(error).__name__} {error}")
        life.walks[example.name] = walk
    return walk.now


def _publish(company: WholeCompany, forms: Mapping[str, FormLife], now: datetime) -> None:
    problems = publication.publish(company.publisher, now).problems
    for life in forms.values():
        life.faults += problems


# ---- reading back ----------------------------------------------------------------------------------------------------


def _blank_faults(company: WholeCompany, code: str, now: datetime) -> Iterator[str]:
    """What a form for the pen says that nobody has filled in."""
    with company.register.reading() as snapshot:
        setting = Setting(snapshot, now)
        revision = revision_in_force(snapshot, code, setting.today)
        docx = template_of(snapshot, revision).render(blank_context(revision.form, setting.surroundings))
        template = snapshot.attachment(revision.subject, revision.files[TEMPLATE])
    read = read_values(template, docx)
    fields = {each.id for section in revision.form.sections for each in section.all_fields}
    for name in fields & read.values.keys():
        shown = read.values[name]
        if (shown.text.strip(BLANK_CHARACTERS) and not shown.boxes) or any(shown.boxes.values()):
            yield f"blank: {name}: {shown.text}"


def _read_back(company: WholeCompany, life: FormLife, now: datetime) -> None:
    with company.register.reading() as snapshot:
        setting = Setting(snapshot, now)
        for number in dict.fromkeys(number for numbers in life.numbers.values() for number in numbers):
            record = load(snapshot, number)
            if not record.sheet:
                life.faults += _faults_of(company, snapshot, setting, record)


def _faults_of(company: WholeCompany, snapshot: Snapshot, setting: Setting, record: Record) -> Iterator[str]:
    if record.state is not State.CLOSED:
        yield f"{record.number} is {record.state}"
        return
    rows = rows_of(snapshot, record) if record.is_sheet else []
    docx = company.publisher.storage_root.read_file(record.subject, f"{file_name(record.number)}.docx")
    names = {subject: setting.name_of(subject) for each in (record, *rows) for subject in _named_in(each)}
    read = read_values(_template(snapshot, record.form), docx)
    yield from (f"{record.number}: {each}" for each in differences(read, record, rows, names))
    struck = "".join(old for old, _new in struck_values(docx))
    for each in (record, *rows):
        for change in (change for amendment in each.amendments for change in amendment.changes):
            if not struck:
                yield f"{each.number} {change.field}: nothing is struck"
    if len(read.rows["amendments"]) < sum(len(each.amendments) for each in (record, *rows)):
        yield f"{record.number}: amendments are missing from the list"


def _template(snapshot: Snapshot, form: Form) -> bytes:
    revision = next(each for each in revisions(snapshot, form.code) if each.revision == form.revision)
    return snapshot.attachment(revision.subject, revision.files[TEMPLATE])


def _named_in(record: Record) -> Iterator[str]:
    for step, filled in record.saved.items():
        for each in record.section(step.section).all_fields:
            value = filled.values.get(each.id)
            if each.type in NAMED and value is not None:
                yield str(value)
            named = [column.id for column in each.columns if column.type in NAMED]
            for row in value if isinstance(value, list | tuple) else ():
                yield from (str(row[name]) for name in named if isinstance(row, Mapping) and name in row)


# ---- amending --------------------------------------------------------------------------------------------------------


def _amend_one(company: WholeCompany, life: FormLife, now: datetime) -> datetime:
    """Amend the first record that can be; it is counter-signed, and signed by the party, as its form asks."""
    for name, numbers in life.numbers.items():
        walk = life.walks[name]
        walk.now = max(walk.now, now)
        for number in numbers:
            record = walk.record(number)
            if not record.is_sheet and _amended(company, walk, record):
                life.amended = number
                return walk.now
    return now


def _amended(company: WholeCompany, walk: Walk, record: Record) -> bool:
    for step, each, value in amendable(record, is_long_first=True):
        path = spelled(each.id, step.item, step.round)
        for nature, other in product((CORRECTION, FACT), other_values(each, value)):
            try:
                walk.by_somebody(
                    record,
                    lambda actor, signer, given={path: other}, nature=nature: lifecycle.amend(  # type: ignore[misc]
                        company.register, actor, signer, walk.tick(), record.number, given, REASON, nature
                    ),
                )
            except (InvalidInputError, RefusalError):
                continue
            _countersign(company, walk, walk.record(record.number))
            return True
    return False


def _countersign(company: WholeCompany, walk: Walk, record: Record) -> None:
    """What the amendment still waits for."""
    amendment = record.amendments[-1]
    number = amendment.changes[0].number
    if amendment.countersign == PENDING:
        walk.by_somebody(
            record,
            lambda actor, signer: lifecycle.countersign(
                company.register, actor, signer, walk.tick(), record.number, number, accepted=True
            ),
        )
    if amendment.party.state == PENDING:
        walk.by_somebody(
            record,
            lambda actor, _signer: lifecycle.countersign_on_paper(
                company.register, actor, walk.tick(), record.number, number, SIGNED_ANEW
            ),
        )
