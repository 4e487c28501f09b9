"""Lists are drawn up, approved, watched and executed; what they name goes everywhere, on both databases."""

import pytest

from disposal_office import SHEET, DisposalOffice, Old
from recordkeeper import verifier
from recordkeeper.services.retrieval import DisposedRecordError
from recordkeeper.services.verification import Answer, verify

Opened = tuple[DisposalOffice, Old]


@pytest.fixture
def opened(disposal: Opened, without_libreoffice: None) -> Opened:
    return disposal


def check_verified(office: DisposalOffice) -> None:
    """Both verifiers find nothing wrong, and count what was disposed of alike."""
    report = verify(office.register.url, office.archive)
    assert report.verdict is Answer.OK, report.findings
    alone = verifier.verify(verifier.Medium(office.archive))
    assert (alone.verdict, alone.counts["disposed"]) == ("ok", report.counts["disposed"]), alone.kept


def test_what_an_approved_list_names_is_destroyed_and_answers_with_its_tombstone(opened: Opened) -> None:
    office, old = opened
    number = office.ready(old.feedbacks[:2])
    closed, certificate = office.execute(number)
    assert closed.state == "closed"
    assert certificate.values["destroyed_count"] == "2"
    for each in old.feedbacks[:2]:
        with pytest.raises(DisposedRecordError) as gone:
            office.record(each)
        assert gone.value.tombstone["list"] == number
    assert office.record(old.feedbacks[2]).state == "closed"
    check_verified(office)


def test_a_sheet_goes_with_each_of_its_rows(opened: Opened) -> None:
    office, _old = opened
    office.execute(office.ready([SHEET]))
    for each in (SHEET, "QR-017-01/2026-0001", "QR-017-01/2026-0002"):
        with pytest.raises(DisposedRecordError):
            office.record(each)
    check_verified(office)
