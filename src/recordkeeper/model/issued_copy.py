"""Marked copies of a record: each is issued by an act that holds its token, and changes nothing that it says.

So a copy that turns up tells by its print code whom it was made for, and it can be printed again without a trace.

Source: ISO 9001, 7.5.3.2 (distribution, access, retrieval and use)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from recordkeeper.errors import MissingError, RecordError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import WrongStateError, head_of
from recordkeeper.model.record_state import Moment
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.standing import Standing
from recordkeeper.model.value import check_text

COMMAND = "record render (--copy)"


class UnknownCopyError(RecordError, MissingError):
    """The act named issued no copy."""

    def __init__(self, number: str, act: int, known: str) -> None:
        message = _("{number}: act {act} issued no copy; those that did: {known}").format(
            number=number, act=act, known=known or "/"
        )
        super().__init__(message, subject=number, expected=known, found=str(act))


@dataclass(frozen=True, slots=True)
class IssuedCopy:
    """One marked copy.

    Args:
        act_number: the act that issued it.
        token: the ten characters of its print code.
        recipient: whom it is for; empty where that was not said.
        name: who issued it.
        at: when.
        rows: for a sheet: number and state digest of each row that it shows.
    """

    act_number: int
    token: str
    recipient: str
    name: str
    at: str
    rows: tuple[tuple[str, str], ...] = ()


def copies_of(record: Record) -> tuple[IssuedCopy, ...]:
    """The copies issued of a record, in the order of their acts."""
    return tuple(
        IssuedCopy(
            act.number,
            str(act.content["token"]),
            str(act.content.get("for", "")),
            str(act.content["name"]),
            act.at,
            tuple(
                (str(row["number"]), str(row["state"]))
                for row in cast("Sequence[Content]", act.content.get("rows", ()))
            ),
        )
        for act in record.history.told
        if act.content.get("act") == "copy"
    )


def issue_copy(
    record: Record, token: str, recipient: str, rows: Sequence[Record], who: Standing, moment: Moment
) -> Content:
    """The act that issues a copy of a record, open or closed.

    Args:
        record: the record or sheet.
        token: the copy's own.
        recipient: whom it is for; may be empty.
        rows: for a sheet: its rows.
        who: who issues it.
        moment: when.

    Raises:
        WrongStateError: the record is disposed of.
        TextRefusedError: a name that no rendering survives.
    """
    if record.state not in RIGHTS[COMMAND].states:
        raise WrongStateError(record.number, _("copy"), _("a record that is there"), _(str(record.state)))
    content: dict[str, Json] = {**head_of("copy", who, moment), "token": token}
    if recipient.strip():
        content["for"] = check_text(recipient.strip(), "for")
    if record.is_sheet:
        listed: list[Json] = [{"number": row.number, "state": row.history.digests[-1]} for row in rows]
        content["rows"] = listed
    return content
