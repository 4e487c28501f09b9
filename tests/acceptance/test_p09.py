"""P09 at the gate and on the customer's premises: goods leave on a note, material is checked, findings are told."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from acting_company import HOUSEHOLD, ActingCompany, acting_company
from recordkeeper.model.record_guard import NotItsTurnError, NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

OFFICE, GUARD, WORKER = "management_office", "gate_guard", "repair_staff"
NOTE = {
    "owner_name": "许国良",
    "room": HOUSEHOLD,
    "phone": "138-0000-1201",
    "valid_on": "2026-11-23",
    "given_to": "owner",
    "goods": [{"goods_name": "钢琴", "features": "立式", "quantity": "1 架"}],
}
ORDER = {
    "customer": "许国良",
    "room": HOUSEHOLD,
    "phone": "138-0000-1201",
    "requested_at": "2026-11-20 09:00",
    "visit_at": "2026-11-20 14:00",
    "worker": "石磊",
    "customer_material": True,
    "work": "空调移机",
}
FAILED = {"name": "支架", "quantity": "1 副", "outcome": "failed", "state": "焊缝开裂"}
DONE = {
    "protected": "室外机下方警戒",
    "started_at": "2026-11-20 14:00",
    "finished_at": "2026-11-20 16:00",
    "cleaned": True,
    "charge": "380",
    "result": "试机正常",
    "material_left": "用完",
}
ROUND = {"shift": "night", "round_at": "2026-11-22 23:30", "area": "地库 B2", "cars_parked": "96", "has_finding": False}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = (OFFICE, "management_office_head", GUARD, "patrol_guard", "shift_leader", WORKER)
    with acting_company(stages, database, tmp_path, "P09", *roles) as opened:
        yield opened


def test_goods_leave_on_the_day_of_a_note_which_comes_back_to_the_office(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError) as refused:
        company.new(OFFICE, "QR-109-06", {**NOTE, "given_to": "with_letter"})
    missing = {problem.field for problem in refused.value.problems}
    assert missing == {"mover", "mover_id", "letter_on", "letter_verified"}
    note = company.new(OFFICE, "QR-109-06", NOTE)
    company.sign(OFFICE, note, "issued")
    checked = {"agrees": True, "released_at": "2026-11-23 10:00", "outcome": "released"}
    with pytest.raises(NotItsTurnError):
        company.fill(GUARD, note, "checked", checked)
    company.sign_on_paper(OFFICE, note, "taken")
    differs = {"agrees": False, "difference": "多一台空调"}
    for wrong in ({"released_at": "2026-11-22 10:00"}, differs, {"agrees": True, "outcome": "partly"}):
        with pytest.raises(ValuesRefusedError):
            company.fill(GUARD, note, "checked", {**checked, **wrong})
    company.do(GUARD, note, "checked", checked)
    record = company.record(note)
    assert (record.state is State.CLOSED, record.due_on(record.section("returned"))) == (False, date(2026, 11, 24))
    with pytest.raises(NotYoursError):
        company.sign(GUARD, note, "returned")
    company.sign(OFFICE, note, "returned")
    assert company.record(note).state is State.CLOSED


def test_material_of_the_customer_is_checked_and_what_fails_goes_the_customers_way(company: ActingCompany) -> None:
    order = company.new(OFFICE, "QR-109-05", ORDER)
    company.sign(OFFICE, order, "issued")
    with pytest.raises(NotItsTurnError):
        company.fill(WORKER, order, "done", DONE)
    with pytest.raises(ValuesRefusedError):
        company.fill(WORKER, order, "material_checked", {"materials": [FAILED]})
    company.do(WORKER, order, "material_checked", {"materials": [{**FAILED, "decision": "replaced"}]})
    with pytest.raises(NotItsTurnError):
        company.fill(WORKER, order, "done", DONE)
    company.sign_on_paper(OFFICE, order, "decision_signed")
    for wrong in ({"cleaned": False}, {"material_left": ""}, {"finished_at": "2026-11-19 16:00"}):
        with pytest.raises(ValuesRefusedError):
            company.fill(WORKER, order, "done", {**DONE, **wrong})
    company.do(WORKER, order, "done", DONE)
    company.sign_on_paper(OFFICE, order, "accepted")
    assert company.record(order).state is State.CLOSED

    stopped = company.new(OFFICE, "QR-109-05", ORDER)
    company.sign(OFFICE, stopped, "issued")
    company.do(WORKER, stopped, "material_checked", {"materials": [{**FAILED, "decision": "cancelled"}]})
    company.sign_on_paper(OFFICE, stopped, "decision_signed")
    assert company.record(stopped).state is State.CLOSED


def test_what_a_round_finds_at_a_car_is_told_to_its_owner_and_reported(company: ActingCompany) -> None:
    quiet = company.new("patrol_guard", "QR-109-03", ROUND)
    assert company.record(quiet).state is State.CLOSED
    found = {"round_at": "2026-11-23 00:00", "has_finding": True, "finding": "右后胎瘪", "plate": "示A·88321"}
    told = company.new("patrol_guard", "QR-109-03", {**ROUND, **found})
    with pytest.raises(ValuesRefusedError) as refused:
        company.fill("patrol_guard", told, "dealt_with", {"reported_to": "shift_leader", "handled": "到场"})
    assert [problem.field for problem in refused.value.problems] == ["owner_told_at"]
    dealt = {"owner_told_at": "2026-11-23 00:06", "reported_to": "shift_leader", "handled": "车主到场"}
    company.fill("patrol_guard", told, "dealt_with", dealt)
    assert company.record(told).state is State.CLOSED
    assert company.record(told).sheet == company.record(quiet).sheet
