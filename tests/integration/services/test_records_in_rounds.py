"""Rounds and instances through the services, on both databases: what is stored, shown, opened and verified again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section, title
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.record_state import State
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.services import lifecycle, viewing
from stage import Stages

SIGNED = {"sign": "one", "meaning": "reviewed"}
WHO = [{"id": "quality", **title("质管部", "Quality")}, {"id": "head", **title("负责人", "Head")}]
REVIEW = form(
    "QR-900-01",
    section("called", field("departments", "choice", choices=WHO, multiple=True), **SIGNED),
    section("draft", field("count", "number"), **SIGNED),
    {
        **section(
            "opinion",
            field("factor", "number"),
            field("fit", "yes_no"),
            by={"field": "departments"},
            each={"field": "departments"},
            due={"working_days": 30, "after": "draft"},
            **SIGNED,
        ),
        "computed": [field("total_of", "number") | {"value": "count * factor"}],
    },
    section(
        "decided",
        field("agreed", "yes_no"),
        rounds={"until": "agreed", "sections": ["draft", "opinion", "decided"]},
        opens=[{"form": "QR-900-02", "when": "not agreed", "copy": {"what": "'第 ' ~ decided.round ~ ' 轮'"}}],
        **SIGNED,
    ),
)
CHARGE = form(
    "QR-900-03",
    section("charged", field("department", "choice", choices=WHO), **SIGNED),
    section("done", field("what"), by={"field": "department"}, **SIGNED),
    section(
        "judged",
        field("agreed", "yes_no"),
        rounds={"until": "agreed", "sections": ["charged", "done", "judged"]},
        **SIGNED,
    ),
    access={"read": ["head"]},
)
NOTICE = form("QR-900-02", section("told", field("what")))


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", REVIEW, CHARGE, NOTICE)

    with office_with(stages, database, tmp_path, "rounds", [package], "clerk", "quality", "head", "quality") as opened:
        yield opened


def round_done(company: ActingCompany, number: str, count: int, agreed: str) -> None:
    company.do("clerk", number, "draft", {"count": count})
    for role in ("head", "quality"):
        company.do(role, number, f"opinion[{role}]", {"factor": 2, "fit": "是"})
    company.do("clerk", number, "decided", {"agreed": agreed})


def test_a_record_goes_through_its_rounds_and_each_opens_what_it_leads_to(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-01", {"departments": "quality, head"})
    company.sign("clerk", number, "called")
    round_done(company, number, 3, "否")
    round_done(company, number, 4, "否")
    round_done(company, number, 5, "是")
    record = company.record(number)
    assert record.state is State.CLOSED
    assert record.known["total_of"] == [10, 10]
    opened = [company.record(each) for each in company.opened_by(number)]
    assert [each.opening["start"] for each in opened] == [{"what": "第 1 轮"}, {"what": "第 2 轮"}]


def test_an_amended_value_of_an_earlier_round_moves_every_instance_and_is_stored_once_each(
    company: ActingCompany,
) -> None:
    number = company.new("clerk", "QR-900-01", {"departments": "quality, head"})
    company.sign("clerk", number, "called")
    round_done(company, number, 3, "否")
    actor, key = company.actors["clerk"], company.signers["clerk"]
    after = lifecycle.amend(company.register, actor, key, NOW, number, {"count@1": "7"}, "数错", "correction")
    assert [change.path for change in after.amendments[0].changes] == ["count", "total_of[head]", "total_of[quality]"]
    assert company.record(number).amendments == after.amendments
    with company.register.reading() as snapshot:
        assert [row.number for row in find_records(snapshot, RecordQuery(text="14"))] == [number]


def test_whom_an_earlier_round_named_amends_it_though_the_next_one_names_another(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-03", {"department": "quality"})
    company.sign("clerk", number, "charged")
    company.do("quality", number, "done", {"what": "整改"})
    company.do("clerk", number, "judged", {"agreed": "否"})
    company.do("clerk", number, "charged", {"department": "head"})
    actor, key = company.actors["quality2"], company.signers["quality2"]
    after = lifecycle.amend(company.register, actor, key, NOW, number, {"what@1": "已整改"}, "写错", "correction")
    assert [(change.path, change.new) for change in after.amendments[0].changes] == [("what", "已整改")]


def test_a_view_tells_rounds_instances_and_a_deadline_that_is_provisional(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-01", {"departments": "quality, head"})
    company.sign("clerk", number, "called")
    round_done(company, number, 3, "否")
    company.do("clerk", number, "draft", {"count": 4})
    company.do("head", number, "opinion[head]", {"factor": 2, "fit": "否"})
    view = viewing.show(company.register, company.actors["clerk"], NOW, number)
    shown = {(each.id, each.round, each.item): each.state for each in view.sections}
    assert shown["opinion", 1, "quality"] == "complete"
    assert shown["opinion", 2, "head"] == "complete"
    assert shown["opinion", 2, "quality"] == "open"
    (step,) = view.next
    assert (step.section, step.is_provisional, step.is_late) == ("opinion[quality]@2", True, False)
