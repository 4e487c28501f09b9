"""Is this archive as it was written? Checked from the archive alone, by anybody who has Python 3.11.

    python3 verifier.py PATH [--key FILE] [--against FILE|SHORT]... [--cosigner FILE]... [--require N] [--json]
                             [--lang en|zh]

PATH is an archive folder (``objects/`` and ``log/`` in it), a pack (a zip of the same layout, or a BagIt bag with that
layout as its payload, zipped or unpacked), or a proof file (``….json``). Nothing is ever written, links are never
followed, the network is not used, and nothing outside the standard library is imported.

What is checked:

1. files: the storage root and every object of it by OCFL 1.1: declarations, inventories, digests, nothing missing,
   nothing added; every version is the one that the log binds; files that acts bind are there.
2. records: the acts in each ``record.json`` give the state digests that stand in the log's events, none is missing;
   what was destroyed is gone, by an approved list that keeps its tombstone.
3. signatures: every signature fits the act, the state before it, and a key that its person had then.
4. log: the events give the tree (RFC 9162) whose root the checkpoint (C2SP signed note) states and the log key signed.
5. tail: with ``--against``, that a checkpoint kept outside (a signed note, or a short one as a form prints it) is one
   of this log, so that nothing was cut or rewritten; with ``--cosigner``, that N (else all) of these have cosigned it.

Not covered, for it is not in an archive: the register's tables and records still open. Without ``--key`` the log key
is the one that the archive itself names: whoever made all of the archive anew would name another, so compare it with
the copy kept outside. The same holds of this file: take it from a place that you trust, not from the archive that you
doubt.

Exit status: 0 ok, 1 altered, 2 wrong usage, 4 no archive there, 6 cannot assess, 70 a defect of this program, 130
interrupted.

This file is long, over 400 lines, because it has to be one: an auditor reads it in an hour and carries it on a stick.
The order is that of reading: findings, media, canonical JSON, Ed25519, Merkle tree, signed notes, OCFL, acts, log,
the answer, the command, and last the table of Chinese texts.

Source: OCFL 1.1; RFC 9162, 2.1; C2SP tlog-tiles, signed-note, tlog-cosignature; RFC 8032; RFC 8785; 21 CFR 11.70
"""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn
from zoneinfo import TZPATH, ZoneInfo

# ---- Findings and answers -------------------------------------------------------------------------------------------

RECORDS, REGISTER, FILES, LOG, SIGNATURES, TAIL = "records", "register", "files", "log", "signatures", "tail"
ASPECTS = (RECORDS, REGISTER, FILES, LOG, SIGNATURES, TAIL)
OK, ALTERED, CANNOT_ASSESS, PENDING = "ok", "altered", "cannot assess", "pending"
EXIT_STATUS = {OK: 0, ALTERED: 1, CANNOT_ASSESS: 6}
WRONG_USAGE, MISSING, DEFECT, INTERRUPTED = 2, 4, 70, 130

MOST_KEPT = 10_000  # findings of one weight; the others are counted
MOST_SHOWN = 50
MOST_NAMERS = 100  # acts that are named for one state of another subject which never was
_LONGEST_SHOWN = 400


def say(text: str, language: str, **values: object) -> str:
    """``text`` in ``language``, its placeholders filled."""
    return say_as_it_is(text, language).format(**values)


def say_as_it_is(text: str, language: str) -> str:
    """``text`` in ``language`` where it is one of ours, else as it is: it may hold anything, braces too."""
    return CHINESE.get(text, text) if language == "zh" else text


def clean(text: object) -> str:
    """``text`` as it can be shown anywhere: one line, no control characters, no end of it out of sight."""
    raw = os.fsencode(str(text)).decode("utf-8", "backslashreplace") if _is_encodable(str(text)) else ascii(text)
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in raw[: _LONGEST_SHOWN + 1])
    return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "…"


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


class Finding(NamedTuple):
    """One problem: its code, how much it weighs, the aspect and the subject or file it is about, and what it says."""

    code: str
    severity: str
    aspect: str
    subject: str
    text: str
    values: tuple[tuple[str, str], ...]

    def message(self, language: str) -> str:
        """What was expected and found."""
        values = {name: say_as_it_is(value, language) for name, value in self.values}
        return say(self.text, language, **values)


@dataclass(slots=True)
class Report:
    """Everything found, and what was looked at."""

    kept: dict[Finding, None] = field(default_factory=dict)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    not_covered: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    anchored_size: int = 0
    anchored_bits: int = 256
    is_tail_asked: bool = False
    key: str = ""
    is_key_given: bool = False
    checkpoint: str = ""
    cosigners: list[str] = field(default_factory=list)
    is_selection: bool = False
    left_out: int = 0
    gone: int = 0
    aspects: tuple[str, ...] = ASPECTS
    _by_severity: Counter[str] = field(default_factory=Counter)

    def find(
        self, code: str, aspect: str, subject: str, text: str, severity: str = ALTERED, /, **values: object
    ) -> None:
        """Note a problem; the same one is noted once."""
        shown = tuple((name, clean(value)) for name, value in values.items())
        finding = Finding(code, severity, aspect, clean(subject), text, shown)
        if finding in self.kept:
            return
        self.tally[aspect, severity] += 1
        if self._by_severity[severity] < MOST_KEPT:
            self._by_severity[severity] += 1
            self.kept[finding] = None

    def answer(self, aspect: str) -> str:
        """What can be said of an aspect."""
        if self.tally[aspect, ALTERED]:
            return ALTERED
        is_out_of_reach = aspect == REGISTER or (aspect == TAIL and not self.anchored_size)
        return CANNOT_ASSESS if self.tally[aspect, CANNOT_ASSESS] or is_out_of_reach else OK

    @property
    def verdict(self) -> str:
        """Altered if any aspect is; else cannot assess if any but the register is, or a tail nobody asked about."""
        answers = {aspect: self.answer(aspect) for aspect in ASPECTS}
        if ALTERED in answers.values():
            return ALTERED
        asked = (RECORDS, FILES, LOG, SIGNATURES, *([TAIL] if self.is_tail_asked else []))
        return CANNOT_ASSESS if any(answers[each] != OK for each in asked) else OK

    def reason(self, aspect: str, language: str) -> str:
        """Why an aspect has its answer."""
        answer = self.answer(aspect)
        count = self.tally[aspect, answer]
        first = next((each for each in self.kept if (each.aspect, each.severity) == (aspect, answer)), None)
        if count and first:
            text = "{count} findings, first {subject}: {message}" if count > 1 else "1 finding: {subject}: {message}"
            return say(text, language, count=count, subject=first.subject, message=first.message(language))
        text, values = self.reasons.get(aspect, ("as it was written", {}))
        return say(text, language, **values)


# ---- Media: a folder or a pack, read and never written --------------------------------------------------------------

FILE, FOLDER, LINK, SPECIAL, UNREADABLE = "file", "folder", "link", "special", "unreadable"
DEPTH_LIMIT = 100
# A pack is only unpacked block by block to be hashed, never parsed as a document, so it may be larger than what the
# program takes as a form: the bounds keep memory and time finite.
PACK_MEMBERS, PACK_BYTES, PACK_RATIO = 200_000, 16 * 2**30, 100
PAYLOAD, SELECTION = "data", "Recordkeeper-Selection"
MANIFEST, TAG_MANIFEST, BAG_INFO = "manifest-sha512.txt", "tagmanifest-sha512.txt", "bag-info.txt"
SMALL_BYTES, NOTE_BYTES, INVENTORY_BYTES, TILE_BYTES = 4096, 2**20, 64 * 2**20, 256 * (0xFFFF + 2)
PACK_MANIFEST_BYTES = 2**30
_MANIFEST_CODED = re.compile(r"%(0[aAdD]|25)")
_READ_PLAIN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Medium:
    """An archive as a folder; paths are relative to it, with ``/`` between parts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plain_folders = {""}

    def scan(self, folder: str) -> list[tuple[str, str]]:
        """Names and kinds of what a folder holds, sorted. Raises OSError."""
        self._check_no_link(folder)
        with os.scandir(self._path / folder) as entries:
            return sorted((entry.name, self._kind(entry)) for entry in entries)

    @staticmethod
    def _kind(entry: "os.DirEntry[str]") -> str:
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
        except OSError:
            return UNREADABLE
        kinds = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}
        return kinds.get(stat.S_IFMT(mode), SPECIAL)

    def open(self, path: str) -> IO[bytes]:
        """A regular file for reading; a link in its place or above it is refused. Raises OSError."""
        self._check_no_link(path.rpartition("/")[0])
        place = self._path / path
        if not stat.S_ISREG(place.lstat().st_mode):
            raise OSError("not a regular file")
        return os.fdopen(os.open(place, _READ_PLAIN), "rb")

    def _check_no_link(self, folder: str) -> None:
        if folder not in self._plain_folders:
            self._check_no_link(folder.rpartition("/")[0])
            if not stat.S_ISDIR((self._path / folder).lstat().st_mode):
                raise OSError("not a folder")
            self._plain_folders.add(folder)

    def close(self) -> None:
        """Let go of it."""


class Pack(Medium):
    """An archive as a zip.

    Raises:
        ValueError: no zip, or one that cannot be read safely.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise ValueError(f"not a zip: {error}") from None
        try:
            self._folders = self._sorted_in(path.stat().st_size)
        except ValueError:
            self._zip.close()
            raise
        top = self._folders[""]
        # A zip made of a folder holds that folder alone.
        self._top = (
            f"{next(iter(top))}/" if list(top.values()) == [FOLDER] and not {"objects", "log"} & set(top) else ""
        )

    def _sorted_in(self, packed_bytes: int) -> dict[str, dict[str, str]]:
        members = self._zip.infolist()
        total = sum(member.file_size for member in members)
        if len(members) > PACK_MEMBERS or total > PACK_BYTES or total > PACK_RATIO * packed_bytes:
            raise ValueError(f"{len(members)} members, {total} bytes in {packed_bytes}")
        folders: dict[str, dict[str, str]] = {"": {}}
        for member in members:
            parts = member.filename.rstrip("/").split("/")
            is_safe = all(part not in {"", ".", ".."} and not set(part) & set("\\\0:") for part in parts)
            if not is_safe or member.flag_bits & 1 or len(parts) > DEPTH_LIMIT:
                raise ValueError(clean(member.filename))
            for count in range(1, len(parts)):
                above = folders.setdefault("/".join(parts[: count - 1]), {})
                if above.setdefault(parts[count - 1], FOLDER) != FOLDER:
                    raise ValueError(clean(member.filename))
            siblings = folders.setdefault("/".join(parts[:-1]), {})
            kind = FOLDER if member.is_dir() else LINK if stat.S_ISLNK(member.external_attr >> 16) else FILE
            if siblings.get(parts[-1], "") not in ({"", FOLDER} if kind == FOLDER else {""}):
                raise ValueError(clean(member.filename))
            siblings[parts[-1]] = kind
            if kind == FOLDER:
                folders.setdefault("/".join(parts), {})
        return folders

    def scan(self, folder: str) -> list[tuple[str, str]]:
        """Names and kinds of what a folder holds."""
        found = self._folders.get((self._top + folder).rstrip("/"))
        if found is None:
            raise FileNotFoundError(folder)
        return sorted(found.items())

    def open(self, path: str) -> IO[bytes]:
        """A member for reading."""
        try:
            return self._zip.open(self._top + path)
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise OSError(str(error)) from None

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()


class Payload(Medium):
    """The archive in a bag: what lies below ``data/``."""

    def __init__(self, bag: Medium) -> None:
        super().__init__(Path())
        self._bag = bag

    def scan(self, folder: str) -> list[tuple[str, str]]:
        """Names and kinds of what a folder holds."""
        return self._bag.scan(f"{PAYLOAD}/{folder}".rstrip("/"))

    def open(self, path: str) -> IO[bytes]:
        """A file for reading."""
        return self._bag.open(f"{PAYLOAD}/{path}")


def is_bag(medium: Medium) -> bool:
    """Whether a medium is a BagIt bag. Source: RFC 8493, 2.1."""
    names = dict(medium.scan(""))
    return names.get("bagit.txt") == FILE and names.get(PAYLOAD) == FOLDER


def read(medium: Medium, path: str, byte_limit: int) -> bytes:
    """The content of a file of at most ``byte_limit`` bytes. Raises OSError."""
    try:
        with medium.open(path) as file:
            data = file.read(byte_limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise OSError(str(error)) from None
    if len(data) > byte_limit:
        raise OSError(f"more than {byte_limit} bytes")
    return data


def digest_of(medium: Medium, path: str, algorithm: str) -> str:
    """The digest of a file of any size, hexadecimal. Raises OSError."""
    digest = hashlib.new(algorithm)
    try:
        with medium.open(path) as file:
            while block := file.read(2**18):
                digest.update(block)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise OSError(str(error)) from None
    return digest.hexdigest()


def why(error: OSError) -> str:
    """The reason of a failed reading."""
    return error.strerror or str(error) or type(error).__name__


def walk(medium: Medium, top: str, report: Report) -> tuple[set[str], dict[str, int]]:
    """The files below ``top``, and its folders with the number of their entries; what else is there is found."""
    files: set[str] = set()
    folders: dict[str, int] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        place = f"{top}/{folder}".strip("/")
        try:
            entries = medium.scan(place) if folder.count("/") < DEPTH_LIMIT else []
        except OSError as error:
            report.find("unreadable", FILES, place, "cannot be read: {found}", CANNOT_ASSESS, found=why(error))
            continue
        if folder:
            folders[folder] = len(entries)
        for name, kind in entries:
            path = f"{folder}/{name}".lstrip("/")
            if kind == FILE:
                files.add(path)
            elif kind == FOLDER:
                waiting.append(path)
            else:
                _find_odd(report, FILES, f"{top}/{path}", kind)
    return files, folders


def _find_odd(report: Report, aspect: str, path: str, kind: str) -> None:
    """Note what is neither file nor folder."""
    match kind:
        case "link":
            report.find("E090", aspect, path, "a symbolic link")
        case "special":
            report.find("E001c", aspect, path, "neither file nor folder")
        case _:
            report.find("unreadable", aspect, path, "cannot be read", CANNOT_ASSESS)


def check_bag(medium: Medium, report: Report) -> None:
    """Check the bag around an archive: every file is named with its digest, and none is missing.

    Source: RFC 8493, 3
    """
    files, _folders = walk(medium, "", report)
    named: dict[str, str] = {}
    for manifest in (MANIFEST, TAG_MANIFEST):
        try:
            lines = read(medium, manifest, PACK_MANIFEST_BYTES).decode().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            report.find("bag-manifest", FILES, manifest, "cannot be read: {found}", found=error)
            continue
        for line in lines:
            digest, _space, path = line.partition("  ")
            named[_MANIFEST_CODED.sub(lambda match: bytes.fromhex(match[1]).decode(), path)] = digest
    for path in sorted(files - named.keys() - {TAG_MANIFEST}):
        report.find("bag-extra", FILES, path, "the bag names no such file")
    for path, digest in sorted(named.items()):
        if path not in files:
            report.find("bag-missing", FILES, path, "the file is missing")
            continue
        try:
            found = digest_of(medium, path, "sha512")
        except OSError as error:
            report.find("unreadable", FILES, path, "cannot be read: {found}", CANNOT_ASSESS, found=why(error))
            continue
        if found != digest:
            report.find(
                "bag-digest", FILES, path, "expected digest {expected}, found {found}", expected=digest, found=found
            )
    if BAG_INFO in files:
        with suppress(OSError, UnicodeDecodeError):
            lines = read(medium, BAG_INFO, NOTE_BYTES).decode().splitlines()
            report.is_selection = any(line.startswith(f"{SELECTION}:") for line in lines)


# ---- Canonical JSON -------------------------------------------------------------------------------------------------


def parse_json(data: bytes) -> Any:
    """The value of a JSON text as the program writes it: keys once and ASCII, no float, integers below 2^53.

    Raises:
        ValueError: anything else.
    """
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_refuse,
            parse_int=_small,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def canonical(value: object) -> bytes:
    """The canonical bytes of what ``parse_json`` gave.

    Raises:
        ValueError: a lone surrogate.

    Source: RFC 8785, 3.2
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs) or not all(key.isascii() for key in value):
        raise ValueError("a key stands twice or is not ASCII")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:40]} has no canonical form")


def _small(text: str) -> int:
    number = int(text) if len(text) <= len("-9007199254740991") else 2**53
    return number if abs(number) < 2**53 else _refuse(text)


# ---- Ed25519 --------------------------------------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z
_NEUTRAL: Point = (0, 1, 1, 0)


def is_signed(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` (64 bytes) over ``data`` was made with the key of ``public_key`` (32 bytes).

    Source: RFC 8032, 5.1.7
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    negative_key = _multiples_of_negative(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if negative_key is None or scalar >= _L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + data).digest(), "little") % _L
    x, y, z, _t = _sum(_times(_multiples_of_base(), scalar), _times(negative_key, challenge))
    inverse = pow(z, -1, _P)
    found = (y * inverse % _P) | ((x * inverse % _P & 1) << 255)
    return found.to_bytes(32, "little") == signature[:32]


def _sum(one: Point, other: Point) -> Point:
    """The sum of two points. Source: RFC 8032, 5.1.4."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _decompressed(encoded: bytes) -> Point | None:
    """The point of 32 bytes; none where they are none. Source: RFC 8032, 5.1.3."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _multiples(point: Point) -> list[list[Point]]:
    """For each of the 64 hexadecimal digits of a scalar, lowest first, what each of its 16 values adds."""
    table = []
    for _digit in range(64):
        row = [_NEUTRAL]
        for _value in range(16):
            row.append(_sum(row[-1], point))
        point = row.pop()
        table.append(row)
    return table


@lru_cache(maxsize=1)
def _multiples_of_base() -> list[list[Point]]:
    base = _decompressed((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    return _multiples(base or _NEUTRAL)


@lru_cache(maxsize=64)
def _multiples_of_negative(public_key: bytes) -> list[list[Point]] | None:
    point = _decompressed(public_key)
    return None if point is None else _multiples((_P - point[0], point[1], 1, _P - point[3]))


def _times(multiples: list[list[Point]], scalar: int) -> Point:
    result = _NEUTRAL
    for row in multiples:
        if scalar & 15:
            result = _sum(result, row[scalar & 15])
        scalar >>= 4
    return result


# ---- Merkle tree ----------------------------------------------------------------------------------------------------

WIDTH, HASH_BYTES = 256, 32


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf. Source: RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def root_hash(hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over hashes of leaves, or of complete subtrees of one size and a smaller one at the end.

    Source: RFC 9162, 2.1.1
    """
    if not hashes:
        return hashlib.sha256(b"").digest()
    level = list(hashes)
    while len(level) > 1:
        # An odd last node moves up unchanged, which gives the same tree as splitting at powers of two.
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def grow(subtrees: list[bytes], node: bytes, count: int) -> None:
    """Add the next of equally large subtrees, the ``count``-th, to the complete ones, the greatest first."""
    subtrees.append(node)
    while count % 2 == 0:
        right = subtrees.pop()
        subtrees[-1] = hashlib.sha256(b"\x01" + subtrees[-1] + right).digest()
        count //= 2


def root_of(subtrees: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, the greatest first. Source: RFC 9162, 2.1.1."""
    if not subtrees:
        return hashlib.sha256(b"").digest()
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = hashlib.sha256(b"\x01" + left + root).digest()
    return root


def is_included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` leads from a leaf's hash to the root. Source: RFC 9162, 2.1.3.2."""
    place, last, result = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return False
        is_right = bool(place & 1) or place == last
        result = hashlib.sha256(b"\x01" + (item + result if is_right else result + item)).digest()
        while is_right and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return 0 <= index < size and last == 0 and result == root


def is_consistent(first: int, second: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows the first tree to be the beginning of the second. Source: RFC 9162, 2.1.4.2."""
    if not 0 < first <= second or first == second:
        return 0 < first == second and not proof and roots[0] == roots[1]
    steps = [roots[0], *proof] if first & (first - 1) == 0 else list(proof)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0] if steps else b""
    for item in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = (hashlib.sha256(b"\x01" + item + each).digest() for each in (old, new))
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\x01" + new + item).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == roots


# ---- Signed notes, checkpoints, keys --------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_NUMBER = r"0|[1-9][0-9]{0,17}"
_SIZE = re.compile(_NUMBER)
_SIGNATURE = re.compile("[0-9a-f]{128}")
_PREVIOUS = re.compile(rf"previous ({_NUMBER}) ([0-9a-f]{{64}})")
_SHORT = re.compile(r"\s*([1-9][0-9]{0,17})\s*[·.:]\s*([0-9A-Fa-f]{4}(?:-[0-9A-Fa-f]{4}){1,15})\s*")
LOG_KEY, COSIGNER_KEY = 1, 4


class Key(NamedTuple):
    """A verifier key ``name+hash+key``: of a log (signatures over the note) or of a cosigner (with a time)."""

    name: str
    identifier: bytes
    algorithm: int
    public: bytes


class Note(NamedTuple):
    """A signed checkpoint: its text, whose signatures stand below it, and what the text says."""

    text: str
    signatures: tuple[tuple[str, bytes], ...]
    size: int
    root: bytes
    previous: tuple[int, str] | None

    @property
    def short(self) -> str:
        """As forms print it."""
        return short_checkpoint(self.size, self.root)


def short_checkpoint(size: int, root: bytes) -> str:
    """Size and the beginning of the root: ``1042·9F2C-77A1``."""
    beginning = root.hex().upper()
    return f"{size}·{beginning[:4]}-{beginning[4:8]}"


def parse_key(text: str) -> Key:
    """The key of a line. Raises ValueError. Source: C2SP signed-note, tlog-cosignature."""
    name, identifier, encoded = [*text.strip().split("+", 2), "", ""][:3]
    data = _decoded(encoded)
    if data is None or len(data) != 33 or data[0] not in {LOG_KEY, COSIGNER_KEY} or not re.fullmatch(r"[^\s+]+", name):
        raise ValueError(clean(text))
    expected = hashlib.sha256(name.encode(errors="surrogatepass") + b"\n" + data).digest()[:4]
    if expected.hex() != identifier:
        raise ValueError(clean(text))
    return Key(name, expected, data[0], data[1:])


def parse_note(data: bytes) -> Note:
    """The checkpoint of a signed note, whoever signed it.

    Raises:
        ValueError: it is none.

    Source: C2SP signed-note, tlog-checkpoint
    """
    text, blank, tail = data.decode().rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _CONTROL.search(text + tail):
        raise ValueError("no signed note")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        blob = _decoded(encoded)
        if dash != "—" or not re.fullmatch(r"[^\s+]+", name) or blob is None or len(blob) < 5:
            raise ValueError("no signature line")
        signatures.append((name, blob))
    lines = text.split("\n")
    root = _decoded(lines[2]) if len(lines) >= 3 else None
    if len(signatures) > 100 or not all(lines) or root is None or len(root) != 32 or not _SIZE.fullmatch(lines[1]):
        raise ValueError("no size and root")
    named = next((match for line in lines[3:] if (match := _PREVIOUS.fullmatch(line))), None)
    previous = (int(named[1]), named[2]) if named else None
    return Note(text + "\n", tuple(signatures), int(lines[1]), root, previous)


def signature_fault(note: Note, key: Key) -> str:
    """Why a note is not signed by ``key``; empty where it is. Source: C2SP signed-note, tlog-cosignature."""
    for name, blob in note.signatures:
        if name != key.name or blob[:4] != key.identifier:
            continue
        if key.algorithm == LOG_KEY:
            is_valid = is_signed(key.public, blob[4:], note.text.encode())
        else:
            head = f"cosignature/v1\ntime {int.from_bytes(blob[4:12], 'big')}\n"
            is_valid = is_signed(key.public, blob[12:], (head + note.text).encode())
        return "" if is_valid else "expected a signature of {name}, found one that does not fit the text"
    return "expected a signature of {name}, found none"


class Rotation(NamedTuple):
    """That one log key takes the place of another: both keys as texts, a signature by each, hexadecimal."""

    old_key: str
    new_key: str
    by_old: str
    by_new: str

    @property
    def is_sound(self) -> bool:
        """Whether both keys have signed it."""
        statement = f"recordkeeper log key rotation/1\n{self.old_key}\n{self.new_key}\n".encode(errors="surrogatepass")
        try:
            return all(
                (key := parse_key(text)).algorithm == LOG_KEY
                and _SIGNATURE.fullmatch(signature)
                and is_signed(key.public, bytes.fromhex(signature), statement)
                for text, signature in ((self.old_key, self.by_old), (self.new_key, self.by_new))
            )
        except ValueError:
            return False


class KeyChain(NamedTuple):
    """The log's keys: the first, and for each later one the smallest size that it signs."""

    first: Key
    turns: tuple[tuple[int, Key], ...] = ()

    def key_for(self, size: int) -> Key:
        """The key that signs a checkpoint of ``size`` entries."""
        return next((key for from_size, key in reversed(self.turns) if size >= from_size), self.first)


def size_of(short: str) -> int:
    """The size that a short checkpoint begins with; 0, of which there is none, where it is no short checkpoint."""
    match = _SHORT.fullmatch(short)
    return int(match[1]) if match else 0


def chain_digest(note: Note, key: Key) -> str:
    """The digest by which the next checkpoint names this one: of the note as the log itself signed it."""
    own = [f"— {n} {base64.b64encode(b).decode()}\n" for n, b in note.signatures if b[:4] == key.identifier]
    return hashlib.sha256(f"{note.text}\n{''.join(own)}".encode()).hexdigest()


def _decoded(text: str) -> bytes | None:
    """The bytes of a base64 text; none where it is none, or not the one spelling of these bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


# ---- OCFL: the storage root and its objects -------------------------------------------------------------------------

_LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"


def _json_file(value: Mapping[str, str | int]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


# No inventory covers these, so they are compared with the bytes that the program writes.
ROOT_FILES = {
    "0=ocfl_1.1": ("E069", b"ocfl_1.1\n"),
    "ocfl_layout.json": (
        "E070",
        _json_file(
            {
                "extension": _LAYOUT,
                "description": "SHA-256 of the identifier as three folders of three characters, the identifier",
            }
        ),
    ),
    f"extensions/{_LAYOUT}/config.json": (
        "root-file",
        _json_file({"extensionName": _LAYOUT, "digestAlgorithm": "sha256", "tupleSize": 3, "numberOfTuples": 3}),
    ),
}
DECLARATION, INVENTORY, SIDECAR = "0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512"
_TUPLE = re.compile(r"[0-9a-f]{3}")
_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")

Fault = tuple[str, str, dict[str, object]]


def object_place(identifier: str) -> str:
    """The folder of an object below ``objects/``. Source: OCFL extension 0003, 3."""
    hashed = hashlib.sha256(identifier.encode(errors="surrogatepass")).hexdigest()
    name = re.sub(
        r"[^A-Za-z0-9_-]",
        lambda match: "".join(f"%{byte:02x}" for byte in match[0].encode(errors="surrogatepass")),
        identifier,
    )
    name = name if len(name) <= 100 else f"{name[:100]}-{hashed}"
    return f"{hashed[:3]}/{hashed[3:6]}/{hashed[6:9]}/{name}"


def check_root(medium: Medium, report: Report) -> list[str]:  # noqa: C901, PLR0912 - one walk, every odd thing named
    """Check the storage root itself; the places of its objects, persons first, who have the keys, and the company.

    Source: OCFL 1.1, 4
    """
    kinds = dict(medium.scan(""))
    if kinds.get("objects") != FOLDER:
        if "objects" in kinds:
            _find_odd(report, FILES, "objects", kinds["objects"])
        report.find("E069", FILES, "objects", "the storage root is not there", CANNOT_ASSESS)
        return []
    for name, (code, expected) in ROOT_FILES.items():
        try:
            if read(medium, f"objects/{name}", SMALL_BYTES) != expected:
                report.find(code, FILES, f"objects/{name}", "not the bytes that are written there")
        except OSError as error:
            report.find(code, FILES, f"objects/{name}", "cannot be read: {found}", found=why(error))
    places: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        depth = folder.count("/") + 1 if folder else 0
        try:
            entries = medium.scan(f"objects/{folder}".rstrip("/"))
        except OSError as error:
            report.find(
                "unreadable", FILES, f"objects/{folder}", "cannot be read: {found}", CANNOT_ASSESS, found=why(error)
            )
            continue
        if folder and not entries:
            report.find("E073", FILES, f"objects/{folder}", "an empty folder")
        for name, kind in entries:
            path = f"{folder}/{name}".lstrip("/")
            if kind == FILE:
                if path not in ROOT_FILES:
                    code = "E072" if _TUPLE.match(folder) else "root-file"
                    report.find(code, FILES, f"objects/{path}", "no such file is written there")
            elif kind != FOLDER:
                _find_odd(report, FILES, f"objects/{path}", kind)
            elif depth == 3:
                places.append(path)
            elif _TUPLE.fullmatch(name) or path in {"extensions", f"extensions/{_LAYOUT}"}:
                waiting.append(path)
            else:
                report.find("E088", FILES, f"objects/{path}", "no such folder is made there")
    return sorted(places, key=lambda place: ("/person%2f" not in place and place != object_place(ROOT_UNIT), place))


class StoredObject:
    """One object of the storage root.

    Args:
        medium: where it lies.
        place: its folder below ``objects/``.
        report: takes what is wrong with it.
    """

    def __init__(self, medium: Medium, place: str, report: Report) -> None:
        self._medium = medium
        self._place = place
        self._report = report
        self._files, self._folders = walk(medium, f"objects/{place}", report)
        self._sound: set[str] = set()
        self._value: dict[str, Any] = {}
        self.inventories: dict[int, bytes] = {}
        """Number of a version to the bytes of the inventory that it keeps."""

    @property
    def identifier(self) -> str:
        """The object's identifier, or what its folder's name says where there is no usable inventory."""
        return str(self._value["id"]) if self._value else urllib.parse.unquote(self._place.rpartition("/")[2])

    @property
    def head(self) -> int:
        """The number of the newest version; 0 where there is no usable inventory."""
        return len(self._value["versions"]) if self._value else 0

    def content_of(self, version: int, logical_path: str) -> str | None:
        """Where the content of a version's file lies, if it has the digest that the inventory names."""
        for digest, paths in self._value["versions"][f"v{version}"]["state"].items():
            if logical_path in paths:
                return next((path for path in self._value["manifest"][digest] if path in self._sound), None)
        return None

    def read(self, path: str) -> bytes:
        """The bytes of a file of the object. Raises OSError."""
        return read(self._medium, f"objects/{self._place}/{path}", INVENTORY_BYTES)

    def digest(self, path: str, algorithm: str) -> str:
        """The digest of a file of the object. Raises OSError."""
        return digest_of(self._medium, f"objects/{self._place}/{path}", algorithm)

    def find(self, code: str, path: str, text: str, severity: str = ALTERED, /, **values: object) -> None:
        """Note what is wrong with a file of the object."""
        self._report.find(code, FILES, f"objects/{self._place}/{path}", text, severity, **values)

    def check(self) -> None:
        """Check everything that the standard demands of an object. Source: OCFL 1.1, 3."""
        if self._read_or_find(DECLARATION, "E003a") not in {None, b"ocfl_object_1.1\n"}:
            self.find("E007", DECLARATION, "not the bytes that are written there")
        data = self._checked_inventory("")
        if data is None:
            return
        self._value = parse_json(data)
        if object_place(self.identifier) != self._place:
            self.find("E083", INVENTORY, "{identifier} does not belong here", identifier=self.identifier)
        digests = {path: digest for digest, paths in self._value["manifest"].items() for path in paths}
        own = {f"{folder}{name}" for folder in ("", *self._version_folders()) for name in (INVENTORY, SIDECAR)}
        for path in sorted(self._files - own - digests.keys() - {DECLARATION}):
            code = "E023a" if "/content/" in path else "E015" if "/" in path else "E001a"
            self.find(code, path, "the inventory knows no such file")
        for path in sorted(path for path, count in self._folders.items() if not count):
            self.find("E024", path, "an empty folder")
        for number, folder in enumerate(self._version_folders(), 1):
            self._check_version(number, folder, data)
        for path, digest in sorted(digests.items()):
            self._check_content(path, digest)

    def _version_folders(self) -> list[str]:
        return [f"v{number}/" for number in range(1, self.head + 1)]

    def _checked_inventory(self, folder: str) -> bytes | None:
        """The bytes of a sound inventory: the object's (no folder) or a version's."""
        path = folder + INVENTORY
        data = self._read_or_find(path, "E063")
        if data is None:
            return None
        sidecar = self._read_or_find(folder + SIDECAR, "E058a")
        digest = hashlib.sha512(data).hexdigest()
        if sidecar not in {None, f"{digest} {INVENTORY}\n".encode()}:
            for either in (path, folder + SIDECAR):
                text = "the inventory has digest {found}, its digest file says otherwise"
                self.find("E060", either, text, found=digest)
        try:
            faults = list(inventory_faults(parse_json(data)))
        except ValueError as error:
            faults = [("E033", "not JSON: {found}", {"found": error})]
        for code, text, values in faults:
            self.find(code, path, text, ALTERED, **values)
        return None if faults else data

    def _check_version(self, number: int, folder: str, newest: bytes) -> None:
        """Check that the inventory of a version says what the newest one says of it and those before."""
        data = self._checked_inventory(folder)
        if data is None:
            return
        self.inventories[number] = data
        path, own, current = folder + INVENTORY, parse_json(data), self._value
        if own["id"] != current["id"]:
            self.find("E110", path, "another identifier than the object's")
        if own["head"] != f"v{number}":
            self.find("E040", path, "head: expected {expected}, found {found}", expected=number, found=own["head"])
        if number == self.head and data != newest:
            self.find("E064", path, "differs from the object's inventory")
        for version, said in own["versions"].items():
            if current["versions"].get(version) != said:
                self.find("E066b", path, "{version}: otherwise in the object's inventory", version=version)
        for digest, paths in own["manifest"].items():
            if current["manifest"].get(digest) != paths:
                self.find("E023b", path, "{version}: otherwise in the object's inventory", version=digest)

    def _check_content(self, path: str, expected: str) -> None:
        if path not in self._files:
            self.find("E092b", path, "the file is missing")
            return
        try:
            found = self.digest(path, "sha512")
        except OSError as error:
            self.find("unreadable", path, "cannot be read: {found}", CANNOT_ASSESS, found=why(error))
            return
        if found == expected:
            self._sound.add(path)
        else:
            self.find("E092a", path, "expected digest {expected}, found {found}", expected=expected, found=found)

    def _read_or_find(self, path: str, code: str) -> bytes | None:
        try:
            return self.read(path)
        except OSError as error:
            self.find(code, path, "cannot be read: {found}", found=why(error))
            return None


def inventory_faults(value: object) -> Iterator[Fault]:  # noqa: C901, PLR0912 - one rule after another
    """Everything wrong with a parsed inventory by itself. Source: OCFL 1.1, 3.5."""
    parts = value if isinstance(value, dict) else {}
    constants = {"type": "https://ocfl.io/1.1/spec/#inventory", "digestAlgorithm": "sha512", "contentDirectory": None}
    for (key, expected), code in zip(constants.items(), ("E038", "E025", "E019"), strict=True):
        if parts.get(key) != expected:
            yield code, "{key}: expected {expected}, found {found}", _values(key, expected, parts.get(key))
    if not isinstance(parts.get("id"), str) or not parts["id"]:
        yield "E037", "{key}: expected {expected}, found {found}", _values("id", "a text", parts.get("id"))
    manifest, versions = parts.get("manifest"), parts.get("versions")
    if not isinstance(manifest, dict) or not isinstance(versions, dict):
        yield "E041", "no manifest, or no versions", {}
        return
    names = [f"v{number}" for number in range(1, len(versions) + 1)]
    if set(names) != set(versions) or parts.get("head") not in names[-1:]:
        yield "E040", "{key}: expected {expected}, found {found}", _values("head", names[-1:], parts.get("head"))
    yield from _path_faults(("E092", "E101a", "E099"), manifest)
    for digest, paths in manifest.items():
        if not re.fullmatch(r"[0-9a-f]{128}", digest):
            yield "E031", "{found} is no digest", {"found": digest}
        for path in paths if isinstance(paths, list) else ():
            if not re.match(r"v[1-9][0-9]*/content/.", str(path)):
                yield "E042", "content path {path} is in no version", {"path": path}
    used: set[str] = set()
    for name, version in versions.items():
        state = version.get("state") if isinstance(version, dict) else None
        if not isinstance(state, dict) or not state.keys() <= manifest.keys():
            yield "E050", "{version}: no state, or one of digests that the manifest lacks", {"version": name}
            continue
        used.update(state)
        yield from _path_faults(("E051", "E095a", "E052"), state)
        user = version.get("user", {"name": ""})
        if not _CREATED.fullmatch(str(version.get("created"))):
            yield "E049", "{version}: no moment with zone", {"version": name}
        if not isinstance(version.get("message", ""), str):
            yield "E094", "{version}: the message is no text", {"version": name}
        if not isinstance(user, dict) or not isinstance(user.get("name"), str):
            yield "E054", "{version}: the user has no name", {"version": name}
    if manifest.keys() - used:
        yield "E107", "no version uses digest {digest}", {"digest": min(manifest.keys() - used)}


def _path_faults(codes: tuple[str, str, str], paths_of: Mapping[str, object]) -> Iterator[Fault]:
    """What is wrong with the paths of a manifest or state: their shape, a path twice, a part that leads elsewhere."""
    seen: set[str] = set()
    for digest, paths in paths_of.items():
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            yield codes[0], "digest {digest}: expected paths", {"digest": digest}
            continue
        for path in paths:
            if path in seen:
                yield codes[1], "path {path} stands twice", {"path": path}
            if any(part in {"", ".", ".."} for part in path.split("/")):
                yield codes[2], "path {path} has an empty, . or .. part", {"path": path}
            seen.add(path)


def _values(key: str, expected: object, found: object) -> dict[str, object]:
    return {"key": key, "expected": expected, "found": found}


# ---- Acts: what every object says of its subject --------------------------------------------------------------------

RECORD_FILE, ROOT_UNIT, PROGRAM = "record.json", "unit/1", "program"
SIGNED_ACTS = {"sign", "amend", "countersign", "approve"}
ON_PAPER = {"sign", "countersign"}
SIGNED_KINDS = {"record", "sheet", "form", "procedure", "schedule", "table"}
DESTROY, DISPOSE = b"destroy", b"dispose"
CARRY, ERASE = "carry", "erase"
WITNESSES = 2
CLOCK_TOLERANCE = timedelta(minutes=5)  # what the register does not flag as a clock set back
LIST_TOLERANCE = timedelta(days=30)  # how long a list may lag behind what it destroyed, and nobody wonders
ZONE_TOLERANCE = timedelta(hours=1)  # by how much two editions of the time zone database may disagree
ERASED_TEXT = "已删除"
FACE_BYTES = 16
_SUBJECT = re.compile(r"[a-z]+(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_SALT = re.compile(r"[0-9a-f]{32}")

_AFTER = re.compile(r"/after-[1-9][0-9]{0,14}$")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}")

Content = dict[str, Any]


def base_of(subject: str) -> str:
    """The subject under which a record was entered, whatever it goes on as after values of it were erased."""
    return _AFTER.sub("", subject)


def told(act: Content) -> Content:
    """The act that one carries over from the record's former subject; the act itself where it carries none."""
    while act.get("act") == CARRY and isinstance(act.get("carried"), dict):
        act = act["carried"]
    return act


class History(NamedTuple):
    """The acts 0..n of a subject and the state digest after each: d(n) = SHA-256(d(n-1) || act n)."""

    subject: str
    acts: list[Content]
    digests: list[bytes]


@dataclass(slots=True)
class Account:
    """What the archive holds of one subject, kept small until the log has been read.

    Args:
        digests: the state digests after acts 0..n, 32 bytes each.
        faces: what each act says of kind, person and moment, 16 bytes each.
        archived_at: the moment of the newest act ``archive`` that covers them.
        bound: act number of each ``archive`` to its version and the salted digest of that version's inventory.
        next_act: the act whose event is awaited.
        later: events of acts after the archived ones.
    """

    digests: bytes
    faces: bytes
    archived_at: str
    bound: dict[int, tuple[int, str]] = field(default_factory=dict)
    next_act: int = 1
    later: int = 0

    @property
    def count(self) -> int:
        """How many acts there are, act 0 included."""
        return len(self.digests) // HASH_BYTES

    def has_state(self, state: bytes) -> bool:
        """Whether a state digest, hexadecimal, is one of these."""
        try:
            place = self.digests.find(wanted := bytes.fromhex(state.decode()))
        except ValueError:
            return False
        while place > 0 and place % HASH_BYTES:
            place = self.digests.find(wanted, place + 1)
        return place >= 0 and len(wanted) == HASH_BYTES


class SigningKey(NamedTuple):
    """A person's public key and the moments from and, once it is retired, to which it signs."""

    public_key: str
    from_at: str
    to_at: str | None


class Tombstone(NamedTuple):
    """What a destruction list keeps of a subject that it destroyed.

    Args:
        list: the number of that list.
        digest: of its canonical bytes, hexadecimal.
        acts, state: number and state digest of the subject's last act.
        fault: what is wrong with the list; empty where nothing is.
        goes_on: its number, what the record goes on as, and what was erased of it; of what is gone the first.
        opened: form, unit and sheet of the subject, as the tombstone tells them.
        listed: what the list lets go together with it.
        asked: of an erasure the ground, and the list with its state, as the act that says so must have them.
        deed: its executor, moment and day.
        otherwise: what it says otherwise than the list: what, expected, found.
    """

    list: str
    digest: str
    acts: int
    state: str
    fault: str
    goes_on: tuple[object, object, object]
    opened: "Opened"
    listed: tuple[str, ...]
    asked: tuple[object, object]
    deed: tuple[object, object, object]
    otherwise: tuple[tuple[str, object, object], ...]


class Opened(NamedTuple):
    """What a hold may go by of one record or sheet: form, unit, sheet, party and premises; empty where there is none.

    Units are those above too, once a hold is asked.
    """

    form: str
    units: tuple[str, ...]
    sheet: str
    party: str
    premises: str


class Hold(NamedTuple):
    """What a hold keeps, and what was about its party and premises on the day it was placed."""

    scope: Content
    about: set[str]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a record carries over of the acts it had before values of it were erased.

    Args:
        subject: what it goes on as.
        goes_on: the number of the tombstone that it names, itself, and what was erased, as its tombstone must say too.
        asked: on what ground, by which list in which state.
        count: how many acts it carries.
        faces, states: what each says of kind, person and moment, and of the state that it led to.
    """

    subject: str
    goes_on: tuple[object, object, object]
    asked: tuple[object, object]
    count: int
    faces: list[bytes] = field(default_factory=list)
    states: list[bytes] = field(default_factory=list)


class Erasure(NamedTuple):
    """That values were erased: the number of the act that says so, of the tombstone, and the places."""

    act: int
    tombstone: object
    places: list[object]

    def names(self, place: str) -> bool:
        """Whether it is about a place, or all of the field that a cell stands in."""
        return place in self.places or place.partition(".")[0] in self.places


class LateEntry(NamedTuple):
    """That a carried act says when a late matter happened: whose, its number and form, and what was erased later."""

    subject: str
    number: int
    form: str
    is_erased: bool
    places: list[object]


class Namer(NamedTuple):
    """An act that names the state of another subject."""

    subject: str
    number: int
    kind: str


@dataclass(slots=True)
class Holdings:
    """All that the objects say.

    Args:
        accounts: by subject, rows of sheets included.
        keys: each person's signing keys.
        log_key: the key that the log itself names, in the first act of the root unit.
        salt: of the root unit.
        rotations: of each act that names another one its number, and what it says.
        damaged: subjects whose object is there and cannot be used.
        doubts: signatures whose key is not among the archived ones of its person: subject, act, person.
        named_states: of each state digest that acts name the subjects that may have had it, and who names it.
        named_checkpoints: of each checkpoint that acts name, in short, the first subject to do so, and how many do.
        tombstones: what archived lists keep of each subject that they destroyed.
        carried: what is carried over of each subject that goes on as another one.
        names: every name that each person had.
        zone: the company's time zone; none where it cannot be told.
        misnamed: carried acts with a name that is none of their person's: subject, number of the act, person, and for
            whom they acted.
        late: carried acts of late entries.
        grouped: of each form the field by which its sheets group rows, of those that have one.
        lists: the archived destruction and transfer lists.
        ended: of each subject that an executed or voided list names, and does not call gone already, that list.
        holds: what each hold keeps.
        opened: how rows, and records that go on after an erasure, were opened, by their own subject.
        parents: of each unit the units above it, by the number of the act that says so.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, list[SigningKey]] = field(default_factory=dict)
    log_key: str = ""
    salt: bytes = b""
    rotations: list[tuple[int, Rotation]] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)
    doubts: list[tuple[str, str, str]] = field(default_factory=list)
    named_states: dict[bytes, dict[tuple[str, ...], list[Namer]]] = field(default_factory=dict)
    named_checkpoints: dict[str, tuple[str, int]] = field(default_factory=dict)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)
    carried: dict[str, Carried] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    zone: tzinfo | None = None
    misnamed: list[tuple[str, int, str, str]] = field(default_factory=list)
    late: list[LateEntry] = field(default_factory=list)
    grouped: dict[str, str] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    opened: dict[str, Opened] = field(default_factory=dict)
    parents: dict[str, dict[int, str]] = field(default_factory=dict)

    def take(self, noted: "Holdings") -> None:
        """Add what one object says, once all of it could be read; the keys are the same ones."""
        self.accounts |= noted.accounts
        if noted.salt:
            self.log_key, self.salt, self.rotations = noted.log_key, noted.salt, noted.rotations
            self.zone = noted.zone
        self.doubts += noted.doubts
        self.misnamed += noted.misnamed
        self.late += noted.late
        self.grouped |= noted.grouped
        for state, namers_of in noted.named_states.items():
            for subjects, namers in namers_of.items():
                kept = self.named_states.setdefault(state, {}).setdefault(subjects, [])
                kept += namers[: max(MOST_NAMERS - len(kept), 0)]
        for short, (subject, count) in noted.named_checkpoints.items():
            first, before = self.named_checkpoints.get(short, (subject, 0))
            self.named_checkpoints[short] = first, before + count
        self.tombstones |= noted.tombstones
        self.carried |= noted.carried
        self.lists |= noted.lists
        self.ended |= noted.ended
        self.holds |= noted.holds
        self.opened |= noted.opened
        self.parents |= noted.parents


def aspect_of(subject: str) -> str:
    """The aspect under which what is wrong with a subject's acts is said."""
    return RECORDS if subject.startswith(("record/", "sheet/")) else REGISTER


def check_objects(medium: Medium, report: Report) -> Holdings:
    """Check the storage root, every object, and what each says of its subject."""
    holdings = Holdings()
    for place in check_root(medium, report):
        stored = StoredObject(medium, place, report)
        try:
            stored.check()
            _check_versions(stored, holdings, report)
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            found = f"{type(error).__name__}: {error}"
            stored.find("object-unreadable", INVENTORY, "cannot be read: {found}", found=found)
            holdings.damaged.add(stored.identifier)
        report.counts["objects"] += 1
    for subject in sorted(holdings.damaged):
        report.find("object-unreadable", aspect_of(subject), subject, "its acts cannot be read", CANNOT_ASSESS)
    return holdings


def _check_versions(stored: StoredObject, holdings: Holdings, report: Report) -> None:
    """Check every version of an object; the newest sound one is what the log is held against."""
    newest: list[History] = []
    bound: dict[int, tuple[int, str]] = {}
    digests_of_content: dict[str, str] = {}
    for version in range(1, stored.head + 1):
        path = stored.content_of(version, RECORD_FILE)
        if path is None or version not in stored.inventories:
            stored.find("object-unreadable", f"v{version}", "{file} cannot be read", file=RECORD_FILE)
            continue
        try:
            histories = parse_record(stored.read(path), stored.identifier, version)
            _check_continued(newest, histories)
        except ValueError as error:
            text = "version {version}: {file} does not hold the acts: {found}"
            stored.find("archived-acts", path, text, version=version, file=RECORD_FILE, found=error)
            continue
        newest = histories
        main = histories[0]
        salt = bytes.fromhex(main.acts[0]["salt"])
        digest = hashlib.sha256(salt + stored.inventories[version]).hexdigest()
        bound[len(main.acts) - 1] = (version, digest)
        _check_bound_files(stored, version, histories, digests_of_content)
        report.counts["archived"] += 1
    if newest:
        _keep(newest, bound, holdings, report)
    else:
        holdings.damaged.add(stored.identifier)


def parse_record(data: bytes, identifier: str, version: int) -> list[History]:
    """The histories in a ``record.json``: the subject's own, then those of a sheet's rows.

    Raises:
        ValueError: it is not what the program writes for that version of that object.
    """
    value = parse_json(data)
    if not isinstance(value, dict) or canonical(value) != data:
        raise ValueError("not canonical")
    is_sheet = identifier.startswith("sheet/")
    if set(value) != {"version", "subject", "acts"} | ({"rows"} if is_sheet else set()) or value["version"] != 1:
        raise ValueError("other keys than expected")
    if value["subject"] != identifier or not _SUBJECT.fullmatch(identifier):
        raise ValueError(f"subject {clean(value['subject'])}")
    own = _history(value["subject"], value["acts"])
    rows = [_history(row["subject"], row["acts"]) for row in value.get("rows", ())]
    last = own.acts[-1]
    if last["act"] != "archive" or last.get("object_version") != version:
        raise ValueError("the last act does not archive this version")
    listed = [(f"record/{row['number']}", row["state"]) for row in last.get("rows", ())]
    if [(row.subject, row.digests[-1].hex()) for row in rows] != listed:
        raise ValueError("the rows are not those that the act lists")
    return [own, *rows]


def _history(subject: object, acts: object) -> History:
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject) or not isinstance(acts, list) or len(acts) < 2:
        raise ValueError("no subject with acts")
    head = acts[0]
    names = {"version", "subject", "salt"} | (
        {"former", "tombstone"} if isinstance(head, dict) and "former" in head else set()
    )
    is_head = isinstance(head, dict) and set(head) == names and head["version"] == 1
    if is_head and "former" in head:
        is_head = subject == f"{base_of(str(head['former']))}/after-{head['tombstone']}"
    if not is_head or head["subject"] != subject or not _SALT.fullmatch(str(head["salt"])):
        raise ValueError("act 0 is no head")
    digests: list[bytes] = []
    for number, act in enumerate(acts):
        parts = [act.get(name) for name in ("act", "by", "at")] if isinstance(act, dict) else [None]
        if number and not all(isinstance(part, str) and part for part in parts):
            raise ValueError(f"act {number} is none that the program writes")
        digests.append(hashlib.sha256((digests[-1] if digests else b"") + canonical(act)).digest())
    return History(subject, acts, digests)


def _check_continued(before: Sequence[History], after: Sequence[History]) -> None:
    """Refuse a version that does not hold all that the one before it held."""
    held = {history.subject: history.digests for history in after}
    if len(held) != len(after):
        raise ValueError("a row stands twice")
    for history in before:
        if held.get(history.subject, [])[: len(history.digests)] != history.digests:
            raise ValueError(f"{history.subject} does not continue the version before")


def _check_bound_files(
    stored: StoredObject, version: int, histories: Iterable[History], digests: dict[str, str]
) -> None:
    """Check that a version holds the files that acts bind by digest: attachments, definitions, templates."""
    for logical_path, expected in _bound_files(histories):
        path = stored.content_of(version, logical_path)
        if path is None:
            text = "version {version}: {file}, which an act binds, is not there"
            stored.find("bound-file", f"v{version}", text, version=version, file=logical_path)
            continue
        if path not in digests:
            digests[path] = stored.digest(path, "sha256")
        if digests[path] != expected:
            text = "expected digest {expected}, found {found}"
            stored.find("bound-file", path, text, expected=expected, found=digests[path])


def _bound_files(histories: Iterable[History]) -> Iterator[tuple[str, str]]:
    for history in histories:
        for act in map(told, history.acts[1:]):
            if act["act"] == "attach" and not act["digest"]:
                continue  # erased
            if act["act"] == "attach":
                yield f"attachments/{act['digest']}", str(act["digest"])
            elif act["act"] in {"install", "revise"} and "files" in act:
                kind = history.subject.partition("/")[0]
                names = {"definition": f"{kind}.yaml", "data": f"{act['code']}.csv", "template": f"{act['code']}.docx"}
                if kind == "form":
                    names["definition"] = f"{act['code']}.yaml"
                for name, digest in act["files"].items():
                    yield names[name], str(digest)


def _keep(histories: Sequence[History], bound: dict[int, tuple[int, str]], holdings: Holdings, report: Report) -> None:
    """Check what a subject's acts say by themselves, and keep what the log is to be held against: all of it or none."""
    main = histories[0]
    if main.subject.startswith("person/"):
        holdings.keys[main.subject] = signing_keys(main)
        holdings.names[main.subject] = names_of(main)
    noted = Holdings(keys=holdings.keys, names=holdings.names, zone=holdings.zone)
    if main.subject == ROOT_UNIT and main.acts[1]["act"] == "init":
        noted.log_key = str(main.acts[1].get("log_key") or "")
        noted.salt = bytes.fromhex(main.acts[0]["salt"])
        noted.zone = zone_named(str(main.acts[1].get("time_zone")))
        names = ("old_key", "new_key", "signature_by_old", "signature_by_new")
        noted.rotations = [
            (number, Rotation(*(str(act.get(name)) for name in names)))
            for number, act in enumerate(main.acts)
            if number and act.get("act") == "rotate-log-key"
        ]
    for history in histories:
        _note_names(history, noted)
        _note_list(history, noted)
        _note_carried(history, noted, report)
        _note_what_holds_ask(history, noted)
        if history.subject.startswith("form/"):
            _note_grouped(history, noted)
        if history.subject.partition("/")[0] in SIGNED_KINDS:
            _check_signatures(history, noted, report)
        faces = (
            face(*(str(act.get(name)).encode(errors="surrogatepass") for name in ("act", "by", "at")))
            for act in history.acts
        )
        archived_at = str(main.acts[-1]["at"])
        account = Account(b"".join(history.digests), b"".join(faces), archived_at)
        if history.subject == main.subject:
            account.bound = bound
        if history.subject in holdings.accounts:
            report.find("object-added", FILES, history.subject, "its acts are archived twice")
        noted.accounts[history.subject] = account
    _check_rows(histories, report)
    for former in noted.carried.keys() & holdings.carried.keys():
        for carried in (noted.carried[former], holdings.carried[former]):
            _find_two_successors(former, carried.subject, report)
    holdings.take(noted)
    report.counts["subjects"] += len(histories)
    report.counts["acts"] += sum(len(history.acts) for history in histories)


def _check_rows(histories: Sequence[History], report: Report) -> None:
    """Find rows in a sheet's object that were entered on another sheet, or on none, or with another form."""
    sheet, *rows = histories
    expected = (str(told(sheet.acts[1]).get("form")), base_of(sheet.subject))
    for row in rows:
        first = told(row.acts[1])
        found = (str(first.get("form")), base_of(str(first.get("sheet") or "")))
        if found != expected:
            text = "{row} stands on it, and was entered with {form} on {sheet}"
            values = {"row": base_of(row.subject), "form": found[0], "sheet": found[1] or "-"}
            report.find("sheet-row", aspect_of(sheet.subject), sheet.subject, text, **values)


def face(*said: bytes) -> bytes:
    """A short digest of what act and event both say: kind, person, moment."""
    return hashlib.sha256(b"\0".join(said)).digest()[:FACE_BYTES]


def _note_names(history: History, holdings: Holdings) -> None:
    """Keep what acts say of the states of other subjects and of the log. Source: 21 CFR 11.10(e), 11.70."""
    for number, act in enumerate(map(told, history.acts[1:]), 1):
        for subjects, state in _states_named(act):
            namers = holdings.named_states.setdefault(state.encode(errors="surrogatepass"), {}).setdefault(subjects, [])
            if len(namers) < MOST_NAMERS:
                namers.append(Namer(history.subject, number, act["act"]))
        if named := act.get("checkpoint"):
            first, count = holdings.named_checkpoints.get(str(named), (history.subject, 0))
            holdings.named_checkpoints[str(named)] = first, count + 1


NO_SUCH_FORMER = "act 0 names a tombstone that is not there, or not one of what it goes on from"
STAYED = "the list {list} says that it stayed, or does not keep this tombstone"
NOT_HANDED_OVER = "the list {list} was not approved by one other person, or its package not received by a third"


def _note_list(history: History, holdings: Holdings) -> None:
    """Keep what a destruction or transfer list says of what it let go, once it has ended. Source: MoReq2010, 9."""
    held = history.acts[1].get("disposal")
    if not isinstance(held, dict) or held.get("kind") not in {"destruction", "transfer"}:
        return
    holdings.lists.add(history.subject)
    kinds = [act.get("act") for act in history.acts]
    if "execute" not in kinds and "void" not in kinds:
        return
    named, together = _named_on(history.acts[1]), _named_together(history.acts[1])
    name, states = history.subject.partition("/")[2], [digest.hex() for digest in history.digests]
    holdings.ended |= dict.fromkeys(named.keys() - _skipped(history.acts, is_gone=True), name)
    for number, act in enumerate(history.acts):
        for result in act["results"] if number and act["act"] == "execute" else ():
            for stone in result.get("tombstones", ()):
                subject = str(stone["subject"])
                before = states[:number]
                acts = history.acts[: before.index(stone["list_state"]) + 1] if stone["list_state"] in before else []
                opened = _opening_of({**stone, "sheet": f"sheet/{stone['sheet']}" if stone.get("sheet") else ""})
                holdings.tombstones[subject] = Tombstone(
                    list=name,
                    digest=hashlib.sha256(canonical(stone)).hexdigest(),
                    acts=int(stone["acts"]),
                    state=str(stone["state"]),
                    fault=_stone_fault(stone, named, acts, history.acts),
                    goes_on=(stone["tombstone"], stone.get("successor"), stone.get("erased")),
                    opened=opened,
                    listed=next((each for each in together if subject in each), ()),
                    asked=(stone.get("basis", ""), [{"number": name, "state": stone["list_state"]}]),
                    deed=(stone.get("executor"), stone.get("at"), stone.get("on")),
                    otherwise=tuple(_said_otherwise(stone, acts)),
                )


def _stone_fault(
    stone: Content, named: Mapping[str, list[object]], acts: Sequence[Content], later: Sequence[Content]
) -> str:
    """What is wrong with the list of a tombstone; empty where nothing is.

    Args:
        stone: the tombstone.
        named: what the list names.
        acts: those that the list had when the tombstone was made; none where it never had the state that this names.
        later: all that it has.
    """
    subject = str(stone["subject"])
    if not acts:
        return "the list {list} never had the state that it names"
    if subject not in named or named[subject] != stone.get("erased", []):
        return "the list {list} does not name it"
    if fault := _list_fault(acts):
        return fault
    if acts[1]["disposal"]["kind"] == "transfer" and stone.get("package") not in _packages(acts):
        return NOT_HANDED_OVER
    is_void = any(act["act"] == "void" for act in later[1:])
    is_ended = is_void or any(act["act"] == "execute" for act in acts[1:])
    return STAYED if is_ended or subject in _skipped(later, is_gone=False) else ""


OF_ITEM = ("rule", "source", "authority", "due_on", "basis", "permitted_by")
OF_MEANING = {
    "prepared": "author",
    "reviewed": "appraiser",
    "approved": "approver",
    "witnessed": "witness",
    "received": "receiver",
}


def _said_otherwise(stone: Content, acts: Sequence[Content]) -> Iterator[tuple[str, object, object]]:
    """What a tombstone says otherwise than the acts that the list had when it was made: what, expected, found."""
    subject = str(stone["subject"])
    items = acts[1]["disposal"]["items"] if acts else []
    item = next((each for each in items if subject in _subjects_of(each)), None)
    if item is None:
        return
    expected: list[tuple[str, object]] = [("number", base_of(subject).partition("/")[2])]
    expected += [(name, item.get(name, "")) for name in OF_ITEM]
    is_transfer = acts[1]["disposal"]["kind"] == "transfer"
    signed = [act for act in acts[1:] if act["act"] == "sign" and act.get("section")]
    for meaning, part in OF_MEANING.items():
        signers = [_who(act)[0] or "paper" for act in signed if act["meaning"] == meaning]
        expected.append((part, signers if is_transfer or part != "receiver" else []))
    if is_transfer:
        names = [str(value or "") for value in _filled(acts, "receiver")]
        expected += [("how", ["transferred"]), ("transferred_to", _as_said(stone.get("transferred_to"), names))]
    else:
        ways = [_list_of(value) for value in _filled(acts, "method")]
        expected.append(("how", _as_said(stone.get("how"), ways or [[]])))
    for what, wanted in expected:
        found = stone.get(what, [] if isinstance(wanted, list) else "")
        if found != wanted:
            yield what, wanted, found


def _subjects_of(item: Content) -> tuple[str, ...]:
    return (str(item.get("subject")), *(f"record/{row['number']}" for row in item.get("rows", ())))


def _filled(acts: Sequence[Content], name: str) -> list[object]:
    """Every value that a list was filled with at one field."""
    filled = [fill for act in acts[1:] for fill in (act, act.get("fill")) if isinstance(fill, dict)]
    values = [fill["values"] for fill in filled if isinstance(fill.get("values"), dict)]
    return [each[name] for each in values if name in each]


def _as_said(found: object, said: Sequence[object]) -> object:
    """What must stand on a tombstone: what does, if it was ever said, else what was said last."""
    return found if found in said else said[-1] if said else ""


def _skipped(acts: Sequence[Content], *, is_gone: bool) -> set[str]:
    """The subjects that a list left out, rows of sheets included: as gone already, by another run; or as staying."""
    skips = (act for act in acts[1:] if act["act"] == "skip")
    numbers = {each["number"] for act in skips for each in act["results"] if (each.get("why") == "gone") == is_gone}
    items = [item for item in acts[1]["disposal"]["items"] if item["number"] in numbers]
    rows = {f"record/{row['number']}" for item in items for row in item.get("rows", ())}
    return rows | {str(item.get("subject")) for item in items}


ERASED_OTHERWISE = "act {number}: {place} is erased otherwise than the list names"
CARRIES_ALL = "expected every act of before carried over, then what was erased"


def _note_carried(history: History, holdings: Holdings, report: Report) -> None:
    """Keep what a record that goes on after an erasure carries over of its former acts. Source: 21 CFR 11.10(e)."""
    lives, head, subject = lives_of(history), history.acts[0], history.subject
    if len(lives) == 1 and not head.get("former"):
        return
    counts = [len(life) for life in lives[1:]]
    if not counts or not all(_is_carried_life(life, count) for life, count in zip(lives, counts, strict=False)):
        report.find("carried-act", aspect_of(subject), subject, CARRIES_ALL)
        return
    said = [life[count] for life, count in zip(lives, counts, strict=False)]
    names = [subject, *(f"{base_of(subject)}/after-{act.get('tombstone')}" for act in said[1:]), base_of(subject)]
    if names[1] != head.get("former") or said[0].get("tombstone") != head.get("tombstone"):
        report.find("carried-head", aspect_of(subject), subject, NO_SUCH_FORMER)
        return
    for place, (act, count, former) in enumerate(zip(said, counts, names[1:], strict=True)):
        goes_on = (act.get("tombstone"), names[place], act.get("erased"))
        if former in holdings.carried:
            _find_two_successors(former, subject, report)
        asked = (act.get("basis"), act.get("items"))
        holdings.carried[former] = _carried_of(lives[place][:count], Carried(subject, goes_on, asked, count))
        _check_said(lives[place + 1], subject, holdings, report)
    erasures = [
        Erasure(count + 1, act.get("tombstone"), _list_of(act.get("erased")))
        for act, count in zip(said, counts, strict=True)
    ]
    acts = list(enumerate(map(told, history.acts[1:]), 1))
    otherwise = [(number, where) for number, act in acts for where in place_faults(number, act, erasures)]
    for number, where in (*otherwise, *_reason_faults(acts, erasures), *_scan_faults(acts, erasures)):
        report.find("carried-mark", aspect_of(subject), subject, ERASED_OTHERWISE, number=number, place=where)
    holdings.late += _late_entries(subject, acts, erasures)


def _find_two_successors(former: str, subject: str, report: Report) -> None:
    text = "two records go on from {former}"
    report.find("carried-head", aspect_of(subject), subject, text, former=former)


def lives_of(history: History) -> list[list[Content]]:
    """The acts from 1 on that a record has, then those of what it was before each erasure, the last life first."""
    lives = [history.acts[1:]]
    while any(act.get("act") == CARRY for act in lives[-1]):
        carried = [act.get("carried") for act in lives[-1] if act.get("act") == CARRY]
        lives.append([each if isinstance(each, dict) else {} for each in carried])
    return lives


def _is_carried_life(life: Sequence[Content], count: int) -> bool:
    """Whether a life carries over so many acts of the one before, says next what was erased, and neither later."""
    kinds = [act.get("act") for act in life]
    return kinds[:count] == [CARRY] * count and kinds[count : count + 1] == [ERASE] and ERASE not in kinds[count + 1 :]


def _carried_of(acts: Sequence[Content], carried: Carried) -> Carried:
    """With what the events of the life before must tell of the acts that these carry over."""
    for act in acts:
        said = act["carried"] if isinstance(act.get("carried"), dict) else {}
        own = face(*(str(said.get(name)).encode(errors="surrogatepass") for name in ("act", "by", "at")))
        is_signed = said.get("act") in SIGNED_ACTS and carried.states
        fits = not is_signed or str(said.get("signed_state")).encode(errors="surrogatepass") == carried.states[-1]
        carried.faces.append(own if fits else b"")
        carried.states.append(str(act.get("state")).encode(errors="surrogatepass"))
    return carried


def _check_said(acts: Sequence[Content], subject: str, holdings: Holdings, report: Report) -> None:
    """Check that carried acts print a name that their person had, and the day of their moment."""
    for number, act in enumerate(acts, 1):
        by, at, on, principal = (str(act.get(key) or "") for key in ("by", "at", "on", "deputy_for"))
        if not may_print(act, holdings.names):
            holdings.misnamed.append((subject, number, by, principal or by))
        if on not in days_of(at, holdings.zone):
            text = "act {number}: its day, {on}, is not that of its moment, {at}"
            report.find("carried-form", aspect_of(subject), subject, text, number=number, on=on, at=at)


def may_print(act: Content, names: Mapping[str, Collection[str]]) -> bool:
    """Whether a printed name is one of its person's; a deputy's says for whom. Who has no names there may have any."""
    by, name, principal = (str(act.get(key) or "") for key in ("by", "name", "deputy_for"))
    own, others = names.get(by), names.get(principal)
    if by == PROGRAM or own is None:
        return by != PROGRAM or name == PROGRAM
    if not principal:
        return name in own
    if others is None:
        return name.endswith("）") and any(name.startswith(f"{each}（代") for each in own)
    return any(name == f"{each}（代{other}）" for each in own for other in others)


def names_of(person: History) -> set[str]:
    """Every name that a person ever had."""
    changed = [act.get("changed") for act in person.acts[1:]]
    return {str(each["name"]) for each in [person.acts[1], *changed] if isinstance(each, dict) and "name" in each}


def zone_named(name: str) -> tzinfo | None:
    """A time zone of the machine's own database; none where that does not have it."""
    for folder in TZPATH if _ZONE.fullmatch(name) else ():
        with suppress(OSError, ValueError), (Path(folder) / name).open("rb") as file:
            return ZoneInfo.from_file(file)
    return None


def days_of(at: str, zone: tzinfo | None) -> set[str]:
    """The days that a UTC moment may have had in a zone; anywhere on earth where that is not known."""
    try:
        moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S%z")
        if zone is None:
            return {(moment + timedelta(hours=hours)).date().isoformat() for hours in (-12, 0, 14)}
        shifts = (-ZONE_TOLERANCE, timedelta(), ZONE_TOLERANCE)
        return {(moment + shift).astimezone(zone).date().isoformat() for shift in shifts}
    except (ValueError, OverflowError):
        return set()


def place_faults(number: int, act: Content, erasures: Sequence[Erasure]) -> Iterator[str]:
    """The places of an act where something is erased that no list names, or stands that one names."""
    marks = 0
    for place, value in _values_said(act):
        if _is_mark(value):
            marks += 1
            is_named = any(each.tombstone == value["erased"] and each.names(place) for each in erasures)
        else:
            is_named = value is None or not any(number < each.act and each.names(place) for each in erasures)
        if not is_named:
            yield place
    if marks != _count_marks(act):
        yield "something beside the values"
    yield from _file_faults(number, act, erasures)
    for said in (act, act.get("fill")):
        name = said.get("filled_for") if isinstance(said, dict) else None
        if name and name != ERASED_TEXT and any(number < each.act and "filled_for" in each.places for each in erasures):
            yield "filled_for"


def _file_faults(number: int, act: Content, erasures: Sequence[Erasure]) -> Iterator[str]:
    """A file that is erased and not named, or named and not erased; a scan that is without any file being so.

    With a file its name, type and size go; with a scan the name of who signed.
    """
    if act.get("act") == "attach":
        place = f"attachment.{number}"
        is_gone = act.get("digest") == ""
        if is_gone != any(place in each.places for each in erasures) or (
            is_gone and (act.get("file"), act.get("media_type"), act.get("size")) != (ERASED_TEXT, "", 0)
        ):
            yield place
    elif act.get("scan") == "" or act.get("signer_name") == ERASED_TEXT:
        is_any = any(str(place).startswith("attachment.") for each in erasures for place in each.places)
        if (act.get("scan"), act.get("signer_name")) != ("", ERASED_TEXT) or not is_any:
            yield "scan"


def _reason_faults(acts: Sequence[tuple[int, Content]], erasures: Sequence[Erasure]) -> Iterator[tuple[int, str]]:
    """Amendments of which a change was erased, and answers to them, that still say why: number of the act, what."""
    for each in erasures:
        before = [(number, act) for number, act in acts if number < each.act]
        amended = [
            number
            for number, act in before
            if act.get("act") == "amend" and _count_marks(act.get("changes"), each.tombstone)
        ]
        for number, act in before:
            of = number if act.get("act") == "amend" else act.get("amendment")
            if of in amended and act.get("reason") not in (None, "", ERASED_TEXT):
                yield number, "reason"


def _scan_faults(acts: Sequence[tuple[int, Content]], erasures: Sequence[Erasure]) -> Iterator[tuple[int, str]]:
    """Carried signatures on paper whose scan is none of the files that are still bound: number of the act, what."""
    bound: list[object] = []
    for number, act in acts:
        if act.get("act") == "attach":
            bound.append(act.get("digest"))
        elif act.get("scan") and act["scan"] not in bound and any(number < each.act for each in erasures):
            yield number, "scan"


def _late_entries(
    subject: str, acts: Sequence[tuple[int, Content]], erasures: Sequence[Erasure]
) -> Iterator[LateEntry]:
    """The carried acts that say when a late matter happened; by which field, their form tells."""
    for number, act in acts:
        late, places = act.get("late_entry"), [each for one in erasures if number < one.act for each in one.places]
        if isinstance(late, dict) and places:
            form = f"form/{act.get('form')}/{str(act.get('revision')).replace('/', '-')}"
            yield LateEntry(subject, number, form, late.get("matter") == ERASED_TEXT, places)


def _note_grouped(form: History, holdings: Holdings) -> None:
    """Keep the field by which the sheets of a form group rows."""
    for act in form.acts[1:]:
        definition = act.get("definition")
        sheet = definition.get("sheet") if isinstance(definition, dict) else None
        if isinstance(sheet, dict) and sheet.get("on"):
            holdings.grouped[form.subject] = str(sheet["on"])


def _values_said(act: Content) -> Iterator[tuple[str, Any]]:
    """Every value that an act says, with the field or the cell (``field.row.column``) that it is of."""
    for said in (act, act.get("fill")):
        values = said.get("values") if isinstance(said, dict) else None
        for name, value in values.items() if isinstance(values, dict) else ():
            yield from _cells(name, value)
    for change in _list_of(act.get("changes")):
        if isinstance(change, dict):
            for end in ("old", "new"):
                yield from _cells(str(change.get("field")), change.get(end))


def _cells(name: str, value: object) -> Iterator[tuple[str, Any]]:
    rows = value if isinstance(value, list) else []
    if not rows or not all(isinstance(row, dict) for row in rows):
        yield name, value
        return
    for number, row in enumerate(rows, 1):
        yield from ((f"{name}.{number}.{column}", cell) for column, cell in row.items())


def _is_mark(value: object) -> bool:
    """Whether something is what stands where a value was erased."""
    return isinstance(value, dict) and value.keys() == {"erased"}


def _count_marks(value: object, tombstone: object = None) -> int:
    """How many marks a value holds; of one tombstone alone where that is given."""
    if isinstance(value, dict) and _is_mark(value):
        return int(tombstone is None or value["erased"] == tombstone)
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(_count_marks(each, tombstone) for each in within)


def _list_of(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _list_fault(acts: Sequence[Content]) -> str:
    """Why a list must destroy nothing: it needs an approver who is not its author, and two witnesses more."""
    signed = [act for act in acts[1:] if act["act"] == "sign"]
    of = {
        meaning: {_who(act) for act in signed if act["meaning"] == meaning}
        for meaning in ("prepared", "approved", "witnessed", "received")
    }
    authors = of["prepared"] | {_who(acts[1])}
    enters_own = _enters_own(acts[1], signed)
    if acts[1]["disposal"]["kind"] == "transfer":
        receivers = of["received"]
        is_apart = not _meet(of["approved"], authors | receivers) and not _meet(receivers, authors)
        return "" if of["approved"] and receivers and is_apart and not enters_own else NOT_HANDED_OVER
    is_apart = not _meet(of["approved"], authors | of["witnessed"]) and not _meet(of["witnessed"], authors)
    is_sound = of["approved"] and is_apart and not enters_own and _count(of["witnessed"]) >= WITNESSES
    return "" if is_sound else "the list {list} was not approved by one other person and watched by two more"


def _enters_own(opened: Content, signed: Sequence[Content]) -> bool:
    """Whether a list's author entered on paper who approved or watched over it; or one who stood in for the other."""
    drawn = [opened, *(act for act in signed if act["meaning"] == "prepared")]
    entered = [act for act in signed if act.get("method") == "paper" and act["meaning"] in {"approved", "witnessed"}]
    return not _accounts(drawn).isdisjoint(_accounts(entered))


def _accounts(acts: Sequence[Content]) -> set[str]:
    """By whom acts were done, and for whom."""
    return {str(act[key]) for act in acts for key in ("by", "deputy_for") if key in act}


_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def _who(act: Content) -> tuple[str, str]:
    """Who did an act: the account, none of who signed on paper, and the name of that time as it is compared."""
    is_paper = act.get("method") == "paper"
    name = unicodedata.normalize("NFKC", str(act.get("signer_name" if is_paper else "name"))).casefold()
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    return ("" if is_paper else str(act["by"]), "".join(c for c in seen if unicodedata.category(c)[0] not in "CZ"))


def _is_same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two are one person: by their accounts, or by name where one of them signed on paper."""
    return one[0] == other[0] if one[0] and other[0] else one[1] == other[1]


def _meet(some: set[tuple[str, str]], others: set[tuple[str, str]]) -> bool:
    return any(_is_same(one, other) for one in some for other in others)


def _count(people: set[tuple[str, str]]) -> int:
    """How many persons they are."""
    apart: set[tuple[str, str]] = set()
    for each in sorted(people):
        apart |= set() if _meet({each}, apart) else {each}
    return len(apart)


def _packages(acts: Sequence[Content]) -> list[str]:
    """The package that was made last, where its receipt was given and the handing over of all has begun."""
    held: list[str] = []
    received = begun = False
    for act in acts[1:]:
        match act["act"]:
            case "pack":
                held, received = [str(act["package"])], False
            case "receive":
                received = act.get("package") in held
            case "hand-over":
                begun = act.get("keeps") == "nothing"
    return held if received and begun else []


def _named_on(opening: Content) -> dict[str, list[object]]:
    """The subjects that a list names, a sheet's rows included, and the places whose values alone it lets go."""
    items = opening["disposal"]["items"]
    rows: dict[str, list[object]] = {f"record/{row['number']}": [] for item in items for row in item.get("rows", ())}
    return rows | {str(item["subject"]): item.get("erased", []) for item in items if "subject" in item}


def _named_together(opening: Content) -> list[tuple[str, ...]]:
    """The subjects of each item of a list: the record, or the sheet with each of its rows."""
    return [
        (str(item["subject"]), *(f"record/{row['number']}" for row in item.get("rows", ())))
        for item in opening["disposal"]["items"]
        if "subject" in item
    ]


def _states_named(act: Content) -> Iterator[tuple[tuple[str, ...], str]]:
    """Whom an act names, as what it may be, with the state: rows, items of a list, sources of a statistic, the form."""
    fill = act.get("fill")
    held = [act.get(name) for name in ("disposal", "certifies", "tested")]
    lists = [act.get("rows"), act.get("items"), *(each.get("items") for each in held if isinstance(each, dict))]
    for holder in (act, fill if isinstance(fill, dict) else {}):
        sources = holder.get("sources")
        lists += sources.values() if isinstance(sources, dict) else []
    for each in (each for listed in lists if isinstance(listed, list) for each in listed):
        if isinstance(each, dict) and {"number", "state"} <= each.keys():
            yield (f"record/{each['number']}", f"sheet/{each['number']}"), str(each["state"])
    if "form_state" in act:
        yield (f"form/{act.get('form')}/{str(act.get('revision')).replace('/', '-')}",), str(act["form_state"])


def _note_what_holds_ask(history: History, holdings: Holdings) -> None:
    """Keep what a hold keeps, and what holds may go by of units, of rows, and of what goes on after an erasure."""
    kind, first = history.subject.partition("/")[0], told(history.acts[1])
    if kind == "hold" and isinstance(first.get("scope"), dict):
        holdings.holds[history.subject] = Hold(first["scope"], set(map(str, _list_of(first.get("about")))))
    elif kind == "unit":
        for number, act in enumerate(history.acts[1:], 1):
            changed = act.get("changed")
            if parent := (changed if isinstance(changed, dict) else act).get("parent"):
                holdings.parents.setdefault(history.subject, {})[number] = str(parent)
    elif kind in {"record", "sheet"} and (first.get("sheet") or history.acts[0].get("former")):
        holdings.opened[history.subject] = _opening_of(first)


def _opening_of(said: Content) -> Opened:
    form, unit, sheet, party, premises = (
        str(said.get(name) or "") for name in ("form", "unit", "sheet", "party", "premises")
    )
    return Opened(form, (unit,), sheet, party, premises)


def is_held(scope: Content, subject: str, opened: Opened) -> bool:
    """Whether a hold of that scope keeps a record or sheet, by the program's own rule."""
    records, forms, units = (_list_of(scope.get(name)) for name in ("records", "forms", "units"))
    party, premises = scope.get("party"), scope.get("premises")
    if records:
        return subject in records or opened.sheet in {base_of(str(each)) for each in records}
    return bool(forms or units or party or premises) and (
        (not forms or opened.form in forms)
        and (not units or any(unit in units for unit in opened.units))
        and (not party or opened.party == party)
        and (not premises or opened.premises == premises)
    )


class Held:
    """Which holds stood over what was destroyed, as far as archived holds, tombstones and acts tell.

    Args:
        holdings: what the objects say.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._rows: dict[str, set[str]] = defaultdict(set)
        opened = [(subject, stone.opened) for subject, stone in holdings.tombstones.items()]
        for subject, each in (*opened, *holdings.opened.items()):
            if each.sheet:
                self._rows[each.sheet].add(subject)
        for subject in (*holdings.tombstones, *holdings.accounts):
            if subject.startswith("sheet/"):  # whose rows name it as it was begun
                self._rows[base_of(subject)].add(subject)
        self._lives: dict[str, Opened] = {base_of(subject): each for subject, each in holdings.opened.items()}
        self._placed: dict[str, int] = {}
        self._lifted: dict[str, int] = {}
        self._born: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._parents: dict[str, list[tuple[int, str]]] = defaultdict(list)

    def take(self, subject: str, number: int, kind: bytes, index: int) -> None:
        """Note an event of an act, in the order of the log."""
        if subject in self._holdings.holds:
            if kind in {b"hold", b"release"}:
                (self._placed if kind == b"hold" else self._lifted).setdefault(subject, index)
        elif parent := self._holdings.parents.get(subject, {}).get(number):
            self._parents[subject].append((index, parent))
        elif self._rows and subject.startswith(("record/", "sheet/")):
            self._born.setdefault(subject, index)

    def take_destruction(self, subject: str, index: int) -> None:
        """Note an event by which something was destroyed."""
        self._gone.setdefault(subject, index)

    def over(self, subject: str, stone: Tombstone | None) -> Iterator[str]:
        """The holds that stood when something was destroyed; one on a row keeps its sheet, and every row on it."""
        at, own = self._gone[subject], stone.opened if stone else Opened("", (), "", "", "")
        sheet = base_of(subject) if subject.startswith("sheet/") else own.sheet
        there = (each for each in (sheet, *self._rows.get(sheet, ())) if each and self._was_there(each, at))
        together = {subject, *(stone.listed if stone else ()), *there}
        for hold, said in self._holdings.holds.items():
            is_standing = self._placed.get(hold, at) < at < self._lifted.get(hold, at + 1)
            if is_standing and any(
                is_held(said.scope, each, opened)
                for each in together
                for opened in self._as_opening_of(each, own, said, at)
            ):
                yield hold

    def _was_there(self, subject: str, at: int) -> bool:
        return self._born.get(subject, at) < at <= self._gone.get(subject, at)

    def _as_opening_of(self, subject: str, own: Opened, hold: Hold, at: int) -> Iterator[Opened]:
        """What a hold goes by of something, as the tombstone of what goes with it tells it, and as its own acts do."""
        acts = self._lives.get(base_of(subject), own)
        party, premises = acts.party, acts.premises
        if base_of(subject) in hold.about:
            party, premises = str(hold.scope.get("party", "")), str(hold.scope.get("premises", ""))
        for said in (own, acts):
            units = tuple(each for unit in said.units for each in self._above(unit, at))
            yield said._replace(units=units, party=party, premises=premises)

    def _above(self, unit: str, at: int) -> list[str]:
        """A unit and those that stood above it then."""
        found: list[str] = []
        while unit and unit not in found:
            found.append(unit)
            unit = next((parent for index, parent in reversed(self._parents.get(unit, [])) if index < at), "")
        return found


def signing_keys(person: History) -> list[SigningKey]:
    """The keys of a person, in the order of their use."""
    keys: list[SigningKey] = []
    for act in person.acts[1:]:
        match act["act"]:
            case "init" | "add" | "passphrase" if isinstance(act.get("public_key"), str):
                keys.append(SigningKey(act["public_key"], act["at"], None))
            case "disable" | "retire-key":
                to_at = str(act.get("key_to_at"))
                keys = [key if key.to_at else key._replace(to_at=to_at) for key in keys]
    return keys


def _check_signatures(history: History, holdings: Holdings, report: Report) -> None:
    """Check every signature of a subject. Source: 21 CFR 11.70."""
    first = told(history.acts[1])
    revision = f"{first.get('code', first.get('form'))} {first.get('revision')}"
    attached: set[object] = set()
    for number, act in enumerate(history.acts):
        if told(act).get("act") == "attach":
            attached.add(told(act).get("digest"))
        if act.get("act") not in SIGNED_ACTS or not number:
            continue
        report.counts["signatures"] += 1
        name = f"{number} ({act['act']})"
        code, text = _signature_fault(history, number, revision, attached)
        if code:
            report.find(code, SIGNATURES, history.subject, text, act=name, person=act["by"])
        if code in {"", "signature-invalid"} and not _is_on_paper(act) and not _had_key(holdings, act):
            holdings.doubts.append((history.subject, name, str(act["by"])))


def _is_on_paper(act: Content) -> bool:
    return act.get("method") == "paper" and act.get("act") in ON_PAPER


def _signature_fault(history: History, number: int, revision: str, attached: set[object]) -> tuple[str, str]:
    """Code and text of what is wrong with the signature of an act; empty where nothing is."""
    act = history.acts[number]
    if _is_on_paper(act):
        text = "act {act}: the scan of the paper signature is not bound to the record"
        return ("", "") if act.get("scan") in attached else ("signature-scan", text)
    signature, public_key = act.get("signature"), act.get("public_key")
    if not isinstance(signature, str) or not isinstance(public_key, str) or not _MOMENT.fullmatch(act["at"]):
        return "signature-missing", "act {act}: no signature"
    statement = canonical(
        {
            "version": 1,
            "subject": history.subject,
            "revision": revision,
            "state": history.digests[number - 1].hex(),
            "act": hashlib.sha256(canonical({k: v for k, v in act.items() if k != "signature"})).hexdigest(),
            "meaning": act.get("meaning"),
            "at": act.get("at"),
        }
    )
    is_hexadecimal = re.fullmatch(r"[0-9a-f]{64}", public_key) and _SIGNATURE.fullmatch(signature)
    if not is_hexadecimal or not is_signed(bytes.fromhex(public_key), bytes.fromhex(signature), statement):
        return "signature-invalid", "act {act}: the signature does not fit the act"
    return "", ""


def _had_key(holdings: Holdings, act: Content) -> bool:
    """Whether the key of a signature was its person's then, the second of its retirement included."""
    return any(
        key.public_key == act["public_key"] and key.from_at <= act["at"] and (not key.to_at or act["at"] <= key.to_at)
        for key in holdings.keys.get(act["by"], ())
    )


# ---- The log: tiles, entries, checkpoint, and the events held against the acts --------------------------------------

ENTRIES = -1
_COSIGNED = re.compile(r"cosigned/[1-9][0-9]{0,17}")
_TILE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_WORDS = rb"[ !#-\[\]-~]*"  # no character that JSON would escape
_EVENT = re.compile(
    rb'\{"act_number":(?P<act>null|0|[1-9][0-9]{0,15}),"actor":"(?P<actor>W)","bound_digest":(?:null|"(?P<bound>W)"),'
    rb'"effective_at":(?:null|"W"),"entered_at":"(?P<at>W)","flags":"W","index":(?P<index>0|[1-9][0-9]{0,15}),'
    rb'"kind":"(?P<kind>W)","occurred_at":"W","state_digest":(?:null|"(?P<state>W)"),'
    rb'"subject":(?:null|"(?P<subject>W)"),"version":1\}'.replace(b"W", _WORDS)
)


class Log:
    """One check of the log.

    Args:
        medium: where the archive lies.
        holdings: what the objects say.
        report: takes what is wrong.
        sizes: the numbers of entries for which a root is wanted beside the checkpoint's.
    """

    def __init__(self, medium: Medium, holdings: Holdings, report: Report, sizes: Iterable[int]) -> None:
        self._medium = medium
        self._holdings = holdings
        self._report = report
        self._files: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._wanted: dict[int, set[int]] = defaultdict(set)
        for size in sizes:
            self._wanted[size // WIDTH].add(size)
        self._roots: dict[int, bytes] = {}
        self._subtrees: list[bytes] = []
        self._are_all_read = True
        self._proven_states: set[tuple[bytes, str]] = set()
        self._lives: dict[str, list[str]] = defaultdict(list)
        for subject in holdings.accounts:
            self._lives[base_of(subject)].append(subject)
        self._carried_over: Counter[str] = Counter()
        self._signs: Counter[str] = Counter()
        self._may_let_go: dict[str, int] = {}
        self._held = Held(holdings)
        self._tile_roots: list[bytes] = []
        self._mismatches: list[tuple[str, str, str]] = []
        self._gaps: list[tuple[str, int]] = []
        self._is_whole = True
        self.note: Note | None = None
        self.stored = 0
        """How many entries there are."""
        self.last_at = b""
        """The moment of entry of the newest event that the checkpoint covers."""
        self.cosigned: dict[str, Note] = {}
        """The checkpoints that lie there with cosignatures, by path."""
        self.enclosed: tuple[int, bytes] | None = None
        """Index and digest of the newest event that binds what lies beside objects and log."""
        self._cosigned_bound: set[bytes] = set()
        self.rotated_at: dict[int, int] = {}
        """Of each act of the root unit that names another log key the index of its event."""
        self.elsewhere: Counter[str] = Counter()
        """Subjects that the log knows and the archive does not, with the number of their acts."""
        self.archived_elsewhere: set[str] = set()
        self._destroyed_when: dict[str, tuple[int, str]] = {}
        self._destroyed_by: dict[str, str] = {}
        self.destroyed: dict[str, str] = {}
        """Subjects that were destroyed, with the digest of the tombstone that the event binds."""
        self.last_elsewhere: dict[str, tuple[bytes, int, str]] = {}
        """Of each subject that the archive does not hold kind, act number and state digest of its last act."""

    def find(self, code: str, path: str, text: str, severity: str = ALTERED, /, **values: object) -> None:
        """Note what is wrong with a file of the log."""
        self._report.find(code, LOG, f"log/{path}".rstrip("/"), text, severity, **values)

    def check(self) -> None:
        """Check everything in ``log/`` but the checkpoint's signature. Source: C2SP tlog-tiles; RFC 9162, 2.1.1."""
        if dict(self._medium.scan("")).get("log", FOLDER) != FOLDER:
            self.find("log-extra", "", "not a folder")
        self._list_files()
        self.note = self._checked_note()
        size = self.note.size if self.note else 0
        self._wanted[size // WIDTH].add(size)
        widest = (index * WIDTH + widths[-1] for index, widths in self._files[ENTRIES].items())
        self.stored = max(widest, default=0)
        # Absurd names and sizes give one finding, not as many as they speak of entries.
        count = min(-(-self.stored // WIDTH), 2 * len(self._files[ENTRIES]) + 16)
        count += size > count * WIDTH
        for index in range(count):
            self._check_bundle(index, size)
        self._note_roots(count, [])
        self._check_upper_levels(size, count)
        self._settle_root()
        if self.note and self.stored > size:
            text = "{count} entries after the checkpoint"
            self.find("log-uncheckpointed", "checkpoint", text, PENDING, count=self.stored - size)

    def root(self, size: int) -> bytes | None:
        """The root over the first entries, recomputed from them; none where they cannot all be read."""
        return self._roots.get(size)

    def _note_roots(self, index: int, hashes: Sequence[bytes]) -> None:
        """Note the wanted roots that end within a bundle, from its hashes and the subtrees before it."""
        wanted, first = self._wanted.get(index), index * WIDTH
        if not wanted or not self._are_all_read:
            return
        ends: list[bytes] = []
        if first in wanted:
            self._roots[first] = root_of(self._subtrees)
        for count, node in enumerate(hashes[: max(wanted) - first], 1):
            grow(ends, node, count)
            if first + count in wanted:
                self._roots[first + count] = root_of([*self._subtrees, *ends])

    # -- the checkpoint

    def check_signature(self, keys: KeyChain | None) -> None:
        """Check the checkpoint's signature, after ``check``. Source: C2SP signed-note."""
        if self.note is None:
            return
        if keys is None:
            self.find("checkpoint-key", "checkpoint", "there is no key to check the signature with", CANNOT_ASSESS)
        elif fault := signature_fault(self.note, key := keys.key_for(self.note.size)):
            self.find("checkpoint-signature", "checkpoint", fault, name=key.name)

    def _checked_note(self) -> Note | None:
        try:
            note = parse_note(read(self._medium, "log/checkpoint", NOTE_BYTES))
        except FileNotFoundError:
            self.find("checkpoint-missing", "checkpoint", "there is no checkpoint", CANNOT_ASSESS)
            return None
        except (OSError, ValueError) as error:
            self.find("checkpoint-form", "checkpoint", "cannot be read: {found}", found=error)
            return None
        if note.previous and note.previous[0] >= note.size:
            self.find("checkpoint-chain", "checkpoint", "it follows one of {size} entries", size=note.previous[0])
        self._report.checkpoint = note.short
        return note

    def _settle_root(self) -> None:
        """Compare the root; where entries and their hashes differ, it tells which of them are not as signed."""
        root = self.root(self.note.size) if self.note else None
        is_signed_root = self.note is not None and root == self.note.root
        for bundle, tile, named in self._mismatches:
            if not is_signed_root:
                self.find("log-entry", bundle, "not the entries of the stored hashes: {named}", named=named)
            if is_signed_root or root is None:
                self.find("log-tile", tile, "not the hashes of the entries below: {named}", named=named)
        if self.note and root is not None and not is_signed_root:
            text = "root of {size} entries: expected {expected}, found {found}"
            expected, found = self.note.root.hex(), root.hex()
            self.find("checkpoint-root", "checkpoint", text, size=self.note.size, expected=expected, found=found)
        if self.note and root is None:
            self.find("checkpoint-root", "checkpoint", "its root cannot be recomputed", CANNOT_ASSESS)

    # -- tiles and bundles

    def _list_files(self) -> None:  # noqa: C901 - one walk, every odd thing named
        waiting = ["log"]
        while waiting:
            folder = waiting.pop()
            try:
                entries = self._medium.scan(folder)
            except FileNotFoundError:
                continue  # the missing checkpoint says it
            except OSError as error:
                self.find("log-unreadable", folder[4:], "cannot be read: {found}", CANNOT_ASSESS, found=why(error))
                self._is_whole = False
                continue
            for name, kind in entries:
                path = f"{folder}/{name}"[4:]
                tile = parse_tile_path(path) if kind == FILE else None
                if tile:
                    self._files[tile[0]][tile[1]].append(tile[2])
                elif kind == FOLDER and f"{path}/".startswith(("tile/", "cosigned/")) and path.count("/") < 10:
                    waiting.append(f"log/{path}")
                elif kind == UNREADABLE:
                    self.find("log-unreadable", path, "cannot be read", CANNOT_ASSESS)
                elif kind == FILE and _COSIGNED.fullmatch(path):
                    self._list_cosigned(path)
                elif kind != FILE or path not in {"checkpoint", ".incoming"}:
                    self.find("log-extra", path, "no such file is written there")
        for tiles in self._files.values():
            for widths in tiles.values():
                widths.sort()

    def _list_cosigned(self, path: str) -> None:
        """Read a checkpoint that lies there with cosignatures, to be checked once the entries are known."""
        try:
            note = parse_note(read(self._medium, f"log/{path}", NOTE_BYTES))
        except (OSError, ValueError) as error:
            self.find("cosigned-checkpoint", path, "cannot be read: {found}", found=error)
            return
        self.cosigned[path] = note
        self._wanted[note.size // WIDTH].add(note.size)

    def check_cosigned(self, keys: KeyChain | None) -> None:
        """Check that cosigned checkpoints are of this log and bound by an event. Source: C2SP tlog-cosignature."""
        for path, note in self.cosigned.items():
            fault = signature_fault(note, keys.key_for(note.size)) if keys else ""
            root = self.root(note.size)
            if not fault and (path != f"cosigned/{note.size}" or (root or note.root) != note.root):
                fault = "not the root of the entries"
            elif not fault and root is None and note.size > self.stored:
                fault = "the entries are missing"
            elif not fault and self._holdings.salt and self._salted(path) not in self._cosigned_bound:
                fault = "not the note that an event binds"
            if fault:
                name = keys.key_for(note.size).name if keys else ""
                self.find("cosigned-checkpoint", path, fault, name=name)

    def _salted(self, path: str) -> bytes:
        data = self._read(path, NOTE_BYTES) or b""
        return hashlib.sha256(self._holdings.salt + data).hexdigest().encode()

    def _check_bundle(self, index: int, size: int) -> None:
        needed = min(max(size - index * WIDTH, 0), WIDTH)
        entries = self._read_bundle(index, needed)
        if entries is None:
            self._is_whole = self._are_all_read = False
            self._tile_roots.append(b"")
            return
        self._is_whole &= len(entries) >= needed
        hashes = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
        self._check_tile(0, index, hashes, needed)
        self._note_roots(index, hashes)
        if len(hashes) == WIDTH:
            self._tile_roots.append(root_hash(hashes))
            grow(self._subtrees, self._tile_roots[-1], index + 1)
        else:
            self._are_all_read = False
            if (index + 1) * WIDTH < max(size, self.stored):
                self._tile_roots.append(b"")
        # Without a checkpoint nothing says how far the entries count; with one, those after it prove nothing.
        self._take_events(index * WIDTH, entries[:needed] if self.note else entries)

    def _read_bundle(self, index: int, needed: int) -> list[bytes] | None:
        """The entries of a bundle's widest file; none where it is missing or damaged, which is a finding."""
        widths = self._files[ENTRIES].get(index, [])
        if not widths or widths[-1] < needed:
            self.find("log-entry", tile_path(ENTRIES, index, needed or WIDTH), "the entries are missing")
        if not widths:
            return None
        path = tile_path(ENTRIES, index, widths[-1])
        data = self._read(path)
        entries = None if data is None else parse_bundle(data)
        if data is not None and (entries is None or len(entries) != widths[-1]):
            self.find("log-entry", path, "not {count} entries", count=widths[-1])
            entries = None
        for width in widths[:-1]:
            narrow = self._read(tile_path(ENTRIES, index, width))
            if narrow is not None and entries is not None and parse_bundle(narrow) != entries[:width]:
                text = "differs from the longer state of the same entries"
                self.find("log-entry", tile_path(ENTRIES, index, width), text)
        return entries

    def _check_upper_levels(self, size: int, bundle_count: int) -> None:
        """Check hash tiles above the leaves' hashes, and find tiles beyond the entries."""
        for index in sorted(self._files[ENTRIES]):
            if index >= bundle_count:
                path = tile_path(ENTRIES, index, self._files[ENTRIES][index][-1])
                self.find("log-entry", path, "entries far beyond the others")
        beyond = [(0, index) for index in self._files[0] if index >= bundle_count]
        hashes, level = self._tile_roots, 1
        while hashes or size >> (8 * level):
            above: list[bytes] = []
            count = -(-len(hashes) // WIDTH)
            for index in range(count):
                tile = hashes[index * WIDTH : (index + 1) * WIDTH]
                self._check_tile(level, index, tile, min(max((size >> (8 * level)) - index * WIDTH, 0), WIDTH))
                if len(tile) == WIDTH:
                    above.append(root_hash(tile) if all(tile) else b"")
            beyond += [(level, index) for index in self._files[level] if index >= count]
            hashes, level = above, level + 1
        beyond += [(high, index) for high in self._files if high >= level for index in self._files[high]]
        for tile_level, index in sorted(beyond):
            for width in self._files[tile_level][index]:
                self.find("log-tile", tile_path(tile_level, index, width), "hashes of no entries")

    def _check_tile(self, level: int, index: int, hashes: Sequence[bytes], needed: int) -> None:
        """Compare every stored state of a tile with the hashes that it should hold (empty: not known)."""
        widths = self._files[level].get(index, [])
        if needed > max(widths, default=0):
            self.find("log-tile", tile_path(level, index, needed), "the hashes are missing")
        all_hashes = b"".join(hashes)
        for width in widths:
            path = tile_path(level, index, width)
            data = self._read(path)
            if data is None:
                continue
            if data == all_hashes[: width * HASH_BYTES] and len(data) == width * HASH_BYTES:
                continue
            found = [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]
            differing = [
                str(index * WIDTH + place)
                for place, (wanted, one) in enumerate(zip(hashes, found, strict=False))
                if wanted and wanted != one
            ]
            named = ", ".join(differing[:10])
            if len(data) != width * HASH_BYTES or width > len(hashes) or (differing and level):
                self.find("log-tile", path, "not the hashes of the entries below: {named}", named=named)
            elif differing:
                bundle = tile_path(ENTRIES, index, self._files[ENTRIES][index][-1])
                self._mismatches.append((bundle, path, named))

    def _read(self, path: str, byte_limit: int = TILE_BYTES) -> bytes | None:
        try:
            return read(self._medium, f"log/{path}", byte_limit)
        except OSError as error:
            self.find("log-unreadable", path, "cannot be read: {found}", CANNOT_ASSESS, found=why(error))
            return None

    # -- events

    def _take_events(self, first: int, entries: Sequence[bytes]) -> None:
        """Hold events against the acts that the archive holds."""
        self._report.counts["events"] += len(entries)
        named_states = self._holdings.named_states
        for index, entry in enumerate(entries, first):
            event = _EVENT.fullmatch(entry)
            if event is None or event["index"] != b"%d" % index:
                self._report.find("event-form", LOG, f"event {index}", "not an event that the program writes")
                continue
            self.last_at = event["at"]
            if event["subject"] is None or event["act"] == b"null":
                if event["kind"] == b"enclose":
                    self.enclosed = index, event["bound"]
                elif event["kind"] == b"cosign" and event["bound"]:
                    self._cosigned_bound.add(event["bound"])
                elif event["kind"] == DESTROY and event["subject"] is not None:
                    self._take_destruction(event["subject"].decode(), event)
                continue
            subject = event["subject"].decode()
            if event["state"] in named_states:
                self._proven_states.add((event["state"], base_of(subject)))
            self._take_act(subject, int(event["act"]), event)

    def _take_act(self, subject: str, number: int, event: re.Match[bytes]) -> None:
        """Hold the event of an act against the act."""
        if subject == ROOT_UNIT and event["kind"] == b"rotate-log-key":
            self.rotated_at.setdefault(number, int(event["index"]))
        self._held.take(subject, number, event["kind"], int(event["index"]))
        if subject in self._holdings.carried:
            self._compare_carried(subject, self._holdings.carried[subject], number, event)
        account = self._holdings.accounts.get(subject)
        if account is None:
            self.elsewhere[subject] += 1
            self._signs[subject] += event["kind"] == b"sign"
            if self._signs[subject] > WITNESSES or event["kind"] in {b"pack", CARRY.encode()}:
                self._may_let_go.setdefault(subject, int(event["index"]))
            self.last_elsewhere[subject] = event["kind"], number, (event["state"] or b"").decode()
            if event["kind"] == b"archive":
                self.archived_elsewhere.add(subject)
        elif number >= account.count:
            account.later += 1
            if event["kind"] == b"archive":
                text = "event {index} archives a version that is not there"
                self._report.find("version-count", FILES, subject, text, index=int(event["index"]))
        elif number < account.next_act:
            text = "a second event of act {number}"
            self._report.find("event-doubled", aspect_of(subject), subject, text, number=number)
        else:
            self._gaps += [(subject, missing) for missing in range(account.next_act, number)][:MOST_KEPT]
            account.next_act = number + 1
            self._compare(subject, account, number, event)

    def _compare_carried(self, former: str, carried: Carried, number: int, event: re.Match[bytes]) -> None:
        """Hold an act that a record carries over against the event that the act had."""
        self._carried_over[former] += 1
        own = face(event["kind"], event["actor"], event["at"]), event["state"]
        if number > carried.count or (carried.faces[number - 1], carried.states[number - 1]) != own:
            text = "act {number}: not what event {index} tells of the act that it carries over"
            values = {"number": number, "index": int(event["index"])}
            self._report.find("carried-act", aspect_of(carried.subject), carried.subject, text, **values)

    def _take_destruction(self, subject: str, event: re.Match[bytes]) -> None:
        """Keep that a subject was destroyed; it is so once, and nothing comes after."""
        if subject in self.destroyed:
            text = "event {index} says anew that it was destroyed"
            self._report.find("tombstone-altered", aspect_of(subject), subject, text, index=int(event["index"]))
        self.destroyed[subject] = (event["bound"] or b"").decode()
        self._destroyed_when[subject] = int(event["index"]), event["at"].decode()
        self._destroyed_by[subject] = event["actor"].decode()
        self._held.take_destruction(subject, int(event["index"]))

    def _compare(self, subject: str, account: Account, number: int, event: re.Match[bytes]) -> None:
        digest = account.digests[number * HASH_BYTES : (number + 1) * HASH_BYTES].hex()
        if digest.encode() != event["state"]:
            text = "act {number}: event {index} says {expected}, found {found}"
            values = {"index": int(event["index"]), "expected": (event["state"] or b"").decode(), "found": digest}
            self._report.find("state-digest", aspect_of(subject), subject, text, number=number, **values)
        own = face(event["kind"], event["actor"], event["at"])
        if account.faces[number * FACE_BYTES : (number + 1) * FACE_BYTES] != own:
            text = "act {number}: event {index} says another kind, person or moment"
            values = {"number": number, "index": int(event["index"])}
            self._report.find("event-face", aspect_of(subject), subject, text, **values)
        version, inventory = account.bound.get(number, (0, ""))
        if version and inventory.encode() != event["bound"]:
            text = "inventory of version {version} is not the one that event {index} binds"
            values = {"version": version, "index": int(event["index"])}
            self._report.find("inventory-digest", FILES, subject, text, **values)

    def settle(self) -> None:
        """After ``check``: what the archive has and the log does not, and the reverse."""
        if not self._report.counts["events"]:
            text = "there are no events to hold the acts against"
            self._report.find("event-missing", RECORDS, "log", text, CANNOT_ASSESS)
            return
        for subject, number in self._gaps:
            self._find_missing_event(subject, number, ALTERED)
        for subject, account in self._holdings.accounts.items():
            if account.next_act < account.count:
                self._settle_unbound(subject, account)
            elif account.later:
                text = "{count} later acts are in the log, not yet in the archive"
                self._report.find("object-pending", FILES, subject, text, PENDING, count=account.later)
        for subject in sorted(self.archived_elsewhere - self._holdings.damaged - self.destroyed.keys()):
            self._settle_missing(subject)
        for subject in sorted(self.destroyed):
            self._settle_destroyed(subject)
        self._settle_carried()
        for subject in sorted(self.elsewhere.keys() - self.archived_elsewhere - self.destroyed.keys()):
            self._report.not_covered.setdefault(subject.partition("/")[0], []).append(subject)
        self._settle_persons()

    def _settle_persons(self) -> None:
        """Settle what signatures and printed names say of persons, where all that the log knows of them is there."""
        for subject, act, person in self._holdings.doubts:
            self._settle_doubt(subject, act, person)
        for subject, number, person, principal in self._holdings.misnamed:
            if not (self._is_incomplete(person) or self._is_incomplete(principal)):
                text = "act {number}: {person} never had the name that it prints"
                self._report.find("carried-form", aspect_of(subject), subject, text, number=number, person=person)

    def _settle_missing(self, subject: str) -> None:
        """An object that was archived and is not there: it has begun to go by a list, or somebody took it away."""
        if self.last_elsewhere[subject][0] == DISPOSE:
            text = "its object has left the archive, its acts are still to go"
            self._report.find("object-going", FILES, subject, text, PENDING)
        elif self._report.is_selection:
            self._report.left_out += 1
        else:
            self._report.find("object-missing", FILES, subject, "the object is not in the archive")

    def _settle_destroyed(self, subject: str) -> None:
        """What was destroyed is gone, and the list that names it keeps the tombstone that the event binds."""
        self._report.counts["disposed"] += 1
        if subject in self._holdings.accounts or subject in self._holdings.damaged:
            text = "the object of what was destroyed is still in the archive"
            self._report.find("object-left", FILES, subject, text)
        stone, aspect = self._holdings.tombstones.get(subject), aspect_of(subject)
        for hold in self._held.over(subject, stone):
            text = "it was destroyed while {hold} kept it"
            self._report.find("tombstone-held", aspect, subject, text, hold=hold)
        if stone is None:
            self._settle_without_tombstone(subject, aspect)
            return
        kind, number, state = self.last_elsewhere.get(subject, (b"", 0, ""))
        if stone.digest != self.destroyed[subject]:
            self._report.find("tombstone-altered", aspect, subject, "no event binds this tombstone")
        elif subject in self.last_elsewhere and (stone.acts, stone.state) != (number, state):
            text = "the tombstone names another last state than the events"
            self._report.find("tombstone-state", aspect, subject, text)
        elif subject in self.last_elsewhere and kind != DISPOSE and not self._went_with_sheet(stone):
            self._report.find("tombstone-state", aspect, subject, "nothing says that its disposal was begun")
        if stone.fault:
            self._report.find("tombstone-list", aspect, subject, stone.fault, list=stone.list)
        is_bound = stone.digest == self.destroyed[subject]
        for what, expected, found in (*self._done_otherwise(subject, stone), *stone.otherwise) if is_bound else ():
            text = "the tombstone's {what}: expected {expected}, found {found}"
            values = {"expected": canonical(expected).decode(), "found": canonical(found).decode()}
            self._report.find("tombstone-said", aspect, subject, text, what=what, **values)
        if stone.goes_on[1:] != (None, None) and not self._is_continued(subject, stone):
            text = "values of it were erased, and what it goes on as is not there"
            self._report.find(
                "tombstone-successor", aspect, subject, text, ALTERED if self._is_whole else CANNOT_ASSESS
            )

    def _done_otherwise(self, subject: str, stone: Tombstone) -> Iterator[tuple[str, object, object]]:
        """Another executor, moment or day than the event has that destroyed a subject: what, expected, found."""
        executor, at, on = stone.deed
        moment, actor = self._destroyed_when[subject][1], self._destroyed_by[subject]
        days = days_of(moment, self._holdings.zone)
        if executor != [actor]:
            yield "executor", [actor], executor
        if at != moment:
            yield "at", moment, at
        if str(on) not in days:
            yield "on", min(days, default=""), on

    def _went_with_sheet(self, stone: Tombstone) -> bool:
        """Whether a row went with its sheet, whose own act says that their disposal was begun."""
        return any(base_of(each) == stone.opened.sheet and each in self.destroyed for each in stone.listed)

    def _settle_without_tombstone(self, subject: str, aspect: str) -> None:
        """Something was destroyed, and no list in the archive keeps its tombstone: it is still to come, or none is."""
        index, at = self._destroyed_when[subject]
        if subject in self._holdings.ended and not self._is_list_awaited(index):
            self._report.find("tombstone-list", aspect, subject, STAYED, list=self._holdings.ended[subject])
            return
        if self._report.is_selection:
            self._report.gone += 1
            return
        text = "destroyed or transferred; the list that says so is not yet in the archive"
        is_late = is_before(at, self.last_at.decode(), LIST_TOLERANCE)
        self._report.find("tombstone-pending", aspect, subject, text, CANNOT_ASSESS if is_late else PENDING)

    def _is_list_awaited(self, index: int) -> bool:
        """Whether another list than those that the archive holds may have let go what an event says is destroyed."""
        is_partial = not self._is_whole or self._report.is_selection or self._holdings.damaged
        is_behind = any(self._holdings.accounts[each].later for each in self._holdings.lists)
        may_let_go = (each for each, signed in self._may_let_go.items() if signed < index)
        return bool(is_partial or is_behind or any(each not in self.destroyed for each in may_let_go))

    def _is_continued(self, former: str, stone: Tombstone) -> bool:
        """Whether what a record goes on as after an erasure is there, or went by itself, or is still to be archived."""
        successor = str(stone.goes_on[1])
        if successor != f"{base_of(former)}/after-{stone.goes_on[0]}":
            return False
        if successor in self._holdings.accounts:
            return former in self._holdings.carried
        is_told = successor in self.elsewhere or successor in self.destroyed
        return is_told or successor in self._holdings.damaged

    def _settle_carried(self) -> None:
        """A record goes on from a subject that a list has destroyed and whose tombstone names it, with all its acts."""
        for former, carried in self._holdings.carried.items():
            subject, stone = carried.subject, self._holdings.tombstones.get(former)
            if former not in self.destroyed or (stone is not None and stone.goes_on != carried.goes_on):
                is_told = self._is_whole and self._holdings.accounts[subject].next_act > 1
                severity = ALTERED if is_told else CANNOT_ASSESS
                self._report.find("carried-head", aspect_of(subject), subject, NO_SUCH_FORMER, severity)
            elif stone is not None and stone.asked != carried.asked:
                text = "act {number}: names another list, or another ground, than the tombstone does"
                self._report.find("carried-act", aspect_of(subject), subject, text, number=carried.count + 1)
            elif self._is_whole and self._carried_over[former] != carried.count:
                self._report.find("carried-act", aspect_of(subject), subject, CARRIES_ALL)

        for late in self._holdings.late:
            on = self._holdings.grouped.get(late.form)
            if on and late.is_erased != (on in late.places):
                values = {"number": late.number, "place": "late_entry.matter"}
                self._report.find("carried-mark", aspect_of(late.subject), late.subject, ERASED_OTHERWISE, **values)

    def settle_names(self) -> None:
        """After ``settle``: what acts name of other subjects and of the log, and was never so."""
        if not self._report.counts["events"]:
            return
        for state, namers_of in self._holdings.named_states.items():
            for subjects, namers in namers_of.items():
                if not any(self._had_state(subject, state) for subject in subjects):
                    self._find_named_state(subjects, namers)
        for short, (subject, count) in self._holdings.named_checkpoints.items():
            self._settle_named_checkpoint(short, subject, count)

    def _had_state(self, subject: str, state: bytes) -> bool:
        lives = self._lives.get(base_of(subject), [subject])
        accounts = [account for each in lives if (account := self._holdings.accounts.get(each))]
        return (state, base_of(subject)) in self._proven_states or any(each.has_state(state) for each in accounts)

    def _find_named_state(self, subjects: Sequence[str], namers: Iterable[Namer]) -> None:
        """Acts name a state that was never: where their own events are published, the state's would be too."""
        for namer in namers:
            is_published = self._is_whole and namer.number < self._holdings.accounts[namer.subject].next_act
            text = "act {number} ({kind}): {subject} never had the state that it names"
            values = {"number": namer.number, "kind": namer.kind, "subject": subjects[0]}
            severity = ALTERED if is_published else CANNOT_ASSESS
            self._report.find("named-state", aspect_of(namer.subject), namer.subject, text, severity, **values)

    def _settle_named_checkpoint(self, short: str, subject: str, count: int) -> None:
        """A checkpoint that an act names was made before it: the log had that root, and has not become shorter."""
        size = size_of(short)
        root = self.root(size) if size else None
        found = short_checkpoint(size, root) if root else "-"
        if found != short:
            text = "checkpoint {expected} is named by {count} acts, the events give {found}"
            severity = ALTERED if root or size > self.stored or not size else CANNOT_ASSESS
            values = {"expected": short, "count": count, "found": found}
            self._report.find("named-checkpoint", LOG, subject, text, severity, **values)

    def _settle_unbound(self, subject: str, account: Account) -> None:
        """Acts without an event are not yet published, or were added: older than the log's last event they were."""
        severity = (
            ALTERED if is_before(account.archived_at, self.last_at.decode()) and self._is_whole else CANNOT_ASSESS
        )
        self._find_missing_event(subject, account.next_act, severity)
        if account.bound:
            version = max(account.bound.values())[0]
            text = "no event in the log binds version {version}: it was added, or is not yet published"
            self._report.find("object-added", FILES, subject, text, severity, version=version)

    def _settle_doubt(self, subject: str, act: str, person: str) -> None:
        """A signature's key is not its person's, unless the archive does not hold all that the log knows of them."""
        severity, text = ALTERED, "act {act}: the key was not {person}'s then"
        if self._is_incomplete(person):
            severity, text = CANNOT_ASSESS, "act {act}: the keys of {person} are not all in the archive"
        self._report.find("signature-key", SIGNATURES, subject, text, severity, act=act, person=person)

    def _is_incomplete(self, subject: str) -> bool:
        """Whether the archive does not hold all that the log knows of a subject, as far as the log can be read."""
        account = self._holdings.accounts.get(subject)
        return account.later > 0 if account else subject in self._holdings.damaged or subject in self.elsewhere

    def _find_missing_event(self, subject: str, number: int, severity: str) -> None:
        severity = severity if self._is_whole else CANNOT_ASSESS
        text = "act {number} has no event"
        self._report.find("event-missing", aspect_of(subject), subject, text, severity, number=number)


def is_before(moment: str, other: str, tolerance: timedelta = CLOCK_TOLERANCE) -> bool:
    """Whether a moment is certainly before another one, clocks of several machines allowed for, or so much more."""
    try:
        first, second = (datetime.strptime(each, "%Y-%m-%dT%H:%M:%S%z") for each in (moment, other))
    except ValueError:
        return False
    return first + tolerance < second


def tile_path(level: int, index: int, width: int) -> str:
    """Where a tile or bundle lies: ``tile/0/x001/x234/067``, ``tile/entries/000.p/17``. Source: C2SP tlog-tiles."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{'/'.join(parts)}{partial}"


def parse_tile_path(path: str) -> tuple[int, int, int] | None:
    """Level, index and width of a tile's path; none for what is none, another spelling of one included."""
    match = _TILE.fullmatch(path)
    if match is None:
        return None
    level = ENTRIES if match[1] == "entries" else int(match[1])
    index, width = int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH)
    return (level, index, width) if width <= WIDTH and tile_path(level, index, width) == path else None


def parse_bundle(data: bytes) -> list[bytes] | None:
    """The entries of a bundle; none where its lengths do not fit its bytes."""
    entries: list[bytes] = []
    place = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        if end > len(data):
            return None
        entries.append(data[place + 2 : end])
        place = end
    return entries


# ---- Beside objects and log, and the answer -------------------------------------------------------------------------


ENCLOSED = ("verifier.py", "README")
TOP_LEVEL = {"objects", "log", "incoming", "publisher.lock", "lost+found", *ENCLOSED}


class Policy(NamedTuple):
    """How many of which cosigners an anchor must have."""

    cosigners: tuple[Key, ...]
    required: int


def policy_of(texts: Sequence[str], required: int | None) -> Policy:
    """The policy of cosigners' keys, all of them required where no number is given; else ValueError."""
    keys = tuple(dict.fromkeys(parse_key(line) for text in texts for line in text.splitlines() if line.strip()))
    count = len(keys) if required is None else required
    if any(key.algorithm != COSIGNER_KEY for key in keys) or not (0 < count <= len(keys) or count == len(keys) == 0):
        raise ValueError("--cosigner, --require")
    return Policy(keys, count)


def verify(
    medium: Medium, keys: Sequence[str] = (), anchors: Sequence[str] = (), policy: Policy | None = None
) -> Report:
    """Verify an archive.

    Args:
        medium: where it lies.
        keys: verifier keys kept outside: the log's, and those of cosigners.
        anchors: checkpoints kept outside: signed notes, or what a form prints, ``1042·9F2C-77A1``.
        policy: how many of which cosigners an anchor must have.
    """
    report = Report()
    if is_bag(medium):
        check_bag(medium, report)
        medium = Payload(medium)
    holdings = check_objects(medium, report)
    log_key, cosigners = _keys_to_use(keys, holdings, report)
    notes, shorts = _parsed_anchors(anchors, report)
    named = map(size_of, holdings.named_checkpoints)
    log = Log(medium, holdings, report, [*(note.size for note in notes), *(size for size, _start in shorts), *named])
    log.check()
    chain = _key_chain(log_key, holdings, log.rotated_at, report)
    log.check_signature(chain)
    log.check_cosigned(chain)
    report.is_tail_asked = bool(anchors or (policy and policy.required))
    notes += _cosigned_by(log.cosigned.values(), policy)
    strangers = [note for note in notes if chain and _is_strange(note, chain)]
    notes = [note for note in notes if note not in strangers]
    notes, seen = _usable_anchors(notes, shorts, chain, report, policy or Policy((), 0))
    log.settle()
    log.settle_names()
    check_beside(medium, holdings, log, report)
    if log.note and chain:
        _check_cosignatures(log.note, cosigners, report)
        _check_chain([log.note, *notes], chain, report)
    _check_strangers(log, strangers, report)
    _check_tail(log, seen, report)
    unanchored = "no checkpoint from outside was given: what was cut off after the last one kept cannot be seen"
    anchored = "nothing was cut or changed up to event {index}"
    if report.anchored_bits < 256:
        anchored = (
            "nothing was cut or changed up to event {index}, as far as the {bits} bits of a short checkpoint reach"
        )
    values = {"index": str(report.anchored_size - 1), "bits": str(report.anchored_bits)}
    report.reasons[TAIL] = (anchored if report.anchored_size else unanchored), values
    beyond = (
        "not covered: the register's tables are not in an archive; archived persons, units and forms are as written"
    )
    report.reasons[REGISTER] = (beyond, {})
    if not report.is_key_given:
        unconfirmed = "as it was written, by the key {name} that the archive itself names, not confirmed from outside"
        report.reasons[LOG] = (unconfirmed, {"name": report.key})
    return report


def check_beside(medium: Medium, holdings: Holdings, log: Log, report: Report) -> None:
    """Check that beside objects and log lies what an event binds, and nothing else; in a pack it may be left out."""
    names = dict(medium.scan(""))
    is_pack = isinstance(medium, Pack | Payload)
    for name in sorted(names.keys() - TOP_LEVEL) if not is_pack else ():
        report.find("archive-extra", FILES, name, "no such file is written there")
    if (
        log.enclosed is None
        or not holdings.salt
        or (isinstance(medium, Pack | Payload) and not names.keys() & set(ENCLOSED))
    ):
        return
    data = bytearray()
    for name in ENCLOSED:
        try:
            found = read(medium, name, NOTE_BYTES)
        except OSError:
            found = b""
        data += len(found).to_bytes(4, "big") + found
    index, bound = log.enclosed
    if hashlib.sha256(holdings.salt + data).hexdigest().encode() != bound:
        text = "not the files that event {index} binds"
        report.find("enclosure", FILES, ", ".join(ENCLOSED), text, index=index)


def _keys_to_use(texts: Sequence[str], holdings: Holdings, report: Report) -> tuple[Key | None, list[Key]]:
    """The log's key, as given or else as the log itself names it, and the cosigners' keys."""
    given: list[Key] = []
    named = [line for text in texts for line in text.splitlines() if line.strip()]
    own = [holdings.log_key] if holdings.log_key and not named else []
    for line in named or own:
        try:
            given.append(parse_key(line))
        except ValueError as error:
            report.find("checkpoint-key", LOG, "log/checkpoint", "{found} is no key", CANNOT_ASSESS, found=error)
    log_key = next((key for key in given if key.algorithm == LOG_KEY), None)
    report.key = clean(log_key.name) if log_key else ""
    report.is_key_given = bool(named and log_key)
    return log_key, [key for key in given if key.algorithm == COSIGNER_KEY]


def _key_chain(given: Key | None, holdings: Holdings, rotated_at: Mapping[int, int], report: Report) -> KeyChain | None:
    """The log's keys as the root unit's acts name them, if the given one is among them; else that one alone."""
    turns: list[tuple[int, Key]] = []
    newest = holdings.log_key
    for number, rotation in holdings.rotations:
        if number not in rotated_at:
            break  # not yet in the log, or the missing event is said
        if rotation.old_key != newest or not rotation.is_sound:
            text = "act {number}: the new log key is not signed by both the old and the new one"
            report.find("log-key-rotation", LOG, ROOT_UNIT, text, number=number)
            break
        newest = rotation.new_key
        turns.append((rotated_at[number] + 1, parse_key(newest)))
    try:
        first = parse_key(holdings.log_key)
    except ValueError:
        return KeyChain(given) if given else None
    if given and given not in {first, *(key for _size, key in turns)}:
        return KeyChain(given)
    return KeyChain(first, tuple(turns)) if given else None


def _parsed_anchors(anchors: Sequence[str], report: Report) -> tuple[list[Note], list[tuple[int, str]]]:
    """The signed notes among the anchors, and of every short one its size and the beginning of its root."""
    notes: list[Note] = []
    shorts: list[tuple[int, str]] = []
    for anchor in anchors:
        if short := _SHORT.fullmatch(anchor):
            shorts.append((int(short[1]), short[2].replace("-", "").lower()))
            continue
        try:
            notes.append(parse_note(anchor.encode(errors="surrogatepass")))
        except ValueError as error:
            report.find("anchor-unusable", TAIL, "anchor", "cannot be read: {found}", CANNOT_ASSESS, found=error)
    return notes, shorts


def _is_strange(note: Note, chain: KeyChain) -> bool:
    """Whether a note does not even say to be signed by one of the log's keys."""
    own = {(key.name, key.identifier) for key in (chain.first, *(key for _size, key in chain.turns))}
    return not any((name, blob[:4]) in own for name, blob in note.signatures)


def _check_strangers(log: "Log", notes: Iterable[Note], report: Report) -> None:
    """Hold against the log what was kept outside and signed by another key: one of the two was made anew."""
    for note in notes:
        if not note.size:
            report.find("anchor-unusable", TAIL, "anchor", "an empty log anchors nothing", CANNOT_ASSESS)
        elif log.root(note.size) == note.root:
            text = "signed by none of this log's keys"
            report.find("anchor-unusable", TAIL, "anchor", text, CANNOT_ASSESS)
        else:
            text = "the anchor is of log {name}, signed by none of this log's keys: it is another log, or one made anew"
            report.find("tail-altered", TAIL, "event", text, name=note.text.partition("\n")[0])


def _usable_anchors(
    notes: Iterable[Note], shorts: Sequence[tuple[int, str]], chain: KeyChain | None, report: Report, policy: Policy
) -> tuple[list[Note], list[tuple[int, str]]]:
    """The notes that the log signed and the cosigners saw; of all usable anchors size and beginning of the root."""
    usable: list[Note] = []
    for note in notes:
        key = chain.key_for(note.size) if chain else None
        fault = signature_fault(note, key) if key else "there is no key to check the signature with"
        if fault or not note.size:
            text = fault or "an empty log anchors nothing"
            report.find("anchor-unusable", TAIL, "anchor", text, CANNOT_ASSESS, name=key.name if key else "")
        elif (count := sum(not signature_fault(note, each) for each in policy.cosigners)) < policy.required:
            _find_too_few(report, note.size, count, policy)
        else:
            usable.append(note)
    if policy.required:
        for size, _beginning in shorts:
            _find_too_few(report, size, 0, policy)
    seen = [(note.size, note.root.hex()) for note in usable]
    return usable, seen if policy.required else [*seen, *shorts]


def _cosigned_by(notes: Iterable[Note], policy: Policy | None) -> list[Note]:
    """The checkpoints in the archive that so many of the cosigners have seen: nobody here could make these."""
    if not policy or not policy.required:
        return []
    return [
        each for each in notes if sum(not signature_fault(each, key) for key in policy.cosigners) >= policy.required
    ]


def _find_too_few(report: Report, size: object, count: int, policy: Policy) -> None:
    text = "checkpoint of {size} entries: cosigned by {count} of {all} cosigners, {required} required"
    values = {"size": size, "count": count, "all": len(policy.cosigners), "required": policy.required}
    report.find("anchor-unusable", TAIL, "anchor", text, CANNOT_ASSESS, **values)


def _check_cosignatures(note: Note, cosigners: Iterable[Key], report: Report) -> None:
    """Check the cosignatures of the published checkpoint whose keys are known. Source: C2SP tlog-cosignature."""
    for key in cosigners:
        for name, blob in note.signatures:
            if name == key.name and blob[:4] == key.identifier:
                if fault := signature_fault(note, key):
                    report.find("cosignature", LOG, "log/checkpoint", fault, name=key.name)
                else:
                    report.cosigners.append(clean(key.name))
                break


def _check_chain(notes: Sequence[Note], chain: KeyChain, report: Report) -> None:
    """Check that a checkpoint which names one that we have too names that very one."""
    known: dict[int, set[str]] = {}
    for note in notes:
        known.setdefault(note.size, set()).add(chain_digest(note, chain.key_for(note.size)))
    for note in notes:
        if note.previous and note.previous[1] not in known.get(note.previous[0], {note.previous[1]}):
            text = "it does not name the checkpoint of {size} entries that is known"
            report.find("checkpoint-chain", LOG, f"checkpoint/{note.size}", text, size=note.previous[0])


def _check_tail(log: Log, seen: Iterable[tuple[int, str]], report: Report) -> None:
    """Check that what was seen outside is the beginning of this log, recomputed from its entries.

    Source: RFC 9162, 2.1.4
    """
    for size, beginning in seen:
        root = log.root(size)
        if size > log.stored:
            text = "the anchor saw {seen} events, found {found}: the tail was cut"
            report.find("tail-cut", TAIL, "event", text, seen=size, found=log.stored)
        elif root is None:
            text = "the first {seen} events cannot all be read"
            report.find("anchor-unusable", TAIL, "anchor", text, CANNOT_ASSESS, seen=size)
        elif not root.hex().startswith(beginning):
            text = "the first {seen} events are not those that the anchor saw"
            report.find("tail-altered", TAIL, "event", text, seen=size)
        elif (size, 4 * len(beginning)) > (report.anchored_size, report.anchored_bits * (report.anchored_size > 0)):
            report.anchored_size, report.anchored_bits = size, 4 * len(beginning)


# ---- Proof files ----------------------------------------------------------------------------------------------------

PROOF_BYTES = 64 * 1024 * 1024
_FORMATS = {"recordkeeper-inclusion-proof/1": {"entries"}, "recordkeeper-consistency-proof/1": {"from", "hashes"}}
_HEX = re.compile(r"[0-9a-f]{64}")


class Proof(NamedTuple):
    """A proof file: entries that stand in the log of a checkpoint, or that an earlier log is its beginning."""

    note: Note
    earlier: Note | None
    entries: tuple[tuple[int, bytes, tuple[bytes, ...]], ...]
    hashes: tuple[bytes, ...]
    keys: tuple[str, ...]
    rotations: tuple[Rotation, ...]


def parse_proof(data: bytes) -> Proof:
    """The proof in a file; ValueError, KeyError or TypeError where it is none. Source: C2SP tlog-proof."""
    content = parse_json(data)
    parts = _FORMATS.get(str(content.get("format"))) if isinstance(content, dict) else None
    if not parts or set(content) != {"format", "keys", "rotations", "size", "checkpoint", *parts}:
        raise ValueError("no proof file")
    note, earlier = parse_note(content["checkpoint"].encode()), None
    if "from" in content:
        earlier = parse_note(content["from"].encode())
    entries = tuple(map(_proven_entry, content.get("entries", ())))
    if bool(entries) == bool(earlier) or content["size"] != note.size:
        raise ValueError("no proof file")
    keys, hashes = tuple(map(str, content["keys"])), _hashes(content.get("hashes", []))
    rotations = tuple(Rotation(*(str(each[name]) for name in Rotation._fields)) for each in content["rotations"])
    if any(len(each) != len(Rotation._fields) for each in content["rotations"]):
        raise ValueError("no proof file")
    return Proof(note, earlier, entries, hashes, keys, rotations)


def _proven_entry(value: Content) -> tuple[int, bytes, tuple[bytes, ...]]:
    if set(value) != {"index", "leaf", "hashes"} or type(value["index"]) is not int or value["index"] < 0:
        raise ValueError("no entry")
    return value["index"], value["leaf"].encode(errors="surrogatepass"), _hashes(value["hashes"])


def _hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    if not isinstance(texts, list) or not all(_HEX.fullmatch(text) for text in texts):
        raise ValueError("no hash")
    return tuple(bytes.fromhex(text) for text in texts)


def _lines_vouched_for(proof: Proof, keys: Sequence[str]) -> list[str]:
    """The given keys, or else the proof's own, and every key that its sound rotations bind to one of them."""
    lines = [line.strip() for text in keys for line in text.splitlines() if line.strip()] or list(proof.keys)
    for line in lines:
        for rotation in proof.rotations:
            other = {rotation.old_key: rotation.new_key, rotation.new_key: rotation.old_key}.get(line)
            if other is not None and other not in lines and rotation.is_sound:
                lines.append(other)
    return lines


def _log_keys_of(lines: Iterable[str], report: Report) -> list[Key]:
    keys: list[Key] = []
    for line in lines:
        try:
            keys.append(parse_key(line))
        except ValueError as error:
            report.find("checkpoint-key", LOG, "checkpoint", "{found} is no key", CANNOT_ASSESS, found=error)
    return [key for key in keys if key.algorithm == LOG_KEY]


def check_proof(proof: Proof, keys: Sequence[str]) -> Report:
    """Check a proof file by keys kept outside, else by those it names itself. Source: RFC 9162, 2.1.3, 2.1.4."""
    report = Report(aspects=(LOG,))
    lines = _lines_vouched_for(proof, keys)
    log_keys = _log_keys_of(lines, report)
    report.is_key_given = bool(keys and log_keys)
    report.key, report.checkpoint = clean(log_keys[0].name) if log_keys else "", proof.note.short
    confirmed, unconfirmed = (
        "proven",
        "proven, by the key {name} that the file itself names, not confirmed from outside",
    )
    report.reasons[LOG] = (confirmed if report.is_key_given else unconfirmed, {"name": report.key})
    for note in (proof.note, *([proof.earlier] if proof.earlier else [])):
        faults = [signature_fault(note, key) for key in log_keys]
        if not faults:
            text = "there is no key to check the signature with"
            report.find("checkpoint-key", LOG, f"checkpoint/{note.size}", text, CANNOT_ASSESS)
        elif all(faults):
            name = log_keys[0].name
            report.find("checkpoint-signature", LOG, f"checkpoint/{note.size}", faults[0], name=name)
    for index, leaf, hashes in proof.entries:
        report.counts["events"] += 1
        if not is_included(index, proof.note.size, leaf_hash(leaf), hashes, proof.note.root):
            report.find("proof-inclusion", LOG, f"event {index}", "the hashes do not lead to the checkpoint's root")
    if proof.earlier:
        first, second = proof.earlier.size, proof.note.size
        if not is_consistent(first, second, (proof.earlier.root, proof.note.root), proof.hashes):
            text = "the log of {first} entries is not shown to be the beginning of the log of {second}"
            report.find("proof-consistency", LOG, f"checkpoint/{first}", text, first=first, second=second)
    if not report.kept and set(proof.keys) - set(lines):
        report.find("proof-key", LOG, "keys", "the file names a key that no rotation binds to the one given")
    return report


# ---- The command ----------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Verify what the command line names, print the answer; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    given = _parser().parse_args(arguments)
    language = given.lang or ("en" if locale.lower().startswith("en") else "zh")
    try:
        proof = _opened_proof(given.path) if given.path.endswith(".json") else None
        medium = None if proof else _opened(given.path)
        keys = [_text_of(given.key)] if given.key else []
        policy = policy_of([_text_of(each) for each in given.cosigner], given.require)
        anchors = [each if _SHORT.fullmatch(each) else _text_of(each) for each in given.against]
    except MissingArchiveError as error:
        return _fail(MISSING, "{path}: no archive: {found}", given, language, path=given.path, found=error)
    except OSError as error:
        status = MISSING if isinstance(error, FileNotFoundError) else WRONG_USAGE
        return _fail(status, "{path}: cannot be read: {found}", given, language, path=error.filename, found=why(error))
    except ValueError as error:
        return _fail(WRONG_USAGE, "{path}: cannot be used: {found}", given, language, path="--cosigner", found=error)
    try:
        if proof:
            report = check_proof(proof, keys)
        elif medium:
            with closing(medium):
                report = verify(medium, keys, anchors, policy)
    except Exception as error:  # noqa: BLE001 - the edge of the program: hostile input must end in one line
        found = f"{type(error).__name__}: {error}"
        return _fail(DEFECT, "{path}: a defect of this program: {found}", given, language, path=given.path, found=found)
    if given.json:
        _print(json.dumps(_json_of(report, language), ensure_ascii=False, indent=2))
    else:
        _show(report, language)
    return EXIT_STATUS[report.verdict]


class MissingArchiveError(Exception):
    """There is no archive at the path."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verifier.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", metavar="PATH", help="archive folder, pack (zip), or proof file (.json)")
    parser.add_argument("--key", metavar="FILE", help="the log's public key as kept outside; cosigners' keys below it")
    text = "a checkpoint kept outside, or as a form prints it; may be given several times"
    parser.add_argument("--against", metavar="FILE", action="append", default=[], help=text)
    text = "a cosigner's public key; an anchor must bear their cosignature; may be given several times"
    parser.add_argument("--cosigner", metavar="FILE", action="append", default=[], help=text)
    parser.add_argument("--require", metavar="N", type=int, help="so many of the cosigners are enough; else all")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--lang", choices=("en", "zh"), help="language; else LC_ALL or LANG, else zh")
    return parser


def _opened(path: str) -> Medium:
    """The archive at ``path``."""
    try:
        medium = Medium(Path(path)) if Path(path).is_dir() else Pack(Path(path))
        names = dict(medium.scan(""))
    except (OSError, ValueError) as error:
        raise MissingArchiveError(clean(error)) from None
    if not {"objects", "log"} & names.keys() and not is_bag(medium):
        medium.close()
        raise MissingArchiveError("objects/, log/")
    return medium


def _opened_proof(path: str) -> Proof:
    try:
        with Path(path).open("rb") as file:
            return parse_proof(file.read(PROOF_BYTES))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MissingArchiveError(clean(error)) from None


def _text_of(path: str) -> str:
    with Path(path).open("rb") as file:
        return file.read(NOTE_BYTES).decode(errors="replace")


def _fail(status: int, text: str, given: argparse.Namespace, language: str, **values: object) -> int:
    shown = {name: clean(value) for name, value in values.items()}
    if given.json:
        kind = {MISSING: "missing", WRONG_USAGE: "invalid-input"}.get(status, "defect")
        _print(json.dumps({"error": {"kind": kind, "subject": shown["path"], "expected": "", "found": shown["found"]}}))
    print(say(text, language, **shown), file=sys.stderr)  # noqa: T201 - what it has to say
    return status


def _json_of(report: Report, language: str) -> dict[str, object]:
    return {
        "verdict": report.verdict,
        "aspects": {
            aspect: {"answer": report.answer(aspect), "reason": report.reason(aspect, language)}
            for aspect in report.aspects
        },
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "subject": finding.subject,
                "message": finding.message(language),
                "aspect": finding.aspect,
            }
            for finding in report.kept
        ],
        "findings_in_all": sum(report.tally.values()),
        "counts": dict(report.counts),
        "checkpoint": report.checkpoint,
        "cosigned_by": report.cosigners,
        "key": {"name": report.key, "confirmed": report.is_key_given},
        "not_covered": report.not_covered,
        "is_selection": report.is_selection,
        "left_out": report.left_out,
        "gone": report.gone,
    }


KINDS = {
    "form": "form revisions",
    "hold": "holds",
    "party": "parties",
    "person": "people",
    "premises": "premises",
    "procedure": "procedures",
    "record": "records",
    "schedule": "schedules",
    "sheet": "sheets",
    "table": "reference tables",
    "unit": "units",
}
"""What is kept under numbers of its own, as a person calls many of it."""


def _show(report: Report, language: str) -> None:
    """Print the answer for a person."""
    for aspect in report.aspects:
        answer, name = say(report.answer(aspect), language), say(aspect, language)
        _print(f"{name}: {answer} - {report.reason(aspect, language)}")
    grave = (ALTERED, CANNOT_ASSESS, PENDING)
    ordered = sorted(report.kept, key=lambda finding: grave.index(finding.severity))
    for finding in ordered[:MOST_SHOWN]:
        severity = say(finding.severity, language)
        _print(f"  [{severity}] {finding.code} {finding.subject}: {finding.message(language)}")
    if (more := sum(report.tally.values()) - MOST_SHOWN) > 0:
        _print(say("  ... and {count} more; --json lists them", language, count=more))
    if report.is_selection:
        text = "A selection: {count} archived objects that the log knows were left out of this pack"
        _print(say(text, language, count=report.left_out))
    if report.gone:
        text = "Destroyed or transferred by lists that were left out of this selection: {count}"
        _print(say(text, language, count=report.gone))
    for kind, subjects in sorted(report.not_covered.items()):
        text = "In the log, not in the archive, so not covered: {kind} ({count}): {first}"
        first = ", ".join(subjects[:3]) + (" ..." if len(subjects) > 3 else "")
        _print(say(text, language, count=len(subjects), kind=say(KINDS.get(kind, kind), language), first=clean(first)))
    counted = ("objects", "archived", "subjects", "acts", "events", "signatures", "disposed")
    _print(", ".join(f"{say(name, language)} {report.counts[name]}" for name in counted))
    if report.checkpoint:
        cosigners = ", ".join(report.cosigners) or say("nobody whose key was given", language)
        text = "Checkpoint {short}, cosigned by: {cosigners}"
        _print(say(text, language, short=report.checkpoint, cosigners=cosigners))
    _print(say("Verdict: {verdict}", language, verdict=say(report.verdict, language)))


def _print(text: str) -> None:
    print(text)  # noqa: T201 - what it is asked for


# Every text that a person reads, by its English; a value that is itself such a text is looked up too.
CHINESE = {
    "A selection: {count} archived objects that the log knows were left out of this pack": (
        "选取件：日志所知的 {count} 个已归档对象未收入此包"
    ),
    "the bag names no such file": "包的清单中没有此文件",
    "disposed": "已处置",
    CARRIES_ALL: "应先转录此前的每一项操作，再载明所删除的内容",
    ERASED_OTHERWISE: ("操作 {number}：{place} 处的删除与清册所列不符"),
    "something beside the values": "各项值之外的内容",
    "act {number}: {person} never had the name that it prints": "操作 {number}：{person} 从未用过其所载的姓名",
    "act {number}: its day, {on}, is not that of its moment, {at}": ("操作 {number}：其日期 {on} 与其时间 {at} 不符"),
    "it was destroyed while {hold} kept it": "销毁时 {hold} 仍在保全它",
    "two records go on from {former}": "有两份记录称自己接续 {former}",
    "act {number}: not what event {index} tells of the act that it carries over": (
        "操作 {number}：与事件 {index} 所载、它所转录的操作不符"
    ),
    NO_SUCH_FORMER: ("操作 0 所指的注销登记不存在，或不属于它所接续的主体"),
    "its object has left the archive, its acts are still to go": "其对象已移出档案库，操作尚待清除",
    "the object of what was destroyed is still in the archive": "已销毁记录的对象仍在档案库中",
    "destroyed or transferred; the list that says so is not yet in the archive": (
        "已销毁或移交；载明此事的清册尚未进入档案库"
    ),
    "Destroyed or transferred by lists that were left out of this selection: {count}": (
        "已由未选入此包的清册销毁或移交的记录：{count}"
    ),
    "the tombstone's {what}: expected {expected}, found {found}": "注销登记的 {what}：应为 {expected}，实为 {found}",
    "act {number}: names another list, or another ground, than the tombstone does": (
        "操作 {number}：所载的清册或依据与注销登记不同"
    ),
    "no event binds this tombstone": "没有事件绑定此注销登记",
    "the tombstone names another last state than the events": "注销登记所载的末状态与事件不符",
    "values of it were erased, and what it goes on as is not there": "其内容已被删除，而删除后的存续记录不存在",
    "event {index} says anew that it was destroyed": "事件 {index} 再次称其已销毁",
    STAYED: "清册 {list} 载明它未被处置，或未载有此注销登记",
    "the list {list} never had the state that it names": "清册 {list} 从未有过所载的状态",
    "nothing says that its disposal was begun": "没有记载其处置已开始",
    "the list {list} does not name it": "清册 {list} 未列入它",
    NOT_HANDED_OVER: "清册 {list} 未经另一人批准，或其移交包未由第三人签收",
    "the list {list} was not approved by one other person and watched by two more": (
        "清册 {list} 未经另一人批准并由另外两人监销"
    ),
    "proven": "已证明",
    "not the note that an event binds": "不是事件所绑定的检查点",
    "signed by none of this log's keys": "未由本日志的任何一把密钥签名",
    "the anchor is of log {name}, signed by none of this log's keys: it is another log, or one made anew": (
        "给出的检查点属于日志 {name}，未由本日志的任何一把密钥签名：这是另一份日志，或者日志已被重做"
    ),
    "nothing was cut or changed up to event {index}, as far as the {bits} bits of a short checkpoint reach": (
        "直到事件 {index}，没有截去或改动（以短检查点的 {bits} 位所及为限）"
    ),
    "proven, by the key {name} that the file itself names, not confirmed from outside": (
        "已证明，所用公钥 {name} 由该文件自己给出，未经外部确认"
    ),
    "the hashes do not lead to the checkpoint's root": "这些哈希得不出检查点的根",
    "the file names a key that no rotation binds to the one given": "文件给出的一把公钥与所给公钥之间没有换钥记录相连",
    "the log of {first} entries is not shown to be the beginning of the log of {second}": (
        "未能证明 {first} 条的日志是 {second} 条的日志的开头"
    ),
    "checkpoint of {size} entries: cosigned by {count} of {all} cosigners, {required} required": (
        "{size} 条的检查点：{all} 名会签者中有 {count} 名会签，需要 {required} 名"
    ),
    "{path}: cannot be used: {found}": "{path}：不能使用：{found}",
    "act {number}: the new log key is not signed by both the old and the new one": (
        "操作 {number}：新的日志密钥未由新旧两把密钥共同签名"
    ),
    "records": "记录",
    "register": "数据库",
    "files": "文件",
    "log": "日志",
    "signatures": "签名",
    "tail": "日志尾部",
    "ok": "完好",
    "altered": "被改动",
    "cannot assess": "无法判断",
    "pending": "待处理",
    "objects": "对象",
    "archived": "归档版本",
    "subjects": "主体",
    "acts": "操作",
    "events": "事件",
    "Verdict: {verdict}": "结论：{verdict}",
    "Checkpoint {short}, cosigned by: {cosigners}": "检查点 {short}，会签方：{cosigners}",
    "nobody whose key was given": "所给密钥中无人会签",
    "  ... and {count} more; --json lists them": "  …… 另有 {count} 项，--json 可列出",
    "In the log, not in the archive, so not covered: {kind} ({count}): {first}": (
        "日志中有而档案中没有，故不在查验之内：{kind}（{count}）：{first}"
    ),
    "form revisions": "表单版本",
    "holds": "冻结",
    "parties": "顾客",
    "people": "人员",
    "premises": "房产",
    "procedures": "程序",
    "reference tables": "参照表",
    "schedules": "保管期限表",
    "sheets": "表页",
    "units": "部门",
    "as it was written": "与写入时一致",
    "as it was written, by the key {name} that the archive itself names, not confirmed from outside": (
        "与写入时一致；密钥 {name} 由档案自身给出，未经外部确认"
    ),
    "not covered: the register's tables are not in an archive; archived persons, units and forms are as written": (
        "不在查验之内：档案中没有数据库各表；已归档的人员、部门、表单与写入时一致"
    ),
    "no checkpoint from outside was given: what was cut off after the last one kept cannot be seen": (
        "没有给出外部保存的检查点：其后被截去的内容无从发现"
    ),
    "nothing was cut or changed up to event {index}": "截至事件 {index}，没有截断或改动",
    "{count} findings, first {subject}: {message}": "发现 {count} 项，第一项 {subject}：{message}",
    "1 finding: {subject}: {message}": "发现 1 项：{subject}：{message}",
    "{path}: no archive: {found}": "{path}：不是档案：{found}",
    "{path}: cannot be read: {found}": "{path}：无法读取：{found}",
    "{path}: a defect of this program: {found}": "{path}：本程序的缺陷：{found}",
    "cannot be read": "无法读取",
    "cannot be read: {found}": "无法读取：{found}",
    "{file} cannot be read": "{file} 无法读取",
    "a symbolic link": "符号链接",
    "neither file nor folder": "既不是文件也不是文件夹",
    "not a folder": "不是文件夹",
    "not a regular file": "不是普通文件",
    "an empty folder": "空文件夹",
    "the file is missing": "文件缺失",
    "no such file is written there": "此处不应有这样的文件",
    "no such folder is made there": "此处不应有这样的文件夹",
    "the storage root is not there": "没有存储根",
    "not the bytes that are written there": "与应写入的字节不同",
    "expected digest {expected}, found {found}": "摘要应为 {expected}，实为 {found}",
    "{key}: expected {expected}, found {found}": "{key}：应为 {expected}，实为 {found}",
    "head: expected {expected}, found {found}": "head：应为 {expected}，实为 {found}",
    "a text": "文本",
    "not JSON: {found}": "不是 JSON：{found}",
    "nested too deep": "嵌套过深",
    "a key stands twice or is not ASCII": "键重复或不是 ASCII",
    "the inventory has digest {found}, its digest file says otherwise": "清单的摘要为 {found}，与其摘要文件不符",
    "the inventory knows no such file": "清单中没有这个文件",
    "another identifier than the object's": "标识与对象不同",
    "differs from the object's inventory": "与对象的清单不同",
    "{version}: otherwise in the object's inventory": "{version}：与对象清单中所载不同",
    "{identifier} does not belong here": "{identifier} 不应在此处",
    "no manifest, or no versions": "没有 manifest 或 versions",
    "no version uses digest {digest}": "没有版本使用摘要 {digest}",
    "{found} is no digest": "{found} 不是摘要",
    "digest {digest}: expected paths": "摘要 {digest}：应为路径",
    "path {path} stands twice": "路径 {path} 重复",
    "path {path} has an empty, . or .. part": "路径 {path} 含空、. 或 .. 部分",
    "content path {path} is in no version": "内容路径 {path} 不属于任何版本",
    "{version}: no state, or one of digests that the manifest lacks": "{version}：没有 state，或其摘要不在 manifest 中",
    "{version}: no moment with zone": "{version}：没有带时区的时间",
    "{version}: the message is no text": "{version}：说明不是文本",
    "{version}: the user has no name": "{version}：用户没有姓名",
    "its acts cannot be read": "其操作无法读取",
    "its acts are archived twice": "其操作被归档两次",
    "version {version}: {file} does not hold the acts: {found}": "版本 {version}：{file} 所载不是其操作：{found}",
    "version {version}: {file}, which an act binds, is not there": "版本 {version}：操作所绑定的 {file} 不在其中",
    "not canonical": "不是规范形式",
    "other keys than expected": "键与应有的不同",
    "no subject with acts": "没有主体及其操作",
    "act 0 is no head": "操作 0 不是首项",
    "a row stands twice": "行重复",
    "the last act does not archive this version": "最后一项操作并非归档此版本",
    "the rows are not those that the act lists": "各行与操作所列不符",
    "{row} stands on it, and was entered with {form} on {sheet}": "{row} 列在其上，填写时却以 {form} 登记在 {sheet} 上",
    "act {number} ({kind}): {subject} never had the state that it names": (
        "操作 {number}（{kind}）：{subject} 从未有过它所指的状态"
    ),
    "checkpoint {expected} is named by {count} acts, the events give {found}": (
        "{count} 项操作指明检查点 {expected}，事件给出 {found}"
    ),
    "act {act}: no signature": "操作 {act}：没有签名",
    "act {act}: the signature does not fit the act": "操作 {act}：签名与操作不符",
    "act {act}: the scan of the paper signature is not bound to the record": "操作 {act}：纸面签名的扫描件未绑定",
    "act {act}: the key was not {person}'s then": "操作 {act}：该密钥当时不属于 {person}",
    "act {act}: the keys of {person} are not all in the archive": "操作 {act}：{person} 的密钥未全部归档",
    "act {number} has no event": "操作 {number} 没有事件",
    "a second event of act {number}": "操作 {number} 有第二条事件",
    "act {number}: event {index} says {expected}, found {found}": (
        "操作 {number}：事件 {index} 所载为 {expected}，实为 {found}"
    ),
    "act {number}: event {index} says another kind, person or moment": (
        "操作 {number}：事件 {index} 所载的种类、人员或时间不同"
    ),
    "inventory of version {version} is not the one that event {index} binds": (
        "版本 {version} 的清单不是事件 {index} 所绑定的清单"
    ),
    "event {index} archives a version that is not there": "事件 {index} 所归档的版本不存在",
    "the object is not in the archive": "档案中没有该对象",
    "no event in the log binds version {version}: it was added, or is not yet published": (
        "日志中没有事件绑定版本 {version}：它是添加的，或尚未发布"
    ),
    "{count} later acts are in the log, not yet in the archive": "日志中另有 {count} 项较晚的操作，尚未归档",
    "there are no events to hold the acts against": "没有可供核对操作的事件",
    "not an event that the program writes": "不是程序所写的事件",
    "not the files that event {index} binds": "不是事件 {index} 所绑定的文件",
    "not the root of the entries": "不是各条目的根",
    "there is no checkpoint": "没有检查点",
    "no signed note": "不是签名文本",
    "no signature line": "不是签名行",
    "no size and root": "没有大小和根",
    "there is no key to check the signature with": "没有可用来核对签名的密钥",
    "{found} is no key": "{found} 不是密钥",
    "expected a signature of {name}, found none": "应有 {name} 的签名，实无",
    "expected a signature of {name}, found one that does not fit the text": "应有 {name} 的签名，所见签名与文本不符",
    "it follows one of {size} entries": "其前一检查点有 {size} 条",
    "it does not name the checkpoint of {size} entries that is known": "它所指的不是已知的 {size} 条的检查点",
    "root of {size} entries: expected {expected}, found {found}": "{size} 条的根：应为 {expected}，实为 {found}",
    "its root cannot be recomputed": "无法重算其根",
    "{count} entries after the checkpoint": "检查点之后有 {count} 条",
    "the entries are missing": "条目缺失",
    "not {count} entries": "不是 {count} 条",
    "not the entries of the stored hashes: {named}": "条目与所存哈希不符：{named}",
    "differs from the longer state of the same entries": "与同一些条目较长的状态不同",
    "entries far beyond the others": "远在其他条目之后的条目",
    "the hashes are missing": "哈希缺失",
    "hashes of no entries": "没有对应条目的哈希",
    "not the hashes of the entries below: {named}": "不是其下条目的哈希：{named}",
    "an empty log anchors nothing": "空日志不能作为锚",
    "the anchor saw {seen} events, found {found}: the tail was cut": "锚见过 {seen} 条事件，实有 {found} 条：末尾被截",
    "the first {seen} events cannot all be read": "前 {seen} 条事件无法全部读取",
    "the first {seen} events are not those that the anchor saw": "前 {seen} 条事件不是锚所见的那些",
}

if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = INTERRUPTED
    sys.exit(status)
