"""Renderings alike: in every process, and with what docxtpl makes of the same template."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from docxtpl_peer import by_docxtpl, canonical
from form_samples import SHIPPED, shipped_form
from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.ooxml import tag
from recordkeeper.documents.template_names import template_names
from recordkeeper.model.form import Form
from recordkeeper.model.rich_text import Span, text_of_spans
from recordkeeper.services.previewing import Variant, preview_context
from torture import IS_LONG
from word_samples import member

DAY = date(2026, 11, 23)
WITH_TEMPLATE = [path for path in SHIPPED if path.with_suffix(".docx").is_file()]
_TAG = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
SHORT_STEP = 4
_DRAWN = ("print_code", "later_page_code")


def _opened(path: Path) -> tuple[Form, Mapping[str, str], bytes, FormTemplate]:
    form, roles = shipped_form(path)
    docx = path.with_suffix(".docx").read_bytes()
    return form, roles, docx, prepare_template(docx, template_names(form)).template


# ---- in every process ----------------------------------------------------------------------------------------------


def digests() -> dict[str, str]:
    """The digest of each form in each variant, rendered here and now."""
    found: dict[str, str] = {}
    for path in WITH_TEMPLATE[:: 1 if IS_LONG else SHORT_STEP]:
        form, roles, _docx, template = _opened(path)
        for variant in Variant:
            if form.examples or variant is Variant.BLANK:
                rendered = template.render(preview_context(form, variant, DAY, roles))
                found[f"{path.stem} {variant}"] = hashlib.sha256(rendered).hexdigest()
    return found


@pytest.mark.torture
def test_two_processes_render_a_form_to_equal_bytes() -> None:
    """Every form in the long form of this test, one in four in the short one: each takes seconds, twice."""
    program = "import json, test_rendering_alike as alike; print(json.dumps(alike.digests()))"
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
        )
        for seed, zone, language in (("1", "Pacific/Kiritimati", "C.UTF-8"), ("2", "America/New_York", "zh_CN.UTF-8"))
    ]
    one, other = (json.loads(process.communicate()[0]) for process in processes)
    assert len(one) >= len(WITH_TEMPLATE) // (1 if IS_LONG else SHORT_STEP)
    assert one == other


# ---- and with docxtpl ----------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """Values as both take them: spans as their text; a lone "/" is centred by ours alone, and so is none."""
    match value:
        case tuple() if all(isinstance(span, Span) for span in value):
            return text_of_spans(value).replace("/", "|") if len(value) == 1 else text_of_spans(value)
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _amid_text(docx: bytes) -> set[str]:
    """The last words of names that stand in a line with others; a line end is a line break there, else a paragraph."""
    root = etree.fromstring(member(docx))
    texts = ["".join(node.text or "" for node in paragraph.iter(tag("t"))) for paragraph in root.iter(tag("p"))]
    return {
        name.rpartition(".")[2]
        for text in texts
        if _TAG.sub("", text).strip() or text.count("{{") > 1
        for name in _TAG.findall(text)
    }


def _with_line_ends(value: Any, ends: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _with_line_ends(each, ends, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_line_ends(each, ends, name) for each in value]
    return value.replace("\n", ends.get(name, ends[""])) if isinstance(value, str) else value


def _examples(form: Form) -> Iterator[Form]:
    for example in form.examples:
        yield form.model_copy(update={"examples": (example,)})


@pytest.mark.parametrize("path", WITH_TEMPLATE, ids=lambda path: path.stem)
def test_docxtpl_makes_the_same_document_of_every_form_and_example(path: Path) -> None:
    form, roles, docx, template = _opened(path)
    amid = dict.fromkeys(_amid_text(docx), " ")
    contexts = [preview_context(form, Variant.BLANK, DAY, roles)]
    contexts += [preview_context(alone, Variant.FILLED, DAY, roles) for alone in _examples(form)]
    for context in contexts:
        values = _plain(context) | dict.fromkeys(_DRAWN, "")
        values["chart"] = dict.fromkeys(values.get("chart") or (), "")
        theirs = by_docxtpl(docx, _with_line_ends(values, {**amid, "": "\a"}))
        ours = template.render(_with_line_ends(values, {**amid, "": "\n"}))
        assert canonical(ours) == canonical(theirs)
