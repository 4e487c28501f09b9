"""The composition root: finds a workspace and opens its parts; here alone it is known where they lie.

A workspace is a folder with ``recordkeeper.toml``: ``database``, ``archive`` and ``language``, no more.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from recordkeeper.errors import ArchiveError, InvalidInputError, MissingError, UnavailableError, WorkspaceError
from recordkeeper.language import LANGUAGES, listing
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from recordkeeper.credentials.session import SessionFolder
    from recordkeeper.ocfl.storage_root import StorageRoot
    from recordkeeper.register.acts import Register
    from recordkeeper.services.publication import Publisher

CONFIGURATION = "recordkeeper.toml"
PASSWORD_IN_URL = re.compile(r"://[^@/]*:[^@/]+@")
DEFAULTS = {"database": "records.db", "archive": "archive", "language": "zh"}


class NotAWorkspaceError(WorkspaceError, MissingError):
    """A folder, and for the current one its parents too, holds no configuration."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("{folder}: not a workspace: {expected} expected, none found").format(
                folder=folder, expected=CONFIGURATION
            ),
            subject=str(folder),
            expected=CONFIGURATION,
        )


class BrokenConfigurationError(WorkspaceError, InvalidInputError):
    """A workspace's configuration is no TOML, or holds something else than it may."""

    def __init__(self, file: Path, expected: str, found: str) -> None:
        super().__init__(
            _("{file}: {expected} expected, {found} found").format(file=file, expected=expected, found=found),
            subject=str(file),
            expected=expected,
            found=found,
        )


class NoArchiveHereError(ArchiveError, UnavailableError):
    """What needs the archive is asked for on a machine that it is not on."""

    def __init__(self, archive: Path) -> None:
        super().__init__(
            _("{path}: there is no archive on this machine: this is done on the machine that holds it").format(
                path=archive
            ),
            subject=str(archive),
        )


@dataclass(frozen=True)
class Workspace:
    """A workspace's places; register and archive are opened when first asked for.

    Args:
        root: the folder, absolute.
        database_url: the register's URL, ``sqlite:////…/records.db`` or ``postgresql+psycopg://…``.
        archive: the archive's folder, absolute.
        language: ``zh`` or ``en``: the language of what the workspace prints where nobody says.
    """

    root: Path
    database_url: str
    archive: Path
    language: str

    @cached_property
    def register(self) -> "Register":
        """The register, opened now."""
        from recordkeeper.register.engine import open_register

        return open_register(self.database_url)

    @property
    def committed_acts(self) -> int:
        """How many acts were committed to the register in this run."""
        return self.register.committed_acts if "register" in self.__dict__ else 0

    @cached_property
    def storage_root(self) -> "StorageRoot":
        """The archive's storage root."""
        from recordkeeper.ocfl.storage_root import StorageRoot

        return StorageRoot(self.archive / "objects", self.archive / "incoming")

    @property
    def publisher(self) -> "Publisher":
        """What archives and publishes from this machine."""
        from recordkeeper.services.publication import Publisher

        return Publisher(self.register, self.archive, self.storage_root, self.log_key_path)

    @property
    def has_archive(self) -> bool:
        """Whether anything of an archive is here; where a disk is to be mounted there is a folder without."""
        try:
            return any(each.name in {"objects", "log"} for each in self.archive.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # why it cannot be read is for whoever reads it to say

    @property
    def is_archive_elsewhere(self) -> bool:
        """Whether another machine holds the archive: it is not here, and neither is the key of who publishes into it.

        Beside the key the archive has to be: there one that is missing was taken away.
        """
        return not (self.has_archive or os.path.lexists(self.log_key_path))

    def check_archive_here(self) -> None:
        """Refuse what only the machine that holds the archive can do.

        Raises:
            NoArchiveHereError: this one does not.
        """
        if not self.has_archive:
            raise NoArchiveHereError(self.archive)

    def check_archive_not_elsewhere(self) -> None:
        """Refuse what the machine that holds the archive judges, though the archive be missing there.

        Raises:
            NoArchiveHereError: this is another machine.
        """
        if self.is_archive_elsewhere:
            raise NoArchiveHereError(self.archive)

    @property
    def log_path(self) -> Path:
        """The folder of the log's tiles and checkpoint."""
        return self.archive / "log"

    @property
    def log_key_path(self) -> Path:
        """The file of the log's private key."""
        return self.root / "log.key"

    @property
    def identifier(self) -> str:
        """What the user's own state folder calls this workspace: a digest of where it lies."""
        return sha256(os.fsencode(self.root)).hexdigest()[:32]

    def close(self) -> None:
        """Close the register if it was opened."""
        if "register" in self.__dict__:
            self.register.close()

    @cached_property
    def sessions(self) -> "SessionFolder":
        """The folder of this user's open sessions, outside the workspace."""
        from recordkeeper.credentials.session import SessionFolder, state_folder

        return SessionFolder(state_folder(os.environ))


def find_workspace(folder: Path | None) -> Workspace:
    """The workspace in ``folder``; with none given, in the current folder or the nearest above it.

    Raises:
        NotAWorkspaceError: no configuration there.
        BrokenConfigurationError: the configuration cannot be read.
    """
    start = (folder or Path.cwd()).absolute()
    candidates = [start] if folder else [start, *start.parents]
    root = next((candidate for candidate in candidates if (candidate / CONFIGURATION).is_file()), None)
    if root is None:
        raise NotAWorkspaceError(start)
    return read_workspace(root)


def read_workspace(root: Path) -> Workspace:
    """The workspace whose configuration stands in ``root``.

    Raises:
        BrokenConfigurationError: not TOML, an unknown key, a value that is no text, an unknown language.
    """
    file = root / CONFIGURATION
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BrokenConfigurationError(file, "TOML", str(error)) from None
    for key, value in found.items():
        if key not in DEFAULTS:
            raise BrokenConfigurationError(file, listing(DEFAULTS), key)
        if not isinstance(value, str) or not value:
            raise BrokenConfigurationError(file, _("{key}: a text").format(key=key), repr(value))
    settings = DEFAULTS | found
    if settings["language"] not in LANGUAGES:
        raise BrokenConfigurationError(file, " | ".join(LANGUAGES), settings["language"])
    return Workspace(
        root=root.resolve(),
        database_url=database_url_of(root.resolve(), settings["database"]),
        archive=root.resolve() / settings["archive"],
        language=settings["language"],
    )


def write_configuration(root: Path, settings: Mapping[str, str] = DEFAULTS) -> Workspace:
    """Write the configuration of a new workspace into ``root`` and return the workspace.

    Args:
        root: an existing folder.
        settings: ``database`` (a file's path or a URL), ``archive`` (a folder's path), ``language``; paths
            count from ``root``.
    """
    # A JSON text of these strings is a TOML basic string too.
    lines = [f"{key} = {json.dumps(settings[key], ensure_ascii=False)}\n" for key in DEFAULTS if key in settings]
    file = root / CONFIGURATION
    file.write_text("".join(lines), encoding="utf-8")
    if PASSWORD_IN_URL.search(settings.get("database", "")):
        file.chmod(0o600)
    return read_workspace(root)


def database_url_of(root: Path, database: str) -> str:
    """The URL of a database that is configured as a URL, or as a file's path counted from ``root``."""
    return database if "://" in database else f"sqlite:///{root / database}"
