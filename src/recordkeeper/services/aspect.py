"""The six aspects for which a verification answers, and what is said under which of them."""

from recordkeeper.findings import Finding, Severity
from recordkeeper.model.subject import kind_of

RECORDS, REGISTER, FILES, LOG, SIGNATURES, TAIL = "records", "register", "files", "log", "signatures", "tail"


def aspect_of(subject: str) -> str:
    """The aspect under which what is wrong with a subject's acts is said."""
    return RECORDS if kind_of(subject) in {"record", "sheet"} else REGISTER


def altered(code: str, subject: str, message: str, aspect: str) -> Finding:
    """A finding that evidence is not as it was written."""
    return Finding(code, Severity.ALTERED, subject, message, aspect)
