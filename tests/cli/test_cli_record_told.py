"""What whoever acts is told: the sheet that a row went to, and what stands in the way of filling."""

from record_workspace import YESTERDAY, Desk, desk, record_template, sets

__all__ = ["desk", "record_template"]

ROW = {
    "received_at": f"{YESTERDAY} 08:35",
    "caller": "周文娟",
    "channel": "phone_call",
    "matter": "咨询开票",
    "answered_at_once": "true",
}


def test_a_row_names_the_sheet_it_went_to(desk: Desk) -> None:
    assert desk.run("record", "new", "QR-017-01", *sets(ROW), who="clerk") == 0
    sheet = f"QR-017-01/SH-{YESTERDAY[:7]}"
    assert f"on sheet {sheet}" in desk.out.splitlines()[1]
    assert desk.done("record", "show", sheet)["number"] == sheet


def test_a_record_that_is_no_row_names_no_sheet(desk: Desk) -> None:
    number = desk.new()
    assert desk.run("record", "sign", number, who="staff") == 0
    assert "sheet" not in desk.out


def test_fill_says_that_a_section_waits_for_a_signature_where_nothing_is_to_be_filled(desk: Desk) -> None:
    number = desk.signed()
    error = desk.refused("record", "fill", number)
    assert (error["status"], error["kind"]) == ("3", "not-its-turn")
    assert error["expected"] == "a section to be filled"
    assert error["found"] == "Forwarded (forwarded), which waits for a signature"
