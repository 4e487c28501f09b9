"""Who may read a form's records in a unit: what the form says, and what every procedure in force there says beside it.

Where access rules meet, all of them hold, so that the stricter does.

Source: ISO 9001, 7.5.3.1 (confidentiality); P09-R2; I-5
"""

from datetime import date
from typing import TYPE_CHECKING, TypeAlias, cast

from recordkeeper.language import translate as _
from recordkeeper.model.consent import COPY, READ, TAKE_OUT, is_consented
from recordkeeper.model.form import Form
from recordkeeper.model.person import AUDITOR
from recordkeeper.model.record import Record
from recordkeeper.model.standing import Standing
from recordkeeper.services.company import unit_and_above
from recordkeeper.services.installation import standing_procedures
from recordkeeper.services.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Readers: TypeAlias = tuple[tuple[str, ...], ...]
"""Lists of roles, of each of which whoever reads holds one; no list: whoever has a role in the unit."""


def readers_of(setting: Setting, form: Form, unit: str) -> Readers:
    """The lists of roles that may read the records of a form in a unit."""
    lists = [form.access.read] if form.access.read else []
    above = set(unit_and_above(setting.snapshot, unit))
    standing = standing_procedures(setting.snapshot, setting.today)
    own = next((each for each in standing if each.code == form.procedure), None)
    provides = cast("Mapping[str, str]", own.definition.get("provides") or {}) if own else {}
    filed = _filed_together(own.definition.get("dossier")) if own else set()
    served = {purpose for purpose, code in provides.items() if code == form.code or {code, form.code} <= filed}
    for each in standing:
        readers = cast("Mapping[str, Sequence[str]]", each.definition.get("readers") or {})
        if served & readers.keys() and above & set(each.units) and each.is_in_force(setting.today):
            lists += [tuple(readers[purpose]) for purpose in sorted(served & readers.keys())]
    return tuple(lists)


def _filed_together(dossier: object) -> set[str]:
    """The forms of a procedure's dossier with its cover: what is said of one that serves a purpose is said of the file.

    Source: P06-R1; P09-R2
    """
    if not isinstance(dossier, dict):
        return set()
    rule = cast("Mapping[str, object]", dossier)
    contents = cast("Sequence[Mapping[str, object]]", rule["contents"])
    return {str(rule["cover"]), *(str(item["form"]) for item in contents)}


def may_read(roles: frozenset[str], readers: Readers) -> bool:
    """Whether who holds ``roles`` at a record's unit may read it."""
    if AUDITOR in roles:
        return True
    return all(not roles.isdisjoint(each) for each in readers) if readers else bool(roles)


def may_read_record(record: Record, who: Standing, readers: Readers, on: date) -> bool:
    """Whether somebody may read one record: by right, as ``reads_by_right``, or because somebody consented.

    Args:
        record: as it stands.
        who: as they stand at its unit.
        readers: of its form in its unit.
        on: the day.
    """
    if reads_by_right(record, who, readers):
        return True
    return not who.is_auditor and is_consented(record, who.subject, READ, on)


def reads_by_right(record: Record, who: Standing, readers: Readers) -> bool:
    """Whether somebody reads one record without anybody's consent: by a role, or by their own part in it.

    A role that fills a section is no reader of a confidential form: whoever filled it is, as are the persons that the
    record names, its signers, and who stands in for one of these. An auditor's account reads
    within its scope, whatever its person did before.

    Args:
        record: as it stands.
        who: as they stand at its unit.
        readers: of its form in its unit.
    """
    if who.is_auditor:
        return AUDITOR in who.roles
    named = {role for section in record.sections for role in record.roles_of(section)}
    named |= {signature.signer for signature in record.signatures}
    # A sheet is opened by the first row that somebody enters: that is no part in the rows of others.
    parts = {"fill"} if record.is_sheet else {"new", "fill"}
    named |= {act.by for act in record.history.told if act.kind in parts}
    persons = {right for right in who.rights if "/" in right}
    return not persons.isdisjoint(named) or may_read(who.reading_roles, readers)


def roles_that_read(readers: Readers) -> list[str]:
    """The roles that every list names; all that any names where there is none, for who holds one of each may read."""
    named = list(dict.fromkeys(role for each in readers for role in each))
    return [role for role in named if all(role in each for each in readers)] or named


def roles_for(form: Form, use: str) -> tuple[str, ...]:
    """The roles that the form names for a use beyond reading; none where it names nobody."""
    return {COPY: form.access.copying, TAKE_OUT: form.access.take_out}[use]


def may_use(record: Record, who: Standing, use: str, readers: Readers, on: date) -> bool:
    """Whether somebody who may read a record may copy it or take it out too.

    By a role that the form names, where it names none by reading it by right, or by consent to that very use.

    Source: P01-R10
    """
    named = roles_for(record.form, use)
    by_right = who.has_any(named) if named else reads_by_right(record, who, readers)
    return by_right or is_consented(record, who.subject, use, on)


def way_to_ask(form: Form, number: str, use: str, who: Standing) -> str:
    """What a refusal adds where consent can be asked for: the command; nothing where nobody consents or may ask."""
    if not form.access.consent or who.is_auditor:
        return ""
    return _("; consent is asked for by: record ask {number} --for {use} --reason …").format(number=number, use=use)
