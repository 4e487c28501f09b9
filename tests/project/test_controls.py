"""docs/controls.md says what the sources say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_controls_are_written_anew_after_every_change_of_a_source_line_a_test_or_a_code() -> None:
    command = [sys.executable, str(ROOT / "tools" / "controls.py"), "check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")
