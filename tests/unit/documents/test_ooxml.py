import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.documents.ooxml import DocumentRefusedError, parse_part, read_package, write_package
from word_samples import docx_of, member, with_member

CONTENT_TYPES = "[Content_Types].xml"
RELATIONS = "word/_rels/document.xml.rels"


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _refusal(data: bytes) -> str:
    with pytest.raises(DocumentRefusedError) as caught:
        read_package(data, "a.docx")
    return str(caught.value)


def test_a_package_reads_back_as_it_was_written_and_equal_members_give_equal_bytes() -> None:
    members = {"[Content_Types].xml": b"<a/>", "word/表.xml": b"", "word/media/x.png": bytes(range(256)) * 40}
    written = write_package(members)
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert archive.testzip() is None
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == members
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert write_package(dict(members)) == written


@given(st.dictionaries(st.text(alphabet="abc/表.", min_size=1, max_size=8), st.binary(max_size=300), max_size=5))
def test_any_members_survive_writing(members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(write_package(members))) as archive:
        assert archive.namelist() == list(members)
        assert [archive.read(name) for name in members] == list(members.values())


def test_a_word_file_passes_the_gate() -> None:
    assert "word/document.xml" in read_package(docx_of("text"), "a.docx")


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + b"\xff" * 18, b"\x00" * 4096])
def test_what_is_no_zip_file_is_refused(data: bytes) -> None:
    assert "a.docx" in _refusal(data)


def test_every_truncation_of_a_word_file_is_refused() -> None:
    docx = docx_of("text")
    for size in range(0, len(docx) - 1, 997):
        assert "a.docx" in _refusal(docx[:size])


def test_another_kind_of_zip_file_is_refused() -> None:
    assert "another kind" in _refusal(_zip({"xl/workbook.xml": b"<a/>"}))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_member(docx_of("text"), "word/media/image1.png", bytes(60 * 1024 * 1024))
    assert ":1" in _refusal(bomb)


def test_too_many_members_are_refused() -> None:
    assert "2001" in _refusal(_zip({f"word/media/{number}.png": b"" for number in range(2001)}))


def test_a_name_that_stands_twice_is_refused() -> None:
    docx = docx_of("text")
    assert "each member once" in _refusal(with_member(docx, "WORD/document.xml", b"<a/>"))


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "word\\document.xml", "word/../../x.xml"])
def test_a_member_outside_the_file_is_refused(name: str) -> None:
    assert "a.docx" in _refusal(with_member(docx_of("text"), name, b"<a/>"))


def test_a_damaged_member_is_refused() -> None:
    docx = bytearray(docx_of("text"))
    place = docx.find(b"word/document.xml") + 60
    docx[place : place + 8] = b"\xff" * 8
    assert "a.docx" in _refusal(bytes(docx))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
    ],
)
def test_a_document_type_is_refused(content: bytes) -> None:
    assert "DOCTYPE" in _refusal(with_member(docx_of("text"), "word/styles.xml", content))
    with pytest.raises(DocumentRefusedError):
        parse_part(content, "part")


def test_broken_xml_is_refused_with_its_part() -> None:
    assert "word/styles.xml" in _refusal(with_member(docx_of("text"), "word/styles.xml", b"<a><b></a>"))


def test_strict_open_xml_is_refused_by_name() -> None:
    docx = docx_of("text")
    strict = member(docx).replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert "Strict Open XML" in _refusal(with_member(docx, "word/document.xml", strict))


def test_macros_are_refused() -> None:
    docx = docx_of("text")
    types = member(docx, CONTENT_TYPES).replace(
        b"wordprocessingml.document.main+xml", b"wordprocessingml.template.macroEnabledTemplate.main+xml"
    )
    assert "macro" in _refusal(with_member(docx, CONTENT_TYPES, types))
    assert "vbaProject.bin" in _refusal(with_member(docx, "word/vbaProject.bin", b"x"))
    assert "activeX1.xml" in _refusal(with_member(docx, "word/activeX/activeX1.xml", b"<a/>"))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("image", "http://example.com/a.png"),
        ("attachedTemplate", "file:///c:/evil.dotm"),
        ("oleObject", "embeddings/oleObject1.xml"),
        ("aFChunk", "chunk.html"),
        ("frame", "\\\\server\\share\\x.docx"),
    ],
)
def test_a_target_outside_the_file_is_refused(kind: str, target: str) -> None:
    docx = docx_of("text")
    mode = "" if target.endswith((".xml", ".html")) else ' TargetMode="External"'
    relation = (
        '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        f'{kind}" Target="{target}"{mode}/></Relationships>'
    )
    relations = member(docx, RELATIONS).replace(b"</Relationships>", relation.encode())
    assert target in _refusal(with_member(docx, RELATIONS, relations))


def test_a_hyperlink_may_lead_outside() -> None:
    docx = docx_of("text")
    relation = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'hyperlink" Target="https://example.com/" TargetMode="External"/></Relationships>'
    )
    relations = member(docx, RELATIONS).replace(b"</Relationships>", relation)
    assert read_package(with_member(docx, RELATIONS, relations), "a.docx")


@pytest.mark.parametrize(
    "runs",
    [
        '<w:r><w:instrText>DDEAUTO c:\\\\cmd.exe "/k calc"</w:instrText></w:r>',
        "<w:r><w:instrText> INCLUDE</w:instrText></w:r><w:r><w:instrText>PICTURE http://a</w:instrText></w:r>",
    ],
)
def test_a_field_that_loads_or_runs_something_is_refused(runs: str) -> None:
    docx = docx_of("text")
    field = f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}</w:p><w:sectPr'
    document = member(docx).replace(b"<w:sectPr", field.encode(), 1)
    assert "field" in _refusal(with_member(docx, "word/document.xml", document))
