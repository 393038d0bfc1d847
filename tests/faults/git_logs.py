"""Logs on git remotes of this machine, for the fault tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from engines import git_http
from faults.pipelines import LOG_KEY, ORIGIN, TRUST

from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended, append
from gate.log.writing.create import init_log
from gate.store.contract import Surroundings
from gate.store.git.store import GitStore
from gate.store.git.url import parse_place

READER = log_reader(one.key for one in TRUST.policy.logs)


def at_once(_: float) -> None:
    """A pause that takes no time."""


def open_at(
    url: str,
    home: Path,
    *,
    path: str = "",
    timeout: float = 60,
    pause: Callable[[float], None] = at_once,
    **environ: str,
) -> GitStore:
    """The store at ``url``, as a job of its own would open it."""
    (home / "tmp").mkdir(exist_ok=True)
    given = {"PATH": path or os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home / "tmp")}
    around = Surroundings(home, READER, {**given, **environ})
    return GitStore(url, parse_place(url), around, timeout=timeout, pause=pause)


def new_log(home: Path, *, filters: bool = True) -> str:
    """A remote in ``home`` with an empty log; returns the log's URL."""
    repository = git_http.make_repository(home / "log.git", filters=filters)
    url = f"git+file://{repository}#log"
    init_log(open_at(url, home), ORIGIN, LOG_KEY)
    return url


def add(store: GitStore, entry: bytes) -> Appended:
    """Append a record."""
    return append(store, TRUST, LOG_KEY, entry, pause=at_once)


def entries_of(url: str, home: Path) -> list[bytes]:
    """What the log holds, all of it verified."""
    store = open_at(url, home)
    report = verify_log(store, TRUST)
    assert (report.faults, list(store.examine(0, lambda _: b""))) == ((), [])
    view = LogView(store, TRUST)
    return [view.entry(index) for index in range(view.size)]


def git(repository: Path, *arguments: str, given: bytes = b"") -> str:
    """Run plain git in a repository."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout.decode()


def commits_of(repository: Path) -> int:
    """How many commits the log's branch has, each with one parent at most: nothing is merged."""
    parents = git(repository, "rev-list", "--parents", "log").splitlines()
    assert all(len(line.split()) <= 2 for line in parents)
    return len(parents)
