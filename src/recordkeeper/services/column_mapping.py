"""A mapping file: which column of somebody else's table fills which field of a form, and what its words mean here.

It is data: headings, words for words, a layout of dates. Conditions and computations are not taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, field_validator, model_validator

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.form import InconsistentError, Misfit
from recordkeeper.model.section import Definition, FormField, Identifier
from recordkeeper.model.value import Problem, Reading, format_moment
from recordkeeper.services.definition import load_as
from recordkeeper.services.yaml_text import read_yaml_of_any_keys

Scalar: TypeAlias = str | bool | int
_TIME_OF_DAY = re.compile(r"%[HIXcTRr]")
_SAMPLE = datetime(2024, 2, 29, 13, 5, 59, tzinfo=UTC)


class Column(Definition):
    """Where the value of one field comes from.

    Args:
        heading: the column's heading.
        join: several headings, whose cells are put together; empty ones are left out.
        between: what stands between joined cells; ``with`` in the file.
        values: words of the file and what they mean in the field; other words are taken as they are.
        format: how dates and times are written, as ``strptime`` reads it, ``%m/%d/%Y %I:%M:%S %p``.
        default: what is taken where the cells are empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)

    heading: str | None = None
    join: tuple[str, ...] = ()
    between: str = Field(default=" ", alias="with")
    values: Mapping[str, Scalar] = Field(default_factory=dict)
    format: str | None = None
    default: Scalar | None = None

    @model_validator(mode="before")
    @classmethod
    def _heading_alone(cls, data: object) -> object:
        return {"heading": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_source(self) -> "Column":
        if (self.heading is None) == (not self.join):
            msg = _("expected either heading or join")
            raise ValueError(msg)
        return self

    @field_validator("format")
    @classmethod
    def _is_layout(cls, layout: str | None) -> str | None:
        if layout is not None:
            try:
                datetime.strptime(_SAMPLE.strftime(layout), layout)  # noqa: DTZ007  # only tried
            except ValueError as error:
                msg = _("no layout of dates: {found}").format(found=error)
                raise ValueError(msg) from None
        return layout

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings it reads, in order."""
        return self.join or (str(self.heading),)


class ColumnMapping(Definition):
    """How the columns of a file fill the fields of a form.

    Args:
        columns: field id to column.
        constants: field id to a value that every row gets.
        time_zone: the IANA zone of times in the file; none where they are the company's own.
    """

    columns: Mapping[Identifier, Column]
    constants: Mapping[Identifier, Scalar] = Field(default_factory=dict)
    time_zone: str | None = None

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                msg = _("no IANA time zone {name}").format(name=name)
                raise ValueError(msg) from None
        return name

    @model_validator(mode="after")
    def _each_field_once(self) -> "ColumnMapping":
        misfits = [
            Misfit(("constants", name), _("{name} has a column already").format(name=name))
            for name in self.constants
            if name in self.columns
        ]
        if misfits:
            raise InconsistentError(misfits)
        return self

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of times in the file."""
        return ZoneInfo(self.time_zone) if self.time_zone else None


def load_mapping(text: str, file: str, fields: Sequence[str], headings: Sequence[str]) -> ColumnMapping:
    """The mapping that a file describes.

    Args:
        text: the file's text.
        file: what to call it in a problem.
        fields: ids of the fields that can be filled.
        headings: the headings of the table it is for.

    Raises:
        DefinitionError: every problem of the text and its keys; fields that the form, headings that the table has not.
    """
    return load_as(
        ColumnMapping,
        read_yaml_of_any_keys(text),
        file,
        lambda mapping: _misfits(mapping, fields, headings),
    )


def _misfits(mapping: ColumnMapping, fields: Sequence[str], headings: Sequence[str]) -> Iterator[Misfit]:
    for key, names in (("columns", mapping.columns), ("constants", mapping.constants)):
        for name in names:
            if name not in fields:
                message = _("no field {name}, only {known}").format(name=name, known=listing(fields))
                yield Misfit((key, name), message)
    for name, column in mapping.columns.items():
        for heading in column.headings:
            if heading not in headings:
                message = _("no heading {heading} in the table, only {known}")
                yield Misfit(("columns", name), message.format(heading=heading, known=listing(headings)))


def value_in(
    column: Column, field: FormField, cells: Mapping[str, str], zone: ZoneInfo | None, reading: Reading
) -> tuple[Any, list[Problem]]:
    """What the cells of one row give for a field, and what is wrong with it; an empty text where they give nothing.

    Args:
        column: where it comes from.
        field: the field.
        cells: the row's cells by heading.
        zone: the zone of times in the file; none where they are the company's own.
        reading: how values are read here, in the company's zone.
    """
    text = column.between.join(cell for heading in column.headings if (cell := cells.get(heading, "")))
    if not text:
        return "" if column.default is None else column.default, []
    if text in column.values:
        return column.values[text], []
    if field.type in {"date", "moment"} and column.format is not None:
        return _laid_out(field, text, column.format, zone, reading.zone)
    if field.type == "moment" and zone is not None:
        return Reading(zone, reading.resolve).parse(field, text)
    return text, []


def _laid_out(
    field: FormField, text: str, layout: str, zone: ZoneInfo | None, own_zone: ZoneInfo
) -> tuple[str, list[Problem]]:
    try:
        given = datetime.strptime(text, layout)  # noqa: DTZ007  # the zone is set below
    except ValueError:
        return "", [Problem(field.id, _("a text of the form {pattern}").format(pattern=layout), text[:60])]
    if field.type == "date" and not _TIME_OF_DAY.search(layout):
        return given.date().isoformat(), []
    aware = given if given.tzinfo else given.replace(tzinfo=zone or own_zone)
    try:
        moment = format_moment(aware)
    except (OverflowError, ValueError):
        return "", [Problem(field.id, _("a moment such as 2026-11-23 14:05"), text[:60])]
    return moment if field.type == "moment" else aware.astimezone(own_zone).date().isoformat(), []
