"""What a revision changes, as it is shown before and after it is stored: differences, other forms, records in use."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from recordkeeper.cli.difference_view import difference_rows
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.language import current_language, listing, ngettext
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Content, Json
    from recordkeeper.model.revision_difference import Difference
    from recordkeeper.services.revising import Proposal, Revised


def proposal_value(proposal: "Proposal") -> "dict[str, Json]":
    """All of it for programs."""
    return {
        "procedure": proposal.procedure,
        "changes": [_revised_value(each) for each in proposal.revised],
        "dropped_forms": list(proposal.dropped),
        "impacted_forms": list(proposal.impacted),
        "fields_in_use": [
            {"form": each.code, "field": each.field, "records": each.record_count} for each in proposal.in_use
        ],
        "records_under_way": dict(proposal.under_way or {}),
    }


def _revised_value(each: "Revised") -> "dict[str, Json]":
    return {
        "code": each.part.code,
        "follows": each.former.revision if each.former else None,
        "revision": each.part.revision,
        "differences": difference_values(each.differences),
    }


def difference_values(differences: "Sequence[Difference]") -> "list[Json]":
    """Differences for programs."""
    return [
        {"place": list(each.keys), "change": str(each.change), "was": each.was, "now": each.now} for each in differences
    ]


def print_proposal(proposal: "Proposal", roles: Mapping[str, str]) -> None:
    """Print all of it.

    Args:
        proposal: what a change does.
        roles: names of roles by id, in the language in use.
    """
    for number, each in enumerate(proposal.revised):
        if number:
            print_text("")
        former = each.former.revision if each.former else _("new")
        print_text(f"{each.part.code}  {former} → {each.part.revision}  {_title(each.part.data)}")
        if each.former:
            print_differences(each.differences, each.former.definition, each.part.data, roles)
    for code in proposal.dropped:
        print_text(_("{code}: is no form of the procedure any more").format(code=code))
    for line in consequences(proposal):
        print_text(line)


def print_differences(
    differences: "Sequence[Difference]", old: "Content", new: "Content", roles: Mapping[str, str]
) -> None:
    """Print how two revisions differ as a table; a line where they do not."""
    if not differences:
        print_text(_("nothing differs but the revision"))
        return
    rows = list(difference_rows(differences, old, new, roles))
    print_table([_("Change"), _("Where"), _("What")], rows)


def consequences(proposal: "Proposal") -> Iterator[str]:
    """What it means for other forms and for records, in the language in use."""
    if proposal.impacted:
        yield _("forms that lead to these or are computed from them: {codes}").format(codes=listing(proposal.impacted))
    for each in proposal.in_use:
        text = ngettext(
            "{code} {field}: dropped, {count} record holds a value in it and keeps it",
            "{code} {field}: dropped, {count} records hold a value in it and keep it",
            each.record_count,
        )
        yield text.format(code=each.code, field=each.field, count=each.record_count)
    for code, count in sorted((proposal.under_way or {}).items()):
        text = ngettext(
            "{code}: {count} record that is open is finished on the revision it began on",
            "{code}: {count} records that are open are finished on the revision they began on",
            count,
        )
        yield text.format(code=code, count=count)


def _title(definition: "Content") -> str:
    title = definition.get("title")
    return str(title[current_language()]) if isinstance(title, Mapping) else ""
