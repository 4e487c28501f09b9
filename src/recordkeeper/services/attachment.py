"""A file that is to be bound to a record: read whole, within a limit, its media type told from its content.

Source: 21 CFR 11.10(b); A (ALCOA+: original)
"""

from dataclasses import dataclass
from pathlib import Path

from recordkeeper.amount import amount
from recordkeeper.durable import read_plain_file
from recordkeeper.errors import InvalidInputError, MissingError, RecordError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import check_line

LARGEST_BYTES = 64 * 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
)
_BY_NAME = {
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".html": "text/html",
    ".xml": "application/xml",
    ".json": "application/json",
    ".eml": "message/rfc822",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".wps": "application/vnd.ms-works",
    ".heic": "image/heic",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
}
_IN_ZIP = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".ofd": "application/ofd",
}


class NoFileError(RecordError, MissingError):
    """There is no such file, or it cannot be read."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            _("{path}: expected a file, found {found}").format(path=path, found=found),
            subject=str(path),
            expected=_("a file"),
            found=found,
        )


class UnfitFileError(RecordError, InvalidInputError):
    """A folder, a link, a special file, an empty file or one that is too large."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        super().__init__(
            _("{path}: expected {expected}, found {found}").format(path=path, expected=expected, found=found),
            subject=str(path),
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class FileToAttach:
    """A file's name, media type and bytes."""

    name: str
    media_type: str
    data: bytes


def read_attachment(path: Path, byte_limit: int = LARGEST_BYTES) -> FileToAttach:
    """The file at ``path``, ready to be bound to a record.

    Args:
        path: a regular file; links are not followed.
        byte_limit: the most it may hold.

    Raises:
        NoFileError: it does not exist or cannot be read.
        UnfitFileError: no regular file, empty, or too large.
        TextRefusedError: a name that no document can hold.
    """
    name = check_line(path.name, "file")
    data = read_given_file(path, byte_limit)
    if not data:
        raise UnfitFileError(path, _("a file with content"), _("an empty file"))
    return FileToAttach(name, media_type_of(name, data), data)


def read_given_file(path: Path, byte_limit: int) -> bytes:
    """The bytes of a regular file that somebody named.

    Raises:
        NoFileError: it does not exist or cannot be read.
        UnfitFileError: no regular file, or too large.
    """
    try:
        status = path.lstat()
    except (OSError, ValueError) as error:
        raise NoFileError(path, system_reason(error)) from None
    if not path.is_file() or path.is_symlink():
        raise UnfitFileError(path, _("a regular file"), _("a folder, a link or a special file"))
    if status.st_size > byte_limit:
        expected = _("at most {size} bytes").format(size=byte_limit)
        raise UnfitFileError(path, expected, amount("bytes", status.st_size))
    try:
        return read_plain_file(path, byte_limit)
    except OSError as error:
        raise NoFileError(path, system_reason(error)) from None


def media_type_of(name: str, data: bytes) -> str:
    """The media type of a file: what its content says, else what its name says."""
    suffix = Path(name).suffix.lower()
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data.startswith(b"PK\x03\x04"):
        return _IN_ZIP.get(suffix, "application/zip")
    if suffix in _BY_NAME:
        return _BY_NAME[suffix]
    return "text/plain" if _is_text(data) else UNKNOWN_TYPE


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False
