"""P08: indicators that can be used, a pilot, and what its answers say of the questionnaire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acting_company import ActingCompany, acting_company
from recordkeeper.model.record_guard import NotYoursError, ValuesRefusedError
from stage import Stages

# One of its forms opens a record for a purpose, which is not carried out yet, and so cannot be registered.
FIT = {"matters": True, "specific": True, "measurable": True, "controllable": True}
INDICATORS = [
    {"indicator_group": group, "indicator": "指标", "measured_how": "问卷", "weight": "25", **FIT}
    for group in ("service", "operation", "price", "industry")
]
SCORES = ((5, 4, 4), (4, 4, 3), (2, 2, 2), (3, 2, 3))
PILOT = {
    "questionnaire": "试用稿 2",
    "piloted_on": "2026-11-16",
    "aim": "了解满意程度",
    "sample": "1 栋随机 5 户",
    "channel": ["sheets"],
    "sent_count": "5",
    "returned_count": "4",
}
QUESTION = {
    "question": "第5题",
    "question_type": "closed_kind",
    "hard_to_understand": False,
    "hard_to_answer": False,
    "no_information": False,
}
JUDGED = {"questions": [QUESTION], "aim_met": "met", "conclusion": "可以发放"}
ASKED = {"from_on": "2026-11-01", "to_on": "2026-11-30", "least_alpha": "0.70", "least_correlation": "0.30"}


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    with acting_company(stages, database, tmp_path, "P08", "quality", "management_representative") as opened:
        yield opened


def _answers() -> list[dict[str, str]]:
    """Four sheets of ten answers, every three questions alike."""
    return [
        {"respondent": f"预-{number}", **{f"q{place + 1}": str(scores[place % 3]) for place in range(10)}}
        for number, scores in enumerate(SCORES, 1)
    ]


def test_indicators_come_from_four_groups_weigh_a_hundred_and_are_fit_for_use(company: ActingCompany) -> None:
    values = {"survey_name": "下半年调查", "segmentation": "QR-108-01/2026-0001"}
    for wrong in (
        INDICATORS[:3],
        [{**INDICATORS[0], "weight": "30"}, *INDICATORS[1:]],
        [{**INDICATORS[0], "measurable": False}, *INDICATORS[1:]],
        [{**INDICATORS[0], "indicator_group": "price"}, *INDICATORS[1:]],
    ):
        with pytest.raises(ValuesRefusedError):
            company.new("quality", "QR-108-02", {**values, "indicators": wrong})
    number = company.new("quality", "QR-108-02", {**values, "indicators": INDICATORS})
    company.sign("quality", number, "set_out")
    with pytest.raises(NotYoursError):
        company.sign("quality", number, "approved")


def test_reliability_is_computed_from_the_answers_of_the_pilot(company: ActingCompany) -> None:
    with pytest.raises(ValuesRefusedError):
        company.new("quality", "QR-108-04", {**PILOT, "answers": _answers()[:3]})
    pilot = company.new("quality", "QR-108-04", {**PILOT, "answers": _answers()})
    company.sign("quality", pilot, "run")
    with pytest.raises(ValuesRefusedError):
        company.fill("quality", pilot, "judged", {**JUDGED, "questions": [{**QUESTION, "hard_to_answer": True}]})
    company.do("quality", pilot, "judged", JUDGED)
    company.sign("management_representative", pilot, "reviewed")
    assert (company.record(pilot).values["return_rate"], company.record(pilot).closed_on) == ("80.0", "2026-11-23")

    tested = company.new("quality", "QR-108-03", ASKED)
    values = company.record(tested).values
    assert (values["sheet_count"], values["complete"], values["weak_items"]) == ("4", "4", "无")
    assert str(values["alpha"]).startswith("0.9")
    assert values["is_reliable"] is True
    with pytest.raises(ValuesRefusedError):
        company.new("quality", "QR-108-03", {**ASKED, "alpha": "0.99"})
