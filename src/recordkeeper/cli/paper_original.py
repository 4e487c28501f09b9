"""A CSV file of what exists on paper alone, as it is listed to be destroyed or transferred."""

from collections.abc import Mapping
from pathlib import Path

HEADINGS = {
    "number": ("记录编号",),
    "title": ("题名",),
    "created_on": ("形成日期",),
    "due_on": ("到期日",),
    "period": ("保存期限",),
    "pages": ("页数",),
    "appraisal": ("鉴定意见",),
}


def read_originals(path: Path | None, *columns: str) -> list[Mapping[str, str]]:
    """The lines of the file by column; none where no file is given.

    Args:
        path: the file.
        columns: of ``HEADINGS``, which it may have.

    Raises:
        UnreadableTableError: as ``csv_table.read_table``.
    """
    from recordkeeper.services.csv_table import read_table

    if path is None:
        return []
    return [row.cells for row in read_table(path.read_bytes(), path.name, {name: HEADINGS[name] for name in columns})]
