"""The stores that the suite runs on. A new store is one more entry in ``MAKERS``."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from buckets import MemoryBucket
from contract.store.small_log import READER
from engines import git_http

from gate.store.bucket.store import ObjectStore
from gate.store.contract import Store, Surroundings
from gate.store.directory.store import DirectoryStore
from gate.store.git.store import GitStore, open_git
from gate.store.memory import MemoryStore

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


GIT_TOKEN = "s3cret-Token/of+this=suite"


def open_git_here(url: str, path: Path, **environ: str) -> GitStore:
    """A store on a git remote, as if by a job of its own."""
    given = {"PATH": os.environ["PATH"], "TMPDIR": str(path), "HOME": str(path), **environ}
    return open_git(url, Surroundings(path, READER, given))


def git_file(path: Path) -> Connect:
    url = f"git+file://{git_http.make_repository(path / 'log.git')}#changes/log"
    return lambda: open_git_here(url, path)


def git_plain(path: Path) -> Connect:
    """A remote that leaves nothing out."""
    repository = git_http.make_repository(path / "log.git", filters=False)
    return lambda: open_git_here(f"git+file://{repository}#log", path)


@cache
def git_server() -> git_http.GitServer:
    """One server for all tests of a process; it asks for credentials."""
    return git_http.GitServer(Path("/"), credentials=f"x-access-token:{GIT_TOKEN}")


def git_over_http(path: Path) -> Connect:
    repository = git_http.make_repository(path / "log.git")
    url = f"git+{git_server().url}{repository}#log"
    return lambda: open_git_here(url, path, GATE_LOG_TOKEN=GIT_TOKEN)


MAKERS: dict[str, Callable[[Path], Connect]] = {
    "directory": directory,
    "memory": memory,
    "git-file": git_file,
    "git-plain": git_plain,
    **({"git-http": git_over_http} if git_http.available() else {}),
    "bucket": bucket,
    **({"moto": moto} if importlib.util.find_spec("moto") else {}),
}
"""A folder that is the test's own -> how to open the store in it."""
