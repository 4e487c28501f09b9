"""A PostgreSQL from its own backup: everything comes back, who may do what included."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from company import Scene
from recordkeeper.register.engine import open_register
from recordkeeper.services.verification import Answer, verify
from scratch_postgresql import as_everyday, as_superuser, find_binaries
from stage import POSTGRESQL, Stages


def run(program: str, *arguments: str | Path) -> None:
    binaries = find_binaries()
    assert binaries is not None
    subprocess.run([binaries / program, *arguments], check=True, capture_output=True)


def plain(url: str) -> str:
    """The URL as PostgreSQL's own programs read it."""
    return url.replace("+psycopg", "")


pytestmark = pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])


@contextmanager
def restored(scene: Scene, stages: Stages, folder: Path, *options: str) -> Iterator[str]:
    """The URL of another database, restored from a dump that the everyday login made."""
    dump = folder / "records.dump"
    run("pg_dump", "--format=custom", "--file", dump, plain(scene.url))
    with stages.empty(POSTGRESQL, folder) as url:
        run("pg_restore", "--exit-on-error", *options, "--dbname", plain(as_superuser(url)), dump)
        yield url


def test_a_dump_by_the_everyday_login_restores_everything(scene: Scene, stages: Stages, tmp_path: Path) -> None:
    with restored(scene, stages, tmp_path) as url:
        report = verify(as_everyday(url), scene.archive)
        assert report.verdict is Answer.OK
        assert report.findings == verify(scene.url, scene.archive).findings
        with open_register(as_everyday(url)) as register, register.reading() as snapshot:
            assert snapshot.event_count() == report.counts["events"]


def test_a_register_restored_without_owner_and_privileges_is_named(
    scene: Scene, stages: Stages, tmp_path: Path
) -> None:
    with restored(scene, stages, tmp_path, "--no-owner", "--no-privileges") as url:
        assert "role-missing" in {finding.code for finding in verify(url, scene.archive).findings}
