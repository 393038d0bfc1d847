"""A thousand writers are killed at random moments, in all stores; nothing that was acknowledged is
lost, doubled or forked, and the log stays one that anybody can append to and read.

``GATE_TEST_SEED`` repeats a run; each test prints the seed, and how many writers were killed: one
that was done before is not counted, nor is one that fails.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest
import s3_server
from engines import git_http
from engines.conftest import Gateway
from engines.killer import Killer
from faults import naive_log
from faults.faulty import CountingCalls
from faults.git_logs import commits_of, new_log, open_at
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, fill, filler, new_directory

from gate.log.reading.reader import log_reader
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.store.contract import Store
from gate.store.directory.store import DirectoryStore

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")

SEED = int(os.environ.get("GATE_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
Say: TypeAlias = Callable[[str], None]
READER = log_reader([LOG_KEY.verifier])
DIRECTORY, MOTO, CEPH, GIT = 4 * [200], 100, 60, 40  # kills; of git twice, by file and by HTTP
ALL = sum(DIRECTORY) + MOTO + CEPH + 4 * GIT


def test_there_are_a_thousand_kills_in_all() -> None:
    assert ALL >= 1000


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints a line that is seen whatever pytest captures."""

    def line(words: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{words}")

    return line


def kill(killer: Killer, count: int, say: Say) -> None:
    """Kill ``count`` writers; after each, or after two or three, others go on."""
    while killer.killed < count:
        (killer.kill_one_of_two if killer.lots.random() < 0.25 else killer.kill_one)()
        if killer.lots.random() < 0.6:
            killer.append_one()
    killer.append_one()
    scheme, told = killer.place.partition(":")[0], len(killer.acknowledged)
    say(f"{scheme}: {killer.killed} writers killed, {told} records acknowledged, seed {SEED} ")


def holds_together(store: Store, killer: Killer, folder: Path) -> None:
    """All that was acknowledged is there once, gate finds no fault, nor does a plain reader."""
    report = verify_log(store, TRUST)
    assert report.faults == ()
    entries = naive_log.read_entries(folder, report.size)
    assert naive_log.is_whole(folder)
    assert len(set(entries)) == len(entries)
    assert len(set(killer.acknowledged)) == len(killer.acknowledged)
    assert set(killer.acknowledged) <= set(entries)


def written_out(store: Store, folder: Path) -> Path:
    """The log as a folder, for a reader who knows of nothing else."""
    for name in ["checkpoint", *store.names("tile/entries/")]:
        data = store.read(name)
        assert data is not None
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


# ---------------------------------------------------------------- directory


@pytest.mark.parametrize("part", range(len(DIRECTORY)))
def test_of_a_directory(tmp_path: Path, part: int, say: Say) -> None:
    path = tmp_path / "log"
    fill(new_directory(path), 200)  # the first bundle gets full on the way
    calls = CountingCalls()
    append(DirectoryStore(path, calls=calls), TRUST, LOG_KEY, filler(1, 200)[0])
    lots = random.Random(f"{SEED} directory {part}")
    with Killer(f"dir:{path}", tmp_path, lots, calls=len(calls.names)) as killer:
        kill(killer, DIRECTORY[part], say)
    holds_together(DirectoryStore(path), killer, path)


# ---------------------------------------------------------------- object store


@pytest.fixture(params=["moto", "gateway"])
def engine(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, str], int]:
    """Endpoint, keys, and how many to kill."""
    if request.param == "moto":
        return s3_server.moto_endpoint(), s3_server.KEYS, MOTO
    gateway: Gateway = request.getfixturevalue("gateway")
    return gateway.endpoint, gateway.keys, CEPH


def test_of_a_bucket(tmp_path: Path, engine: tuple[str, Mapping[str, str], int], say: Say) -> None:
    endpoint, keys, count = engine
    bucket = s3_server.new_bucket(endpoint, keys)
    store = s3_server.connect(endpoint, bucket, READER, keys)
    init_log(store, ORIGIN, LOG_KEY)
    fill(store, 230)
    lots = random.Random(f"{SEED} bucket {count}")
    with Killer(f"{endpoint}|{bucket}", tmp_path, lots, environ=keys) as killer:
        kill(killer, count, say)
    store = s3_server.connect(endpoint, bucket, READER, keys)
    holds_together(store, killer, written_out(store, tmp_path / "copy"))


# ---------------------------------------------------------------- git


@pytest.fixture(params=["file", "http"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The log's URL for writers, and for us."""
    url = new_log(tmp_path)
    if request.param == "file":
        yield url, url
        return
    server = git_http.GitServer(tmp_path)
    yield f"git+{server.url}/log.git#log", url
    server.close()


@pytest.mark.parametrize("tree", [False, True])
def test_of_a_git_remote(tmp_path: Path, remote: tuple[str, str], say: Say, *, tree: bool) -> None:
    url, here = remote
    fill(open_at(here, tmp_path), 240)
    lots = random.Random(f"{SEED} {url.partition(':')[0]} {tree}")
    with Killer(url, tmp_path, lots, tree=tree) as killer:
        kill(killer, GIT, say)
    assert commits_of(tmp_path / "log.git") > len(killer.acknowledged)
    store = open_at(here, tmp_path)
    holds_together(store, killer, written_out(store, tmp_path / "copy"))
