"""The package around a form's body: page, header, footer, the few styles; equal input gives equal bytes."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from recordkeeper.documents.house_style import (
    NO_PADDING,
    PITCH,
    TAB,
    Cell,
    block,
    figure,
    gap,
    mm,
    paragraph,
    row,
    run,
    run_properties,
    statement,
    table,
    tag_run,
)
from recordkeeper.documents.ooxml import W, write_package
from recordkeeper.documents.scaffold_copy import copy_name
from recordkeeper.documents.typeface import ARIAL, FANG, HEI, SONG, TIMES
from recordkeeper.model.form import Form

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ROOT = f'xmlns:w="{W}" xmlns:r="{_OFFICE}"'
_SMALL = 18
_HEADER_PITCH = 244
HARDLY_ANY_PITCH = 1
CODE_WIDTH = mm(32)  # the code with its quiet zone
LONG_CODE = 11  # characters; a longer one needs more of the number line, and smaller type under the print code

_PARTS = {
    "document": ("document.main", ""),
    "styles": ("styles", "styles"),
    "settings": ("settings", "settings"),
    "fontTable": ("fontTable", "fontTable"),
}
_FIRST_AND_LATER = 2  # headers and footers
_LAST_PAGE = "_last_page_of_copy_"
MARGIN, BINDING_MARGIN = 1134, 1417  # 20 mm; 25 mm on the left, where sheets are bound
_PAGES = {"A4": (11906, 16838), "A5": (8391, 11906), "A3": (16838, 23811)}


def number_size(form: Form) -> int:
    """Half points of the number under the print code, which stays on one line."""
    return 11 if len(form.code) > LONG_CODE else 13


def word_file(form: Form, body: str) -> bytes:
    """The Word file of ``form`` with ``body`` between its header and footer, once for each copy of a slip."""
    parts = _parts(form)
    contents = {
        "document": f"<w:document {_ROOT}><w:body>{_bodies(form, body)}</w:body></w:document>",
        "styles": _styles(),
        "settings": f"<w:settings {_ROOT}><w:defaultTabStop w:val='420'/><w:characterSpacingControl"
        " w:val='doNotCompress'/><w:compat><w:compatSetting w:name='compatibilityMode'"
        " w:uri='http://schemas.microsoft.com/office/word' w:val='15'/></w:compat></w:settings>",
        "fontTable": _fonts(),
        **_headers(form),
        **_footers(form),
    }
    members = {
        "[Content_Types].xml": _content_types(parts),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"), ("extended-properties", "docProps/app.xml")
        ).replace("</Relationships>", f"{_core_relation()}</Relationships>"),
        "docProps/core.xml": _core(form),
        "docProps/app.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
        'extended-properties"><Application>Recordkeeper</Application></Properties>',
        "word/_rels/document.xml.rels": _relations(
            *((kind, f"{name}.xml") for name, (_type, kind) in parts.items() if kind)
        ),
        **{f"word/{name}.xml": content for name, content in contents.items()},
    }
    return write_package({name: (_DECLARATION + content).encode() for name, content in members.items()})


def text_width(form: Form) -> int:
    """The width between the margins, in twips."""
    return _page_size(form)[0] - BINDING_MARGIN - MARGIN - 1  # a hair less, so that no border is pushed out


def _page_size(form: Form) -> tuple[int, int]:
    width, height = _PAGES[form.page]
    return (height, width) if form.orientation == "landscape" else (width, height)


def _how_many(form: Form) -> int:
    """How often the body is printed."""
    return max(1, len(form.copies))


def _parts(form: Form) -> dict[str, tuple[str, str]]:
    """The parts with their types; each copy has headers and footers of its own, which say its name and its pages."""
    numbers = range(1, _FIRST_AND_LATER * _how_many(form) + 1)
    return _PARTS | {f"{kind}{number}": (kind, kind) for kind in ("header", "footer") for number in numbers}


def _headers(form: Form) -> dict[str, str]:
    """The headers of the first and of the later pages, for each copy."""
    width = text_width(form)
    headers: dict[str, str] = {}
    for index in range(_how_many(form)):
        name = copy_name(form.copies[index], index + 1, *_page_size(form)) if form.copies else ""
        for header in (name + _header(width), _later_header(width, number_size(form), name)):
            headers[f"header{len(headers) + 1}"] = f"<w:hdr {_ROOT}>{header}</w:hdr>"
    return headers


def _footers(form: Form) -> dict[str, str]:
    """The footers of the first and of the later pages, for each copy."""
    return {
        f"footer{number}": f"<w:ftr {_ROOT}>{_footer(form, (number + 1) // _FIRST_AND_LATER)}</w:ftr>"
        for number in range(1, _FIRST_AND_LATER * _how_many(form) + 1)
    }


def _bodies(form: Form, body: str) -> str:
    """The body with the page below it; of a multi-part slip once for each copy, and each on pages of its own."""
    if not form.copies:
        return body + _page(form, 1)
    pages = [_page(form, number) for number, _name in enumerate(form.copies, 1)]
    breaks = [*pages[:-1], ""]
    return "".join(f"{body}{_end_of_copy(number, page)}" for number, page in enumerate(breaks, 1)) + pages[-1]


def _end_of_copy(copy: int, page: str) -> str:
    """The end of a copy, marked so that its footer can say how many pages it has.

    LibreOffice knows no number of pages of a section; it finds the page on which a bookmark stands.
    """
    mark = f'<w:bookmarkStart w:id="{copy}" w:name="{_LAST_PAGE}{copy}"/><w:bookmarkEnd w:id="{copy}"/>'
    return paragraph(mark, pitch=HARDLY_ANY_PITCH).replace("</w:pPr>", f"{page}</w:pPr>")


def _page(form: Form, copy: int) -> str:
    width, height = _page_size(form)
    turned = ' w:orient="landscape"' if form.orientation == "landscape" else ""
    names = [name for name, (_type, kind) in _parts(form).items() if kind]
    numbers = {name: f"rId{index}" for index, name in enumerate(names, 1)}
    later = _FIRST_AND_LATER * copy
    references = "".join(
        f'<w:{kind}Reference w:type="{kind_of_page}" r:id="{numbers[f"{kind}{number}"]}"/>'
        for kind in ("header", "footer")
        for number, kind_of_page in ((later - 1, "first"), (later, "default"))
    )
    restart = '<w:pgNumType w:start="1"/>' if form.copies else ""
    return (
        f'<w:sectPr>{references}<w:pgSz w:w="{width}" w:h="{height}"{turned}/><w:pgMar w:top="{MARGIN}"'
        f' w:right="{MARGIN}" w:bottom="{MARGIN}" w:left="{BINDING_MARGIN}" w:header="567" w:footer="567"'
        f' w:gutter="0"/>{restart}<w:cols w:space="720"/><w:titlePg/></w:sectPr>'
    )


def _stops(width: int) -> list[tuple[str, int]]:
    return [("center", width // 2), ("right", width)]


def _header(width: int) -> str:
    return paragraph(
        tag_run("company.name", size=_SMALL, font=SONG),
        TAB,
        TAB,
        *_code_and_revision(),
        pitch=_HEADER_PITCH,
        tabs=_stops(width),
        border="bottom",
    )


def _later_header(width: int, number_size: int, name: str) -> str:
    """The header of later pages: the print code at the right, as on the first page; none on a blank.

    The name of a copy stands behind the table: before it, LibreOffice no longer sets the lines of its cell at the foot.
    """
    own = width - CODE_WIDTH
    lines = paragraph(
        tag_run("company.name", size=_SMALL, font=SONG),
        TAB,
        *_code_and_revision(),
        pitch=_HEADER_PITCH,
        tabs=[("right", own)],
    ) + paragraph(_continued(), pitch=_HEADER_PITCH)
    number = paragraph(
        tag_run("record.number", size=number_size, font=SONG, latin=ARIAL), pitch=160, align="right", before=60
    )
    code = block("{%p if later_page_code %}") + figure("later_page_code") + number + block("{%p endif %}") + gap(20)
    cells = Cell(lines, padding=NO_PADDING, align="bottom"), Cell(code, padding=NO_PADDING)
    rule = paragraph(pitch=60, border="top")
    return table([own, CODE_WIDTH], [row(*cells, height=_HEADER_PITCH)], outer=0) + name + rule


def _code_and_revision() -> tuple[str, ...]:
    return (
        tag_run("form.code", size=_SMALL, font=SONG, latin=ARIAL),
        run("  ", size=_SMALL),
        tag_run("form.revision", size=_SMALL, font=SONG, latin=ARIAL),
    )


def _continued() -> str:
    return (
        tag_run("form.title_zh", size=_SMALL, font=HEI, latin=ARIAL)
        + run("（续）", size=_SMALL, font=HEI)
        + run("   ", size=_SMALL)
        + tag_run("record.number", size=_SMALL, font=SONG)
    )


def _footer(form: Form, copy: int) -> str:
    width = text_width(form)
    checkpoint = (
        statement("{% if checkpoint %}")
        + run("校验点 ", size=_SMALL)
        + tag_run("checkpoint", size=_SMALL, font=SONG, latin=ARIAL)
        + statement("{% endif %}")
    )
    return paragraph(
        run("保存期限：", size=_SMALL),
        tag_run("form.retention", size=_SMALL, font=SONG),
        TAB,
        run("第 ", size=_SMALL),
        _field("PAGE"),
        run(" 页  共 ", size=_SMALL),
        _field(f"PAGEREF {_LAST_PAGE}{copy}" if form.copies else "NUMPAGES"),
        run(" 页", size=_SMALL),
        TAB,
        checkpoint,
        pitch=_HEADER_PITCH,
        tabs=_stops(width),
        border="top",
    )


def _field(name: str) -> str:
    properties = run_properties(TIMES, SONG, _SMALL)
    pieces = (
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {name} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>1</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    )
    return "".join(f"<w:r>{properties}{piece}</w:r>" for piece in pieces)


def _content_types(parts: Mapping[str, tuple[str, str]]) -> str:
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, (kind, _relation) in parts.items()
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'{overrides}<Override PartName="/docProps/core.xml" ContentType="application/'
        'vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/docProps/app.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>'
    )


def _relations(*targets: tuple[str, str]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _core_relation() -> str:
    kind = f"{_PACKAGE}/relationships/metadata/core-properties"
    return f'<Relationship Id="rIdCore" Type="{kind}" Target="docProps/core.xml"/>'


def _core(form: Form) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(form.title.zh)}</dc:title><dc:subject>{escape(form.code)} {form.revision}</dc:subject>"
        "<dc:language>zh-CN</dc:language></cp:coreProperties>"
    )


def _styles() -> str:
    return (
        f"<w:styles {_ROOT}><w:docDefaults><w:rPrDefault>{run_properties(TIMES, SONG, 21)}</w:rPrDefault>"
        f'<w:pPrDefault><w:pPr><w:spacing w:after="0" w:line="{PITCH}" w:lineRule="exact"/></w:pPr></w:pPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        '<w:qFormat/></w:style><w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name'
        ' w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/></w:style></w:styles>'
    )


def _fonts() -> str:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="{family}"/>'
        '<w:pitch w:val="variable"/></w:font>'
        for name, other, family in ((SONG, "SimSun", "auto"), (FANG, "FangSong", "modern"), (HEI, "SimHei", "modern"))
    )
    return f"<w:fonts {_ROOT}>{fonts}</w:fonts>"
