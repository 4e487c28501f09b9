"""docs/form.schema.json out of the grammar of forms: what an editor checks a definition against."""

import json
from pathlib import Path

from recordkeeper.services.definition import json_schema

SCHEMA = Path(__file__).resolve().parent.parent / "docs" / "form.schema.json"


def write_schema() -> None:
    """Write the published schema anew."""
    SCHEMA.write_text(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema()
