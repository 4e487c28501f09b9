"""Conditions that can never hold, as far as that is plain to see: constants, words that are no choice, finite fields.

A condition is tried over every combination of values where all that it reads can have few.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from jinja2 import nodes

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.expression import ExpressionError, holds, names_in, syntax_of
from recordkeeper.model.section import FormField
from recordkeeper.model.statistics import SCALE

MOST_COMBINATIONS = 2000
MOST_SEVERAL = 5
"""Of how many choices every selection is tried."""


def strange_comparisons(expression: str, fields: Mapping[str, FormField]) -> Iterator[str]:
    """What ``expression`` compares a field with, though the field can never have that value.

    Args:
        expression: one that can be read.
        fields: the fields that it may read, each with one value.
    """
    for compare in syntax_of(expression).find_all(nodes.Compare):
        sides = [compare.expr, *(operand.expr for operand in compare.ops)]
        names = [side.name for side in sides if isinstance(side, nodes.Name) and side.name in fields]
        words = [word for side in sides for word in _words(side)]
        for name in names:
            allowed = _values_of(fields[name])
            is_truth = fields[name].type == "yes_no"  # a truth is compared with true, never with a text
            strange = [word for word in words if is_truth or word not in allowed] if allowed else []
            if strange:
                message = _("compares {name} with {found}, which is none of {names}")
                yield message.format(name=name, found=listing(strange), names=listing(allowed))


def never_holds(condition: str, fields: Mapping[str, FormField]) -> bool:
    """Whether no values of ``fields`` make ``condition`` hold, where all that it reads are fields of few values.

    Args:
        condition: one that can be read.
        fields: the fields that it may read, each with one value.
    """
    names = sorted(names_in(condition))
    if not all(name in fields for name in names):
        return False
    domains = [_domain(fields[name]) for name in names]
    count = 1
    for domain in domains:
        count *= len(domain)
    if not 0 < count <= MOST_COMBINATIONS:
        return False
    return not any(_may_hold(condition, dict(zip(names, each, strict=True))) for each in itertools.product(*domains))


def _may_hold(condition: str, values: Mapping[str, object]) -> bool:
    try:
        return holds(condition, values)
    except ExpressionError:
        return False


def _words(node: nodes.Expr) -> list[str]:
    """The texts that stand in a comparison as they are, alone or in a list."""
    items: Sequence[nodes.Expr] = node.items if isinstance(node, nodes.List | nodes.Tuple) else [node]
    return [each.value for each in items if isinstance(each, nodes.Const) and isinstance(each.value, str)]


def _values_of(field: FormField) -> list[str]:
    match field.type:
        case "choice":
            return [choice.id for choice in field.choices]
        case "scale":
            return list(SCALE)
        case "yes_no":
            return ["true", "false"]
        case _:
            return []


def _domain(field: FormField) -> list[object]:
    """Every value that the field can have, none included; nothing where these are too many."""
    if field.type == "yes_no":
        return [True, False, None]
    values = _values_of(field)
    if field.type not in {"choice", "scale"}:
        return []
    if not field.multiple:
        return [*values, None]
    if len(values) > MOST_SEVERAL:
        return []
    several = [list(each) for size in range(1, len(values) + 1) for each in itertools.combinations(values, size)]
    return [*several, None]
