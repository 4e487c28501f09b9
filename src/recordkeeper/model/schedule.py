"""A company's retention schedule: which rules hold for which records, beside what each form says of itself.

A schedule is a controlled document with revisions. A form's own definition is the rule of its records; a schedule adds
rules for forms, procedures and kinds of parties, and for every record where it names none of these.

Source: ISO 9001, 7.5.3.2; M-2, M-4, M-13
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from recordkeeper.language import translate as _
from recordkeeper.model.form import Form, RetentionRule
from recordkeeper.model.grammar import Code, Definition, Identifier, RevisionName, Title
from recordkeeper.model.retention import Action, Period, Rule, Trigger

SCHEDULE = "schedule"


class ScheduleRule(Definition):
    """One entry: for which records, how long, from when, what then, on whose authority.

    Args:
        id: its name, cited by lists and certificates.
        forms, procedures, party_kinds: the records that it holds for; each that is named must fit, none named fits all.
        trigger: what starts the period.
        years, months: how long at least; ``permanent`` for ever.
        most_years: how long at most, for personal data.
        ends_with_year: whether the period starts only with the end of the year.
        action: what happens after it.
        authority: the law or rule that says so.
        keeping_unit: who keeps the records after they are closed, where that is not as the form says.
    """

    id: Identifier
    forms: tuple[Code, ...] = ()
    procedures: tuple[Annotated[str, StringConstraints(min_length=1, max_length=40)], ...] = ()
    party_kinds: tuple[Literal["person", "firm"], ...] = ()
    trigger: Trigger = "closed"
    years: Annotated[int, Field(ge=0, le=100)] | Literal["permanent"] = 0
    months: Annotated[int, Field(ge=0, le=11)] = 0
    most_years: Annotated[int, Field(ge=1, le=100)] | None = None
    ends_with_year: bool = False
    action: Action = "review"
    authority: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    keeping_unit: Title | None = None

    @model_validator(mode="after")
    def _has_length(self) -> "ScheduleRule":
        if self.years == "permanent" and self.months:
            msg = _("what is kept for ever has no months")
            raise ValueError(msg)
        if self.years == 0 and not self.months and self.most_years is None:
            msg = _("expected years, months or most_years")
            raise ValueError(msg)
        if self.years == "permanent" and self.action != "keep":
            msg = _("what is kept for ever has the action keep")
            raise ValueError(msg)
        return self

    def holds_for(self, form: Form, party_kind: str) -> bool:
        """Whether records of ``form``, about a party of that kind or about none, fall under it."""
        return (
            (not self.forms or form.code in self.forms)
            and (not self.procedures or form.procedure in self.procedures)
            and (not self.party_kinds or party_kind in self.party_kinds)
        )

    def rule(self, source: str) -> Rule:
        """The rule as eligibility is decided by.

        Args:
            source: the revision it stands in, ``schedule A/0``.
        """
        period = None if self.years == "permanent" else Period(self.years, self.months)
        most = Period(self.most_years) if self.most_years else None
        return Rule(self.id, source, self.authority, self.trigger, period, self.action, most, self.ends_with_year)


class Schedule(Definition):
    """One revision of the schedule.

    Args:
        revision: ``A/0``.
        title: its name.
        rules: its entries.
        open_days: after how many days a record that is still open is listed.
        decide_days: within how many days what is due is decided on.
        cooling_days: how many days lie between the approval of a destruction and its execution.
    """

    revision: RevisionName
    title: Title
    rules: tuple[ScheduleRule, ...] = ()
    open_days: Annotated[int, Field(ge=1, le=3660)] = 365
    decide_days: Annotated[int, Field(ge=1, le=3660)] = 60
    cooling_days: Annotated[int, Field(ge=0, le=365)] = 7

    @model_validator(mode="after")
    def _ids_differ(self) -> "Schedule":
        ids = [rule.id for rule in self.rules]
        twice = next((identifier for identifier in ids if ids.count(identifier) > 1), None)
        if twice:
            msg = _("two rules are named {name}").format(name=twice)
            raise ValueError(msg)
        return self

    @property
    def name(self) -> str:
        """``schedule A/0``: what lists and certificates cite."""
        return f"{SCHEDULE} {self.revision}"


BEFORE_ANY = Schedule(revision="A/0", title=Title(zh="保管期限表", en="Retention schedule"))
"""What holds while a company has released no schedule of its own: every form's own rule, and nothing else."""


def rules_for(schedule: Schedule | None, form: Form, party_kind: str = "") -> tuple[Rule, ...]:
    """Every rule that holds for the records of a form: its own, then those of the schedule.

    Args:
        schedule: the revision in force; None where there is none.
        form: the revision of the form that the record began on.
        party_kind: person or firm; empty where the record is about nobody.

    Source: M-2
    """
    own = [own_rule(form)]
    if schedule is not None:
        own += [rule.rule(schedule.name) for rule in schedule.rules if rule.holds_for(form, party_kind)]
    return tuple(own)


def own_rule(form: Form) -> Rule:
    """What a form's definition says of its records."""
    said: RetentionRule = form.retention
    period = None if said.years == "permanent" else Period(said.years)
    most = Period(said.most_years) if said.most_years else None
    source = f"{form.code} {form.revision}"
    return Rule(form.code, source, said.authority, said.trigger, period, said.action, most)


def unknown_forms(schedule: Schedule, codes: Iterable[str]) -> list[str]:
    """The forms that a schedule names and that are none of ``codes``."""
    known = set(codes)
    return sorted({code for rule in schedule.rules for code in rule.forms if code not in known})
