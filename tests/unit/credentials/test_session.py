import os
from pathlib import Path

import pytest

from recordkeeper.credentials.session import (
    ExposedSessionError,
    SessionFolder,
    new_token,
    state_folder,
    token_digest,
)


def test_a_saved_session_is_found_again_and_removed(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "state" / "recordkeeper")
    assert folder.token_of("w1") is None
    folder.save("w1", "person/7", "t1")
    folder.save("w2", "person/8", "t2")
    folder.save("w1", "person/9", "t3")
    assert folder.token_of("w1") == ("person/9", "t3")
    assert folder.token_of("w2") == ("person/8", "t2")
    folder.remove("w1")
    folder.remove("w1")
    assert folder.token_of("w1") is None
    assert len(list(folder.path.iterdir())) == 1


def test_only_the_user_may_read_a_session(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "recordkeeper")
    umask = os.umask(0)
    try:
        folder.save("w1", "person/7", "t1")
    finally:
        os.umask(umask)
    (file,) = folder.path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_session_that_others_may_read_is_refused(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    folder.save("w1", "person/7", "t1")
    (file,) = tmp_path.iterdir()
    file.chmod(0o644)
    with pytest.raises(ExposedSessionError):
        folder.token_of("w1")


def test_a_linked_session_is_refused(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "a")
    folder.save("w1", "person/7", "t1")
    (file,) = folder.path.iterdir()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExposedSessionError):
        folder.token_of("w1")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"person":"person/7"}', b'{"workspace":"w2","person":"p","token":"t"}', b"\xff"],
)
def test_a_damaged_session_is_no_session(tmp_path: Path, content: bytes) -> None:
    folder = SessionFolder(tmp_path)
    folder.save("w1", "person/7", "t1")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert folder.token_of("w1") is None


def test_a_workspace_named_like_a_path_stays_in_the_folder(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "a" / "b")
    folder.save("../../escape\x00", "person/7", "t1")
    assert folder.token_of("../../escape\x00") == ("person/7", "t1")
    assert [path.parent for path in tmp_path.rglob("*.json")] == [folder.path]


def test_tokens_differ_and_their_digest_does_not_tell_them() -> None:
    token = new_token()
    assert token != new_token()
    assert len(token) == 64
    assert token_digest(token) == token_digest(token)
    assert token not in token_digest(token)


def test_the_state_folder_follows_the_environment_unless_it_is_relative(tmp_path: Path) -> None:
    assert state_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "recordkeeper"
    home = Path.home() / ".local" / "state" / "recordkeeper"
    assert state_folder({"XDG_STATE_HOME": "relative"}) == home
    assert state_folder({}) == home
