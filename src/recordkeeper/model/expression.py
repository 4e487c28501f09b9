"""Conditions and computed values: Jinja expressions in a sandbox that knows plain values alone.

They see text, booleans, whole numbers, Decimal, dates, lists and maps of these, and the few functions of
``FUNCTIONS``. No attribute of a Python object is ever read: a dot reads a key of a map, or year, month and
day of a date. The same sandbox renders form templates.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from recordkeeper.errors import FormError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model import date_count, reliability, statistics, working_calendar
from recordkeeper.model.reference import Reference

LARGEST_BASE, LARGEST_EXPONENT = 10**18, 100
PLAIN_TYPES = (str, bool, int, Decimal, date, type(None))
_MAPS, _INDEXED = (dict, Mapping), (dict, list, tuple, str, Mapping)  # the commonest first; a union costs much more
_DATE_PARTS = frozenset({"year", "month", "day"})
_LOOP_PARTS = frozenset({"first", "index", "index0", "last", "length"})
_FILTERS = frozenset(
    {"abs", "default", "first", "join", "last", "length", "list", "lower", "map", "max", "min", "reject",
     "rejectattr", "replace", "round", "select", "selectattr", "sort", "sum", "trim", "unique", "upper"}
)  # fmt: skip


def each_of(
    records: Sequence[Mapping[str, Any]], columns: Mapping[str, str], given: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """One row a record: each column is an expression in which ``item`` is the record.

    Args:
        records: maps of values.
        columns: the name of each column to its expression.
        given: what the expressions may read besides ``item``.

    Raises:
        ExpressionError: one of them cannot be read, or fails over a record.
    """
    return [
        {name: evaluate(expression, {**(given or {}), "item": record}) for name, expression in columns.items()}
        for record in records
    ]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add_days": date_count.add_days,
    "add_months": date_count.add_months,
    "complete_count": reliability.complete_count,
    "count_later": statistics.count_later,
    "count_of": statistics.count_of,
    "cronbach_alpha": reliability.cronbach_alpha,
    "days_between": date_count.days_between,
    "drivers": reliability.drivers,
    "each_of": each_of,
    "group_counts": statistics.group_counts,
    "item_analysis": reliability.item_analysis,
    "join_numbers": statistics.join_numbers,
    "numbers_without": statistics.numbers_without,
    "percent": statistics.percent,
    "satisfaction_rate": statistics.satisfaction_rate,
    "tally": statistics.tally,
    "tally_overall": statistics.tally_overall,
    "total": statistics.total,
    "working_days_between": working_calendar.working_days_between,
}


class ExpressionError(FormError, InvalidInputError):
    """An expression cannot be read or evaluated."""

    def __init__(self, expression: str, found: str) -> None:
        super().__init__(
            _("expression {expression!r}: {found}").format(expression=expression, found=found),
            subject=expression,
            found=found,
        )


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which templates and expressions reach plain values only."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, **options)
        self.globals = dict(FUNCTIONS)
        self.filters = {name: self.filters[name] for name in _FILTERS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a map, or a part of a date; nothing else has attributes here."""
        if type(obj) is dict and attribute in obj:  # what is asked thousands of times
            return obj[attribute]
        if isinstance(obj, _MAPS):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, date) and attribute in _DATE_PARTS:
            return getattr(obj, attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP_PARTS:
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item of a map or a list by key or whole number."""
        if isinstance(obj, _INDEXED):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=argument)
        return self.unsafe_undefined(obj, str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Products, powers and remainders of numbers alone, so that nothing grows beyond measure."""
        if not all(isinstance(side, int | float | Decimal) for side in (left, right)):
            raise SecurityError(_("{operator} takes numbers alone").format(operator=operator))
        if operator == "**" and (abs(right) > LARGEST_EXPONENT or abs(left) > LARGEST_BASE):
            raise SecurityError(_("a power beyond measure"))
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002  # Jinja's signature
        """No attribute is safe; ``getattr`` above answers for the few that are."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Only our own functions may be called, and the lookup in reference tables."""
        return isinstance(obj, Reference) or obj in FUNCTIONS.values()


_SANDBOX = Sandbox()


@lru_cache(maxsize=2048)
def _compiled(expression: str) -> TemplateExpression:
    try:
        return _SANDBOX.compile_expression(expression, undefined_to_none=False)
    except (TemplateError, SyntaxError, RecursionError, MemoryError) as error:  # nested beyond what Python compiles
        raise ExpressionError(expression, str(error)) from None


@lru_cache(maxsize=2048)
def names_in(expression: str) -> frozenset[str]:
    """The names that ``expression`` reads, functions left out.

    Raises:
        ExpressionError: it cannot be read.
    """
    return frozenset(meta.find_undeclared_variables(syntax_of(expression))) - frozenset(FUNCTIONS)


@lru_cache(maxsize=2048)
def functions_in(expression: str) -> frozenset[str]:
    """The functions of ours that ``expression`` calls.

    Raises:
        ExpressionError: it cannot be read.
    """
    return frozenset(meta.find_undeclared_variables(syntax_of(expression))) & frozenset(FUNCTIONS)


def syntax_of(expression: str) -> nodes.Template:
    """The syntax tree of ``expression``.

    Raises:
        ExpressionError: it cannot be read.
    """
    _compiled(expression)
    return _SANDBOX.parse("{{ (" + expression + ") }}")


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """The value of ``expression`` over ``values``: text, bool, int, Decimal, date, None, list or map.

    Raises:
        ExpressionError: it cannot be read, or fails over these values.
    """
    try:
        result = _compiled(expression)(**values)
    except ExpressionError:
        raise
    except Exception as error:  # an expression is data: whatever it does is its own fault
        raise ExpressionError(expression, str(error)) from error
    if isinstance(result, StrictUndefined):
        raise ExpressionError(expression, _("a name that has no value"))
    if not _is_plain(result):
        raise ExpressionError(expression, _("no plain value but {found}").format(found=type(result).__name__))
    return result


def _is_plain(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, PLAIN_TYPES)


def holds(condition: str, values: Mapping[str, Any]) -> bool:
    """Whether ``condition`` holds over ``values``.

    Raises:
        ExpressionError: it cannot be read, or fails over these values.
    """
    return bool(evaluate(condition, values))
