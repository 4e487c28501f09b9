"""A file to attach: read whole, its media type told by its content first."""

from pathlib import Path

import pytest

from recordkeeper.services.attachment import UnfitFileError, media_type_of, read_attachment


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("scan.pdf", b"%PDF-1.7", "application/pdf"),
        ("scan.pdf", b"no such thing", "text/plain"),
        ("scan.pdf", b"\x00\x01", "application/octet-stream"),
        ("photo", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("photo.png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("scan.tif", b"II*\x00", "image/tiff"),
        ("file.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("file.zip", b"PK\x03\x04", "application/zip"),
        ("file.docx", b"text", "text/plain"),
        ("rows.csv", b"a,b", "text/csv"),
        ("note", "看过".encode(), "text/plain"),
        ("note", b"a\x00b", "application/octet-stream"),
    ],
)
def test_content_says_what_a_file_is_before_its_name_does(name: str, data: bytes, media_type: str) -> None:
    assert media_type_of(name, data) == media_type


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_attachment(tmp_path / "x", byte_limit=5).data == b"12345"
    with pytest.raises(UnfitFileError, match="at most 4 bytes"):
        read_attachment(tmp_path / "x", byte_limit=4)
