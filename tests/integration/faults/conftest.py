"""What the tests of faults share: a company at work, and no LibreOffice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.faults.workplace import Staff, Workplace, begin
from recordkeeper.register.acts import Register
from recordkeeper.register.engine import open_register


@pytest.fixture(autouse=True)
def no_libreoffice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def workplace(register_url: str, tmp_path: Path) -> Workplace:
    return Workplace(register_url, tmp_path)


@pytest.fixture
def register(workplace: Workplace) -> Iterator[Register]:
    with open_register(workplace.url) as opened:
        yield opened


@pytest.fixture
def staff(workplace: Workplace, register: Register) -> Staff:
    return begin(workplace, register)
