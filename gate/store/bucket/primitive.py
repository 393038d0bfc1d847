"""The one thing that a bucket must do, shown on the bucket itself: create exclusively.

Some engines ignore the condition in silence, or only in buckets with versions. Two writers would
then both believe that their commit is the next one, so such a bucket is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeAlias, runtime_checkable

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.store.bucket.careful import Careful
from gate.store.bucket.layout import PENDING

CREATORS = 16

HeadHeaders: TypeAlias = Callable[[str], Mapping[str, str]]
"""URL of a presigned HEAD request -> the headers of its answer."""


@runtime_checkable
class Signing(Protocol):
    """A bucket that can let somebody else ask for an object's headers."""

    def head_url(self, key: str) -> str:
        """The URL of a presigned HEAD request, good for a minute."""
        ...


@dataclass(frozen=True, slots=True)
class Protection:
    """How the bucket protects an object that was just written.

    ``versioned`` is None where nobody could tell. ``lock_mode`` is "GOVERNANCE", "COMPLIANCE" or
    "", and ``retain_until`` the time as the engine writes it, or "".
    """

    versioned: bool | None
    lock_mode: str
    retain_until: str


@contextmanager
def prove_create(bucket: Careful) -> Iterator[str]:
    """A race of ``CREATORS`` for one fresh key, which is there meanwhile and removed afterwards.

    Raises ``UsageError`` unless exactly one wins, all others read the winner's bytes, and a later
    creator changes nothing; ``StoreError`` where the bucket cannot be written.
    """
    key = f"{PENDING}probe-{secrets.token_hex(16)}"
    bodies = [b"probe %d\n" % n for n in range(CREATORS)]

    def creating(data: bytes) -> Callable[[], bool]:
        return lambda: bucket.create(key, data)

    won = bucket.together([creating(data) for data in bodies])
    try:
        winners = [data for data, mine in zip(bodies, won, strict=True) if mine]
        if len(winners) != 1:
            raise _unfit(bucket.url, f"{len(winners)} of {CREATORS} that raced to create one won")
        seen = set(bucket.together([lambda: bucket.get(key)] * CREATORS))
        if seen != set(winners):
            raise _unfit(bucket.url, "not everybody read what the one who created it wrote")
        if bucket.create(key, b"probe too late\n") or bucket.get(key) != winners[0]:
            raise _unfit(bucket.url, "an object that was there was created once more")
        yield key
    finally:
        bucket.delete([key])


def protection_of(bucket: object, key: str, head_headers: HeadHeaders | None) -> Protection:
    """How ``key`` is protected, by its headers."""
    if head_headers is None or not isinstance(bucket, Signing):
        return Protection(None, "", "")
    found = head_headers(bucket.head_url(key))
    headers = {name.lower(): value for name, value in found.items()}
    return Protection(
        versioned=headers.get("x-amz-version-id", "null") != "null",
        lock_mode=headers.get("x-amz-object-lock-mode", ""),
        retain_until=headers.get("x-amz-object-lock-retain-until-date", ""),
    )


def _unfit(url: str, what: str) -> UsageError:
    return UsageError(
        f"{url} is no place for a log: it does not create objects exclusively ({what})",
        remedy="take a bucket that honours If-None-Match on PUT; some engines do only in buckets "
        "without versions (docs/object-stores.md)",
    )
