"""The grammar of a section's way: who fills it, by when, how often, and which other records it opens or waits for."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from recordkeeper.language import translate as _
from recordkeeper.model.grammar import Code, ColumnPath, Definition, Expression, Identifier

Purpose: TypeAlias = Identifier
"""What a record is opened for, where which form serves it is settled when a procedure is installed."""

SourceKey: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(party|premises|source)\.[a-z][a-z0-9_]{0,39}$")]


class ByField(Definition):
    """Whoever holds the role, or is the person, that a field of an earlier section names.

    In a repeated section the field that it is repeated for means the instance's own choice, and ``rows.column`` the
    own row's column.
    """

    field: ColumnPath


class ByParty(Definition):
    """The outside party that a field, or the record itself, names; signs on paper."""

    party: Identifier


By: TypeAlias = Identifier | ByField | ByParty


class Due(Definition):
    """A day or moment: so long after another section was done or after a field's date, or that date itself.

    Args:
        days: calendar days; the first does not count, and a last one that is a public holiday moves to the next
            working day.
        working_days: days of the working calendar.
        minutes: counted from the very moment.
        after: the section whose last signature, or saving, starts the count.
        field: the date or moment that starts it.

    Source: Civil Code of the PRC, articles 201 to 203
    """

    days: Annotated[int, Field(ge=0, le=3660)] | None = None
    working_days: Annotated[int, Field(ge=0, le=730)] | None = None
    minutes: Annotated[int, Field(ge=0, le=10080)] | None = None
    after: Identifier | None = None
    field: Identifier | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Due":
        spans = sum(span is not None for span in (self.days, self.working_days, self.minutes))
        if (self.field is None) == (self.after is None) or spans > 1 or (self.after is not None and spans == 0):
            msg = _("expected {days, working_days or minutes} with {after} or {field}, or {field} alone")
            raise ValueError(msg)
        return self


class Each(Definition):
    """What a section is repeated for: every chosen one of a multiple choice, or every row."""

    field: Identifier


class Rounds(Definition):
    """A loop of consecutive sections, which stands on the last of them.

    Args:
        until: the condition under which the record goes on; while it does not hold a new round begins.
        sections: the loop's sections in order; the last is the one that this stands on.
    """

    until: Expression
    sections: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class _Elsewhere(Definition):
    """Another form, by its code or by the purpose that it is bound to."""

    form: Code | None = None
    purpose: Purpose | None = None
    when: Expression | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "_Elsewhere":
        if (self.form is None) == (self.purpose is None):
            msg = _("expected either a form or a purpose")
            raise ValueError(msg)
        return self


class Opening(_Elsewhere):
    """A record that is opened when the section becomes complete, linked both ways.

    Args:
        form, purpose: which form.
        when: the condition under which one is opened.
        for_each: a field of rows or a multiple choice: one record for each, called ``item`` in the expressions.
        copying: field of the new record's first section to the expression that gives its start.
    """

    for_each: Identifier | None = None
    copying: Mapping[Identifier, Expression] = Field(default_factory=dict, alias="copy")


class Need(_Elsewhere):
    """A linked record that must stand in a state before the section can be filled or signed.

    Args:
        form, purpose: which form.
        state: its state.
        when: a condition over that record's values that must hold too.
    """

    state: Literal["closed"] = "closed"
