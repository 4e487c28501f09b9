"""Definition files: from the text a controller wrote to a form or procedure, or to every problem in it.

It reads text and stores nothing; which forms a workspace uses is another matter.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from recordkeeper.errors import FormError, InvalidInputError, MissingError
from recordkeeper.language import listing, ngettext
from recordkeeper.language import translate as _
from recordkeeper.model.example import try_examples
from recordkeeper.model.form import Form, InconsistentError, Misfit, Place
from recordkeeper.model.grammar import LATER_KEYS
from recordkeeper.model.procedure import Procedure
from recordkeeper.model.value import Reading
from recordkeeper.services.definition_repair import salvage
from recordkeeper.services.yaml_text import Data, Source, read_yaml

PROCEDURE_FILE = "procedure.yaml"
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a definition file.

    Args:
        file: its name as given.
        line: the line, from 1; 0 where it is no file of lines.
        key: the keys from the top, items of lists by their id or else number: ``sections.received.by``.
        message: what was expected and found.
    """

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class DefinitionError(FormError, InvalidInputError):
    """A definition file that cannot be used; carries every problem found in it."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.line))
        first = self.problems[0]
        head = ngettext("{file}: {count} problem", "{file}: {count} problems", len(self.problems)).format(
            file=file, count=len(self.problems)
        )
        super().__init__(
            "\n".join([head, *(f"  {problem}" for problem in self.problems)]),
            subject=f"{file}:{first.line}",
            found="; ".join(f"{problem.key}: {problem.message}" for problem in self.problems),
        )


class NoDefinitionsError(FormError, MissingError):
    """The shipped procedures are not where an installation or a checkout has them."""

    def __init__(self, places: Sequence[Path]) -> None:
        looked = listing(str(place) for place in places)
        super().__init__(
            _("shipped procedures: expected a folder at {places}, found none").format(places=looked),
            subject="forms",
            expected=looked,
        )


def form_data(text: str, file: str) -> Mapping[str, Data]:
    """The plain data of a definition file, as acts hold it: text, whole numbers, true and false, lists, maps.

    Args:
        text: the file's text.
        file: what to call it in a problem.

    Raises:
        DefinitionError: not YAML as definitions use it.
    """
    source = read_yaml(text)
    _raise_if_any(file, source, [])
    return source.data


def load_form(text: str, file: str) -> Form:
    """The form that a definition file describes, its examples tried.

    Args:
        text: the file's text.
        file: what to call it in a problem.

    Raises:
        DefinitionError: every problem of the text, the grammar, the references and the examples.
    """
    return _load_form(text, file, None)


def _load_form(text: str, file: str, procedure: Procedure | None) -> Form:
    source = read_yaml(text)
    form, misfits, is_whole = _parsed(Form, source)
    if procedure is not None and form is not None:
        known = {misfit.place for misfit in misfits}
        misfits += [misfit for misfit in procedure.misfits_of(form) if misfit.place not in known]
    if form is not None and is_whole:
        misfits += _example_misfits(form, source.data)
    _raise_if_any(file, source, misfits)
    return _found(form)


def load_procedure(text: str, file: str) -> Procedure:
    """The procedure that a definition file describes.

    Args:
        text: the file's text.
        file: what to call it in a problem.

    Raises:
        DefinitionError: every problem of the text and the grammar.
    """
    return load_as(Procedure, read_yaml(text), file)


def load_as(
    model: type[_Model], source: Source, file: str, fit: Callable[[_Model], Iterable[Misfit]] = lambda _model: ()
) -> _Model:
    """What a text describes, as ``model`` checks it.

    Args:
        model: the grammar.
        source: the text as read.
        file: what to call it in a problem.
        fit: finds what of it does not fit that for which it is read.

    Raises:
        DefinitionError: every problem of the text and the grammar, else of the fit.
    """
    found, misfits, _is_whole = _parsed(model, source)
    if found is not None:
        misfits += fit(found)
    _raise_if_any(file, source, misfits)
    return _found(found)


def load_form_of(procedure: Procedure, text: str, file: str) -> Form:
    """The form of a definition file, if ``procedure`` lists it and has every role that it names.

    Args:
        procedure: the procedure that it is to belong to.
        text: the file's text.
        file: what to call it in a problem.

    Raises:
        DefinitionError: as for ``load_form``, or it does not fit the procedure.
    """
    return _load_form(text, file, procedure)


def shipped_procedures() -> Path:
    """The folder of the shipped procedures, one folder each: the installed package's, else the checkout's.

    Raises:
        NoDefinitionsError: this is neither.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1]
    installed, in_checkout = package / "forms", checkout / "forms"
    if installed.is_dir():
        return installed
    if in_checkout.is_dir() and (checkout / "pyproject.toml").is_file():
        return in_checkout
    raise NoDefinitionsError([installed, in_checkout])


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a form's definition, published as ``docs/form.schema.json``."""
    schema = Form.model_json_schema(by_alias=True)
    properties = schema["$defs"]["Section"]["properties"]
    for key in ("by", "other_than"):  # one name may stand without a list
        of_list = {name: value for name, value in properties[key].items() if name not in {"title", "default"}}
        properties[key] = {"anyOf": [of_list["items"], of_list]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def example_reading() -> Reading:
    """How values of examples are read: whoever and whatever they name is fictitious."""
    return Reading(ZoneInfo("Asia/Shanghai"), lambda _kind, name: name)


def _found(model: _Model | None) -> _Model:
    if model is None:
        message = "a definition without problems has a model"
        raise AssertionError(message)
    return model


def _raise_if_any(file: str, source: Source, misfits: Sequence[Misfit]) -> None:
    problems = [Problem(file, fault.line, _key(source.data, fault.place), fault.message) for fault in source.faults]
    faulty = {fault.place for fault in source.faults}
    problems += [
        Problem(file, source.line_of(place), _key(source.data, place), message)
        for place, message in misfits
        if place not in faulty
    ]
    if problems:
        raise DefinitionError(file, problems)


def _parsed(model: type[_Model], source: Source) -> tuple[_Model | None, list[Misfit], bool]:
    """The model, or what can be salvaged of it, and everything that does not fit.

    Unknown keys are named, then left out; faulty values are named, then replaced, so that the rest is judged too.
    The last of what is returned says whether nothing had to be replaced.
    """
    if source.faults and not source.data:
        return None, [], False
    data = deepcopy(dict(source.data))
    unknown: list[Misfit] = []
    try:
        return model.model_validate(data), [], True
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            place, is_whole = _place(source.data, detail["loc"])
            if detail["type"] == "extra_forbidden" and is_whole:
                unknown.append(Misfit(place, _unknown_key(str(place[-1]))))
                _remove(data, place)
    try:
        return model.model_validate(data), unknown, True
    except ValidationError as error:
        misfits = list(_misfits(error, data))
        inconsistent = {misfit for misfit in misfits if _is_inconsistent_alone(error)}
        salvaged, more = salvage(
            model, data, [misfit.place for misfit in misfits if misfit not in inconsistent], _place
        )
        return salvaged, [*unknown, *dict.fromkeys([*misfits, *more])], False


def _is_inconsistent_alone(error: ValidationError) -> bool:
    """Whether all values are right by themselves, and only do not fit together."""
    details = error.errors(include_url=False)
    return all(isinstance(detail.get("ctx", {}).get("error"), InconsistentError) for detail in details)


def _misfits(error: ValidationError, data: Data) -> Iterator[Misfit]:
    """One misfit a place; what the members of a union say of one value is joined."""
    messages: dict[Place, list[str]] = {}
    for detail in error.errors(include_url=False):
        cause = detail.get("ctx", {}).get("error")
        place, _is_whole = _place(data, detail["loc"])
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # only because items of it are refused, each by itself
        if isinstance(cause, InconsistentError):
            yield from (Misfit((*place, *misfit.place), misfit.message) for misfit in cause.misfits)
            continue
        said = messages.setdefault(place, [])
        message = _message(place, detail, cause)
        if message not in said:
            said.append(message)
    for place, said in messages.items():
        yield Misfit(place, _(" or ").join(said))


def _place(data: object, location: tuple[str | int, ...]) -> tuple[Place, bool]:
    """The keys of ``location`` that the data have, and whether these are all.

    Pydantic adds the names of a union's members, which are no keys.
    """
    place: list[str | int] = []
    for part in location:
        if _has(data, part):
            data = data[part]  # type: ignore[index]  # _has says that it is there
        else:
            is_missing = part == location[-1] and isinstance(data, dict) and len(place) == len(location) - 1
            return (*place, part) if is_missing else tuple(place), is_missing
        place.append(part)
    return tuple(place), True


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _remove(data: object, place: Place) -> None:
    for part in place[:-1]:
        data = data[part]  # type: ignore[index]  # the place was found in these data
    if isinstance(data, dict):
        data.pop(place[-1], None)


def _unknown_key(key: str) -> str:
    if key in LATER_KEYS:
        return _("this release does not know {key} yet").format(key=key)
    return _("the grammar has no key {key} here").format(key=key)


def _message(place: Place, detail: Mapping[str, Any], cause: Exception | None) -> str:
    if place and (place[-1] == "by" or (len(place) > 1 and place[-2] == "by")) and cause is None:
        return _("expected a role, {{field: …}} or {{party: …}}").format()
    if cause is not None:
        return str(cause)
    expected = _EXPECTED.get(detail["type"])
    if expected is None:
        return str(detail["msg"])
    limits = dict(detail.get("ctx", {}))
    if detail["type"] == "literal_error":  # pydantic joins the words in English
        limits["expected"] = _("one of {names}").format(names=listing(_QUOTED.findall(limits["expected"])))
    return _(expected).format(found=_shortened(detail.get("input")), **limits)


_QUOTED = re.compile(r"'([^']*)'")


def _n(text: str) -> str:
    """Mark a text for translation where it is used later."""
    return text


_EXPECTED: Mapping[str, str] = {
    "missing": _n("is missing"),
    "literal_error": _n("expected {expected}, found {found}"),
    "string_pattern_mismatch": _n("expected text of the form {pattern}, found {found}"),
    "string_type": _n("expected text, in quotes where it looks like a number, found {found}"),
    "string_too_short": _n("expected at least {min_length} characters"),
    "string_too_long": _n("expected at most {max_length} characters"),
    "int_type": _n("expected a whole number, found {found}"),
    "int_parsing": _n("expected a whole number, found {found}"),
    "bool_type": _n("expected true or false, found {found}"),
    "bool_parsing": _n("expected true or false, found {found}"),
    "greater_than_equal": _n("expected at least {ge}, found {found}"),
    "less_than_equal": _n("expected at most {le}, found {found}"),
    "tuple_type": _n("expected a list, found {found}"),
    "too_short": _n("expected at least {min_length} items"),
    "model_type": _n("expected keys with values, found {found}"),
    "mapping_type": _n("expected keys with values, found {found}"),
}


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."  # a line of a terminal


def _key(data: object, place: Place) -> str:
    """The keys as a person names them: items of lists by their id, code or name, else by number from 1."""
    names: list[str] = []
    for part in place:
        if isinstance(data, list) and isinstance(part, int):
            data = data[part] if part < len(data) else None
            names.append(_item_name(data) or str(part + 1))
        else:
            data = data.get(part) if isinstance(data, dict) else None
            names.append(str(part))
    return ".".join(names)


def _item_name(item: object) -> str:
    if isinstance(item, dict):
        return next((item[key] for key in ("id", "name") if isinstance(item.get(key), str)), "")
    return ""


def _example_misfits(form: Form, data: Mapping[str, Data]) -> Iterator[Misfit]:
    for trial in try_examples(form, example_reading()):
        for problem in trial.problems:
            place = (*trial.place, problem.field.partition(".")[0])
            found, _is_whole = _place(dict(data), place)
            yield Misfit(found, str(problem))
