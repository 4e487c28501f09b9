from collections.abc import Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from record_samples import CHECKER, CLERK, HEAD, Life, form, register_form, section, titled
from recordkeeper.model.record import Record
from recordkeeper.model.rendition import Surroundings, blank_context, record_context, text_of
from recordkeeper.model.rich_text import RichText, text_of_spans, text_with_marks
from recordkeeper.model.section import FormField

ROLES = {"clerk": "员工", "head": "部门负责人"}
AROUND = Surroundings("示范物业", lambda subject: ROLES.get(subject, subject), ZoneInfo("Asia/Shanghai"))
POLICY = {"corrections": 9, "countersign": {"by": ["checker"]}}


def sample(**more: Any) -> Life:
    life = Life(
        form(
            section(
                "first",
                "clerk",
                titled("name"),
                titled("phone", required=False),
                titled("colour", "choice"),
                titled("colours", "choice", multiple=True, required=False),
                titled("urgent", "yes_no"),
                titled("gate", "scale"),
                titled("day", "date"),
                titled("at", "moment"),
                titled("amount", "money", suffix="元"),
                titled("items", "rows", columns=[titled("item"), titled("done", "yes_no")], required=False),
                sign="one",
                meaning="received",
            ),
            section("second", "head", titled("answer"), sign="one", meaning="verified"),
            **more,
        )
    )
    life.fill(
        "first", name="甲", colour="red", colours="red,blue", urgent="是", gate="很满意", day="2026-11-02",
        at="2026-11-02 09:40", amount="-1234567.5", items=[{"item": "灯", "done": "否"}],
    )  # fmt: skip
    return life


def finished(**more: Any) -> Life:
    life = sample(**more)
    life.sign("first")
    life.fill("second", HEAD, answer="好")
    life.sign("second", HEAD)
    return life


def printed(record: Record, *names: str, rows: Sequence[Record] = ()) -> Any:
    value: Any = record_context(record, AROUND, rows)
    for name in names:
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def text(record: Record, *names: str, rows: Sequence[Record] = ()) -> str:
    return text_with_marks(cast("RichText", printed(record, *names, rows=rows)))


# ---- values ----------------------------------------------------------------------------------------------------------


def test_values_are_printed_as_people_write_them() -> None:
    record = sample().record
    assert text(record, "name") == "甲"
    assert text(record, "day") == "2026年11月2日"
    assert text(record, "at") == "2026年11月2日 09:40"
    assert text(record, "amount") == "-1,234,567.50元"
    assert text(record, "phone") == ""


@pytest.mark.parametrize(
    ("value", "expected"), [("-0.50", "-0.50"), ("0.00", "0.00"), ("-1234.00", "-1,234.00"), ("999.90", "999.90")]
)
def test_money_keeps_its_sign_and_is_grouped(value: str, expected: str) -> None:
    assert text_of(FormField.model_validate(titled("amount", "money")), value, AROUND) == expected


def test_all_choices_are_printed_each_with_its_box() -> None:
    record = sample().record
    assert text(record, "colour") == "☑ red\u3000☐ blue\u3000☐ green"
    assert text(record, "colours") == "☑ red\u3000☑ blue\u3000☐ green"
    assert text(record, "urgent") == "☑ 是\u3000☐ 否"


def test_a_scale_has_a_box_for_each_step_and_one_row_of_all() -> None:
    record = sample().record
    assert text(record, "gate", "very_satisfied") == "☑"
    assert text(record, "gate", "dissatisfied") == "☐"
    assert text(record, "gate", "all").startswith("☑ 很满意\u3000☐ 比较满意")


def test_rows_are_numbered_and_yes_or_no_is_one_box() -> None:
    record = sample().record
    assert printed(record, "items", "0", "no") == "1"
    assert text(record, "items", "0", "item") == "灯"
    assert text(record, "items", "0", "done") == "☐"


def test_unused_cells_are_ruled_out_when_the_record_is_closed() -> None:
    assert text(sample().record, "phone") == ""
    life = finished(amendment=POLICY)
    assert text(life.record, "phone") == "/"
    assert text(life.amend(name="乙"), "phone") == "/"


def test_a_table_without_rows_is_ruled_out_in_one_line_when_the_record_is_closed() -> None:
    life = Life(form(
        section("first", "clerk", titled("asked", "choice", multiple=True, required=False),
                titled("items", "rows", columns=[titled("item")], required=False)),
        section("answers", "clerk", titled("opinion"), each={"field": "asked"}, sign="one"),
        section("last", "clerk", sign="one"),
    ))  # fmt: skip
    life.fill("first")
    assert printed(life.record, "items") == printed(life.record, "answers") == []
    closed = life.sign("last")
    assert [text(closed, "items", "0", name) for name in ("item",)] == ["/"]
    assert [text(closed, "answers", "0", name) for name in ("opinion", "signature")] == ["/", "/"]


def test_a_cell_that_an_amendment_opened_again_is_not_ruled_out() -> None:
    life = Life(form(
        section("first", "clerk", titled("urgent", "yes_no"), sign="one"),
        section("second", "head", titled("answer"), when="urgent", sign="one"),
    ))  # fmt: skip
    life.fill("first", urgent="否")
    assert text(life.sign("first"), "answer") == "/"
    opened = life.amend(urgent="是")
    assert text(opened, "answer") == ""
    assert "（签名）" in text(opened, "signature", "second")


# ---- amended values --------------------------------------------------------------------------------------------------


def test_a_struck_choice_stays_legible_beside_the_new_one_with_its_mark() -> None:
    life = finished()
    life.amend(nature="fact", colour="blue")
    assert text(life.record, "colour") == "[-☑ red-]\u3000☑ blue①\u3000☐ green"
    assert text(life.amend(nature="fact", colour="green"), "colour") == "[-☑ red-]\u3000[-☑ blue-]①\u3000☑ green②"
    assert text(life.amend(nature="fact", colour="red"), "colour") == "☑ red③\u3000[-☑ blue-]①\u3000[-☑ green-]②"


def test_of_several_choices_the_changed_one_alone_bears_the_mark() -> None:
    assert text(finished().amend(colours="red,green"), "colours") == "☑ red\u3000[-☑ blue-]\u3000☑ green①"
    assert text(finished().amend(colours="red"), "colours") == "☑ red\u3000[-☑ blue-]①\u3000☐ green"


def test_a_struck_answer_and_step_stay_legible() -> None:
    record = finished().amend(urgent="否", gate="不满意")
    assert text(record, "urgent") == "[-☑ 是-]\u3000☑ 否①"
    assert text(record, "gate", "very_satisfied") == "[-☑-]"
    assert text(record, "gate", "dissatisfied") == "☑②"


def test_cells_of_rows_show_what_was_struck() -> None:
    life = finished()
    record = life.amend(nature="fact", items__1__item="门", items__1__done="是")
    assert text(record, "items", "0", "item").startswith("[-灯-]{+门+}①")
    assert text(record, "items", "0", "done") == "[-☐-]☑②"
    assert text(life.amend(nature="fact", items__1__done="否"), "items", "0", "done") == "[-☑-]☐②③"


def test_a_refused_choice_shows_both_and_the_old_one_stands() -> None:
    life = finished(amendment=POLICY)
    life.amend(colour="blue")
    assert text(life.countersign(1, refused_because="误"), "colour") == "☑ red\u3000[-☑ blue-]①\u3000☐ green"


def test_an_amended_text_names_who_and_when_beside_the_new_value() -> None:
    shown = text(finished().amend(name="乙"), "name")
    assert shown == "[-甲-]{+乙+}① 人3 2026-11-23"


# ---- signatures ------------------------------------------------------------------------------------------------------


def test_a_signature_block_has_role_name_time_with_zone_and_meaning() -> None:
    block = text_of_spans(printed(finished().record, "signature", "first"))
    assert block == "员工 〔电子签名〕\n人3\n2026-11-23 10:00:00 +08:00\n含义：收到"


def test_an_unsigned_block_leaves_room_for_the_pen_until_the_record_is_void() -> None:
    life = sample()
    room = text_of_spans(printed(life.record, "signature", "second"))
    assert room.startswith("部门负责人（签名）\n")
    assert room.endswith("日")
    void = life.after(life.record.void("误", CLERK, life.moment))
    assert text_of_spans(printed(void, "signature", "second")) == "/"


def test_where_all_sign_there_is_room_for_those_who_have_not_signed_yet() -> None:
    life = Life(form(section("review", ["clerk", "head", "checker"], titled("matter"), sign="all")))
    life.fill("review", matter="灯")
    life.sign("review")
    shown = text(life.record, "signature", "review")
    assert shown.count("（签名）") == 2
    assert shown.index("人3") < shown.index("部门负责人（签名）") < shown.index("checker（签名）")
    life.sign("review", HEAD)
    life.sign("review", CHECKER)
    assert "（签名）" not in text(life.record, "signature", "review")


def test_a_paper_signature_says_who_entered_it_and_who_saw_it() -> None:
    life = Life(form(section("first", "clerk", titled("name"), sign="one", on_paper=True, meaning="agreed")))
    life.fill("first", name="甲")
    content = life.record.sign_on_paper(
        "first", CLERK, life.moment, signer_name="业主", witness="乙", scan="ab", names={}
    )
    block = text_of_spans(printed(life.after(content), "signature", "first"))
    assert "〔纸质签名〕" in block
    assert "\n业主\n" in block
    assert block.endswith("录入：人3；见证：乙")


def test_whoever_filled_for_another_is_named_with_both() -> None:
    life = sample()
    record = life.fill("first", CLERK, "业主乙", name="甲", colour="red", urgent="是", gate="很满意", day="2026-11-02",
                       at="2026-11-02 09:40", amount="1")  # fmt: skip
    assert printed(record, "filled", "first") == {"by": "人3（代 业主乙 填）", "on": "2026-11-23 10:00"}
    assert printed(record, "filled", "second") == {"by": "", "on": ""}


# ---- the list of amendments ------------------------------------------------------------------------------------------


def test_the_list_says_mark_field_change_reason_who_and_countersigned_by() -> None:
    life = finished(amendment=POLICY)
    (line,) = printed(life.amend(name="乙", reason="听错"), "amendments")
    assert (line["mark"], line["field"], line["old"], line["new"], line["reason"]) == (
        "①",
        "栏name",
        "甲",
        "乙",
        "听错",
    )
    assert text_with_marks(line["change"]) == "[-甲-]\n→ 乙"
    assert line["by"] == "人3\n2026-11-23 10:00"
    assert text_of_spans(line["countersigned"]).startswith("待会签")
    assert printed(life.record, "amendments_summary") == "共 1 处，其中 1 处待会签"
    assert printed(life.record, "record", "marks") == "更改待会签"
    (line,) = printed(life.countersign(1), "amendments")
    assert text_of_spans(line["countersigned"]) == f"{CHECKER.name}\n2026-11-23 10:00"
    assert printed(life.record, "amendments_summary") == "共 1 处"
    assert printed(life.record, "record", "marks") == ""


def test_the_list_says_why_a_counter_signature_was_refused_and_where_none_is_needed() -> None:
    life = finished(amendment=POLICY)
    life.amend(name="乙")
    (line,) = printed(life.countersign(1, refused_because="无误"), "amendments")
    assert text_of_spans(line["countersigned"]).endswith("无误")
    (line,) = printed(finished().amend(phone="1"), "amendments")
    assert text_of_spans(line["countersigned"]) == "/"
    assert text_with_marks(line["change"]) == "[-/-]\n→ 1"


def test_cells_are_named_by_field_row_and_column() -> None:
    (line,) = printed(finished().amend(items__1__item="门"), "amendments")
    assert line["field"] == "栏items第 1 行 栏item"


# ---- sheets ----------------------------------------------------------------------------------------------------------


def sheet_of(*rows: Mapping[str, Any]) -> tuple[Life, list[Record]]:
    """A sheet with its rows; key ``amend`` of a row holds the values that it is amended to, one after the other."""
    ledger = register_form(
        section(
            "entry", "clerk", titled("day", "date"), titled("matter"), titled("kind", "choice"), titled("ok", "yes_no")
        ),
        own=(section("end", "clerk", titled("summary"), sign="one", meaning="read"),),
        amendment={"corrections": 9},
    )
    records: list[Record] = []
    for number, row in enumerate(rows, 1):
        life = Life(ledger, subject=f"record/QR-900-01/2026-{number:04}", opening={"sheet": "sheet/QR-900-01/2026-11"})
        life.fill("entry", day="2026-11-02", matter="灯", kind="red", ok="是")
        for matter in row.get("amend", ()):
            life.amend(matter=matter)
        records.append(life.record)
    return Life(ledger, subject="sheet/QR-900-01/2026-11"), records


def test_the_rows_of_a_sheet_are_numbered_and_narrow_cells_are_short() -> None:
    sheet, rows = sheet_of({}, {})
    cells = printed(sheet.record, "rows", rows=rows)
    assert [row["no"] for row in cells] == ["1", "2"]
    assert (text_of_spans(cells[0]["day"]), text_of_spans(cells[0]["kind"]), text_of_spans(cells[0]["ok"])) == (
        "2026-11-02", "red", "☑",
    )  # fmt: skip
    assert cells[0]["recorded_by"] == CLERK.name
    assert cells[1]["number"] == "QR-900-01/2026-0002"


def test_marks_run_on_over_the_rows_of_a_sheet_and_the_list_names_the_row() -> None:
    sheet, rows = sheet_of({"amend": ["门"]}, {}, {"amend": ["窗", "墙"]})
    cells = printed(sheet.record, "rows", rows=rows)
    assert text_with_marks(cells[0]["matter"]).startswith("[-灯-]{+门+}①")
    assert "②" in text_with_marks(cells[2]["matter"])
    assert "③" in text_with_marks(cells[2]["matter"])
    lines = printed(sheet.record, "amendments", rows=rows)
    assert [(line["mark"], line["field"]) for line in lines] == [
        ("①", "第 1 行 栏matter"), ("②", "第 3 行 栏matter"), ("③", "第 3 行 栏matter"),
    ]  # fmt: skip


def test_the_sheets_own_amendments_come_first_and_no_mark_is_given_twice() -> None:
    sheet, rows = sheet_of({"amend": ["门"]})
    sheet.fill("end", summary="一")
    sheet.sign("end")
    sheet.amend(summary="二")
    lines = printed(sheet.record, "amendments", rows=rows)
    assert [line["mark"] for line in lines] == ["①", "②"]
    assert "②" in text_with_marks(printed(sheet.record, "rows", rows=rows)[0]["matter"])


def test_the_lines_left_over_are_ruled_off_when_the_sheet_is_closed() -> None:
    sheet, rows = sheet_of({}, {}, {}, {}, {})
    assert len(printed(sheet.record, "blank_rows", rows=rows)) == 3
    assert printed(sheet.record, "ruled_off", rows=rows) is False
    sheet.fill("end", summary="一")
    sheet.sign("end")
    assert printed(sheet.record, "ruled_off", rows=rows) is True
    assert printed(sheet.record, "ruled_off", rows=rows[:4]) is False


# ---- the whole -------------------------------------------------------------------------------------------------------


def test_a_blank_prints_every_box_and_no_value() -> None:
    context = blank_context(sample().form, AROUND)
    assert text_with_marks(cast("RichText", context["colour"])) == "☐ red\u3000☐ blue\u3000☐ green"
    assert context["name"] == ()
    assert context["amendments"] == []
    assert context["company"] == {"name": "示范物业"}


def test_each_page_names_form_revision_titles_and_retention() -> None:
    assert printed(sample().record, "form") == {
        "code": "QR-900-01", "revision": "A/0", "title_zh": "样表", "title_en": "Sample", "retention": "3 年",
    }  # fmt: skip
    assert printed(sample().record, "record", "number") == "QR-900-01/2026-0001"


def test_void_and_replaced_records_say_so() -> None:
    life = sample()
    assert printed(life.after(life.record.void("误", CLERK, life.moment)), "record", "marks") == "作废"
    life = finished()
    replaced = life.after(life.record.reissue("误", "QR-900-01/2026-0002", CLERK, life.moment))
    assert printed(replaced, "record", "marks") == "已重新签定"


# ---- repeated sections and rounds ----------------------------------------------------------------------------------


def repeated() -> Life:
    """Two rounds of a draft that red and blue judge; blue alone has answered in the second."""
    life = Life(
        form(
            section("draft", "clerk", titled("words"), titled("asked", "choice", multiple=True)),
            section(
                "review", "clerk", titled("opinion"), titled("agreed", "yes_no"), each={"field": "asked"}, sign="one"
            ),
            section(
                "outcome",
                "head",
                titled("passed", "yes_no"),
                sign="one",
                rounds={"until": "passed", "sections": ["draft", "review", "outcome"]},
            ),
            amendment=POLICY,
        )
    )
    life.fill("draft", words="初稿", asked="red,blue")
    for item in ("red", "blue"):
        life.fill(f"review[{item}]", opinion=f"{item} 看初稿", agreed="否")
        life.sign(f"review[{item}]")
    life.fill("outcome", HEAD, passed="否")
    life.sign("outcome", HEAD)
    life.fill("draft", words="二稿", asked="red,blue")
    life.fill("review[blue]", opinion="可以", agreed="是")
    life.sign("review[blue]")
    return life


def test_a_repeated_section_has_a_line_for_each_choice_with_its_own_values_and_signature() -> None:
    record = repeated().record
    lines = printed(record, "review")
    assert [(line["name"], text_with_marks(line["opinion"])) for line in lines] == [("red", ""), ("blue", "可以")]
    assert text_with_marks(lines[1]["agreed"]) == "☑ 是\u3000☐ 否"
    assert CLERK.name in text_with_marks(lines[1]["signature"])
    assert lines[0]["signature"] == ()
    assert [lines[0]["filled_by"], lines[1]["filled_by"]] == ["", CLERK.name]


def test_the_latest_round_stands_in_the_form_and_the_earlier_behind_it_with_their_signatures() -> None:
    record = repeated().record
    assert text(record, "words") == "二稿"
    assert text(record, "passed") == "☐ 是\u3000☐ 否"
    earlier = printed(record, "earlier_rounds")
    assert {line["round"] for line in earlier} == {"第 1 轮"}
    assert sorted(line["section"] for line in earlier) == [
        "部draft",
        "部outcome",
        "部review（blue）",
        "部review（red）",
    ]
    told = {line["section"]: line for line in earlier}
    assert text_with_marks(told["部draft"]["content"]).startswith("栏words：初稿\n栏asked：red、blue")
    assert "栏opinion：red 看初稿" in text_with_marks(told["部review（red）"]["content"])
    assert text_of_spans(told["部draft"]["signature"]) == "/"
    assert HEAD.name in text_of_spans(told["部outcome"]["signature"])


def test_an_amendment_names_its_round_and_choice_and_strikes_the_value_where_it_stands() -> None:
    life = repeated()
    for place, value in (("opinion[red]@1", "red 看过初稿"), ("opinion[blue]@2", "很好")):
        amended: dict[str, Any] = {place: value}
        life.amend(**amended)
    record = life.record
    fields = [line["field"] for line in printed(record, "amendments")]
    assert fields == ["栏opinion（red）（第 1 轮）", "栏opinion（blue）（第 2 轮）"]
    blue = next(line for line in printed(record, "review") if line["name"] == "blue")
    assert text_with_marks(blue["opinion"]).startswith("[-可以-]{+很好+}②")
    red = next(line for line in printed(record, "earlier_rounds") if line["section"].endswith("（red）"))
    assert "①" in text_of_spans(red["content"])


def test_an_instance_of_a_row_is_named_by_its_number_and_first_column() -> None:
    goods = titled("goods", "rows", columns=[titled("item"), titled("count", "number")])
    life = Life(
        form(section("first", "clerk", goods), section("checked", "clerk", titled("state"), each={"field": "goods"}))
    )
    life.fill("first", goods=[{"item": "空调", "count": "1"}, {"item": "冰箱", "count": "2"}])
    assert [line["name"] for line in printed(life.record, "checked")] == ["1. 空调", "2. 冰箱"]


def test_a_blank_of_a_repeated_section_has_a_line_for_each_choice_and_no_earlier_rounds() -> None:
    context = cast("Mapping[str, Any]", blank_context(repeated().record.form, AROUND))
    assert [line["name"] for line in context["review"]] == ["red", "blue", "green"]
    assert [text_of_spans(line["opinion"]) for line in context["review"]] == [""] * 3
    assert context["earlier_rounds"] == []
