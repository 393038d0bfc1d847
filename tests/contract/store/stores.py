"""The stores that the suite runs on. A new store is one more entry in ``MAKERS``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from buckets import MemoryBucket
from contract.store.small_log import READER

from gate.store.contract import Store
from gate.store.directory import DirectoryStore
from gate.store.memory import MemoryStore
from gate.store.object import ObjectStore

Connect: TypeAlias = Callable[[], Store]
"""Opens the one store of a test, as each writer does for itself."""


def directory(path: Path) -> Connect:
    return lambda: DirectoryStore(path / "log")


def memory(_: Path) -> Connect:
    store = MemoryStore()
    return lambda: store


def bucket(_: Path) -> Connect:
    objects = MemoryBucket()
    return lambda: ObjectStore(objects, READER)


def moto(_: Path) -> Connect:
    import s3_server

    endpoint = s3_server.moto_endpoint()
    name = s3_server.new_bucket(endpoint)
    return lambda: s3_server.connect(endpoint, name, READER)


MAKERS: dict[str, Callable[[Path], Connect]] = {
    "directory": directory,
    "memory": memory,
    "bucket": bucket,
    **({"moto": moto} if importlib.util.find_spec("moto") else {}),
}
"""A folder that is the test's own -> how to open the store in it."""
