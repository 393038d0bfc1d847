"""The names that all readers of a bucket see, without those that are only the store's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.store.bucket.careful import Careful
from gate.store.bucket.layout import OWN


def layout_names(bucket: Careful, prefix: str, also: Iterable[str]) -> Iterator[str]:
    """The keys that begin with ``prefix``, and those of ``also`` that do; sorted, each once."""
    left = sorted({name for name in also if name.startswith(prefix)}, reverse=True)
    for name in _stored(bucket, prefix):
        while left and left[-1] <= name:
            first = left.pop()
            if first != name:
                yield first
        yield name
    yield from reversed(left)


def _stored(bucket: Careful, prefix: str) -> Iterator[str]:
    """As the bucket lists them, leaping over what is only the store's own."""
    folder = prefix[: prefix.rfind("/") + 1]
    after, passed = "", set[str]()
    while True:
        for name in bucket.keys(folder, after):
            own = next((one for one in OWN if name.startswith(one)), None)
            if own is None:
                if name.startswith(prefix):
                    yield name
            elif own not in passed:
                passed.add(own)
                after = f"{own}~"
                break
        else:
            return
