"""Whether an entry is in the log already, or a denial that was logged in its place.

Asked by whoever may have been interrupted, and by whoever finds what others left. The index is
believed here as far as it is checked: what it names is looked at, and its silence counts. Where a
row may have been hidden, ``judge_again`` looks for the entry itself before it is appended once more
(``require_new``), and ``gate log verify`` names an entry that stands in the log twice.
"""

from __future__ import annotations

from gate.errors import InconsistentError
from gate.log.reading.keys import payload_of, replaced_by
from gate.log.reading.source import LogSource
from gate.record.canonical import digest_of
from gate.record.statement import parse_statement
from gate.store.contract import DIGEST, Store, StoreError

_MOST = 8  # places looked at for one digest; a log that is right has one


class Logged:
    """Finds entries of ``view`` by their digests, with the index of ``store``.

    The index has rows of the first ``covered`` entries.
    """

    def __init__(self, view: LogSource, store: Store, covered: int) -> None:
        self._view = view
        self._store = store
        self._covered = covered

    def find(self, digest: str) -> tuple[int, bool] | None:
        """The place of the entry with this SHA-256 (hex), and whether a denial stands for it."""
        for index in (*self._places(digest), *range(self._covered, self._view.size)):
            if digest_of(self._view.entry(index)) == digest:
                return index, False
            if self._stands_for(index, digest):
                return index, True
        return None

    def _stands_for(self, index: int, digest: str) -> bool:
        payload = payload_of(self._view.entry(index))
        if digest.encode() not in payload:
            return False
        try:
            return replaced_by(parse_statement(payload)) == digest
        except InconsistentError as error:
            raise type(error)(f"entry {index}: {error.message}") from None

    def _places(self, digest: str) -> tuple[int, ...]:
        if not self._covered:
            return ()
        found = self._store.lookup(DIGEST, digest, self._covered, _MOST)
        if found is None:
            raise StoreError(
                f"the index of {self._store.url} cannot be read",
                remedy="run again; if it stays, delete the index: it is made anew from the log",
            )
        return found
