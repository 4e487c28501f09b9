"""The print code as a picture: a QR code of 25 mm, the same bytes for the same text everywhere.

Version, mask and level are fixed: nothing is searched for, so that a code costs less than the form around it, and
whatever it says its modules are 1 mm wide.

Source: ISO/IEC 18004 (version 2, level M); PNG, third edition, 5
"""

import struct
import zlib

import segno

from recordkeeper.documents.figure import Figure

SIDE_MILLIMETRES = 25
PIXELS_A_MODULE = 8
_VERSION, _MASK = 2, 2


def picture(text: object) -> bytes:
    """``text`` as a QR code: a PNG of one bit a pixel without a margin.

    Args:
        text: at most 38 of 0-9, A-Z, space and ``$%*+-./:``.
    """
    matrix = _matrix(text)
    lines: list[bytes] = []
    for modules in matrix:
        # eight pixels a module are one byte, in which 0 is black; the seven lines below repeat the one above
        lines.append(b"\x00" + bytes(0 if module else 0xFF for module in modules))
        lines += [b"\x02" + bytes(len(modules))] * (PIXELS_A_MODULE - 1)
    return _png(len(matrix) * PIXELS_A_MODULE, b"".join(lines))


def pixels(text: object) -> list[bytes]:
    """The same as lines of pixels, a byte each: 0 is black, 255 white."""
    black_or_white = (
        b"".join((b"\x00" if module else b"\xff") * PIXELS_A_MODULE for module in modules) for modules in _matrix(text)
    )
    return [line for line in black_or_white for _pixel in range(PIXELS_A_MODULE)]


def _matrix(text: object) -> tuple[bytearray, ...]:
    return segno.make(
        str(text), version=_VERSION, error="m", mode="alphanumeric", mask=_MASK, boost_error=False, micro=False
    ).matrix


def _png(side: int, lines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def _figure(name: str) -> Figure:
    return Figure(
        tag=name,
        part=f"word/media/recordkeeper_{name}.png",
        relation="image",
        media_type="image/png",
        width=SIDE_MILLIMETRES,
        height=SIDE_MILLIMETRES,
        content=picture,
        nothing=_png(8, b"\x00\xff" * 8),
    )


PRINT_CODE, LATER_PAGE_CODE = _figure("print_code"), _figure("later_page_code")
