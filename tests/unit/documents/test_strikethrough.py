import re

import pytest
from lxml import etree

from recordkeeper.documents.document_text import text_below
from recordkeeper.documents.ooxml import W, tag
from recordkeeper.documents.strikethrough import Place, UnprintableTextError, place_for, with_whole_choices
from recordkeeper.model.rich_text import RichText, Span, Style, text_of_spans

PROPERTIES = (
    '<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="仿宋" w:hint="eastAsia"/>'
    '<w:i/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr>'
)


def _place(*, is_lone: bool = False, size: int = 21) -> Place:
    paragraph = etree.fromstring(
        f'<w:p xmlns:w="{W}"><w:pPr><w:spacing w:line="286" w:lineRule="exact"/><w:jc w:val="left"/></w:pPr>'
        f"<w:r>{PROPERTIES.format(size=size)}<w:t>x</w:t></w:r></w:p>"
    )
    run = paragraph.find(tag("r"))
    assert run is not None
    return place_for(run, paragraph if is_lone else None)


def _element(place: Place, text: RichText) -> etree._Element:
    return etree.fromstring(f'<w:body xmlns:w="{W}">{place.render(text)}</w:body>')


def _properties(run: etree._Element) -> dict[str, str]:
    properties = run.find(tag("rPr"))
    assert properties is not None
    found = {etree.QName(child).localname: child.get(tag("val")) or "" for child in properties}
    fonts = properties.find(tag("rFonts"))
    assert fonts is not None
    return found | {"ascii": fonts.get(tag("ascii")) or "", "eastAsia": fonts.get(tag("eastAsia")) or ""}


def test_an_amended_value_becomes_runs_that_all_keep_the_properties_of_the_place() -> None:
    body = _element(_place(), (Span("138-0000-1024", Style.STRUCK), Span("138-0000-1204", Style.NEW)))
    old, space, new = body.findall(tag("r"))
    assert ("strike" in _properties(old), "strike" in _properties(space), "strike" in _properties(new)) == (
        True,
        False,
        False,
    )
    for run in (old, new):
        found = _properties(run)
        assert (found["sz"], found["eastAsia"], found["ascii"]) == ("21", "仿宋", "Times New Roman")
        assert "i" in found
    assert text_below(body) == "138-0000-1024 138-0000-1204"


def test_properties_stand_in_the_order_of_the_schema() -> None:
    body = _element(_place(), (Span("old", Style.STRUCK), Span("note", Style.NOTE)))
    for properties in body.iter(tag("rPr")):
        names = [etree.QName(child).localname for child in properties]
        assert names == [
            name for name in ("rFonts", "i", "strike", "noProof", "color", "sz", "szCs", "lang") if name in names
        ]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (Style.MARK, {"ascii": "仿宋", "sz": "21"}),
        (Style.BOX, {"ascii": "Segoe UI Symbol", "eastAsia": "Segoe UI Symbol"}),
        (Style.NOTE, {"sz": "14", "color": "404040"}),
        (Style.SMALL, {"sz": "17"}),
        (Style.GREY, {"sz": "15", "color": "7F7F7F"}),
        (Style.STRONG, {"eastAsia": "黑体", "sz": "21"}),
    ],
)
def test_each_style_changes_what_it_says_and_nothing_else(style: Style, expected: dict[str, str]) -> None:
    (run,) = _element(_place(), (Span("文", style),)).findall(tag("r"))
    found = _properties(run)
    assert expected.items() <= found.items()
    assert "i" in found
    assert found["lang"] == "en-US"


def test_symbols_and_boxes_in_typed_text_get_fonts_that_have_them() -> None:
    body = _element(_place(), (Span("升温 → ☑ 合格", Style.STRUCK),))
    fonts = {text_below(run): _properties(run) for run in body.iter(tag("r"))}
    assert fonts["→"]["ascii"] == "仿宋"
    assert fonts["☑"]["ascii"] == "Segoe UI Symbol"
    assert all("strike" in found for found in fonts.values())


def test_lines_and_tabs_in_running_text_become_breaks() -> None:
    body = _element(_place(), (Span("a\nb\tc"),))
    assert [etree.QName(node).localname for node in body.iter() if node.tag in {tag("br"), tag("tab")}] == [
        "br",
        "tab",
    ]
    assert text_below(body) == "a\nb\tc"


def test_a_lone_place_gives_each_line_its_paragraph_and_a_note_its_own_at_the_right() -> None:
    text = (Span("旧", Style.STRUCK), Span("新", Style.NEW), Span(" 甲 2025-11-21", Style.NOTE))
    first, note = _element(_place(is_lone=True), text).findall(tag("p"))
    assert (text_below(first), text_below(note)) == ("旧 新\n", "甲 2025-11-21\n")
    alignments = [p.find(f"{tag('pPr')}/{tag('jc')}") for p in (first, note)]
    pitches = [p.find(f"{tag('pPr')}/{tag('spacing')}") for p in (first, note)]
    assert [each.get(tag("val")) for each in alignments if each is not None] == ["left", "right"]
    assert [each.get(tag("line")) for each in pitches if each is not None] == ["286", "170"]


def test_in_the_small_cells_of_a_register_the_new_value_stands_below_the_old_one() -> None:
    text = (Span("2025-11-10", Style.STRUCK), Span("2025-11-12", Style.NEW), Span("①", Style.MARK))
    body = _element(_place(is_lone=True, size=19), text)
    assert [text_below(p) for p in body.findall(tag("p"))] == ["2025-11-10\n", "2025-11-12①\n"]


def test_choices_are_broken_over_lines_between_two_of_them_and_never_within_one() -> None:
    names = ("拆改结构", "违章搭建", "外立面", "占用公共部位", "消防", "超时施工噪声")
    choices = tuple(
        span
        for number, name in enumerate(names)
        for span in (*([Span("\u3000")] if number else []), Span("☐", Style.BOX), Span(f" {name}"))
    )
    broken = with_whole_choices(choices, 36)
    assert text_of_spans(broken).split("\n") == [
        "☐ 拆改结构\u3000☐ 违章搭建\u3000☐ 外立面\u3000☐ 占用公共部位\u3000☐ 消防\u3000",
        "☐ 超时施工噪声",
    ]
    assert with_whole_choices(choices, 60) == choices
    cell = etree.fromstring(
        f'<w:tc xmlns:w="{W}"><w:tcPr><w:tcW w:w="7700"/><w:tcMar><w:left w:w="91"/><w:right w:w="91"/></w:tcMar>'
        f"</w:tcPr><w:p><w:r>{PROPERTIES.format(size=21)}<w:t>x</w:t></w:r></w:p></w:tc>"
    )
    paragraph = cell.find(tag("p"))
    assert paragraph is not None
    place = place_for(paragraph[0], paragraph)
    assert place.ems == (7700 - 182) / 210
    assert len(_element(place, choices).findall(tag("p"))) == 2


def test_an_empty_value_leaves_its_paragraph_standing() -> None:
    (paragraph,) = _element(_place(is_lone=True), ()).findall(tag("p"))
    assert text_below(paragraph) == "\n"
    assert _place().render(()) == ""


@pytest.mark.parametrize("text", ["a<b", "‹质量部>", "A & B", "]]>", "\"'", "<w:t>", "&amp;", "&#10;", "{{ x }}"])
def test_xml_specials_come_out_as_typed(text: str) -> None:
    assert text_below(_element(_place(), (Span(text, Style.NEW),))) == text


@pytest.mark.parametrize("text", ["𠀀𪚥", "👍🏽", "abc\u202edef\u202c", "e\u0301", "\u200b", "\ufeff", "\U0010fffd"])
def test_rare_characters_come_out_as_typed(text: str) -> None:
    assert text_below(_element(_place(is_lone=True), (Span(text),))) == f"{text}\n"


@pytest.mark.parametrize("code", [0x00, 0x07, 0x0B, 0x0C, 0x0D, 0x1F, 0x7F, 0x85, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_a_character_that_no_document_keeps_is_refused_by_its_name(code: int) -> None:
    with pytest.raises(UnprintableTextError, match=re.escape(f"U+{code:04X}")):
        _place().render((Span(f"a{chr(code)}b"),))
