"""The changes of a controlled document as they are shown: why each revision was made, and how it differs."""

from typing import TYPE_CHECKING

from recordkeeper.cli.options import Invocation
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.proposal_view import difference_values, print_differences
from recordkeeper.cli.revision_view import day_text
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recordkeeper.model.canonical import Json
    from recordkeeper.model.form_revision import Revision
    from recordkeeper.model.revision_difference import Difference


def show_changes(invocation: Invocation, known: "Sequence[Revision]", revision: str | None = None) -> None:
    """Show every revision of a document, the oldest first, with its change.

    Args:
        invocation: the run.
        known: the revisions.
        revision: the one that is asked for; all where none is.
    """
    from recordkeeper.services.comparing import differences_of, former_of
    from recordkeeper.services.setting import Setting

    shown: list[tuple[Revision, Revision | None, list[Difference]]] = []
    with invocation.workspace().register.reading() as snapshot:
        roles = {
            role: names[current_language() == "en"] for role, names in Setting(snapshot, invocation.now).roles.items()
        }
        for each in known if revision is None else [each for each in known if each.revision == revision]:
            former = former_of(each, known)
            shown.append((each, former, differences_of(snapshot, each, former) if former else []))

    def render() -> None:
        for number, (each, former, differences) in enumerate(shown):
            if number:
                print_text("")
            _print_head(each)
            if former:
                print_differences(differences, former.definition, each.definition, roles)

    invocation.emit([_value(each, differences) for each, _former, differences in shown], render)


def _print_head(each: "Revision") -> None:
    from recordkeeper.model.form_revision import revision_state_name

    day = f" {day_text(each)}" if each.effective_on else ""
    print_text(f"{each.name}  ({revision_state_name(each.state)}{day})")
    rows = [[_("Author"), each.author_name]]
    if each.approver_name:
        rows.append([_("Approver"), each.approver_name])
    if each.change:
        rows += [[_("Reason"), each.change.reason], [_("Impact"), each.change.impact]]
        rows += [[_("Forms touched"), listing(each.change.impacted) or _("none")]]
        rows += [[_("Change request"), each.change.request]] if each.change.request else []
    print_table([_("What"), ""], rows)


def _value(each: "Revision", differences: "Sequence[Difference]") -> "dict[str, Json]":
    change = each.change
    return {
        "code": each.code,
        "revision": each.revision,
        "state": str(each.state),
        "effective_on": day_text(each),
        "author": each.author_name,
        "approver": each.approver_name or None,
        "change": dict(change.content) if change else None,
        "differences": difference_values(differences),
    }
