"""The roots of all errors, one per subject, and the four ways in which something can be refused.

A leaf stands above the code that raises it, takes values and composes its own message. Errors know no exit
status: one table in ``cli/main.py`` does.
"""

import errno
import re

from recordkeeper.language import translate as _


class RecordkeeperError(Exception):
    """Something was not done, and nothing was changed.

    Args:
        message: subject, expected and found as a person reads them, in the language in use.
        subject: what it is about: a record number, a file with its line, a person's name.
        expected: what would have been right, if that can be said.
        found: what was there instead.
    """

    def __init__(self, message: str, *, subject: str, expected: str = "", found: str = "") -> None:
        super().__init__(message)
        self.subject = subject
        self.expected = expected
        self.found = found

    @property
    def advice(self) -> str:
        """What to do next, said where the error ends the command; empty where nothing is surely right."""
        return ""

    @property
    def kind(self) -> str:
        """The stable English name of this kind of error, ``unknown-field``."""
        return kind_name(type(self))


def kind_name(error: type[Exception]) -> str:
    """The name of a class of errors as it stands in JSON: ``unknown-field`` for UnknownFieldError."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__.removesuffix("Error")).lower()


def system_reason(error: Exception) -> str:
    """What the operating system says of a failure: in the language in use where it is a common one, else as it says."""
    common = {
        errno.ENOENT: _("No such file or directory"),
        errno.EACCES: _("Permission denied"),
        errno.EPERM: _("Operation not permitted"),
        errno.EEXIST: _("File exists"),
        errno.EISDIR: _("Is a directory"),
        errno.ENOTDIR: _("Not a directory"),
        errno.ENOSPC: _("No space left on device"),
        errno.EROFS: _("Read-only file system"),
    }
    if not isinstance(error, OSError):
        return str(error)
    return common.get(error.errno or 0) or error.strerror or str(error)


class InvalidInputError(RecordkeeperError):
    """Input that could never be right."""


class RefusalError(RecordkeeperError):
    """Forbidden by a rule, a state, a turn, a right or a passphrase; leaves an event."""


class MissingError(RecordkeeperError):
    """There is no such thing."""


class UnavailableError(RecordkeeperError):
    """The environment failed: no LibreOffice, database unreachable, disk full."""


class FormError(RecordkeeperError):
    """About a form, its definition, its template or a procedure."""


class RecordError(RecordkeeperError):
    """About a record or a sheet."""


class RetentionError(RecordkeeperError):
    """About retention, holds and disposition."""


class PersonError(RecordkeeperError):
    """About a person, a role or a right."""


class PlaceError(RecordkeeperError):
    """About a unit, a party or premises."""


class CredentialError(RecordkeeperError):
    """About a passphrase, a key or a session."""


class RegisterError(RecordkeeperError):
    """About the database."""


class ArchiveError(RecordkeeperError):
    """About the archive's storage root."""


class LogError(RecordkeeperError):
    """About the audit trail's log."""


class DocumentError(RecordkeeperError):
    """About a Word, PDF or other file."""


class WorkspaceError(RecordkeeperError):
    """About a workspace folder and its configuration."""
