"""The whole execution of a destruction list: items destroyed, the database's files wiped, list closed, certificate.

Source: M-14; P00-R6
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recordkeeper.errors import MissingError, RetentionError, UnavailableError
from recordkeeper.language import clauses, ngettext, told_of
from recordkeeper.language import translate as _
from recordkeeper.model.disposition import FAILED, Kind, Result
from recordkeeper.model.record import Record
from recordkeeper.register.acts import Register
from recordkeeper.register.residue import wipe
from recordkeeper.register.search import RecordQuery, find_records
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.access import readable
from recordkeeper.services.destruction_certificate import CERTIFICATE, CERTIFIES, Said, certify
from recordkeeper.services.disposition import find_list
from recordkeeper.services.execution import Advance, Executor, destroy_listed
from recordkeeper.services.installation import form_serving
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting

WAIT_FOR_READERS_SECONDS = 60.0


class NoCertificateError(RetentionError, MissingError):
    """A list has not been executed to its end."""

    def __init__(self, number: str) -> None:
        message = _("{number}: no certificate yet: it was not executed to its end").format(number=number)
        super().__init__(message, subject=number, expected=_("an executed list"))


class ItemsFailedError(RetentionError, UnavailableError):
    """Items of a list could not be destroyed now; the same command tries them again."""

    def __init__(self, number: str, failed: Sequence[Result]) -> None:
        found = clauses(told_of(each.number, each.why.text() if each.why else "") for each in failed)
        super().__init__(
            ngettext(
                "{number}: {count} item failed and is to be tried again: {found}",
                "{number}: {count} items failed and are to be tried again: {found}",
                len(failed),
            ).format(number=number, count=len(failed), found=found),
            subject=number,
            expected=_("every item destroyed or skipped"),
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Destroyed:
    """How far an execution came.

    Args:
        number: the list.
        results: what became of each item.
        rest: where copies may still be, each with its kind and detail.
        certificate: the certificate's number; empty while items have failed and are to be tried again.
    """

    number: str
    results: tuple[Result, ...]
    rest: tuple[tuple[str, str], ...]
    certificate: str


def execute(
    by: Executor,
    signer: Signer,
    said: Said,
    *,
    is_paper_destroyed: bool,
    advance: Advance = lambda: None,
    waiting: Callable[[], object] = lambda: None,
) -> Destroyed:
    """Execute a destruction list, or go on with an execution that was interrupted.

    Args:
        by: who, where, when, which list.
        signer: the same person with the opened key.
        said: place and operator, and whether what failed is given up.
        is_paper_destroyed: whether the originals on paper are destroyed.
        advance: called for each item.
        waiting: called when readers of the database have to be waited for.

    Returns:
        What became of each item, and the certificate where every item is done.

    Raises:
        As ``execution.destroy_listed`` and ``destruction_certificate.certify``.

    Source: M-12, M-14; P00-R6
    """
    progress = destroy_listed(by, is_paper_destroyed=is_paper_destroyed, advance=advance)
    residue = wipe(by.register, WAIT_FOR_READERS_SECONDS, waiting)
    if progress.count(FAILED) > _failed_for_good(by) and not said.gives_up:
        return Destroyed(by.number, tuple(progress.results), (*residue.kinds, *progress.rest), "")
    closed, certificate = certify(by, signer, said, residue, progress)
    with by.register.reading() as snapshot:
        results, rest = _told(snapshot, closed.number)
    return Destroyed(by.number, results, rest, certificate.number)


def _failed_for_good(by: Executor) -> int:
    """How many items have failed, are said to have failed on the list, and are not tried again."""
    with by.register.reading() as snapshot:
        skips = find_list(snapshot, by.number, Kind.DESTRUCTION).skips
    return sum(result.outcome == FAILED for result in skips.values())


def certificate_of(register: Register, actor: Actor, now: datetime, number: str) -> Destroyed:
    """What the certificate of a list says: what became of each item, and where copies may still be.

    Raises:
        UnknownRecordError, NoListError: there is no such list.
        MayNotReadError: no right to read it.
        NoCertificateError: it was not executed to its end.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        listed = readable(setting, actor, number)
        found = _certificate(setting, listed)
        results, rest = _told(snapshot, listed.number)
    return Destroyed(listed.number, results, rest, found.number)


def _certificate(setting: Setting, listed: Record) -> Record:
    code = form_serving(setting.snapshot, CERTIFICATE, setting.today)
    for row in find_records(setting.snapshot, RecordQuery(forms=(code,))):
        record = load(setting.snapshot, row.number)
        held = record.opening.get(CERTIFIES)
        items = held.get("items") if isinstance(held, Mapping) else None
        numbers = [each.get("number") for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []
        if listed.number in numbers:
            return record
    raise NoCertificateError(listed.number)


def _told(snapshot: Snapshot, number: str) -> tuple[tuple[Result, ...], tuple[tuple[str, str], ...]]:
    """What the executed list itself says."""
    listed = find_list(snapshot, number, Kind.DESTRUCTION)
    rest = next((act.content.get("rest") for act in listed.record.history.acts if act.kind == "execute"), None)
    kinds = [each for each in rest if isinstance(each, Mapping)] if isinstance(rest, list) else []
    return listed.results, tuple((str(each["kind"]), str(each["detail"])) for each in kinds)
