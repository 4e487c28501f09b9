"""Records that open others, follow from others and wait for others, on both databases."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section, title
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import ValuesRefusedError, WrongStateError
from recordkeeper.model.record_state import State
from recordkeeper.model.relation import linked_numbers, opened_by, origin_of
from recordkeeper.services import lifecycle
from recordkeeper.services.access import MayNotReadError
from recordkeeper.services.lifecycle import About
from recordkeeper.services.relation import NeedsRecordError
from stage import Stages

SIGNED = {"sign": "one", "meaning": "received"}
PLACES = [{"id": "hall", **title("大厅", "Hall")}, {"id": "lift", **title("电梯", "Lift")}]

INSPECTION = form(
    "QR-900-01",
    section(
        "found",
        field("seen", lines=3),
        field("seen_at", "moment"),
        field("places", "choice", choices=PLACES, multiple=True, required=False),
        field("goods", "rows", columns=[field("name"), field("count", "number")], required=False),
        field("is_bad", "yes_no"),
        opens=[
            {
                "form": "QR-900-02",
                "when": "is_bad",
                "copy": {"what": "'见 ' ~ record.number ~ '：' ~ seen", "when_seen": "seen_at", "where": "places"},
            },
            {"form": "QR-900-03", "for_each": "goods", "copy": {"booked": "seen_at", "what": "item.name"}},
        ],
        **SIGNED,
    ),
    section(
        "released",
        field("remark", required=False),
        needs=[{"form": "QR-900-02", "when": "cured"}],
        when="is_bad",
        **SIGNED,
    ),
)
REPORT = form(
    "QR-900-02",
    section(
        "reported",
        field("what", lines=3),
        field("when_seen", "date"),
        field("where", required=False),
        field("first_seen", "moment", takes_from="source.seen_at", required=False),
        field("unknown_there", takes_from="source.nothing", required=False),
        by="quality",
        **SIGNED,
    ),
    section("cure", field("cured", "yes_no"), by="head"),
)
BOOK = form(
    "QR-900-03",
    section("row", field("booked", "date"), field("what", pattern="[^#]*")),
    kind="register",
    sheet={"by": "month", "on": "booked"},
    orientation="landscape",
)
SEEN: Mapping[str, Any] = {"seen": "灯不亮", "seen_at": "2026-11-20 23:30", "is_bad": "是", "places": "大厅、电梯"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", INSPECTION, REPORT, BOOK)

    with office_with(stages, database, tmp_path, "relations", [package], "clerk", "quality", "head") as opened:
        yield opened


def inspected(company: ActingCompany, **values: object) -> Record:
    number = company.new("clerk", "QR-900-01", {**SEEN, **values})
    company.sign("clerk", number, "found")
    return company.record(number)


def test_what_a_section_opens_is_opened_by_the_very_act_that_completes_it(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-01", SEEN)
    assert not opened_by(company.record(number))
    company.sign("clerk", number, "found")

    source = company.record(number)
    (opened,) = opened_by(source)
    report = company.record(opened.number)
    origin = origin_of(report)
    assert (opened.act_number, opened.section, opened.form) == (2, "found", "QR-900-02")
    assert origin is not None
    assert (origin.number, origin.section, origin.state) == (number, "found", source.history.digests[2])
    assert report.state is State.OPEN
    assert report.opening["by"] == company.actors["clerk"].subject
    assert report.opening["premises"] == source.opening["premises"]


def test_nothing_is_opened_where_the_condition_does_not_hold(company: ActingCompany) -> None:
    assert opened_by(inspected(company, is_bad="否")) == ()


def test_an_opened_record_begins_with_copied_values_that_count_when_it_is_filled(company: ActingCompany) -> None:
    source = inspected(company)
    (number,) = company.opened_by(source.number)
    assert company.record(number).values == {}
    company.fill("quality", number, "reported", {})
    assert company.record(number).values == {
        "what": f"见 {source.number}：灯不亮",
        "when_seen": "2026-11-20",
        "where": "大厅、电梯",
        "first_seen": "2026-11-20T15:30:00Z",
    }


def test_what_is_given_at_the_filling_counts_and_not_what_was_copied(company: ActingCompany) -> None:
    (number,) = company.opened_by(inspected(company).number)
    company.fill("quality", number, "reported", {"what": "另述", "where": ""})
    values = company.record(number).values
    assert values["what"] == "另述"
    assert "where" not in values


def test_a_record_is_opened_for_each_row_and_a_row_of_a_register_is_entered_at_once(company: ActingCompany) -> None:
    goods = [{"name": "空调", "count": 1}, {"name": "冰箱", "count": 2}]
    source = inspected(company, is_bad="否", goods=goods)
    rows = [company.record(number) for number in company.opened_by(source.number)]
    assert [row.number for row in rows] == ["QR-900-03/2026-0001", "QR-900-03/2026-0002"]
    assert [row.values["what"] for row in rows] == ["空调", "冰箱"]
    assert {row.sheet for row in rows} == {"sheet/QR-900-03/HQ-2026-11"} or {row.sheet for row in rows} == {
        "sheet/QR-900-03/2026-11"
    }
    assert [each.item for each in opened_by(source)] == ["1", "2"]


def test_an_amendment_opens_what_it_brings_about_and_nothing_twice(company: ActingCompany) -> None:
    source = inspected(company, is_bad="否")
    amend(company, source.number, {"is_bad": "是"})
    assert len(company.opened_by(source.number)) == 1
    amend(company, source.number, {"seen": "灯不亮两盏"})
    amend(company, source.number, {"is_bad": "否"})
    amend(company, source.number, {"is_bad": "是"})
    assert len(company.opened_by(source.number)) == 1


def test_a_re_issued_record_opens_nothing_that_the_replaced_one_has_opened(company: ActingCompany) -> None:
    source = inspected(company)
    actor = company.actors["clerk"]
    successor, _old = lifecycle.reissue(company.register, actor, NOW, source.number, {}, "数字抄错")
    company.sign("clerk", successor.number, "found")
    assert company.opened_by(successor.number) == []


def test_the_act_is_refused_as_a_whole_where_a_row_cannot_be_entered(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-01", {**SEEN, "goods": [{"name": "#", "count": 1}]})
    with pytest.raises(ValuesRefusedError):
        company.sign("clerk", number, "found")
    assert company.record(number).history.count == 1
    assert company.new("quality", "QR-900-02") == "QR-900-02/2026-0001"


def amend(company: ActingCompany, number: str, values: Mapping[str, object]) -> None:
    actor, key = company.actors["clerk"], company.signers["clerk"]
    lifecycle.amend(company.register, actor, key, NOW, number, values, "核对更正", "fact")


# ---- by hand ---------------------------------------------------------------------------------------------------------


def test_a_record_opened_by_hand_names_its_source_and_the_source_names_it(company: ActingCompany) -> None:
    source = inspected(company, is_bad="否").number
    about = About(source=source)
    report = lifecycle.new(company.register, company.actors["quality"], NOW, "QR-900-02", None, about)

    named = company.record(source)
    assert named.state is State.CLOSED
    assert named.history.acts[-1].kind == "link"
    assert linked_numbers(named) == [report.number]
    origin = origin_of(report)
    assert origin is not None
    assert (origin.number, origin.state) == (source, named.history.digests[-1])
    assert report.opening["premises"] == named.opening["premises"]


def test_a_source_that_is_void_is_refused(company: ActingCompany) -> None:
    number = company.new("clerk", "QR-900-01", SEEN)
    lifecycle.void(company.register, company.actors["clerk"], NOW, number, "重复登记")
    with pytest.raises(WrongStateError):
        lifecycle.new(company.register, company.actors["quality"], NOW, "QR-900-02", None, About(source=number))
    assert company.record(number).history.acts[-1].kind == "void"


def test_a_source_that_may_not_be_read_is_refused(company: ActingCompany) -> None:
    number = inspected(company, is_bad="否").number
    boss = company.actors["stranger"]
    with pytest.raises(MayNotReadError):
        lifecycle.new(company.register, boss, NOW, "QR-900-02", None, About(source=number))


# ---- waiting for others ----------------------------------------------------------------------------------------------


def test_a_section_waits_for_the_record_that_it_needs(company: ActingCompany) -> None:
    source = inspected(company).number
    (report,) = company.opened_by(source)
    with pytest.raises(NeedsRecordError) as refused:
        company.fill("clerk", source, "released", {})
    assert report in refused.value.found

    company.do("quality", report, "reported", {})
    company.fill("head", report, "cure", {"cured": "否"})
    with pytest.raises(NeedsRecordError) as refused:
        company.fill("clerk", source, "released", {})
    assert "cured" in refused.value.expected

    second = lifecycle.new(company.register, company.actors["quality"], NOW, "QR-900-02", None, About(source=source))
    with pytest.raises(NeedsRecordError) as refused:
        company.fill("clerk", source, "released", {})
    assert refused.value.found.startswith(second.number)
    company.do("quality", second.number, "reported", {"what": "复验", "when_seen": "2026-11-22"})
    company.fill("head", second.number, "cure", {"cured": "是"})
    company.do("clerk", source, "released", {})
    assert company.record(source).state is State.CLOSED


def test_a_needed_record_that_was_voided_counts_for_nothing(company: ActingCompany) -> None:
    source = inspected(company).number
    (report,) = company.opened_by(source)
    lifecycle.void(company.register, company.actors["quality"], NOW, report, "误开")
    with pytest.raises(NeedsRecordError) as refused:
        company.fill("clerk", source, "released", {})
    assert "QR-900-02" in refused.value.expected
