"""``retention``: what is kept how long, what is due, the schedule, holds."""

import json
from pathlib import Path

from record_workspace import Desk, desk, record_template
from tampering import change

__all__ = ["desk", "record_template"]

SCHEDULE = """\
revision: {revision}
title: {{zh: 保管期限表, en: Retention schedule}}
open_days: 30
rules:
  - {{id: feedback, forms: [QR-017-02], years: {years}, action: destroy, authority: 公司规定}}
"""


def schedule(folder: Path, revision: str = "A/0", years: int = 5) -> str:
    file = folder / f"schedule-{revision.replace('/', '-')}.yaml"
    file.write_text(SCHEDULE.format(revision=revision, years=years), encoding="utf-8")
    return str(file)


def answer_of_register(desk: Desk) -> str:
    desk.run("verify", "--json")
    return str(json.loads(desk.out)["aspects"]["register"]["answer"])


def test_a_record_says_how_long_it_is_kept_by_which_rule_and_why(desk: Desk) -> None:
    number = desk.closed()
    [kept] = desk.listed("retention", "list", "--number", number)
    day = kept["closed_on"]
    assert (kept["outcome"], kept["due_on"][:4]) == ("running", str(int(day[:4]) + 3))
    assert kept["rules"] == [
        {
            "id": "QR-017-02",
            "source": "QR-017-02 A/0",
            "authority": "P12-R1",
            "trigger": "closed",
            "period": {"years": 3, "months": 0},
            "action": "review",
            "happened_on": day,
            "due_on": kept["due_on"],
            "decides": True,
            "record": number,
        }
    ]
    assert desk.listed("retention", "due") == []
    [due] = desk.listed("retention", "due", "--on", kept["due_on"])
    assert (due["number"], due["outcome"]) == (number, "review")
    assert due["decide_by"] > due["due_on"]
    assert desk.run("retention", "due", "--on", kept["due_on"]) == 0
    assert "to be appraised" in desk.out


def test_a_record_that_stays_open_is_told(desk: Desk) -> None:
    number = desk.signed()
    [told] = desk.listed("retention", "due", "--on", "2199-01-01")
    assert (told["number"], told["outcome"]) == (number, "open")
    assert told["open_since"] is not None


def test_a_schedule_is_proposed_by_one_person_and_put_in_force_by_another(desk: Desk, tmp_path: Path) -> None:
    number = desk.closed()
    proposed = desk.done("retention", "schedule", schedule(tmp_path), who="boss")
    assert (proposed["revision"], proposed["state"]) == ("A/0", "draft")
    [move] = proposed["moves"]
    assert (move["number"], move["is_shorter"]) == (number, False)
    before = desk.listed("retention", "list", "--number", number)[0]["due_on"]
    assert move["due_on_before"] == before
    assert desk.refused("retention", "schedule", "--approve", who="boss")["kind"] == "no-right"
    assert desk.refused("retention", "schedule", "--approve", who="quality")["kind"] == "no-right"
    desk.done("retention", "schedule", "--approve", who="approver")
    [kept] = desk.listed("retention", "list", "--number", number)
    assert kept["due_on"] == move["due_on_after"] > before
    assert [rule["decides"] for rule in kept["rules"]] == [False, True]
    assert desk.refused("retention", "schedule", "--approve", who="approver")["kind"] == "no-schedule"
    assert desk.run("retention", "schedule") == 0
    assert "公司规定" in desk.out


def test_no_schedule_lets_records_go_earlier_unsaid(desk: Desk, tmp_path: Path) -> None:
    number = desk.closed()
    desk.done("retention", "schedule", schedule(tmp_path), who="boss")
    desk.done("retention", "schedule", "--approve", who="approver")
    [move] = desk.done("retention", "schedule", schedule(tmp_path, "A/1", 4), who="boss")["moves"]
    assert move["is_shorter"] is True
    refused = desk.refused("retention", "schedule", "--approve", who="approver")
    assert (refused["kind"], refused["status"], refused["found"]) == ("shortened", "3", number)
    desk.done("retention", "schedule", "--approve", "--allow-shorter", who="approver")
    assert answer_of_register(desk) == "ok"


def test_a_schedule_shows_its_days_and_shortens_none_unsaid(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(SCHEDULE.format(revision="A/0", years=5) + "cooling_days: 0\n", encoding="utf-8")
    drawn_up = desk.done("retention", "schedule", str(file), who="boss")
    assert (drawn_up["cooling_days"], drawn_up["decide_days"], drawn_up["open_days"]) == (0, 60, 30)
    assert desk.run("retention", "schedule") == 0
    assert "Days between approval and destruction: 0 (now 7)" in desk.out
    assert "installing FILE under the next revision" in desk.out
    refused = desk.refused("retention", "schedule", "--approve", who="approver")
    assert (refused["kind"], refused["status"], refused["found"]) == ("shortened", "3", "cooling_days 0, now 7")
    again = desk.refused("retention", "schedule", str(file), who="boss")
    assert (again["kind"], again["status"]) == ("schedule-installed", "3")
    assert again["expected"] == "the next revision, which takes its place"
    file.write_text(SCHEDULE.format(revision="A/1", years=5) + "cooling_days: 8\n", encoding="utf-8")
    desk.done("retention", "schedule", str(file), who="boss")
    assert desk.done("retention", "schedule", "--approve", who="approver")["revision"] == "A/1"
    assert desk.run("retention", "schedule") == 0
    assert "Days between approval and destruction: 8\n" in desk.out


def test_a_schedule_that_cannot_be_used_is_refused_with_every_problem(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(
        "revision: A\ntitle: {zh: 表, en: Table}\nrules:\n"
        "  - {id: a, years: permanent, action: destroy, authority: x}\n  - {id: b, authority: y}\n",
        encoding="utf-8",
    )
    error = desk.refused("retention", "schedule", str(file), who="boss")
    assert (error["kind"], error["status"]) == ("definition", "2")
    assert all(part in error["message"] for part in ("schedule.yaml:1", "schedule.yaml:4", "schedule.yaml:5"))
    file.write_text(SCHEDULE.format(revision="A/0", years=5).replace("QR-017-02", "QR-999-01"), encoding="utf-8")
    assert desk.refused("retention", "schedule", str(file), who="boss")["found"] == "QR-999-01"
    assert desk.refused("retention", "schedule", schedule(tmp_path), who="quality")["status"] == "3"


def test_a_hold_is_placed_listed_and_lifted(desk: Desk) -> None:
    number = desk.closed()
    placed = desk.done("retention", "hold", number, "--title", "诉讼", "--mandate", "民初字第 9 号", who="boss")
    assert (placed["subject"], placed["keeps"]) == ("hold/1", [number])
    assert desk.listed("retention", "list", "--number", number)[0]["holds"] == ["hold/1"]
    assert desk.run("retention", "hold") == 0
    assert all(part in desk.out for part in ("诉讼", "民初字第 9 号", number))
    lifted = desk.done("retention", "release", "1", "--reason", "结案", "--authority", "总经理", who="approver")
    assert lifted["lift_authority"] == "总经理"
    assert desk.listed("retention", "list", "--number", number)[0]["holds"] == []
    assert desk.refused("retention", "hold", number, "--title", "无据", who="boss")["status"] == "2"


def test_a_hold_on_what_a_text_finds_is_not_placed_where_it_finds_nothing(desk: Desk) -> None:
    number = desk.closed()
    hold = ("retention", "hold", "--title", "诉讼", "--mandate", "民初字第 9 号", "--text")
    error = desk.refused(*hold, "没有这样的话", who="boss")
    assert (error["status"], error["kind"], error["found"]) == ("4", "nothing-found", "没有这样的话")
    assert desk.listed("retention", "hold") == []
    assert desk.done(*hold, "照明灯", who="boss")["keeps"] == [number]


def test_what_a_hold_keeps_cannot_be_struck_from_the_register_unseen(desk: Desk) -> None:
    number = desk.closed()
    desk.done("retention", "hold", number, "--title", "诉讼", "--mandate", "民初字第 9 号", who="boss")
    assert answer_of_register(desk) == "ok"
    change(desk.url, "delete from held")
    assert answer_of_register(desk) == "altered"
    assert "held record/" in desk.out


def test_what_starts_a_period_is_told_and_told_anew(desk: Desk, tmp_path: Path) -> None:
    number = desk.closed()
    file = tmp_path / "schedule.yaml"
    text = SCHEDULE.format(revision="A/0", years=1).replace(
        "action: destroy", "action: destroy, trigger: contract_ended"
    )
    file.write_text(text, encoding="utf-8")
    desk.done("retention", "schedule", str(file), who="boss")
    desk.done("retention", "schedule", "--approve", who="approver")
    [waiting] = desk.listed("retention", "list", "--number", number)
    assert (waiting["outcome"], waiting["due_on"]) == ("waiting", None)
    ended = ("retention", "tell", number, "contract_ended", "--reason", "解约协议")
    for wrong in (
        [*ended[:3], "closed", *ended[4:], "--on", "2020-01-01"],
        [*ended, "--on", "2199-01-01"],
        [*ended[:5], " ", "--on", "2020-01-01"],
    ):
        assert desk.refused(*wrong)["status"] == "2"
    assert desk.refused(*ended, "--on", "2020-01-01", who="elsewhere")["status"] == "3"
    [told] = desk.listed(*ended, "--on", "2020-01-01")
    assert f"{number}: 2020-01-01 lies before " in desk.err
    assert (told["outcome"], told["rules"][1]["due_on"]) == ("running", "2021-01-02")
    [told] = desk.listed(*ended, "--on", "2021-01-01")
    assert told["rules"][1]["happened_on"] == "2021-01-01"
    assert [act["kind"] for act in desk.done("record", "history", number)["events"]].count("tell") == 2


def test_where_no_procedure_provides_a_list_what_to_do_is_said(desk: Desk) -> None:
    acts = desk.acts()
    refused = desk.refused("retention", "list-new", "--unit", "SH", who="boss")
    assert (refused["kind"], refused["status"]) == ("unserved-purpose", "3")
    assert refused["message"].startswith("destruction list (destruction_list)")
    assert refused["message"].endswith(
        "install a procedure that provides one, and have its forms approved and released"
    )
    assert desk.acts() == acts
