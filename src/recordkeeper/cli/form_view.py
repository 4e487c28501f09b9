"""How a form's definition reads on a screen."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from recordkeeper.cli import form_words
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.language import current_language, listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.form_revision import revision_state_name
from recordkeeper.model.rendition import MEANINGS
from recordkeeper.model.section import ByField, ByParty, FormField, Section

if TYPE_CHECKING:
    from recordkeeper.model.form import Form
    from recordkeeper.model.form_revision import Revision


def print_form(revision: "Revision", roles: Mapping[str, str]) -> None:
    """Print a revision: what it is, then each section with its fields.

    Args:
        revision: the form at one revision.
        roles: names of roles by id, in the language in use.
    """
    definition, language = revision.form, current_language()
    print_text(f"{definition.code} {definition.revision}  {definition.title.in_language(language)}")
    print_table([_("Form"), ""], [[label, value] for label, value in _particulars(revision, definition, roles)])
    for section in definition.sections:
        _print_section(section, roles)
    if definition.sheet:
        for section in definition.sheet.sections:
            _print_section(section, roles, of_sheet=_("sheet: "))


def _particulars(revision: "Revision", definition: "Form", roles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    language = current_language()
    yield _("State"), revision_state_name(revision.state)
    if revision.effective_on:
        yield _("Effective"), revision.effective_on.isoformat()
    if revision.withdrawn_on:
        yield _("Withdrawn"), revision.withdrawn_on.isoformat()
    yield _("Author"), revision.author_name
    if revision.approver_name:
        yield _("Approver"), revision.approver_name
    yield _("Procedure"), revision.procedure
    yield _("Kind"), form_words.kind_name(definition.kind)
    yield _("Also called"), listing((*definition.aliases, *definition.also_called)) or "/"
    yield _("Kept by"), definition.keeping_unit.in_language(language)
    years = definition.retention.years
    kept = (
        _("permanently")
        if years == "permanent"
        else ngettext("{years} year", "{years} years", years).format(years=years)
    )
    yield (
        _("Retention"),
        listing(
            (
                kept,
                form_words.trigger_name(definition.retention.trigger),
                form_words.action_name(definition.retention.action),
            )
        ),
    )
    policy = definition.amendment
    yield _("Corrections"), str(policy.corrections)
    if policy.countersign:
        yield _("Counter-signed by"), _named(policy.countersign.by, roles)
    if policy.party_signs:
        yield _("Signed anew by"), _("the outside party, on paper")
    yield from _access(definition, roles)
    if definition.sheet:
        yield _("Sheet by"), form_words.grouping_name(definition.sheet.by)
    if revision.printings:
        told = (
            _("{numbers} (act {act}, {name}, {day})").format(
                numbers=each.numbers, act=each.act_number, name=each.name, day=each.on
            )
            for each in revision.printings
        )
        yield _("Blanks issued"), listing(told)


def _access(definition: "Form", roles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """That a form is confidential, and whom it names for what; nothing where whoever has a role in the unit reads."""
    access = definition.access
    if access.read:
        yield _("Confidential"), _("read by {who}").format(who=_named(access.read, roles))
    for label, named in (
        (_("Copied by"), access.copying),
        (_("Taken out by"), access.take_out),
        (_("Consent of"), access.consent),
    ):
        if named:
            yield label, _named(named, roles)


def _print_section(section: Section, roles: Mapping[str, str], of_sheet: str = "") -> None:
    language = current_language()
    print_text("")
    print_text(f"{of_sheet}{section.id}  {section.title.in_language(language)}")
    by = [each for each in section.by if isinstance(each, str)]
    fillers = [_named(by, roles)] if by else []
    fillers += [_("whoever {field} names").format(field=each.field) for each in section.by if isinstance(each, ByField)]
    fillers += [_("the party") for each in section.by if isinstance(each, ByParty)]
    print_text(_("  filled by: {who}").format(who=listing(fillers)))
    if section.sign != "none":
        signed = _("  signed by: {who} ({meaning})").format(
            who=form_words.sign_name(section.sign), meaning=MEANINGS[section.meaning or ""][language == "en"]
        )
        print_text(
            signed
            + (
                _(", not by who did {sections}").format(sections=listing(section.other_than))
                if section.other_than
                else ""
            )
        )
    if section.when:
        print_text(_("  when: {condition}").format(condition=section.when))
    if section.optional:
        print_text(_("  optional"))
    if section.all_fields:
        rows = [_field_row(each, is_computed=each in section.computed) for each in section.all_fields]
        print_table([_("Field"), _("Title"), _("Type"), _("Needed"), _("Values")], rows)


def _field_row(each: FormField, *, is_computed: bool) -> list[str]:
    language = current_language()
    if is_computed:
        needed = _("computed")
    elif each.required_if:
        needed = _("if {condition}").format(condition=each.required_if)
    else:
        needed = _("yes") if each.required else _("no")
    values = listing(f"{choice.id} {choice.in_language(language)}" for choice in each.choices)
    columns = listing(
        _("{name} ({note})").format(name=column.id, note=form_words.type_name(column.type)) for column in each.columns
    )
    return [each.id, each.title.in_language(language), form_words.type_name(each.type), needed, values or columns]


def _named(identifiers: Sequence[str], roles: Mapping[str, str]) -> str:
    return listing(roles.get(identifier, identifier) for identifier in identifiers)
