"""Every form that a test fills from an approved template is read again and held against what was to be printed.

The reader shares nothing with the renderer; what a test is about does not matter: whatever it prints is judged.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from recordkeeper.documents.form_reader import ReadForm, ReadValue, read_values
from recordkeeper.documents.form_template import FormTemplate, PreparedTemplate, prepare_template
from recordkeeper.documents.part_renderer import as_spans
from recordkeeper.model.rich_text import Style
from recordkeeper.services import catalogue

_BESIDE = {Style.MARK, Style.NOTE}


class MisprintedError(AssertionError):
    """A filled form does not say what it was to say."""


def judge_renderings(patch: pytest.MonkeyPatch) -> None:
    """Have every form judged that is filled while ``patch`` lasts."""
    sources: dict[int, tuple[FormTemplate, bytes]] = {}
    prepare: Callable[..., PreparedTemplate] = prepare_template
    render = FormTemplate.render

    def prepared(docx: bytes, *arguments: Any, **named: Any) -> PreparedTemplate:
        done = prepare(docx, *arguments, **named)
        if done.ready is not None:
            sources[id(done.ready)] = done.ready, docx
        return done

    def rendered(self: FormTemplate, context: Mapping[str, Any]) -> bytes:
        filled = render(self, context)
        if id(self) in sources:
            judge(sources[id(self)][1], filled, context)
        return filled

    patch.setattr(catalogue, "prepare_template", prepared)
    patch.setattr(FormTemplate, "render", rendered)


def judge(template: bytes, filled: bytes, context: Mapping[str, Any]) -> None:
    """Hold what a filled form says against what it was filled with.

    Raises:
        MisprintedError: they differ.
        UnreadableFormError: it does not fit its template.
    """
    read: ReadForm = read_values(template, filled)
    for name, value in read.values.items():
        _compare(name, value, context)
    for listed, rows in read.rows.items():
        for number, row in enumerate(rows):
            for name, value in row.items():
                _compare(name, value, {**context[listed][number], "loop": {"index": number + 1}})


def _compare(name: str, value: ReadValue, context: Any) -> None:
    given = context
    for key in name.split(".") if name else ():
        given = given[key]
    spans = as_spans(given)
    standing = "".join(span.text for span in spans if span.style not in _BESIDE | {Style.STRUCK})
    struck = "".join(span.text for span in spans if span.style is Style.STRUCK)
    if _plain(standing) != _plain(value.text) or _plain(struck) != _plain("".join(value.struck)):
        found = f"{name}: printed {value!r}, given {spans!r}"
        raise MisprintedError(found)


def _plain(text: str) -> str:
    """Without what the layout alone decides on: where lines of a struck text end."""
    return "".join(text.split())
