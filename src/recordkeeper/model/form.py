"""A form's definition as data: what a controller writes in ``CODE.yaml``.

Checked as a whole when it is read: every name that an expression, a due date or a signer refers to must exist
in an earlier section. It holds nothing about any one company.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import Field, StringConstraints, ValidationError, model_validator

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.expression import FUNCTIONS, ExpressionError, names_in
from recordkeeper.model.section import (
    ByField,
    ByParty,
    Definition,
    Expression,
    FormField,
    Identifier,
    Section,
    Title,
)

FormKind: TypeAlias = Literal["form", "register", "survey", "statistics", "report", "agreement", "notice", "external"]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$", max_length=40)]
RevisionName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]/[0-9]{1,2}$")]

ALWAYS_KNOWN = frozenset({"on", "record", "party", "premises"})
SECTION_FACTS = ("signed_on", "filled_on", "is_late", "round")
RESERVED = ALWAYS_KNOWN | frozenset(FUNCTIONS) | frozenset(
    {"amendments", "amendments_summary", "attachments", "blank_rows", "chart", "checkpoint", "company",
     "filled", "form", "page", "print_code", "rows", "ruled_off", "signature"}
)  # fmt: skip
"""Names that mean something else in expressions or templates, and so are no ids of sections and fields."""

Place: TypeAlias = tuple[str | int, ...]


class Misfit(NamedTuple):
    """One thing in a definition that does not fit the rest: its keys from the top, and what is wrong."""

    place: Place
    message: str


class InconsistentError(ValueError):
    """Parts of a definition do not fit together; carries every place at once."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__("; ".join(f"{'.'.join(map(str, place))}: {message}" for place, message in misfits))


class SheetRule(Definition):
    """How the rows of a register are grouped into sheets, and what the sheet itself holds.

    Args:
        by: the grouping; the month or year of field ``on``, or the unit that keeps it.
        on: the date or moment field that decides the period.
        sections: the sheet's own sections: summary, the head's signature.
        rows_a_page: rows printed on each page.
    """

    by: Literal["month", "year", "unit"]
    on: Identifier | None = None
    sections: tuple[Section, ...] = ()
    rows_a_page: Annotated[int, Field(ge=1, le=60)] = 10

    @model_validator(mode="after")
    def _has_its_date(self) -> "SheetRule":
        if self.by in {"month", "year"} and self.on is None:
            msg = _("a sheet by month or year names the field on which its period depends")
            raise ValueError(msg)
        return self


class RetentionRule(Definition):
    """How long the records are kept, from when, what then, on whose authority.

    Source: ISO 9001, 7.5.3.2; P12-R1
    """

    trigger: Literal[
        "closed", "sheet_closed", "contract_ended", "moved_out", "superseded", "last_contact", "year_end"
    ] = "closed"
    years: Annotated[int, Field(ge=1, le=100)] | Literal["permanent"]
    action: Literal["keep", "review", "transfer", "destroy"] = "review"
    authority: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Countersign(Definition):
    """Who must agree to an amendment before it counts."""

    by: tuple[Identifier, ...]


class AmendmentPolicy(Definition):
    """Who may amend, how many errors may be corrected before a re-issue, who counter-signs.

    Args:
        by: roles that may amend; none: whoever may fill the section.
        corrections: corrections of errors a record; changes of fact do not count.
        countersign: who counter-signs; none where an amendment counts at once.

    Source: P06-R3
    """

    by: tuple[Identifier, ...] = ()
    corrections: Annotated[int, Field(ge=0, le=99)] = 2
    countersign: Countersign | None = None


class Source(Definition):
    """The records that a statistics form is computed from.

    Args:
        form: their form's code.
        unit: of the record's own unit, or of it and the units below.
        period: the year is that which this field of the statistics names.
        state: their state; ``not_void`` takes all but void ones.
    """

    form: Code
    unit: Literal["own", "below"] = "below"
    period: Identifier | None = None
    state: Literal["closed", "not_void"] = "closed"


class Example(Definition):
    """Values for a preview, keyed by field.

    Args:
        name: what it shows.
        values: of a record; for a register, of the sheet's own sections.
        rows: the rows of a register.
        sources: the records that a statistics form is computed from, each with its ``number``.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    values: Mapping[Identifier, object] = Field(default_factory=dict)
    rows: tuple[Mapping[Identifier, object], ...] = ()
    sources: Mapping[Identifier, tuple[Mapping[Identifier, object], ...]] = Field(default_factory=dict)


class Access(Definition):
    """Roles that may read, take out and copy; none given: whoever has a role in the unit."""

    read: tuple[Identifier, ...] = ()
    take_out: tuple[Identifier, ...] = ()
    copying: tuple[Identifier, ...] = Field(default=(), alias="copy")
    consent: tuple[Identifier, ...] = ()


class Form(Definition):
    """One form at one revision: everything but its Word template."""

    code: Code
    revision: RevisionName
    procedure: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}$")]
    aliases: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()
    title: Title
    kind: FormKind
    owner: Identifier
    keeping_unit: Title
    medium: Literal["electronic", "paper", "both"] = "electronic"
    original: Literal["electronic", "paper"] = "electronic"
    page: Literal["A4", "A5", "A3"] = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    digits: Annotated[int, Field(ge=4, le=8)] = 4
    sheet: SheetRule | None = None
    retention: RetentionRule
    amendment: AmendmentPolicy = AmendmentPolicy()
    access: Access = Access()
    greeting: Title | None = None
    closing: Title | None = None
    sources: Mapping[Identifier, Source] = Field(default_factory=dict)
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> "Form":
        problems = [
            *_problems_of(self.sections, set(self.sources), ("sections",)),
            *self._sheet_problems(),
            *self._source_problems(),
        ]
        if problems:
            raise InconsistentError(problems)
        return self

    def _sheet_problems(self) -> Iterator[Misfit]:
        if (self.kind == "register") != (self.sheet is not None):
            yield Misfit(("kind",), _("a register has a sheet rule, and no other kind has"))
        if self.sheet is not None:
            field = self.field(self.sheet.on) if self.sheet.on else None
            if self.sheet.on and (field is None or field.type not in {"date", "moment"}):
                yield Misfit(("sheet", "on"), _("{name} is no date or moment field").format(name=self.sheet.on))
            elif field is not None and (field not in self.sections[0].fields or not field.required):
                message = _("{name} is no required field of the first section").format(name=field.id)
                yield Misfit(("sheet", "on"), message)
            yield from _problems_of(self.sheet.sections, {"rows"}, ("sheet", "sections"))

    def _source_problems(self) -> Iterator[Misfit]:
        if self.sources and self.kind not in {"statistics", "report"}:
            message = _("sources belong to statistics and reports, not to a {kind}")
            yield Misfit(("sources",), message.format(kind=self.kind))
        for name, source in self.sources.items():
            if source.period is not None and self.field(source.period) is None:
                message = _("no field {name}").format(name=source.period)
                yield Misfit(("sources", name, "period"), message)

    def field(self, identifier: str) -> FormField | None:
        """The field of that id in any section of the record."""
        return next((field for section in self.sections if (field := section.field(identifier))), None)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write this form's name: code, printed spellings, titles."""
        return (self.code, *self.aliases, self.title.zh, self.title.en, *self.also_called)


def _problems_of(sections: tuple[Section, ...], always: set[str], place: Place) -> Iterator[Misfit]:
    known: set[str] = set(ALWAYS_KNOWN) | always
    earlier: set[str] = set()
    seen: set[str] = set()
    for index, section in enumerate(sections):
        here = (*place, index)
        for identifier, where in _identifiers(section, here):
            if identifier in RESERVED:
                yield Misfit(where, _("the id {name} is reserved").format(name=identifier))
            elif identifier in seen:
                yield Misfit(where, _("the id {name} stands twice").format(name=identifier))
            seen.add(identifier)
        yield from _reference_problems(section, earlier, known, here)
        yield from _field_problems(section, here)
        yield from _expression_problems(section, known, here)
        known.update([section.id, *(field.id for field in section.all_fields)])
        earlier.add(section.id)


def _identifiers(section: Section, place: Place) -> Iterator[tuple[str, Place]]:
    yield section.id, (*place, "id")
    for key, fields in (("fields", section.fields), ("computed", section.computed)):
        for index, field in enumerate(fields):
            yield field.id, (*place, key, index, "id")


def _reference_problems(section: Section, earlier: set[str], known: set[str], place: Place) -> Iterator[Misfit]:
    own = {field.id for field in section.all_fields}
    no_section, no_field = _("no earlier section {name}"), _("no earlier field {name}")
    for identifier in section.other_than:
        if identifier not in earlier:
            yield Misfit((*place, "other_than"), no_section.format(name=identifier))
    if section.due and section.due.after and section.due.after not in earlier:
        yield Misfit((*place, "due", "after"), no_section.format(name=section.due.after))
    if section.due and section.due.field and section.due.field not in known:
        yield Misfit((*place, "due", "field"), no_field.format(name=section.due.field))
    for by in section.by:
        if isinstance(by, ByField) and by.field not in known:
            yield Misfit((*place, "by"), no_field.format(name=by.field))
        if isinstance(by, ByParty) and by.party not in known | own:
            yield Misfit((*place, "by"), _("no field {name}").format(name=by.party))


def _field_problems(section: Section, place: Place) -> Iterator[Misfit]:
    for key, fields in (("fields", section.fields), ("computed", section.computed)):
        for index, field in enumerate(fields):
            here = (*place, key, index)
            remarks = section.field(field.remarks) if field.remarks else None
            if field.remarks and (remarks is None or remarks.type != "text"):
                message = _("no text field {name} in the section").format(name=field.remarks)
                yield Misfit((*here, "remarks"), message)
            objective = section.field(field.chart.objective) if field.chart and field.chart.objective else None
            if (
                field.chart
                and field.chart.objective
                and (objective is None or objective.type not in {"number", "money"})
            ):
                message = _("no number {name} in the section").format(name=field.chart.objective)
                yield Misfit((*here, "chart", "objective"), message)
            beside = section.field(field.beside) if field.beside else None
            if field.beside and (beside is None or beside.beside or beside.id == field.id):
                message = _("no field {name} in the section that has a place of its own")
                yield Misfit((*here, "beside"), message.format(name=field.beside))


def _expression_problems(section: Section, known: set[str], place: Place) -> Iterator[Misfit]:
    typed = known | {field.id for field in section.fields}
    after = typed | {field.id for field in section.computed}
    places: list[tuple[Place, str | None, set[str]]] = [
        ((*place, "when"), section.when, known),
        ((*place, "ends"), section.ends, after | {section.id}),
    ]
    for index, field in enumerate(section.fields):
        places.append(((*place, "fields", index, "required_if"), field.required_if, typed))
        places.append(((*place, "fields", index, "check"), field.check, typed))
    so_far = set(typed)
    for index, computed in enumerate(section.computed):
        places.append(((*place, "computed", index, "value"), computed.value, set(so_far)))
        so_far.add(computed.id)
    for where, expression, names in places:
        if expression is None:
            continue
        try:
            unknown = sorted(names_in(expression) - names)
        except ExpressionError as error:
            yield Misfit(where, error.found)
        else:
            if unknown:
                message = _("reads {names}, which no earlier section has").format(names=listing(unknown))
                yield Misfit(where, message)


def parse_form(data: object) -> Form:
    """The form that a definition file's data describe.

    Raises:
        pydantic.ValidationError: every problem at once, each with its place.
    """
    return Form.model_validate(data)


__all__ = ["Expression", "Form", "ValidationError", "parse_form"]
