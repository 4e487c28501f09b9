"""A form's definition as data: what a controller writes in ``CODE.yaml``.

Checked as a whole when it is read: every name that an expression, a due date or a signer refers to must exist
in an earlier section. It holds nothing about any one company.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints, ValidationError, ValidationInfo, model_validator

from recordkeeper.language import translate as _
from recordkeeper.model.consistency import (
    ALWAYS_KNOWN,
    NO_DOUBT,
    RESERVED,
    SECTION_FACTS,
    Doubt,
    InconsistentError,
    Misfit,
    Place,
    Salvage,
    section_misfits,
    told,
)
from recordkeeper.model.expression import functions_in
from recordkeeper.model.grammar import Code, Definition, Expression, Identifier, RevisionName, RuleId, Title
from recordkeeper.model.section import FormField, Section

FormKind: TypeAlias = Literal["form", "register", "survey", "statistics", "report", "agreement", "notice", "external"]


class SheetRule(Definition):
    """How the rows of a register are grouped into sheets, and what the sheet itself holds.

    Args:
        by: the grouping: the month or year of field ``on``; that day and the choice of ``shift_field``; the row's own
            party or premises; the unit that keeps it; ``full``: a new sheet when one has ``rows_a_page`` rows.
        on: the date or moment field that decides the period or the day of the shift.
        shift_field: the choice that names the shift.
        over_midnight: the shifts that end on the next day; what they note before noon belongs to the day before.
        sections: the sheet's own sections: summary, the head's signature.
        rows_a_page: rows printed on each page.
    """

    by: Literal["month", "year", "shift", "party", "premises", "unit", "full"]
    on: Identifier | None = None
    shift_field: Identifier | None = None
    over_midnight: tuple[Identifier, ...] = ()
    sections: tuple[Section, ...] = ()
    rows_a_page: Annotated[int, Field(ge=1, le=60)] = 10

    @model_validator(mode="after")
    def _has_its_date(self) -> "SheetRule":
        if self.by in {"month", "year", "shift"} and self.on is None:
            msg = _("a sheet by month, year or shift names the field on which its period depends")
            raise ValueError(msg)
        if (self.by == "shift") != (self.shift_field is not None):
            msg = _("a sheet by shift names the field of its shift, and no other does")
            raise ValueError(msg)
        if self.over_midnight and self.by != "shift":
            msg = _("shifts over midnight belong to a sheet by shift")
            raise ValueError(msg)
        return self


class RetentionRule(Definition):
    """How long the records are kept, from when, what then, on whose authority.

    Args:
        trigger: what starts the period.
        years: how long at least.
        action: what happens after it.
        authority: the rule or law that says so.
        most_years: how long at most, for personal data.

    Source: ISO 9001, 7.5.3.2; P12-R1
    """

    trigger: Literal[
        "closed", "sheet_closed", "contract_ended", "moved_out", "superseded", "last_contact", "year_end",
        "event",
    ] = "closed"  # fmt: skip
    years: Annotated[int, Field(ge=1, le=100)] | Literal["permanent"]
    action: Literal["keep", "review", "transfer", "destroy"] = "review"
    authority: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    most_years: Annotated[int, Field(ge=1, le=100)] | None = None


class Countersign(Definition):
    """Who must agree to an amendment before it counts."""

    by: tuple[Identifier, ...]


class AmendmentPolicy(Definition):
    """Who may amend, how many errors may be corrected before a re-issue, who counter-signs.

    Args:
        by: roles that may amend; none: whoever may fill the section.
        corrections: corrections of errors a record; changes of fact do not count.
        countersign: who counter-signs; none where an amendment counts at once.
        party_signs: whether the outside party signs an amendment anew before it counts.

    Source: P06-R3
    """

    by: tuple[Identifier, ...] = ()
    corrections: Annotated[int, Field(ge=0, le=99)] = 2
    countersign: Countersign | None = None
    party_signs: bool = False


class SourcePeriod(Definition):
    """The source records whose date lies between two dates of the statistics, both included.

    Args:
        on: the source form's date or moment field.
        start, end: the statistics' own date fields, written ``from`` and ``to``.
    """

    on: Identifier
    start: Identifier = Field(alias="from")
    end: Identifier = Field(alias="to")


class Source(Definition):
    """The records that a statistics form is computed from.

    Args:
        form: their form's code.
        unit: of the record's own unit, or of it and the units below.
        about: of any party and premises, of those that the statistics are about, or of both: their dossier.
        period: the year is that which this field of the statistics names, or the period between two of its dates.
        state: their state; ``not_void`` takes all but void ones.
    """

    form: Code
    unit: Literal["own", "below"] = "below"
    about: Literal["any", "party", "premises", "dossier"] = "any"
    period: Identifier | SourcePeriod | None = None
    state: Literal["closed", "not_void"] = "closed"


class Example(Definition):
    """Values for a preview, keyed by field.

    Args:
        name: what it shows.
        values: of a record; for a register, of the sheet's own sections. A repeated section's stand under its id.
        rounds: what the loop's sections are given in every round after the first.
        rows: the rows of a register.
        sources: the records that a statistics form is computed from, each with its ``number``.
        tables: rows of the reference tables that are looked up, each with its ``key``.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    values: Mapping[Identifier, object] = Field(default_factory=dict)
    rounds: tuple[Mapping[Identifier, object], ...] = ()
    rows: tuple[Mapping[Identifier, object], ...] = ()
    sources: Mapping[Identifier, tuple[Mapping[Identifier, object], ...]] = Field(default_factory=dict)
    tables: Mapping[Identifier, tuple[Mapping[Identifier, object], ...]] = Field(default_factory=dict)


class Access(Definition):
    """Roles that may read, take out and copy; none given: whoever has a role in the unit."""

    read: tuple[Identifier, ...] = ()
    take_out: tuple[Identifier, ...] = ()
    copying: tuple[Identifier, ...] = Field(default=(), alias="copy")
    consent: tuple[Identifier, ...] = ()


class Form(Definition):
    """One form at one revision: everything but its Word template.

    Args:
        printed_prefix: a number that several forms print without its last part; it lists them and finds none.
        copies: the parts of a multi-part slip, each named on its own sheet.
        series: whether the company counts its records together, or each unit its own.
        late_after_days: entered more days than this after its matter, a record says why.
        rules: the rules that it carries out as a whole, by its fields, sheets, retention or access; those of one
            section stand there.
    """

    code: Code
    revision: RevisionName
    procedure: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}$")]
    aliases: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()
    printed_prefix: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    title: Title
    kind: FormKind
    rules: tuple[RuleId, ...] = ()
    owner: Identifier
    keeping_unit: Title
    medium: Literal["electronic", "paper", "both"] = "electronic"
    original: Literal["electronic", "paper"] = "electronic"
    page: Literal["A4", "A5", "A3"] = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    copies: tuple[Title, ...] = ()
    digits: Annotated[int, Field(ge=4, le=8)] = 4
    series: Literal["company", "unit"] = "company"
    late_after_days: Annotated[int, Field(ge=0, le=366)] | None = None
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
    def _hangs_together(self, info: ValidationInfo) -> "Form":
        salvage = info.context if isinstance(info.context, Salvage) else None
        doubt = salvage.doubt if salvage else NO_DOUBT
        problems = [
            *section_misfits(self.sections, set(self.sources), ("sections",), doubt),
            *self._sheet_problems(doubt),
            *self._source_problems(),
        ]
        return told(self, problems, salvage)

    def _sheet_problems(self, doubt: Doubt) -> Iterator[Misfit]:
        if (self.kind == "register") != (self.sheet is not None):
            yield Misfit(("kind",), _("a register has a sheet rule, and no other kind has"))
        if self.sheet is not None:
            field = self.field(self.sheet.on) if self.sheet.on else None
            unsure = doubt.fields
            if self.sheet.on and (field is None or (field.type not in {"date", "moment"} and field.id not in unsure)):
                yield Misfit(("sheet", "on"), _("{name} is no date or moment field").format(name=self.sheet.on))
            elif field is not None and (field not in self.sections[0].fields or not field.required):
                message = _("{name} is no required field of the first section").format(name=field.id)
                yield Misfit(("sheet", "on"), message)
            shift = self.field(self.sheet.shift_field) if self.sheet.shift_field else None
            is_choice = shift is not None and (shift.id in unsure or (shift.type == "choice" and not shift.multiple))
            if self.sheet.shift_field and not is_choice:
                message = _("{name} is no field of one choice").format(name=self.sheet.shift_field)
                yield Misfit(("sheet", "shift_field"), message)
            elif shift is not None and (shift not in self.sections[0].fields or not shift.required):
                message = _("{name} is no required field of the first section").format(name=shift.id)
                yield Misfit(("sheet", "shift_field"), message)
            known = {choice.id for choice in shift.choices} if shift is not None else set()
            for index, name in enumerate(self.sheet.over_midnight):
                if name not in known and not (shift is not None and shift.id in unsure):
                    message = _("no choice {name} of {field}").format(name=name, field=self.sheet.shift_field)
                    yield Misfit(("sheet", "over_midnight", index), message)
            yield from section_misfits(self.sheet.sections, {"rows"}, ("sheet", "sections"), doubt)

    def _source_problems(self) -> Iterator[Misfit]:
        if self.sources and self.kind not in {"statistics", "report"}:
            message = _("sources belong to statistics and reports, not to a {kind}")
            yield Misfit(("sources",), message.format(kind=self.kind))
        for name, source in self.sources.items():
            if isinstance(source.period, str) and self.field(source.period) is None:
                message = _("no field {name}").format(name=source.period)
                yield Misfit(("sources", name, "period"), message)
            elif isinstance(source.period, SourcePeriod):
                for key, own in (("from", source.period.start), ("to", source.period.end)):
                    field = self.field(own)
                    if field is None or field.type not in {"date", "moment"}:
                        message = _("{name} is no date or moment field").format(name=own)
                        yield Misfit(("sources", name, "period", key), message)

    def field(self, identifier: str) -> FormField | None:
        """The field of that id in any section of the record."""
        return next((field for section in self.sections if (field := section.field(identifier))), None)

    @property
    def counts_days(self) -> bool:
        """Whether something of it is counted by the working calendar, so that acts cite the edition."""
        sections = (*self.sections, *(self.sheet.sections if self.sheet else ()))
        dues = [due for section in sections for due in (section.due, section.not_before) if due is not None]
        computed = [field.value for section in sections for field in section.computed]
        return any(due.days is not None or due.working_days is not None for due in dues) or any(
            "working_days_between" in functions_in(value) for value in computed
        )

    @property
    def printed_prefixes(self) -> tuple[str, ...]:
        """The number that the form prints without its last part; none where it prints its whole code."""
        return (self.printed_prefix,) if self.printed_prefix else ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write this form's name: code, printed spellings, titles."""
        return (self.code, *self.aliases, self.title.zh, self.title.en, *self.also_called)


def parse_form(data: object) -> Form:
    """The form that a definition file's data describe.

    Raises:
        pydantic.ValidationError: every problem at once, each with its place.
    """
    return Form.model_validate(data)


__all__ = [
    "ALWAYS_KNOWN",
    "RESERVED",
    "SECTION_FACTS",
    "Code",
    "Expression",
    "Form",
    "InconsistentError",
    "Misfit",
    "Place",
    "RevisionName",
    "ValidationError",
    "parse_form",
]
