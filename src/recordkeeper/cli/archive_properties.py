"""The verb test of archive: the four properties of archived records, and the report on them."""

from typing import TYPE_CHECKING

import click

from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.outcome import CannotAssess, ProblemsFound
from recordkeeper.cli.output import print_table, print_text, progress
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.four_properties import Tested
    from recordkeeper.model.record import Record

MOST_SHARES = 1000
MOST_SHOWN = 20
OCCASIONS = ("filing", "transfer", "yearly")


@click.command(
    "test",
    help=_(
        "Test archived records: are they authentic, complete, usable, safe. The report is drawn up and signed. Without"
        " records all of the unit; for filing those that were not tested so"
    ),
)
@click.argument("numbers", metavar="[RECORD]...", nargs=-1)
@click.option(
    "--occasion", type=click.Choice(OCCASIONS), required=True, help=_("When they are filed, transferred, once a year")
)
@click.option("--unit", metavar="UNIT", help=_("The unit whose report it is"))
@click.option(
    "--shares",
    type=click.IntRange(min=1, max=MOST_SHARES),
    metavar="N",
    help=_("Test one share of N only, the next one each time"),
)
@click.option("--dry-run", is_flag=True, help=_("Test and tell; draw up no report"))
@shared_options
def test(
    invocation: Invocation,
    numbers: tuple[str, ...],
    occasion: str,
    unit: str | None,
    shares: int | None,
    *,
    dry_run: bool,
) -> None:
    """Test archived records."""
    from recordkeeper.model.four_properties import Answer, Occasion, Property
    from recordkeeper.services.property_report import Scope, Tester, draw_up, try_properties

    if numbers and shares:
        raise click.UsageError(_("--shares goes with all records of a unit"))
    if occasion == "transfer" and not numbers:
        raise click.UsageError(_("RECORD: name the records that are to be transferred"))
    workspace, actor = invocation.workspace(), invocation.actor()
    workspace.check_archive_here()
    by = Tester(workspace.publisher, actor, invocation.now)
    scope = Scope(Occasion(occasion), numbers, unit, shares)
    report: Record | None = None
    with progress(_("Testing"), len(numbers)) as advance:
        if dry_run:
            tested = try_properties(by, scope, advance)
        else:
            signer = invocation.signer()
            invocation.publish()
            tested, report = draw_up(by, signer, scope, advance)
    if report is not None:
        invocation.publish()
    invocation.emit(_value(tested, report), lambda: _show(tested, report))
    if tested.failures:
        raise ProblemsFound
    if dry_run and any(tested.answer(each)[0] is Answer.CANNOT_ASSESS for each in Property):
        raise CannotAssess  # as of verify; a report that was drawn up is done, and another person concludes from it


def _show(tested: "Tested", report: "Record | None") -> None:
    from recordkeeper.model.four_properties import PROPERTY_OF, Property, answer_names, check_names, property_names

    properties, answers, checks = property_names(), answer_names(), check_names()
    columns = [_("Property"), _("Looked at"), _("Passed"), _("Failed"), _("Not assessed")]
    rows: list[list[Cell]] = [
        [properties[PROPERTY_OF[check]], checks[check], tally.passed, tally.failed_count, tally.unassessed_count]
        for check, tally in tested.tallies.items()
    ]
    print_table(columns, rows)
    for each in Property:
        answer, reasons = tested.answer(each)
        print_text(_("{name}: {value}").format(name=properties[each], value=answers[answer]))
        for reason in reasons[:MOST_SHOWN]:
            print_text(f"  {reason}")
    print_text(_("No scanner of viruses was run"))
    if tested.left:
        print_text(_("{count} more wait: give the command again").format(count=tested.left))
    if report is not None:
        print_text(
            ngettext(
                "{number}: report on {count} record", "{number}: report on {count} records", len(tested.items)
            ).format(number=report.number, count=len(tested.items))
        )


def _value(tested: "Tested", report: "Record | None") -> "dict[str, Json]":
    from recordkeeper.model.four_properties import PROPERTY_OF, Property

    return {
        "number": report.number if report else None,
        "occasion": str(tested.occasion),
        "records": [number for number, _state in tested.items],
        "share": list(tested.share) if tested.share else None,
        "left": tested.left,
        "properties": {
            str(each): {"answer": str(tested.answer(each)[0]), "reasons": list(tested.answer(each)[1])}
            for each in Property
        },
        "checks": [
            {
                "check": str(check),
                "property": str(PROPERTY_OF[check]),
                "passed": tally.passed,
                "failed": tally.failed_count,
                "unassessed": tally.unassessed_count,
            }
            for check, tally in tested.tallies.items()
        ],
        "failures": [
            {"check": str(check), "of": remark.of, "code": remark.code, "message": remark.message}
            for check, remark in tested.failures
        ],
        "viruses": "not scanned",
    }
