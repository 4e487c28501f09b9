"""Acts of the workplace's people, as the tests of faults need them, and what must stand after all of them."""

from integration.faults.workplace import NOW, ROW_FORM, SHEET_FORM, Staff, Workplace, contents, tree
from recordkeeper.model.record import Record
from recordkeeper.register.acts import Register
from recordkeeper.services import lifecycle, publication
from recordkeeper.services.verification import Answer

SHEET = f"{ROW_FORM}/2026-11"


def close_a_record(register: Register, staff: Staff) -> str:
    """Enter, sign, fill, sign; its number."""
    about = lifecycle.About()
    number = lifecycle.new(register, staff.clerk, NOW, SHEET_FORM, {"matter": "路灯不亮"}, about).number
    lifecycle.sign(register, staff.clerk, staff.clerk_key, NOW, number)
    lifecycle.fill(register, staff.quality, NOW, number, None, {"result": "已修"})
    lifecycle.sign(register, staff.quality, staff.quality_key, NOW, number)
    return number


def amend(register: Register, staff: Staff, number: str) -> Record:
    """Amend a closed record, and agree to it."""
    changed = {"matter": "路灯不亮，两盏"}
    amended = lifecycle.amend(register, staff.clerk, staff.clerk_key, NOW, number, changed, "清点", "correction")
    mark = len(amended.amendments)
    return lifecycle.countersign(register, staff.quality, staff.quality_key, NOW, number, mark, accepted=True)


def enter_a_row(register: Register, staff: Staff, day: str = "2026-11-05") -> Record:
    values = {"received_on": day, "call": "咨询"}
    return lifecycle.new(register, staff.clerk, NOW, ROW_FORM, values, lifecycle.About())


def sign_a_sheet(register: Register, staff: Staff) -> Record:
    return lifecycle.sign(register, staff.quality, staff.quality_key, NOW, SHEET)


def assert_finished(workplace: Workplace, register: Register) -> None:
    """The next publisher finishes, and the one after it finds nothing to do."""
    assert publication.publish(workplace.publisher(register), NOW).problems == []
    assert publication.pending(register).is_nothing
    report = workplace.verify()
    assert (report.verdict, report.findings) == (Answer.OK, ())
    archived, stored = tree(workplace.archive), contents(workplace.url)
    assert publication.publish(workplace.publisher(register), NOW).problems == []
    assert tree(workplace.archive) == archived
    assert contents(workplace.url) == stored
