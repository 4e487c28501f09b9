"""Pictures of every shipped form, blank and filled, side by side on sheets: do they look like one family?

``contact_sheet.py FOLDER [P05 …]`` writes ``P05-1.png`` and so on into the folder, one row a form: the first pages of
the blank, then of the first example. It needs LibreOffice, pypdfium2 and pillow, and takes minutes for all.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

from recordkeeper.documents.form_template import prepare_template
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.documents.template_names import template_names
from recordkeeper.services.drafting import definition_in_file
from recordkeeper.services.previewing import Variant, preview_context

FORMS = Path(__file__).resolve().parents[1] / "forms"
PIXELS_A_POINT = 1.0
GAP, ROWS_A_SHEET, PAGES_A_VARIANT = 12, 3, 2


def main() -> None:
    """Write the sheets of the procedures named, of all where none is."""
    folder, *names = sys.argv[1:]
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for procedure in names or sorted(path.name for path in FORMS.iterdir() if path.is_dir()):
        rows = list(_rows(procedure))
        for number, start in enumerate(range(0, len(rows), ROWS_A_SHEET), 1):
            path = target / f"{procedure}-{number}.png"
            _sheet(rows[start : start + ROWS_A_SHEET]).save(path)
            print(path)


def _rows(procedure: str) -> Iterator[tuple[str, list[Image.Image]]]:
    """Each form's code with the first pages of its variants."""
    files = sorted(path for path in (FORMS / procedure).glob("*.docx"))
    printouts: dict[str, Printout] = {}
    for path in files:
        draft = definition_in_file(path.with_suffix(".yaml"))
        template = prepare_template(path.read_bytes(), template_names(draft.form)).template
        for variant in (Variant.BLANK, Variant.FILLED):
            context = preview_context(draft.form, variant, date(2026, 11, 23), draft.roles)
            printouts[f"{path.stem} {variant}"] = Printout(template.render(context))
    pdfs = print_pdfs(printouts)
    for path in files:
        yield path.stem, [page for name in printouts if name.startswith(f"{path.stem} ") for page in _pages(pdfs[name])]


def _pages(pdf: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        count = min(len(document), PAGES_A_VARIANT)
        return [document[number].render(scale=PIXELS_A_POINT).to_pil().convert("RGB") for number in range(count)]


def _sheet(rows: Sequence[tuple[str, list[Image.Image]]]) -> Image.Image:
    width = max(sum(page.width + GAP for page in pages) for _code, pages in rows) + GAP
    heights = [max(page.height for page in pages) + GAP for _code, pages in rows]
    sheet = Image.new("RGB", (width, sum(heights) + GAP), "#9a9a9a")
    pen, top = ImageDraw.Draw(sheet), GAP
    for (code, pages), height in zip(rows, heights, strict=True):
        left = GAP
        for page in pages:
            sheet.paste(page, (left, top))
            left += page.width + GAP
        pen.text((GAP, top - GAP), code, fill="white")
        top += height
    return sheet


if __name__ == "__main__":
    main()
