"""The end of an execution: the list says what became of each item and closes, the certificate says it for ever.

Both are signed by who executed the list, in one transaction; the witnesses sign the certificate after that. It names
what backups, replicas, mirrors and exports may still hold, for these the program does not reach.

Source: M-7, M-14; P00-R6
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from recordkeeper.errors import RetentionError, UnavailableError
from recordkeeper.language import clauses, translation_to
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.disposition import (
    DESTROYED,
    FAILED,
    SKIPPED,
    Disposition,
    Kind,
    NotReadyError,
    Result,
)
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import head_of
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import sheet_subject
from recordkeeper.register.acts import Transaction
from recordkeeper.register.disposal import standing_subject, subjects_open
from recordkeeper.register.record_projection import record_rows
from recordkeeper.register.residue import Residue
from recordkeeper.register.snapshot import parse_moment
from recordkeeper.services import lifecycle
from recordkeeper.services.company import unit_of
from recordkeeper.services.disposition import list_for
from recordkeeper.services.execution import COMMAND, Executor, Progress, give_up_items, results_of
from recordkeeper.services.installation import form_serving
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Signer
from recordkeeper.services.retrieval import lives_of
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.signing import signed

CERTIFICATE = "destruction_certificate"
"""The purpose of the certificate's form."""

CERTIFIES = "certifies"
"""The key under which a certificate's first act names its list."""

_MEGABYTE = 1_000_000
_OFTEN_LEFT = ("backup",)


class NotWipedError(RetentionError, UnavailableError):
    """What was destroyed may still lie in the database's files: the certificate waits."""

    def __init__(self, number: str, residue: Residue) -> None:
        found = clauses(rest_text(kind, detail) for kind, detail in residue.kinds)
        super().__init__(
            _("{number}: destroyed, but not yet wiped from the database's files: {found}").format(
                number=number, found=found
            ),
            subject=number,
            expected=_("wiped files"),
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What whoever executes a list says of it.

    Args:
        place: where.
        operator: the firm or office that carried it out.
        gives_up: whether items that failed are to stay, and be said to have failed.
    """

    place: str
    operator: str
    gives_up: bool = False


def certify(by: Executor, signer: Signer, said: Said, residue: Residue, progress: Progress) -> tuple[Record, Record]:
    """Close a list whose items are all done, and issue its certificate.

    Args:
        by: who, where, when, which list.
        signer: the same person with the opened key.
        said: place and operator.
        residue: what is still in the database's files, or beyond reach.
        progress: what was done in this run.

    Returns:
        The list and the certificate.

    Raises:
        NotReadyError: items are still to be done, and are not given up.
        NotWipedError: the database's files still hold what was destroyed.
        UnservedPurposeError: no form in force serves as certificate.
        Others: as ``lifecycle.new`` and ``lifecycle.sign``.

    Source: M-14; P00-R6
    """
    if ("readers", "") in residue.kinds:
        raise NotWipedError(by.number, residue)
    with by.register.writing(now=by.now) as transaction:
        setting = Setting(transaction, by.now)
        listed = list_for(setting, by.actor, by.number, Kind.DESTRUCTION)
        check_right(transaction, by.actor, COMMAND, by.now, listed.record.unit)
        who = setting.standing(by.actor.subject, listed.record.unit)
        closing = _Closing(transaction, setting, by, signer, who, said)
        listed = closing.settled(listed, progress)
        results = list(results_of(transaction, listed, {}))
        rest = [*residue.kinds, *progress.rest]
        rest += given_out(transaction, results)
        closed = closing.closed(listed, results, rest)
        return closed, closing.certificate(listed, closed, results, rest)


@dataclass(frozen=True, slots=True)
class _Closing:
    """One closing of a list: the transaction, the moment, who closes it and what they say."""

    transaction: Transaction
    setting: Setting
    by: Executor
    signer: Signer
    who: Standing
    said: Said

    def settled(self, listed: Disposition, progress: Progress) -> Disposition:
        """The list once every item is done; what is not is given up, if that is said.

        Raises:
            NotReadyError: something is still to be done.
        """
        waiting = subjects_open(self.transaction, listed.record.subject)
        left = [item for item in listed.items if item.subject in waiting]
        if left and not self.said.gives_up:
            raise NotReadyError(listed.number, _("every item destroyed or skipped"), left[0].number)
        return give_up_items(self.transaction, self.by, left, progress, self.who, self.setting)

    def closed(self, listed: Disposition, results: Sequence[Result], rest: Sequence[tuple[str, str]]) -> Record:
        """The list with the results of its execution, its last section filled and signed."""
        moment = self.setting.moment
        done: Content = {
            **head_of("execute", self.who, moment),
            "results": [result.content for result in results],
            "rest": [{"kind": kind, "detail": detail} for kind, detail in rest],
        }
        record = self._appended(listed.record, done)
        if listed.execution is None:
            return record
        raw = {**_execution(listed, results), "executed_on": moment.on, "place": self.said.place}
        fill = record.fill(listed.execution.id, raw, self.who, moment, self.setting.reading)
        record = self._appended(record, fill)
        sign = record.sign(listed.execution.id, self.who, moment)
        return self._appended(record, signed(record.history, record.revision, sign, self.signer))

    def _appended(self, record: Record, content: Content) -> Record:
        after = Record.replay(record.form, record.history.followed_by(content))
        is_unattended = bool(content.get("unattended"))
        flags = ("unattended",) if is_unattended else ()
        self.transaction.append(record.history, content, record_rows(after), flags=flags)
        return after

    def certificate(
        self, listed: Disposition, closed: Record, results: Sequence[Result], rest: Sequence[tuple[str, str]]
    ) -> Record:
        """The certificate, filled and signed by who executed the list."""
        by, unit = self.by, unit_of(self.transaction, closed.unit).code
        code = form_serving(self.transaction, CERTIFICATE, self.setting.today)
        further: Content = {CERTIFIES: {"items": [{"number": closed.number, "state": closed.history.digests[-1]}]}}
        raw = {
            **_certified(self.setting, listed, results, rest),
            "place": self.said.place,
            "operator": self.said.operator,
        }
        about = About(unit=unit)
        record = lifecycle.new_in(self.transaction, by.actor, by.now, code, raw, about, further=further)
        return lifecycle.sign_in(self.transaction, by.actor, self.signer, by.now, record.number, record.sections[0].id)


# ---- what is printed -------------------------------------------------------------------------------------------------


def _execution(listed: Disposition, results: Sequence[Result]) -> dict[str, object]:
    kept = [result.number for result in results if result.outcome != DESTROYED]
    return {
        "kept_count": str(len(kept)),
        "kept_pages": str(_pages(listed, kept)),
        **({"kept_why": _kept_text(results)} if kept else {}),
    }


def _pages(listed: Disposition, numbers: Sequence[str]) -> int:
    """How many pages the printed lines of these items have together."""
    lines = cast("Sequence[Content]", listed.record.values.get("records_listed") or ())
    wanted = set(numbers)
    return sum(int(str(line["pages"])) for line in lines if line.get("pages") and line["record_number"] in wanted)


def _kept_text(results: Sequence[Result]) -> str:
    """Which items were not destroyed, and why, in Chinese, as the form prints it."""
    chinese = translation_to("zh")
    return "；".join(
        f"第 {place} 项 {result.number}：{result.why.text(chinese) if result.why else ''}"
        for place, result in enumerate(results, 1)
        if result.outcome != DESTROYED
    )


def _certified(
    setting: Setting, listed: Disposition, results: Sequence[Result], rest: Sequence[tuple[str, str]]
) -> dict[str, object]:
    stones = [stone for result in results for stone in result.tombstones]
    began_at = min((str(stone["at"]) for stone in stones), default=setting.moment.at)
    destroyed = [result.number for result in results if result.outcome == DESTROYED]
    raw: dict[str, object] = {
        "list_number": listed.number,
        "executed_on": setting.moment.on,
        "began_at": _local(setting, began_at),
        "ended_at": _local(setting, setting.moment.at),
        "method": listed.record.values.get("method"),
        "listed_count": str(len(results)),
        "destroyed_count": str(len(destroyed)),
        "skipped_count": str(sum(result.outcome == SKIPPED for result in results)),
        "failed_count": str(sum(result.outcome == FAILED for result in results)),
        "pages_destroyed": str(_pages(listed, destroyed)),
        "bytes_destroyed": _megabytes(sum(cast("int", stone.get("bytes", 0)) for stone in stones)),
        "statement": _statement(stones, rest),
    }
    if kept := _kept_text(results):
        raw["not_destroyed"] = kept
    return raw


def _local(setting: Setting, moment: str) -> str:
    return parse_moment(moment).astimezone(setting.zone).strftime("%Y-%m-%d %H:%M")


def _megabytes(count: int) -> str:
    return str((Decimal(count) / _MEGABYTE).quantize(Decimal("0.1")))


def _statement(stones: Sequence[Content], rest: Sequence[tuple[str, str]]) -> str:
    """What the certificate says, in Chinese: what is gone, its tombstones, and where it may still be."""
    chinese = translation_to("zh")
    numbers = [cast("int", stone["tombstone"]) for stone in stones]
    span = f"注销登记第 {min(numbers)} 至 {max(numbers)} 号共 {len(numbers)} 条留存于系统。" if numbers else ""
    still = "；".join(
        rest_text(kind, detail, chinese) for kind, detail in (*rest, *((each, "") for each in _OFTEN_LEFT))
    )
    gone = "清册所列、结果为已销毁的记录，其电子件已自数据库、档案库清除，不能复原。"
    left = "、".join(str(stone["number"]) for stone in stones if stone.get("erased"))
    if left:
        gone += f"{left} 仅依请求删除清册所列栏目，其余内容以原编号继续保存。"
    return f"{gone}{span}系统不能及、可能仍存副本之处：{still}。"


def rest_text(kind: str, detail: str, _: Callable[[str], str] = _) -> str:
    """Where a copy of what was destroyed may still be, in the language in use or another.

    Args:
        kind: as ``Residue`` and the certificate name it.
        detail: the mirror's folder, the replica's name, what was given out.
        _: translates.
    """
    names = {
        "readers": _("the journal beside the database, from which others are reading"),
        "vacuum": _("database tables that the database's owner must write anew: VACUUM FULL {detail}"),
        "statistics": _("the samples that the database server keeps of {detail} for its statistics"),
        "wal": _("the database server's own journal (archive_mode {detail})"),
        "replica": _("the database replica {detail}"),
        "mirror": _(
            "the mirror {detail}, which could not be reached; it goes from there when that is next brought in step"
        ),
        "package": _("among the packages of transfer lists {detail}, which could not be removed"),
        "export": _("what was given out before: {detail}"),
        "backup": _("backups made before this day, until they are destroyed themselves"),
    }
    return names[kind].format(detail=detail)


def given_out(transaction: Transaction, results: Sequence[Result]) -> Iterator[tuple[str, str]]:
    """What of the destroyed records was given out, for the files are in other hands."""
    for result in results:
        for stone in result.tombstones:
            subjects = [str(stone["subject"])]
            if stone["sheet"]:
                sheet = standing_subject(transaction, sheet_subject(str(stone["sheet"])))
                subjects += lives_of(transaction, sheet)
            events = [event for each in subjects for event in transaction.events_of(each) if event.kind == "export"]
            if events:
                days = ", ".join(dict.fromkeys(event.entered_at[:10] for event in events))
                yield "export", f"{stone['number']} ({days})"
