"""Finding records in a log whose index nobody vouches for.

The index says where to look; what it names is read from the log and checked. What it might leave
out is noticed in three ways:

- the newest ``TAIL`` entries, and all that the index does not cover, are always read themselves;
- each record signs links (``prior``) to the newest one before it under the same key. From one
  record on, the chain is held against the index, and a difference is evidence of tampering;
- a ``thorough`` search reads every entry above the newest record that the index names.

So without ``thorough`` one thing can go unnoticed here: that *all* rows of a key were removed, or
all above some record, and no such record is among the newest entries. The record that is then
written names the wrong ``prior``, which ``gate log verify`` reports for ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gate.errors import InconsistentError
from gate.log.reading.keys import (
    Prior,
    keys_of,
    might_have,
    might_tell_of_emergencies,
    payload_of,
    prior_of,
    tells_of_emergencies,
)
from gate.log.reading.source import Hit, LogSource
from gate.record.statement import parse_statement
from gate.store.contract import Key, Store, StoreError

TAIL = 256
"""The newest entries that are always read, whatever the index says."""

_PAGE = 64


class Search:
    """Finds records in ``view`` by the index of ``store``.

    The ``tail`` newest entries are read whatever the index says; ``covered`` tells of how many
    entries, from the first, it has rows.
    """

    def __init__(
        self, view: LogSource, store: Store, tail: int, covered: Callable[[], int]
    ) -> None:
        self._view = view
        self._store = store
        self._tail = max(0, view.size - tail)
        # A log as short as the tail is read whole: its index is not even opened.
        self._covered = covered() if self._tail else 0
        self._read_from = min(self._tail, self._covered)
        self._payloads: dict[int, bytes] = {}

    def find(self, key: Key, *, thorough: bool) -> Iterator[Hit]:
        """The records that have ``key``, newest first. See ``LogView.find``."""
        named = _Named(self._index(key))
        place = self._newest(key, named, 0 if thorough else self._read_from)
        while place is not None:
            hit = Hit(self._view.link(place), self._view.signed_record(place)[0])
            if key not in keys_of(hit.record):
                raise self._contradiction(key, f"the index names entry {place}, which has not")
            yield hit
            named.pass_by(place)
            place = self._before(key, hit, named)

    def emergencies(self, service: str, since: int) -> Iterator[Hit]:
        """See ``LogView.emergencies``."""
        for index in reversed(range(since, self._view.size)):
            if might_tell_of_emergencies(self._payload(index), service):
                record = self._view.signed_record(index)[0]
                if tells_of_emergencies(record, service):
                    yield Hit(self._view.link(index), record)

    def _newest(self, key: Key, named: _Named, read_from: int) -> int | None:
        found = self._read_down(key, self._view.size, max(read_from, named.after))
        if found is None:
            return named.place
        self._require_indexed(key, found)
        return found

    def _before(self, key: Key, hit: Hit, named: _Named) -> int | None:
        """The next older entry: read where that is the rule, else as the index names it.

        In either case it must be the one that the signed link of ``hit`` names.
        """
        index, prior = hit.link.index, prior_of(hit.record, key)
        read_from = self._read_from if prior is None else min(self._read_from, prior.below)
        found = self._read_down(key, index, max(read_from, named.after))
        if found is None:
            found = named.place
        else:
            self._require_indexed(key, found)
        if prior is not None:
            self._require_linked(key, index, prior, found)
        return found

    def _require_indexed(self, key: Key, found: int) -> None:
        if found < self._covered:
            raise self._contradiction(key, f"entry {found} has, and the index leaves it out")

    def _require_linked(self, key: Key, index: int, prior: Prior, found: int | None) -> None:
        if prior.below > index:
            raise self._contradiction(key, f"entry {index} speaks of entries after itself")
        if found is not None and found >= prior.below:
            return  # written while that record was on its way, which does not speak of it
        wanted = prior.link
        if found is None and wanted is None:
            return
        if found is None or wanted is None or found != wanted.index:
            raise self._contradiction(
                key,
                f"before entry {index} comes {_entry(wanted.index if wanted else None)} by its "
                f"signed link, {_entry(found)} by the index",
            )
        if self._view.link(found) != wanted:
            raise self._contradiction(key, f"entry {index} links to another entry {found}")

    def _read_down(self, key: Key, start: int, stop: int) -> int | None:
        """The newest of the entries from ``stop`` up to, not including, ``start`` with ``key``."""
        for index in reversed(range(stop, start)):
            try:
                payload = self._payload(index)
                if might_have(payload, key) and key in keys_of(parse_statement(payload)):
                    return index
            except InconsistentError as error:
                raise type(error)(f"entry {index}: {error.message}") from None
        return None

    def _payload(self, index: int) -> bytes:
        known = self._payloads.get(index)
        if known is None:
            known = payload_of(self._view.entry(index))
            if index >= self._tail:  # these are read for every key
                self._payloads[index] = known
        return known

    def _index(self, key: Key) -> Iterator[int]:
        """The places that the index names, newest first, page by page."""
        below = self._covered
        while below > 0:
            page = self._store.lookup(*key, below, _PAGE)
            if page is None:
                raise StoreError(
                    f"the index of {self._store.url} cannot be read",
                    remedy="run again; if it stays, delete the index: it is made anew from the log",
                )
            yield from page
            below = page[-1] if len(page) == _PAGE else 0

    def _contradiction(self, key: Key, what: str) -> InconsistentError:
        kind, value = key[0], key[1].replace("\n", " in ")
        return InconsistentError(
            f"the index of {self._store.url} and the log disagree on {kind} {value!a}: {what}",
            remedy="somebody changed the index: keep a copy, run `gate log verify`, and if the log "
            "itself is whole, delete the index; it is made anew",
        )


class _Named:
    """What the index names, newest first, one place ahead."""

    def __init__(self, places: Iterator[int]) -> None:
        self._places = places
        self.place = next(places, None)

    @property
    def after(self) -> int:
        """The first entry after the place ahead."""
        return 0 if self.place is None else self.place + 1

    def pass_by(self, place: int) -> None:
        """Drop ``place`` and what is newer."""
        while self.place is not None and self.place >= place:
            self.place = next(self._places, None)


def _entry(index: int | None) -> str:
    return "none" if index is None else f"entry {index}"
