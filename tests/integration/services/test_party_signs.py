"""Agreements: the outside party signs an amendment anew before it counts, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from acting_company import SCAN, ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.findings import Severity
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NoReasonError, NotYoursError, ValuesRefusedError, WrongStateError
from recordkeeper.model.record_state import State
from recordkeeper.model.rendition import record_context
from recordkeeper.model.rich_text import RichText, text_of_spans
from recordkeeper.services import lifecycle, places, viewing
from recordkeeper.services.lifecycle import About, Scan
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import verify
from stage import Stages

ANEW = replace(SCAN, data=b"%PDF-1.7 the amendment, signed")
DRAWN = section("drawn", field("rent", "money"), field("remark", required=False), sign="one", meaning="prepared")
AGREED = section("agreed", by={"party": "party"}, on_paper=True, sign="one", meaning="agreed")
LEASE, BOTH, PLAIN = "QR-900-01", "QR-900-02", "QR-900-03"
PARTY_SIGNS = {"corrections": 5, "party_signs": True}
FORMS = (
    form(LEASE, DRAWN, AGREED, kind="agreement", amendment=PARTY_SIGNS),
    form(BOTH, DRAWN, AGREED, kind="agreement", amendment={**PARTY_SIGNS, "countersign": {"by": ["head"]}}),
    form(PLAIN, DRAWN, AGREED, kind="agreement", amendment={"corrections": 5, "countersign": {"by": ["head"]}}),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(stages, database, tmp_path, "party_signs", [package], "clerk", "head") as opened:
        yield opened


def agreed(company: ActingCompany, code: str = LEASE) -> str:
    """The number of an agreement that both sides have signed."""
    number = company.new("clerk", code, {"rent": "2500.00"})
    company.sign("clerk", number, "drawn")
    company.sign_on_paper("clerk", number, "agreed")
    return number


def amend(company: ActingCompany, number: str, **values: object) -> Record:
    actor, key = company.actors["clerk"], company.signers["clerk"]
    return lifecycle.amend(company.register, actor, key, NOW, number, values or {"rent": "2600.00"}, "续签", "fact")


def party_signs(company: ActingCompany, number: str, amendment: int = 1, scan: Scan = ANEW) -> Record:
    return lifecycle.countersign_on_paper(company.register, company.actors["clerk"], NOW, number, amendment, scan)


def countersign(company: ActingCompany, role: str, number: str, refused_because: str = "") -> Record:
    return lifecycle.countersign(
        company.register,
        company.actors[role],
        company.signers[role],
        NOW,
        number,
        1,
        accepted=not refused_because,
        reason=refused_because,
    )


def printed(company: ActingCompany, number: str) -> str:
    """What the list under the form says of who agreed to the first amendment."""
    with company.register.reading() as snapshot:
        context = record_context(company.record(number), Setting(snapshot, NOW).surroundings)
    lines = cast("list[dict[str, RichText]]", context["amendments"])
    return text_of_spans(lines[0]["countersigned"])


def altered(company: ActingCompany, folder: Path) -> list[str]:
    report = verify(company.register.url, folder / "archive", None, ())
    return [each.code for each in report.findings if each.severity is Severity.ALTERED]


def test_an_amendment_is_pending_until_the_party_has_signed_it_on_paper(company: ActingCompany, tmp_path: Path) -> None:
    number = agreed(company)
    assert company.record(number).state is State.CLOSED
    amended = amend(company, number)
    assert amended.state is State.PENDING
    assert printed(company, number).startswith("待顾客签字")

    signed = party_signs(company, number)
    assert signed.state is State.CLOSED
    assert [act.kind for act in signed.history.acts[-3:]] == ["amend", "attach", "countersign"]
    assert signed.values["rent"] == "2600.00"
    answer = signed.amendments[0].party
    assert (answer.name, answer.witness, answer.entered_by) == ("许国良", "何洁", company.actors["clerk"].name)
    assert signed.history.acts[-1].content["scan"] == signed.attachments[-1].digest
    assert "许国良" in printed(company, number)
    assert altered(company, tmp_path) == []


def test_where_both_are_asked_for_neither_signature_is_enough(company: ActingCompany, tmp_path: Path) -> None:
    first, second = agreed(company, BOTH), agreed(company, BOTH)
    amend(company, first)
    assert party_signs(company, first).state is State.PENDING
    assert countersign(company, "head", first).state is State.CLOSED
    amend(company, second)
    assert countersign(company, "head", second).state is State.PENDING
    assert party_signs(company, second).state is State.CLOSED
    assert altered(company, tmp_path) == []


def test_an_amendment_that_the_counter_signer_refuses_waits_for_no_party(company: ActingCompany) -> None:
    number = agreed(company, BOTH)
    amend(company, number)
    refused = countersign(company, "head", number, "未经批准")
    assert (refused.state, refused.values["rent"]) == (State.CLOSED, "2500.00")
    assert "待顾客签字" not in printed(company, number)
    with pytest.raises(WrongStateError):
        party_signs(company, number)


def test_an_amendment_that_the_party_does_not_sign_lets_the_old_value_stand_again(
    company: ActingCompany, tmp_path: Path
) -> None:
    number = agreed(company)
    amend(company, number)
    with pytest.raises(NoReasonError):
        lifecycle.countersign(
            company.register, company.actors["clerk"], company.signers["clerk"], NOW, number, 1, accepted=False
        )
    with pytest.raises(NotYoursError):
        countersign(company, "head", number, "业主不同意")
    refused = countersign(company, "clerk", number, "业主不同意")
    assert (refused.state, refused.values["rent"]) == (State.CLOSED, "2500.00")
    assert "业主不同意" in printed(company, number)
    assert altered(company, tmp_path) == []


def test_wrong_turns_are_refused_and_bind_no_scan(company: ActingCompany) -> None:
    number = agreed(company)
    amend(company, number)
    before = company.record(number).history.count
    for scan, amendment, error in (
        (replace(ANEW, witness=" "), 1, NotYoursError),
        (replace(ANEW, signer_name=""), 1, ValuesRefusedError),
        (SCAN, 1, WrongStateError),
        (ANEW, 2, WrongStateError),
    ):
        with pytest.raises(error):
            party_signs(company, number, amendment, scan)
    with pytest.raises(WrongStateError):
        countersign(company, "clerk", number)
    with pytest.raises(NotYoursError):
        lifecycle.countersign_on_paper(company.register, company.actors["stranger"], NOW, number, 1, ANEW)
    assert company.record(number).history.count == before
    party_signs(company, number)
    with pytest.raises(WrongStateError):
        party_signs(company, number)


def test_a_form_that_does_not_ask_for_the_party_takes_no_signature_of_it(company: ActingCompany) -> None:
    number = agreed(company, PLAIN)
    amend(company, number)
    with pytest.raises(WrongStateError):
        party_signs(company, number)


def test_what_is_amended_before_the_party_has_signed_at_all_is_covered_by_its_first_signature(
    company: ActingCompany,
) -> None:
    number = company.new("clerk", LEASE, {"rent": "2500.00"})
    company.sign("clerk", number, "drawn")
    assert amend(company, number).pending_amendments == ()
    company.sign_on_paper("clerk", number, "agreed")
    assert company.record(number).state is State.CLOSED


def test_what_comes_next_names_the_party_and_the_paper(company: ActingCompany) -> None:
    number = agreed(company, BOTH)
    done = viewing.done(company.register, NOW, amend(company, number))
    assert [(step.act, step.section) for step in done.next] == [("countersign", "1"), ("countersign", "1")]
    assert done.next[0].by != done.next[1].by


def test_a_refusal_calls_the_party_whose_signature_it_is_by_name(company: ActingCompany) -> None:
    boss = company.actors["boss"]
    party = places.add_party(company.register, boss, name="许国良", now=NOW).subject
    about = About(unit="HQ", party=party)
    number = lifecycle.new(company.register, company.actors["clerk"], NOW, LEASE, {"rent": "2500.00"}, about).number
    company.sign("clerk", number, "drawn")
    with pytest.raises(NotYoursError) as refused:
        company.sign("clerk", number, "agreed")
    assert refused.value.expected == "许国良"
    assert "party/" not in str(refused.value)


def test_a_party_signature_without_its_scan_is_found(company: ActingCompany, tmp_path: Path) -> None:
    number = agreed(company)
    amend(company, number)
    party_signs(company, number)
    history = company.record(number).history
    with company.register.writing(now=NOW) as transaction:
        transaction.append(history, {**history.acts[-1].content, "scan": "00" * 32}, {})
    assert "signature-scan" in altered(company, tmp_path)
