"""A late entry from end to end: refused without a reason, shown, printed, in the trail, verified."""

from contextlib import closing

import pytest

from company import FEEDBACK, NOW, Company, Scene
from recordkeeper import verifier
from recordkeeper.documents.document_text import text_of
from recordkeeper.model.lateness import NoLateReasonError, NothingLateError
from recordkeeper.register.acts import Register
from recordkeeper.services import intake, lifecycle, viewing
from recordkeeper.services.intake import RowsRejectedError, Table
from recordkeeper.services.lifecycle import About
from recordkeeper.services.verification import verify
from trial_procedure import definition, install

REGISTER = "QR-900-09"
REASON = "对讲机故障，值班记录补录"
TOLD = About(occurred_at="2026-11-10T01:40:00Z")


def gate_log() -> dict[str, object]:
    fields = [
        {"id": "seen_at", "title": {"zh": "时间", "en": "Time"}, "type": "moment"},
        {"id": "what", "title": {"zh": "事项", "en": "Matter"}, "type": "text"},
    ]
    row = {"id": "row", "title": {"zh": "登记", "en": "Entry"}, "by": "field_staff", "fields": fields}
    sheet = {"by": "month", "on": "seen_at"}
    return definition(REGISTER, row, kind="register", sheet=sheet, late_after_days=2)


def event_count(register: Register) -> int:
    with register.reading() as snapshot:
        return snapshot.event_count()


def test_a_matter_of_long_ago_is_entered_with_a_reason_alone(company: Company) -> None:
    before = event_count(company.register)
    with pytest.raises(NoLateReasonError):
        company.new("clerk", "QR-017-02", dict(FEEDBACK), TOLD)
    with pytest.raises(NothingLateError):
        company.new("clerk", "QR-017-02", dict(FEEDBACK), About(late_reason=REASON))
    assert event_count(company.register) == before
    about = About(occurred_at=TOLD.occurred_at, late_reason=REASON)
    number = company.new("clerk", "QR-017-02", dict(FEEDBACK), about)
    assert number == "QR-017-02/2026-0001"
    shown = viewing.show(company.register, company.by("clerk"), NOW, number)
    assert (shown.occurred, shown.late_days, shown.late_reason) == ("2026-11-10 09:40", 13, REASON)
    _number, (event, *_others) = viewing.history(company.register, company.by("clerk"), NOW, number)
    assert (event.occurred_at, event.at, event.effective_at) == (TOLD.occurred_at, "2026-11-23T02:00:00Z", "")
    assert event.flags == ("late",)
    printed = text_of(viewing.render(company.register, company.by("clerk"), NOW, number)[1])
    assert "迟录 13 天" in printed
    assert REASON in printed
    assert "2026-11-10 09:40" in printed


def test_a_row_is_late_by_the_time_that_its_form_sets_and_says_so_on_its_sheet(
    begun_scene: Scene, without_libreoffice: None
) -> None:
    with begun_scene.opened() as company:
        install(company, gate_log())
        row = {"seen_at": "2026-11-20 08:00", "what": "门禁断电"}
        with pytest.raises(NoLateReasonError):
            company.new("clerk", REGISTER, row)
        company.new("clerk", REGISTER, {**row, "seen_at": "2026-11-21 08:00"})
        number = company.new("clerk", REGISTER, row, About(late_reason=REASON))
        shown = viewing.show(company.register, company.by("clerk"), NOW, number)
        assert (shown.late_days, shown.late_reason) == (3, REASON)
        printed = text_of(viewing.render(company.register, company.by("clerk"), NOW, number)[1])
        assert printed.count("迟录 3 天") == 1
        assert "第 2 行 登记时间" in printed
        lifecycle.close(company.register, company.by("clerk"), NOW, f"{REGISTER}/2026-11")
        company.publish()
    report = verify(begun_scene.url, begun_scene.archive)
    assert (str(report.verdict), report.findings) == ("ok", ())
    with closing(verifier.Medium(begun_scene.archive)) as medium:
        assert verifier.verify(medium).verdict == "ok"


def test_late_rows_of_a_table_are_rejected_one_by_one_or_share_one_reason(company: Company) -> None:
    install(company, gate_log())
    data = "时间,事项\n2026-11-22 08:00,甲\n2026-11-02 08:00,乙\n".encode()
    with pytest.raises(RowsRejectedError) as refused:
        intake.import_records(company.register, company.by("clerk"), NOW, Table(REGISTER, data, "log.csv"))
    assert [each.row for each in refused.value.rejects] == [3]
    table = Table(REGISTER, data, "log.csv", late_reason=REASON)
    report = intake.import_records(company.register, company.by("clerk"), NOW, table)
    late = [
        viewing.show(company.register, company.by("clerk"), NOW, number).late_days for number in report.numbers.values()
    ]
    assert late == [1, 21]
