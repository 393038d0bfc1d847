"""An append to a bucket that meets nobody: its requests, and the longest chain of them.

With it, what a log takes up in a bucket once everything that is needless is gone.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from copy_log import copy_log
from figures import Figure, show, skip
from fresh_record import fresh_record
from generated import LOG_KEY, SIGNER, trust
from memory_bucket import MemoryBucket, Request, kinds, longest_chain
from record_template import GATE

from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.writing.append import append
from gate.log.writing.judge_again import judge_again
from gate.store.contract import Store

ROUNDS = 5
MOST = 20_000  # records: all of them are held in memory
_BATCH = 256
_SINGLE = 1_024  # records, in as many commits: what a log takes up does not depend on its size
_LATENCY = 0.02  # seconds a reply takes: without it, side by side shows not
_TITLE = "Append to an object store, uncontended"


def measure(home: Path, size: int) -> None:
    """Measure on a copy of the generated log in ``home``, and print."""
    try:
        errors = importlib.import_module("gate.store.bucket.engine")
    except ModuleNotFoundError:
        skip(_TITLE, "this version has no object store")
        return
    size = min(size, MOST)
    bucket = MemoryBucket(errors.TakenError)
    copy_log(home, _store(bucket), size, _BATCH)
    rounds = [_round(bucket, number) for number in range(ROUNDS)]
    show(_TITLE, _figures(rounds, size), (f"a reply takes {_LATENCY * 1000:.0f} ms, in memory",))
    single = MemoryBucket(errors.TakenError)
    copy_log(home, _store(single), _SINGLE, 1)
    show(
        f"Stored for {_SINGLE:,} records, evidence aside: bucket",
        _storage(single.objects, _SINGLE),
        ("one commit a record, the most that it can take; names of objects count for nothing",),
    )


def _store(bucket: MemoryBucket) -> Store:
    module = importlib.import_module("gate.store.bucket.store")
    store: Store = module.ObjectStore(bucket, log_reader([LOG_KEY.verifier]))
    return store


def _is_bundle(key: str) -> bool:
    return key.startswith("tile/entries/")


def _round(bucket: MemoryBucket, number: int) -> tuple[float, Sequence[Request]]:
    """One append by a writer that comes for the first time: its seconds, and its requests."""
    entry = fresh_record(LogView(_store(bucket), trust()), number)
    again = judge_again(SIGNER, lambda: datetime.now(UTC), GATE)
    store = _store(bucket)
    bucket.requests.clear()
    bucket.latency = _LATENCY
    began = time.perf_counter()
    try:
        append(store, trust(), LOG_KEY, entry, rejudge=again)
    finally:
        bucket.latency = 0.0
    return time.perf_counter() - began, tuple(bucket.requests)


def _figures(rounds: Sequence[tuple[float, Sequence[Request]]], size: int) -> Iterator[Figure]:
    chains = [longest_chain(requests) for _, requests in rounds]
    longest = max(chains, key=len)
    told = " → ".join(one.what[:22] for one in longest)
    yield Figure(
        f"longest chain of requests at {size:,} records", len(longest), "", told, at_most=7
    )
    yield Figure(
        "requests in all",
        median(len(requests) for _, requests in rounds),
        "",
        kinds(rounds[-1][1]),
    )
    yield Figure(
        "time to that of seven replies, one after the other",
        median(seconds for seconds, _ in rounds) / (7 * _LATENCY),
    )


def _storage(objects: Mapping[str, bytes], size: int) -> Iterator[Figure]:
    entries = sum(len(data) for key, data in objects.items() if _is_bundle(key)) - 2 * size
    held = sum(map(len, objects.values()))
    yield Figure(
        "bytes of objects to the entries' bytes",
        held / entries,
        beside=f"{held / 1e6:,.1f} MB to {entries / 1e6:,.1f} MB",
        at_most=2.3,
    )
    rows = sum(key.startswith("index/") for key in objects)
    yield Figure("objects", len(objects), "", f"of which {rows:,} empty ones are the index")
