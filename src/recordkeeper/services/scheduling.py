"""The retention schedule under control: proposed as a draft, then approved and put in force by another person.

Nothing moves silently: which records a schedule moves is said before it is approved, and whoever lets some go earlier
has to say so.

Source: M-13; ISO 9001, 7.5.3.2
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import cast

from recordkeeper.errors import InvalidInputError, MissingError, RefusalError, RetentionError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model import form_revision
from recordkeeper.model.canonical import Content, Json, digest
from recordkeeper.model.event import SALT_BYTES
from recordkeeper.model.form_revision import Revision, RevisionState, in_force
from recordkeeper.model.schedule import BEFORE_ANY, SCHEDULE, Schedule, unknown_forms
from recordkeeper.model.subject import record_subject, schedule_subject, sheet_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.record_projection import rows_after
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import list_forms
from recordkeeper.services.definition import form_data, load_as
from recordkeeper.services.package import DEFINITION, YAML_TYPE, read_definition
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.retention import Move, any_shorter, moves, schedule_in_force, schedule_of, schedule_revisions
from recordkeeper.services.right import check_right, check_right_first
from recordkeeper.services.setting import Setting
from recordkeeper.services.sight import Sight, sight_of
from recordkeeper.services.signing import signed
from recordkeeper.services.yaml_text import read_yaml


class NoScheduleError(RetentionError, MissingError):
    """There is no revision of the schedule in the state that an act needs."""

    def __init__(self, expected: str) -> None:
        message = _("retention schedule: expected {expected}, found none").format(expected=expected)
        super().__init__(message, subject=SCHEDULE, expected=expected)


class ScheduleInstalledError(RetentionError, RefusalError):
    """The revision is in the register already, as a draft or in force: what is to stand in its place is the next."""

    def __init__(self, name: str) -> None:
        expected = _("the next revision, which takes its place")
        message = _("{name}: is installed already: expected {expected}").format(name=name, expected=expected)
        super().__init__(message, subject=name, expected=expected, found=name)


class UnknownFormsError(RetentionError, InvalidInputError):
    """A schedule names forms that are not installed."""

    def __init__(self, file: str, codes: list[str]) -> None:
        found = listing(codes)
        message = _("{file}: expected forms that are installed, found {found}").format(file=file, found=found)
        super().__init__(message, subject=file, expected=_("forms that are installed"), found=found)


class ShortenedError(RetentionError, RefusalError):
    """A schedule would let records go earlier, or sooner after an approval, and nobody said that it should."""

    def __init__(self, name: str, found: str) -> None:
        expected = _("--allow-shorter, or nothing that may go earlier")
        message = _("{name}: expected {expected}, found {found}").format(name=name, expected=expected, found=found)
        super().__init__(message, subject=name, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A revision of the schedule, and what it moves as the register stands.

    Args:
        revision: the revision.
        schedule: what it says.
        moves: the records whose due date it changes.
        cooling_days_now: how many days lie between approval and destruction by the schedule in force.
    """

    revision: Revision
    schedule: Schedule
    moves: list[Move]
    cooling_days_now: int

    @property
    def is_cooling_shorter(self) -> bool:
        """Whether an approved list may be executed sooner than now."""
        return self.schedule.cooling_days < self.cooling_days_now


_MOST_NAMED = 5


def propose(register: Register, actor: Actor, now: datetime, path: Path) -> Proposed:
    """Install a schedule as a draft.

    Args:
        register: the open register.
        actor: the controller, its author.
        now: aware, UTC.
        path: the definition file.

    Raises:
        NoProcedureError, NotTextError: the file cannot be read.
        DefinitionError: every problem of it.
        UnknownFormsError: it names forms that are not installed.
        ScheduleInstalledError: the revision is there.
        NoRightError: no controller.
    """
    check_right_first(register, actor, "retention schedule", now)
    data, text = read_definition(path)
    schedule = load_as(Schedule, read_yaml(text), path.name)
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "retention schedule", now)
        setting = Setting(transaction, now)
        codes = [each.revision.code for each in list_forms(transaction, setting.today)]
        if unknown := unknown_forms(schedule, codes):
            raise UnknownFormsError(path.name, unknown)
        subject = schedule_subject(schedule.revision)
        if transaction.history(subject) is not None:
            raise ScheduleInstalledError(schedule.name)
        content = form_revision.install(
            SCHEDULE,
            schedule.revision,
            "",
            cast("Content", form_data(text, path.name)),
            {DEFINITION: digest(data)},
            setting.standing(actor.subject, ROOT_UNIT),
            setting.moment,
        )
        head = transaction.create(subject, secrets.token_hex(SALT_BYTES))
        revision = Revision.replay(head.followed_by(content))
        transaction.attach(subject, data, YAML_TYPE)
        transaction.append(head, content, {})
        return Proposed(revision, schedule, moves(setting, schedule), _cooling_days_now(transaction, setting))


def put_in_force(
    register: Register, signer: Signer, now: datetime, effective_on: date | None, *, allows_shorter: bool
) -> Proposed:
    """Approve the newest draft with a signature and put it in force, in one transaction.

    The act of approval holds how many records it moves, and the numbers of those that may go earlier.

    Args:
        register: the open register.
        signer: the approver with the opened key; not the author.
        now: aware, UTC.
        effective_on: the day from which it counts; today where none is given.
        allows_shorter: whether records may go earlier than they may now.

    Raises:
        NoScheduleError: there is no draft.
        ShortenedError: records would go earlier, or sooner after an approval, and that is not allowed.
        NoRightError, AuditorChangesNothingError, DisabledPersonError: as ``check_right``.
        OwnWorkError, WrongRevisionStateError: as ``Revision.approve`` and ``Revision.release``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, signer, "retention schedule (--approve)", now)
        setting = Setting(transaction, now)
        drafts = [each for each in schedule_revisions(transaction) if each.state is RevisionState.DRAFT]
        if not drafts:
            raise NoScheduleError(_("a draft"))
        draft = drafts[-1]
        who, moment = setting.standing(signer.subject, ROOT_UNIT), setting.moment
        approval = draft.approve(who, moment)
        schedule = schedule_of(draft)
        found = moves(setting, schedule)
        shorter: list[Json] = [move.number for move in found if move.is_shorter]
        proposed = Proposed(draft, schedule, found, _cooling_days_now(transaction, setting))
        if any_shorter(found) and not allows_shorter:
            raise ShortenedError(schedule.name, listing([str(number) for number in shorter[:_MOST_NAMED]]))
        if proposed.is_cooling_shorter and not allows_shorter:
            told = _("cooling_days {after}, now {before}")
            raise ShortenedError(
                schedule.name, told.format(after=schedule.cooling_days, before=proposed.cooling_days_now)
            )
        content = signed(draft.history, schedule.name, {**approval, "moved": len(found), "shorter": shorter}, signer)
        approved = Revision.replay(transaction.append(draft.history, content, rows_after(draft.history, content)))
        day = effective_on or setting.today
        content = approved.release(day, who, moment)
        rows = rows_after(approved.history, content)
        after = transaction.append(approved.history, content, rows, effective_at=day.isoformat())
        return replace(proposed, revision=Revision.replay(after))


def _cooling_days_now(snapshot: Snapshot, setting: Setting) -> int:
    return (schedule_in_force(snapshot, setting.today) or BEFORE_ANY).cooling_days


def standing_schedule(register: Register, actor: Actor, now: datetime) -> tuple[Proposed | None, list[Proposed]]:
    """The schedule in force, and every draft with what it would move of the records that are seen.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "retention schedule (shown)", now)
        setting = Setting(snapshot, now)
        revisions = schedule_revisions(snapshot)
        current = in_force(revisions, setting.today)
        days = _cooling_days_now(snapshot, setting)
        shown = Proposed(current, schedule_of(current), [], days) if current else None
        drafts = [
            Proposed(
                each,
                schedule_of(each),
                [move for move in moves(setting, schedule_of(each)) if _is_seen(sight, move)],
                days,
            )
            for each in revisions
            if each.state is RevisionState.DRAFT
        ]
        return shown, drafts


def _is_seen(sight: Sight, move: Move) -> bool:
    return sight.sees(record_subject(move.number)) or sight.sees(sheet_subject(move.number))
