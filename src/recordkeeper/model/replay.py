"""From a subject's acts to its state: one fold for every kind of subject that follows from its acts alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from recordkeeper.errors import InvalidInputError, RegisterError, UnavailableError
from recordkeeper.language import translate as _
from recordkeeper.model.event import Act, History
from recordkeeper.model.expression import ExpressionError

State = TypeVar("State")


class UnreadableActError(RegisterError, UnavailableError):
    """An act of a kind or with content that no release of this program writes."""

    def __init__(self, subject: str, number: int, found: str) -> None:
        message = _("{subject}: act {number} cannot be read: {found}").format(
            subject=subject, number=number, found=found
        )
        super().__init__(message, subject=subject, found=found)


class UnknownActError(Exception):
    """Raised by a step for an act whose kind the subject does not know; ``fold`` says whose it was."""


@dataclass(slots=True)
class Reading:
    """How far the reading of a subject's acts has come: the number of the act in hand."""

    number: int = 1


@contextmanager
def readable(subject: str) -> Iterator[Reading]:
    """Say whose acts could not be read where reading them fails; the block keeps the number in the value given.

    Raises:
        UnreadableActError: an act is missing, of an unknown kind, or lacks what its kind holds.
        ExpressionError: a condition of the form fails over the values, which is the form's fault.
    """
    reading = Reading()
    try:
        yield reading
    except ExpressionError:
        raise
    except _FAILURES as error:
        found = f"{type(error).__name__}: {error}"
        raise UnreadableActError(subject, reading.number, found) from error


def fold(history: History, first: Callable[[Act], State], then: Callable[[State, Act], State]) -> State:
    """The state after all acts of ``history``.

    Args:
        history: acts 0..n, at least two of them.
        first: makes the state of act 1.
        then: makes the next state of a state and an act.

    Raises:
        UnreadableActError: an act is missing, of an unknown kind, or lacks what its kind holds.
    """
    with readable(history.subject) as reading:
        state = first(history.acts[1])
        for act in history.acts[2:]:
            reading.number = act.number
            # that a subject was archived changes nothing about it
            state = state if act.kind == "archive" else then(state, act)
    return state


_FAILURES = (
    ArithmeticError,
    AttributeError,
    InvalidInputError,
    LookupError,
    RecursionError,
    TypeError,
    UnknownActError,
    ValueError,
)
