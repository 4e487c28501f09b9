"""A checkpoint on paper: one page with its print code, to be kept where nobody can reach both it and the log.

The code says the size and as much of the root as it holds, in a form that ``--against`` takes as a reader gives it;
the page says the whole root, and the signed note word for word.

Source: ISO/IEC 18004; C2SP signed-note
"""

from dataclasses import dataclass

from recordkeeper.documents.figure import with_figures
from recordkeeper.documents.house_style import (
    NO_PADDING,
    TITLE_COLOUR,
    Cell,
    english,
    gap,
    label,
    mm,
    paragraph,
    row,
    run,
    table,
)
from recordkeeper.documents.ooxml import W, write_package
from recordkeeper.documents.print_code import PRINT_CODE, SIDE_MILLIMETRES, picture
from recordkeeper.documents.typeface import ARIAL, HEI
from recordkeeper.model.section import Title

MONOSPACE = "Courier New"  # of the note no character may be taken for another
_PAGE_WIDTH, _PAGE_HEIGHT, _MARGIN, _BINDING_MARGIN = 210, 297, 20, 25
_WIDTH = mm(_PAGE_WIDTH - _MARGIN - _BINDING_MARGIN)
_CODE_WIDTH = mm(SIDE_MILLIMETRES + 15)
_LABEL_WIDTH = mm(30)
_ROW_HEIGHT, _NOTE_SIZE, _NOTE_PITCH = mm(9), 14, 190
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_HOW_ZH = (
    "以后核对：运行 recordkeeper verify 或 python3 verifier.py 档案，用 --against 给出扫码所得文字、"
    "上面的短检查点或全文文件；日志在此之前被删减或改写，就会指出。"
)
_HOW_EN = (
    "To check later: run recordkeeper verify, or python3 verifier.py ARCHIVE, with --against and what the code says,"
    " the short checkpoint, or the note as a file; it is named if the log was cut or rewritten before this point."
)


@dataclass(frozen=True, slots=True)
class PaperCheckpoint:
    """What the page of a checkpoint says.

    Args:
        company, company_en: whose log it is.
        size: how many events it covers.
        root: as groups of hexadecimal digits.
        short: as forms print it.
        code: what the print code says.
        key: the log's public key that signed it.
        note: the signed note.
        printed_on: day of the printing.
    """

    company: str
    company_en: str
    size: int
    root: str
    short: str
    code: str
    key: str
    note: str
    printed_on: str


def checkpoint_sheet(page: PaperCheckpoint) -> bytes:
    """The Word file of a checkpoint's page."""
    english_name = english(f"  {page.company_en}") if page.company_en else ""
    value = [
        (Title(zh="单位", en="Company"), [paragraph(run(page.company), english_name)]),
        (Title(zh="事件数", en="Events"), [paragraph(run(str(page.size)))]),
        (Title(zh="短检查点", en="In short"), [paragraph(run(page.short, size=32, font=HEI), pitch=420)]),
        (Title(zh="根", en="Root"), [paragraph(_exact(line, 18)) for line in _halves(page.root)]),
        (Title(zh="日志公钥", en="Public key"), [paragraph(_exact(page.key, _NOTE_SIZE), pitch=_NOTE_PITCH)]),
        (Title(zh="打印日期", en="Printed on"), [paragraph(run(page.printed_on))]),
        (Title(zh="保管人", en="Kept by"), [paragraph()]),
        (Title(zh="签字、日期", en="Signed, date"), [paragraph()]),
    ]
    grid = [_LABEL_WIDTH, _WIDTH - _LABEL_WIDTH]
    body = (
        _heading(page.code)
        + table(grid, [row(label(name, span=1), Cell("".join(said)), height=_ROW_HEIGHT) for name, said in value])
        + gap(200)
        + paragraph(run("检查点全文", font=HEI), english("  The signed note"))
        + "".join(paragraph(_exact(line, _NOTE_SIZE), pitch=_NOTE_PITCH) for line in page.note.splitlines())
        + gap(200)
        + paragraph(run(_HOW_ZH, size=18))
        + paragraph(english(_HOW_EN, 16), pitch=220)
    )
    return _word_file(body, page.code)


def _heading(code: str) -> str:
    title = (
        paragraph(run("审计轨迹检查点", size=32, font=HEI), pitch=440)
        + paragraph(run("Checkpoint of the audit trail", size=18, latin=ARIAL, colour=TITLE_COLOUR))
        + gap(160)
        + paragraph(run("请存放于接触不到本系统的人手中。", size=18))
        + paragraph(english("To be kept by somebody who cannot reach the system.", 16), pitch=220)
    )
    drawing = paragraph(PRINT_CODE.drawing("print code", 0), align="center", pitch=240)
    drawing = drawing.replace('w:lineRule="exact"', 'w:lineRule="auto"')
    caption = paragraph(run(code, size=11, latin=ARIAL), align="center", pitch=170)
    cells = (Cell(title, padding=NO_PADDING), Cell(drawing + caption, padding=NO_PADDING))
    return table([_WIDTH - _CODE_WIDTH, _CODE_WIDTH], [row(*cells, height=mm(30))], outer=0) + gap(160)


def _exact(text: str, size: int) -> str:
    return run(text, size=size, latin=MONOSPACE)


def _halves(root: str) -> tuple[str, str]:
    groups = root.split("-")
    return "-".join(groups[:8]), "-".join(groups[8:])


def _word_file(body: str, code: str) -> bytes:
    size = f'<w:pgSz w:w="{mm(_PAGE_WIDTH)}" w:h="{mm(_PAGE_HEIGHT)}"/>'
    sides = {"top": _MARGIN, "right": _MARGIN, "bottom": _MARGIN, "left": _BINDING_MARGIN}
    margins = " ".join(f'w:{side}="{mm(wide)}"' for side, wide in sides.items())
    section = f'<w:sectPr>{size}<w:pgMar {margins} w:header="0" w:footer="0" w:gutter="0"/></w:sectPr>'
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}{section}</w:body></w:document>',
    }
    shown = with_figures({name: text.encode() for name, text in members.items()}, {"word/document.xml": [PRINT_CODE]})
    return write_package({**shown, PRINT_CODE.part: picture(code)})
