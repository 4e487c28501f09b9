"""A problem found is a value, not an exception.

Codes are the standard's own where it has one (``E092b`` of OCFL), else ours, listed in docs/controls.md.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; an error is a fault of a form or template, which cannot be used so."""

    ALTERED = "altered"
    CANNOT_ASSESS = "cannot assess"
    PENDING = "pending"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: what it is about, what is wrong, how much it weighs.

    Args:
        code: the standard's or our stable code, ``E092b`` or ``act-digest``.
        severity: whether evidence is altered, missing, only pending, or merely odd.
        subject: what it is about: a subject, ``table.column``, a file's path within the archive.
        message: what was expected and found, in the language in use.
        aspect: the aspect of a verification it belongs to: records, register, files, log, signatures, tail.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    aspect: str = ""
