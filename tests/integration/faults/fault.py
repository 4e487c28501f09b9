"""A fault at the n-th thing that storing and publishing do to the disk or to the register.

The disk is reached through functions of ``os`` alone, the register through ``Register.writing``; a fault at a sync
also tears the file, as a full disk does. Nothing of the program is put out of action.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from recordkeeper.register.acts import Register, Transaction
from recordkeeper.register.connection import RegisterUnavailableError

DISK_STEPS = ("open", "mkdir", "fsync", "rename", "replace", "unlink", "rmdir")


class Fault:
    """Counts the steps, and lets one of them fail.

    ``at`` is the step that fails; none where all are to succeed. ``steps`` says what has been counted.
    """

    def __init__(self, make: Callable[[], Exception], at: int | None = None) -> None:
        self.steps: list[str] = []
        self._make = make
        self._at = at

    def step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) - 1 == self._at:
            raise self._make()

    @contextmanager
    def on_disk(self) -> Iterator[None]:
        """Let a step on the disk fail."""
        with pytest.MonkeyPatch.context() as patch:
            for name in DISK_STEPS:
                patch.setattr(os, name, self._counted(name, getattr(os, name)))
            yield

    def _counted(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if name == "open" and not arguments[1] & os.O_CREAT:
                return original(*arguments, **keywords)
            try:
                self.step(f"{name} {arguments[0]}")
            except Exception:
                if name == "fsync":
                    _tear(arguments[0])
                raise
            return original(*arguments, **keywords)

        return call

    @contextmanager
    def in_register(self) -> Iterator[None]:
        """Let a transaction fail: before it begins, before it is committed, after it was committed."""
        original = Register.writing

        @contextmanager
        def writing(register: Register, *, now: datetime) -> Iterator[Transaction]:
            self.step("begin")
            with original(register, now=now) as transaction:
                yield transaction
                self.step("commit")
            self.step("committed")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Register, "writing", writing)
            yield


def _tear(descriptor: int) -> None:
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        os.ftruncate(descriptor, status.st_size // 2)


def disk_error(number: int) -> Callable[[], Exception]:
    """Makes the error that the system gives."""
    return lambda: OSError(number, os.strerror(number))


def register_error() -> Exception:
    """The error of a database that cannot be reached."""
    return RegisterUnavailableError("records.db", "connection lost")
