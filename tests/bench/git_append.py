"""An append to a log in git from a runner that has nothing yet, and what the log takes up there.

The floor of the append is what git itself takes for one fetch and one push on the same remote: into
an empty repository fetch the log's branch as barely as git can (its newest commit and that commit's
first tree), put one file on top, push that. Beside it stands the least that any repository takes:
the same with a branch that holds one file and nothing else.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from copy_log import copy_log
from figures import Figure, show, skip, spread
from fresh_record import fresh_record
from generated import LOG_KEY, SIGNER, trust
from git_scene import (
    BRANCH,
    git,
    make_repository,
    missing,
    on_disk,
    over_http,
    packed,
    served,
    tip_held,
)
from record_template import GATE
from storage import entry_bytes

from gate.log.reading.view import LogView
from gate.log.writing.append import append
from gate.log.writing.judge_again import judge_again

ROUNDS = 9
_BATCH = 65_536  # records in one commit while the branch is filled
_SMALL = "one-file"  # the floor's branch
_TITLE = "Append to a log in git, from an empty runner over smart HTTP"


@dataclass(frozen=True, slots=True)
class _Round:
    seconds: float
    fetched: int
    floor: float
    least: float


def measure(home: Path, size: int) -> None:
    """Measure on a copy of the generated log in ``home``, and print."""
    why = missing()
    if why:
        skip(_TITLE, why)
        return
    with tempfile.TemporaryDirectory(prefix="gate-git-", dir=home.parent) as root:
        repository = make_repository(Path(root) / "log.git")
        commits = copy_log(home, on_disk(repository).open(), size, _BATCH)
        entries = entry_bytes(home, size)
        before = packed(repository)
        held, files = tip_held(repository)
        with served(Path(root)) as server:
            _make_small(repository)
            rounds = [_round(server, repository, Path(root), number) for number in range(ROUNDS)]
        grown = (packed(repository) - before) / ROUNDS
    show(_TITLE, _figures(rounds, size), (f"medians of {ROUNDS} interleaved rounds", *_NOTES))
    show(
        f"Stored for {size:,} records, evidence aside: git",
        _storage(entries, held, files, before, grown),
        (f"the branch was filled by {commits} commits of up to {_BATCH:,} records",),
    )


_NOTES = (
    "timed: an append from opening the store to the verified receipt, the record ready",
    "the floor: git init, fetch of the log's newest commit and its first tree, one file more, push",
    "the least: the same with a branch of one file and nothing else",
    "fetched: all bodies of the server's replies, the push's too",
)


def _make_small(repository: Path) -> None:
    blob = git("hash-object", "-w", "--stdin", at=repository, given=b"0\n")
    tree = git("mktree", at=repository, given=f"100644 blob {blob}\tfile\n".encode())
    commit = git("commit-tree", "-m", "start", tree, at=repository)
    git("update-ref", f"refs/heads/{_SMALL}", commit, at=repository)


def _round(server: Any, repository: Path, root: Path, number: int) -> _Round:
    place = over_http(server, repository)
    entry = fresh_record(LogView(place.open(), trust()), number)
    again = judge_again(SIGNER, lambda: datetime.now(UTC), GATE)
    sent = server.sent
    began = time.perf_counter()
    append(place.open(), trust(), LOG_KEY, entry, rejudge=again)
    seconds = time.perf_counter() - began
    fetched = server.sent - sent
    remote = f"{server.url}/{repository.name}"
    floor, least = (
        _fetch_and_push(remote, root / f"{branch}-{number}", number, branch, onto)
        for branch, onto in ((BRANCH, f"floor-{number}"), (_SMALL, _SMALL))
    )
    return _Round(seconds, fetched, floor, least)


def _fetch_and_push(remote: str, at: Path, number: int, branch: str, onto: str) -> float:
    """Fetch ``branch`` barely, put one file on top, and push that as ``onto``; the seconds."""
    began = time.perf_counter()
    git("init", "--quiet", "--bare", str(at), at=at.parent)
    git("fetch", "--quiet", "--depth=1", "--filter=tree:1", remote, branch, at=at)
    blob = git("hash-object", "-w", "--stdin", at=at, given=b"%d of this run\n" % number)
    there = git("ls-tree", "FETCH_HEAD", at=at)
    kept = [line for line in there.splitlines() if not line.endswith("\tfile")]
    lines = "".join(f"{line}\n" for line in (*kept, f"100644 blob {blob}\tfile"))
    tree = git("mktree", "--missing", at=at, given=lines.encode())
    commit = git("commit-tree", "-m", "one", "-p", "FETCH_HEAD", tree, at=at)
    git("push", "--quiet", remote, f"{commit}:refs/heads/{onto}", at=at)
    return time.perf_counter() - began


def _figures(rounds: Sequence[_Round], size: int) -> Iterator[Figure]:
    taken, floors = [one.seconds for one in rounds], [one.floor for one in rounds]
    least = [one.least for one in rounds]
    yield Figure(
        f"fetched at {size:,} records",
        max(one.fetched for one in rounds) / 1e6,
        "MB",
        at_most=5,
    )
    yield Figure(
        f"at {size:,} records to one bare fetch and push",
        median(taken) / median(floors),
        beside=f"{spread(taken)} to {spread(floors)}",
        at_most=3,
    )
    yield Figure(
        "the same to the least that any repository takes",
        median(taken) / median(least),
        beside=f"{spread(taken)} to {spread(least)}",
    )


def _storage(entries: int, held: int, files: int, history: int, grown: float) -> Iterator[Figure]:
    yield Figure(
        f"bytes of the files at the tip of {BRANCH} to the entries' bytes",
        held / entries,
        beside=f"{held / 1e6:,.1f} MB to {entries / 1e6:,.1f} MB",
        at_most=1.3,
    )
    yield Figure("files at the tip", files, "", at_most=50_000)
    yield Figure("packed history to the entries' bytes", history / entries)
    yield Figure("a single append adds to the packed history", grown / 1e3, "kB")
