"""A mark that is to go, and where it still stands: every file of archive, mirror and database, packed ones included."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import sqlalchemy

from recordkeeper.register.connection import sqlite_path
from scratch_postgresql import as_superuser
from stage import Stages

MARK = "住户甲乙丙丁一二三四五"
PACK = BytesIO()
with zipfile.ZipFile(PACK, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("名单.txt", MARK.encode("utf-16"))
SPELLINGS = [*(MARK.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")), PACK.getvalue()[40:80]]
"""The mark in each way in which its bytes may stand, and part of the bytes of the pack that holds it."""


def places_of_mark(files: Iterator[tuple[str, bytes]]) -> Iterator[str]:
    """Every file, packed ones included, in whose bytes the mark stands in some spelling."""
    for name, data in files:
        if any(spelling in data for spelling in SPELLINGS):
            yield name
        if data.startswith(b"PK") and zipfile.is_zipfile(BytesIO(data)):
            with zipfile.ZipFile(BytesIO(data)) as pack:
                members = ((f"{name}/{member}", pack.read(member)) for member in pack.namelist())
                yield from places_of_mark(members)


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def sample(url: str) -> None:
    """Let a server take the samples of columns that it takes of itself now and then, whenever it likes."""
    if sqlite_path(url) is None:
        engine = sqlalchemy.create_engine(
            as_superuser(url), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
        )
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("ANALYZE"))


def files_of_database(url: str, stages: Stages) -> Iterator[tuple[str, bytes]]:
    """The files of a database: its one file with the journal beside it, or the server's files of its tables."""
    path = sqlite_path(url)
    if path is not None:
        yield from ((each.name, each.read_bytes()) for each in path.parent.glob(f"{path.name}*"))
        return
    engine = sqlalchemy.create_engine(as_superuser(url), isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("CHECKPOINT"))
        oid = connection.scalar(sqlalchemy.text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    yield from files_below(stages.server.folder / "data" / "base" / str(oid))
