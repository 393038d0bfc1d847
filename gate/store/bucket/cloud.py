"""The ``Bucket`` of S3 and its likes, Google Cloud Storage and Azure, on the library obstore.

One request a call: obstore's own retries are off, since it would report the conflict with its own
first attempt as somebody else's win. It calls 409 and 412 by one name, so who reads ``TakenError``
here reads the key back all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore import exceptions

from gate.store.bucket.engine import BusyError, DoubtError, TakenError
from gate.store.contract import StoreError

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

T = TypeVar("T")

LARGEST = 64 << 20  # bytes; the largest bundle the format allows has 16 MiB

_SIDE_BY_SIDE = 32
_PAGE = 1000
_SHOWN = 300
_QUERY = re.compile(r"(https?://[^\s?]*)\?[^\s\"']*")  # where a signed URL has its secrets
_STATUS = re.compile(r"status code: (4\d\d)")
_BUSY = re.compile(r"status code: (429|503)")
_DOUBTFUL = frozenset({"408", "409", "412", "425", "429"})  # among the 4xx


class ObstoreBucket:
    """The objects of ``store`` below ``prefix`` ("" or ending in "/"), called ``url``."""

    def __init__(self, store: S3Store | GCSStore | AzureStore, prefix: str, url: str) -> None:
        self.url = url
        self._store = store
        self._prefix = prefix
        self._pool: ThreadPoolExecutor | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Unpickled, it is opened anew: threads and connections stay in their own process.

        Static keys go along, so a pickle is for this process's own children and nowhere else.
        """
        return ObstoreBucket, (self._store, self._prefix, self.url)

    def get(self, key: str) -> bytes | None:
        """The object; None where there is none."""
        with self._explained(f"read {key}"):
            try:
                found = obstore.get(self._store, self._prefix + key)
                if found.meta["size"] > LARGEST:
                    raise StoreError(f"{key} of {self.url} is impossibly large")
                return bytes(found.bytes())
            except (exceptions.NotFoundError, FileNotFoundError):
                return None

    def create(self, key: str, data: bytes) -> None:
        """Store ``data`` if there is no object yet; ``TakenError`` if there is, or may be."""
        with self._explained(f"create {key}"):
            try:
                obstore.put(self._store, self._prefix + key, data, mode="create")
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
                raise TakenError(f"{key} of {self.url} is taken") from None

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` in the place of whatever is there."""
        with self._explained(f"write {key}"):
            obstore.put(
                self._store, self._prefix + key, data, mode="overwrite", use_multipart=False
            )

    def delete(self, keys: Sequence[str]) -> None:
        """Remove these objects."""
        with self._explained(f"delete {keys[0]}"):
            try:
                obstore.delete(self._store, [self._prefix + key for key in keys])
            except (exceptions.NotFoundError, FileNotFoundError):
                return  # as it should be

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        """The keys after ``after`` that begin with ``folder``, by bytes."""
        offset = self._prefix + after if after else None
        start, cut = self._prefix + folder, len(self._prefix)
        with self._explained(f"list {folder or 'the objects'}"):
            pages = obstore.list(self._store, start or None, offset=offset, chunk_size=_PAGE)
            for page in pages:
                for meta in page:
                    if meta["path"].startswith(start):
                        yield meta["path"][cut:]

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What these calls return, made by threads; the first error once all have ended."""
        if len(calls) == 1:
            return [calls[0]()]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, "bucket")
        made = [self._pool.submit(call) for call in calls]
        errors = [one.exception() for one in made]
        for error in errors:
            if error is not None:
                raise error
        return [one.result() for one in made]

    def head_url(self, key: str) -> str:
        """The URL of a presigned HEAD request, good for a minute."""
        with self._explained(f"sign a request for {key}"):
            return obstore.sign(self._store, "HEAD", self._prefix + key, timedelta(minutes=1))

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise StoreError(
                f"may not {what} of {self.url}: {_told(error)}",
                remedy="check the credentials and what they permit; a reader must be allowed to "
                "list the bucket, or what is absent looks forbidden (docs/object-stores.md)",
            ) from error
        except (exceptions.NotFoundError, FileNotFoundError) as error:
            raise StoreError(
                f"cannot {what} of {self.url}: {_told(error)}",
                remedy="check the bucket's name, its region and the endpoint",
            ) from error
        except exceptions.GenericError as error:
            status = _STATUS.search(str(error))
            if status is not None and status[1] not in _DOUBTFUL:
                raise StoreError(
                    f"cannot {what} of {self.url}: {_told(error)}",
                    remedy="check the bucket's name, its region and the endpoint",
                ) from error
            busy = _BUSY.search(str(error)) is not None
            raise (BusyError if busy else DoubtError)(  # a timeout, a broken connection, 5xx
                f"cannot {what} of {self.url}: {_told(error)}",
                remedy="check that the store can be reached from here, and run again",
            ) from error
        except exceptions.BaseError as error:
            raise StoreError(f"cannot {what} of {self.url}: {_told(error)}") from error


def _told(error: BaseException) -> str:
    """The library's words in one line of ASCII, without the queries of URLs, cut short."""
    words = _QUERY.sub(r"\1", " ".join(str(error).split())).partition(" Debug source:")[0]
    return "".join(one if " " <= one <= "~" else "?" for one in words[:_SHOWN])
