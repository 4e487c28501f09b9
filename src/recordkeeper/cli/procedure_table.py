"""``procedure table``: the reference tables that forms are held against, entered, approved and shown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.given_file import PRESENT_FILE
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import Revision
    from recordkeeper.services.reference_lookup import Declared


@click.command(help=_("Show reference tables. Enter FILE, a CSV file, as the next revision of TABLE; approve a draft"))
@click.argument("table", metavar="[TABLE]", required=False)
@click.argument("file", metavar="[FILE]", required=False, type=PRESENT_FILE)
@click.option("--approve", is_flag=True, help=_("Approve the newest draft with your signature and put it in force"))
@click.option("--effective", metavar="DATE", help=_("The day from which it counts; today if not given"))
@click.option("--on", "on_text", metavar="DATE", help=_("The table that is in force on that day; today if not given"))
@shared_options
def table(
    invocation: Invocation,
    table: str | None,
    file: Path | None,
    *,
    approve: bool,
    effective: str | None,
    on_text: str | None,
) -> None:
    """Show, enter or approve reference tables."""
    from recordkeeper.services.reference_table import enter, put_in_force

    if (approve and (table is None or file is not None)) or (effective and not approve):
        raise click.UsageError(_("--approve names a TABLE and no FILE; --effective goes with it"))
    if file is None and not approve:
        _show(invocation, table, on_text)
        return
    register, actor = invocation.workspace().register, invocation.actor()
    if file is not None:
        done = enter(register, actor, invocation.now, str(table), file)
    else:
        day = parse_date(effective, "--effective") if effective else None
        done = put_in_force(register, invocation.signer(), invocation.now, str(table), day)
    invocation.publish()
    invocation.emit(_value(done), lambda: print_text(_state(done)))


def _show(invocation: Invocation, name: str | None, on_text: str | None) -> None:
    from recordkeeper.services.reference_lookup import declared, rows_of_revision, table_revisions, tables_in_force
    from recordkeeper.services.right import check_right
    from recordkeeper.services.setting import Setting

    actor = invocation.actor()
    with invocation.workspace().register.reading() as snapshot:
        check_right(snapshot, actor, "procedure table (shown)", invocation.now)
        setting = Setting(snapshot, invocation.now)
        today = setting.today
        day = parse_date(on_text, "--on") if on_text else today
        if name is None:
            listed = list(tables_in_force(snapshot, day))
            invocation.emit([_listed(*each) for each in listed], lambda: _print_listed(listed))
            return
        found = declared(snapshot, name)
        from recordkeeper.model.form_revision import in_force

        current = in_force(table_revisions(snapshot, name), day)
        rows = rows_of_revision(current) if current else []
        named = [each.type == "unit" for each in found.table.keys]

        def shown_key(place: int, key: object) -> str:
            return setting.shown_name(str(key)) if named[place] else str(key)

        keys_shown = [
            [shown_key(place, key) for place, key in enumerate(keys)]
            for row in rows
            if isinstance(keys := row["key"], list | tuple)
        ]

    def render() -> None:
        if current is None:
            print_text(_("{table}: none in force on {day}").format(table=name, day=day))
            return
        columns = [each.title.in_language(current_language()) for each in (*found.table.keys, *found.table.columns)]
        print_text(_state(current))
        shown: list[Sequence[Cell]] = []
        for cells, row in zip(keys_shown, rows, strict=True):
            values = row["values"]
            cells += [
                "" if not isinstance(values, dict) or values.get(each.id) is None else str(values[each.id])
                for each in found.table.columns
            ]
            shown.append(cells)
        print_table(columns, shown)

    invocation.emit({**(_value(current) if current else {"table": name}), "rows": list(rows)}, render)


def _listed(name: str, each: "Declared", current: "Revision | None", newest: "Revision | None") -> "Json":
    return {
        "table": name,
        "procedure": each.procedure,
        "approver": each.table.approver,
        "in_force": current.revision if current else None,
        "newest": newest.revision if newest else None,
        "state": str(newest.state) if newest else None,
    }


def _print_listed(listed: "Sequence[tuple[str, Declared, Revision | None, Revision | None]]") -> None:
    columns = [_("Table"), _("Title"), _("Procedure"), _("In force"), _("Newest")]
    print_table(
        columns,
        [
            [
                name,
                each.table.title.in_language(current_language()),
                each.procedure,
                current.revision if current else "",
                _state(newest) if newest else "",
            ]
            for name, each, current, newest in listed
        ],
    )


def _state(revision: "Revision") -> str:
    from recordkeeper.model.form_revision import revision_state_name

    day = f" {revision.effective_on}" if revision.effective_on else ""
    return f"{revision.name}  ({revision_state_name(revision.state)}{day})"


def _value(revision: "Revision") -> "dict[str, Json]":
    return {
        "table": revision.code,
        "procedure": revision.procedure,
        "revision": revision.revision,
        "state": str(revision.state),
        "effective_on": revision.effective_on.isoformat() if revision.effective_on else None,
        "author": revision.author_name,
        "approver": revision.approver_name or None,
    }
