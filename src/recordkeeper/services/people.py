"""People: who acts and in which roles; accounts, passphrases, sessions and signing keys.

Rights are checked here and not at the command line. Users are added, closed and reset by a controller of the
whole company; a role is given and taken by a controller of the unit it is for, never to oneself. The file is long
because it has one function for every act on a person, and proving who acts is a part of the same matter.

Source: ISO 9001, 5.3; 21 CFR Part 11, 11.10(d), 11.100, 11.200, 11.300
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import TYPE_CHECKING

from recordkeeper.credentials.keyring import (
    Credential,
    SigningKey,
    WrongPassphraseError,
    create_credential,
    open_key,
    reseal,
)
from recordkeeper.credentials.session import new_token, token_digest
from recordkeeper.errors import CredentialError, InvalidInputError, MissingError, PersonError, RefusalError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, digest
from recordkeeper.model.event import History
from recordkeeper.model.particulars import Period
from recordkeeper.model.person import AUDITOR, CONTROLLER, MixedAuditorError, Person, Seal
from recordkeeper.model.standing import Standing
from recordkeeper.model.subject import PROGRAM, is_subject, kind_of, record_subject, sheet_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register import directory
from recordkeeper.register.people_projection import person_rows
from recordkeeper.services.company import company, new_subject, role_names, today, unit_and_above
from recordkeeper.services.right import check_right
from recordkeeper.services.sight import sight_of

if TYPE_CHECKING:
    from recordkeeper.register.acts import Register, Transaction
    from recordkeeper.register.snapshot import Snapshot

FIRST_PERSON = "person/1"
SESSION_LASTS = timedelta(hours=8)
FREE_ATTEMPTS = 5
"""So many wrong passphrases cost no waiting; each further one doubles it."""
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_REMEMBERED = timedelta(hours=1)


class UnknownPersonError(PersonError, MissingError):
    """There is no person of that login, name or id."""

    def __init__(self, found: str) -> None:
        super().__init__(_("user {found}: there is none").format(found=found), subject=found, found=found)


class SeveralPersonsError(PersonError, InvalidInputError):
    """A name that several persons have."""

    def __init__(self, name: str, count: int) -> None:
        message = _("{name}: {count} users have this name: expected a login").format(name=name, count=count)
        super().__init__(message, subject=name, expected=_("a login"), found=str(count))


class LoginTakenError(PersonError, RefusalError):
    """Another person has the login name."""

    def __init__(self, login: str) -> None:
        super().__init__(_("user {login}: exists already").format(login=login), subject=login)


class LastControllerError(PersonError, RefusalError):
    """Nobody would be left who may administer people."""

    def __init__(self, login: str) -> None:
        message = _("{login}: the last controller of the company stays").format(login=login)
        super().__init__(message, subject=login)


class TooManyAttemptsError(CredentialError, RefusalError):
    """So many wrong passphrases were given that the next one has to wait."""

    def __init__(self, login: str, count: int, wait: timedelta) -> None:
        seconds = ceil(wait.total_seconds())
        expected = ngettext("{seconds} second of waiting", "{seconds} seconds of waiting", seconds).format(
            seconds=seconds
        )
        message = ngettext(
            "{login}: {count} wrong passphrases: wait {seconds} second, or ask the controller for a new passphrase",
            "{login}: {count} wrong passphrases: wait {seconds} seconds, or ask the controller for a new passphrase",
            seconds,
        ).format(login=login, count=count, seconds=seconds)
        super().__init__(message, subject=login, expected=expected, found=str(count))


class AlteredCredentialError(CredentialError, RefusalError):
    """The stored passphrase or key is not the one that the person's acts bind."""

    def __init__(self, login: str) -> None:
        message = _("{login}: the stored passphrase or key is not the one that was set").format(login=login)
        super().__init__(message, subject=login)


class SessionEndedError(CredentialError, RefusalError):
    """A session is to prove who acts whose eight hours are over."""

    def __init__(self, login: str, ended_at: datetime) -> None:
        when = ended_at.strftime("%Y-%m-%d %H:%M %z")
        message = _("{login}: the session ended at {when}: log in again").format(login=login, when=when)
        super().__init__(message, subject=login, expected=_("an open session"), found=when)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of whom it is proven that they act.

    Args:
        subject: ``person/7``.
        login: the login name.
        name: as it is printed.
    """

    subject: str
    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A person with the opened key.

    Args:
        subject: ``person/7``.
        name: as it is printed.
        key: lives as long as the command that asked for the passphrase.
        unattended: whether nobody sat at the keyboard.
    """

    subject: str
    name: str
    key: SigningKey
    unattended: bool

    @property
    def public_key(self) -> str:
        """The public key, hexadecimal."""
        return self.key.public_key

    def sign(self, data: bytes) -> str:
        """The signature over ``data``, hexadecimal."""
        return self.key.sign(data)


@dataclass(frozen=True, slots=True)
class Session:
    """A session just opened.

    Args:
        actor: whose it is.
        token: what proves it; kept by the user alone.
        ends_at: aware, UTC.
    """

    actor: Actor
    token: str
    ends_at: datetime


def person_of(snapshot: "Snapshot", subject: str) -> Person:
    """The person ``subject``.

    Raises:
        UnknownPersonError: there is no such person.
    """
    return Person.replay(_history(snapshot, subject))


def find_person(snapshot: "Snapshot", text: str) -> Person:
    """The person with that login, id (``person/7``) or name.

    Raises:
        UnknownPersonError: nobody has it.
        SeveralPersonsError: several have the name.
    """
    if kind_of(text) == "person" and directory.is_known(snapshot, text):
        return person_of(snapshot, text)
    subject = directory.person_with_login(snapshot, text)
    named = [subject] if subject else directory.persons_named(snapshot, text)
    if not named:
        raise UnknownPersonError(text)
    if len(named) > 1:
        raise SeveralPersonsError(text, len(named))
    return person_of(snapshot, named[0])


def everybody(register: "Register") -> list[Person]:
    """Everybody, in the order in which they were added."""
    with register.reading() as snapshot:
        people = [Person.replay(history) for history in snapshot.histories("person")]
    return sorted(people, key=lambda person: int(person.subject.partition("/")[2]))


def list_people(register: "Register", actor: Actor, now: datetime) -> list[Person]:
    """Everybody who is seen, in the order in which they were added.

    Raises:
        AuditEndedError, DisabledPersonError: as ``check_right``.
    """
    with register.reading() as snapshot:
        sight = sight_of(snapshot, actor, "user list", now)
    return [person for person in everybody(register) if sight.sees(person.subject)]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who stands in for whom.

    Args:
        principal: the person with the roles.
        deputy: who acts with them, or went on after a leaver.
        unit: ``unit/2``, with those below it.
        period: a successor's has no end.
    """

    principal: Person
    deputy: Person
    unit: str
    period: Period


def stand_ins(snapshot: "Snapshot", person: Person, on: date) -> list[StandIn]:
    """Who stands in for a person and for whom that person does, on that day or later.

    Args:
        snapshot: where to look.
        person: either of the two.
        on: the local date.
    """
    others = [person_of(snapshot, subject) for subject in directory.stood_in_for(snapshot, person.subject)]
    several = [
        StandIn(principal, person_of(snapshot, each.person), each.unit, each.period)
        for principal in (person, *others)
        for each in principal.deputies
        if person.subject in {principal.subject, each.person}
    ]
    return [each for each in several if each.period.last is None or on <= each.period.last]


def standing(snapshot: "Snapshot", actor: Actor, unit: str, on: date) -> Standing:
    """What ``actor`` is at ``unit`` on that day: roles held there or at a unit above.

    Raises:
        UnknownPersonError: there is no such person.
        UnknownPlaceError: there is no such unit.
    """
    person = person_of(snapshot, actor.subject)
    roles = person.roles_at(unit_and_above(snapshot, unit), on)
    return Standing(person.subject, person.name, roles, role_names(snapshot))


def authenticate(register: "Register", login: str, passphrase: str, now: datetime) -> Actor:
    """The person with that login, if the passphrase is theirs; a wrong one leaves its own event.

    Raises:
        UnknownPersonError: there is no such person.
        WrongPassphraseError: the passphrase is not theirs.
        TooManyAttemptsError: too many were not, and not long ago.
        AlteredCredentialError: the stored credential is not the one that was set.
        DisabledPersonError: the account is closed.
    """
    person, _key = _open(register, login, passphrase, now)
    return Actor(person.subject, person.login, person.name)


def open_signing_key(register: "Register", actor: Actor, passphrase: str, now: datetime, *, unattended: bool) -> Signer:
    """The key with which ``actor`` signs.

    Args:
        register: where the sealed key is.
        actor: who signs.
        passphrase: asked again for this act.
        now: aware, UTC.
        unattended: whether nobody sat at the keyboard.

    Raises:
        WrongPassphraseError: the passphrase is not theirs.
        TooManyAttemptsError: too many were not, and not long ago.
        AlteredCredentialError: the stored credential is not the one that was set.
        DisabledPersonError: the account is closed.
        NoKeyError: a shared account, or the key is retired.

    Source: 21 CFR 11.200(a); P-13
    """
    person, key = _open(register, actor.login, passphrase, now)
    person.check_signs_with(key.public_key, now)
    return Signer(person.subject, person.name, key, unattended)


def _open(register: "Register", login: str, passphrase: str, now: datetime) -> tuple[Person, SigningKey]:
    with register.reading() as snapshot:
        person, credential = _credential(snapshot, login)
        _check_patience(login, snapshot.wrong_passphrases(person.subject, now - _REMEMBERED), now)
        day = today(snapshot, now)
    try:
        key = open_key(credential, passphrase, person.login)
    except WrongPassphraseError:
        with register.writing(now=now) as transaction:
            transaction.note("wrong-passphrase", actor=PROGRAM, subject=person.subject)
        raise
    person.check_active_on(day)
    return person, key


def _check_patience(login: str, wrong_at: "list[datetime]", now: datetime) -> None:
    """Refuse a passphrase, right or wrong, that comes too soon after many wrong ones.

    Raises:
        TooManyAttemptsError: it has to wait.

    Source: 21 CFR 11.300(d)
    """
    if len(wrong_at) < FREE_ATTEMPTS:
        return
    wait = min(SHORTEST_WAIT * 2 ** min(len(wrong_at) - FREE_ATTEMPTS, 10), LONGEST_WAIT)
    if now < wrong_at[-1] + wait:
        raise TooManyAttemptsError(login, len(wrong_at), wrong_at[-1] + wait - now)


def _credential(snapshot: "Snapshot", login: str) -> tuple[Person, Credential]:
    subject = directory.person_with_login(snapshot, login)
    if subject is None:
        raise UnknownPersonError(login)
    person = person_of(snapshot, subject)
    stored = snapshot.credential(subject)
    if stored is None or _seal(Credential(*stored)) != person.seal or person.login != login:
        raise AlteredCredentialError(login)
    return person, Credential(*stored)


def _seal(credential: Credential) -> Seal:
    return Seal(digest(credential.passphrase_hash.encode()), digest(credential.sealed_key.encode()))


def open_session(register: "Register", login: str, passphrase: str, now: datetime) -> Session:
    """Log in: a session of eight hours.

    Raises:
        UnknownPersonError: there is no such person.
        WrongPassphraseError: the passphrase is not theirs.
        TooManyAttemptsError: too many were not, and not long ago.
        AlteredCredentialError: the stored credential is not the one that was set.
        DisabledPersonError: the account is closed.
    """
    actor = authenticate(register, login, passphrase, now)
    session = Session(actor, new_token(), now + SESSION_LASTS)
    with register.writing(now=now) as transaction:
        transaction.open_session(token_digest(session.token), actor.subject, session.ends_at)
        bound = token_digest(session.token)
        transaction.note("login", actor=actor.subject, subject=actor.subject, bound_digest=bound)
    return session


def close_session(register: "Register", actor: Actor, token: str, now: datetime) -> None:
    """Log out."""
    with register.writing(now=now) as transaction:
        transaction.close_session(token_digest(token))
        transaction.note("logout", actor=actor.subject, subject=actor.subject)


def actor_of_session(register: "Register", token: str, now: datetime, person: str = "") -> Actor | None:
    """Whose open session ``token`` proves; none where it was closed, no login began it or the account is closed.

    Args:
        register: the open register.
        token: as it was given at the login.
        now: aware, UTC.
        person: whose it is as its file says; what has ended is told of to them alone.

    Raises:
        SessionEndedError: eight hours have passed since the login, whatever was done meanwhile.

    Source: 21 CFR 11.10(d)
    """
    bound = token_digest(token)
    with register.reading() as snapshot:
        open_for = snapshot.session_person(bound, now)
        subject = open_for or person
        begun_at = snapshot.login_with(subject, bound)
        if begun_at is None:
            return None
        found = person_of(snapshot, subject)
        if not found.is_active_on(today(snapshot, now)):
            return None
        if begun_at + SESSION_LASTS <= now:
            raise SessionEndedError(found.login, (begun_at + SESSION_LASTS).astimezone(company(snapshot).zone))
    return Actor(found.subject, found.login, found.name) if open_for else None


def record_refusal(register: "Register", actor: Actor | None, about: str, now: datetime) -> None:
    """Leave the event of a refused act, in a transaction of its own.

    Args:
        register: where it was refused.
        actor: who asked for it; none where that is not proven.
        about: what the refusal is about as its message names it; the event holds a number or surrogate alone.
        now: aware, UTC.
    """
    with register.writing(now=now) as transaction:
        subject = _subject_named(transaction, about)
        transaction.note("refuse", actor=actor.subject if actor else PROGRAM, subject=subject)


def _subject_named(snapshot: "Snapshot", about: str) -> str | None:
    first = (about.split() or [""])[0]
    candidates = (first, record_subject(first), sheet_subject(first))
    known = (
        name
        for name in candidates
        if is_subject(name) and (directory.is_known(snapshot, name) or snapshot.tombstone(name) is not None)
    )
    return next(known, None) or directory.person_with_login(snapshot, first)


def add_user(register: "Register", actor: Actor, *, login: str, name: str, passphrase: str, now: datetime) -> Person:
    """Add a person with a key of their own, as yet without a role.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        LoginTakenError: there is such a login.
        TextRefusedError: a login or name that cannot be used.
        UnusablePassphraseError: the passphrase is too short.
    """
    credential, public_key = create_credential(passphrase)
    return _add(register, actor, login, name, credential, public_key, now)


def add_shared_account(
    register: "Register", actor: Actor, *, login: str, name: str, passphrase: str, now: datetime
) -> Person:
    """Add an account that several people use; it cannot sign.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        LoginTakenError: there is such a login.
        TextRefusedError: a login or name that cannot be used.
        UnusablePassphraseError: the passphrase is too short.
    """
    credential, _public_key = create_credential(passphrase)
    return _add(register, actor, login, name, credential, None, now)


def _add(
    register: "Register",
    actor: Actor,
    login: str,
    name: str,
    credential: Credential,
    public_key: str | None,
    now: datetime,
) -> Person:
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user add", now)
        content = Person.add(
            by=actor.subject, at=now, login=login, name=name, seal=_seal(credential), public_key=public_key
        )
        return _store(transaction, content, credential)


def add_first_controller(
    transaction: "Transaction", *, login: str, name: str, credential: Credential, public_key: str, on: date
) -> Person:
    """Add the first person of a new register, controller of the company from that day on.

    Raises:
        TextRefusedError: a login or name that cannot be used.
    """
    content = Person.init(
        by=FIRST_PERSON,
        at=transaction.now,
        login=login,
        name=name,
        seal=_seal(credential),
        public_key=public_key,
        unit=ROOT_UNIT,
        on=on,
    )
    return _store(transaction, content, credential)


def _store(transaction: "Transaction", content: Content, credential: Credential) -> Person:
    # The number is taken first: it makes whoever adds another person wait, so that the login is looked up after theirs.
    history = new_subject(transaction, "person")
    login = str(content["login"])
    if directory.person_with_login(transaction, login) is not None:
        raise LoginTakenError(login)
    transaction.set_credential(history.subject, credential.passphrase_hash, credential.sealed_key)
    return _append(transaction, history, content)


def _append(transaction: "Transaction", history: History, content: Content) -> Person:
    person = Person.replay(history.followed_by(content))
    transaction.append(history, content, person_rows(person))
    return person


def _history(snapshot: "Snapshot", subject: str) -> History:
    history = snapshot.history(subject) if kind_of(subject) == "person" else None
    if history is None:
        raise UnknownPersonError(subject)
    return history


def amend_user(
    register: "Register", actor: Actor, *, login: str, name: str, reason: str | None, now: datetime
) -> Person:
    """Change a person's name as it is printed.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnknownPersonError: there is no such person.
        NothingAmendedError: it is this name already.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user amend", now)
        person = find_person(transaction, login)
        content = person.amend(by=actor.subject, at=now, name=name, reason=reason)
        return _append(transaction, _history(transaction, person.subject), content)


def grant(
    register: "Register",
    actor: Actor,
    *,
    login: str,
    role: str,
    unit: str,
    valid_from: date | None,
    valid_to: date | None,
    now: datetime,
) -> Person:
    """Give a person a role at a unit.

    Args:
        register: where.
        actor: who gives it: a controller of that unit, not the person.
        login: who gets it.
        role: the role's id.
        unit: ``unit/2``.
        valid_from: the first day; today where not given.
        valid_to: the last day; none where it lasts.
        now: aware, UTC.

    Raises:
        NoRightError: ``actor`` is no controller at the unit.
        UnknownPersonError: there is no such person.
        PersonError: one of the refusals of ``Person.grant``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user grant", now, unit)
        person = find_person(transaction, login)
        first_day = valid_from or today(transaction, now)
        content = person.grant(
            by=actor.subject,
            at=now,
            role=role,
            unit=unit,
            valid_from=first_day,
            valid_to=valid_to,
            names=role_names(transaction),
        )
        if role == AUDITOR:
            _check_no_deputy(transaction, person, Period(first_day, valid_to))
        return _append(transaction, _history(transaction, person.subject), content)


def _check_no_deputy(snapshot: "Snapshot", person: Person, period: Period) -> None:
    """Refuse an auditor's role for somebody who stands in for another on one of its days.

    Raises:
        MixedAuditorError: they do.
    """
    for subject in directory.stood_in_for(snapshot, person.subject):
        other = person_of(snapshot, subject)
        if any(each.person == person.subject and each.period.overlaps(period) for each in other.deputies):
            raise MixedAuditorError(person.login, _("deputy of {login}").format(login=other.login))


def revoke(
    register: "Register",
    actor: Actor,
    *,
    login: str,
    role: str,
    unit: str,
    on: date | None,
    now: datetime,
) -> Person:
    """Take a role at a unit away from a person, from a day on; from today where none is given.

    Raises:
        NoRightError: ``actor`` is no controller at the unit.
        UnknownPersonError: there is no such person.
        NotGrantedError: the role is not held.
        LastControllerError: nobody would be left to administer people.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user revoke", now, unit)
        person = find_person(transaction, login)
        first_day = on or today(transaction, now)
        names = role_names(transaction)
        content = person.revoke(by=actor.subject, at=now, role=role, unit=unit, on=first_day, names=names)
        history = _history(transaction, person.subject)
        _check_controller_left(transaction, person, Person.replay(history.followed_by(content)), first_day)
        return _append(transaction, history, content)


def deputize(
    register: "Register",
    actor: Actor,
    *,
    login: str,
    deputy: str,
    unit: str,
    valid_from: date | None,
    valid_to: date | None,
    reason: str,
    now: datetime,
) -> Person:
    """Let another person act with somebody's roles at a unit, up to a day; what they do bears both names.

    Raises:
        NoRightError: ``actor`` is no controller at the unit.
        UnknownPersonError: there is no such person.
        MixedAuditorError: the deputy's account is an auditor's.
        PersonError: one of the refusals of ``Person.deputize``.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user deputize", now, unit)
        person, other = find_person(transaction, login), find_person(transaction, deputy)
        first_day = valid_from or today(transaction, now)
        other.check_active_on(first_day)
        other.check_no_auditor_within(Period(first_day, valid_to))
        content = person.deputize(
            by=actor.subject,
            at=now,
            deputy=other.subject,
            unit=unit,
            valid_from=first_day,
            valid_to=valid_to,
            reason=reason,
        )
        return _append(transaction, _history(transaction, person.subject), content)


def retire_key(register: "Register", actor: Actor, *, login: str, reason: str, now: datetime) -> Person:
    """Retire another person's key, which was stolen: it signs no more, and open sessions end.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnknownPersonError: there is no such person.
        SelfGrantError: it is their own.
        TextRefusedError: no reason.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user retire-key", now)
        person = find_person(transaction, login)
        content = person.retire_key(by=actor.subject, at=now, reason=reason)
        transaction.close_sessions_of(person.subject)
        return _append(transaction, _history(transaction, person.subject), content)


def disable(
    register: "Register",
    actor: Actor,
    *,
    login: str,
    on: date | None,
    reason: str,
    now: datetime,
    successor: str | None = None,
) -> Person:
    """Close an account from a day on, today where none is given; its key is retired and its sessions end.

    What the person was named for in open records passes to the successor; roles are given to them by ``grant``.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnknownPersonError: there is no such person.
        SelfGrantError: it is their own.
        DisabledPersonError: it is closed already.
        MixedAuditorError: the successor's account is an auditor's.
        TextRefusedError: no reason.
        LastControllerError: nobody would be left to administer people.
    """
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user disable", now)
        person = find_person(transaction, login)
        first_day = on or today(transaction, now)
        key_to_at = datetime.combine(first_day, time(), company(transaction).zone)
        heir = find_person(transaction, successor) if successor else None
        if heir is not None:
            heir.check_no_auditor_within(Period(first_day, None))
        after_them = heir.subject if heir else ""
        content = person.disable(
            by=actor.subject,
            at=now,
            on=first_day,
            key_to_at=key_to_at,
            reason=reason,
            successor=after_them,
            unit=ROOT_UNIT if after_them else "",
        )
        history = _history(transaction, person.subject)
        after = Person.replay(history.followed_by(content))
        _check_controller_left(transaction, person, after, first_day)
        if not after.is_active_on(today(transaction, now)):
            transaction.close_sessions_of(person.subject)
        return _append(transaction, history, content)


def _check_controller_left(snapshot: "Snapshot", before: Person, after: Person, day: date) -> None:
    is_controller = CONTROLLER in before.roles_at({ROOT_UNIT}, day)
    if not is_controller or CONTROLLER in after.roles_at({ROOT_UNIT}, day):
        return
    others = (Person.replay(history) for history in snapshot.histories("person"))
    if not any(CONTROLLER in other.roles_at({ROOT_UNIT}, day) for other in others if other.subject != after.subject):
        raise LastControllerError(after.login)


def change_passphrase(register: "Register", actor: Actor, *, old: str, new: str, now: datetime) -> Person:
    """Seal one's own key under a new passphrase; other sessions of one's own end.

    Raises:
        WrongPassphraseError: ``old`` is not the passphrase.
        UnusablePassphraseError: ``new`` is too short.
        AlteredCredentialError: the stored credential is not the one that was set.
    """
    _open(register, actor.login, old, now)
    with register.reading() as snapshot:
        before = _credential(snapshot, actor.login)[1]
    credential = reseal(before, old, new, actor.login)
    with register.writing(now=now) as transaction:
        history = _history(transaction, actor.subject)
        person = Person.replay(history)
        if person.seal != _seal(before):
            raise AlteredCredentialError(actor.login)
        content = person.passphrase(by=actor.subject, at=now, seal=_seal(credential))
        transaction.set_credential(person.subject, credential.passphrase_hash, credential.sealed_key)
        transaction.close_sessions_of(person.subject)
        return _append(transaction, history, content)


def give_passphrase_after_loss(register: "Register", *, login: str, passphrase: str, now: datetime) -> Person:
    """Give a controller a new passphrase and key in a register that was put back from the archive, which holds none.

    It is an act of the program's, for nobody can act there yet.

    Raises:
        UnknownPersonError: there is no such person.
        NoRightError: the person is no controller of the company.
        UnusablePassphraseError: the passphrase is too short.
    """
    credential, public_key = create_credential(passphrase)
    with register.writing(now=now) as transaction:
        person = find_person(transaction, login)
        of_whom = Actor(person.subject, person.login, person.name)
        check_right(transaction, of_whom, "user passphrase (another's)", now)
        history = _history(transaction, person.subject)
        retired = person.retire_key(by=PROGRAM, at=now, reason=_("put back from the archive alone"))
        _append(transaction, history, retired)
        history = history.followed_by(retired)
        content = Person.replay(history).new_passphrase(
            by=PROGRAM, at=now, seal=_seal(credential), public_key=public_key
        )
        transaction.set_credential(person.subject, credential.passphrase_hash, credential.sealed_key)
        return _append(transaction, history, content)


def reset_passphrase(
    register: "Register", actor: Actor, *, login: str, passphrase: str, reason: str, now: datetime
) -> Person:
    """Give another person, who forgot it, a new passphrase with a new key; the old key is retired now.

    Raises:
        NoRightError: ``actor`` is no controller of the company.
        UnknownPersonError: there is no such person.
        SelfGrantError: it is their own.
        DisabledPersonError: the account is closed.
        TextRefusedError: no reason.
        UnusablePassphraseError: the passphrase is too short.
    """
    credential, public_key = create_credential(passphrase)
    with register.writing(now=now) as transaction:
        check_right(transaction, actor, "user passphrase (another's)", now)
        person = find_person(transaction, login)
        person.check_active_on(today(transaction, now))
        history = _history(transaction, person.subject)
        retired = person.retire_key(by=actor.subject, at=now, reason=reason)
        _append(transaction, history, retired)
        history = history.followed_by(retired)
        content = Person.replay(history).new_passphrase(
            by=actor.subject, at=now, seal=_seal(credential), public_key=public_key
        )
        transaction.set_credential(person.subject, credential.passphrase_hash, credential.sealed_key)
        transaction.close_sessions_of(person.subject)
        return _append(transaction, history, content)
