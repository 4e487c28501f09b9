"""What of the grammar this release reads and checks but does not carry out yet.

A definition may be written with it today; a form that uses it cannot be registered, so that no record is ever led
otherwise than its form says.
"""

from collections.abc import Iterator

from recordkeeper.language import translate as _
from recordkeeper.model.consistency import REFERENCE, Misfit, Place
from recordkeeper.model.expression import names_in
from recordkeeper.model.form import Form
from recordkeeper.model.section import Section


def not_carried_out(form: Form) -> Iterator[Misfit]:
    """Every use of such a key in ``form``, by its keys from the top."""
    for place in _places(form):
        yield Misfit(place, _("this release does not carry out {key} yet").format(key=place[-1]))


def _places(form: Form) -> Iterator[Place]:
    for index, section in enumerate(form.sections):
        yield from _section_places(section, ("sections", index))
    for index, section in enumerate(form.sheet.sections if form.sheet else ()):
        yield from _section_places(section, ("sheet", "sections", index))


def _section_places(section: Section, place: Place) -> Iterator[Place]:
    for index, field in enumerate(section.computed):
        if REFERENCE in names_in(field.value):
            yield *place, "computed", index, "value", REFERENCE
