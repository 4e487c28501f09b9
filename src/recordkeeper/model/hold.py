"""A hold: what it keeps, on whose demand, until somebody with authority lifts it. It never lapses by time.

Source: M-9 to M-12
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self, cast

from recordkeeper.errors import RefusalError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.form_revision import NoRoleError
from recordkeeper.model.particulars import LONGEST_REASON, check_line
from recordkeeper.model.record_state import Moment
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import base_of

ABOUT = "about"
"""Under what the act that places a hold lists the records that were about its party and premises that day."""


class LiftedAlreadyError(RetentionError, RefusalError):
    """The hold was lifted before."""

    def __init__(self, hold: str, day: str) -> None:
        super().__init__(
            _("{hold}: was lifted on {day}").format(hold=hold, day=day),
            subject=hold,
            expected=_("a hold that stands"),
            found=day,
        )


class OwnHoldError(RetentionError, RefusalError):
    """Somebody was to lift the hold that they placed."""

    def __init__(self, hold: str, person: str) -> None:
        super().__init__(
            _("{hold}: must be lifted by somebody other than {person}, who placed it").format(hold=hold, person=person),
            subject=hold,
            expected=_("another person"),
            found=person,
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hold keeps: every record that meets all that is named, or those listed one by one.

    Args:
        records: subjects of records and sheets that were named, or found on the day it was placed.
        forms: codes.
        units: subjects; the units below count too, and what they enter later.
        party, premises: subjects; both together are a dossier. Empty for any.
    """

    records: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    party: str = ""
    premises: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing."""
        return not (self.records or self.forms or self.units or self.party or self.premises)

    @property
    def content(self) -> dict[str, Json]:
        """As acts hold it."""
        named: dict[str, Json] = {}
        for name in ("records", "forms", "units"):
            if listed := getattr(self, name):
                named[name] = list(listed)
        for name in ("party", "premises"):
            if value := getattr(self, name):
                named[name] = value
        return named

    @classmethod
    def of(cls, content: Content) -> Self:
        """The scope that an act holds."""

        def several(name: str) -> tuple[str, ...]:
            return tuple(map(str, cast("Sequence[Json]", content.get(name) or ())))

        return cls(
            several("records"),
            several("forms"),
            several("units"),
            str(content.get("party", "")),
            str(content.get("premises", "")),
        )

    def covers(self, member: "Member") -> bool:
        """Whether a record is kept by it."""
        if self.is_empty:
            return False
        if self.records:
            return member.subject in self.records or member.sheet in map(base_of, self.records)
        return (
            (not self.forms or member.form in self.forms)
            and (not self.units or not set(self.units).isdisjoint(member.units))
            and (not self.party or member.party == self.party)
            and (not self.premises or member.premises == self.premises)
        )


@dataclass(frozen=True, slots=True)
class Member:
    """What a hold may go by of one record or sheet.

    Args:
        subject: the record or sheet.
        sheet: the sheet that it is a row of, by the subject it was begun under; empty for any other.
        form: code.
        units: its unit and those above it.
        party, premises: subjects; empty where it is about none.
    """

    subject: str
    sheet: str
    form: str
    units: Collection[str]
    party: str
    premises: str


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold after its acts.

    Args:
        history: the acts it follows from.
        title: what it is called.
        mandate: the dispute, inquiry or order behind it.
        scope: what it keeps.
        placed_by, placed_by_name, placed_on: who placed it, and the local date.
        lifted_by_name, lifted_on, lift_reason, lift_authority: empty while it stands.
    """

    history: History
    title: str
    mandate: str
    scope: Scope
    placed_by: str
    placed_by_name: str
    placed_on: str
    lifted_by_name: str = ""
    lifted_on: str = ""
    lift_reason: str = ""
    lift_authority: str = ""

    @property
    def subject(self) -> str:
        """``hold/1``."""
        return self.history.subject

    @property
    def is_standing(self) -> bool:
        """Whether it keeps anything."""
        return not self.lifted_on

    @staticmethod
    def place(title: str, mandate: str, scope: Scope, about: Sequence[str], who: Standing, moment: Moment) -> Content:
        """The first act of a hold.

        Args:
            title: what it is called.
            mandate: the dispute, inquiry or order behind it.
            scope: what it keeps.
            about: the records that are about its party and premises; kept, for what is gone no longer says it.
            who: who places it.
            moment: when.

        Raises:
            NoRoleError: neither controller nor approver.
            TextRefusedError: a title or mandate that cannot be used.
        """
        _check_role(_("hold"), who, RIGHTS["retention hold"].roles)
        return {
            **_head("hold", who, moment),
            "title": check_line(title, _("title")),
            "mandate": check_line(mandate, _("mandate"), LONGEST_REASON),
            "scope": scope.content,
            **({ABOUT: list(about)} if about else {}),
        }

    def lift(self, reason: str, authority: str, who: Standing, moment: Moment) -> Content:
        """The act that ends it.

        Raises:
            LiftedAlreadyError: it was lifted before.
            OwnHoldError: by whoever placed it.
            NoRoleError: no approver.
            TextRefusedError: no reason or authority.

        Source: M-10
        """
        if not self.is_standing:
            raise LiftedAlreadyError(self.subject, self.lifted_on)
        _check_role(self.subject, who, RIGHTS["retention release"].roles)
        if who.subject == self.placed_by:
            raise OwnHoldError(self.subject, who.name)
        return {
            **_head("release", who, moment),
            "reason": check_line(reason, _("reason"), LONGEST_REASON),
            "authority": check_line(authority, _("authority"), LONGEST_REASON),
        }

    @classmethod
    def replay(cls, history: History) -> Self:
        """The hold after all its acts.

        Raises:
            UnreadableActError: acts that no decision of ours wrote.
        """
        return replace(fold(history, lambda act: cls._placed(history, act), cls._lifted), history=history)

    @classmethod
    def _placed(cls, history: History, act: Act) -> Self:
        content = act.content
        if act.kind != "hold":
            raise UnknownActError(act.kind)
        scope = Scope.of(cast("Content", content["scope"]))
        return cls(
            history,
            str(content["title"]),
            str(content["mandate"]),
            scope,
            act.by,
            str(content["name"]),
            str(content["on"]),
        )

    def _lifted(self, act: Act) -> Self:
        content = act.content
        if act.kind != "release":
            raise UnknownActError(act.kind)
        return replace(
            self,
            lifted_by_name=str(content["name"]),
            lifted_on=str(content["on"]),
            lift_reason=str(content["reason"]),
            lift_authority=str(content["authority"]),
        )


def _check_role(subject: str, who: Standing, roles: tuple[str, ...]) -> None:
    if not who.has_any(roles):
        raise NoRoleError(subject, who.named(roles), who.name)


def _head(act: str, who: Standing, moment: Moment) -> dict[str, Json]:
    return {"version": 1, "act": act, "by": who.subject, "name": who.name, "at": moment.at, "on": moment.on}
