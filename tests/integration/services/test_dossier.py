"""A household's dossier from move-in to sale: filed in order, what it lacks named, its cover kept up to date."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from acting_company import FORMS, HOUSEHOLD, ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW
from packages import form, write_package
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.record_state import State
from recordkeeper.services import dossier, lifecycle, places
from recordkeeper.services.dossier import (
    DossierView,
    NoDossierRuleError,
    NoStayError,
    SeveralDossierRulesError,
    SeveralDossiersError,
)
from recordkeeper.services.lifecycle import About
from recordkeeper.services.reporting import AboutNothingError
from recordkeeper.services.retention import RetentionDesk
from recordkeeper.services.searching import NoUnitToReadError
from recordkeeper.services.setting import Setting
from stage import Stages

OFFICE, HEAD = "management_office", "management_office_head"
SELLER, BUYER = "林国栋", "许国良"
MOVED_IN = date(2026, 6, 18)
PARTICULARS = {
    "building": "3 栋",
    "unit_no": "2 单元",
    "room_no": "1201",
    "floor_area": "118.46",
    "identity_number": "330100********1219",
    "native_place": "浙江绍兴",
    "occupation": "教师",
    "phone": "138-0000-1201",
    "moved_in_on": "2026-06-18",
    "address": "本址",
    "emergency": "许敏（女）",
    "is_let": False,
}
COVENANT = {"share_area": "118.46", "edition": "第一版", "adopted_on": "2026-05-20", "signing": "move_in"}
VISIT_FORM = form(
    "QR-900-01",
    section("visited", field("seen"), by="clerk", sign="one", meaning="received"),
    access={"read": ["quality"]},
)


def visits(folder: Path) -> Path:
    return write_package(folder / "P90", VISIT_FORM)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    packages = [lambda _folder: FORMS / "P06", visits]
    with office_with(stages, database, tmp_path, "dossiers", packages, OFFICE, HEAD, "clerk") as opened:
        boss, register = opened.actors["boss"], opened.register
        for name, first, last in ((SELLER, date(2024, 1, 1), date(2026, 6, 17)), (BUYER, MOVED_IN, None)):
            places.add_party(register, boss, name=name, now=NOW)
            places.occupy(
                register, boss, premises=HOUSEHOLD, party=name, capacity="owner", valid_from=first, valid_to=last,
                now=NOW,
            )  # fmt: skip
        yield opened


def new(company: ActingCompany, code: str, values: dict[str, object], party: str | None = BUYER) -> str:
    role = "clerk" if code == "QR-900-01" else OFFICE
    about = About(unit="HQ", party=party, premises=HOUSEHOLD)
    return lifecycle.new(company.register, company.actors[role], NOW, code, values, about).number


def shown(company: ActingCompany, party: str | None = None, role: str = OFFICE) -> DossierView:
    return dossier.show(company.register, company.actors[role], NOW, HOUSEHOLD, party)


def cover(company: ActingCompany, role: str = OFFICE, **raw: object) -> tuple[str, bool]:
    made, is_new = dossier.cover(company.register, company.actors[role], NOW, HOUSEHOLD, None, raw)
    return made.number, is_new


def test_a_dossier_is_opened_by_moving_in_and_closed_by_the_sale(company: ActingCompany) -> None:
    buyer, seller = shown(company), shown(company, SELLER)
    assert (buyer.party_name, buyer.opened_on, buyer.closed_on, buyer.is_open) == (BUYER, MOVED_IN, None, True)
    assert (seller.opened_on, seller.closed_on, seller.is_open) == (date(2024, 1, 1), date(2026, 6, 17), False)
    assert [code for code, _title in buyer.missing] == ["QR-C-01", "QR-C-02", "QR-C-04"]


def test_each_party_s_records_are_filed_with_it_in_the_procedure_s_order(company: ActingCompany) -> None:
    covenant = new(company, "QR-C-04", {"owner_name": BUYER, **COVENANT})
    former = new(company, "QR-C-01", {"owner_name": SELLER, **PARTICULARS}, SELLER)
    particulars = new(company, "QR-C-01", {"owner_name": BUYER, **PARTICULARS})
    unnamed = new(company, "QR-C-01", {"owner_name": BUYER, **PARTICULARS}, None)
    view = shown(company)
    assert [each.number for each in view.items] == [particulars, unnamed, covenant]
    assert [each.number for each in shown(company, SELLER).items] == [former]
    assert [code for code, _title in view.missing] == ["QR-C-02"]


def test_what_a_person_may_not_read_is_counted_and_not_named(company: ActingCompany) -> None:
    new(company, "QR-900-01", {"seen": "家中有老人"})
    assert (shown(company).items, shown(company).unreadable) == ((), 1)
    with pytest.raises(NoUnitToReadError):
        shown(company, role="stranger")


def test_a_void_record_is_shown_and_leaves_its_place_missing(company: ActingCompany) -> None:
    particulars = new(company, "QR-C-01", {"owner_name": BUYER, **PARTICULARS})
    lifecycle.void(company.register, company.actors[OFFICE], NOW, particulars, "误填")
    view = shown(company)
    assert [(each.number, each.state) for each in view.items] == [(particulars, "void")]
    assert "QR-C-01" in dict(view.missing)


def test_the_cover_lists_the_dossier_and_is_made_anew_when_it_changed(company: ActingCompany) -> None:
    former = new(company, "QR-C-01", {"owner_name": SELLER, **PARTICULARS}, SELLER)
    particulars = new(company, "QR-C-01", {"owner_name": BUYER, **PARTICULARS})
    number, is_new = cover(company, others="交付通知书 1 页")
    record = company.record(number)
    assert is_new
    listed = record.values["contents"]
    assert isinstance(listed, list | tuple)
    assert [each["number"] for each in listed] == [particulars]
    assert former not in str(listed)
    assert (record.values["owner_name"], record.values["missing_items"]) == (BUYER, "分户验收单、业主公约")
    assert cover(company) == (number, False)
    new(company, "QR-C-04", {"owner_name": BUYER, **COVENANT})
    assert shown(company).is_cover_outdated
    assert cover(company) == (number, True)
    refilled = company.record(number).values
    assert (refilled["missing_items"], refilled["others"]) == ("分户验收单", "交付通知书 1 页")
    company.sign(OFFICE, number, "cover")
    new(company, "QR-C-04", {"owner_name": BUYER, **COVENANT})
    successor, _is_new = cover(company)
    assert successor != number
    assert company.record(number).state is State.REPLACED
    assert shown(company).cover == successor


def test_only_who_may_fill_the_cover_makes_one(company: ActingCompany) -> None:
    with pytest.raises(NotYoursError):
        cover(company, HEAD)
    with pytest.raises(AboutNothingError):
        lifecycle.new(company.register, company.actors[OFFICE], NOW, "QR-C-09", {"room": "x"}, About(unit="HQ"))


def test_all_dossiers_are_listed_with_what_they_lack(company: ActingCompany) -> None:
    listed = dossier.list_dossiers(company.register, company.actors[OFFICE], NOW)
    assert [(each.party_name, each.is_open, len(each.missing)) for each in listed] == [
        (SELLER, False, 3),
        (BUYER, True, 3),
    ]


def test_moving_out_starts_the_period_of_what_is_kept_from_then(company: ActingCompany) -> None:
    particulars = new(company, "QR-C-01", {"owner_name": BUYER, **PARTICULARS})
    boss = company.actors["boss"]
    places.vacate(company.register, boss, premises=HOUSEHOLD, party=BUYER, capacity="owner", on=NOW.date(), now=NOW)
    later = NOW + timedelta(days=1)
    with company.register.reading() as snapshot:
        desk = RetentionDesk(Setting(snapshot, later))
        happened = desk.kept(company.record(particulars)).happened
    view = dossier.show(company.register, company.actors[OFFICE], later, HOUSEHOLD, BUYER)
    assert (view.is_open, view.closed_on, happened["moved_out"]) == (False, NOW.date(), NOW.date())


def test_a_dossier_that_is_not_there_or_is_several_is_refused(company: ActingCompany) -> None:
    register, boss = company.register, company.actors["boss"]
    places.add_party(register, boss, name="陈某", now=NOW)
    with pytest.raises(NoStayError, match=SELLER):
        shown(company, "陈某")
    places.add_premises(register, boss, unit="HQ", code="9-1-0101", now=NOW)
    with pytest.raises(NoStayError):
        dossier.show(register, company.actors[OFFICE], NOW, "9-1-0101")
    places.occupy(
        register, boss, premises=HOUSEHOLD, party="陈某", capacity="owner", valid_from=MOVED_IN, valid_to=None, now=NOW
    )
    with pytest.raises(SeveralDossiersError, match="陈某"):
        shown(company)


def kept_twice(folder: Path) -> Path:
    cover_form = form("QR-910-01", section("a", field("b")))
    rule = {"cover": "QR-910-01", "contents": [{"form": "QR-910-01"}]}
    return write_package(folder / "P91", cover_form, identifier="P91", dossier=rule)


@pytest.mark.parametrize(
    ("packages", "error"),
    [([visits], NoDossierRuleError), ([lambda _folder: FORMS / "P06", kept_twice], SeveralDossierRulesError)],
)
def test_one_procedure_in_force_says_how_dossiers_are_kept(
    stages: Stages, database: str, tmp_path: Path, packages: list[object], error: type[Exception]
) -> None:
    with office_with(stages, database, tmp_path, error.__name__, packages, OFFICE) as company:  # type: ignore[arg-type]
        register, boss = company.register, company.actors["boss"]
        places.add_party(register, boss, name=BUYER, now=NOW)
        places.occupy(
            register, boss, premises=HOUSEHOLD, party=BUYER, capacity="owner", valid_from=MOVED_IN, valid_to=None,
            now=NOW,
        )  # fmt: skip
        with pytest.raises(error):
            dossier.show(register, boss, NOW, HOUSEHOLD)
