"""Subjects are named ``kind/name``: ``record/QR-017-02/2026-0001``, ``sheet/QR-017-01/SH-2026-11``, ``person/7``.

Names are data, never paths.
"""

import re

SURROGATE_KINDS = ("person", "unit", "party", "premises", "hold")
SUBJECT_KINDS = (*SURROGATE_KINDS, "form", "procedure", "schedule", "table", "record", "sheet")
PROGRAM = "program"

_SUBJECT = re.compile(r"(?P<kind>[a-z]+)/(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)")

_AFTER = re.compile(r"/after-[1-9][0-9]{0,14}$")


def kind_of(subject: str) -> str:
    """The kind of ``subject``: what stands before the first slash."""
    return subject.partition("/")[0]


def name_of(subject: str) -> str:
    """The name of ``subject``: what stands after the first slash."""
    return subject.partition("/")[2]


def number_of(subject: str) -> str:
    """The number of a record or sheet: its name, without what tells one that goes on after an erasure."""
    return _AFTER.sub("", name_of(subject))


def base_of(subject: str) -> str:
    """The subject under which a record was entered, whatever it goes on as after erasures."""
    return _AFTER.sub("", subject)


def successor_subject(subject: str, tombstone: int) -> str:
    """``record/QR-017-02/2026-0001/after-17``: what a record goes on as once tombstone 17 stands for it."""
    return f"{base_of(subject)}/after-{tombstone}"


def is_subject(text: str) -> bool:
    """Whether ``text`` names a subject of a known kind."""
    match = _SUBJECT.fullmatch(text)
    return match is not None and match["kind"] in SUBJECT_KINDS


def form_subject(code: str, revision: str) -> str:
    """``form/QR-017-02/A-0`` for code QR-017-02 and revision A/0."""
    return f"form/{code}/{revision.replace('/', '-')}"


def procedure_subject(identifier: str, revision: str) -> str:
    """``procedure/P02/A-0`` for procedure P02 and revision A/0."""
    return f"procedure/{identifier}/{revision.replace('/', '-')}"


def schedule_subject(revision: str) -> str:
    """``schedule/A-0`` for revision A/0."""
    return f"schedule/{revision.replace('/', '-')}"


def table_subject(name: str, revision: str) -> str:
    """``table/price_report/A-0`` for that reference table and revision A/0."""
    return f"table/{name}/{revision.replace('/', '-')}"


def record_subject(number: str) -> str:
    """``record/QR-017-02/2026-0001`` for that number."""
    return f"record/{number}"


def sheet_subject(number: str) -> str:
    """``sheet/QR-017-01/2026-11`` for that number."""
    return f"sheet/{number}"
