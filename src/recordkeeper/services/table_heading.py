"""The headings of a table of records: an export writes them, an import knows them again in either language."""

from collections.abc import Callable, Iterable, Mapping

from recordkeeper.language import LANGUAGES, current_language, translation_to
from recordkeeper.model.form import Form
from recordkeeper.model.section import FormField


def particulars(_: Callable[[str], str]) -> dict[str, str]:
    """What is said of each record besides its values: the heading of each particular.

    Args:
        _: what says a text in a language.
    """
    return {
        "number": _("Number"),
        "revision": _("Revision"),
        "unit": _("Kept at"),
        "state": _("State"),
        "entered_on": _("Entered on"),
        "closed_on": _("Closed on"),
        "sheet": _("Sheet"),
        "signatures": _("Signatures"),
    }


def headings(fields: Iterable[FormField]) -> list[str]:
    """Titles in the language in use; one that stands already is followed by the field's id."""
    found = list(particulars(translation_to(current_language())).values())
    for each in fields:
        title = each.title.in_language(current_language())
        found.append(title if title not in found else f"{title} ({each.id})")
    return found


def names_of(each: FormField) -> tuple[str, ...]:
    """All headings that mean a field."""
    titles = (each.title.zh, each.title.en)
    return (each.id, *titles, *(f"{title} ({each.id})" for title in titles))


def names_beside_values(form: Form) -> Mapping[str, str]:
    """The headings of an export that are no values to take in, with the particular or field that they mean."""
    found = {heading: name for language in LANGUAGES for name, heading in particulars(translation_to(language)).items()}
    computed = (each for section in form.sections for each in section.computed)
    return found | {name: each.id for each in computed for name in names_of(each)}
