"""The print code as a picture: a QR code of 25 mm, the same bytes for the same text everywhere.

Version, mask and level are fixed: nothing is searched for, so that a code costs little beside the form around it, and
whatever it says its modules are 1 mm wide.

Source: ISO/IEC 18004 (version 2, level M); PNG, third edition, 5
"""

import struct
import zlib

from recordkeeper.documents.figure import Figure
from recordkeeper.documents.qr_symbol import SIDE, symbol

SIDE_MILLIMETRES = 25
PIXELS_A_MODULE = 8
_BLACK_OR_WHITE = bytes.maketrans(b"10", b"\x00\xff")
_BELOW = b"\x02" + bytes(SIDE)  # a line of pixels that repeats the one above


def picture(text: object) -> bytes:
    """``text`` as a QR code: a PNG of one bit a pixel without a margin.

    Args:
        text: at most 38 of 0-9, A-Z, space and ``$%*+-./:``.
    """
    # eight pixels a module are one byte, in which 0 is black; the seven lines below repeat the one above
    below = _BELOW * (PIXELS_A_MODULE - 1)
    return _png(SIDE * PIXELS_A_MODULE, b"".join(b"\x00" + modules + below for modules in _lines(text)))


def pixels(text: object) -> list[bytes]:
    """The same as lines of pixels, a byte each: 0 is black, 255 white."""
    wide = [b"".join(bytes([module]) * PIXELS_A_MODULE for module in modules) for modules in _lines(text)]
    return [line for line in wide for _pixel in range(PIXELS_A_MODULE)]


def _lines(text: object) -> list[bytes]:
    modules = symbol(str(text)).translate(_BLACK_OR_WHITE)
    return [modules[begin : begin + SIDE] for begin in range(0, len(modules), SIDE)]


def _png(side: int, lines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    # a window of 8 KB is more than the whole picture, and costs a quarter of what one of 32 KB does
    deflater = zlib.compressobj(6, zlib.DEFLATED, 13, 6)
    deflated = deflater.compress(lines) + deflater.flush()
    chunks = ((b"IHDR", header), (b"IDAT", deflated), (b"IEND", b""))
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
