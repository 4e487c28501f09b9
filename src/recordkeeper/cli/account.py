"""``login``, ``logout``, ``whoami``: the session of the person at this computer."""

from typing import TYPE_CHECKING

import click

from recordkeeper.cli.deputy_view import as_values, print_deputies, shown_deputies
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.errors import CredentialError, InvalidInputError
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json


class NoLoginNameError(CredentialError, InvalidInputError):
    """Nobody said who logs in."""

    def __init__(self) -> None:
        expected = _("a login name")
        super().__init__(_("login: {expected} expected").format(expected=expected), subject="login", expected=expected)


@click.command(help=_("Open a session of eight hours"))
@click.argument("login_name", metavar="[LOGIN]", required=False)
@shared_options
def login(invocation: Invocation, login_name: str | None) -> None:
    """Open a session."""
    from recordkeeper.model.value import format_moment
    from recordkeeper.services.company import company
    from recordkeeper.services.people import open_session

    name = login_name or invocation.login_asked_for()
    if name is None:
        raise NoLoginNameError
    workspace = invocation.workspace()
    session = open_session(workspace.register, name, invocation.passphrase_of(name), invocation.now)
    workspace.sessions.save(workspace.identifier, session.actor.subject, session.token)
    with workspace.register.reading() as snapshot:
        ends_at = session.ends_at.astimezone(company(snapshot).zone).strftime("%Y-%m-%d %H:%M")
    invocation.emit(
        {"login": session.actor.login, "name": session.actor.name, "ends_at": format_moment(session.ends_at)},
        lambda: print_text(
            _("{login} ({name}): session open until {ends_at}").format(
                login=session.actor.login, name=session.actor.name, ends_at=ends_at
            )
        ),
    )


@click.command(help=_("Close the open session"))
@shared_options
def logout(invocation: Invocation) -> None:
    """Close the session; no matter whether it has ended already."""
    from recordkeeper.services.people import SessionEndedError, actor_of_session, close_session

    workspace = invocation.workspace()
    kept = workspace.sessions.token_of(workspace.identifier)
    try:
        actor = actor_of_session(workspace.register, kept[1], invocation.now) if kept else None
    except SessionEndedError:
        actor = None
    if kept and actor:
        close_session(workspace.register, actor, kept[1], invocation.now)
    workspace.sessions.remove(workspace.identifier)
    login_name = actor.login if actor else None
    said = _("{login}: session closed").format(login=login_name) if login_name else _("no session was open")
    invocation.emit({"login": login_name}, lambda: print_text(said))


@click.command(help=_("Who acts, with which roles"))
@shared_options
def whoami(invocation: Invocation) -> None:
    """Show the acting person."""
    from recordkeeper.services.company import unit_of
    from recordkeeper.services.people import person_of
    from recordkeeper.services.setting import Setting

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        setting = Setting(snapshot, invocation.now)
        person = person_of(snapshot, actor.subject)
        held = [
            (grant, unit_of(snapshot, grant.unit).code)
            for grant in person.grants
            if grant.period.holds_on(setting.today)
        ]
        names = {grant.role: setting.role_with_name(grant.role) for grant, _code in held}
        deputies = shown_deputies(snapshot, person, setting.today)
    roles: list[Json] = [{"role": grant.role, "unit": code, **grant.period.content} for grant, code in held]

    def render() -> None:
        print_text(_("{login} ({name})").format(login=actor.login, name=actor.name))
        print_table(
            [_("Role"), _("Unit"), _("From"), _("To")],
            [[names[grant.role], code, *grant.period.content.values()] for grant, code in held],
        )
        print_deputies(deputies)

    invocation.emit(
        {
            "login": actor.login,
            "name": actor.name,
            "subject": actor.subject,
            "roles": roles,
            "deputies": as_values(deputies),
        },
        render,
    )
