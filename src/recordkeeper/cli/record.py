"""``record``: the verbs of a record's life; the module of a verb is imported when the verb is used."""

from importlib import import_module
from importlib.util import find_spec
from typing import cast

import click

from recordkeeper.cli.options import SHARED
from recordkeeper.cli.program import NOUNS, Verbs, with_help

VERBS = {
    "new": ("recordkeeper.cli.record_entry", "new"),
    "fill": ("recordkeeper.cli.record_entry", "fill"),
    "sign": ("recordkeeper.cli.record_signing", "sign"),
    "countersign": ("recordkeeper.cli.record_signing", "countersign"),
    "amend": ("recordkeeper.cli.record_change", "amend"),
    "reissue": ("recordkeeper.cli.record_change", "reissue"),
    "attach": ("recordkeeper.cli.record_change", "attach"),
    "void": ("recordkeeper.cli.record_change", "void"),
    "close": ("recordkeeper.cli.record_change", "close"),
    "ask": ("recordkeeper.cli.record_consent", "ask"),
    "consent": ("recordkeeper.cli.record_consent", "consent"),
    "show": ("recordkeeper.cli.record_view", "show"),
    "history": ("recordkeeper.cli.record_view", "history"),
    "find": ("recordkeeper.cli.record_view", "find"),
    "render": ("recordkeeper.cli.record_render", "render"),
    "import": ("recordkeeper.cli.record_exchange", "import_"),
    "export": ("recordkeeper.cli.record_exchange", "export"),
}


class _Verbs(Verbs):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [verb for verb, (module, _name) in VERBS.items() if find_spec(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, name = VERBS[cmd_name]
        return with_help(cast("click.Command", getattr(import_module(module), name)))


record = _Verbs(
    "record",
    help=NOUNS["record"].summary,
    params=list(SHARED),
)
