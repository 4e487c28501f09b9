"""``dossier``: shown in both languages, its cover written, what cannot be refused with its status."""

from pathlib import Path

import pytest

from record_workspace import SECRET, Desk, desk, record_template

__all__ = ["desk", "record_template"]

PLACE = "1-1-0302"
OWNER = "周文娟"


@pytest.fixture
def household(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """P06 in force, and a household whose file the clerk keeps."""
    monkeypatch.setenv("RECORDKEEPER_APPROVER_PASSPHRASE", SECRET)
    desk.done("procedure", "install", "P06", "--approve-as", "approver", who="boss")
    desk.done("premises", "occupy", PLACE, OWNER, "--capacity", "owner", "--from", "2012-01-01", who="boss")
    desk.done("user", "grant", "clerk", "management_office", "--unit", "SH", who="boss")
    return desk


def test_a_dossier_is_shown_listed_and_given_a_cover(household: Desk, tmp_path: Path) -> None:
    shown = household.done("dossier", "show", PLACE, who="clerk")
    assert (shown["party_name"], shown["opened_on"], shown["is_open"]) == (OWNER, "2012-01-01", True)
    assert [each["form"] for each in shown["missing"]] == ["QR-C-01", "QR-C-02", "QR-C-04"]
    target = tmp_path / "cover.docx"
    made = household.done("dossier", "cover", PLACE, "--set", "others=通知书", "--output", str(target), who="clerk")
    assert (made["entered"], made["file"]) == (True, str(target))
    assert target.read_bytes()[:2] == b"PK"
    assert household.refused("dossier", "cover", PLACE, "--output", str(target), who="clerk")["kind"] == "not-confirmed"
    again = household.done("dossier", "cover", PLACE, "--output", str(target), "--yes", who="clerk")
    assert (again["entered"], again["number"]) == (False, made["number"])
    (listed,) = household.listed("dossier", "list", "--missing", "--open", who="clerk")
    assert listed["cover"] == made["number"]
    assert household.run("dossier", "show", PLACE, OWNER, who="clerk") == 0
    assert "missing: QR-C-01 Household particulars" in household.out
    household.language = "zh"
    assert household.run("dossier", "show", PLACE, who="clerk") == 0
    assert "缺件：QR-C-01 住户基本情况登记表" in household.out


REFUSED: list[tuple[tuple[str, ...], str, str, str]] = [
    (("show", "9-9-0909"), "clerk", "4", "unknown-place"),
    (("show", PLACE, "许国良"), "clerk", "4", "unknown-place"),
    (("show", PLACE), "elsewhere", "3", "no-unit-to-read"),
    (("list", "--unit", "SH"), "nobody", "3", "no-unit-to-read"),
    (("cover", PLACE, "--set", "nothing=1"), "clerk", "2", "values-refused"),
    (("cover", PLACE), "quality", "3", "not-yours"),
]


def test_what_cannot_be_is_refused(household: Desk) -> None:
    for arguments, who, status, kind in REFUSED:
        error = household.refused("dossier", *arguments, who=who)
        assert (error["status"], error["kind"]) == (status, kind), arguments
