"""Finding a workspace and reading its configuration."""

from pathlib import Path

import pytest

from recordkeeper.cli.workspace import (
    CONFIGURATION,
    BrokenConfigurationError,
    NotAWorkspaceError,
    find_workspace,
    read_workspace,
    write_configuration,
)


def test_a_workspace_is_found_from_a_folder_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_configuration(tmp_path)
    below = tmp_path / "archive" / "objects"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_workspace(None).root == tmp_path


def test_a_folder_that_is_named_must_be_the_workspace_itself(tmp_path: Path) -> None:
    write_configuration(tmp_path)
    below = tmp_path / "below"
    below.mkdir()
    with pytest.raises(NotAWorkspaceError, match="below"):
        find_workspace(below)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = write_configuration(
        tmp_path, {"database": "postgresql://office/records", "archive": '档案 "1"', "language": "en"}
    )
    assert written == read_workspace(tmp_path)
    assert written.database_url == "postgresql://office/records"
    assert written.archive == tmp_path / '档案 "1"'
    assert written.language == "en"


def test_places_lie_in_the_workspace_unless_said_otherwise(tmp_path: Path) -> None:
    workspace = write_configuration(tmp_path)
    assert workspace.database_url == f"sqlite:///{tmp_path}/records.db"
    assert workspace.log_path == tmp_path / "archive" / "log"
    assert workspace.log_key_path == tmp_path / "log.key"
    assert workspace.storage_root.path == tmp_path / "archive" / "objects"


@pytest.mark.parametrize(
    "text",
    ["database = ", "databse = 'records.db'", "archive = 7", "archive = ''", "language = 'fr'", "\u0000"],
)
def test_a_configuration_that_cannot_be_right_is_refused_by_file(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIGURATION).write_text(text, encoding="utf-8")
    with pytest.raises(BrokenConfigurationError, match=CONFIGURATION):
        read_workspace(tmp_path)


def test_two_workspaces_have_different_identifiers(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    identifiers = {write_configuration(tmp_path / name).identifier for name in ("a", "b")}
    assert len(identifiers) == 2
