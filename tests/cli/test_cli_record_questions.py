"""New and fill at a terminal: field by field, with choices, hints and checks, asked again where an answer is wrong."""

import io
import sys

import pytest

from record_workspace import YESTERDAY, Desk, desk, record_template

__all__ = ["desk", "record_template"]


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


def types(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))


def values_of(desk: Desk, number: str, section: int = 0) -> dict[str, object]:
    fields = desk.done("record", "show", number)["sections"][section]["fields"]
    return {field["id"]: field["value"] for field in fields if field["value"] is not None}


def test_new_asks_for_each_field_and_again_where_the_answer_is_wrong(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    types(
        monkeypatch,
        "7", "2",  # a choice that is not there, then the second one
        "",  # the customer: what stands in brackets
        "3-2-1201",
        "call me", "-",  # a phone that does not match, then none
        "2199-01-01 09:00", f"{YESTERDAY} 09:40",  # a time that lies ahead
        "", "第一行", "第二行", "",  # a compulsory text left empty, then two lines
    )  # fmt: skip
    number = desk.done("record", "new", "QR-017-02", "--party", "周文娟", who="staff")["number"]
    for text in ("2  Owners' meeting", "a name, or the committee", "[周文娟]", "the time must not lie after today",
                 "expected one of owners_committee", "expected a value, found", "Telephone (optional)"):  # fmt: skip
        assert text in desk.err
    assert "Other source" not in desk.err
    values = values_of(desk, number)
    assert values["source"] == "owners_meeting"
    assert values["customer"] == "周文娟"
    assert values["content"] == "第一行\n第二行"
    assert "phone" not in values


def test_a_condition_makes_a_further_field_compulsory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, "4", "", "12345 热线", "匿名", "", "", f"{YESTERDAY} 09:40", "噪声", "")
    number = desk.done("record", "new", "QR-017-02", who="staff")["number"]
    assert "Other source" in desk.err
    assert "expected a value, found nothing" in desk.err
    assert values_of(desk, number)["source_other"] == "12345 热线"


def test_fill_offers_what_stands_already(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.new()
    types(monkeypatch, "", "许国栋", "", "", "", "")
    desk.done("record", "fill", number, "received", who="staff")
    assert "[许国良]" in desk.err
    values = values_of(desk, number)
    assert (values["customer"], values["room"], values["source"]) == ("许国栋", "3-2-1201", "owners_meeting")


def test_nobody_is_asked_who_may_not_fill(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.new()
    types(monkeypatch)
    assert desk.refused("record", "fill", number, "handled", who="engineer")["status"] == "3"
    assert desk.refused("record", "new", "QR-017-02", who="head")["status"] == "3"


def test_an_input_that_ends_in_between_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, "2", "许国良")
    before = desk.acts()
    assert desk.run("record", "new", "QR-017-02", who="staff") == 130
    assert desk.acts() == before


def test_voiding_is_asked_for_at_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.new()
    types(monkeypatch, "n")
    assert desk.run("record", "void", number, "--reason", "重复", who="staff") == 130
    assert desk.done("record", "show", number)["state"] == "pending"
    types(monkeypatch, "y")
    assert desk.done("record", "void", number, "--reason", "重复", who="staff")["state"] == "void"
