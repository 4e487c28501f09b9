"""``retention``: how long records are kept, what is due, and what holds keep.

It is long because schedule, due records and holds are shown in one manner; lists and transfers stand in modules beside.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.disposition import appraise, approve, certificate, erase, execute, list_new
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.program import noun
from recordkeeper.cli.transfer import hand_over, pack, receive, transfer_new
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date
from recordkeeper.model.retention import NOTED_TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from recordkeeper.cli.output import Cell
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.hold import Hold, Scope
    from recordkeeper.model.retention import Eligibility, Rule
    from recordkeeper.model.schedule import ScheduleRule
    from recordkeeper.services.retention import KeptView, Move
    from recordkeeper.services.scheduling import Proposed

_OUTCOMES = {
    "open": _("not closed"),
    "waiting": _("waiting"),
    "running": _("kept"),
    "permanent": _("kept for ever"),
    "review": _("to be appraised"),
    "transfer": _("to be transferred"),
    "destroy": _("may be destroyed"),
    "transferred": _("transferred, kept as a copy"),
    "held": _("held"),
}
_TRIGGERS = {
    "closed": _("its closing"),
    "sheet_closed": _("the closing of its sheet"),
    "contract_ended": _("the end of the contract"),
    "moved_out": _("the moving out"),
    "superseded": _("its being superseded"),
    "last_contact": _("the last contact"),
    "year_end": _("the end of the year"),
    "event": _("an event to be told"),
}
_ACTIONS = {
    "keep": _("keep"),
    "review": _("appraise"),
    "transfer": _("transfer"),
    "destroy": _("destroy"),
}

retention = noun("retention")
for _verb in (appraise, list_new, erase, approve, execute, certificate, transfer_new, pack, receive, hand_over):
    retention.add_command(_verb)


def _criteria_options(command: "Callable[..., None]") -> "Callable[..., None]":
    for option in reversed(
        (
            click.option("--number", metavar="TEXT", help=_("How the number begins")),
            click.option(
                "--form", "forms", metavar="FORM", multiple=True, help=_("The form; may be given several times")
            ),
            click.option("--unit", metavar="UNIT", help=_("The unit, with those below it")),
            click.option("--party", metavar="PARTY", help=_("The person or firm it is about")),
            click.option("--premises", metavar="PREMISES", help=_("The dwelling or shop it is about")),
            click.option("--on", "on_text", metavar="DATE", help=_("As it stands on that day; today if not given")),
        )
    ):
        command = option(command)
    return command


@retention.command("list", help=_("List how long records are kept, from when, and by which rule"))
@_criteria_options
@shared_options
def list_(
    invocation: Invocation,
    number: str | None,
    forms: tuple[str, ...],
    unit: str | None,
    party: str | None,
    premises: str | None,
    on_text: str | None,
) -> None:
    """List what is kept."""
    from recordkeeper.services.retention import kept_records
    from recordkeeper.services.searching import Criteria

    criteria = Criteria(number=number, forms=forms, unit=unit, party=party, premises=premises)
    day = parse_date(on_text, "--on") if on_text else None
    views = kept_records(invocation.workspace().register, invocation.actor(), invocation.now, criteria, day)
    invocation.emit([_view_value(view) for view in views], lambda: _print_views(views))


@retention.command(help=_("List what is due: to be appraised, transferred or destroyed, and what is open too long"))
@_criteria_options
@shared_options
def due(
    invocation: Invocation,
    number: str | None,
    forms: tuple[str, ...],
    unit: str | None,
    party: str | None,
    premises: str | None,
    on_text: str | None,
) -> None:
    """List what is due."""
    from recordkeeper.services.retention import due_records
    from recordkeeper.services.searching import Criteria

    criteria = Criteria(number=number, forms=forms, unit=unit, party=party, premises=premises)
    day = parse_date(on_text, "--on") if on_text else None
    views = due_records(invocation.workspace().register, invocation.actor(), invocation.now, criteria, day)

    def render() -> None:
        if views:
            _print_views(views)
        else:
            print_text(_("Nothing is due"))

    invocation.emit([_view_value(view) for view in views], render)


def _print_views(views: "Sequence[KeptView]") -> None:
    columns = [_("Number"), _("Form"), _("Closed on"), _("Due on"), _("Outcome"), _("Rule"), _("Authority"), _("Holds")]
    rows: list[Sequence[Cell]] = []
    for view in views:
        deciding = view.answer.deciding
        rows.append(
            [
                view.found.number,
                view.found.form_title,
                view.found.closed_on,
                view.answer.due_on.isoformat() if view.answer.due_on else "",
                _outcome(view),
                deciding.rule.id if deciding else "",
                deciding.rule.authority if deciding else "",
                listing(name.partition("/")[2] for name in view.answer.holds),
            ]
        )
    print_table(columns, rows)


def _outcome(view: "KeptView") -> str:
    deciding, answer = view.answer.deciding, view.answer
    name = _OUTCOMES[answer.outcome]
    if view.open_since:
        return _("{outcome} since {day}").format(outcome=name, day=view.open_since)
    if answer.outcome == "waiting" and deciding is not None:
        return _("waiting for {trigger}").format(trigger=_TRIGGERS[deciding.rule.trigger])
    if view.is_overdue:
        name = _("{outcome}, overdue since {day}").format(outcome=name, day=view.decide_by)
    elif view.decide_by:
        name = _("{outcome}, by {day}").format(outcome=name, day=view.decide_by)
    if answer.exceeds is not None:
        name = _("{outcome}; longer than {rule} allows").format(outcome=name, rule=answer.exceeds.id)
    return name


def _view_value(view: "KeptView") -> "Json":
    return {
        "number": view.found.number,
        "form": view.found.form,
        "unit": view.found.unit,
        "state": view.found.state,
        "closed_on": view.found.closed_on or None,
        "decide_by": view.decide_by.isoformat() if view.decide_by else None,
        "is_overdue": view.is_overdue,
        "open_since": view.open_since.isoformat() if view.open_since else None,
        **_answer_value(view.answer),
    }


def _answer_value(answer: "Eligibility") -> "dict[str, Json]":
    return {
        "outcome": str(answer.outcome),
        "due_on": answer.due_on.isoformat() if answer.due_on else None,
        "most_on": answer.most_on.isoformat() if answer.most_on else None,
        "exceeds": answer.exceeds.id if answer.exceeds else None,
        "holds": list(answer.holds),
        "rules": [
            {
                **_rule_value(line.rule),
                "happened_on": line.happened_on.isoformat() if line.happened_on else None,
                "due_on": line.due_on.isoformat() if line.due_on else None,
                "decides": line.decides,
                "record": line.belongs_to,
            }
            for line in answer.lines
        ],
    }


def _rule_value(rule: "Rule") -> "dict[str, Json]":
    length: Json = {"years": rule.period.years, "months": rule.period.months} if rule.period else "permanent"
    return {
        "id": rule.id,
        "source": rule.source,
        "authority": rule.authority,
        "trigger": rule.trigger,
        "period": length,
        "action": rule.action,
    }


@retention.command(help=_("Tell when something happened that starts a record's period, such as the end of a contract"))
@click.argument("number", metavar="RECORD")
@click.argument("trigger", metavar="TRIGGER", type=click.Choice(NOTED_TRIGGERS))
@click.option("--on", "on_text", metavar="DATE", required=True, help=_("The day on which it happened"))
@click.option("--reason", metavar="TEXT", required=True, help=_("How it is known"))
@shared_options
def tell(invocation: Invocation, number: str, trigger: str, on_text: str, reason: str) -> None:
    """Tell of what starts a period."""
    from recordkeeper.services import lifecycle
    from recordkeeper.services.retention import kept_records
    from recordkeeper.services.searching import Criteria

    register, actor = invocation.workspace().register, invocation.actor()
    day = parse_date(on_text, "--on")
    record = lifecycle.tell(register, actor, invocation.now, number, trigger, day, reason)
    invocation.publish()
    begun_on = str(record.opening["on"])
    if day.isoformat() < begun_on:
        said = _(
            "{number}: {day} lies before {begun}, when the record was begun here; its period counts from {day} all"
            " the same"
        )
        invocation.say(said.format(number=record.number, day=day.isoformat(), begun=begun_on))
    views = kept_records(register, actor, invocation.now, Criteria(number=record.number))
    views = [view for view in views if view.found.number == record.number]
    invocation.emit([_view_value(view) for view in views], lambda: _print_views(views))


# ---- the schedule ----------------------------------------------------------------------------------------------------


@retention.command(
    help=_(
        "Show the retention schedule; install FILE as a draft of its next revision, which takes the place of a draft"
        " before it; approve the newest draft"
    )
)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--approve", is_flag=True, help=_("Approve the newest draft with your signature and put it in force"))
@click.option("--effective", metavar="DATE", help=_("The day from which it counts; today if not given"))
@click.option(
    "--allow-shorter", is_flag=True, help=_("Let records go earlier than they may now, or sooner after an approval")
)
@shared_options
def schedule(
    invocation: Invocation, file: Path | None, *, approve: bool, effective: str | None, allow_shorter: bool
) -> None:
    """Show, propose or approve a schedule."""
    from recordkeeper.services.scheduling import propose, put_in_force, standing_schedule

    if file is not None and approve:
        raise click.UsageError(_("FILE is installed as a draft; another person approves it"))
    if (effective or allow_shorter) and not approve:
        raise click.UsageError(_("--effective and --allow-shorter go with --approve"))
    register, actor = invocation.workspace().register, invocation.actor()
    if file is None and not approve:
        current, drafts = standing_schedule(register, actor, invocation.now)
        shown = [each for each in (current, *drafts) if each is not None]
        invocation.emit([_proposed_value(each) for each in shown], lambda: _print_schedules(shown))
        return
    if file is not None:
        done = propose(register, actor, invocation.now, file)
    else:
        day = parse_date(effective, "--effective") if effective else None
        done = put_in_force(register, invocation.signer(), invocation.now, day, allows_shorter=allow_shorter)
    invocation.publish()
    invocation.emit(_proposed_value(done), lambda: _print_schedules([done]))


def _print_schedules(shown: "Sequence[Proposed]") -> None:
    from recordkeeper.model.form_revision import revision_state_name

    if not shown:
        print_text(_("No schedule: each form's own rule holds"))
    for each in shown:
        effective = each.revision.effective_on
        state = revision_state_name(each.revision.state) + (f" {effective}" if effective else "")
        print_text(f"{each.schedule.name}  ({state})")
        columns = [_("Rule"), _("For"), _("Trigger"), _("Period"), _("Then"), _("Authority")]
        print_table(columns, [_schedule_row(rule) for rule in each.schedule.rules])
        _print_days(each)
        _print_moves(each.moves)


def _print_days(each: "Proposed") -> None:
    """The days of a schedule that hold for every record."""
    named = each.schedule
    was = _(" (now {days})").format(days=each.cooling_days_now) if each.is_cooling_shorter else ""
    print_text(_("Days between approval and destruction: {days}").format(days=named.cooling_days) + was)
    print_text(_("Days in which what is due is decided on: {days}").format(days=named.decide_days))
    print_text(_("Days after which an open record is listed: {days}").format(days=named.open_days))
    if each.revision.state == "draft":
        print_text(_("A draft is replaced by installing FILE under the next revision; the newest is approved"))


def _schedule_row(rule: "ScheduleRule") -> "Sequence[Cell]":
    wanted = [*rule.forms, *rule.procedures, *rule.party_kinds]
    return [
        rule.id,
        listing(wanted) if wanted else _("every record"),
        _TRIGGERS[rule.trigger],
        _length(rule),
        _ACTIONS[rule.action],
        rule.authority,
    ]


def _length(rule: "ScheduleRule") -> str:
    if rule.years == "permanent":
        return _("for ever")
    parts: list[str] = []
    if rule.years:
        parts.append(ngettext("{count} year", "{count} years", rule.years).format(count=rule.years))
    if rule.months:
        parts.append(ngettext("{count} month", "{count} months", rule.months).format(count=rule.months))
    if rule.most_years:
        parts.append(
            ngettext("at most {years} year", "at most {years} years", rule.most_years).format(years=rule.most_years)
        )
    return listing(parts)


def _print_moves(moves: "Sequence[Move]") -> None:
    if not moves:
        return
    print_text(_("Records that it moves"))
    columns = [_("Number"), _("Due on, before"), _("Due on, after"), _("Earlier")]
    print_table(
        columns,
        [
            [
                move.number,
                move.before.isoformat() if move.before else _OUTCOMES[move.outcome_before],
                move.after.isoformat() if move.after else _OUTCOMES[move.outcome_after],
                _("yes") if move.is_shorter else "",
            ]
            for move in moves
        ],
    )


def _proposed_value(each: "Proposed") -> "Json":
    return {
        "revision": each.revision.revision,
        "state": str(each.revision.state),
        "effective_on": each.revision.effective_on.isoformat() if each.revision.effective_on else None,
        "author": each.revision.author_name,
        "approver": each.revision.approver_name or None,
        "cooling_days": each.schedule.cooling_days,
        "decide_days": each.schedule.decide_days,
        "open_days": each.schedule.open_days,
        "rules": [_rule_value(rule.rule(each.schedule.name)) for rule in each.schedule.rules],
        "moves": [
            {
                "number": move.number,
                "due_on_before": move.before.isoformat() if move.before else None,
                "due_on_after": move.after.isoformat() if move.after else None,
                "is_shorter": move.is_shorter,
            }
            for move in each.moves
        ],
    }


# ---- holds -----------------------------------------------------------------------------------------------------------


@retention.command(
    help=_("Place a hold. What it keeps is not destroyed until it is lifted; without a title, list holds")
)
@click.argument("records", metavar="[RECORD]...", nargs=-1)
@click.option("--title", metavar="TEXT", help=_("What the hold is called"))
@click.option("--mandate", metavar="TEXT", help=_("The dispute, inquiry or order behind it"))
@click.option("--form", "forms", metavar="FORM", multiple=True, help=_("Every record of the form"))
@click.option("--unit", "units", metavar="UNIT", multiple=True, help=_("Every record of the unit, later ones included"))
@click.option("--party", metavar="PARTY", help=_("Every record about the person or firm"))
@click.option("--premises", metavar="PREMISES", help=_("Every record about the dwelling or shop"))
@click.option("--text", metavar="TEXT", help=_("Every record found today by this text, listed one by one"))
@shared_options
def hold(
    invocation: Invocation,
    records: tuple[str, ...],
    title: str | None,
    mandate: str | None,
    forms: tuple[str, ...],
    units: tuple[str, ...],
    party: str | None,
    premises: str | None,
    text: str | None,
) -> None:
    """Place a hold, or list holds."""
    from recordkeeper.services.held import holds
    from recordkeeper.services.holding import ScopeAsked, place, records_told
    from recordkeeper.services.setting import Setting
    from recordkeeper.services.sight import sight_of

    register, actor = invocation.workspace().register, invocation.actor()
    asked = ScopeAsked(records=records, forms=forms, units=units, party=party, premises=premises, text=text)
    if title is None and mandate is None and asked == ScopeAsked():
        with register.reading() as snapshot:
            sight, setting = (
                sight_of(snapshot, actor, "retention hold (listed)", invocation.now),
                Setting(snapshot, invocation.now),
            )
            found = [each for each in holds(snapshot) if sight.sees_hold(each.scope)]
            told = records_told(setting, actor, {record for each in found for record in each.scope.records})
            value: Json = [_hold_value(each, told) for each in found]
            invocation.emit(value, lambda: _print_holds(found, told, setting.shown_name))
        return
    if title is None or mandate is None:
        raise click.UsageError(_("a hold has a --title and a --mandate"))
    placed, kept = place(register, actor, invocation.now, title=title, mandate=mandate, asked=asked)
    invocation.publish()
    with register.reading() as snapshot:
        told = records_told(Setting(snapshot, invocation.now), actor, {*kept, *placed.scope.records})
    numbers: list[Json] = [subject.partition("/")[2] for subject in kept if subject in told]
    many = amount("records", len(kept))
    said = _("{hold} {title}: keeps {records} now").format(hold=placed.subject, title=placed.title, records=many)
    counted: Json = {**_hold_value(placed, told), "keeps_count": len(kept), "keeps": numbers}
    invocation.emit(counted, lambda: print_text(said))


@retention.command(help=_("Lift a hold, by another person than who placed it"))
@click.argument("name", metavar="HOLD")
@click.option("--reason", metavar="TEXT", required=True, help=_("Why it is lifted"))
@click.option("--authority", metavar="TEXT", required=True, help=_("Whose decision it is"))
@shared_options
def release(invocation: Invocation, name: str, reason: str, authority: str) -> None:
    """Lift a hold."""
    from recordkeeper.services.holding import lift, records_told
    from recordkeeper.services.setting import Setting

    register, actor = invocation.workspace().register, invocation.actor()
    lifted = lift(register, actor, invocation.now, name, reason=reason, authority=authority)
    invocation.publish()
    with register.reading() as snapshot:
        told = records_told(Setting(snapshot, invocation.now), actor, lifted.scope.records)
    said = _("{hold} {title}: lifted").format(hold=lifted.subject, title=lifted.title)
    invocation.emit(_hold_value(lifted, told), lambda: print_text(said))


def _scope_text(scope: "Scope", told: "Collection[str]", name_of: "Callable[[str], str]") -> str:
    named = [subject.partition("/")[2] for subject in scope.records if subject in told]
    if untold := len(scope.records) - len(named):
        many = ngettext("{count} record that you may not read", "{count} records that you may not read", untold)
        named.append(many.format(count=untold))
    named += scope.forms
    return listing([*named, *(name_of(each) for each in (*scope.units, scope.party, scope.premises) if each)])


def _print_holds(found: "Sequence[Hold]", told: "Collection[str]", name_of: "Callable[[str], str]") -> None:
    if not found:
        print_text(_("There is no hold"))
        return
    columns = [_("Hold"), _("Title"), _("Mandate"), _("Keeps"), _("Placed"), _("Lifted")]
    rows = [
        [
            each.subject.partition("/")[2],
            each.title,
            each.mandate,
            _scope_text(each.scope, told, name_of),
            f"{each.placed_by_name} {each.placed_on}",
            f"{each.lifted_by_name} {each.lifted_on} {each.lift_reason}".strip(),
        ]
        for each in found
    ]
    print_table(columns, rows)


def _hold_value(each: "Hold", told: "Collection[str]") -> "dict[str, Json]":
    records: list[Json] = [subject for subject in each.scope.records if subject in told]
    untold = len(each.scope.records) - len(records)
    return {
        "subject": each.subject,
        "title": each.title,
        "mandate": each.mandate,
        "scope": {**each.scope.content, **({"records": records} if each.scope.records else {})},
        "untold_records": untold,
        "placed_by": each.placed_by_name,
        "placed_on": each.placed_on,
        "lifted_by": each.lifted_by_name or None,
        "lifted_on": each.lifted_on or None,
        "lift_reason": each.lift_reason or None,
        "lift_authority": each.lift_authority or None,
    }
