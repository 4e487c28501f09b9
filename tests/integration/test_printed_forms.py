"""The shipped forms on paper: blank, filled, amended, with long values, as LibreOffice prints them."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from form_samples import FORMS, OF_P02, shipped_form
from recordkeeper.documents.checkpoint_sheet import PaperCheckpoint, checkpoint_sheet
from recordkeeper.documents.document_text import struck_values
from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.page_code import codes_shown
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.documents.template_names import template_names
from recordkeeper.model.form import Form
from recordkeeper.model.print_code import PrintCode, parse_print_code
from recordkeeper.model.rendition import Surroundings, blank_context, boxes
from recordkeeper.model.rich_text import Span, Style, plain
from recordkeeper.services.previewing import Variant, preview_context

FEEDBACK = FORMS / "P02" / "QR-017-02.yaml"
CODE = PrintCode("ABCDEFGHJK", 12)
LONG = "".join(
    f"{number}. 地下二层照明灯损坏，晚间车位附近过暗，老人出入不便，希望尽快维修；\n" for number in range(1, 60)
)


def _surroundings(roles: Mapping[str, str]) -> Surroundings:
    return Surroundings("示范物业服务有限公司", lambda name: roles.get(name, name), ZoneInfo("Asia/Shanghai"), "3 年")


def _rendered(path: Path, **values: Any) -> bytes:
    form, roles = shipped_form(path)
    template = prepare_template(path.with_suffix(".docx").read_bytes(), template_names(form)).template
    return template.render(blank_context(form, _surroundings(roles)) | values)


def _filled(form: Form) -> dict[str, Any]:
    source = form.field("source")
    assert source is not None
    return {
        "record": {
            "number": "QR-017-02/2026-0037",
            "entered_on": "2026年11月18日",
            "unit": "锦绣花园管理处",
            "state": "closed",
            "marks": "更改待会签",
        },
        "checkpoint": "1042·9F2C-77A1",
        "print_code": str(CODE),
        "later_page_code": str(replace(CODE, page=0)),
        "source": boxes(source, "owners_meeting", set(), {}),
        "customer": plain("业主委员会代表 许国良"),
        "phone": (
            Span("138-0000-1024", Style.STRUCK),
            Span("138-0000-1204", Style.NEW),
            Span("①", Style.MARK),
            Span(" 客服主管乙 2026-11-21", Style.NOTE),
        ),
        "content": (
            Span("1. 地下二层 B 区照明灯损坏 "),
            Span("6 盏", Style.STRUCK),
            Span("9 盏", Style.NEW),
            Span("②", Style.MARK),
            Span("〔客服主管乙 2026-11-24〕", Style.NOTE),
            Span("，老人出入不便；\n2. 门禁呼叫后约十秒才有应答；\n3. 希望告知施工时间。"),
        ),
        "measures": plain("更换灯具 9 盏，照度合格；升级门禁程序，应答 2 秒内；均提前一日张贴告知。"),
        "amendments": [
            _amendment("①", "联系电话", "138-0000-1024", "138-0000-1204", plain("品质专员丁\n2026-11-21 10:02")),
            _amendment("②", "反馈内容", "6 盏", "9 盏", (Span("待会签", Style.STRONG), Span("\nPending", Style.GREY))),
        ],
        "amendments_summary": "共 2 处，其中 1 处待会签",
    }


def _amendment(mark: str, field: str, old: str, new: str, countersigned: Any) -> dict[str, Any]:
    return {
        "mark": mark,
        "field": field,
        "change": (Span(old, Style.STRUCK), Span(f"\n→ {new}")),
        "reason": "经反馈人核对",
        "by": "客服主管乙\n2026-11-21 09:18",
        "countersigned": countersigned,
    }


@contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def _pages(data: bytes) -> list[str]:
    with _opened(data) as document:
        return [document[number].get_textpage().get_text_bounded() for number in range(len(document))]


@pytest.fixture(scope="module")
def printed() -> dict[str, bytes]:
    """All variants, printed in one call."""
    form, _roles = shipped_form(FEEDBACK)
    documents = {path.stem: _rendered(path) for path in OF_P02}
    documents["amended"] = _rendered(FEEDBACK, **_filled(form))
    documents["long"] = _rendered(FEEDBACK, **(_filled(form) | {"content": plain(LONG)}))
    return print_pdfs({name: Printout(docx) for name, docx in documents.items()})


@pytest.mark.needs_libreoffice
def test_a_blank_fits_on_one_page_and_a_register_has_its_sections_on_the_second(printed: dict[str, bytes]) -> None:
    assert {path.stem: len(_pages(printed[path.stem])) for path in OF_P02} == {
        "QR-017-01": 2,
        "QR-017-02": 1,
        "QR-017-03": 1,
        "QR-017-04": 1,
        "QR-102-01": 1,
    }


@pytest.mark.needs_libreoffice
def test_every_page_carries_code_revision_retention_and_its_number(printed: dict[str, bytes]) -> None:
    for name, data in printed.items():
        code = name if name.startswith("QR") else "QR-017-02"
        pages = _pages(data)
        for number, text in enumerate(pages, 1):
            assert code in text
            assert "A/0" in text
            assert "保存期限：3 年" in text
            assert f"第 {number} 页 共 {len(pages)} 页" in " ".join(text.split())


@pytest.mark.needs_libreoffice
def test_an_amended_record_shows_old_and_new_values_and_its_list_on_one_page(printed: dict[str, bytes]) -> None:
    form, _roles = shipped_form(FEEDBACK)
    docx = _rendered(FEEDBACK, **_filled(form))
    assert ("138-0000-1024", " 138-0000-1204①\n客服主管乙 2026-11-21") in struck_values(docx)
    (page,) = _pages(printed["amended"])
    for text in (
        "138-0000-1024",
        "138-0000-1204",
        "6 盏",
        "9 盏",
        "①",
        "②",
        "☑",
        "☐",
        "更改记录",
        "待会签",
        "1042·9F2C-77A1",
    ):
        assert text in page


@pytest.mark.needs_libreoffice
def test_a_text_longer_than_a_page_is_printed_to_its_last_line(printed: dict[str, bytes]) -> None:
    pages = _pages(printed["long"])
    assert len(pages) > 2
    text = "".join("".join(page.split()) for page in pages)
    assert all(f"{number}.地下二层照明灯损坏" in text for number in range(1, 60))
    assert "业主和住户信息反馈表（续）" in pages[1]


@pytest.mark.needs_libreoffice
def test_the_corner_of_the_print_code_is_white_on_a_blank(printed: dict[str, bytes]) -> None:
    for path in OF_P02:
        with _opened(printed[path.stem]) as document:
            page = document[0]
            image = page.render(scale=4 * 25.4 / 72).to_pil().convert("L")  # 4 pixels a millimetre
        width = image.width
        corner = image.crop((width - 52 * 4, 20 * 4, width - 20 * 4, 48 * 4))
        assert corner.getextrema() == (255, 255), path.stem


def _degraded(page: Image.Image) -> Iterator[Image.Image]:
    """As copiers and scanners leave it: as it is, blurred, speckled, both."""
    speckled = page.copy()
    speckles = random.Random(37)  # the same specks in every run
    for _speck in range(page.width * page.height // 60):
        speckled.putpixel((speckles.randrange(page.width), speckles.randrange(page.height)), speckles.choice((0, 255)))
    yield from (page, page.filter(ImageFilter.GaussianBlur(1.2)), speckled)
    yield speckled.filter(ImageFilter.GaussianBlur(0.8))


def _decoded(page: Image.Image) -> str:
    """The code of a page; specks are taken out where it cannot be read as it is."""
    for view in (page, page.filter(ImageFilter.MedianFilter(3)), page.filter(ImageFilter.GaussianBlur(1.2))):
        for found in zxingcpp.read_barcodes(view):
            return found.text
    return ""


@pytest.mark.needs_libreoffice
@pytest.mark.parametrize("resolution", [150, 200])
def test_every_page_says_its_number_to_a_scanner_that_turns_blurs_and_speckles_it(
    printed: dict[str, bytes], resolution: int
) -> None:
    with _opened(printed["long"]) as document:
        pages = [page.render(scale=resolution / 72).to_pil().convert("L") for page in document]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        corner = page.crop((page.width // 2, 0, page.width, page.height // 4))
        wanted = str(replace(CODE, page=number, pages=len(pages)))
        for angle in (0, 1.5, -4, 90, 180):
            turned = corner.rotate(angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
            assert [_decoded(view) for view in _degraded(turned)] == [wanted] * 4, (number, angle)


@pytest.mark.needs_libreoffice
def test_a_word_file_says_of_its_later_pages_that_they_are_not_numbered(printed: dict[str, bytes]) -> None:
    form, _roles = shipped_form(FEEDBACK)
    docx = _rendered(FEEDBACK, **_filled(form))
    assert codes_shown(docx) == [CODE, replace(CODE, page=0)]
    assert codes_shown(_rendered(FEEDBACK)) == []
    pictures = [
        page.render(scale=150 / 72).to_pil().convert("L") for name in OF_P02 for page in _document(printed[name.stem])
    ]
    assert [_decoded(page) for page in pictures] == [""] * len(pictures)


SLIP = FORMS / "P05" / "QR-105-04.yaml"
COPIES = ("第一联存根联", "第二联顾客联")


@pytest.mark.needs_libreoffice
def test_each_copy_of_a_slip_has_its_name_and_pages_of_its_own_by_text_and_by_code() -> None:
    form, roles = shipped_form(SLIP)
    template = prepare_template(SLIP.with_suffix(".docx").read_bytes(), template_names(form)).template
    amended = template.render(preview_context(form, Variant.AMENDED, date(2026, 11, 23), roles))
    pdfs = print_pdfs({"blank": Printout(_rendered(SLIP)), "amended": Printout(amended)})
    for name, pages in (("blank", 1), ("amended", 2)):
        texts = ["".join(text.split()) for text in _pages(pdfs[name])]
        assert len(texts) == pages * len(COPIES)
        for index, text in enumerate(texts):
            assert f"第{index % pages + 1}页共{pages}页" in text
            assert COPIES[index // pages] in text
    pictures = [page.render(scale=150 / 72).to_pil().convert("L") for page in _document(pdfs["amended"])]
    codes = [parse_print_code(_decoded(page)) for page in pictures]
    assert [(code.page, code.pages) for code in codes] == [(1, 2), (2, 2)] * 2


def _document(data: bytes) -> Iterator[Any]:
    with _opened(data) as document:
        yield from document


@pytest.mark.needs_libreoffice
def test_a_printed_code_is_25_mm_wide_amid_white_with_the_number_in_clear_below(printed: dict[str, bytes]) -> None:
    a_millimetre = 200 / 25.4
    with _opened(printed["amended"]) as document:
        page = document[0].render(scale=200 / 72).to_pil().convert("L")
    (found,) = zxingcpp.read_barcodes(page)
    place = found.position
    assert abs((place.top_right.x - place.top_left.x) / a_millimetre - 25) < 0.5
    quiet = 3 * a_millimetre
    left, top = place.top_left.x - quiet, place.top_left.y - quiet
    for box in (
        (left, top, place.top_right.x + quiet, place.top_left.y - 3),
        (left, place.bottom_left.y + 3, place.top_right.x + quiet, place.bottom_left.y + quiet - 2),
        (left, top, place.top_left.x - 3, place.bottom_left.y + quiet - 2),
        (place.top_right.x + 3, top, place.top_right.x + quiet, place.bottom_left.y + quiet - 2),
    ):
        assert page.crop(tuple(map(round, box))).getextrema() == (255, 255)
    assert _pages(printed["amended"])[0].count("QR-017-02/2026-0037") == 2


@pytest.mark.needs_libreoffice
def test_a_checkpoint_on_paper_is_one_page_whose_code_is_read() -> None:
    code = "1042.A3F0-40DF-9549-986B-89BF-1CFC"
    page = PaperCheckpoint(
        company="锦绣物业服务有限责任公司" * 4,
        company_en="Brocade Property Services",
        size=1042,
        root="-".join(["A3F0"] * 16),
        short=code[:14].replace(".", "·"),
        code=code,
        key="recordkeeper/" + "3f8a1c2d9e0b4a5f" * 3 + "+638bc8a1+AWQiayLcpaKE/iMxEn+7gzE8BHs80f3m7w3DY8burTYU",
        note="recordkeeper/log\n1042\n"
        + "o/BA35" * 8
        + "\nprevious 1 "
        + "ab" * 32
        + "\n\n"
        + "— x "
        + "Y4vI" * 24
        + "\n",
        printed_on="2026-11-23",
    )
    printed = print_pdfs({"checkpoint": Printout(checkpoint_sheet(page))})["checkpoint"]
    document = pypdfium2.PdfDocument(printed)
    assert len(document) == 1
    (found,) = zxingcpp.read_barcodes(document[0].render(scale=200 / 72).to_pil())
    assert found.text == code
    text = document[0].get_textpage().get_text_range()
    assert "\ufffd" not in text
    assert "审计轨迹检查点" in text
