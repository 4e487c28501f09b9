from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recordkeeper.model.premises import AlreadyOccupiesError, Premises
from recordkeeper.model.unit import CircularUnitError
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import directory
from recordkeeper.register.acts import Register
from recordkeeper.register.connection import AlreadyTakenError
from recordkeeper.services import people, places
from recordkeeper.services.company import UnknownPlaceError, company, new_subject, today, unit_and_above
from recordkeeper.services.csv_table import UnreadableTableError
from recordkeeper.services.initiation import Beginning, initiate, prepare
from recordkeeper.services.people import Actor
from recordkeeper.services.place_import import RejectedRowsError, import_parties, import_premises
from recordkeeper.services.right import NoRightError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SECRET = "correct horse"


@pytest.fixture(scope="module")
def beginning() -> Beginning:
    return prepare(company="绿城物业", time_zone="Asia/Shanghai", login="boss", name="李雷", passphrase=SECRET, now=NOW)


@pytest.fixture
def boss(register: Register, beginning: Beginning, tmp_path: Path) -> Actor:
    archive = StorageRoot(tmp_path / "archive" / "objects", tmp_path / "archive" / "incoming")
    person = initiate(beginning, register, archive, tmp_path / "log.key", NOW).controller
    return Actor(person.subject, person.login, person.name)


@pytest.fixture
def estates(register: Register, boss: Actor) -> list[str]:
    return [
        places.add_unit(
            register, boss, code=code, kind="estate", name_zh=name, name_en="", parent="HQ", now=NOW
        ).subject
        for code, name in (("SH", "山海苑"), ("LY", "兰亭"))
    ]


def event_count(register: Register) -> int:
    with register.reading() as snapshot:
        return snapshot.event_count()


def test_the_day_is_the_companys_and_not_the_clocks(register: Register, boss: Actor) -> None:
    assert boss.subject == "person/1"
    with register.reading() as snapshot:
        assert company(snapshot).name_zh == "绿城物业"
        assert today(snapshot, datetime(2026, 11, 23, 15, 59, tzinfo=UTC)) == TODAY
        assert today(snapshot, datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == TODAY + timedelta(days=1)


def test_units_form_a_tree_and_are_listed_as_one(register: Register, boss: Actor, estates: list[str]) -> None:
    below = places.add_unit(
        register, boss, code="SH1", kind="office", name_zh="前台", name_en="Desk", parent="山海苑", now=NOW
    )
    assert [unit.code for unit in places.list_units(register, boss, NOW)] == ["HQ", "LY", "SH", "SH1"]
    with register.reading() as snapshot:
        assert unit_and_above(snapshot, below.subject) == (below.subject, estates[0], "unit/1")
        assert places.find_unit(snapshot, "Desk") == below
        with pytest.raises(UnknownPlaceError):
            places.find_unit(snapshot, "XX")


def test_a_units_code_is_taken_once_and_a_unit_never_stands_below_itself(
    register: Register, boss: Actor, estates: list[str]
) -> None:
    with pytest.raises(places.PlaceExistsError):
        places.add_unit(register, boss, code="SH", kind="office", name_zh="x", name_en="", parent="HQ", now=NOW)
    places.amend_unit(register, boss, unit="LY", parent="SH", now=NOW)
    with pytest.raises(CircularUnitError):
        places.amend_unit(register, boss, unit="SH", parent="LY", now=NOW)
    with register.reading() as snapshot:
        assert places.find_unit(snapshot, "LY").parent == estates[0]


def test_who_is_no_controller_changes_no_place(register: Register, boss: Actor, estates: list[str]) -> None:
    person = people.add_user(register, boss, login="clerk", name="王芳", passphrase=SECRET, now=NOW)
    clerk = Actor(person.subject, person.login, person.name)
    before = event_count(register)
    with pytest.raises(NoRightError):
        places.add_unit(register, clerk, code="X", kind="office", name_zh="x", name_en="", parent="SH", now=NOW)
    with pytest.raises(NoRightError):
        places.add_party(register, clerk, name="张伟", now=NOW)
    with pytest.raises(NoRightError):
        places.add_premises(register, clerk, unit="SH", code="1-1-101", now=NOW)
    assert event_count(register) == before
    people.grant(
        register, boss, login="clerk", role="controller", unit=estates[0], valid_from=None, valid_to=None, now=NOW
    )
    places.add_party(register, clerk, name="张伟", now=NOW)
    places.add_premises(register, clerk, unit="SH", code="1-1-101", now=NOW)
    with pytest.raises(NoRightError):
        places.add_premises(register, clerk, unit="LY", code="1-1-101", now=NOW)
    with pytest.raises(NoRightError):
        places.amend_unit(register, clerk, unit="SH", parent="LY", now=NOW)


def test_a_party_is_added_amended_and_found(register: Register, boss: Actor) -> None:
    party = places.add_party(register, boss, name="张伟", phone="13800138000", now=NOW)
    with pytest.raises(places.PlaceExistsError):
        places.add_party(register, boss, name="张伟", phone="13800138000", now=NOW)
    places.add_party(register, boss, name="张伟", phone="13900139000", now=NOW)
    with register.reading() as snapshot, pytest.raises(places.SeveralPlacesError):
        places.find_party(snapshot, "张伟")
    amended = places.amend_party(register, boss, party=party.subject, phone="10%_x", now=NOW)
    assert amended.phone == "10%_x"
    with register.reading() as snapshot:
        assert [entry.subject for entry in directory.list_parties(snapshot, "%_")] == [party.subject]
        assert len(directory.list_parties(snapshot)) == 2
        assert directory.list_parties(snapshot, "13800138000") == []


def test_premises_have_a_code_of_their_own_in_each_unit(register: Register, boss: Actor, estates: list[str]) -> None:
    for unit in ("SH", "LY"):
        places.add_premises(register, boss, unit=unit, code="3-2-1201", now=NOW)
    with pytest.raises(places.PlaceExistsError):
        places.add_premises(register, boss, unit="SH", code="3-2-1201", now=NOW)
    with register.reading() as snapshot:
        with pytest.raises(places.SeveralPlacesError):
            places.find_premises(snapshot, "3-2-1201")
        assert places.find_premises(snapshot, "LY:3-2-1201").unit == estates[1]
        assert places.find_premises(snapshot, "3-2-1201", estates[0]).unit == estates[0]
        assert [entry.unit for entry in directory.list_premises(snapshot, "1201")] == sorted(estates)


def test_of_two_who_add_the_same_premises_at_once_one_is_refused(
    register: Register, boss: Actor, estates: list[str]
) -> None:
    content = Premises.add(by=boss.subject, at=NOW, unit=estates[0], code="3-2-1201")
    with register.writing(now=NOW) as transaction:
        places.append_new_premises(transaction, content)
    with pytest.raises(AlreadyTakenError), register.writing(now=NOW) as transaction:
        # What a second one does who looked before the first had committed.
        places.append_premises(transaction, new_subject(transaction, "premises"), content)
    with register.reading() as snapshot:
        assert len(list(snapshot.histories("premises"))) == 1


def test_occupants_move_in_and_out(register: Register, boss: Actor, estates: list[str]) -> None:
    assert estates
    places.add_premises(register, boss, unit="SH", code="3-2-1201", now=NOW)
    party = places.add_party(register, boss, name="张伟", now=NOW)
    move = {"premises": "3-2-1201", "party": "张伟", "capacity": "tenant", "now": NOW}
    places.occupy(register, boss, valid_from=None, valid_to=None, **move)  # type: ignore[arg-type]  # by name
    with pytest.raises(AlreadyOccupiesError):
        places.occupy(register, boss, valid_from=None, valid_to=None, **move)  # type: ignore[arg-type]  # by name
    left = places.vacate(register, boss, on=TODAY, **move)  # type: ignore[arg-type]  # by name
    assert left.occupancies[0].period.last == TODAY
    with register.reading() as snapshot:
        (residence,) = places.residences_of(snapshot, party.subject)
    assert (residence.unit_code, residence.premises) == ("SH", left)


PARTIES = "姓名,电话,类别,备注\n张伟,13800138000,个人,\n和记餐饮,0571-1,公司,一层\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_parties_are_imported_from_what_a_spreadsheet_saves(register: Register, boss: Actor, encoding: str) -> None:
    report = import_parties(register, boss, PARTIES.encode(encoding), "p.csv", NOW)
    assert (report.row_count, len(report.added), report.rejects) == (2, 2, ())
    with register.reading() as snapshot:
        entries = {entry.name: entry for entry in directory.list_parties(snapshot)}
    assert (entries["和记餐饮"].kind, entries["和记餐饮"].note) == ("firm", "一层")


@pytest.mark.parametrize("heading", ["name;phone", "NAME;Phone", "名称；手机".replace("；", ";"), " Name* ;Telephone"])
def test_headings_are_known_by_several_names(register: Register, boss: Actor, heading: str) -> None:
    report = import_parties(register, boss, f"{heading}\r\n张伟;138\r\n".encode(), "p.csv", NOW)
    assert len(report.added) == 1


def test_a_dry_run_reports_and_changes_nothing(register: Register, boss: Actor) -> None:
    before = event_count(register)
    data = PARTIES.replace("张伟", "").encode()
    report = import_parties(register, boss, data, "p.csv", NOW, dry_run=True)
    assert [(reject.row, reject.column) for reject in report.rejects] == [(2, "name")]
    assert event_count(register) == before


def test_one_rejected_row_keeps_all_others_out(register: Register, boss: Actor) -> None:
    before = event_count(register)
    data = (PARTIES + "王\x00芳,1,个人,\n李四,2,机器人,\n").encode()
    with pytest.raises(RejectedRowsError) as refused:
        import_parties(register, boss, data, "p.csv", NOW)
    assert "row 4 name" in str(refused.value)
    assert "row 5 kind" in str(refused.value)
    assert event_count(register) == before
    report = import_parties(register, boss, data, "p.csv", NOW, skip_rejected=True)
    assert (len(report.added), len(report.rejects)) == (2, 2)
    assert event_count(register) == before + 2


def test_a_file_imported_twice_is_rejected_the_second_time(register: Register, boss: Actor) -> None:
    import_parties(register, boss, PARTIES.encode(), "p.csv", NOW)
    with pytest.raises(RejectedRowsError) as refused:
        import_parties(register, boss, PARTIES.encode(), "p.csv", NOW)
    assert str(refused.value).count("exists already") == 2
    twice = "姓名,电话\n赵六,1\n赵六,1\n".encode()
    report = import_parties(register, boss, twice, "p.csv", NOW, skip_rejected=True)
    assert [reject.row for reject in report.rejects] == [3]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"\xff\xff\xff", "姓名,年龄\n".encode(), "姓名,名称\n".encode(), b"name\na,b\n", b'name\n"a\n'],
)
def test_a_file_that_is_no_such_table_is_refused(register: Register, boss: Actor, data: bytes) -> None:
    with pytest.raises(UnreadableTableError):
        import_parties(register, boss, data, "p.csv", NOW)


PREMISES = (
    "小区,房号,类型,业主,身份,入住日期\n"
    "SH,3-2-1201,住宅,张伟,业主,2020年5月1日\n"
    "山海苑,3-2-1201,,李四,租户,2024/1/1\n"
    ",商铺12,商铺,,,\n"
)


def test_premises_are_imported_with_their_occupants(register: Register, boss: Actor, estates: list[str]) -> None:
    for name in ("张伟", "李四"):
        places.add_party(register, boss, name=name, now=NOW)
    report = import_premises(register, boss, PREMISES.encode(), "h.csv", NOW, unit="LY")
    assert (report.row_count, len(report.added)) == (3, 2)
    with register.reading() as snapshot:
        premises = places.find_premises(snapshot, "SH:3-2-1201")
        assert places.find_premises(snapshot, "商铺12").unit == estates[1]
    found = [(item.party, item.capacity, item.period.first.year) for item in premises.occupancies]
    assert found == [("party/1", "owner", 2020), ("party/2", "tenant", 2024)]


def test_premises_that_do_not_fit_are_named_by_row_and_column(
    register: Register, boss: Actor, estates: list[str]
) -> None:
    assert estates
    places.add_party(register, boss, name="张伟", now=NOW)
    rows = [
        "XX,1-1-101,,,,",
        "SH,!,,,,",
        "SH,1-1-102,,王五,,",
        "SH,1-1-103,,张伟,邻居,",
        "SH,1-1-104,,张伟,,2024-02-30",
        ",1-1-105,,,,",
        "SH,1-1-106,,,,",
        "SH,1-1-106,,,,",
    ]
    data = ("小区,房号,类型,业主,身份,入住日期\n" + "\n".join(rows)).encode()
    before = event_count(register)
    report = import_premises(register, boss, data, "h.csv", NOW, skip_rejected=True)
    assert [(reject.row, reject.column) for reject in report.rejects] == [
        (2, "unit"), (3, "code"), (4, "party"), (5, "capacity"), (6, "valid_from"), (7, "unit"), (9, "code"),
    ]  # fmt: skip
    assert event_count(register) == before + 1
