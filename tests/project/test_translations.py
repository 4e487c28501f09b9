"""Every text a person reads stands in Chinese too, and the compiled catalogue is the one of the sources."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_text_is_translated_and_the_catalogue_is_fresh() -> None:
    command = [sys.executable, str(ROOT / "tools" / "translations.py"), "check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.stdout == ""
    assert checked.returncode == 0
