"""Whether the people are there for what a procedure asks: roles that nobody holds, acts that need one person more.

Source: ISO 9001, 7.1.2, 5.3
"""

from collections.abc import Iterator, Mapping

from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.form_revision import RevisionState
from recordkeeper.model.person import APPROVER, Person
from recordkeeper.model.staffing import impossible_sections, roles_of, too_few_to_countersign
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services.installed import Installed
from recordkeeper.services.setting import Setting


def staffing_findings(setting: Setting, each: Installed) -> Iterator[Finding]:
    """What a procedure's people are too few for, in the units that it holds for and those above and below them."""
    holders = _holders(setting, each)
    yield from _role_findings(setting, each, holders)
    for revision in each.forms:
        for section, others in impossible_sections(revision.form, holders):
            message = _("nobody is left to do it once others did {sections}").format(
                sections=listing(other.id for other in others)
            )
            yield Finding("too-few-people", Severity.ERROR, f"{revision.code} sections.{section.id}", message)
        if too_few_to_countersign(revision.form, holders):
            message = _("one person alone may amend and counter-sign")
            yield Finding("too-few-people", Severity.ERROR, f"{revision.code} amendment.countersign", message)
    drafts = [one for one in (each.revision, *each.forms) if one.state is RevisionState.DRAFT]
    for author in dict.fromkeys(draft.author for draft in drafts):
        theirs = [draft for draft in drafts if draft.author == author]
        if not _has_other_approver(setting, author):
            message = _("drafts {names}: nobody but their author {person} is an approver").format(
                names=listing(draft.name for draft in theirs), person=theirs[0].author_name
            )
            yield Finding("too-few-people", Severity.ERROR, each.revision.code, message)


def _role_findings(setting: Setting, each: Installed, holders: Mapping[str, set[str]]) -> Iterator[Finding]:
    needed: dict[str, list[str]] = {}
    for revision in each.forms:
        for role in roles_of(revision.form):
            needed.setdefault(role, []).append(revision.code)
    for role, codes in sorted(needed.items()):
        if not holders.get(role):
            message = _("nobody holds the role {role} ({name}); it acts in {codes}").format(
                role=role, name=setting.shown_name(role), codes=listing(codes)
            )
            yield Finding("role-nobody-holds", Severity.ERROR, each.revision.code, message)


def _holders(setting: Setting, each: Installed) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for person in map(Person.replay, setting.snapshot.histories("person")):
        for role in person.roles_at(each.places, setting.today):
            found.setdefault(role, set()).add(person.subject)
    return found


def _has_other_approver(setting: Setting, author: str) -> bool:
    people = [Person.replay(history) for history in setting.snapshot.histories("person")]
    return any(
        APPROVER in person.roles_at((ROOT_UNIT,), setting.today) and person.subject != author for person in people
    )
