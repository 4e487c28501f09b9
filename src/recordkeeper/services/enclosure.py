"""What lies beside the objects and the log of an archive: the stand-alone verifier, a page about it, nothing else.

Whoever could put another verifier there could let it say what they like, so an event binds the bytes of both files.

Source: 21 CFR 11.10(e)
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import translate as _
from recordkeeper.model.event import History, salted_digest
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.services.evidence import ENCLOSE, FILES, Evidence, altered
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.log import read_checkpoint

# Name in the archive, and file in this package; in the order in which the event binds them.
ENCLOSURES = {"verifier.py": "verifier.py", "README": "archive_readme.txt"}
_TOP_LEVEL = {"objects", "log", "incoming", "publisher.lock", "lost+found", *ENCLOSURES}
_BYTES_LIMIT = 1024 * 1024
_PROGRAM = "program"


def enclose(register: Register, archive: Path, now: datetime) -> None:
    """Lay the verifier of this release and its page beside the objects; an event binds them first.

    Raises:
        OSError: the archive's disk refuses.
    """
    files = _shipped()
    with register.reading() as snapshot:
        root = snapshot.history(ROOT_UNIT)
        bound = [event.bound_digest for event in snapshot.events_of(ROOT_UNIT) if event.kind == ENCLOSE]
    if root is None:
        return
    digest = _digest(root, files)
    if bound[-1:] != [digest]:
        with register.writing(now=now) as transaction:
            transaction.note(ENCLOSE, actor=_PROGRAM, subject=ROOT_UNIT, bound_digest=digest)
    for name, data in files.items():
        if _read(archive, name) != data:
            make_folder(archive / "incoming")
            replace_file(archive / name, data, archive / "incoming" / name)


def check_enclosures(archive: Path, evidence: Evidence) -> Iterator[Finding]:
    """Everything beside objects and log that is not as the program laid it there.

    Codes: ``archive-extra``, ``enclosure``; pending: ``enclosure-pending``.
    """
    try:
        names = {os.fsencode(path.name).decode("utf-8", "backslashreplace") for path in archive.iterdir()}
    except OSError:
        return  # said of the storage root
    for name in sorted(names - _TOP_LEVEL):
        yield altered("archive-extra", name, _("no such file is written there"), FILES)
    root = evidence.histories.get(ROOT_UNIT)
    events = [event for event in evidence.events if (event.kind, event.subject) == (ENCLOSE, ROOT_UNIT)]
    if root is None:
        return
    if not events or events[-1].index >= _published_size(archive):
        message = _("not yet bound by a published event")
        yield Finding("enclosure-pending", Severity.PENDING, next(iter(ENCLOSURES)), message, FILES)
        return
    found = {name: _read(archive, name) for name in ENCLOSURES}
    if _digest(root, found) != events[-1].bound_digest:
        differing = [name for name, data in _shipped().items() if found[name] != data]
        message = _("not the files that event {index} binds").format(index=events[-1].index)
        yield altered("enclosure", ", ".join(differing or ENCLOSURES), message, FILES)


def _shipped() -> dict[str, bytes]:
    package = Path(__file__).parent.parent
    return {name: (package / source).read_bytes() for name, source in ENCLOSURES.items()}


def _read(archive: Path, name: str) -> bytes:
    """The bytes of an enclosed file; none where it is missing, too large or no plain file."""
    try:
        return read_plain_file(archive / name, _BYTES_LIMIT)
    except OSError:
        return b""


def _digest(root: History, files: Mapping[str, bytes]) -> str:
    return salted_digest(root.salt, b"".join(len(data).to_bytes(4, "big") + data for data in files.values()))


def _published_size(archive: Path) -> int:
    try:
        note = read_checkpoint(archive / "log")
        return unverified_checkpoint(note).size if note else 0
    except RecordkeeperError:
        return 0  # said of the log
