"""Disclosures in a bucket, where jobs that keep no disk can reach them and somebody can erase them.

Each is an object ``<xx>/<digest>.json`` under the digest of its log entry. The bucket must be able
to forget: a locked one never does, one that keeps old versions does when these expire.
"""

from __future__ import annotations

import secrets
import time

from gate.errors import UsageError
from gate.store.bucket.careful import Careful, Pause
from gate.store.bucket.engine import Bucket
from gate.store.bucket.primitive import HeadHeaders, Protection, protection_of
from gate.store.contract import check_digest


class BucketDisclosures:
    """The disclosures in ``bucket``; ``pause`` waits between attempts.

    Methods raise ``StoreError`` where the bucket does not answer or refuses, ``ValueError`` for
    what is no SHA-256 in lower-case hex.
    """

    def __init__(self, bucket: Bucket, pause: Pause = time.sleep) -> None:
        self.url = bucket.url
        self._raw = bucket
        self._bucket = Careful(bucket, pause)
        self._there = False  # whether the bucket was seen to exist, and may be listed

    def put(self, digest: str, data: bytes) -> None:
        """Keep the disclosure of the entry with this digest, durably."""
        self._bucket.put(_key(digest), data)

    def get(self, digest: str) -> bytes | None:
        """The disclosure of the entry with this digest; None where it was erased or never kept.

        A bucket that is not there, or may not be listed, answers for an object as one that was
        erased: so a first None is believed once the bucket was listed.
        """
        data = self._bucket.get(_key(digest))
        if data is None and not self._there:
            next(self._bucket.keys(""), None)
            self._there = True
        return data

    def erase(self, digest: str) -> bool:
        """Erase the disclosure of the entry with this digest; False where there was none."""
        if self.get(digest) is None:
            return False
        self._bucket.delete([_key(digest)])
        return True

    def probe(self, head_headers: HeadHeaders | None = None) -> Protection:
        """Write an object, read it back and delete it; how the bucket protected it meanwhile.

        ``head_headers`` gives the headers of a presigned HEAD request. Raises ``UsageError`` for a
        bucket that shows other bytes or keeps what was deleted, ``StoreError`` where one of the
        three is refused.
        """
        key, data = f"probe-{secrets.token_hex(16)}", b"probe\n"
        self._bucket.put(key, data)
        try:
            if self._bucket.get(key) != data:
                raise _unfit(self.url, "does not show what was just written")
            protection = protection_of(self._raw, key, head_headers)
        finally:
            self._bucket.delete([key])
        if self._bucket.get(key) is not None:
            raise _unfit(self.url, "still shows what was deleted")
        return protection


def _key(digest: str) -> str:
    check_digest(digest)
    return f"{digest[:2]}/{digest}.json"


def _unfit(url: str, what: str) -> UsageError:
    return UsageError(
        f"{url} is no place for disclosures: it {what}",
        remedy="take a bucket that reads what was written and forgets what is deleted "
        "(docs/object-stores.md)",
    )
