"""The Chinese catalogue: read every text out of the sources, bring the catalogue up to date, compile it.

``update`` writes the .po (new texts empty, lost ones dropped) and the .mo; ``check`` changes nothing and
exits 1 where a text is missing, untranslated, fuzzy or loses a placeholder, or a file is not what ``update``
would write. click's own messages stand in the same catalogue, for they are read in the same program.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "recordkeeper"
CATALOGUE = SOURCES / "locale" / "zh" / "LC_MESSAGES" / "recordkeeper.po"
COMPILED = CATALOGUE.with_suffix(".mo")
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "_n": None, "translate": None, "ngettext": (1, 2)}
HEADER = "# Chinese messages of Recordkeeper, and of click as used by it. Written by tools/translations.py."
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"\{[a-z0-9_]*(?:![rs])?(?::[^{}]*)?\}|%\([a-z]+\)s")


def extracted() -> Catalog:
    """A catalogue of all texts in our sources and in click's, without translations."""
    catalogue = _empty()
    for prefix, folder in (("", SOURCES), ("click/", Path(click.__file__).parent)):
        found = extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS)
        for name, _line, message, _comments, _context in sorted(found, key=lambda text: (text[0], text[1])):
            # Line numbers would change the file with every unrelated edit.
            catalogue.add(message, locations=[(prefix + name.replace("\\", "/"), 0)])
    catalogue.add("required", locations=[("click/core.py", 0)])  # named there in a variable
    return catalogue


def updated() -> Catalog:
    """The catalogue as it should stand: every text there is, with the translation that stands now."""
    standing = _standing()
    catalogue = _empty()
    for message in extracted():
        if message.id:
            known = standing.get(message.id)
            string = known.string if known else None
            catalogue.add(message.id, string, locations=sorted(set(message.locations)))
    return catalogue


def po_text(catalogue: Catalog) -> bytes:
    """The bytes of the .po of ``catalogue``, sorted by text."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, omit_header=True, include_lineno=False)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    header += '"Language: zh\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    return f"{HEADER}\n{header}\n".encode() + buffer.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The bytes of the .mo of ``catalogue``; the same texts give the same bytes."""
    # Without a date of its own the header would name the minute of compiling.
    plain = Catalog(locale="zh", charset="UTF-8", fuzzy=False, project="recordkeeper", creation_date=_NO_DATE)
    plain.mime_headers = [
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Language", "zh"),
        ("Plural-Forms", "nplurals=1; plural=0;"),
    ]
    for message in catalogue:
        if message.id and not message.fuzzy:
            plain.add(message.id, message.string)
    buffer = BytesIO()
    write_mo(buffer, plain)
    return buffer.getvalue()


def problems() -> Iterator[str]:
    """Everything that is wrong with the committed catalogue, one line each."""
    standing = _standing()
    for message in standing:
        if message.id and message.fuzzy:
            yield f"fuzzy: {_text(message)!r}"
    catalogue = updated()
    for message in catalogue:
        if not message.id:
            continue
        if message.id not in standing:
            yield f"missing: {_text(message)!r} ({_places(message)})"
        elif not _strings(message):
            yield f"untranslated: {_text(message)!r} ({_places(message)})"
        else:
            yield from _lost_placeholders(message)
    for file, content in ((CATALOGUE, po_text(catalogue)), (COMPILED, mo_bytes(catalogue))):
        if not file.exists() or file.read_bytes() != content:
            yield f"not up to date: {file.relative_to(ROOT)}"


def update() -> None:
    """Write the .po and the .mo as they should stand."""
    catalogue = updated()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(po_text(catalogue))
    COMPILED.write_bytes(mo_bytes(catalogue))


def _standing() -> Catalog:
    if not CATALOGUE.exists():
        return _empty()
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh", charset="utf-8", abort_invalid=True)


def _empty() -> Catalog:
    return Catalog(locale="zh", charset="utf-8", fuzzy=False)


def _lost_placeholders(message: Message) -> Iterator[str]:
    expected = set(_PLACEHOLDER.findall(_text(message)))
    for string in _strings(message):
        if set(_PLACEHOLDER.findall(string)) != expected:
            yield f"other placeholders: {_text(message)!r}: {string!r}"


def _text(message: Message) -> str:
    """The source text; the plural where there are two, for Chinese has that form alone."""
    return message.id if isinstance(message.id, str) else message.id[-1]


def _strings(message: Message) -> list[str]:
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return strings if all(strings) else []


def _places(message: Message) -> str:
    return ", ".join(name for name, _line in message.locations)


def main(arguments: list[str]) -> int:
    """Run ``update`` or ``check``."""
    if arguments == ["update"]:
        update()
        return 0
    if arguments != ["check"]:
        print("usage: translations.py update | check", file=sys.stderr)
        return 2
    found = list(problems())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
