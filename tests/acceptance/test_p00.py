"""P00: what is destroyed was approved by another than its author, and watched by two."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from recordkeeper.model.record_state import State
from stage import Stages

ITEM = {
    "record_number": "QR-017-01/2022-01",
    "record_title": "值班记录登记表",
    "created_on": "2022-01-31",
    "period": "3 年",
    "due_on": "2025-12-31",
    "medium_kept": "paper",
    "pages": "26",
    "appraisal": "期满，无保存价值",
}
LISTED = {"appraisal_number": "QR-100-06/2026-0001", "method": ["shredded"], "records_listed": [ITEM, ITEM]}
EXECUTED = {"executed_on": "2026-11-23", "place": "档案室", "kept_count": "1", "kept_pages": "26"}
CERTIFIED = {
    "executed_on": "2026-11-23",
    "began_at": "2026-11-23 09:00",
    "ended_at": "2026-11-23 10:00",
    "place": "档案室",
    "operator": "档案室",
    "method": ["shredded"],
    "listed_count": "2",
    "destroyed_count": "1",
    "skipped_count": "1",
    "failed_count": "0",
    "pages_destroyed": "26",
    "bytes_destroyed": "0",
    "not_destroyed": "第 2 项冻结",
    "statement": "已粉碎",
}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    roles = ("archivist", "appraiser", "general_manager", "destruction_witness", "destruction_witness")
    with acting_company(stages, database, tmp_path, "P00", *roles) as opened:
        yield opened


def test_a_destruction_list_is_appraised_approved_watched_by_two_and_executed(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError) as refused:
        company.new("archivist", "QR-100-07", {**LISTED, "records_listed": [{**ITEM, "due_on": "2026-11-24"}]})
    assert [problem.field for problem in refused.value.problems] == ["records_listed"]
    number = company.new("archivist", "QR-100-07", LISTED)
    company.sign("archivist", number, "listed")
    company.sign("appraiser", number, "appraised")
    with pytest.raises(NotYoursError):
        company.sign("archivist", number, "approved")
    company.sign("general_manager", number, "approved")
    company.sign("destruction_witness", number, "witness_one")
    with pytest.raises(NotYoursError):
        company.sign("destruction_witness", number, "witness_two")
    company.sign("destruction_witness2", number, "witness_two")
    with pytest.raises(ValuesRefusedError) as refused:
        company.fill("archivist", number, "executed", EXECUTED)
    assert [problem.field for problem in refused.value.problems] == ["kept_why"]
    company.do("archivist", number, "executed", {**EXECUTED, "kept_why": "第 2 项冻结 H-2026-02"})
    assert company.record(number).values["executed_total"] == "已销毁 1 项 26 页；未销毁 1 项 26 页。"
    assert company.record(number).state is State.CLOSED
    assert company.record(number).form.retention.years == "permanent"


def test_a_certificate_accounts_for_every_item_listed(company: ActingCompany) -> None:
    values = {**CERTIFIED, "list_number": "QR-100-07/2026-0001"}
    with pytest.raises(ValuesRefusedError) as refused:
        company.new("archivist", "QR-100-08", {**values, "destroyed_count": "2"})
    assert [problem.field for problem in refused.value.problems] == ["failed_count"]
    assert company.new("archivist", "QR-100-08", values) == "QR-100-08/2026-0001"
