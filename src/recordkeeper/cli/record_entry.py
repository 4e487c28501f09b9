"""``record new`` and ``record fill``: values from options or a file, or asked field by field at a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.record_report import report
from recordkeeper.cli.record_values import value_options, values_given
from recordkeeper.language import current_language, listing, noted
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.record import Record
    from recordkeeper.services.lifecycle import Raw


@click.command(
    help=_(
        "Open a record and fill its first section. At a terminal without --set and --from the fields are asked for;"
        " elsewhere the record is opened empty"
    )
)
@click.argument("form", metavar="FORM")
@click.option("--unit", metavar="UNIT", help=_("The unit it belongs to; else where you hold a role that may"))
@click.option("--party", metavar="PARTY", help=_("The person or firm it is about"))
@click.option("--premises", metavar="PREMISES", help=_("The dwelling or shop it is about"))
@click.option("--source", metavar="NUMBER", help=_("The record that it follows from; both then name each other"))
@click.option("--for", "filled_for", default="", metavar="NAME", help=_("For whom you fill it in"))
@click.option("--occurred", metavar="MOMENT", help=_("When the matter happened, where it is not now"))
@click.option(
    "--late-reason",
    default="",
    metavar="TEXT",
    help=_("Why it is entered late; needed after three days, or after as many as the form says"),
)
@value_options
@shared_options
def new(
    invocation: Invocation,
    form: str,
    unit: str | None,
    party: str | None,
    premises: str | None,
    source: str | None,
    filled_for: str,
    occurred: str | None,
    late_reason: str,
    sets: tuple[str, ...],
    file: Path | None,
) -> None:
    """Open a record."""
    from recordkeeper.cli.record_questions import act_on_answers
    from recordkeeper.services import lifecycle
    from recordkeeper.services.entry import new_entry, occurred_at

    raw = values_given(sets, file)
    register, actor, now = invocation.workspace().register, invocation.actor(), invocation.now
    happened = None
    if occurred is not None:
        with register.reading() as snapshot:
            happened = occurred_at(snapshot, now, occurred)
    about = lifecycle.About(unit, party, premises, happened, source, late_reason)

    def act(values: "Raw | None") -> "Record":
        return lifecycle.new(register, actor, now, form, values, about, filled_for=filled_for)

    if raw is None and invocation.is_attended:
        record = act_on_answers(new_entry(register, actor, now, form, about), act)
    else:
        record = act(raw)
    report(invocation, record)


@click.command(
    help=_(
        "Fill a section of a record. Where none is named it is the next that is yours; at a terminal without --set"
        " and --from its fields are asked for"
    )
)
@click.argument("number", metavar="NUMBER")
@click.argument("section", metavar="[SECTION]", required=False)
@click.option("--for", "filled_for", default="", metavar="NAME", help=_("For whom you fill it in"))
@value_options
@shared_options
def fill(
    invocation: Invocation,
    number: str,
    section: str | None,
    filled_for: str,
    sets: tuple[str, ...],
    file: Path | None,
) -> None:
    """Fill a section."""
    from recordkeeper.cli.record_questions import act_on_answers
    from recordkeeper.services import lifecycle
    from recordkeeper.services.entry import fill_entry

    raw = values_given(sets, file)
    register, actor, now = invocation.workspace().register, invocation.actor(), invocation.now

    def act(values: "Raw") -> "Record":
        return lifecycle.fill(register, actor, now, number, section, values, filled_for=filled_for)

    if raw is None:
        entry = fill_entry(register, actor, now, number, section)
        if entry.section.fields and not invocation.is_attended:
            fields = listing(
                noted(each.title.in_language(current_language()), each.id) for each in entry.section.fields
            )
            raise click.UsageError(
                _("{number} {section}: nobody to ask: --set or --from expected for {fields}").format(
                    number=entry.record.number, section=entry.record.called(entry.step), fields=fields
                )
            )
        record = act_on_answers(entry, act)
    else:
        record = act(raw)
    report(invocation, record)
