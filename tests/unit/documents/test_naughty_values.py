"""Values that software chokes on: exact through the door and every rendering, or refused with field and character."""

from zoneinfo import ZoneInfo

from form_samples import SAMPLES
from recordkeeper.documents.document_text import text_of
from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.workbook import format_workbook
from recordkeeper.documents.workbook_reader import read_sheet
from recordkeeper.model.value import Reading
from recordkeeper.services.csv_table import format_table, guarded, read_lines, unguarded
from word_samples import NAMES, runs, small_docx

FIELD = SAMPLES["unsigned"].field("a_text")
READING = Reading(ZoneInfo("Asia/Shanghai"), lambda _kind, _name: None)
CODES = [
    *range(0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xD800, 0xDBFF,
    0xDC00, 0xDFFF, 0xE000, 0xFDD0, 0xFEFF, *range(0xFFF9, 0x10000), 0x1F600, 0x2A6D6, 0x1FFFE, 0xE0001, 0x10FFFF,
]  # fmt: skip
STRINGS = [
    "undefined", "null", "NaN", "None", "true", "1E5", "0x0", "1.0", "007", "１２３", "-1", "+86 138", "=1+1",
    "@SUM(A1)", "'='", "''=", "</w:t><w:t>", "]]>", "<!--", "&amp;", "&#0;", "&lt;", "{{ form.code }}", "{% if 1 %}",
    "<?rk-block do 1?>", "'; DROP TABLE act;--", "$(id)", "`id`", "../../etc/passwd", "C:\\CON", "_x0041_", "_x000D_",
    "_xD800_", "a\nb", "a\tb", "\\u0000", "%s%n", "田中さん", "部落格", "ﷺ", "ا لعربية", "שלום", "test\u2060test",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤", "👩🏽‍❤️‍👩", "🇨🇳", "𠀀𪚥", "ﬁ", "İ", "ß", "①☑/",
]  # fmt: skip


def test_each_character_is_exact_in_word_excel_and_csv_or_refused_by_its_number() -> None:
    assert FIELD is not None
    accepted: list[str] = []
    for text in [*(f"始{chr(code)}末" for code in CODES), *STRINGS]:
        value, problems = READING.parse(FIELD, text)
        if problems:
            assert problems[0].field == "a_text"
            assert f"U+{ord(text[1]):04X}" in problems[0].found
        else:
            # a lone carriage return ends a line
            assert value == text.replace("\r", "\n")
            accepted.append(str(value))
    assert len(STRINGS) + 90 < len(accepted) < len(STRINGS) + len(CODES) - 60

    body = "".join(runs(tag) for tag in ("{%p for row in rows %}", "{{ row.caller }}", "{%p endfor %}"))
    context = {"rows": [{"no": "1", "caller": f"{value}¦"} for value in accepted]}
    printed = text_of(prepare_template(small_docx(body + runs("x")), NAMES).template.render(context))
    assert printed.split("¦\n")[: len(accepted)] == accepted

    read = read_sheet(format_workbook("QR-1", ["栏"], [[value] for value in accepted]), "a.xlsx")
    assert [cells[0] for _number, cells in read.lines[1:]] == accepted
    table = format_table(["栏"], [[guarded(value)] for value in accepted])
    assert [unguarded(cells[0]) for _number, cells in read_lines(table, "a.csv")[1:]] == accepted


def test_a_value_of_a_megabyte_or_of_too_many_lines_is_refused_with_its_field() -> None:
    assert FIELD is not None
    for text in ("长" * 350_000, "x" * 1_000_000, "x\n" * 500_000):
        value, (problem,) = READING.parse(FIELD, text)
        assert (value, problem.field) == (None, "a_text")
