"""Files that somebody made to do harm, or that something broke: made alike in every run."""

import io
import random
import struct
import zipfile
from collections.abc import Iterator, Mapping

ENTITIES = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
)
CONTENTS: Mapping[str, bytes] = {
    "empty": b"",
    "zeros": bytes(4096),
    "no root": b"<?xml version='1.0'?>",
    "unclosed": b"<a><b>",
    "another root": b"<a/>",
    "another encoding": "<a>中</a>".encode("utf-16"),
    "a false encoding": b"<?xml version='1.0' encoding='cp037'?><a/>",
    "no UTF-8": b"<a>\xff\xfe\xc0</a>",
    "entities": ENTITIES,
    "outer entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "deep": b"<a>" * 50_000 + b"</a>" * 50_000,
    "long name": b"<" + b"a" * 3_000_000 + b"/>",
    "many attributes": b"<a " + b" ".join(b'a%d="x"' % number for number in range(100_000)) + b"/>",
    "a control character": b"<a>\x01</a>",
    "a processing instruction": b"<a><?rk-value customer?><?rk-block do 1?></a>",
}


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def hostile_files(good: bytes, main_part: str) -> Iterator[tuple[str, bytes]]:
    """What each is, and its bytes.

    Args:
        good: the file that they are made of.
        main_part: the part that says what stands in it.
    """
    members = members_of(good)
    for what, content in CONTENTS.items():
        yield f"{what} as {main_part}", zipped({**members, main_part: content})
    for part in ("[Content_Types].xml", "_rels/.rels"):
        for what in ("empty", "unclosed", "another root", "entities", "deep"):
            yield f"{what} as {part}", zipped({**members, part: CONTENTS[what]})
    for part in members:
        if part.endswith((".xml", ".rels")):
            yield f"without {part}", zipped({name: content for name, content in members.items() if name != part})
    for name in ("../../etc/passwd", "/etc/passwd", "a\x00b", "a\\..\\b", "con.xml", "x" * 60_000):
        yield f"a member called {name[:20]!r}", zipped({**members, name: b"x"})
    yield "another way of packing", zipped(members, zipfile.ZIP_LZMA)
    yield "many members", zipped({**members, **{f"x/{number}": b"" for number in range(2500)}})
    yield from _broken(good)


def _broken(good: bytes) -> Iterator[tuple[str, bytes]]:
    changes = random.Random(2026)
    for number in range(12):
        flipped = bytearray(good)
        for _flip in range(1 + number * 4):
            flipped[changes.randrange(len(flipped))] ^= 1 << changes.randrange(8)
        yield f"{1 + number * 4} bits flipped", bytes(flipped)
    for part in (0.1, 0.5, 0.9, 0.99):
        yield f"cut off at {part}", good[: int(len(good) * part)]
    directory = good.rfind(b"PK\x01\x02")
    for what, offset, value in (
        ("encrypted", 8, struct.pack("<H", 1)),
        ("of an unknown method", 10, struct.pack("<H", 99)),
        ("with a false checksum", 16, b"\xff" * 4),
        ("larger than it says", 24, struct.pack("<I", 1)),
        ("of 4 GB", 24, b"\xff" * 4),
        ("with a false offset", 42, b"\xff\xff\xff\x7f"),
    ):
        yield f"a member {what}", good[: directory + offset] + value + good[directory + offset + len(value) :]
    yield "twice itself", good + good
    yield "with a long comment", good[:-2] + struct.pack("<H", 65_535) + b"x" * 65_535
