"""The index of a directory store: one SQLite file, derived from the entries.

Nothing in it is believed: a reader checks each place it names against the entry there. So whatever
is wrong with the file (missing, behind, of another version, damaged) means only that it covers
nothing, and the next writer makes it anew from the entries.

One table holds a row for each key of each entry, (token, place), in that order; one number says how
many entries, from the first, have their rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gate.store.contract import IndexRow, StoreError, token
from gate.store.durable import Calls

if TYPE_CHECKING:
    import sqlite3

_VERSION = 2
_SCHEMA = """
CREATE TABLE key (
    token BLOB NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (token, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE covered (entries INTEGER NOT NULL) STRICT;
INSERT INTO covered VALUES (0);
PRAGMA user_version = 2;
"""
# Somebody who wrote into the file may have put anything there, and a text is never looked up.
_ROWS = """
SELECT CASE typeof(token) WHEN 'blob' THEN token ELSE x'' END,
       CASE typeof(place) WHEN 'integer' THEN place ELSE -1 END
FROM key
"""
_DAMAGED = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB


class SqliteIndex:
    """The index in the file ``path``. ``scratch`` is a free name on the same file system."""

    def __init__(self, path: Path, scratch: Path, calls: Calls) -> None:
        self._path = path
        self._scratch = scratch
        self._calls = calls

    def covered(self) -> int:
        """How many entries, from the first, have rows; 0 where the file does not tell."""
        import sqlite3

        if not self._path.exists():  # saves the import, and SQLite's own failed open
            return 0
        for writable in (False, True):  # to be rolled back after a crash, it must be writable
            try:
                with closing(self._connect(writable=writable)) as connection:
                    return max(0, _covered(connection))
            except (sqlite3.Error, TypeError):
                continue
        return 0

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """At most ``most`` places before ``below``, newest first; None where the file fails."""
        import sqlite3

        query = "SELECT place FROM key WHERE token = ? AND place < ? ORDER BY place DESC LIMIT ?"
        try:
            with closing(self._connect(writable=False)) as connection:
                found = connection.execute(query, (token(kind, value), below, most)).fetchall()
        except sqlite3.Error:
            return None
        return tuple(int(place) for (place,) in found)

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows, by token; none from where the file fails."""
        import sqlite3

        if not self._path.exists():
            return
        try:
            with closing(self._connect(writable=False)) as connection:
                yield from connection.execute(_ROWS)
        except sqlite3.Error:
            return

    def update(self, rows: Sequence[IndexRow]) -> bool:
        """Replace all rows from the first of ``rows`` on.

        False where the index does not reach up to there, or is damaged: then it covers nothing now,
        and rows from 0 on are wanted. ``OSError`` or ``StoreError`` where it cannot be written.
        """
        import sqlite3

        if not rows:
            return True
        if rows[0].index == 0:
            self.make(rows)
            return True
        if not self._path.exists():
            return False
        try:
            return self._extend(rows)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                self._calls.unlink(self._path)
                return False
            raise self._unwritable(error) from error

    def make(self, rows: Iterable[IndexRow]) -> None:
        """A new file with ``rows``, all from 0 on, put in place of whatever is there.

        ``OSError`` or ``StoreError`` where it cannot be written.
        """
        import sqlite3

        journal = self._path.with_name(self._path.name + "-journal")
        self._calls.unlink(self._scratch)
        try:
            with closing(sqlite3.connect(self._scratch, isolation_level=None)) as connection:
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN IMMEDIATE")
                _insert(connection, rows)
                self._calls.settle(connection)
        except sqlite3.Error as error:
            raise self._unwritable(error) from error
        self._calls.unlink(journal)  # SQLite would apply the old file's journal to the new file
        self._calls.rename(self._scratch, self._path)

    def _unwritable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"cannot write the log's index {self._path}: {error}",
            remedy="make sure that the disk has space and that the file may be written; the "
            "index may also be deleted, it is made anew from the log",
        )

    def _extend(self, rows: Sequence[IndexRow]) -> bool:
        import sqlite3

        first = rows[0].index
        try:
            connection = self._connect(writable=True)
        except sqlite3.Error:
            return False
        with closing(connection):
            try:
                covered = _covered(connection)
            except (sqlite3.Error, TypeError):
                return False
            if covered < first:
                return False
            connection.execute("BEGIN IMMEDIATE")
            if covered > first:  # a crash left rows beyond the head: seldom, so a scan
                connection.execute("DELETE FROM key WHERE place >= ?", (first,))
            _insert(connection, rows)
            self._calls.settle(connection)
            return True

    def _connect(self, *, writable: bool) -> sqlite3.Connection:
        """A connection to the file as it is; ``sqlite3.Error`` if it is none of this version."""
        import sqlite3

        mode = "rw" if writable else "ro"
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None
        )
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                raise sqlite3.DatabaseError(f"{self._path} is an index of version {version}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _covered(connection: sqlite3.Connection) -> int:
    (entries,) = connection.execute("SELECT entries FROM covered").fetchone()
    return int(entries)


def _insert(connection: sqlite3.Connection, rows: Iterable[IndexRow]) -> None:
    count = 0

    def pairs() -> Iterator[tuple[bytes, int]]:
        nonlocal count
        for row in rows:
            count = row.index + 1
            for one in row.tokens:
                yield one, row.index

    connection.executemany("INSERT OR IGNORE INTO key VALUES (?, ?)", pairs())
    connection.execute("UPDATE covered SET entries = ?", (count,))
