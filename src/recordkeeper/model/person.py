"""A person who acts: login name, roles at units from a day to a day, and the keys that sign.

A person's acts hold no secret: of passphrase and sealed key they bind the SHA-256 alone. The file is long because
every act on a person is decided and replayed in one class, with its refusals above it.

Source: 21 CFR Part 11, 11.10(d), 11.100(a), 11.300; ISO 9001, 5.3
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from recordkeeper.errors import InvalidInputError, PersonError, RefusalError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.event import Act, History
from recordkeeper.model.particulars import (
    LONGEST_REASON,
    Checks,
    Period,
    amendment,
    changed_by,
    check_code,
    check_line,
)
from recordkeeper.model.replay import UnknownActError, fold
from recordkeeper.model.value import format_moment

CONTROLLER, APPROVER, AUDITOR = "controller", "approver", "auditor"
PRODUCT_ROLES = (CONTROLLER, APPROVER, AUDITOR)
BUILT_IN_ROLES: Mapping[str, tuple[str, str]] = {
    CONTROLLER: ("文控员", "Document controller"),
    APPROVER: ("批准人", "Approver"),
    AUDITOR: ("审核员", "Auditor"),
    "program": ("程序", "Program"),
    "party": ("顾客", "Customer"),
}
"""The Chinese and English names of the roles that no procedure has to define."""


def role_name(role: str, names: Mapping[str, str] | None = None) -> str:
    """A role as a person reads it: by ``names``, of those of the product in the language in use; else its id."""
    if names is not None and role in names:
        return names[role]
    built_in = BUILT_IN_ROLES.get(role)
    return role if built_in is None else built_in[current_language() == "en"]


_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHECKS: Checks = {"name": lambda text: check_line(text, _("name"))}


class SelfGrantError(PersonError, RefusalError):
    """Somebody would give or take a right that concerns themselves."""

    def __init__(self, login: str) -> None:
        super().__init__(_("{login}: another person must do this").format(login=login), subject=login)


class AlreadyGrantedError(PersonError, RefusalError):
    """The person holds the role at the unit already on one of the days."""

    def __init__(self, login: str, role: str, since: date) -> None:
        message = _("{login}: holds the role {role} at this unit already, from {since}").format(
            login=login, role=role, since=since.isoformat()
        )
        super().__init__(message, subject=login, found=role)


class NotGrantedError(PersonError, InvalidInputError):
    """The person does not hold the role that is to be revoked."""

    def __init__(self, login: str, role: str, on: date) -> None:
        message = _("{login}: does not hold the role {role} at this unit on {on} or later").format(
            login=login, role=role, on=on.isoformat()
        )
        super().__init__(message, subject=login, found=role)


class EndlessAuditorError(PersonError, InvalidInputError):
    """An auditor's role without an end."""

    def __init__(self, login: str) -> None:
        message = _("{login}: an auditor's role needs a last day, none found").format(login=login)
        super().__init__(message, subject=login, expected=_("a last day"))


class MixedAuditorError(PersonError, RefusalError):
    """An auditor's account would hold another role on the same days."""

    def __init__(self, login: str, role: str) -> None:
        message = _("{login}: an auditor's account holds no other role on the same days, found {role}").format(
            login=login, role=role
        )
        super().__init__(message, subject=login, expected=_("an account of its own for an auditor"), found=role)


class OwnDeputyError(PersonError, InvalidInputError):
    """Somebody is to stand in for themselves."""

    def __init__(self, login: str) -> None:
        super().__init__(_("{login}: expected another person to stand in").format(login=login), subject=login)


class EndlessDeputyError(PersonError, InvalidInputError):
    """A deputy without a last day."""

    def __init__(self, login: str) -> None:
        message = _("{login}: a deputy is appointed to a last day, none found").format(login=login)
        super().__init__(message, subject=login, expected=_("a last day"))


class DisabledPersonError(PersonError, RefusalError):
    """The account is closed."""

    def __init__(self, login: str, since: date) -> None:
        message = _("{login}: the account is closed since {since}").format(login=login, since=since.isoformat())
        super().__init__(message, subject=login, found=since.isoformat())


class NoKeyError(PersonError, RefusalError):
    """The person has no key to sign with: a shared account, or one whose key is retired."""

    def __init__(self, login: str, reason: str) -> None:
        super().__init__(
            _("{login}: cannot sign: {reason}").format(login=login, reason=reason),
            subject=login,
            found=reason,
        )


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the moments between which it signs.

    Args:
        public_key: Ed25519, 64 hexadecimal characters.
        from_at: the UTC moment of its first use.
        to_at: the UTC moment when it was retired; none while it is in use.
    """

    public_key: str
    from_at: str
    to_at: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """That a person holds a role at a unit and at all units below it.

    Args:
        role: its id.
        unit: ``unit/2``.
        period: from when to when.
    """

    role: str
    unit: str
    period: Period


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who stands in for a person, and where.

    Args:
        person: ``person/9``.
        unit: the deputy has the roles held at this unit and below it.
        period: from when to when; a successor's has no end.
    """

    person: str
    unit: str
    period: Period


@dataclass(frozen=True, slots=True)
class Seal:
    """What a person's acts bind of their credential.

    Args:
        passphrase_hash: SHA-256 of the stored passphrase hash, hexadecimal.
        sealed_key: SHA-256 of the stored sealed key, hexadecimal.
    """

    passphrase_hash: str
    sealed_key: str


def every_name(history: History) -> frozenset[str]:
    """Every name that a person ever had, as their acts tell."""
    changed = (act.content.get("changed") for act in history.acts[1:])
    named = [history.acts[1].content, *(each for each in changed if isinstance(each, Mapping))]
    return frozenset(str(each["name"]) for each in named if "name" in each)


@dataclass(frozen=True, slots=True)
class Person:
    """One person, or an account that several share.

    Args:
        subject: ``person/7``.
        login: the login name; never changes.
        name: as it is printed.
        is_shared: whether several people use the account; such an account cannot sign.
        seal: what binds the stored passphrase and key.
        keys: the keys in the order of their use; none for a shared account.
        grants: the roles held, in the order of entry.
        disabled_on: the first day on which the account is closed.
        deputies: who stands in for them; once the account is closed, their successor.
    """

    subject: str
    login: str
    name: str
    is_shared: bool
    seal: Seal
    keys: tuple[Key, ...] = ()
    grants: tuple[Grant, ...] = ()
    disabled_on: date | None = None
    deputies: tuple[Deputy, ...] = ()

    @staticmethod
    def init(
        *, by: str, at: datetime, login: str, name: str, seal: Seal, public_key: str, unit: str, on: date
    ) -> Content:
        """The first act of the first person, who is controller at the root unit from that day on.

        Raises:
            TextRefusedError: a login or name that cannot be used.
        """
        added = Person.add(by=by, at=at, login=login, name=name, seal=seal, public_key=public_key)
        return {**added, "act": "init", "role": CONTROLLER, "unit": unit, "valid_from": on.isoformat()}

    @staticmethod
    def add(*, by: str, at: datetime, login: str, name: str, seal: Seal, public_key: str | None) -> Content:
        """The first act of a person.

        Args:
            by: who adds them.
            at: the moment of entry.
            login: the login name.
            name: as it is printed.
            seal: what binds the stored credential.
            public_key: the key that will sign; none makes a shared account, which cannot.

        Raises:
            TextRefusedError: a login or name that cannot be used.
        """
        return {
            "act": "add",
            "by": by,
            "at": format_moment(at),
            "login": check_login(login),
            "name": check_line(name, _("name")),
            "is_shared": public_key is None,
            "public_key": public_key,
            **_bound(seal),
        }

    @classmethod
    def replay(cls, history: History) -> Self:
        """The person after all their acts.

        Raises:
            UnreadableActError: an act that no release writes.
        """
        return fold(history, cls._first, cls._after)

    @classmethod
    def _first(cls, act: Act) -> Self:
        content = act.content
        if act.kind not in {"init", "add"}:
            raise UnknownActError(act.kind)
        public_key = content["public_key"]
        person = cls(
            subject=act.subject,
            login=str(content["login"]),
            name=str(content["name"]),
            is_shared=bool(content["is_shared"]),
            seal=_seal_of(content),
            keys=() if public_key is None else (Key(str(public_key), act.at, None),),
        )
        return person._granted(content) if act.kind == "init" else person

    def _after(self, act: Act) -> Self:
        content = act.content
        match act.kind:
            case "amend":
                return replace(self, **changed_by(act, _CHECKS))  # type: ignore[arg-type]  # a text
            case "grant":
                return self._granted(content)
            case "revoke":
                return self._revoked(content)
            case "disable":
                person = self._deputized(content) if "deputy" in content else self
                return replace(
                    person,
                    keys=person._retired(str(content["key_to_at"])).keys,  # noqa: SLF001 - the same class
                    disabled_on=date.fromisoformat(str(content["on"])),
                )
            case "deputize":
                return self._deputized(content)
            case "retire-key":
                return self._retired(str(content["key_to_at"]))
            case "passphrase":
                person = replace(self, seal=_seal_of(content))
                public_key = content.get("public_key")
                if public_key is None:
                    return person
                return replace(person, keys=(*self.keys, Key(str(public_key), act.at, None)))
            case _:
                raise UnknownActError(act.kind)

    def _deputized(self, content: Content) -> Self:
        deputy = Deputy(str(content["deputy"]), str(content["unit"]), Period.of(content))
        return replace(self, deputies=(*self.deputies, deputy))

    def _granted(self, content: Content) -> Self:
        grant = Grant(str(content["role"]), str(content["unit"]), Period.of(content))
        return replace(self, grants=(*self.grants, grant))

    def _revoked(self, content: Content) -> Self:
        on = date.fromisoformat(str(content["on"]))
        concerned = self._concerned(str(content["role"]), str(content["unit"]), on)
        kept = (
            replace(grant, period=Period(grant.period.first, on - timedelta(days=1))) if grant in concerned else grant
            for grant in self.grants
            if grant not in concerned or grant.period.first < on
        )
        return replace(self, grants=tuple(kept))

    def _retired(self, to_at: str) -> Self:
        return replace(self, keys=tuple(replace(key, to_at=to_at) if key.to_at is None else key for key in self.keys))

    def amend(self, *, by: str, at: datetime, name: str, reason: str | None = None) -> Content:
        """Change the name as it is printed.

        Raises:
            NothingAmendedError: it is this name already.
            TextRefusedError: a name that cannot be used.
        """
        return amendment(self, self.login, _CHECKS, {"name": name}, by=by, at=at, reason=reason)

    def grant(
        self,
        *,
        by: str,
        at: datetime,
        role: str,
        unit: str,
        valid_from: date,
        valid_to: date | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Content:
        """Give a role at a unit, from a day on, to a day where that is known; a refusal calls roles by ``names``.

        Raises:
            SelfGrantError: nobody gives a role to themselves.
            DisabledPersonError: the account is closed by then.
            TextRefusedError: a role that cannot be, or an end before the beginning.
            EndlessAuditorError: an auditor's role without a last day.
            AlreadyGrantedError: it is held already on one of these days.
            MixedAuditorError: an auditor's account would hold another role, or the other way round.
        """
        self._check_other(by)
        self.check_active_on(valid_from)
        check_role(role)
        period = Period.checked(valid_from, valid_to, self.login)
        if role == AUDITOR and valid_to is None:
            raise EndlessAuditorError(self.login)
        for known in self.grants:
            if (known.role, known.unit) == (role, unit) and known.period.overlaps(period):
                raise AlreadyGrantedError(self.login, role_name(role, names), known.period.first)
            if (known.role == AUDITOR) != (role == AUDITOR) and known.period.overlaps(period):
                raise MixedAuditorError(self.login, role_name(known.role, names))
        return {
            "act": "grant",
            "by": by,
            "at": format_moment(at),
            "role": role,
            "unit": unit,
            **period.content,
        }

    def revoke(
        self, *, by: str, at: datetime, role: str, unit: str, on: date, names: Mapping[str, str] | None = None
    ) -> Content:
        """Take a role at a unit away: it is not held on that day or later; a refusal calls it by ``names``.

        Raises:
            NotGrantedError: it is not held on that day or later.
        """
        if not self._concerned(role, unit, on):
            raise NotGrantedError(self.login, role_name(role, names), on)
        return {
            "act": "revoke",
            "by": by,
            "at": format_moment(at),
            "role": role,
            "unit": unit,
            "on": on.isoformat(),
        }

    def _concerned(self, role: str, unit: str, on: date) -> tuple[Grant, ...]:
        return tuple(
            grant
            for grant in self.grants
            if (grant.role, grant.unit) == (role, unit) and grant.period.overlaps(Period(on, None))
        )

    def deputize(
        self, *, by: str, at: datetime, deputy: str, unit: str, valid_from: date, valid_to: date | None, reason: str
    ) -> Content:
        """Let another person act with the roles of this one at a unit, from a day to a day.

        The product's own roles do not pass: nobody administers or approves for another.

        Raises:
            SelfGrantError: nobody appoints their own deputy.
            OwnDeputyError: the person themselves.
            EndlessDeputyError: no last day.
            DisabledPersonError: the account is closed by then.
            TextRefusedError: no reason, or an end before the beginning.
        """
        self._check_other(by)
        self.check_active_on(valid_from)
        if deputy == self.subject:
            raise OwnDeputyError(self.login)
        if valid_to is None:
            raise EndlessDeputyError(self.login)
        return {
            "act": "deputize",
            "by": by,
            "at": format_moment(at),
            "deputy": deputy,
            "unit": unit,
            "reason": check_line(reason, _("reason"), LONGEST_REASON),
            **Period.checked(valid_from, valid_to, self.login).content,
        }

    def stood_in_for(self, deputy: str, units: Collection[str], day: date) -> frozenset[str]:
        """What passes to a deputy on that day: this person, and the roles of procedures that they hold there.

        Args:
            deputy: ``person/9``.
            units: a unit and every unit above it.
            day: the day in the company's time zone.
        """
        is_deputy = any(
            each.person == deputy and each.unit in units and each.period.holds_on(day) for each in self.deputies
        )
        if not is_deputy:
            return frozenset()
        return (self.roles_at(units, day) - set(PRODUCT_ROLES)) | {self.subject}

    def disable(
        self, *, by: str, at: datetime, on: date, key_to_at: datetime, reason: str, successor: str = "", unit: str = ""
    ) -> Content:
        """Close the account from a day on and retire its key; signatures before stay valid.

        Args:
            by: who closes it.
            at: the moment of entry.
            on: the first day on which it is closed.
            key_to_at: the moment from which the key signs no more, not before ``at``.
            reason: why.
            successor: who goes on with what the person was named for; none where there is nothing.
            unit: the company, where there is a successor.

        Raises:
            OwnDeputyError: the person themselves.
            SelfGrantError: nobody closes their own account.
            DisabledPersonError: it is closed already.
            TextRefusedError: no reason.
        """
        self._check_other(by)
        if self.disabled_on is not None:
            raise DisabledPersonError(self.login, self.disabled_on)
        if successor == self.subject:
            raise OwnDeputyError(self.login)
        passed: dict[str, Json] = {}
        if successor:
            passed = {"deputy": successor, "unit": unit, **Period(on, None).content}
        return {
            **passed,
            "act": "disable",
            "by": by,
            "at": format_moment(at),
            "on": on.isoformat(),
            "key_to_at": format_moment(max(at, key_to_at)),
            "reason": check_line(reason, _("reason"), LONGEST_REASON),
        }

    def passphrase(self, *, by: str, at: datetime, seal: Seal) -> Content:
        """Seal the same key under another passphrase; its owner alone can.

        Raises:
            SelfGrantError: another person asks for it.
        """
        if by != self.subject:
            raise SelfGrantError(self.login)
        return {"act": "passphrase", "by": by, "at": format_moment(at), **_bound(seal)}

    def retire_key(self, *, by: str, at: datetime, reason: str) -> Content:
        """Retire the key now; signatures before stay valid.

        Raises:
            SelfGrantError: nobody retires their own key.
            TextRefusedError: no reason.
        """
        self._check_other(by)
        return {
            "act": "retire-key",
            "by": by,
            "at": format_moment(at),
            "key_to_at": format_moment(at),
            "reason": check_line(reason, _("reason"), LONGEST_REASON),
        }

    def new_passphrase(self, *, by: str, at: datetime, seal: Seal, public_key: str) -> Content:
        """A new passphrase with a new key, after the old one is retired.

        Raises:
            SelfGrantError: nobody resets their own passphrase.
        """
        self._check_other(by)
        key = None if self.is_shared else public_key
        return {
            "act": "passphrase",
            "by": by,
            "at": format_moment(at),
            **_bound(seal),
            "public_key": key,
        }

    def roles_at(self, units: Collection[str], day: date) -> frozenset[str]:
        """The roles held on that day.

        Args:
            units: a unit and every unit above it.
            day: the day in the company's time zone.
        """
        if not self.is_active_on(day):
            return frozenset()
        return frozenset(grant.role for grant in self.grants if grant.unit in units and grant.period.holds_on(day))

    def is_auditor_on(self, day: date) -> bool:
        """Whether this is an auditor's account on that day, of whatever unit."""
        return any(grant.role == AUDITOR and grant.period.holds_on(day) for grant in self.grants)

    def is_auditors_account_on(self, day: date) -> bool:
        """Whether this is, or was and became nothing else, an auditor's account: what it sees ends with its role."""
        was = any(grant.role == AUDITOR and grant.period.first <= day for grant in self.grants)
        return was and not any(grant.role != AUDITOR and grant.period.holds_on(day) for grant in self.grants)

    def audited_units_on(self, day: date) -> frozenset[str]:
        """The units of an auditor's scope on that day; none before it begins and after it ends."""
        return frozenset(grant.unit for grant in self.grants if grant.role == AUDITOR and grant.period.holds_on(day))

    def check_no_auditor_within(self, period: Period) -> None:
        """Refuse an account that is an auditor's on one of the days.

        Raises:
            MixedAuditorError: it is.
        """
        if any(grant.role == AUDITOR and grant.period.overlaps(period) for grant in self.grants):
            raise MixedAuditorError(self.login, role_name(AUDITOR))

    def is_active_on(self, day: date) -> bool:
        """Whether the account is open on that day."""
        return self.disabled_on is None or day < self.disabled_on

    def check_active_on(self, day: date) -> None:
        """Refuse a closed account.

        Raises:
            DisabledPersonError: it is closed on that day.
        """
        if self.disabled_on is not None and day >= self.disabled_on:
            raise DisabledPersonError(self.login, self.disabled_on)

    def key_at(self, moment: datetime) -> str | None:
        """The public key in use at that moment, hexadecimal; none where there was none."""
        at = format_moment(moment)
        for key in reversed(self.keys):
            if key.from_at <= at and (key.to_at is None or at < key.to_at):
                return key.public_key
        return None

    def check_signs_with(self, public_key: str, moment: datetime) -> None:
        """Refuse a key that does not sign for this person at that moment.

        Raises:
            NoKeyError: a shared account, or a key that is retired or another's.
        """
        if self.is_shared:
            raise NoKeyError(self.login, _("several people use this account"))
        if self.key_at(moment) != public_key:
            reason = _("the key is not the one in use; the controller sets a new one: user passphrase {login}")
            raise NoKeyError(self.login, reason.format(login=self.login))

    def had_key(self, public_key: str, moment: datetime) -> bool:
        """Whether that key signed for this person at that moment, the second of its retirement included."""
        at = format_moment(moment)
        return any(
            key.public_key == public_key and key.from_at <= at and (key.to_at is None or at <= key.to_at)
            for key in self.keys
        )

    def _check_other(self, by: str) -> None:
        if by == self.subject:
            raise SelfGrantError(self.login)


def check_login(login: str) -> str:
    """``login`` if it can be a login name.

    Raises:
        TextRefusedError: it cannot.
    """
    expected = _("2 to 32 small letters, digits, dots, dashes and underscores, a letter first")
    return check_code(login, _LOGIN, _("login"), expected)


def check_role(role: str) -> str:
    """``role`` if it can be the id of a role.

    Raises:
        TextRefusedError: it cannot.
    """
    return check_code(role, _ROLE, _("role"), _("small letters, digits and underscores, a letter first"))


def _bound(seal: Seal) -> dict[str, Json]:
    return {"passphrase_hash_sha256": seal.passphrase_hash, "sealed_key_sha256": seal.sealed_key}


def _seal_of(content: Content) -> Seal:
    return Seal(str(content["passphrase_hash_sha256"]), str(content["sealed_key_sha256"]))
