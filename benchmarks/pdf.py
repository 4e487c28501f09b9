"""PDFs of filled forms made together against one call of LibreOffice for each; at least eight times as fast.

Prints a line of the table that ``benchmarks.fill`` begins.
"""

import argparse
import json
import statistics
import sys
import time
from datetime import date
from pathlib import Path

from recordkeeper.documents.pdf import LibreOfficeMissingError, find_libreoffice, to_pdf
from recordkeeper.services.drafting import draft_in_file
from recordkeeper.services.previewing import Variant

FORMS = Path(__file__).resolve().parents[1] / "forms" / "P02"
TOGETHER, ALONE = 48, 3
BUDGET = 8.0
DAY = date(2026, 11, 23)


def seconds(documents: dict[str, bytes]) -> float:
    began = time.perf_counter()
    to_pdf(documents)
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    as_json = parser.parse_args().json
    try:
        find_libreoffice()
    except LibreOfficeMissingError as error:
        print(json.dumps({"cases": []}) if as_json else f"PDF: not measured. {error}")
        return 0
    path = FORMS / "QR-017-02.yaml"
    docx = draft_in_file(path).preview(Variant.FILLED, DAY)
    alone = statistics.median(seconds({"alone": docx}) for _call in range(ALONE))
    together = seconds({str(number): docx for number in range(TOGETHER)}) / TOGETHER
    ratio = alone / together
    name = f"pdf-{TOGETHER}-together"
    if as_json:
        case = {"name": name, "template": path.stem, "ratio_to_one_call_each": round(ratio, 1)}
        print(json.dumps({"cases": [case]}, indent=1))
    else:
        print(f"{name:24} {path.stem:10} {together * 1000:7.0f} ms {ratio:7.1f} x one call each (budget {BUDGET:.0f})")
    return 0 if ratio >= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
