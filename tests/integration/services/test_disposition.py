"""Lists are drawn up, approved, watched and executed; what they name goes everywhere, on both databases."""

import pytest

from disposal_office import SHEET, DisposalOffice, Old, check_verified
from recordkeeper.services.retrieval import DisposedRecordError

Opened = tuple[DisposalOffice, Old]


def test_what_an_approved_list_names_is_destroyed_and_answers_with_its_tombstone(disposal: Opened) -> None:
    office, old = disposal
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


def test_a_sheet_goes_with_each_of_its_rows(disposal: Opened) -> None:
    office, _old = disposal
    office.execute(office.ready([SHEET]))
    for each in (SHEET, "QR-017-01/2026-0001", "QR-017-01/2026-0002"):
        with pytest.raises(DisposedRecordError):
            office.record(each)
    check_verified(office)
