from datetime import UTC, datetime

import pytest

from recordkeeper.errors import InvalidInputError, RefusalError
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History, head_act
from recordkeeper.model.particulars import NothingAmendedError
from recordkeeper.model.replay import UnreadableActError
from recordkeeper.model.unit import CircularUnitError, RootUnitError, Unit, UnknownTimeZoneError
from recordkeeper.model.value import TextRefusedError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)


def history(subject: str, *contents: Content) -> History:
    acts = History(subject, (head_act(subject, "00" * 16),))
    for content in contents:
        acts = acts.followed_by(content)
    return acts


def root(**given: str) -> Content:
    values = {
        "company": "绿城物业",
        "company_en": "",
        "code": "HQ",
        "time_zone": "Asia/Shanghai",
        "log_key": "k",
    }
    return Unit.init(by="person/1", at=NOW, **(values | given))


def estate(**given: str) -> Content:
    values = {"code": "SH", "kind": "estate", "name_zh": "山海苑", "name_en": "Shanhai", "parent": "unit/1"}
    return Unit.add(by="person/1", at=NOW, **(values | given))


def test_the_root_holds_company_time_zone_and_log_key() -> None:
    unit = Unit.replay(history("unit/1", root()))
    assert (unit.code, unit.kind, unit.parent, unit.name_zh) == ("HQ", "company", None, "绿城物业")
    assert (unit.zone.key, unit.log_key) == ("Asia/Shanghai", "k")
    assert unit.name("en") == "绿城物业"


def test_a_unit_stands_below_another_and_has_two_names() -> None:
    unit = Unit.replay(history("unit/2", estate()))
    assert (unit.parent, unit.name("zh"), unit.name("en")) == ("unit/1", "山海苑", "Shanhai")


def test_the_act_says_who_and_when() -> None:
    content = estate()
    assert (content["act"], content["by"], content["at"]) == ("add", "person/1", "2026-11-23T06:05:04Z")


@pytest.mark.parametrize("code", ["", "sh", "SH-1", "ABCDEFGHI", "山", "S H", "SH\n2"])
def test_a_code_is_one_to_eight_capital_letters_and_digits(code: str) -> None:
    with pytest.raises(TextRefusedError):
        estate(code=code)


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "a\ud800", "x" * 201, "a\u2028b"])
def test_a_name_is_one_line_that_every_document_can_hold(name: str) -> None:
    with pytest.raises(TextRefusedError):
        estate(name_zh=name)


def test_an_unknown_kind_or_time_zone_is_refused() -> None:
    with pytest.raises(TextRefusedError):
        estate(kind="region")
    for zone in ("Mars/Olympus", "", "../etc/passwd", "/etc/localtime"):
        with pytest.raises(UnknownTimeZoneError):
            root(time_zone=zone)


def test_an_amendment_names_what_changed_alone_and_keeps_the_old_in_the_acts() -> None:
    before = history("unit/2", estate())
    content = Unit.replay(before).amend(by="person/1", at=NOW, name_zh="山海苑", name_en="Shan Hai", reason="spelling")
    assert content["changed"] == {"name_en": "Shan Hai"}
    after = before.followed_by(content)
    assert Unit.replay(after).name_en == "Shan Hai"
    assert after.acts[1].content["name_en"] == "Shanhai"


def test_an_equal_value_is_no_amendment() -> None:
    unit = Unit.replay(history("unit/2", estate()))
    with pytest.raises(NothingAmendedError) as refused:
        unit.amend(by="person/1", at=NOW, name_en="Shanhai")
    assert isinstance(refused.value, InvalidInputError)


def test_the_root_stays_the_root() -> None:
    unit = Unit.replay(history("unit/1", root()))
    with pytest.raises(RootUnitError) as refused:
        unit.amend(by="person/1", at=NOW, parent="unit/2")
    assert isinstance(refused.value, RefusalError)


def test_a_unit_does_not_stand_below_itself() -> None:
    above = Unit.replay(history("unit/2", estate()))
    below = Unit.replay(history("unit/3", estate(code="SH1", parent="unit/2")))
    with pytest.raises(CircularUnitError):
        above.check_place(("unit/3", "unit/2", "unit/1"), below)
    below.check_place(("unit/1",), above)


@pytest.mark.parametrize(
    "content",
    [
        {"act": "add", "by": "person/1", "at": "2026-11-23T06:05:04Z"},
        {"act": "burn", "by": "person/1", "at": "2026-11-23T06:05:04Z"},
    ],
)
def test_an_act_that_no_release_writes_is_named(content: Content) -> None:
    with pytest.raises(UnreadableActError) as first:
        Unit.replay(history("unit/2", content))
    assert "unit/2: act 1 " in str(first.value)
    with pytest.raises(UnreadableActError) as second:
        Unit.replay(history("unit/2", estate(), content))
    assert "unit/2: act 2 " in str(second.value)


def test_an_amendment_cannot_change_what_never_changes() -> None:
    act: Content = {"act": "amend", "by": "person/1", "at": "2026-11-23T06:05:04Z", "changed": {"code": "XX"}}
    with pytest.raises(UnreadableActError):
        Unit.replay(history("unit/2", estate(), act))


def test_a_subject_without_its_first_act_is_unreadable() -> None:
    with pytest.raises(UnreadableActError):
        Unit.replay(history("unit/2"))
