"""The print codes of a PDF, each page with its own: which page it is, and of how many.

A Word file has one picture for all its later pages and does not know how many there will be. Once LibreOffice has laid
the pages out, the pictures are found by their pixels, and each page gets one that says its number.
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
_PART = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")


class PageCodeLostError(DocumentError, UnavailableError):
    """A page code of the Word file is not in the PDF as it was drawn, so that the pages cannot be numbered."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("{code}: expected the print code on the first page of the PDF, found none").format(code=code),
            subject=code,
        )


def codes_shown(docx: bytes) -> list[PrintCode]:
    """The print codes that a Word file of ours shows; none on a blank."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if _PART.fullmatch(name)]
    return [parse_print_code(code) for code in dict.fromkeys(code for text in texts for code in _SHOWN.findall(text))]


def number_pages(writer: "PdfWriter", codes: list[PrintCode]) -> None:
    """Put into each page its own code in place of any of ``codes``.

    Args:
        writer: the PDF as LibreOffice laid it out.
        codes: those of the Word file.

    Raises:
        PageCodeLostError: the first page shows none of them.
    """
    drawn = {b"".join(pixels(code)): code for code in codes}
    for number, page in enumerate(writer.pages, 1):
        images = _images(page)
        found = {name: drawn[data] for name, data in images.items() if data in drawn}
        if not found and number == 1:
            raise PageCodeLostError(str(codes[0]))
        if found:
            code = replace(next(iter(found.values())), page=number, pages=len(writer.pages))
            picture = writer._add_object(_image(code))  # noqa: SLF001  # pypdf has no other way to add one
            _own_images(page).update(dict.fromkeys(found, picture))


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
