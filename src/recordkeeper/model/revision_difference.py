"""How two revisions of a controlled document differ: every key of their definitions, told one by one.

Definitions are compared as data, with everything left out that is as the grammar has it by default; items of lists are
known by their ids, so that what was moved is not taken for what was dropped and added. Nothing that differs is left
unsaid. How it is worded is another matter.

Source: ISO 9001, 7.5.3.2 (control of changes); I-8
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeAlias, cast

from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.form import Form
from recordkeeper.model.procedure import Procedure

Keys: TypeAlias = tuple[str, ...]
LANGUAGES = frozenset({"zh", "en"})
EXAMPLES, RULES, TEMPLATE = "examples", "rules", "template"
_REVISION: Keys = ("revision",)


class Change(StrEnum):
    """What became of one place in a definition."""

    ADDED = "added"
    DROPPED = "dropped"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two revisions differ.

    Args:
        keys: from the top, items of lists by their ids: ``sections``, ``received``, ``fields``, ``phone``, ``title``.
        change: what became of it.
        was, now: the value before and after; None where there is none, or where it is not told.
    """

    keys: Keys
    change: Change
    was: Json = None
    now: Json = None


def form_differences(old: Form, new: Form) -> list[Difference]:
    """How one form's definition differs from another's, its code and revision left out."""
    found = list(_mapped(_data(old), _data(new), ()))
    return _with_moves(found)


def procedure_differences(old: Procedure, new: Procedure) -> list[Difference]:
    """How one procedure's definition differs from another's, its revision left out."""
    return list(_mapped(_data(old), _data(new), ()))


def line_differences(old: Sequence[str], new: Sequence[str]) -> list[Difference]:
    """How the printed lines of two templates differ; a single difference without lines where only the layout does."""
    found: list[Difference] = []
    for operation, first, last, new_first, new_last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation != "equal":
            found += [Difference((TEMPLATE,), Change.DROPPED, was=line) for line in old[first:last]]
            found += [Difference((TEMPLATE,), Change.ADDED, now=line) for line in new[new_first:new_last]]
    return found or [Difference((TEMPLATE,), Change.CHANGED)]


def fields_of(form: Form) -> dict[str, str]:
    """Every field of a form and every column of its rows, ``goods.count``, each with the id of its section."""
    sections = (*form.sections, *(form.sheet.sections if form.sheet else ()))
    found: dict[str, str] = {}
    for section in sections:
        for field in section.all_fields:
            found[field.id] = section.id
            found |= {f"{field.id}.{column.id}": section.id for column in field.columns}
    return found


def dropped_fields(old: Form, new: Form) -> list[str]:
    """The fields and columns that the later form has no longer; a column goes unnamed where its rows go."""
    kept = fields_of(new)
    gone = [name for name in fields_of(old) if name not in kept]
    return [name for name in gone if name.partition(".")[0] == name or name.partition(".")[0] not in gone]


def _data(model: Form | Procedure) -> Content:
    data = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return cast("Content", {key: value for key, value in data.items() if (key,) != _REVISION})


def _compared(was: Json, now: Json, keys: Keys) -> Iterator[Difference]:
    if was == now:
        return
    if keys == (EXAMPLES,):
        yield Difference(keys, Change.CHANGED)
    elif isinstance(was, Mapping) and isinstance(now, Mapping) and not _is_name(was) and not _is_name(now):
        yield from _mapped(was, now, keys)
    elif _is_keyed(was) and _is_keyed(now) and (was or now):
        yield from _listed(cast("Sequence[Content]", was or ()), cast("Sequence[Content]", now or ()), keys)
    else:
        yield Difference(keys, Change.CHANGED, was, now)


def _mapped(was: Content, now: Content, keys: Keys) -> Iterator[Difference]:
    """The differences of two maps; the two names of an item that has an id are told as its one title."""
    before, after = _with_title(was, keys), _with_title(now, keys)
    for key in dict.fromkeys((*before, *after)):
        yield from _compared(before.get(key), after.get(key), (*keys, key))


def _with_title(content: Content, keys: Keys) -> Content:
    if not ("id" in content and content.keys() >= LANGUAGES):
        return content
    rest = {key: value for key, value in content.items() if key not in LANGUAGES}
    said = "text" if RULES in keys else "title"
    return {**rest, said: {key: content[key] for key in sorted(LANGUAGES)}}


def _listed(was: Sequence[Content], now: Sequence[Content], keys: Keys) -> Iterator[Difference]:
    before, after = ({str(each["id"]): each for each in items} for items in (was, now))
    yield from (Difference((*keys, name), Change.DROPPED, was=before[name]) for name in before if name not in after)
    for name, content in after.items():
        if name not in before:
            yield Difference((*keys, name), Change.ADDED, now=content)
        else:
            yield from _compared(before[name], content, (*keys, name))
    common = [[name for name in items if name in before and name in after] for items in (before, after)]
    if common[0] != common[1]:
        yield Difference(keys, Change.MOVED, common[0], common[1])


def _is_name(content: Content) -> bool:
    return bool(content) and content.keys() <= LANGUAGES


def _is_keyed(value: Json) -> bool:
    """Whether this is a list whose every item is known by an id of its own; nothing at all may stand for one."""
    if value is None:
        return True
    if not isinstance(value, list | tuple):
        return False
    names = [each.get("id") if isinstance(each, Mapping) else None for each in value]
    return None not in names and len(set(map(str, names))) == len(names)


def _with_moves(found: Sequence[Difference]) -> list[Difference]:
    """The differences with each field that only changed its section told as moved, with what else changed of it."""
    added = {each.keys[-1]: each for each in found if each.change is Change.ADDED and _is_field(each)}
    told: list[Difference] = []
    arrived: set[Keys] = set()
    for each in found:
        target = added.get(each.keys[-1]) if each.change is Change.DROPPED and _is_field(each) else None
        if target is None:
            told.append(each)
            continue
        arrived.add(target.keys)
        told.append(Difference(target.keys, Change.MOVED, ".".join(each.keys[:-1]), ".".join(target.keys[:-1])))
        told += _compared(each.was, target.now, target.keys)
    return [each for each in told if not (each.change is Change.ADDED and each.keys in arrived)]


def _is_field(each: Difference) -> bool:
    return len(each.keys) >= 4 and each.keys[-2] in {"fields", "computed"}  # sections.ID.fields.ID
