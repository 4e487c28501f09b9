"""What the acting verbs of ``record`` say when they are done."""

from typing import TYPE_CHECKING

from recordkeeper.cli.options import Invocation
from recordkeeper.cli.output import print_text
from recordkeeper.errors import UnavailableError
from recordkeeper.language import listing
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordkeeper.errors import RecordkeeperError
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.record import Record
    from recordkeeper.services.record_view import DoneView, StepView


def report(invocation: Invocation, record: "Record", more: "Mapping[str, Json] | None" = None) -> None:
    """Say what was done to ``record`` and what comes next; then publish.

    The act is committed: where the database cannot be read any more, it is said all the same.

    Args:
        invocation: this run.
        record: as it stands after the act.
        more: further keys of the JSON document.
    """
    from recordkeeper.services.record_view import as_map

    view = view_of_done(invocation, record)
    invocation.emit({**as_map(view), **(more or {})}, lambda: print_done(view))
    invocation.publish()


def view_of_done(invocation: Invocation, record: "Record") -> "DoneView":
    """What was done to ``record``; what comes next is left out, and that said, where the database fails now."""
    from recordkeeper.services.viewing import done, done_alone

    try:
        return done(invocation.workspace().register, invocation.now, record)
    except UnavailableError as failure:
        invocation.say(
            _("{number}: the act stands; what comes next cannot be read: {reason}").format(
                number=record.number, reason=failure
            )
        )
        return done_alone(record)


def print_done(view: "DoneView") -> None:
    """Two lines or more: the act with the state it left, then each thing that may come next."""
    from recordkeeper.services.record_view import act_name, state_name

    said = _("{number}: {act} done, {state}")
    print_text(said.format(number=view.number, act=act_name(view.act), state=state_name(view.state)))
    if view.sheet:
        print_text("  " + _("on sheet {number}").format(number=view.sheet))
    for line in step_lines(view.next):
        print_text(f"  {line}")


def step_lines(steps: "Sequence[StepView]") -> list[str]:
    """One line for each thing that may come next: what, by whom, by when."""
    from recordkeeper.services.record_view import act_name, due_text

    lines: list[str] = []
    for step in steps:
        parts = [act_name(step.act), step.section, step.title]
        line = _("next: {what}, by {who}").format(
            what=" ".join(filter(None, parts)), who=listing(step.by) or _("nobody yet")
        )
        line += due_text(step)
        if step.is_optional:
            line += _(", optional")
        lines.append(line)
    return lines


def failure_value(error: "RecordkeeperError") -> "dict[str, Json]":
    """An error as JSON shows it, beside what was done all the same."""
    return {
        "kind": error.kind,
        "subject": error.subject,
        "expected": error.expected,
        "found": error.found,
        "message": str(error),
    }
