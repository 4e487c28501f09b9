"""What is said when somebody asks for a record that was disposed of: its tombstone, and the events of its life.

Source: M-7; P-8
"""

from dataclasses import dataclass
from datetime import datetime

from recordkeeper.errors import MissingError
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.disposition import Part
from recordkeeper.register.acts import Register
from recordkeeper.services.access import check_may_be_told
from recordkeeper.services.catalogue import form_of
from recordkeeper.services.people import Actor
from recordkeeper.services.setting import Setting
from recordkeeper.services.viewing import note_reading


@dataclass(frozen=True, slots=True)
class TombstoneView:
    """A tombstone as a person reads it, names looked up.

    Args:
        content: the tombstone itself.
        title: of the form.
        unit_name: of the unit.
        people: each part on the list, with the names of who had it.
    """

    content: Content
    title: str
    unit_name: str
    people: dict[str, tuple[str, ...]]


def show_tombstone(register: Register, actor: Actor, now: datetime, stone: Content) -> TombstoneView:
    """A tombstone, for whoever might have read the record; an auditor's reading leaves its event.

    Raises:
        MayNotReadError: as ``access.check_may_be_told``.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        is_noted = check_may_be_told(setting, actor, stone)
        unit_name = setting.shown_name(str(stone["unit"]))
        people = {str(part): _names(setting, stone[str(part)]) for part in Part if str(part) in stone}
        view = TombstoneView(stone, _title(setting, stone), unit_name, people)
    if is_noted:
        note_reading(register, actor, now, str(stone["subject"]))
    return view


def _names(setting: Setting, people: Json) -> tuple[str, ...]:
    names = people if isinstance(people, list | tuple) else ()
    return tuple(_("on paper") if name == "paper" else setting.shown_name(str(name)) for name in names)


def _title(setting: Setting, stone: Content) -> str:
    try:
        form = form_of(setting.snapshot, str(stone["form"]), str(stone["revision"]))
    except MissingError:
        return str(stone["form"])
    return form.title.in_language(current_language())


def tombstone_value(view: TombstoneView) -> dict[str, Json]:
    """A tombstone as JSON: as it is kept, with the names looked up."""
    names: dict[str, Json] = {part: list(names) for part, names in view.people.items()}
    return {**view.content, "state_name": "disposed", "title": view.title, "unit_name": view.unit_name, "names": names}
