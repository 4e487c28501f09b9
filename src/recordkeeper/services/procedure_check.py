"""Whether installed procedures hold together: references, retention, rules, purposes, conflicts; and the people.

Nothing is changed. An error is something that cannot work; a warning is for a person to judge.

Source: ISO 9001, 7.5.2, 7.5.3; P12-R1
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import cast

from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.form import Form
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.purpose import Unbound
from recordkeeper.model.routing import Opening
from recordkeeper.model.section import Section
from recordkeeper.register.acts import Register
from recordkeeper.register.lookup import units_below
from recordkeeper.services.catalogue import UnknownProcedureError
from recordkeeper.services.choosing import chosen_code
from recordkeeper.services.installation import unbound_purposes
from recordkeeper.services.installed import Installed, installed_whole
from recordkeeper.services.setting import Setting
from recordkeeper.services.staffing_check import staffing_findings

_RULE = re.compile(r"[A-Z][A-Z0-9-]*-R[0-9]+")


def check_procedures(register: Register, identifiers: Sequence[str], now: datetime) -> list[Finding]:
    """What does not hold together in the procedures named, in all where none is named; the gravest first.

    Raises:
        UnknownProcedureError: one of them is not installed.
    """
    with register.reading() as snapshot:
        setting = Setting(snapshot, now)
        everything = installed_whole(setting)
        known = {each.revision.code: each for each in everything}
        for identifier in identifiers:
            if identifier.upper() not in known:
                raise UnknownProcedureError(identifier)
        asked = {identifier.upper() for identifier in identifiers} or set(known)
        unbound = [each for each in unbound_purposes(snapshot, setting.today) if each.procedure in asked]
        forms = {form.code: form for each in everything for form in each.forms}
        rules = {rule.id for each in everything for rule in each.procedure.rules}
        findings: list[Finding] = [_unbound(each) for each in unbound]
        for name in sorted(asked):
            findings += _reference_findings(known[name], forms, rules)
            findings += _rule_findings(known[name], forms)
            findings += staffing_findings(setting, known[name])
        findings += [finding for names, finding in _conflicts(setting, everything) if names & asked]
    return sorted(findings, key=lambda each: (each.severity is not Severity.ERROR, each.subject, each.code))


def _unbound(unbound: Unbound) -> Finding:
    message = _("no form serves {purpose}; could: {codes}").format(
        purpose=unbound.purpose, codes=listing(unbound.offered) or _("nothing installed")
    )
    return Finding("unbound-purpose", Severity.WARNING, unbound.procedure, message)


# ---- references and retention ----------------------------------------------------------------------------------------


def _reference_findings(each: Installed, forms: Mapping[str, Revision], rules: Collection[str]) -> Iterator[Finding]:
    for purpose, code in sorted(each.revision.bindings.items()):
        if code and code not in forms:
            message = _("{purpose} is bound to {code}, which is not installed").format(purpose=purpose, code=code)
            yield Finding("broken-reference", Severity.ERROR, each.revision.code, message)
    for code in each.procedure.forms:
        if code not in forms:
            message = _("its form {code} is not installed").format(code=code)
            yield Finding("broken-reference", Severity.ERROR, each.revision.code, message)
    for revision in each.forms:
        yield from _form_findings(revision.form, each.revision.bindings, forms)
        yield from _retention_findings(revision.form, rules)


def _form_findings(form: Form, bindings: Mapping[str, str], forms: Mapping[str, Revision]) -> Iterator[Finding]:
    for name, source in form.sources.items():
        if source.form not in forms:
            yield _broken(form, f"sources.{name}", _("{code} is not installed").format(code=source.form))
    for section in _sections(form):
        for elsewhere in (*section.opens, *section.needs):
            code = elsewhere.form or bindings.get(elsewhere.purpose or "", "")
            if elsewhere.form and code not in forms:
                yield _broken(form, f"sections.{section.id}", _("{code} is not installed").format(code=code))
            elif code in forms and isinstance(elsewhere, Opening):
                yield from _copy_findings(form, section, elsewhere, forms[code].form)


def _copy_findings(form: Form, section: Section, opening: Opening, target: Form) -> Iterator[Finding]:
    for name in opening.copying:
        if target.sections[0].field(name) is None:
            message = _("{code} has no field {name} in its first section: nothing is copied there")
            # A form bound by purpose was written by somebody else: what it has no field for is left out, no fault.
            severity = Severity.ERROR if opening.form else Severity.WARNING
            place = f"{form.code} sections.{section.id}.opens.copy"
            yield Finding("broken-reference", severity, place, message.format(code=target.code, name=name))


def _retention_findings(form: Form, rules: Collection[str]) -> Iterator[Finding]:
    retention = form.retention
    if retention.trigger == "sheet_closed" and form.sheet is None:
        message = _("kept from the closing of its sheet, and it has no sheet")
        yield Finding("no-retention", Severity.ERROR, form.code, message)
    is_own_rule = retention.authority.startswith(f"{form.procedure}-R")
    if is_own_rule and retention.authority not in rules:
        yield _broken(form, "retention.authority", _("there is no rule {rule}").format(rule=retention.authority))


def _broken(form: Form, place: str, message: str) -> Finding:
    return Finding("broken-reference", Severity.ERROR, f"{form.code} {place}", message)


def _sections(form: Form) -> tuple[Section, ...]:
    return (*form.sections, *(form.sheet.sections if form.sheet else ()))


# ---- rules -----------------------------------------------------------------------------------------------------------


def _rule_findings(each: Installed, forms: Mapping[str, Revision]) -> Iterator[Finding]:
    """Rules that no form of the procedure carries out, and that name no form in their own words.

    Those of a model text hold in the procedure whose text it repeats.
    """
    if each.procedure.same_as is not None:
        return
    cited = {rule for form in each.forms for rule in _rules_of(form.form)}
    cited |= set(each.procedure.owner.rules if each.procedure.owner else ())
    names = {
        name.casefold()
        for revision in forms.values()
        for name in (*_texts(revision, "also_called"), revision.form.title.zh, revision.form.title.en)
    }
    for rule in each.procedure.rules:
        said = f"{rule.zh} {rule.en}".casefold()
        if rule.id not in cited and not any(name in said for name in names):
            message = _("no form of {procedure} cites it, and it names none").format(procedure=each.revision.code)
            yield Finding("rule-without-effect", Severity.WARNING, rule.id, message)


def _rules_of(form: Form) -> Iterator[str]:
    """The rules that a form cites: as a whole, in its sections, as the authority of its retention."""
    yield from form.rules
    for section in _sections(form):
        yield from section.rules
    yield from _RULE.findall(form.retention.authority)


def _texts(revision: Revision, key: str) -> list[str]:
    return [str(text) for text in cast("Sequence[object]", revision.definition.get(key) or ())]


# ---- conflicts -------------------------------------------------------------------------------------------------------


def _conflicts(setting: Setting, everything: Sequence[Installed]) -> Iterator[tuple[set[str], Finding]]:
    """Procedures that rule on one act in one unit: by the purpose that both serve, or by a name that forms share.

    None is where each unit that both hold for has chosen one.
    """
    for one, two in combinations(everything, 2):
        shared = _units_of(setting, one) & _units_of(setting, two)
        if not shared:
            continue
        names = {one.revision.code, two.revision.code}
        subject = " ".join(sorted(names))
        served = [(purpose, *_served_by(one, two, purpose)) for purpose in _served_by_both(one, two)]
        for purpose, first_code, second_code in served:
            if all(chosen_code(setting.snapshot, unit, purpose) for unit in shared):
                continue
            chosen = _chosen(everything, purpose)
            message = _("{purpose}: {first} and {second} both serve it in one unit; bound: {chosen}").format(
                purpose=purpose, first=first_code, second=second_code, chosen=chosen or _("nowhere")
            )
            message += _("; settle it with {command}").format(command=f"procedure choose {purpose} {first_code}")
            yield names, Finding("conflict", Severity.WARNING, subject, message)
        pairs = {(first_code, second_code) for _purpose, first_code, second_code in served}
        for first, second in _of_one_name(one, two):
            if (first.code, second.code) in pairs:
                continue  # told by what both serve
            message = _("{first} and {second} are both called {name} and count in one unit").format(
                first=first.code, second=second.code, name=first.form.title.zh
            )
            yield names, Finding("conflict", Severity.WARNING, subject, message)


def _units_of(setting: Setting, each: Installed) -> set[str]:
    return {below for unit in each.revision.units for below in units_below(setting.snapshot, unit)}


def _served_by_both(one: Installed, two: Installed) -> list[str]:
    return sorted(set(one.procedure.provides) & set(two.procedure.provides))


def _served_by(one: Installed, two: Installed, purpose: str) -> tuple[str, str]:
    return one.procedure.provides[purpose], two.procedure.provides[purpose]


def _chosen(everything: Sequence[Installed], purpose: str) -> str:
    bound = {each.revision.code: each.revision.bindings.get(purpose) for each in everything}
    return listing(f"{name} → {code}" for name, code in sorted(bound.items()) if code)


def _of_one_name(one: Installed, two: Installed) -> Iterator[tuple[Revision, Revision]]:
    for first in one.forms:
        for second in two.forms:
            spellings = [{each.form.title.zh, *_texts(each, "also_called")} for each in (first, second)]
            if first.form.title.zh in spellings[1] or second.form.title.zh in spellings[0]:
                yield first, second
