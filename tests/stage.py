"""Registers that tests have for themselves, on either database, and what they are copied from.

A stage is a register with the files beside it, made once in a session; each test works on a copy of its own. On
PostgreSQL the URL of a register is that of an everyday login, which may do no more than the program needs.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from recordkeeper.register.connection import sqlite_path, sqlite_url
from recordkeeper.register.engine import create_register
from scratch_postgresql import EVERYDAY, ScratchPostgresql, as_everyday, find_binaries

SQLITE, POSTGRESQL = "sqlite", "postgresql"
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Stage(Generic[Made]):
    """What is copied.

    Args:
        url: its register, which nobody has open.
        folder: the files beside it; on SQLite the register is one of them.
        made: what its maker gave back.
    """

    url: str
    folder: Path
    made: Made


class Stages:
    """The stages of a session, each made when it is first asked for.

    Args:
        new_folder: makes a folder that begins with a name.
    """

    def __init__(self, new_folder: Callable[[str], Path]) -> None:
        self._new_folder = new_folder
        self._made: dict[tuple[str, str], Stage[Any]] = {}
        self._started: ScratchPostgresql | None = None

    @property
    def server(self) -> ScratchPostgresql:
        """The tests' own PostgreSQL; what uses it is marked needs_postgresql."""
        if self._started is None:
            binaries = find_binaries()
            assert binaries is not None
            self._started = ScratchPostgresql(binaries)
        return self._started

    def stage(
        self, database: str, name: str, make: Callable[[str, Path], Made], upon: Stage[Any] | None = None
    ) -> Stage[Made]:
        """The stage of that name on that database.

        Args:
            database: ``sqlite`` or ``postgresql``.
            name: one for each way of making.
            make: makes it, from the URL of its database and its folder.
            upon: what it begins as a copy of; none for a database without tables.
        """
        if (database, name) not in self._made:
            folder = self._new_folder(name)
            url = self._copy(upon, folder) if upon else self._empty(database, folder)
            self._made[database, name] = Stage(url, folder, make(url, folder))
        return cast("Stage[Made]", self._made[database, name])

    @contextmanager
    def empty(self, database: str, folder: Path) -> Iterator[str]:
        """The URL of a database without tables: an absent file in ``folder``, or one on the server."""
        yield from self._while_used(self._empty(database, folder))

    @contextmanager
    def copied(self, stage: Stage[Any], folder: Path) -> Iterator[str]:
        """The URL of a copy of a stage's register; a copy of its files lies in ``folder``."""
        yield from self._while_used(self._copy(stage, folder))

    @contextmanager
    def register_copied(self, url: str, file: Path) -> Iterator[str]:
        """The URL of a copy of a register that nobody has open; on SQLite it is ``file``."""
        source = sqlite_path(url)
        if source is not None:
            shutil.copy(source, file)
        yield from self._while_used(sqlite_url(file) if source is not None else as_everyday(self.server.create(url)))

    def close(self) -> None:
        """Stop the server if it was started."""
        if self._started is not None:
            self._started.stop()

    def _empty(self, database: str, folder: Path) -> str:
        return sqlite_url(folder / "records.db") if database == SQLITE else self.server.create()

    def _copy(self, stage: Stage[Any], folder: Path) -> str:
        shutil.copytree(stage.folder, folder, dirs_exist_ok=True)
        if sqlite_path(stage.url):
            return sqlite_url(folder / "records.db")
        return as_everyday(self.server.create(stage.url))

    def _while_used(self, url: str) -> Iterator[str]:
        yield url
        if sqlite_path(url) is None:
            self.server.drop(url)


def migrated(stages: Stages, database: str) -> Stage[None]:
    """A register that nothing was written to."""
    everyday = EVERYDAY if database == POSTGRESQL else None
    return stages.stage(database, "migrated", lambda url, _folder: create_register(url, everyday).close())
