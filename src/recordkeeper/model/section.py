"""The grammar of a form's sections and fields: which role fills and signs which part, and what it holds.

Every key of the grammar has a meaning in the engine; one that this release does not know is refused by name.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from recordkeeper.language import current_language, noted
from recordkeeper.language import translate as _
from recordkeeper.model.grammar import Definition, Expression, Identifier, RuleId, Title
from recordkeeper.model.routing import By, ByField, ByParty, Due, Each, Need, Opening, Rounds, SourceKey

FieldType: TypeAlias = Literal[
    "text", "choice", "scale", "yes_no", "date", "moment", "number", "money", "person", "party", "premises",
    "role", "rows",
]  # fmt: skip
SignRule: TypeAlias = Literal["none", "one", "all", "any"]
Meaning: TypeAlias = Literal[
    "received", "analysed", "completed", "verified", "reviewed", "read", "prepared", "approved", "issued",
    "agreed", "authored", "countersigned", "witnessed",
]  # fmt: skip

__all__ = [
    "By", "ByField", "ByParty", "Chart", "Choice", "ComputedField", "Definition", "Due", "Each",
    "Expression", "FieldType", "FormField", "Identifier", "Meaning", "Need", "Opening", "Rounds", "Section",
    "SignRule", "Title",
]  # fmt: skip


class Choice(Title):
    """One of the values of a choice: stored by ``id``, printed by its names."""

    id: Identifier


class Chart(Definition):
    """How a field of rows is drawn: a bar for each row, and the objective that it is held against.

    Args:
        title: printed above it.
        label: the column that names the bars.
        value: the number or money that they are as high as.
        objective: the field of the same section that none should miss.
    """

    title: Title
    label: Identifier
    value: Identifier
    objective: Identifier | None = None


class FormField(Definition):
    """One field of a section, or one column of a field of rows.

    Args:
        id: its name in values, templates and expressions.
        type: what it holds.
        required: whether the section can be filled without it.
        required_if: a condition over the values known by then under which it is required.
        choices: the values of a choice.
        multiple: whether several choices may be given.
        places: decimal places of a number; money always has two.
        at_least, at_most: bounds of a number or money.
        pattern: a regular expression that the whole of a text matches.
        check: a condition that the values must meet.
        check_says: what to tell whoever breaks it.
        takes_from: where the value is copied from when none is given, ``party.phone``, ``premises.code``,
            ``source.FIELD`` of the record that this one was opened from.
        columns: the columns of a field of rows.
        remarks: for a scale: the text field that holds the remarks on this item.
        group: for a scale: the heading the item stands under.
        lines: printed height in lines, for texts.
        width: share of the printed line; ``title`` is printed large on a line of its own, as on the cover of a file.
        millimetres: column width in a register.
        hint: what to write, shown when asked for.
        suffix: a unit printed after the value.
        chart: for rows: how they are drawn below their table.
        beside: the field of the same section in whose place it is printed too: ``other``'s text, a due date.
    """

    id: Identifier
    title: Title
    type: FieldType
    required: bool = True
    required_if: Expression | None = None
    choices: tuple[Choice, ...] = ()
    multiple: bool = False
    places: Annotated[int, Field(ge=0, le=6)] = 0
    at_least: str | None = None
    at_most: str | None = None
    pattern: str | None = None
    check: Expression | None = None
    check_says: Title | None = None
    takes_from: SourceKey | None = None
    columns: tuple["FormField", ...] = ()
    remarks: Identifier | None = None
    group: Title | None = None
    lines: Annotated[int, Field(ge=1, le=40)] = 1
    width: Literal["half", "full", "title"] | None = None
    millimetres: Annotated[int, Field(ge=5, le=200)] | None = None
    hint: Title | None = None
    suffix: str | None = None
    beside: Identifier | None = None
    chart: Chart | None = None

    @property
    def called(self) -> str:
        """As a refusal names it: what the form calls it, and the id by which a value is given."""
        return noted(self.title.in_language(current_language()), self.id)

    @model_validator(mode="after")
    def _consistent(self) -> "FormField":
        if (self.type == "choice") != bool(self.choices):
            msg = _("choices belong to a field of type choice, and every such field has them")
            raise ValueError(msg)
        if (self.type == "rows") != bool(self.columns):
            msg = _("columns belong to a field of type rows, and every such field has them")
            raise ValueError(msg)
        if any(column.type == "rows" for column in self.columns):
            msg = _("a column cannot hold rows")
            raise ValueError(msg)
        if self.multiple and self.type != "choice":
            msg = _("multiple belongs to a field of type choice")
            raise ValueError(msg)
        _check_chart(self.chart, self.columns)
        _check_pattern(self.pattern)
        _check_bounds(self.type, [bound for bound in (self.at_least, self.at_most) if bound is not None])
        return self


def _check_chart(chart: Chart | None, columns: tuple[FormField, ...]) -> None:
    types = {column.id: column.type for column in columns}
    if chart is None:
        return
    if chart.label not in types or types.get(chart.value) not in {"number", "money"}:
        msg = _("a chart names a column for its labels and one of numbers or money")
        raise ValueError(msg)


def _check_pattern(pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        msg = _("pattern: no regular expression: {found}").format(found=error)
        raise ValueError(msg) from None


def _check_bounds(field_type: str, bounds: list[str]) -> None:
    if bounds and field_type not in {"number", "money"}:
        msg = _("at_least and at_most belong to numbers and money")
        raise ValueError(msg)
    for bound in bounds:
        try:
            Decimal(bound)
        except InvalidOperation:
            msg = _("at_least, at_most: expected a number, found {found}").format(found=bound)
            raise ValueError(msg) from None


class ComputedField(FormField):
    """A field whose value follows from others; never typed in."""

    value: Expression
    required: bool = False


class Section(Definition):
    """The part of a form that one role fills and signs.

    Args:
        id: its name, shared with the fields' in one namespace a form.
        title: printed heading.
        by: who may fill and sign: roles, whoever a field names, an outside party.
        other_than: earlier sections whose signers may not fill or sign this one.
        when: the condition under which the section is needed.
        each: repeats the section for every chosen one or row of an earlier field; ``item`` in its expressions.
        fields, computed: what it holds.
        sign: none; one of ``by``; all of ``by``; any number of them.
        meaning: what a signature here says, from the closed list.
        on_paper: whether it may be signed on paper and the scan bound to the record.
        due: by when.
        not_before: the day before which it is refused.
        optional: whether the record can close without it.
        rounds: the loop that ends with this section.
        opens: the records that are opened when it is complete.
        needs: the linked records that it waits for.
        ends: the condition under which the record needs nothing after this section.
        sign_title: the label of the signature block, where it differs from the title.
        rules: the rules of the procedure that it carries out.
    """

    id: Identifier
    title: Title
    by: tuple[By, ...]
    other_than: tuple[Identifier, ...] = ()
    when: Expression | None = None
    each: Each | None = None
    fields: tuple[FormField, ...] = ()
    computed: tuple[ComputedField, ...] = ()
    sign: SignRule = "none"
    meaning: Meaning | None = None
    on_paper: bool = False
    due: Due | None = None
    not_before: Due | None = None
    optional: bool = False
    rounds: Rounds | None = None
    opens: tuple[Opening, ...] = ()
    needs: tuple[Need, ...] = ()
    ends: Expression | None = None
    sign_title: Title | None = None
    rules: tuple[RuleId, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: object) -> object:
        if isinstance(data, dict):
            data = dict(data)
            for key in ("by", "other_than"):
                if key in data and not isinstance(data[key], list | tuple):
                    data[key] = [data[key]]
        return data

    @model_validator(mode="after")
    def _consistent(self) -> "Section":
        if not self.by:
            msg = _("by names nobody")
            raise ValueError(msg)
        if (self.sign == "none") != (self.meaning is None):
            msg = _("a section that is signed has a meaning, and no other has")
            raise ValueError(msg)
        if not self.fields and not self.computed and self.sign == "none":
            msg = _("a section holds fields or a signature")
            raise ValueError(msg)
        return self

    @property
    def called(self) -> str:
        """As a refusal names it: what the form calls it, and the id by which a command asks for it."""
        return noted(self.title.in_language(current_language()), self.id)

    @property
    def all_fields(self) -> tuple[FormField, ...]:
        """The fields that are typed in, then those computed."""
        return (*self.fields, *self.computed)

    def field(self, identifier: str) -> FormField | None:
        """The field of that id, computed ones included; None where there is none."""
        return next((field for field in self.all_fields if field.id == identifier), None)
