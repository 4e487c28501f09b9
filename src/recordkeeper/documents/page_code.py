"""The print codes of a PDF, each page with its own: which page it is, and of how many.

A Word file has one picture for all its later pages and does not know how many there will be. Once LibreOffice has laid
the pages out, the pictures are found by their pixels, and each page gets one that says its number. Each copy of a
multi-part slip goes its own way, so its pages are counted by themselves.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recordkeeper.documents.print_code import LATER_PAGE_CODE, PRINT_CODE, pixels
from recordkeeper.errors import DocumentError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.print_code import PrintCode, parse_print_code

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter
    from pypdf.generic import DictionaryObject, StreamObject

_SHOWN = re.compile(rf'name="(?:{PRINT_CODE.tag}|{LATER_PAGE_CODE.tag})" descr="([0-9A-Z.-]+)"')
_COUNTED_ANEW = re.compile(r'<w:pgNumType [^<>]*w:start="1"')
_DRAWN = re.compile(rb"(/\w+) Do\b")
_PART = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")


class PageCodeLostError(DocumentError, UnavailableError):
    """A page code of the Word file is not in the PDF as it was drawn, so that the pages cannot be numbered."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("{code}: expected the print code on the first page of the PDF, found none").format(code=code),
            subject=code,
        )


def codes_shown(docx: bytes) -> list[PrintCode]:
    """The print codes that a Word file of ours shows; none on a blank that was not issued."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if _PART.fullmatch(name)]
    return [parse_print_code(code) for code in dict.fromkeys(code for text in texts for code in _SHOWN.findall(text))]


def counts_anew(docx: bytes) -> bool:
    """Whether the pages of a Word file are counted from 1 again where a section begins, as for each copy of a slip."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return len(_COUNTED_ANEW.findall(archive.read("word/document.xml").decode())) > 1


def number_pages(writer: "PdfWriter", codes: list[PrintCode], *, is_anew: bool = False) -> None:
    """Put into each page its own code in place of any of ``codes``.

    Args:
        writer: the PDF as LibreOffice laid it out.
        codes: those of the Word file.
        is_anew: whether pages are counted from 1 again where the code of a first page stands.

    Raises:
        PageCodeLostError: the first page shows none of them.
    """
    drawn = {b"".join(pixels(code)): code for code in codes}
    found = [{name: drawn[data] for name, data in _images(page).items() if data in drawn} for page in writer.pages]
    if not found[0]:
        raise PageCodeLostError(str(codes[0]))
    begins = [0]
    if is_anew:
        begins += [number for number, page in enumerate(writer.pages) if number and _is_first(page, found[number])]
    for number, (page, shown) in enumerate(zip(writer.pages, found, strict=True)):
        begin = max(each for each in begins if each <= number)
        end = min((each for each in begins if each > number), default=len(found))
        if shown:
            code = replace(next(iter(shown.values())), page=number - begin + 1, pages=end - begin)
            picture = writer._add_object(_image(code))  # noqa: SLF001  # pypdf has no other way to add one
            _own_images(page).update(dict.fromkeys(shown, picture))


def _is_first(page: "PageObject", known: Mapping[str, PrintCode]) -> bool:
    """Whether a page draws the code of a first page; pages share their pictures, and know more than they draw."""
    content = page.get_contents()
    names = _DRAWN.findall(content.get_data()) if content is not None else []
    return any(known[name].page == 1 for name in map(bytes.decode, names) if name in known)


def _images(page: "PageObject") -> Mapping[str, bytes]:
    """The pixels of a page's grey pictures by their names."""
    streams = {name: stream.get_object() for name, stream in _pictures(page).items()}
    return {
        name: stream.get_data()
        for name, stream in streams.items()
        if stream.get("/ColorSpace") == "/DeviceGray" and stream.get("/BitsPerComponent") == 8
    }


def _pictures(page: "PageObject") -> "dict[Any, Any]":
    resources: Any = page["/Resources"].get_object()
    return dict(resources["/XObject"].get_object()) if "/XObject" in resources else {}


def _own_images(page: "PageObject") -> "DictionaryObject":
    """The pictures of one page, no longer shared with other pages."""
    from pypdf.generic import DictionaryObject, NameObject

    shared: Any = page["/Resources"].get_object()
    resources, images = DictionaryObject(dict(shared)), DictionaryObject(_pictures(page))
    resources[NameObject("/XObject")] = images
    page[NameObject("/Resources")] = resources
    return images


def _image(code: PrintCode) -> "StreamObject":
    from pypdf.generic import NameObject, NumberObject, StreamObject

    lines = pixels(code)
    image = StreamObject()
    image.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(len(lines[0])),
            NameObject("/Height"): NumberObject(len(lines)),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
            NameObject("/BitsPerComponent"): NumberObject(8),
            NameObject("/Filter"): NameObject("/FlateDecode"),
        }
    )
    image._data = zlib.compress(b"".join(lines), 9)  # noqa: SLF001  # as pypdf fills streams that it has read
    return image
