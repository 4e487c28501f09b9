"""``procedure choose``: which form serves a purpose in a unit, where several procedures rule on one act."""

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_text
from recordkeeper.language import translate as _


@click.command(
    help=_(
        "Choose the form that serves PURPOSE in a unit and those below it, where several procedures have one. "
        "New records are begun on it alone"
    )
)
@click.argument("purpose", metavar="PURPOSE")
@click.argument("form", metavar="FORM")
@click.option("--unit", metavar="UNIT", help=_("The unit; the company if not given"))
@click.option("--reason", metavar="TEXT", required=True, help=_("Why"))
@shared_options
def choose(invocation: Invocation, purpose: str, form: str, unit: str | None, reason: str) -> None:
    """Choose a form."""
    from recordkeeper.services.choosing import choose as choose_form

    register, actor = invocation.workspace().register, invocation.actor()
    chosen_at, code = choose_form(register, actor, invocation.now, purpose, form, unit, reason)
    invocation.publish()
    said = _("{unit}: {purpose} is served by {code}")
    invocation.emit(
        {"unit": chosen_at.code, "choices": dict(chosen_at.choices)},
        lambda: print_text(said.format(unit=chosen_at.code, purpose=purpose, code=code)),
    )
