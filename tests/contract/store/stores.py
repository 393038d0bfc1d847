"""The stores that the suite runs on. A new store is one more entry in ``MAKERS``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from gate.store.contract import Store
from gate.store.directory import DirectoryStore
from gate.store.memory import MemoryStore

Connect: TypeAlias = Callable[[], Store]
"""Opens the one store of a test, as each writer does for itself."""


def directory(path: Path) -> Connect:
    return lambda: DirectoryStore(path / "log")


def memory(_: Path) -> Connect:
    store = MemoryStore()
    return lambda: store


MAKERS: dict[str, Callable[[Path], Connect]] = {"directory": directory, "memory": memory}
"""A folder that is the test's own -> how to open the store in it."""
