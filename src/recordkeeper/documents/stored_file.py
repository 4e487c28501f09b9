"""Whether files that are kept can be opened and carry nothing that runs: looked into in a process under limits.

PDF and Office files are parsed, pictures and texts looked through; of any other format it is said that it was not. What
a hostile file does to a parser ends in that process. A scanner of viruses this is not.

Source: DA/T 70-2018, 6 (usability, safety); ISO 19005-3; I-3
"""

import io
import json
import re
import resource
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from recordkeeper.documents.ooxml import DocumentRefusedError, read_package, read_spreadsheet_package
from recordkeeper.documents.printout import ATTACHED_NAME
from recordkeeper.language import current_language, use_language
from recordkeeper.language import translate as _

MEMORY_MEGABYTES, PROCESSOR_SECONDS, WALL_SECONDS = 768, 60, 120
BATCH_BYTES, BATCH_FILES = 32_000_000, 200
_SERVE = "from recordkeeper.documents.stored_file import serve; serve()"
_LENGTH_BYTES = 8
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_BEGIN, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_TEXTS = (".txt", ".csv", ".md", ".json", ".xml", ".html", ".htm", ".eml")
_MARKUP = (".html", ".htm", ".xml", ".svg")
_SCRIPT = re.compile(rb"<script|javascript:|\son[a-z]+\s*=", re.IGNORECASE)
_MOST_NAMED = 3
_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute", "/Rendition"}
_RUNNING_KEYS = ("/JS", "/AA", "/XFA", "/RichMedia")


class State(StrEnum):
    """What is found of one property of a file."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is kept.

    Args:
        name: by which it is known; its ending tells a format that its content does not.
        data: its bytes.
        is_archival: whether it is to be PDF/A with every font in it.
    """

    name: str
    data: bytes
    is_archival: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What is found of a file.

    Args:
        opens: whether it can be opened, and why not.
        lasts: whether it is PDF/A with every font in it; unknown of any other file.
        is_inert: whether nothing in it runs.
        reasons: of each of the three that is not ok, in the language in use.
    """

    opens: State
    lasts: State
    is_inert: State
    reasons: Mapping[str, str]


def look_into(files: Sequence[StoredFile]) -> list[Looked]:
    """Look into each file; one that the process does not come back from cannot be opened.

    Args:
        files: so many as memory allows; they are looked into in batches.
    """
    found: list[Looked] = []
    for batch in _batches(files):
        answer = _ask(batch)
        if answer is None and len(batch) > 1:
            for each in batch:
                found += _ask([each]) or [_lost()]
        else:
            found += answer or [_lost()]
    return found


def _batches(files: Sequence[StoredFile]) -> Iterator[list[StoredFile]]:
    batch: list[StoredFile] = []
    size = 0
    for each in files:
        if batch and (size + len(each.data) > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each.data)
    if batch:
        yield batch


def _lost() -> Looked:
    reason = _("opening it takes more than {memory} MB of memory or {seconds} seconds").format(
        memory=MEMORY_MEGABYTES, seconds=PROCESSOR_SECONDS
    )
    return Looked(State.FAILED, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})


def _ask(files: Sequence[StoredFile]) -> list[Looked] | None:
    """What the process answers; None where it does not come back."""
    head = json.dumps([current_language(), [[each.name, len(each.data), each.is_archival] for each in files]]).encode()
    question = b"".join([len(head).to_bytes(_LENGTH_BYTES, "big"), head, *(each.data for each in files)])
    process = subprocess.Popen(  # noqa: S603  # this interpreter and our own words
        [sys.executable, "-P", "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        output, _errors = process.communicate(question, timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode:
        return None
    return [
        Looked(State(each["opens"]), State(each["lasts"]), State(each["is_inert"]), each["reasons"])
        for each in json.loads(output)
    ]


# ---- within the process -----------------------------------------------------------------------------------------


def serve() -> None:
    """Look into the files that come on standard input; whatever goes wrong ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MEGABYTES << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    source = sys.stdin.buffer
    language, names = json.loads(source.read(int.from_bytes(source.read(_LENGTH_BYTES), "big")))
    use_language(language)
    answers = [asdict(_looked(StoredFile(name, source.read(size), is_archival))) for name, size, is_archival in names]
    sys.stdout.write(json.dumps(answers))


_Reasons: TypeAlias = dict[str, str]


def _looked(file: StoredFile) -> Looked:
    data, name = file.data, file.name.lower()
    if data.startswith(_PROGRAMS):
        reason = _("a program")
        return Looked(State.UNKNOWN, State.UNKNOWN, State.FAILED, {"is_inert": reason, "opens": reason})
    if b"%PDF-" in data[:1024]:
        return _looked_pdf(data, is_archival=file.is_archival)
    if data.startswith(b"PK"):
        return _looked_package(file)
    if data.startswith(_OLE):
        return _looked_ole(data)
    if data.startswith(_PNG):
        return _plain(is_open=_is_whole_png(data))
    if data.startswith(_JPEG_BEGIN):
        return _plain(is_open=_JPEG_END in data[-1024:])
    if name.endswith(_TEXTS):
        return _looked_text(name, data)
    reason = _("a format that is not looked into")
    return Looked(State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})


def _plain(*, is_open: bool) -> Looked:
    reasons = {} if is_open else {"opens": _("it is cut off or damaged")}
    return Looked(State.OK if is_open else State.FAILED, State.UNKNOWN, State.OK, reasons)


def _is_whole_png(data: bytes) -> bool:
    """Whether every chunk of a PNG is whole, up to its end. Source: PNG, 5."""
    place = len(_PNG)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        chunk = data[place + 4 : place + 8 + length]
        if zlib.crc32(chunk).to_bytes(4, "big") != data[place + 8 + length : place + 12 + length]:
            return False
        if chunk[:4] == b"IEND":
            return True
        place += 12 + length
    return False


def _looked_text(name: str, data: bytes) -> Looked:
    reasons: _Reasons = {}
    try:
        text = data.decode("utf-8-sig")
        if name.endswith(".json"):
            json.loads(text)
    except UnicodeDecodeError:
        try:
            data.decode("gb18030")
        except UnicodeDecodeError:
            reasons["opens"] = _("neither UTF-8 nor GB 18030")
    except ValueError as error:
        reasons["opens"] = _("not JSON: {found}").format(found=error)
    if name.endswith(_MARKUP) and _SCRIPT.search(data):
        reasons["is_inert"] = _("it holds a script")
    return Looked(
        State.FAILED if "opens" in reasons else State.OK,
        State.UNKNOWN,
        State.FAILED if "is_inert" in reasons else State.OK,
        reasons,
    )


def _looked_ole(data: bytes) -> Looked:
    """An Office file of the time before Open XML: not opened here; macros are known by the name of their storage."""
    reasons = {"opens": _("a format that is not looked into")}
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        return Looked(State.UNKNOWN, State.UNKNOWN, State.FAILED, {**reasons, "is_inert": _("it holds macros")})
    return Looked(State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, {**reasons, "is_inert": reasons["opens"]})


def _looked_package(file: StoredFile) -> Looked:
    try:
        if b"xl/workbook.xml" in file.data:
            read_spreadsheet_package(file.data, file.name)
        elif b"word/document.xml" in file.data:
            read_package(file.data, file.name)
        else:
            reason = _("a format that is not looked into")
            return Looked(State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})
    except DocumentRefusedError as error:
        active = {
            _("no macros or other active content"),
            _("no targets outside the file but hyperlinks"),
            _("no field that loads or runs anything"),
        }
        if error.expected in active:
            reason = _("expected {expected}, found {found}").format(expected=error.expected, found=error.found)
            return Looked(State.UNKNOWN, State.UNKNOWN, State.FAILED, {"is_inert": reason, "opens": reason})
        reason = _("expected {expected}, found {found}").format(expected=error.expected, found=error.found)
        return Looked(State.FAILED, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})
    return Looked(State.OK, State.UNKNOWN, State.OK, {})


def _looked_pdf(data: bytes, *, is_archival: bool) -> Looked:
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            reason = _("it is encrypted")
            return Looked(State.FAILED, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})
        for page in reader.pages:
            page.extract_text()
        is_empty = not reader.pages
        running = list(dict.fromkeys(_running(reader)))
        lacking = _lacking(reader) if is_archival else []
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the parser meets, the file cannot be read with it
        reason = _("it cannot be read: {found}").format(found=type(error).__name__)
        return Looked(State.FAILED, State.UNKNOWN, State.UNKNOWN, {"opens": reason, "is_inert": reason})
    reasons: _Reasons = {}
    if is_empty:
        reasons["opens"] = _("it has no page")
    if running:
        reasons["is_inert"] = _("it holds {what}").format(what=", ".join(running[:_MOST_NAMED]))
    if lacking:
        reasons["lasts"] = "; ".join(lacking[:_MOST_NAMED])
    return Looked(
        State.FAILED if is_empty else State.OK,
        (State.FAILED if lacking else State.OK) if is_archival else State.UNKNOWN,
        State.FAILED if running else State.OK,
        reasons,
    )


def _objects(reader: Any) -> Iterator[Any]:
    from pypdf.generic import IndirectObject

    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(numbers):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _running(reader: Any) -> Iterator[str]:
    """What in a PDF runs, loads or hides something. Source: ISO 19005-3, 6.5, 6.6, 6.8."""
    waiting = list(_objects(reader))
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [each for each in value if isinstance(each, dict | list)]
        if not isinstance(value, dict):
            continue
        yield from (key for key in _RUNNING_KEYS if key in value)
        if str(value.get("/S")) in _ACTIONS:
            yield str(value["/S"])
        waiting += [each for each in value.values() if isinstance(each, dict | list)]
    for name in reader.attachments:
        if name != ATTACHED_NAME:
            yield name


def _lacking(reader: Any) -> list[str]:
    """What a PDF lacks to be read in the same way for ever. Source: ISO 19005-3, 6.2.11, 6.6.4."""
    lacking: list[str] = []
    metadata = reader.trailer["/Root"].get("/Metadata")
    if metadata is None or b"pdfaid" not in metadata.get_object().get_data():
        lacking.append(_("it does not say that it is PDF/A"))
    for value in _objects(reader):
        is_font = isinstance(value, dict) and value.get("/Type") == "/FontDescriptor"
        if is_font and not any(f"/FontFile{end}" in value for end in ("", "2", "3")):
            lacking.append(_("font {name} is not in it").format(name=str(value.get("/FontName", ""))[1:]))
    return lacking
