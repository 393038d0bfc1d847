"""A bucket is shown to create exclusively before a log is trusted to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from buckets import MemoryBucket
from faults.pipelines import LOG_KEY

from gate.errors import UsageError
from gate.log.reading.reader import log_reader
from gate.store.bucket.engine import Bucket, TakenError
from gate.store.bucket.primitive import Protection
from gate.store.bucket.store import ObjectStore
from gate.store.contract import StoreError

T = TypeVar("T")

UNPROTECTED = Protection(versioned=False, lock_mode="", retain_until="")
LOCKED = Protection(versioned=True, lock_mode="COMPLIANCE", retain_until="2027-04-07T00:00:00Z")


def store_on(bucket: Bucket) -> ObjectStore:
    return ObjectStore(bucket, log_reader([LOG_KEY.verifier]), pause=lambda _: None)


class Threaded(MemoryBucket):
    """Side by side in truth."""

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda call: call(), calls))


class Signing(Threaded):
    """Shows the headers of its objects."""

    def head_url(self, key: str) -> str:
        assert key in self.objects
        return f"https://bucket.example/{key}?signed"


def test_a_bucket_that_creates_exclusively_is_shown_to_and_keeps_no_trace() -> None:
    bucket = Threaded()
    assert store_on(bucket).prove() == Protection(None, "", "")
    assert bucket.objects == {}
    probes = {key for key in bucket.ever if key.startswith("pending/probe-")}
    assert len(probes) == 1
    assert [len(bodies) for bodies in bucket.ever.values()] == [1]


def test_a_probe_is_no_offer() -> None:
    bucket = Threaded()
    bucket.objects["pending/probe-" + "0" * 32] = b"x"
    assert store_on(bucket).waiting() == ()


class LastWins(Threaded):
    """Honours the condition for one after the other, not for those at once."""

    def create(self, key: str, data: bytes) -> None:
        with self._lock:
            if self.objects.get(key, b"").endswith(b"probe 15\n"):
                raise TakenError(key)
        self.put(key, data)


class ForgetsLater(Threaded):
    """Honours the condition in the race, and not afterwards."""

    def create(self, key: str, data: bytes) -> None:
        if len(self.ever[key]) == 1 and data == b"probe too late\n":
            self.put(key, data)
        super().create(key, data)


class ReadsOld(Threaded):
    """Some readers are served what is not there any more."""

    reads = 0

    def get(self, key: str) -> bytes | None:
        self.reads += 1
        return b"probe 3\n" if self.reads % 7 == 0 else super().get(key)


@pytest.mark.parametrize(
    ("bucket", "words"),
    [
        (Threaded(conditional=False), "16 of 16 that raced to create one won"),
        (LastWins(), "that raced to create one won"),
        (ForgetsLater(), "was created once more"),
        (ReadsOld(), "won|not everybody read"),
    ],
)
def test_a_bucket_that_does_not_is_refused(bucket: MemoryBucket, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        store_on(bucket).prove()
    assert "If-None-Match" in caught.value.remedy
    assert bucket.objects == {}


def test_a_bucket_that_may_not_be_written_is_not_proven() -> None:
    class ReadOnly(Threaded):
        def create(self, key: str, data: bytes) -> None:
            raise StoreError(f"may not create {key} of {len(data)} bytes")

    with pytest.raises(StoreError, match="may not create pending/probe-"):
        store_on(ReadOnly()).prove()


@pytest.mark.parametrize(
    ("headers", "protection"),
    [
        ({}, UNPROTECTED),
        ({"x-amz-version-id": "null"}, UNPROTECTED),
        ({"X-Amz-Version-Id": "3sL4"}, Protection(versioned=True, lock_mode="", retain_until="")),
        (
            {
                "x-amz-version-id": "3sL4",
                "x-amz-object-lock-mode": "COMPLIANCE",
                "x-amz-object-lock-retain-until-date": "2027-04-07T00:00:00Z",
            },
            LOCKED,
        ),
    ],
)
def test_versions_and_retention_are_read_from_the_headers(
    headers: Mapping[str, str], protection: Protection
) -> None:
    bucket = Signing()
    asked: list[str] = []

    def head(url: str) -> Mapping[str, str]:
        asked.append(url)
        return headers

    assert store_on(bucket).prove(head) == protection
    assert len(asked) == 1
    assert bucket.objects == {}
