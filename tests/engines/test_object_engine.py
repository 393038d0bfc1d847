"""The log in buckets of a real engine: many processes, faults, policies, and unfit buckets."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import s3_server
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # it has no types
from engines.conftest import Gateway
from faults.faulty_buckets import Crash, FaultyBucket
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, fill, filler

from gate.errors import UsageError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append, as_it_is
from gate.log.writing.create import init_log
from gate.log.writing.reindex import reindex
from gate.store.bucket.store import ObjectStore
from gate.store.contract import StoreError

READER = log_reader([LOG_KEY.verifier])
PAGE = Path(__file__).parents[2] / "docs" / "object-stores.md"
KILLS = int(os.environ.get("GATE_TEST_KILLS", "24"))
PREFIX = "some/log"  # where s3_server.connect opens a log


def holds_together(store: ObjectStore, acknowledged: list[bytes]) -> None:
    assert verify_log(store, TRUST).faults == ()
    view = LogView(store, TRUST)
    entries = [view.entry(index) for index in range(view.size)]
    assert len(set(entries)) == len(entries)
    assert set(acknowledged) <= set(entries)
    assert [one for one in store.examine(view.size, view.leaf) if one.fault] == []


def head_of(url: str) -> Mapping[str, str]:
    answer = requests.head(url, timeout=10)
    answer.raise_for_status()
    return answer.headers


@pytest.fixture(params=["gateway", "moto"])
def engine(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, str]]:
    """Endpoint and keys of each engine."""
    if request.param == "moto":
        return s3_server.moto_endpoint(), s3_server.KEYS
    gateway: Gateway = request.getfixturevalue("gateway")
    return gateway.endpoint, gateway.keys


def start_appender(
    engine: tuple[str, Mapping[str, str]], bucket: str, number: int, count: int
) -> subprocess.Popen[str]:
    """A process that will append ``count`` records from ``number`` on."""
    endpoint, keys = engine
    script = str(Path(__file__).parent / "appender.py")
    return subprocess.Popen(
        [sys.executable, script, endpoint, bucket, str(number), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**keys, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def let_go(process: subprocess.Popen[str]) -> None:
    """Have it begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def is_ready(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "ready\n"


# ---------------------------------------------------------------- many writers


@pytest.mark.parametrize("writers", [16, 40])
def test_processes_that_append_at_once_lose_nothing(
    engine: tuple[str, Mapping[str, str]], writers: int
) -> None:
    endpoint, keys = engine
    bucket = s3_server.new_bucket(endpoint, keys)
    store = s3_server.connect(endpoint, bucket, READER, keys)
    init_log(store, ORIGIN, LOG_KEY)
    running = [start_appender(engine, bucket, n, 1) for n in range(writers)]
    try:
        assert all(is_ready(one) for one in running)
        for one in running:
            let_go(one)
        told = [one.communicate(timeout=300)[0].split() for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    assert sorted(int(index) for index, _ in told) == list(range(writers))
    assert max(int(lost) for _, lost in told) <= 2
    store = s3_server.connect(endpoint, bucket, READER, keys)
    holds_together(store, filler(writers))
    view = LogView(store, TRUST)
    for n, (index, _) in enumerate(told):
        assert view.entry(int(index)) == filler(1, n)[0]
    commits = list(store._bucket.keys("commits/"))
    assert len(commits) < writers  # most were committed along with others


def test_writers_that_are_killed_lose_nothing(engine: tuple[str, Mapping[str, str]]) -> None:
    endpoint, keys = engine
    bucket = s3_server.new_bucket(endpoint, keys)
    init_log(s3_server.connect(endpoint, bucket, READER, keys), ORIGIN, LOG_KEY)
    lots = random.Random(7)
    acknowledged: list[bytes] = []
    for start in range(0, KILLS, 4):
        numbers = [n * 100 for n in range(start, start + 4)]
        running = [start_appender(engine, bucket, number, 100) for number in numbers]
        assert all(is_ready(one) for one in running)
        for one in running:
            let_go(one)
        for number, one in zip(numbers, running, strict=True):
            try:
                one.wait(timeout=lots.random() / 4)  # while it works, at a time drawn by lot
            except subprocess.TimeoutExpired:
                one.kill()
            told = one.communicate(timeout=60)[0]
            acknowledged += filler(told.count("\n"), number)
    store = s3_server.connect(endpoint, bucket, READER, keys)
    append(store, TRUST, LOG_KEY, filler(1, 100 * KILLS)[0], rejudge=as_it_is)
    holds_together(s3_server.connect(endpoint, bucket, READER, keys), acknowledged)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("how", ["not done", "done", "crash after"])
def test_an_append_survives_the_failure_of_any_request(gateway: Gateway, how: str) -> None:
    def store_on(bucket: Any) -> ObjectStore:
        return ObjectStore(bucket, READER, pause=lambda _: None)

    count, at = 1, -1
    while at < count:
        name = s3_server.new_bucket(gateway.endpoint, gateway.keys)
        plain = s3_server.connect(gateway.endpoint, name, READER, gateway.keys)
        init_log(plain, ORIGIN, LOG_KEY)
        first, second = filler(2, 900)
        faulty = FaultyBucket(plain._raw, at, how)
        try:
            append(store_on(faulty), TRUST, LOG_KEY, first, rejudge=as_it_is)
        except Crash:
            assert how == "crash after"
        if at < 0:
            count = len(faulty.names)
        append(store_on(plain._raw), TRUST, LOG_KEY, second, rejudge=as_it_is)
        append(store_on(plain._raw), TRUST, LOG_KEY, first)
        holds_together(store_on(plain._raw), [first, second])
        at += 1
    assert count > 10


# ---------------------------------------------------------------- which buckets do


def test_a_plain_bucket_creates_exclusively(engine: tuple[str, Mapping[str, str]]) -> None:
    endpoint, keys = engine
    store = s3_server.connect(endpoint, s3_server.new_bucket(endpoint, keys), READER, keys)
    for _ in range(5):
        assert store.prove(head_of).versioned is False
    assert list(store._bucket.keys("")) == []


@pytest.mark.parametrize("lock", [False, True])
def test_the_gateway_ignores_the_condition_where_there_are_versions_and_is_refused(
    gateway: Gateway, lock: bool
) -> None:
    name = s3_server.new_bucket(gateway.endpoint, gateway.keys, lock=lock)
    if not lock:
        s3_server.client(gateway.endpoint, gateway.keys).put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )
    store = s3_server.connect(gateway.endpoint, name, READER, gateway.keys)
    with pytest.raises(UsageError, match="does not create objects exclusively"):
        store.prove(head_of)


def test_versions_are_shown_where_the_engine_keeps_them() -> None:
    endpoint = s3_server.moto_endpoint()
    name = s3_server.new_bucket(endpoint, lock=True)
    found = s3_server.connect(endpoint, name, READER).prove(head_of)
    assert found.versioned


# ---------------------------------------------------------------- who may do what


def documented_policy(bucket: str, writer: str, auditor: str) -> str:
    """The statements of the documentation, for this bucket and these users."""
    match = re.search(r"<!-- policy\.json -->\n```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert match is not None
    text = match[1].replace("BUCKET", bucket).replace("PREFIX", PREFIX)
    text = text.replace("WRITER", f"arn:aws:iam:::user/{writer}")
    text = text.replace("AUDITOR", f"arn:aws:iam:::user/{auditor}")
    json.loads(text)
    return text


@pytest.fixture(scope="module")
def staffed(gateway: Gateway) -> tuple[str, Mapping[str, str], Mapping[str, str]]:
    """A bucket with a log, under the documented policy; the writer's and the auditor's keys."""
    bucket = s3_server.new_bucket(gateway.endpoint, gateway.keys)
    writer, auditor = gateway.new_user("writer"), gateway.new_user("auditor")
    s3_server.client(gateway.endpoint, gateway.keys).put_bucket_policy(
        Bucket=bucket, Policy=documented_policy(bucket, "writer", "auditor")
    )
    store = s3_server.connect(gateway.endpoint, bucket, READER, writer)
    init_log(store, ORIGIN, LOG_KEY)
    for entry in filler(3):
        append(store, TRUST, LOG_KEY, entry)
    return bucket, writer, auditor


def test_a_writer_may_append_and_clear_up_after_itself(
    gateway: Gateway, staffed: tuple[str, Mapping[str, str], Mapping[str, str]]
) -> None:
    bucket, writer, _ = staffed
    store = s3_server.connect(gateway.endpoint, bucket, READER, writer)
    store.prove(head_of)
    size = LogView(store, TRUST).size
    fill(store, 256 - size)
    append(store, TRUST, LOG_KEY, filler(1, 900)[0])
    assert store.waiting() == ()
    names = set(store.names("tile/"))
    assert "tile/entries/000" in names
    assert not [name for name in names if name.startswith("tile/entries/000.p/")]
    store.put_evidence("0" * 64, b"evidence")
    holds_together(store, [*filler(3), *filler(1, 900)])


@pytest.mark.parametrize(
    "key",
    [
        f"commits/{2:020}",
        "checkpoint",
        "tile/entries/000",
        "tile/0/000",
        f"evidence/00/{'0' * 64}",
        "index/head",
    ],
)
def test_a_writer_may_delete_nothing_of_the_log(
    gateway: Gateway, staffed: tuple[str, Mapping[str, str], Mapping[str, str]], key: str
) -> None:
    bucket, writer, _ = staffed
    with pytest.raises(ClientError, match=r"AccessDenied|403"):
        s3_server.client(gateway.endpoint, writer).delete_object(
            Bucket=bucket, Key=f"{PREFIX}/{key}"
        )


def test_a_writer_may_do_nothing_beside_the_log(
    gateway: Gateway, staffed: tuple[str, Mapping[str, str], Mapping[str, str]]
) -> None:
    bucket, writer, _ = staffed
    s3_server.client(gateway.endpoint, gateway.keys).put_object(
        Bucket=bucket, Key="other/log/checkpoint", Body=b"x"
    )
    client = s3_server.client(gateway.endpoint, writer)
    versions = {"Status": "Enabled"}
    calls: list[Callable[[], object]] = [
        lambda: client.put_object(Bucket=bucket, Key="other/log/checkpoint", Body=b"x"),
        lambda: client.get_object(Bucket=bucket, Key="other/log/checkpoint"),
        lambda: client.delete_bucket_policy(Bucket=bucket),
        lambda: client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versions),
    ]
    for call in calls:
        with pytest.raises(ClientError, match=r"AccessDenied|403"):
            call()


def test_an_auditor_may_verify_and_write_nothing(
    gateway: Gateway, staffed: tuple[str, Mapping[str, str], Mapping[str, str]]
) -> None:
    bucket, _, auditor = staffed
    store = s3_server.connect(gateway.endpoint, bucket, READER, auditor)
    holds_together(store, filler(3))
    with pytest.raises(StoreError, match="may not create pending/"):
        append(store, TRUST, LOG_KEY, filler(1, 901)[0])
    with pytest.raises(StoreError, match="may not create pending/probe-"):
        store.prove()
    with pytest.raises(StoreError, match="may not create evidence/"):
        store.put_evidence("1" * 64, b"x")
    assert store.waiting() == ()


def test_rows_too_many_are_for_those_to_remove_who_may(
    gateway: Gateway, staffed: tuple[str, Mapping[str, str], Mapping[str, str]]
) -> None:
    bucket, writer, _ = staffed
    key = f"{PREFIX}/index/{'0' * 32}/{10**16 - 2:016}"
    client = s3_server.client(gateway.endpoint, gateway.keys)
    client.put_object(Bucket=bucket, Key=key, Body=b"")
    with pytest.raises(StoreError, match=r"rows too many in the index .* stay"):
        reindex(LogView(s3_server.connect(gateway.endpoint, bucket, READER, writer), TRUST))
    client.delete_object(Bucket=bucket, Key=key)
    store = s3_server.connect(gateway.endpoint, bucket, READER, writer)
    assert reindex(LogView(store, TRUST))
    assert verify_log(store, TRUST).faults == ()
