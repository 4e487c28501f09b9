"""Word files and spreadsheets as packages: the gate for foreign ones, reading, and writing with equal bytes.

The gate stands before any parsing: what it lets through has a bounded size, no macros or other active
content, no targets outside the file but hyperlinks, and no document type. It does not judge what a document
says.

Source: ECMA-376, part 2 (packages), part 4 (transitional)
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from recordkeeper.amount import amount
from recordkeeper.errors import DocumentError, InvalidInputError
from recordkeeper.language import translate as _

MOST_MEMBERS = 2000
MOST_BYTES = 200 * 1024 * 1024
MOST_SPREADSHEET_BYTES = 64 * 1024 * 1024
LARGEST_SMALL_PART_BYTES = 8 * 1024 * 1024
MOST_EXPANSION = 100
SMALL_BYTES = 1024 * 1024

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT_PART, WORKBOOK_PART = "word/document.xml", "xl/workbook.xml"
CONTENT_TYPES_PART, _ROOT_RELATIONS = "[Content_Types].xml", "_rels/.rels"

_STRICT = b"http://purl.oclc.org/ooxml/"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_ACTIVE_NAME = re.compile(r"vbaproject|vbadata|activex|embeddings/.*\.bin$|\.(exe|dll|js|vbs|ocx)$", re.IGNORECASE)
_ACTIVE_TYPE = re.compile(r"macroenabled|vbaproject|activex|oleobject", re.IGNORECASE)
_ACTIVE_RELATION = re.compile(r"/(vbaProject|control|oleObject|aFChunk|subDocument|attachedTemplate)$")
_ACTIVE_FIELD = re.compile(
    r"^\s*(DDE|DDEAUTO|LINK|IMPORT|INCLUDE|INCLUDETEXT|INCLUDEPICTURE|DATABASE|RD|MACROBUTTON|EMBED)\b",
    re.IGNORECASE,
)
_DOCTYPE = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I\x00?T\x00?Y)")
_DEFLATED_WITHIN = (".png", ".jpg", ".jpeg")
_FLAG_ENCRYPTED = 0x1
_FLAG_UTF8 = 0x800
_DEFLATED = 8
_EARLIEST_DATE = 0x0021  # 1980-01-01, the first day that a zip file can say
_VERSION_NEEDED = 20


class DocumentRefusedError(DocumentError, InvalidInputError):
    """A file that is not let in: broken, too large, or with content that could act."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            _("{name}: expected {expected}, found {found}").format(name=name, expected=expected, found=found),
            subject=name,
            expected=expected,
            found=found,
        )


def tag(name: str) -> str:
    """The element ``w:name`` as lxml spells it."""
    return f"{{{W}}}{name}"


def parse_part(data: bytes, name: str) -> etree._Element:
    """The root of an XML part; entities stay unresolved, comments and processing instructions are left out.

    Raises:
        DocumentRefusedError: it is not well formed, or has a document type.
    """
    if _DOCTYPE.search(data):
        raise DocumentRefusedError(name, _("XML without a document type"), "DOCTYPE")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentRefusedError(name, _("well-formed XML"), str(error.msg)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentRefusedError(name, _("XML without a document type"), "DOCTYPE")
    return root


def parse_small_part(data: bytes, name: str) -> etree._Element:
    """The root of a part that is small in every file.

    Raises:
        DocumentRefusedError: as ``parse_part``, or over 8 MB, which as a tree take 250.
    """
    if len(data) > LARGEST_SMALL_PART_BYTES:
        raise DocumentRefusedError(name, _("at most 8 MB"), amount("bytes", len(data)))
    return parse_part(data, name)


def read_package(data: bytes, name: str) -> dict[str, bytes]:
    """The members of a Word file in their order, once it has passed the gate.

    Args:
        data: the file.
        name: how to name it in a refusal.

    Raises:
        DocumentRefusedError: no zip file, no transitional Word document, over 2,000 members, 200 MB or 100:1,
            a name twice, a document type, macros or other active content, a target outside but a hyperlink.
    """
    members = _unzip(data, name, _("a Word document (docx)"), MOST_BYTES)
    if CONTENT_TYPES_PART not in members or DOCUMENT_PART not in members:
        raise DocumentRefusedError(name, _("a Word document (docx)"), _("another kind of zip file"))
    if _STRICT in members[DOCUMENT_PART][:20_000]:
        raise DocumentRefusedError(name, _("Word document (docx)"), "Strict Open XML (ISO 29500)")
    _check_types(members[CONTENT_TYPES_PART], name, DOCUMENT_PART, _MAIN_TYPE, _("a Word document (docx)"))
    for member, content in members.items():
        if _ACTIVE_NAME.search(member):
            raise DocumentRefusedError(name, _("no macros or other active content"), member)
        if member.endswith(".rels"):
            _check_relations(parse_part(content, f"{name}/{member}"), name)
        elif member.endswith(".xml"):
            root = parse_part(content, f"{name}/{member}")
            _check_fields(root, f"{name}/{member}")
            if member == DOCUMENT_PART and root.tag != tag("document"):
                raise DocumentRefusedError(name, _("a Word document (docx)"), f"<{etree.QName(root).localname[:40]}>")
    if f'"{DOCUMENT_PART}"'.encode() not in members.get(_ROOT_RELATIONS, b"").replace(b'"/', b'"').replace(b"'", b'"'):
        raise DocumentRefusedError(name, _("a Word document (docx)"), _("no way from the package to its document"))
    return members


def read_spreadsheet_package(data: bytes, name: str) -> dict[str, bytes]:
    """The members of a spreadsheet in their order, once it has passed the same gate.

    Args:
        data: the file.
        name: how to name it in a refusal.

    Raises:
        DocumentRefusedError: no zip file, no transitional workbook, over 2,000 members, 64 MB or 100:1, a name twice,
            a document type, macros or other active content, a target outside but a hyperlink.
    """
    members = _unzip(data, name, _("a spreadsheet (xlsx)"), MOST_SPREADSHEET_BYTES)
    if CONTENT_TYPES_PART not in members or WORKBOOK_PART not in members:
        raise DocumentRefusedError(name, _("a spreadsheet (xlsx)"), _("another kind of zip file"))
    if _STRICT in members[WORKBOOK_PART][:20_000]:
        raise DocumentRefusedError(name, _("a spreadsheet (xlsx)"), "Strict Open XML (ISO 29500)")
    _check_types(members[CONTENT_TYPES_PART], name, WORKBOOK_PART, _WORKBOOK_TYPE, _("a spreadsheet (xlsx)"))
    for member, content in members.items():
        if _ACTIVE_NAME.search(member):
            raise DocumentRefusedError(name, _("no macros or other active content"), member)
        if member.endswith(".rels"):
            _check_relations(parse_small_part(content, f"{name}/{member}"), name)
        elif member.endswith(".xml") and _DOCTYPE.search(content):
            raise DocumentRefusedError(f"{name}/{member}", _("XML without a document type"), "DOCTYPE")
    return members


def _unzip(data: bytes, name: str, expected: str, most_bytes: int) -> dict[str, bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError):
        raise DocumentRefusedError(name, expected, _("no zip file")) from None
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check_entries(entries, len(data), name, most_bytes)
        try:
            return {entry.filename: archive.read(entry) for entry in entries}
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise DocumentRefusedError(name, _("a zip file that can be read"), str(error)) from None


def _check_entries(entries: list[zipfile.ZipInfo], size: int, name: str, most_bytes: int) -> None:
    if len(entries) > MOST_MEMBERS:
        raise DocumentRefusedError(name, _("at most 2,000 members"), str(len(entries)))
    total = sum(entry.file_size for entry in entries)
    if total > most_bytes:
        expected = _("at most {most} MB unpacked").format(most=most_bytes // 1024**2)
        raise DocumentRefusedError(name, expected, f"{total // 1024**2} MB")
    if total > SMALL_BYTES and total > size * MOST_EXPANSION:
        raise DocumentRefusedError(name, _("at most 100 times its size unpacked"), f"{total // size}:1")
    seen: set[str] = set()
    for entry in entries:
        member = entry.filename
        if member.casefold() in seen:
            raise DocumentRefusedError(name, _("each member once"), member)
        seen.add(member.casefold())
        if entry.flag_bits & _FLAG_ENCRYPTED:
            raise DocumentRefusedError(name, _("a file without encryption"), member)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise DocumentRefusedError(name, _("members stored or deflated"), member)
        if member.startswith("/") or "\\" in member or ".." in member.split("/") or not member.isprintable():
            raise DocumentRefusedError(name, _("members within the file"), repr(member))


def _check_types(content: bytes, name: str, main_part: str, main_type: str, expected: str) -> None:
    types = parse_small_part(content, f"{name}/{CONTENT_TYPES_PART}")
    main = ""
    for element in types:
        kind = element.get("ContentType") or ""
        if _ACTIVE_TYPE.search(kind):
            raise DocumentRefusedError(name, _("no macros or other active content"), kind)
        if element.get("PartName") == f"/{main_part}":
            main = kind
    if main != main_type:
        raise DocumentRefusedError(name, expected, main or _("no document"))


def _check_relations(relations: etree._Element, name: str) -> None:
    for relation in relations:
        kind, target = relation.get("Type") or "", relation.get("Target") or ""
        if kind.encode().startswith(_STRICT):
            raise DocumentRefusedError(name, _("Word document (docx)"), "Strict Open XML (ISO 29500)")
        if _ACTIVE_RELATION.search(kind):
            raise DocumentRefusedError(name, _("no macros or other active content"), target or kind)
        is_external = relation.get("TargetMode") == "External" or "://" in target
        if is_external and not kind.endswith("/hyperlink"):
            raise DocumentRefusedError(name, _("no targets outside the file but hyperlinks"), target)


def _check_fields(root: etree._Element, place: str) -> None:
    instructions: list[str] = []
    for element in root.iter(tag("fldChar"), tag("instrText"), tag("fldSimple")):
        if element.tag == tag("instrText") and instructions:
            instructions[-1] += element.text or ""
        else:
            instructions.append(element.get(tag("instr")) or element.text or "")
    for instruction in instructions:
        if _ACTIVE_FIELD.match(instruction):
            raise DocumentRefusedError(place, _("no field that loads or runs anything"), instruction.strip())


@dataclass(frozen=True, slots=True)
class PackedMember:
    """A member as it lies in a zip file, deflated once and copied from then on.

    Args:
        name: its path within the package.
        crc: CRC-32 of the content.
        size: bytes of the content.
        deflated: the content, deflated.
    """

    name: str
    crc: int
    size: int
    deflated: bytes


def pack(name: str, content: bytes) -> PackedMember:
    """``content`` deflated, ready to be written; pictures are deflated within and taken as they are."""
    compressor = zlib.compressobj(0 if name.endswith(_DEFLATED_WITHIN) else 6, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = compressor.compress(content) + compressor.flush()
    return PackedMember(name, zlib.crc32(content), len(content), deflated)


def assemble(members: Iterable[PackedMember]) -> bytes:
    """A zip file of ``members`` in their order, all dated 1980-01-01: equal content gives equal bytes.

    Source: APPNOTE.TXT 6.3.10, 4.3
    """
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for member in members:
        name = member.name.encode()
        flags = 0 if member.name.isascii() else _FLAG_UTF8
        common = struct.pack(
            "<HHHHHIIIHH",
            _VERSION_NEEDED,
            flags,
            _DEFLATED,
            0,
            _EARLIEST_DATE,
            member.crc,
            len(member.deflated),
            member.size,
            len(name),
            0,
        )
        body += (b"PK\x03\x04" + common + name, member.deflated)
        directory.append(
            b"PK\x01\x02"
            + struct.pack("<H", _VERSION_NEEDED)
            + common
            + struct.pack("<HHHII", 0, 0, 0, 0, offset)
            + name
        )
        offset += 4 + len(common) + len(name) + len(member.deflated)
    central = b"".join(directory)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(directory), len(directory), len(central), offset, 0)
    return b"".join((*body, central, end))


def write_package(members: Mapping[str, bytes]) -> bytes:
    """A package of ``members`` in their order; equal members give equal bytes."""
    return assemble(pack(name, content) for name, content in members.items())
