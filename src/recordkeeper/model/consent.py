"""Consent to read, take out or copy a confidential record: asked for, given or refused, each an act of the record.

Who consents is said by the form. Nobody consents to what they asked for themselves. A consent is for one person and one
use, up to a day; taking out and copying include reading.

Source: P01-R10; P07-R4; ISO 9001, 7.5.3.2
"""

from dataclasses import dataclass, replace
from datetime import date

from recordkeeper.errors import InvalidInputError, RecordError
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NoReasonError, NotYoursError, ValuesRefusedError, WrongStateError, head_of
from recordkeeper.model.record_state import Moment
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.standing import Standing
from recordkeeper.model.value import Problem, check_text

READ, TAKE_OUT, COPY = "read", "take_out", "copy"
USES = (READ, TAKE_OUT, COPY)


class NobodyConsentsError(RecordError, InvalidInputError):
    """The form names nobody who could consent."""

    def __init__(self, number: str) -> None:
        message = _("{number}: its form names nobody who consents: nothing can be asked for").format(number=number)
        super().__init__(message, subject=number, expected=_("a form with access.consent"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for, and the answer.

    Args:
        number: from 1, in the order of asking.
        by: ``person/7``.
        name: their name.
        use: one of ``USES``.
        reason: why.
        on: the local date.
        is_answered: whether somebody consented or refused.
        until: the last day of a consent; none where there is none.
        answered_by: the name of who answered; empty while nobody did.
        refused_because: why it was refused; empty otherwise.
    """

    number: int
    by: str
    name: str
    use: str
    reason: str
    on: str
    is_answered: bool = False
    until: str = ""
    answered_by: str = ""
    refused_because: str = ""


def asked_of(record: Record) -> list[Asked]:
    """All that was asked for of a record, in the order of asking."""
    found: list[Asked] = []
    for act in record.history.told[1:]:
        content = act.content
        if act.kind == "ask":
            found.append(
                Asked(
                    len(found) + 1,
                    act.by,
                    str(content["name"]),
                    str(content["use"]),
                    str(content["reason"]),
                    str(content["on"]),
                )
            )
        elif act.kind == "consent":
            place = int(str(content["asked"])) - 1
            found[place] = replace(
                found[place],
                is_answered=True,
                until=str(content.get("until", "")),
                answered_by=str(content["name"]),
                refused_because=str(content.get("reason", "")),
            )
    return found


def is_consented(record: Record, person: str, use: str, on: date) -> bool:
    """Whether ``person`` may use the record so on that day because somebody consented."""
    return any(
        asked.by == person and use in {asked.use, READ} and on.isoformat() <= asked.until for asked in asked_of(record)
    )


def ask(record: Record, use: str, reason: str, who: Standing, moment: Moment) -> Content:
    """The act that asks for consent.

    Raises:
        WrongStateError: the record is disposed of.
        NobodyConsentsError: its form names nobody who consents.
        ValuesRefusedError: no such use.
        NoReasonError: no reason.
    """
    if record.state not in RIGHTS["record ask"].states:
        raise WrongStateError(record.number, _("ask"), _("a record that is there"), _(str(record.state)))
    if not record.form.access.consent:
        raise NobodyConsentsError(record.number)
    if use not in USES:
        raise ValuesRefusedError(record.number, [Problem("use", listing(USES), use)])
    if not reason.strip():
        raise NoReasonError(record.number)
    return {**head_of("ask", who, moment), "use": use, "reason": check_text(reason.strip(), "reason")}


def is_own(record: Record, asked: Asked, who: Standing) -> bool:
    """Whether somebody asked for it, or stands in for who did in the role that would answer."""
    return asked.by in {who.subject, who.acting_in(record.form.access.consent).deputy_for}


def consent(
    record: Record, number: int | None, until: date | None, who: Standing, moment: Moment, *, refused_because: str = ""
) -> Content:
    """The act that consents, up to a day, or refuses with a reason.

    Args:
        record: what was asked for.
        number: which request; where none is given the first that is not answered, of others before one's own.
        until: the last day of the consent; the same day where none is given.
        who: the person and their roles in the record's unit.
        moment: when.
        refused_because: why not; empty to consent.

    Raises:
        NotYoursError: no role that consents, or one's own request, or that of whom one stands in for.
        WrongStateError: nothing was asked for that is not answered.
        ValuesRefusedError: a last day that has passed.
    """
    if not who.has_any(record.form.access.consent):
        expected = who.named(record.form.access.consent) or _("nobody: its form names nobody who consents")
        raise NotYoursError(record.number, "", expected, who.name)
    waiting = [asked for asked in asked_of(record) if not asked.is_answered and number in {None, asked.number}]
    if record.state not in RIGHTS["record consent"].states or not waiting:
        raise WrongStateError(record.number, _("consent"), _("a request that is not answered"), _("none"))
    chosen = next((asked for asked in waiting if not is_own(record, asked, who)), waiting[0])
    if is_own(record, chosen, who):
        raise NotYoursError(record.number, "", _("somebody other than who asked"), who.name)
    who = who.acting_in(record.form.access.consent)
    content: dict[str, Json] = {**head_of("consent", who, moment), "asked": chosen.number}
    if refused_because.strip():
        return {**content, "decision": "refused", "reason": check_text(refused_because.strip(), "reason")}
    last = until.isoformat() if until else moment.on
    if last < moment.on:
        expected = _("a date from {day} on").format(day=moment.on)
        raise ValuesRefusedError(record.number, [Problem("until", expected, last)])
    return {**content, "decision": "accepted", "until": last}
