"""Files that are kept: which open, which last, which run something."""

import io
import struct
import zipfile
import zlib

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from recordkeeper.documents.stored_file import State, StoredFile, look_into
from word_samples import docx_of, with_member

OK, FAILED, UNKNOWN = State.OK, State.FAILED, State.UNKNOWN


def pdf(*, script: bool = False, locked: bool = False) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if locked:
        writer.encrypt("secret")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def png(*, is_whole: bool = True) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    end = chunk(b"IEND", b"") if is_whole else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + end


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        for name, data in members.items():
            package.writestr(name, data)
    return file.getvalue()


SAMPLES = {
    "a.pdf": (pdf(), OK, OK),
    "torn.pdf": (pdf()[:60], FAILED, UNKNOWN),
    "locked.pdf": (pdf(locked=True), FAILED, UNKNOWN),
    "script.pdf": (pdf(script=True), OK, FAILED),
    "a.docx": (docx_of("x"), OK, OK),
    "torn.docx": (docx_of("x")[:-40], FAILED, UNKNOWN),
    "macro.docx": (with_member(docx_of("x"), "word/vbaProject.bin", b"x"), UNKNOWN, FAILED),
    "a.png": (png(), OK, OK),
    "torn.png": (png(is_whole=False), FAILED, OK),
    "torn.jpg": (b"\xff\xd8\xff\xe0 begun", FAILED, OK),
    "a.txt": ("值班".encode(), OK, OK),
    "chinese.txt": ("值班".encode("gb18030"), OK, OK),
    "torn.txt": (b"\xff\xfe\xff\xff\x80", FAILED, OK),
    "torn.json": (b'{"a": ', FAILED, OK),
    "page.html": (b"<html><script>x</script></html>", OK, FAILED),
    "tool.exe": (b"MZ\x90\x00", UNKNOWN, FAILED),
    "run.txt": (b"#!/bin/sh\n", UNKNOWN, FAILED),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), UNKNOWN, FAILED),
    "plain.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UNKNOWN, UNKNOWN),
    "other.zip": (zipped(a=b"b"), UNKNOWN, UNKNOWN),
    "a.xyz": (b"whatever", UNKNOWN, UNKNOWN),
}


def test_each_format_is_told_by_what_is_in_it() -> None:
    found = look_into([StoredFile(name, data) for name, (data, _opens, _inert) in SAMPLES.items()])
    told = {name: (looked.opens, looked.is_inert) for name, looked in zip(SAMPLES, found, strict=True)}
    assert told == {name: (opens, inert) for name, (_data, opens, inert) in SAMPLES.items()}
    for looked in found:
        assert ("opens" in looked.reasons) == (looked.opens is not OK)
        assert ("is_inert" in looked.reasons) == (looked.is_inert is not OK)


def test_a_pdf_without_its_declaration_is_not_archival() -> None:
    looked = look_into([StoredFile("a.pdf", pdf(), is_archival=True)])[0]
    assert (looked.opens, looked.lasts, "PDF/A" in looked.reasons["lasts"]) == (OK, FAILED, True)


def test_one_that_the_process_does_not_come_back_from_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", bytes(2_000_000))
    monkeypatch.setattr("recordkeeper.documents.stored_file.WALL_SECONDS", 0.001)
    found = look_into([StoredFile("bomb.docx", bomb.getvalue()), StoredFile("a.png", png())])
    assert {looked.opens for looked in found} == {FAILED}
