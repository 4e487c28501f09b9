"""What LibreOffice writes into equal PDFs otherwise each time, put right: moments, identifiers, order of fonts.

It knows the PDFs of LibreOffice alone: a cross-reference table, and behind each stream the object that holds its
length. What it does not recognise it leaves as it is.

Source: ISO 32000-1, 7.5.4 (cross-reference table); ICC.1, 7.2.1; Adobe Type 1 Font Format, 7.2 (eexec)
"""

import bisect
import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from itertools import accumulate, count

from recordkeeper.documents.font_order import with_fonts_in_order

_CREATION_DATE = re.compile(rb"(/(?:CreationDate|ModDate)\(D:)\d{14}([^)]*\))")
_CREATION_TIME = re.compile(rb"(<xmp:(?:Create|Modify|Metadata)Date>)[^<]{20}(</)")
_IDENTIFIER = re.compile(rb"(?<=<)[0-9A-F]{32}(?=>\s*(?:<[0-9A-F]{32}>\s*)?\])|(?<=/DocChecksum /)[0-9A-F]{32}")
_STREAM = re.compile(
    rb"<<(?P<keys>/N 3/Length (?P<number>\d+) 0 R/Filter/FlateDecode"
    rb"|/Length (?P<other>\d+) 0 R/Filter/FlateDecode/Length1 (?P<clear>\d+)/Length2 (?P<sealed>\d+)/Length3 \d+)>>\n"
    rb"stream\n(?P<data>.*?)\nendstream\nendobj\n\n\d+ 0 obj\n(?P<length>\d+)\nendobj",
    re.DOTALL,
)
_ENTRY = re.compile(rb"(\d{10})( \d{5} n)")
_FONT_NUMBER = re.compile(rb"(/UniqueID )\d{7}( def)")
_FIRST_FONT = 4_100_001
_KEY, _FACTOR, _SUMMAND, _MASK = 55665, 52845, 22719, 0xFFFF


def constant(pdf: bytes, source: bytes) -> bytes:
    """The PDF without what depends on when, where and after which others it was made.

    Args:
        pdf: as LibreOffice wrote it.
        source: the bytes that it was made of; they give it its identifiers.
    """
    identifier = hashlib.sha256(source).hexdigest()[:32].upper().encode()
    pdf = _CREATION_DATE.sub(rb"\g<1>19800101000000\g<2>", pdf)
    pdf = _CREATION_TIME.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", pdf)
    return _with_streams(with_fonts_in_order(_IDENTIFIER.sub(identifier, pdf)))


def _with_streams(pdf: bytes) -> bytes:
    """The PDF with constant streams; what lies behind them moves, and the table says where to."""
    table = pdf.rfind(b"\nxref\n") + 1
    if not table:
        return pdf
    pieces: list[bytes] = []
    places: list[int] = []
    shifts: list[int] = []
    done = 0
    for begin, end, replacement in _replacements(pdf[:table]):
        pieces += (pdf[done:begin], replacement)
        places.append(end)
        shifts.append(len(replacement) - (end - begin))
        done = end
    moves = [0, *accumulate(shifts)]

    def moved(offset: int) -> int:
        return offset + moves[bisect.bisect_right(places, offset)]

    entries, start, _end = pdf[table:].rpartition(b"startxref\n")
    entries = _ENTRY.sub(lambda entry: b"%010d%b" % (moved(int(entry[1])), entry[2]), entries)
    return b"".join((*pieces, pdf[done:table], entries, start, b"%d\n%%%%EOF\n" % moved(table)))


def _replacements(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Where each changed stream, and each changed length, begins and ends, and what stands there instead."""
    numbers = count(_FIRST_FONT)
    for stream in _STREAM.finditer(body):
        try:
            content = zlib.decompress(stream["data"])
        except zlib.error:
            continue
        if stream["clear"]:
            content = _font(content, int(stream["clear"]), int(stream["sealed"]), next(numbers))
        else:
            content = content[:24] + struct.pack(">6H", 1980, 1, 1, 0, 0, 0) + content[36:]
        data = zlib.compress(content, 9)
        yield stream.start("data"), stream.end("data"), data
        yield stream.start("length"), stream.end("length"), b"%d" % len(data)


def _font(content: bytes, clear: int, sealed: int, number: int) -> bytes:
    """A Type 1 font under ``number``; the program counts them over all documents that it prints."""
    if not content.startswith(b"%!"):
        return content
    wanted = rb"\g<1>%d\g<2>" % number
    private = _FONT_NUMBER.sub(wanted, _opened(content[clear : clear + sealed]))
    return _FONT_NUMBER.sub(wanted, content[:clear]) + _sealed(private) + content[clear + sealed :]


def _opened(data: bytes) -> bytes:
    key, opened = _KEY, bytearray()
    for byte in data:
        opened.append(byte ^ (key >> 8))
        key = ((byte + key) * _FACTOR + _SUMMAND) & _MASK
    return bytes(opened)


def _sealed(data: bytes) -> bytes:
    key, sealed = _KEY, bytearray()
    for byte in data:
        cipher = byte ^ (key >> 8)
        sealed.append(cipher)
        key = ((cipher + key) * _FACTOR + _SUMMAND) & _MASK
    return bytes(sealed)
