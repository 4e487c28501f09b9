"""What is left of a faulty definition: its faulty values replaced by harmless ones, so that the rest can be judged.

Nothing that is repaired is ever used; it only brings out, in the same list, what else is wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from recordkeeper.model.consistency import Doubt, Misfit, Place, Salvage

_Model = TypeVar("_Model", bound=BaseModel)
PlaceOf = Callable[[object, tuple[str | int, ...]], tuple[Place, bool]]
MOST_REPAIRS = 200

_TITLE = {"zh": "?", "en": "?"}
_HARMLESS: Mapping[str, object] = {
    "authority": "?",
    "by": ["controller"],
    "code": "X-0",
    "id": "not_readable",
    "keeping_unit": _TITLE,
    "owner": "controller",
    "procedure": "X",
    "retention": {"years": 1, "authority": "?"},
    "revision": "A/0",
    "title": _TITLE,
    "until": "true",
    "value": "none",
    "years": 1,
}
"""Something that each compulsory key takes."""


def salvage(
    model: type[_Model], data: Mapping[str, Any], faulty: Iterable[Place], place_of: PlaceOf
) -> tuple[_Model | None, list[Misfit]]:
    """The definition with its faulty values replaced, and what does not fit in the rest of it.

    Args:
        model: the grammar.
        data: the definition's data, unknown keys left out already.
        faulty: the keys from the top of every value that was refused.
        place_of: the keys of the data that a location of pydantic's means, and whether they are all there.

    Returns:
        None where too much is faulty to say anything of the rest.
    """
    repaired: Any = deepcopy(dict(data))
    places = list(dict.fromkeys(faulty))
    doubt = Doubt(frozenset(_doubtful(data, places)))
    for place in places:
        _repair(repaired, place)
    for _attempt in range(MOST_REPAIRS):
        gathered = Salvage(doubt)
        try:
            found = model.model_validate(repaired, context=gathered)
        except ValidationError as error:
            again = [place_of(repaired, detail["loc"])[0] for detail in error.errors(include_url=False)]
            done = [_repair(repaired, place) for place in dict.fromkeys(again)]  # every one, not until the first
            if not all(again) or not any(done):
                return None, []
        else:
            return found, [misfit for misfit in gathered.misfits if not _is_known(misfit.place, places)]
    return None, []


def _is_known(place: Place, faulty: Iterable[Place]) -> bool:
    """Whether what is wrong there was told already, or follows from a value beside it that was."""
    return any(place[: len(each)] == each or place == each[:-1] for each in faulty)


def _doubtful(data: object, places: Iterable[Place]) -> Iterable[str]:
    """The ids of the fields in which something is faulty."""
    for place in places:
        inside = data
        for part in place:
            if isinstance(inside, dict) and isinstance(inside.get("id"), str):
                yield inside["id"]
            try:
                inside = inside[part]  # type: ignore[index]  # where it is none, there is nothing below
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(inside, dict) and isinstance(inside.get("id"), str):
            yield inside["id"]


def _repair(data: Any, place: Place) -> bool:
    """Put something harmless where a value was refused; False where nothing is known to be."""
    *above, last = place or ("",)
    for part in above:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    if isinstance(data, list) and isinstance(last, int):
        if last >= len(data):
            return False
        data[last] = _harmless_item(data[last], str(above[-1]) if above else "")
        return True
    if not isinstance(data, dict):
        return False
    if last in data and last not in {*_HARMLESS, "type", "kind"}:
        del data[last]
        return True
    harmless = _harmless(str(last), data)
    data[last] = harmless
    return harmless is not None


def _harmless(key: str, beside: Mapping[str, Any]) -> object:
    match key:
        case "type":
            return "choice" if "choices" in beside else "rows" if "columns" in beside else "text"
        case "kind":
            return "register" if "sheet" in beside else "statistics" if "sources" in beside else "form"
        case "sections":
            return [_harmless_item({}, key)]
        case _:
            return deepcopy(_HARMLESS.get(key))


def _harmless_item(item: object, key: str) -> object:
    """An item of a list as it cannot be refused, with the id and fields that it has."""
    given = item if isinstance(item, dict) else {}
    named = {"id": given.get("id", "not_readable"), "title": _TITLE}
    if key == "sections":
        blank = {"id": f"{named['id']}_", "title": _TITLE, "type": "text"}
        fields = given.get("fields")
        return {**named, "by": ["controller"], "fields": fields if fields and isinstance(fields, list) else [blank]}
    if key in {"fields", "columns"}:
        return {**named, "type": "text", "required": False}
    if key == "computed":
        return {**named, "type": "text", "value": "none"}
    return {"id": named["id"], **_TITLE} if key in {"choices", "roles"} else "controller"
