"""How the difference of two revisions reads on a screen: what was added, dropped, moved or changed, and where."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from recordkeeper.cli.difference_words import key_name, list_name
from recordkeeper.cli.form_words import type_name
from recordkeeper.language import clauses, current_language, listing, told_of
from recordkeeper.language import translate as _
from recordkeeper.model.amendment import Version, show_versions
from recordkeeper.model.revision_difference import TEMPLATE, Change
from recordkeeper.model.rich_text import Span, Style

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Content, Json
    from recordkeeper.model.revision_difference import Difference
    from recordkeeper.model.rich_text import RichText

_NAMES_OF_ROLES = frozenset({"by", "owner", "read", "take_out", "copy", "consent", "approver"})


def change_name(change: Change) -> str:
    """What became of a place, in the language in use."""
    names = {
        Change.ADDED: _("added"),
        Change.DROPPED: _("dropped"),
        Change.CHANGED: _("changed"),
        Change.MOVED: _("moved"),
    }
    return names[change]


def difference_rows(
    differences: "Sequence[Difference]", old: "Content", new: "Content", roles: Mapping[str, str]
) -> Iterator["tuple[str, str, RichText]"]:
    """What became of each place, where it is, and the value struck beside the new one.

    Args:
        differences: of two revisions.
        old: the earlier definition, in which the titles of what was dropped are looked up.
        new: the later one, in which all others are.
        roles: names of roles by id, in the language in use.
    """
    for each in differences:
        place = " · ".join(_named_keys(each.keys, old if each.change is Change.DROPPED else new))
        yield change_name(each.change), place, _told(each, roles)


def _named_keys(keys: Sequence[str], definition: "Content") -> Iterator[str]:
    """Each step of a place as a person names it: ``section received 受理``, ``condition``."""
    content: object = definition
    label = ""
    for key in keys:
        if isinstance(content, list | tuple):
            item = next((each for each in content if isinstance(each, Mapping) and each.get("id") == key), None)
            yield " ".join(filter(None, (label, key, _title_of(item))))
            content, label = item, ""
            continue
        if label:
            yield label
        inner = content.get(key) if isinstance(content, Mapping) else None
        is_list = isinstance(inner, list | tuple) and any(isinstance(each, Mapping) for each in inner)
        label = list_name(key) if is_list else key_name(key)
        content = inner
    if label:
        yield label


def _title_of(item: object) -> str:
    if not isinstance(item, Mapping):
        return ""
    title = item.get("title", item)
    text = title.get(current_language()) if isinstance(title, Mapping) else None
    return str(text) if text is not None and len(str(text)) <= 40 else ""  # a rule's text is no title


def _told(each: "Difference", roles: Mapping[str, str]) -> "RichText":
    key = each.keys[-1]
    was, now = _text(each.was, key, roles), _text(each.now, key, roles)
    match each.change:
        case Change.ADDED:
            return (Span(now, Style.NEW),) if now else ()
        case Change.DROPPED:
            return (Span(was, Style.STRUCK),) if was else ()
        case Change.CHANGED if each.was is None and each.now is None:
            return (Span(_("its layout alone") if key == TEMPLATE else _("read them in the definition")),)
        case _:
            return show_versions((Version(was or _("not given")), Version(now or _("not given"))))


def _text(value: "Json", key: str, roles: Mapping[str, str]) -> str:
    """A value of a definition in one line, in the language in use where it has both."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case Mapping():
            return _text_of_map(value, roles)
        case list() | tuple():
            return listing(_text(each, key, roles) for each in value)
        case _ if key in _NAMES_OF_ROLES:
            return roles.get(str(value), str(value))
        case _:
            return " ".join(str(value).split())


def _text_of_map(value: "Content", roles: Mapping[str, str]) -> str:
    if value.keys() <= {"zh", "en"}:
        return " / ".join(str(value[language]) for language in ("zh", "en") if language in value)
    if {"id", "zh", "en"} <= value.keys():
        return _text({"zh": value["zh"], "en": value["en"]}, "title", roles)
    if "title" in value and ("type" in value or "sections" in value or "by" in value):
        title = _text(value["title"], "title", roles)
        kind = value.get("type")
        return title if kind is None else _("{name} ({note})").format(name=title, note=type_name(str(kind)))
    return clauses(told_of(key_name(key), _text(each, key, roles)) for key, each in value.items())
