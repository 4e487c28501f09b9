"""Rows given as JSON text, as a command line has to give them."""

from zoneinfo import ZoneInfo

from recordkeeper.model.section import FormField, Title
from recordkeeper.model.value import Reading

READING = Reading(ZoneInfo("Asia/Shanghai"), lambda _kind, _text: None)
TITLE = Title(zh="项目", en="Items")
ROWS = FormField(
    id="items",
    title=TITLE,
    type="rows",
    columns=(FormField(id="name", title=TITLE, type="text"), FormField(id="count", title=TITLE, type="number")),
)


def test_rows_are_read_from_json_text_and_from_lists_alike() -> None:
    given = [{"name": "灯", "count": 9}]
    expected = [{"name": "灯", "count": "9"}]
    assert READING.parse(ROWS, '[{"name": "灯", "count": 9}]') == (expected, [])
    assert READING.parse(ROWS, given) == (expected, [])


def test_text_that_is_no_json_or_holds_no_rows_is_named_with_what_was_found() -> None:
    for text in ("灯 9", '{"name": "灯"}', '[{"name": "灯", "name": "泵"}]', "[1]"):
        value, problems = READING.parse(ROWS, text)
        assert value is None
        assert [problem.field for problem in problems] == ["items"]


def test_each_wrong_cell_of_json_rows_is_named() -> None:
    _value, problems = READING.parse(ROWS, '[{"name": "灯", "count": "many", "colour": "red"}]')
    assert [problem.field for problem in problems] == ["items.1.colour", "items.1.count"]
