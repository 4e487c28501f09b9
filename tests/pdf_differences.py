"""Where two PDFs differ that should be the same bytes, object by object: more than two digests tell."""

import re
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import IndirectObject, PdfObject, StreamObject

SHOWN = 400
_REFERENCE = re.compile(r"IndirectObject\((\d+), (\d+), \d+\)")  # its last number is the reader's own


def pdf_differences(one: bytes, other: bytes) -> list[str]:
    """What stands in one and not in the other, each object by its number; nothing where the bytes are the same."""
    if one == other:
        return []
    objects, others = (dict(_objects(each)) for each in (one, other))
    found = [
        f"object {number}: {_around(objects.get(number, ''), others.get(number, ''))}"
        for number in sorted(objects.keys() | others.keys())
        if objects.get(number) != others.get(number)
    ]
    return found or [f"the same objects, written otherwise: {len(one)} and {len(other)} bytes"]


def _objects(pdf: bytes) -> Iterator[tuple[int, str]]:
    reader = PdfReader(BytesIO(pdf))
    yield 0, _text_of(reader.trailer)
    for number in sorted({*reader.xref.get(0, {}), *reader.xref_objStm}):
        yield number, _text_of(IndirectObject(number, 0, reader).get_object())


def _text_of(value: PdfObject | None) -> str:
    text = f"{value!r} {value.get_data()!r}" if isinstance(value, StreamObject) else repr(value)
    return _REFERENCE.sub(r"\1 \2 R", text)


def _around(one: str, other: str) -> str:
    """The first place at which two texts differ, with what follows there."""
    same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    first = max(0, same - SHOWN // 4)
    return f"{one[first : first + SHOWN]} | {other[first : first + SHOWN]}"
