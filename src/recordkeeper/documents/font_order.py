"""The fonts of a PDF in the order in which it first uses them; LibreOffice writes them as they lie in its memory.

Each font that it embeds is a run of objects one after the other: the file, its length, the descriptor, the table of
characters, the font. Their names begin with six letters that count them (``BAAAAA+``), the first letter fastest. What
is not written like that is left as it is.

Source: ISO 32000-1, 7.5.4 (cross-reference table), 9.6.4 (font subsets), 9.8 (font descriptors)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

_ENTRY = re.compile(rb"(\d{10}) 00000 n ")
_TABLE = re.compile(rb"\nxref\n0 \d+\n0000000000 65535 f \n((?:\d{10} 00000 n \n)+)trailer\n")
_DESCRIPTOR = re.compile(
    rb"(?P<number>\d+) 0 obj\n<</Type/FontDescriptor/FontName/(?P<tag>[A-Z]{6})\+[^>]*?/FontFile[23]? (?P<file>\d+) 0 R"
)
_FONT = re.compile(rb"(?P<number>\d+) 0 obj\n<</Type/Font/[^>]*?/FontDescriptor (?P<descriptor>\d+) 0 R")
_NAMES = re.compile(rb"\d+ 0 obj\n<<(?:/F\d+ \d+ 0 R\s*)+>>\nendobj\s*")
_REFERENCE = re.compile(rb"(?<![\d.])(\d+)(?= 0 (?:R|obj)\b)")
_STREAM = b">>\nstream\n"


@dataclass(frozen=True, slots=True)
class _Font:
    """Where the objects of a font stand among all: the first of them, and the one behind the last."""

    tag: bytes
    first: int
    end: int


def with_fonts_in_order(pdf: bytes) -> bytes:
    """The PDF with its fonts in the order of the letters before their names, and numbered in that order.

    Args:
        pdf: as LibreOffice wrote it.
    """
    found = _TABLE.match(pdf, max(pdf.rfind(b"\nxref\n"), 0))
    if found is None:
        return pdf
    offsets = [int(offset) for offset in _ENTRY.findall(found[1])]
    numbers = sorted(range(1, len(offsets) + 1), key=lambda number: offsets[number - 1])
    places = [*(offsets[number - 1] for number in numbers), found.start() + 1]
    objects = [pdf[begin:end] for begin, end in pairwise(places)]
    if not all(each.startswith(b"%d 0 obj\n" % number) for number, each in zip(numbers, objects, strict=True)):
        return pdf
    fonts = list(_fonts(numbers, objects))
    ordered = sorted(fonts, key=lambda font: font.tag[::-1])
    if ordered == fonts or any(one.end != other.first for one, other in pairwise(fonts)):
        return pdf
    first, end = fonts[0].first, fonts[-1].end
    if numbers[first:end] != list(range(numbers[first], numbers[first] + end - first)):
        return pdf
    order = [index for font in ordered for index in range(font.first, font.end)]
    renamed = {numbers[old]: numbers[new] for new, old in enumerate(order, first)}
    moved = [
        *(_renamed(each, renamed) if _NAMES.fullmatch(each) else each for each in objects[:first]),
        *(_renamed(objects[old], renamed) for old in order),
        *(_renamed(each, renamed) if _NAMES.fullmatch(each) else each for each in objects[end:]),
    ]
    return _written(pdf[: places[0]], numbers, moved, pdf[found.start() + 1 :])


def _fonts(numbers: list[int], objects: list[bytes]) -> Iterator[_Font]:
    """Every embedded font, in the order of the file."""
    places = {number: place for place, number in enumerate(numbers)}
    descriptors: dict[int, tuple[bytes, int]] = {}
    for place, each in enumerate(objects):
        if descriptor := _DESCRIPTOR.match(each):
            descriptors[int(descriptor["number"])] = (descriptor["tag"], places[int(descriptor["file"])])
        elif font := _FONT.match(each):
            known = descriptors.get(int(font["descriptor"]))
            if known:
                yield _Font(*known, place + 1)


def _renamed(content: bytes, numbers: Mapping[int, int]) -> bytes:
    """An object under its new number and with new numbers in what it refers to, its stream untouched."""
    head, stream, data = content.partition(_STREAM)
    return _REFERENCE.sub(lambda found: b"%d" % numbers.get(int(found[1]), int(found[1])), head) + stream + data


def _written(head: bytes, numbers: list[int], objects: list[bytes], tail: bytes) -> bytes:
    """The whole file again, its table saying where each object now begins."""
    offsets: dict[int, int] = {}
    offset = len(head)
    for number, each in zip(numbers, objects, strict=True):
        offsets[number] = offset
        offset += len(each)
    entries = iter(sorted(offsets))
    table, start, end = tail.rpartition(b"startxref\n")
    table = _ENTRY.sub(lambda _entry: b"%010d 00000 n " % offsets[next(entries)], table)
    return b"".join((head, *objects, table, start, b"%d\n" % offset, end.partition(b"\n")[2]))
