"""What must not be committed: paths of a machine, unfinished marks, registries, what running leaves."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# Composed, so that this file does not name what it looks for.
_UNFINISHED = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X\\b", "raise NotImplemented" + "Error"))
_MACHINE_PATHS = "|".join(f"(?<![\\w.])/{folder}/" for folder in ("home", "root", "Users", "work", "farm"))
_LEFT_BY_RUNNING = re.compile(r"(^|/)(\.venv|__pycache__|node_modules|\.\w+_cache)(/|$)|\.(db|db-wal|sqlite|pyc)$")


def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def lines_with(pattern: str) -> list[str]:
    found = []
    for file in committed_files():
        data = file.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode().splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


def test_no_committed_file_names_a_path_of_this_machine() -> None:
    assert lines_with(f"{re.escape(str(ROOT))}(?!\\w)|{_MACHINE_PATHS}") == []


def test_no_committed_file_holds_an_unfinished_mark() -> None:
    assert lines_with(_UNFINISHED) == []


def test_nothing_that_running_leaves_is_committed() -> None:
    names = [str(file.relative_to(ROOT)) for file in committed_files()]
    assert [name for name in names if _LEFT_BY_RUNNING.search(name)] == []


def test_locks_pin_every_version_by_digest_and_name_no_registry() -> None:
    for name in ("build", "runtime", "dev"):
        text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.split(r"\n(?=\S)", text.strip())
        assert entries
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {
        "runtime": project["project"]["dependencies"],
        "dev": [
            *project["project"]["dependencies"],
            *(text for texts in project["project"]["optional-dependencies"].values() for text in texts),
            *(text for text in project["dependency-groups"]["dev"] if isinstance(text, str)),
        ],
        "build": [*project["build-system"]["requires"], *project["dependency-groups"]["build"]],
    }
    for name, requirements in asked.items():
        text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        locked = dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;]+)", text, re.MULTILINE))
        for requirement in map(Requirement, requirements):
            name_in_lock = canonicalize_name(requirement.name)
            assert name_in_lock in locked
            assert requirement.specifier.contains(locked[name_in_lock])


def test_modules_over_400_lines_say_why() -> None:
    silent = []
    for file in (ROOT / "src").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > 400 and not re.match(r'""".*?\b(long|longer|lines)\b.*?"""', text, re.DOTALL):
            silent.append(str(file.relative_to(ROOT)))
    assert silent == []


def test_the_default_archive_holds_the_page_that_the_program_would_lay_there() -> None:
    shipped = ROOT / "src" / "recordkeeper" / "archive_readme.txt"
    assert (ROOT / "archive" / "README").read_bytes() == shipped.read_bytes()
