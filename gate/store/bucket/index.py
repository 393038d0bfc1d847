"""The index of an object store: a listing of names, newest first, under each token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from gate.store.bucket.careful import Careful
from gate.store.bucket.layout import INDEX, row_key, row_of_key, token_folder
from gate.store.bucket.trail import Trail
from gate.store.contract import IndexRow, StoreError

_PAGE = 256  # names kept of a listing; one request brings up to a thousand
_SIDE_BY_SIDE = 256


class RowNames:
    """The rows in ``bucket``, and those of commits that ``trail`` knows to be unpublished."""

    def __init__(self, bucket: Careful, trail: Trail) -> None:
        self._bucket = bucket
        self._trail = trail
        self._listed: dict[bytes, tuple[list[int], bool]] = {}  # newest places; whether all

    def forget(self) -> None:
        """There may be newer rows by now."""
        self._listed = {}

    def listing(self, token: bytes) -> Callable[[], None]:
        """What lists the newest rows of ``token``, to be looked up without a request then."""

        def make() -> None:
            places = list(islice(self._places(token, ""), _PAGE))
            self._listed[token] = places, len(places) < _PAGE

        return make

    def lookup(self, token: bytes, below: int, most: int) -> tuple[int, ...]:
        """At most ``most`` places before ``below``, newest first."""
        there: Iterable[int]
        places, whole = self._listed.get(token, ([], False))
        there = [place for place in places if place < below]
        if not whole and len(there) < most:
            there = islice(self._places(token, row_key(token, below)), most)
        unpublished = (row.index for row in self._unpublished() if token in row.tokens)
        found = {*there, *(place for place in unpublished if place < below)}
        return tuple(sorted(found, reverse=True)[:most])

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows, those of unpublished commits last."""
        left = {(token, row.index) for row in self._unpublished() for token in row.tokens}
        for key in self._bucket.keys(INDEX):
            row = row_of_key(key)
            if row is not None:
                left.discard(row)
                yield row
        yield from sorted(left)

    def replace(self, rows: Iterable[IndexRow]) -> None:
        """Create the rows that are missing, and remove those that are too many."""
        missing = {row_key(token, row.index) for row in rows for token in row.tokens}
        extra = []
        for key in self._bucket.keys(INDEX):
            if key in missing:
                missing.discard(key)
            elif row_of_key(key) is not None:
                extra.append(key)
        self.write(missing)
        try:
            for at in range(0, len(extra), _SIDE_BY_SIDE):
                self._bucket.delete(extra[at : at + _SIDE_BY_SIDE])
        except StoreError as error:
            raise StoreError(
                f"{len(extra)} rows too many in the index of {self._bucket.url} stay: "
                f"{error.message}",
                remedy=f"run it as somebody who may delete objects below {INDEX}",
            ) from error
        self.forget()

    def write(self, keys: Iterable[str]) -> None:
        """Put an empty object under each of these names; it may be there already."""
        ordered = sorted(keys)
        for at in range(0, len(ordered), _SIDE_BY_SIDE):
            self._bucket.together([self._writing(key) for key in ordered[at : at + _SIDE_BY_SIDE]])

    def _writing(self, key: str) -> Callable[[], None]:
        return lambda: self._bucket.put(key, b"")

    def _places(self, token: bytes, after: str) -> Iterator[int]:
        for key in self._bucket.keys(token_folder(token), after):
            row = row_of_key(key)
            if row is not None:
                yield row[1]

    def _unpublished(self) -> Iterator[IndexRow]:
        return (row for step in self._trail.steps for row in step.rows)
