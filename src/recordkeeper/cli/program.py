"""The root command and the table of its nouns; a noun's module is imported when the noun is used."""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple, cast

import click

from recordkeeper import __version__
from recordkeeper.cli.help_text import MOST_COLUMNS, HelpContext
from recordkeeper.cli.options import SHARED
from recordkeeper.language import translate as _


class Noun(NamedTuple):
    """Where a noun's command stands, and its one line of help, known without importing it."""

    module: str
    attribute: str
    summary: str


NOUNS = {
    "init": Noun(
        "recordkeeper.cli.init",
        "init",
        _("Make a workspace here: its unit, its first controller, its log key"),
    ),
    "demo": Noun("recordkeeper.cli.demo", "demo", _("Make a demonstration workspace of a property company")),
    "status": Noun(
        "recordkeeper.cli.status",
        "status",
        _("What waits: for filling, for a signature, for the archive, for the log"),
    ),
    "login": Noun("recordkeeper.cli.account", "login", _("Open a session")),
    "logout": Noun("recordkeeper.cli.account", "logout", _("Close the open session")),
    "whoami": Noun("recordkeeper.cli.account", "whoami", _("Who acts, with which roles")),
    "verify": Noun(
        "recordkeeper.cli.verify",
        "verify",
        _("Check records, register, files, log, signatures and tail; changes nothing"),
    ),
    "backup": Noun("recordkeeper.cli.backup", "backup", _("Back up register and archive into one file")),
    "restore": Noun("recordkeeper.cli.restore", "restore", _("Put a backup back in an empty place, or try it aside")),
    "procedure": Noun("recordkeeper.cli.procedure", "procedure", _("Procedures: a company's rules and forms as data")),
    "form": Noun("recordkeeper.cli.form", "form", _("Forms: the numbered templates and their revisions")),
    "record": Noun("recordkeeper.cli.record", "record", _("Records: new, fill, sign, amend, show, find")),
    "unit": Noun("recordkeeper.cli.unit", "unit", _("Units: departments, management offices, estates")),
    "party": Noun("recordkeeper.cli.party", "party", _("Parties: the persons and firms that records are about")),
    "premises": Noun("recordkeeper.cli.premises", "premises", _("Premises: dwellings and shops, and who lives there")),
    "dossier": Noun(
        "recordkeeper.cli.dossier", "dossier", _("Dossiers: all records of one party at one premises, and their cover")
    ),
    "archive": Noun("recordkeeper.cli.archive", "archive", _("The archive of closed records")),
    "retention": Noun(
        "recordkeeper.cli.retention", "retention", _("How long records are kept, what is due, what holds keep")
    ),
    "audit": Noun("recordkeeper.cli.audit", "audit", _("The audit trail and its checkpoints")),
    "user": Noun("recordkeeper.cli.user", "user", _("Users: their accounts, roles and passphrases")),
}


def with_help(command: click.Command) -> click.Command:
    """The command, with help that fits a terminal in either language."""
    command.context_class = HelpContext
    return command


class Program(click.Group):
    """The root group: lists the nouns from the table alone and imports a noun when it is called."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The nouns in the table's order."""
        del ctx
        return [name for name, noun in NOUNS.items() if find_spec(noun.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a noun; its module is imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        noun = NOUNS[cmd_name]
        return with_help(cast("click.Command", getattr(import_module(noun.module), noun.attribute)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the nouns with their summaries, importing none of them."""
        rows = [(name, NOUNS[name].summary) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)


class Verbs(click.Group):
    """A noun's group: lists each verb with the first sentence of its help, whole.

    click would shorten it to so many words, and a Chinese sentence is one word.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        command = super().get_command(ctx, cmd_name)
        return command and with_help(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs."""
        commands = ((verb, self.get_command(ctx, verb)) for verb in self.list_commands(ctx))
        rows = [(verb, _first_sentence(command.help or "")) for verb, command in commands if command]
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)


def _first_sentence(text: str) -> str:
    return re.split(r"\.\s|。", text, maxsplit=1)[0]


program = Program(
    "recordkeeper",
    help=_("Keep the records a company must be able to prove"),
    params=list(SHARED),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MOST_COLUMNS},
)
click.version_option(__version__, prog_name="recordkeeper")(program)


def noun(name: str) -> click.Group:
    """The group of a noun's verbs, with the shared options and the table's line of help."""
    return Verbs(name, help=NOUNS[name].summary, params=list(SHARED))
