"""What ``record show`` says of a record that was disposed of: its tombstone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from recordkeeper.cli.options import Invocation
from recordkeeper.cli.output import print_text
from recordkeeper.language import listing, noted
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Content
    from recordkeeper.services.tombstone import TombstoneView


def show_stone(invocation: Invocation, stone: "Content") -> None:
    """Answer for a record that was disposed of."""
    from recordkeeper.services.tombstone import show_tombstone, tombstone_value

    view = show_tombstone(invocation.workspace().register, invocation.actor(), invocation.now, stone)

    def render() -> None:
        said = _("{number} {title}: disposed of, tombstone {count}")
        if "transferred_to" in stone:
            said = _("{number} {title}: transferred to {receiver}, tombstone {count}")
        receiver = stone.get("transferred_to")
        print_text(said.format(number=stone["number"], title=view.title, count=stone["tombstone"], receiver=receiver))
        for name, value in _tombstone_lines(view):
            print_text(_("{name}: {value}").format(name=name, value=value))

    invocation.emit(tombstone_value(view), render)


def _tombstone_lines(view: "TombstoneView") -> Iterator[tuple[str, str]]:
    from recordkeeper.model.disposition import Part, part_names

    stone = {name: str(value) for name, value in view.content.items()}
    yield _("Form"), f"{stone['form']} {stone['revision']}"
    yield _("Unit"), view.unit_name
    if stone["sheet"]:
        yield _("Sheet"), stone["sheet"]
    yield _("Entered on"), stone["entered_on"]
    yield _("Closed on"), stone["closed_on"]
    yield _("Due on"), stone["due_on"]
    yield _("Rule"), noted(str(stone["rule"]), stone["source"])
    yield _("Authority"), stone["authority"]
    if "basis" in stone:
        yield _("Ground"), stone["basis"]
    if "permitted_by" in stone:
        yield _("Permitted by"), stone["permitted_by"]
    yield _("List"), stone["list"]
    names = part_names()
    for part in Part:
        if str(part) in view.people:
            yield names[part], listing(view.people[part])
    if "transferred_to" in stone:
        yield _("Transferred to"), stone["transferred_to"]
        yield _("Package"), stone["package"]
    yield _("Disposed of on"), stone["on"]
    yield _("Acts"), stone["acts"]
    yield _("State digest"), stone["state"]
