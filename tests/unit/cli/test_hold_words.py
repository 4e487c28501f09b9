"""A hold in words: what its reader may not read is counted and not named, on the screen and as JSON."""

from recordkeeper.cli.retention import _hold_value, _scope_text
from recordkeeper.model.event import History
from recordkeeper.model.hold import Hold, Scope

RECORDS = ("record/QR-017-02/2026-0001", "record/QR-017-02/2026-0002", "record/QR-017-02/2026-0003")
SCOPE = Scope(records=RECORDS)


def test_what_is_read_is_named_and_the_rest_is_counted() -> None:
    assert _scope_text(SCOPE, set(RECORDS), str) == "QR-017-02/2026-0001, QR-017-02/2026-0002, QR-017-02/2026-0003"
    assert _scope_text(SCOPE, {RECORDS[1]}, str) == "QR-017-02/2026-0002, 2 records that you may not read"
    assert _scope_text(SCOPE, RECORDS[:2], str).endswith(", 1 record that you may not read")


def test_json_holds_no_number_that_is_not_told() -> None:
    hold = Hold(History("hold/1", ()), "诉讼", "第 9 号", SCOPE, "person/1", "周文娟", "2026-11-02")
    value = _hold_value(hold, {RECORDS[1]})
    assert (value["scope"], value["untold_records"]) == ({"records": [RECORDS[1]]}, 2)
    assert RECORDS[0] not in str(value)
    assert _hold_value(hold, RECORDS)["untold_records"] == 0
