"""Session tokens, and the folder in which a user keeps the ones of open sessions.

The register holds the digest of a token and when it ends; this module does not judge either.
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from recordkeeper.errors import CredentialError, InvalidInputError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import canonical, parse_json

_TOKEN_BYTES = 32
_FILE_BYTES_LIMIT = 4096


class ExposedSessionError(CredentialError, RefusalError):
    """Others may read the session's file, or it is not the user's own: it proves nothing."""

    def __init__(self, path: Path, found: str) -> None:
        message = _("{path}: expected a file of yours that only you may read, found {found}").format(
            path=path, found=found
        )
        super().__init__(message, subject=str(path), expected="0600", found=found)


def new_token() -> str:
    """A token that cannot be guessed: 32 random bytes, hexadecimal."""
    return secrets.token_hex(_TOKEN_BYTES)


def token_digest(token: str) -> str:
    """What the register stores of ``token``: SHA-256, hexadecimal; a token is random and needs no salt."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def state_folder(environment: Mapping[str, str]) -> Path:
    """The user's own folder for sessions, below XDG_STATE_HOME or ``~/.local/state``.

    Source: XDG Base Directory Specification 0.8 (a relative path is ignored).
    """
    stated = Path(environment.get("XDG_STATE_HOME", ""))
    state = stated if stated.is_absolute() else Path.home() / ".local" / "state"
    return state / "recordkeeper"


class SessionFolder:
    """The user's open sessions, one file of mode 0600 a workspace.

    Args:
        path: the folder, as ``state_folder`` gives it; made when first needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, workspace_id: str, person: str, token: str) -> None:
        """Keep ``token`` as the open session of ``person`` in a workspace, in place of any earlier one."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self._place(workspace_id)
        temporary = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(canonical({"workspace": workspace_id, "person": person, "token": token}))
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def token_of(self, workspace_id: str) -> tuple[str, str] | None:
        """Person and token of the session open in a workspace; none without one, or when its file is damaged.

        Raises:
            ExposedSessionError: the file is a link, belongs to another user, or others may read it.
        """
        place = self._place(workspace_id)
        try:
            status = place.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise ExposedSessionError(place, stat.filemode(status.st_mode))
        try:
            with place.open("rb") as file:
                value = parse_json(file.read(_FILE_BYTES_LIMIT), str(place))
        except (OSError, InvalidInputError):
            return None
        match value:
            case {"workspace": str(workspace), "person": str(person), "token": str(token)}:
                return (person, token) if workspace == workspace_id else None
            case _:
                return None

    def remove(self, workspace_id: str) -> None:
        """Forget the session of a workspace; nothing happens where there is none."""
        self._place(workspace_id).unlink(missing_ok=True)

    def _place(self, workspace_id: str) -> Path:
        """A workspace's identifier is data, never a path."""
        return self.path / f"{hashlib.sha256(workspace_id.encode(errors='surrogatepass')).hexdigest()}.json"
