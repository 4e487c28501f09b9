"""``user``: accounts, their roles at units from a day to a day, and their passphrases."""

from datetime import date
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.errors import InvalidInputError, PersonError
from recordkeeper.language import listing, noted
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.person import Person
    from recordkeeper.register.snapshot import Snapshot
    from recordkeeper.services.setting import Setting


class UnknownRoleError(PersonError, InvalidInputError):
    """No procedure has the role, and it is none of the product's own."""

    def __init__(self, found: str, known: list[str]) -> None:
        expected = _("one of {names}").format(names=listing(known))
        message = _("role {found}: expected {expected}").format(found=found, expected=expected)
        super().__init__(message, subject=found, expected=expected, found=found)


class NoReasonError(PersonError, InvalidInputError):
    """Another person's passphrase is to be set without a reason."""

    def __init__(self, login: str) -> None:
        message = _("{login}: --reason expected to set another person's passphrase").format(login=login)
        super().__init__(message, subject=login, expected="--reason")


user = noun("user")


@user.command(help=_("Add a person who acts; their passphrase is asked for, or taken from RECORDKEEPER_NEW_PASSPHRASE"))
@click.argument("login", metavar="LOGIN")
@click.option("--name", required=True, metavar="NAME", help=_("The name as it is printed"))
@click.option("--shared", is_flag=True, help=_("Several people use the account; it cannot sign"))
@shared_options
def add(invocation: Invocation, login: str, name: str, shared: bool) -> None:  # noqa: FBT001 - a flag
    """Add a person."""
    from recordkeeper.services.people import add_shared_account, add_user

    actor = invocation.actor()
    adding = add_shared_account if shared else add_user
    added = adding(
        invocation.workspace().register,
        actor,
        login=login,
        name=name,
        passphrase=invocation.new_passphrase_of(login),
        now=invocation.now,
    )
    _emit(invocation, added, _("{login} ({name}) added as {subject}"))


@user.command(help=_("Change a person's name as it is printed"))
@click.argument("login", metavar="LOGIN")
@click.option("--name", required=True, metavar="NAME", help=_("The name as it is printed"))
@click.option("--reason", metavar="TEXT", help=_("Why"))
@shared_options
def amend(invocation: Invocation, login: str, name: str, reason: str | None) -> None:
    """Amend a person's name."""
    from recordkeeper.services.people import amend_user

    amended = amend_user(
        invocation.workspace().register,
        invocation.actor(),
        login=login,
        name=name,
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, amended, _("{login} ({name}) amended"))


@user.command(help=_("Give a person a role at a unit and the units below it; an auditor's role needs a last day"))
@click.argument("login", metavar="LOGIN")
@click.argument("role", metavar="ROLE")
@click.option("--unit", default="unit/1", metavar="UNIT", help=_("The unit; else the company"))
@click.option("--from", "valid_from", metavar="DATE", help=_("The first day; else today"))
@click.option("--to", "valid_to", metavar="DATE", help=_("The last day; else it lasts"))
@shared_options
def grant(
    invocation: Invocation, login: str, role: str, unit: str, valid_from: str | None, valid_to: str | None
) -> None:
    """Grant a role."""
    from recordkeeper.services import people

    workspace, actor = invocation.workspace(), invocation.actor()
    first, last = _day(valid_from, "--from"), _day(valid_to, "--to")
    role_id, unit_subject = _role_and_unit(invocation, role, unit)
    done = people.grant(
        workspace.register,
        actor,
        login=login,
        role=role_id,
        unit=unit_subject,
        valid_from=first,
        valid_to=last,
        now=invocation.now,
    )
    _emit(invocation, done, _("{login} ({name}): role given"))


@user.command(help=_("Take a role at a unit away, from a day on"))
@click.argument("login", metavar="LOGIN")
@click.argument("role", metavar="ROLE")
@click.option("--unit", default="unit/1", metavar="UNIT", help=_("The unit; else the company"))
@click.option("--on", "on", metavar="DATE", help=_("The first day without it; else today"))
@shared_options
def revoke(invocation: Invocation, login: str, role: str, unit: str, on: str | None) -> None:
    """Revoke a role."""
    from recordkeeper.services import people

    workspace, actor = invocation.workspace(), invocation.actor()
    first_day = _day(on, "--on")
    role_id, unit_subject = _role_and_unit(invocation, role, unit)
    done = people.revoke(
        workspace.register,
        actor,
        login=login,
        role=role_id,
        unit=unit_subject,
        on=first_day,
        now=invocation.now,
    )
    _emit(invocation, done, _("{login} ({name}): role taken away"))


@user.command(help=_("Close an account; its key is retired, signatures made before stay valid"))
@click.argument("login", metavar="LOGIN")
@click.option("--reason", required=True, metavar="TEXT", help=_("Why"))
@click.option("--on", "on", metavar="DATE", help=_("The first day on which it is closed; else today"))
@click.option("--successor", metavar="LOGIN", help=_("Who goes on with what the person was named for"))
@shared_options
def disable(invocation: Invocation, login: str, reason: str, on: str | None, successor: str | None) -> None:
    """Close an account."""
    from recordkeeper.services import people

    workspace, actor = invocation.workspace(), invocation.actor()
    first_day = _day(on, "--on")
    invocation.confirm(_("Close the account {login}? It cannot be opened again").format(login=login))
    done = people.disable(
        workspace.register,
        actor,
        login=login,
        on=first_day,
        reason=reason,
        now=invocation.now,
        successor=successor,
    )
    _emit(invocation, done, _("{login} ({name}): account closed"))


@user.command(help=_("Let DEPUTY act with the roles of LOGIN at a unit, up to a day; what they do bears both names"))
@click.argument("login", metavar="LOGIN")
@click.argument("deputy", metavar="DEPUTY")
@click.option("--unit", default="unit/1", metavar="UNIT", help=_("The unit; else the company"))
@click.option("--from", "valid_from", metavar="DATE", help=_("The first day; else today"))
@click.option("--to", "valid_to", metavar="DATE", help=_("The last day; compulsory"))
@click.option("--reason", required=True, metavar="TEXT", help=_("Why"))
@shared_options
def deputize(
    invocation: Invocation,
    login: str,
    deputy: str,
    *,
    unit: str,
    valid_from: str | None,
    valid_to: str | None,
    reason: str,
) -> None:
    """Appoint a deputy."""
    from recordkeeper.services import people
    from recordkeeper.services.places import find_unit

    workspace, actor = invocation.workspace(), invocation.actor()
    first, last = _day(valid_from, "--from"), _day(valid_to, "--to")
    with workspace.register.reading() as snapshot:
        subject = find_unit(snapshot, unit).subject
    done = people.deputize(
        workspace.register,
        actor,
        login=login,
        deputy=deputy,
        unit=subject,
        valid_from=first,
        valid_to=last,
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, done, _("{login} ({name}): deputy appointed"))


@user.command("retire-key", help=_("Retire a person's stolen key: it signs no more, signatures made before stay valid"))
@click.argument("login", metavar="LOGIN")
@click.option("--reason", required=True, metavar="TEXT", help=_("Why"))
@shared_options
def retire_key(invocation: Invocation, login: str, reason: str) -> None:
    """Retire a key."""
    from recordkeeper.services import people

    register, actor = invocation.workspace().register, invocation.actor()
    done = people.retire_key(register, actor, login=login, reason=reason, now=invocation.now)
    _emit(invocation, done, _("{login} ({name}): key retired"))


@user.command(help=_("Change one's own passphrase; for another LOGIN set a new one with a new key"))
@click.argument("login", metavar="[LOGIN]", required=False)
@click.option("--reason", metavar="TEXT", help=_("Why another person's passphrase is set"))
@shared_options
def passphrase(invocation: Invocation, login: str | None, reason: str | None) -> None:
    """Change or set a passphrase."""
    from recordkeeper.services.people import change_passphrase, reset_passphrase

    workspace, actor = invocation.workspace(), invocation.actor()
    if login in {None, actor.login}:
        old = invocation.passphrase_of(actor.login)
        new = invocation.new_passphrase_of(actor.login)
        done = change_passphrase(workspace.register, actor, old=old, new=new, now=invocation.now)
        workspace.sessions.remove(workspace.identifier)
        _emit(invocation, done, _("{login} ({name}): passphrase changed; sessions are closed"))
        return
    name = str(login)
    if not reason:
        raise NoReasonError(name)
    done = reset_passphrase(
        workspace.register,
        actor,
        login=name,
        passphrase=invocation.new_passphrase_of(name),
        reason=reason,
        now=invocation.now,
    )
    _emit(invocation, done, _("{login} ({name}): new passphrase and new key; the old key is retired"))


@user.command("list", help=_("List everybody who acts"))
@shared_options
def list_(invocation: Invocation) -> None:
    """List people."""
    from recordkeeper.model.person import role_name
    from recordkeeper.services.company import role_names
    from recordkeeper.services.people import list_people

    register, actor = invocation.workspace().register, invocation.actor()
    everybody = list_people(register, actor, invocation.now)
    with register.reading() as snapshot:
        value = [_shown(snapshot, each) for each in everybody]
        names = role_names(snapshot)
    rows = [
        [
            each.login,
            each.name,
            _state(each),
            listing(noted(role_name(str(grant["role"]), names), grant["unit"]) for grant in _held(shown)),
        ]
        for each, shown in zip(everybody, value, strict=True)
    ]
    invocation.emit(value, lambda: print_table([_("Login"), _("Name"), _("State"), _("Roles")], rows))


@user.command(help=_("Show a person by login, id or name, with roles and keys"))
@click.argument("login", metavar="LOGIN")
@shared_options
def show(invocation: Invocation, login: str) -> None:
    """Show a person."""
    from recordkeeper.cli.deputy_view import as_values, print_deputies, shown_deputies
    from recordkeeper.services.people import find_person
    from recordkeeper.services.setting import Setting
    from recordkeeper.services.sight import sight_of

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        found = find_person(snapshot, login)
        sight_of(snapshot, actor, "user show", invocation.now).check(found.subject)
        value = _shown(snapshot, found)
        setting = Setting(snapshot, invocation.now)
        deputies = shown_deputies(snapshot, found, setting.today)
        roles = {grant.role: setting.role_with_name(grant.role) for grant in found.grants}
        value["deputies"] = as_values(deputies)

    def render() -> None:
        facts = [[_("Name"), found.name], [_("Id"), found.subject], [_("State"), _state(found)]]
        print_table([_("User"), found.login], facts)
        columns = [_("Role"), _("Unit"), _("From"), _("To")]
        held = ({**grant, "role": roles[str(grant["role"])]} for grant in _held(value))
        print_table(columns, [[str(cell or "") for cell in grant.values()] for grant in held])
        keys = [[key.public_key, key.from_at, key.to_at] for key in found.keys]
        print_table([_("Public key"), _("From"), _("To")], keys)
        print_deputies(deputies)

    invocation.emit(value, render)


def _role_and_unit(invocation: Invocation, role: str, unit: str) -> tuple[str, str]:
    """The role's id and the unit's subject, by any of their names."""
    from recordkeeper.services.places import find_unit
    from recordkeeper.services.setting import Setting

    with invocation.workspace().register.reading() as snapshot:
        return _role(Setting(snapshot, invocation.now), role), find_unit(snapshot, unit).subject


def _role(setting: "Setting", text: str) -> str:
    given = {role: names for role, names in setting.roles.items() if role not in {"program", "party"}}
    for role, names in given.items():
        if text in {role, *names} or text.casefold() in {name.casefold() for name in names}:
            return role
    raise UnknownRoleError(text, [setting.role_with_name(role) for role in sorted(given)])


def _day(text: str | None, option: str) -> date | None:
    from recordkeeper.model.particulars import parse_date

    return parse_date(text, option) if text else None


def _state(person: "Person") -> str:
    if person.disabled_on is not None:
        return _("closed from {day}").format(day=person.disabled_on.isoformat())
    return _("shared, cannot sign") if person.is_shared else _("active")


def _shown(snapshot: "Snapshot", person: "Person") -> "dict[str, Json]":
    from recordkeeper.services.company import unit_of

    grants: list[Json] = [
        {"role": grant.role, "unit": unit_of(snapshot, grant.unit).code, **grant.period.content}
        for grant in person.grants
    ]
    keys: list[Json] = [
        {"public_key": key.public_key, "from_at": key.from_at, "to_at": key.to_at} for key in person.keys
    ]
    return {
        "subject": person.subject,
        "login": person.login,
        "name": person.name,
        "is_shared": person.is_shared,
        "disabled_on": None if person.disabled_on is None else person.disabled_on.isoformat(),
        "roles": grants,
        "keys": keys,
    }


def _held(shown: "dict[str, Json]") -> "list[dict[str, Json]]":
    held = shown["roles"]
    return [grant for grant in held if isinstance(grant, dict)] if isinstance(held, list) else []


def _emit(invocation: Invocation, done: "Person", said: str) -> None:
    value: Json = {"subject": done.subject, "login": done.login}
    invocation.publish()
    invocation.emit(value, lambda: print_text(said.format(login=done.login, name=done.name, subject=done.subject)))
