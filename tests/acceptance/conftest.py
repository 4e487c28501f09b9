"""What acceptance tests share: one company that lives by every shipped procedure."""

import os
from pathlib import Path

import pytest

from whole_company import made_once


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company that is copied; the processes of one run share it."""
    base = tmp_path_factory.getbasetemp()
    return made_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "whole_company")
