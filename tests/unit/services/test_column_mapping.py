"""Mapping files: what they may say, and what a row gives through them."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest

from recordkeeper.model.section import FormField, Title
from recordkeeper.model.value import Reading
from recordkeeper.services.column_mapping import ColumnMapping, load_mapping, value_in
from recordkeeper.services.definition import DefinitionError

HEADINGS = ("何时", "何事", "地址", "城区")
FIELDS = ("received_at", "replied_on", "matter", "room")
READING = Reading(ZoneInfo("Asia/Shanghai"), lambda _kind, _name: None)


def mapping_of(text: str) -> ColumnMapping:
    return load_mapping(text, "log.map.yaml", FIELDS, HEADINGS)


def problems_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DefinitionError) as refused:
        mapping_of(text)
    return [(problem.line, problem.key) for problem in refused.value.problems]


def value(text: str, cells: Mapping[str, str], field_type: str = "text") -> tuple[object, int]:
    mapping = mapping_of(text)
    ((name, column),) = mapping.columns.items()
    field = FormField.model_validate({"id": name, "title": Title(zh="x", en="x"), "type": field_type})
    found, problems = value_in(column, field, cells, mapping.zone, READING)
    return found, len(problems)


def test_a_heading_alone_is_a_column() -> None:
    assert value("columns: {matter: 何事}", {"何事": "漏水"}) == ("漏水", 0)
    assert value("columns: {matter: 何事}", {}) == ("", 0)


def test_words_are_put_for_words_and_others_stay() -> None:
    text = "columns:\n  matter: {heading: 何事, values: {漏水: Leak, 停水: true}, default: none}\n"
    assert value(text, {"何事": "漏水"}) == ("Leak", 0)
    assert value(text, {"何事": "停水"}) == (True, 0)
    assert value(text, {"何事": "其他"}) == ("其他", 0)
    assert value(text, {"何事": ""}) == ("none", 0)


def test_cells_are_joined_and_empty_ones_left_out() -> None:
    text = "columns:\n  room: {join: [地址, 城区], with: ' / '}\n"
    assert value(text, {"地址": "1-1", "城区": "东"}) == ("1-1 / 东", 0)
    assert value(text, {"地址": "", "城区": "东"}) == ("东", 0)


@pytest.mark.parametrize(
    ("field_type", "layout", "zone", "cell", "expected"),
    [
        ("moment", "%Y%m%d %H%M", "", "20261101 0800", "2026-11-01T00:00:00Z"),
        ("moment", "%Y%m%d %H%M", "America/New_York", "20261101 0030", "2026-11-01T04:30:00Z"),
        ("moment", "%Y%m%d %H%M %z", "America/New_York", "20261101 0800 +0000", "2026-11-01T08:00:00Z"),
        ("date", "%Y%m%d %H%M", "America/New_York", "20261031 1300", "2026-11-01"),
        ("date", "%d.%m.%Y", "America/New_York", "31.10.2026", "2026-10-31"),
    ],
)
def test_dates_and_times_are_read_as_the_file_writes_them(
    field_type: str, layout: str, zone: str, cell: str, expected: str
) -> None:
    text = f"columns:\n  received_at: {{heading: 何时, format: '{layout}'}}\n"
    text += f"time_zone: {zone}\n" if zone else ""
    assert value(text, {"何时": cell}, field_type) == (expected, 0)
    assert value(text, {"何时": "later"}, field_type)[1] == 1


def test_a_moment_in_a_known_form_is_meant_in_the_files_zone() -> None:
    text = "time_zone: America/New_York\ncolumns: {received_at: 何时}\n"
    assert value(text, {"何时": "2026-11-02 08:00"}, "moment") == ("2026-11-02T13:00:00Z", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("columns: {matter: {join: [何事], heading: 何事}}\n", [(1, "columns.matter")]),
        ("columns:\n  matter: {values: {a: b}}\n", [(2, "columns.matter")]),
        ("columns:\n  matter: {heading: 何事, when: x}\n", [(2, "columns.matter.when")]),
        ("columns:\n  matter: {heading: 何事, format: '%Q'}\n", [(2, "columns.matter.format")]),
        ("columns: {matter: 何事}\ntime_zone: Mars/One\n", [(2, "time_zone")]),
        ("columns: {matter: 何事}\nconstants:\n  matter: x\n", [(3, "constants.matter")]),
        ("columns:\n  colour: 何事\n  room: 门牌\n", [(2, "columns.colour"), (3, "columns.room")]),
        ("constants: {matter: x}\n", [(1, "columns")]),
        ("- a\n", [(1, "")]),
    ],
)
def test_every_problem_is_named_with_line_and_key(text: str, expected: list[tuple[int, str]]) -> None:
    assert problems_of(text) == expected
