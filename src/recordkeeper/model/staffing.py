"""Whether the people are enough for what must not be done by one person alone.

Source: ISO 9001, 7.2, 9.2.2
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

from recordkeeper.model.form import Form
from recordkeeper.model.routing import ByField
from recordkeeper.model.section import Section


def roles_of(form: Form) -> dict[str, list[str]]:
    """Each role that has something to do in ``form``, with the ids of the sections where it does.

    Roles that amend, counter-sign or consent stand under those words.
    """
    found: dict[str, list[str]] = {}
    for section in (*form.sections, *(form.sheet.sections if form.sheet else ())):
        for role in section_roles(form, section):
            found.setdefault(role, []).append(section.id)
    countersigning = form.amendment.countersign.by if form.amendment.countersign else ()
    for word, roles in (
        ("amend", form.amendment.by),
        ("countersign", countersigning),
        ("consent", form.access.consent),
    ):
        for role in roles:
            found.setdefault(role, []).append(word)
    return found


def section_roles(form: Form, section: Section) -> tuple[str, ...]:
    """The roles that may fill and sign a section; those that a choice could name included."""
    roles: list[str] = []
    for by in section.by:
        if isinstance(by, str):
            roles.append(by)
        elif isinstance(by, ByField):
            name, _dot, column = by.field.partition(".")
            field = form.field(name)
            if field is not None and column:
                field = next((each for each in field.columns if each.id == column), None)
            roles += [choice.id for choice in field.choices] if field else []
    return tuple(dict.fromkeys(roles))


def impossible_sections(form: Form, holders: Mapping[str, Collection[str]]) -> Iterator[tuple[Section, list[Section]]]:
    """The sections that nobody is left to do, once others did those that must be another's; with these.

    A section that nobody at all can do, or that may be signed on paper, is not among them. Earlier sections that stand
    under a condition are tried one at a time.

    Args:
        form: the form.
        holders: the people who hold each role.
    """
    for sections in (form.sections, form.sheet.sections if form.sheet else ()):
        by_id = {section.id: section for section in sections}
        people = {section.id: _people(form, section, holders) for section in sections}
        for section in sections:
            others = [by_id[name] for name in section.other_than if people[name]]
            if people[section.id] and not all(_is_possible([section, *some], people) for some in _routes(others)):
                yield section, others


def too_few_to_countersign(form: Form, holders: Mapping[str, Collection[str]]) -> bool:
    """Whether the only person who may counter-sign amendments is the only one who may make them."""
    if form.amendment.countersign is None:
        return False
    sections = (*form.sections, *(form.sheet.sections if form.sheet else ()))
    amending = form.amendment.by or tuple(role for section in sections for role in section_roles(form, section))
    amenders = {person for role in amending for person in holders.get(role, ())}
    agreeing = {person for role in form.amendment.countersign.by for person in holders.get(role, ())}
    return len(agreeing) == 1 and amenders == agreeing


def _routes(others: Sequence[Section]) -> Iterator[list[Section]]:
    always = [section for section in others if section.when is None]
    yield always
    for section in others:
        if section.when is not None:
            yield [*always, section]


def _people(form: Form, section: Section, holders: Mapping[str, Collection[str]]) -> frozenset[str]:
    if section.on_paper:
        return frozenset()
    return frozenset(person for role in section_roles(form, section) for person in holders.get(role, ()))


def _is_possible(sections: Sequence[Section], people: Mapping[str, Collection[str]]) -> bool:
    places = {section.id: index for index, section in enumerate(sections)}
    apart = [
        (place, places[other])
        for place, section in enumerate(sections)
        for other in section.other_than
        if other in places
    ]
    pools = [sorted(people[section.id])[: len(sections)] for section in sections]  # more are never needed
    return any(all(chosen[one] != chosen[two] for one, two in apart) for chosen in product(*pools))
