"""Filling Word forms in memory: a prepared template against docxtpl and against the floor, in pairs in one run.

The peer gets the same Word file and the same values, autoescape on, and opens, renders and saves as its README shows.
The floor escapes the values, joins them with what surrounds them and deflates the same members: less cannot be done.
In the whole form a print code is made for each record in both; struck values are struck in ours and plain in theirs.
"""

import argparse
import io
import json
import re
import statistics
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import segno
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.ooxml import PackedMember, assemble, pack
from recordkeeper.documents.template_names import template_names
from recordkeeper.model.form import Form
from recordkeeper.model.print_code import SAMPLE_TOKEN, PrintCode
from recordkeeper.model.rich_text import Span, text_of_spans
from recordkeeper.services.drafting import definition_in_file
from recordkeeper.services.previewing import Variant, preview_context

FORMS = Path(__file__).resolve().parents[1] / "forms" / "P02"
RUNS = 15
DAY = date(2026, 11, 23)
TO_DOCXTPL = {"memory-zlib6": 40.0, "memory-zlib6-whole-form": 20.0}
TO_FLOOR = {"memory-zlib6": 3.0}
_TEXT = re.compile(r"(<w:t(?: [^<>]*)?>)([^<]*)(?=</w:t>)")


def plain(value: Any) -> Any:
    """The same values as docxtpl takes them: spans as their text."""
    match value:
        case tuple() if all(isinstance(span, Span) for span in value):
            return text_of_spans(value)
        case dict():
            return {name: plain(each) for name, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case _:
            return value


def peer(docx: bytes, values: Mapping[str, Any], code: str) -> bytes:
    template = DocxTemplate(io.BytesIO(docx))
    image: object = ""
    if code:
        picture = io.BytesIO()
        segno.make(code, error="m").save(picture, kind="png", scale=8)
        picture.seek(0)
        image = InlineImage(template, picture, width=Mm(25))
    template.render({**values, "print_code": image}, autoescape=True)
    saved = io.BytesIO()
    template.save(saved)
    return saved.getvalue()


def floor(template: FormTemplate, filled: bytes) -> Callable[[], bytes]:
    """What joins and deflates the members that ``filled`` holds, its values known and its other members packed."""
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    pieces = {name: _TEXT.split(contents[name].decode()) for name in template.parts}
    values = {name: [unescape(text) for text in pieces[name][2::3]] for name in pieces}
    fixed = {name: pack(name, content) for name, content in contents.items() if name not in pieces}

    def fill() -> bytes:
        members: list[PackedMember] = []
        for name in contents:
            if name in fixed:
                members.append(fixed[name])
                continue
            split = pieces[name]
            split[2::3] = [escape(text) for text in values[name]]
            members.append(_packed(name, "".join(split).encode()))
        return assemble(members)

    return fill


def _packed(name: str, content: bytes) -> PackedMember:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return PackedMember(name, zlib.crc32(content), len(content), deflater.compress(content) + deflater.flush())


def measured(case: str, form: Form, docx: bytes, roles: Mapping[str, str]) -> dict[str, Any]:
    """One line of the table: medians of ratios of pairs, run one after the other."""
    is_whole = case.endswith("whole-form")
    context: dict[str, Any] = dict(preview_context(form, Variant.AMENDED if is_whole else Variant.FILLED, DAY, roles))
    context["print_code"] = str(PrintCode(SAMPLE_TOKEN, 12)) if is_whole else ""
    values = plain(context)
    template = prepare_template(docx, template_names(form)).template
    least = floor(template, template.render(context))
    ours, theirs, floors = [], [], []
    for _run in range(RUNS):
        ours.append(seconds(lambda: template.render(context)))
        theirs.append(seconds(lambda: peer(docx, values, context["print_code"])))
        floors.append(seconds(least))
    pairs = zip(theirs, ours, strict=True)
    return {
        "name": case,
        "template": form.code,
        "milliseconds": round(statistics.median(ours) * 1000, 2),
        "ratio_to_docxtpl": round(statistics.median(peers / own for peers, own in pairs), 1),
        "ratio_to_floor": round(
            statistics.median(own / least_of for own, least_of in zip(ours, floors, strict=True)), 2
        ),
    }


def seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    cases = []
    for path in sorted(FORMS.glob("QR-*.yaml")):
        draft = definition_in_file(path)
        docx = path.with_suffix(".docx").read_bytes()
        cases += [measured(case, draft.form, docx, draft.roles) for case in TO_DOCXTPL]
    if as_json:
        print(json.dumps({"cases": cases}, indent=1))
    else:
        for case in cases:
            print("{name:24} {template:10} {milliseconds:7} ms  {ratio_to_docxtpl:6} x docxtpl".format(**case), end="")
            print(f"  {case['ratio_to_floor']} x the floor")
    missed = [
        case
        for case in cases
        if case["ratio_to_docxtpl"] < TO_DOCXTPL[case["name"]]
        or case["ratio_to_floor"] > TO_FLOOR.get(case["name"], float("inf"))
    ]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
