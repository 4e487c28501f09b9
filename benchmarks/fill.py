"""Filling Word forms: a prepared template against docxtpl, docx-mailmerge2 and the floor, in pairs in one run.

Docxtpl gets the same Word file and the same values, autoescape on, and opens, renders and saves as its README shows;
docx-mailmerge2 the same file with merge fields where the values stand, its rows and conditions left out. The floor
escapes the values, joins them with what surrounds them and deflates the same members: less cannot be done.

No two records in a row are alike: number, moments and texts differ. In the whole form a print code is made for each
record in both engines; struck values are struck in ours and plain in theirs. Charts, which docxtpl has none of, are
left out in both. ``files`` writes a file for each record, ``pack`` all of them into one, ``word-made`` reads a template
whose runs are split and numbered as Word leaves them.
"""

import argparse
import copy
import io
import json
import re
import statistics
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import segno
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from lxml import etree
from mailmerge import MailMerge

from recordkeeper.documents.document_text import printed_parts
from recordkeeper.documents.form_template import FormTemplate, prepare_template
from recordkeeper.documents.ooxml import PackedMember, assemble, pack, parse_part, read_package, tag, write_package
from recordkeeper.documents.template_names import template_names
from recordkeeper.documents.template_part import find_tags
from recordkeeper.model.form import Form
from recordkeeper.model.print_code import SAMPLE_TOKEN, PrintCode
from recordkeeper.model.rich_text import Span, text_of_spans
from recordkeeper.services.drafting import definition_in_file
from recordkeeper.services.previewing import Variant, preview_context

FORMS = Path(__file__).resolve().parents[1] / "forms" / "P02"
PAIRS, RECORDS = 15, 20
DAY = date(2026, 11, 23)
_TEXT = re.compile(r"(<w:t(?: [^<>]*)?>)([^<]*)(?=</w:t>)")

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured, and the budgets.

    Args:
        name: as it is printed.
        to_docxtpl: how many times as fast it must be at least; 0 where there is no budget.
        to_floor: how many times as long as the floor it may take.
        is_whole: with print codes and struck values.
    """

    name: str
    to_docxtpl: float = 0
    to_floor: float = float("inf")
    is_whole: bool = False


CASES = (
    Case("memory-zlib6", to_docxtpl=40, to_floor=3),
    Case("memory-zlib6-whole-form", to_docxtpl=20, is_whole=True),
    Case("memory-zlib6-word-made", to_docxtpl=40, to_floor=3),
    Case("files-zlib6", to_docxtpl=15),
    Case("pack-zlib6", to_docxtpl=15),
)


def records(form: Form, roles: Mapping[str, str], *, is_whole: bool) -> list[Context]:
    """Contexts that differ as records of one form do."""
    sample: Context = preview_context(form, Variant.AMENDED if is_whole else Variant.FILLED, DAY, roles)
    contexts: list[Context] = []
    for number in range(1, RECORDS + 1):
        context: dict[str, Any] = {name: _varied(value, number) for name, value in sample.items() if name != "record"}
        context["record"] = sample["record"] | {"number": f"{form.code}/2026-{number:04}"}
        code = PrintCode(SAMPLE_TOKEN, 11 + number)
        context["print_code"] = str(code) if is_whole else ""
        context["later_page_code"] = str(PrintCode(SAMPLE_TOKEN, code.act, 0)) if is_whole else ""
        context["chart"] = dict.fromkeys(sample.get("chart") or (), "")
        contexts.append(context)
    return contexts


def _varied(value: Any, number: int) -> Any:
    """Texts of more than a few characters end otherwise in each record."""
    match value:
        case tuple() if value and all(isinstance(span, Span) for span in value):
            last = value[-1]
            return value if len(last.text) < 4 else (*value[:-1], Span(f"{last.text}{number}", last.style))
        case list():
            return [_varied(each, number) for each in value]
        case dict():
            return {name: _varied(each, number) for name, each in value.items()}
        case _:
            return value


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


# ---- the peers -----------------------------------------------------------------------------------------------------


def by_docxtpl(docx: bytes, values: Context) -> bytes:
    template = DocxTemplate(io.BytesIO(docx))
    image: object = ""
    if values["print_code"]:
        picture = io.BytesIO()
        segno.make(values["print_code"], error="m").save(picture, kind="png", scale=8)
        picture.seek(0)
        image = InlineImage(template, picture, width=Mm(25))
    template.render({**values, "print_code": image, "later_page_code": image}, autoescape=True)
    saved = io.BytesIO()
    template.save(saved)
    return saved.getvalue()


def with_merge_fields(docx: bytes) -> bytes:
    """The template for docx-mailmerge2: a merge field for each value, nothing for what else a tag can say."""
    members = read_package(docx, "docx")
    for part in printed_parts(members):
        root = parse_part(members[part], part)
        for place in find_tags(root)[0]:
            parent = place.run.getparent()
            if parent is None:
                continue
            if place.tag.kind == "value":
                field = etree.Element(tag("fldSimple"), {tag("instr"): f" MERGEFIELD {place.tag.name} "})
                parent.replace(place.run, field)
                field.append(place.run)
            else:
                parent.remove(place.run)
        members[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return write_package(members)


def by_mailmerge(docx: bytes, values: Mapping[str, str]) -> bytes:
    saved = io.BytesIO()
    with MailMerge(io.BytesIO(docx)) as document:
        document.merge(**values)
        document.write(saved)
    return saved.getvalue()


def flat(values: Context, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield prefix + name, value


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


# ---- a template as Word leaves it ----------------------------------------------------------------------------------


def word_made(docx: bytes) -> bytes:
    """The template with its runs split at every other character, numbered, and marked by the spelling checker."""
    members = read_package(docx, "docx")
    for part in printed_parts(members):
        root = parse_part(members[part], part)
        for number, run in enumerate(list(root.iter(tag("r")))):
            _split_as_word_does(run, number)
        for number, paragraph in enumerate(root.iter(tag("p"))):
            paragraph.attrib.update({tag("rsidR"): f"{0x00A10000 + number:08X}", tag("rsidRDefault"): "00B20000"})
        members[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return write_package(members)


def _split_as_word_does(run: etree._Element, number: int) -> None:
    parent, text = run.getparent(), run.find(tag("t"))
    if parent is None or text is None or len(text.text or "") < 4 or run.findall(tag("t"))[1:]:
        return
    letters = text.text or ""
    for begin in range(len(letters) - len(letters) % 8 or 0, -1, -8):
        piece = copy.deepcopy(run)
        piece.set(tag("rsidRPr"), f"{0x00C30000 + number:08X}")
        own = piece.find(tag("t"))
        if own is None or not letters[begin : begin + 8]:
            continue
        own.text = letters[begin : begin + 8]
        own.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.addnext(etree.Element(tag("proofErr"), {tag("type"): "spellEnd"}))
        run.addnext(piece)
        run.addnext(etree.Element(tag("proofErr"), {tag("type"): "spellStart"}))
    parent.remove(run)


# ---- measuring -----------------------------------------------------------------------------------------------------


def measured(case: Case, form: Form, docx: bytes, roles: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """One line of the table: medians of ratios of pairs, run one after the other."""
    contexts = records(form, roles, is_whole=case.is_whole)
    values = [plain(context) for context in contexts]
    merged, merge_fields = [dict(flat(each)) for each in values], with_merge_fields(docx)
    if case.name.endswith("word-made"):
        docx = word_made(docx)
    template = prepare_template(docx, template_names(form)).template
    least = floor(template, template.render(contexts[0]))
    keep = _keeper(case.name, folder)
    ours, theirs, merges, floors = [], [], [], []
    for pair in range(PAIRS):
        one = pair % RECORDS
        ours.append(seconds(lambda: keep(map(template.render, contexts))) / RECORDS)
        theirs.append(seconds(lambda at=one: keep([by_docxtpl(docx, values[at])])))  # type: ignore[misc]
        merges.append(seconds(lambda at=one: keep([by_mailmerge(merge_fields, merged[at])])))  # type: ignore[misc]
        floors.append(seconds(lambda: keep(least() for _record in range(RECORDS))) / RECORDS)
    return {
        "name": case.name,
        "template": form.code,
        "milliseconds": round(statistics.median(ours) * 1000, 2),
        "ratio_to_docxtpl": round(_ratio(theirs, ours), 1),
        "ratio_to_mailmerge": round(_ratio(merges, ours), 1),
        "ratio_to_floor": round(_ratio(ours, floors), 2),
    }


def _keeper(case: str, folder: Path) -> Callable[[Any], None]:
    """What becomes of the documents of a case."""

    def in_files(documents: Sequence[bytes]) -> None:
        for number, document in enumerate(documents):
            (folder / f"{number:04}.docx").write_bytes(document)

    def in_pack(documents: Sequence[bytes]) -> None:
        with zipfile.ZipFile(folder / "pack.zip", "w") as archive:
            for number, document in enumerate(documents):
                archive.writestr(f"{number:04}.docx", document)

    def nowhere(documents: Sequence[bytes]) -> None:
        for _document in documents:
            pass

    return in_files if case.startswith("files") else in_pack if case.startswith("pack") else nowhere


def _ratio(longer: Sequence[float], shorter: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(longer, shorter, strict=True))


def seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    as_json = parser.parse_args().json
    found: list[tuple[Case, dict[str, Any]]] = []
    with tempfile.TemporaryDirectory(prefix="recordkeeper-bench-") as folder:
        for path in sorted(FORMS.glob("QR-*.yaml")):
            draft = definition_in_file(path)
            docx = path.with_suffix(".docx").read_bytes()
            found += [(case, measured(case, draft.form, docx, draft.roles, Path(folder))) for case in CASES]
    if as_json:
        said = ("name", "template", "ratio_to_docxtpl", "ratio_to_floor")
        print(json.dumps({"cases": [{key: each[key] for key in said} for _case, each in found]}, indent=1))
    else:
        print(
            f"{'filling a form':24} {'template':10} {'a form':>10} {'docxtpl':>9} {'mailmerge2':>11} {'the floor':>10}"
        )
        for _case, each in found:
            print(
                "{name:24} {template:10} {milliseconds:7} ms {ratio_to_docxtpl:7} x {ratio_to_mailmerge:9} x"
                " {ratio_to_floor:8} x".format(**each)
            )
    missed = [
        each
        for case, each in found
        if each["ratio_to_docxtpl"] < case.to_docxtpl or each["ratio_to_floor"] > case.to_floor
    ]
    for each in missed:
        print("missed: {name} {template}".format(**each), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
