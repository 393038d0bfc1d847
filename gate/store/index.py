"""The index of a directory store: one SQLite file, derived from the entries.

Nothing in it is believed: a reader checks each place it names against the entry there. So whatever
is wrong with the file (missing, behind, of another version, damaged) means only that it covers
nothing, and the next writer brings rows for all entries and makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gate.store.contract import IndexRow, StoreError
from gate.store.durable import Calls

if TYPE_CHECKING:
    import sqlite3

DIGEST: Final = "digest"
"""The kind under which an entry is found by the SHA-256 of its bytes."""

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE entry (place INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT;
CREATE INDEX entry_digest ON entry (digest);
CREATE TABLE key (
    kind TEXT NOT NULL, value TEXT NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (kind, value, place)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
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
                    (newest,) = connection.execute("SELECT max(place) FROM entry").fetchone()
            except sqlite3.Error:
                continue
            return 0 if newest is None else int(newest) + 1
        return 0

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """At most ``most`` places before ``below``, newest first; None where the file fails."""
        import sqlite3

        if kind == DIGEST:
            query = "SELECT place FROM entry WHERE digest = ?"
            arguments: tuple[object, ...] = (bytes.fromhex(value),)
        else:
            query = "SELECT place FROM key WHERE kind = ? AND value = ?"
            arguments = (kind, value)
        try:
            with closing(self._connect(writable=False)) as connection:
                found = connection.execute(
                    f"{query} AND place < ? ORDER BY place DESC LIMIT ?",
                    (*arguments, below, most),
                ).fetchall()
        except sqlite3.Error:
            return None
        return tuple(int(place) for (place,) in found)

    def rows(self) -> Iterator[IndexRow]:
        """All rows, by place; none where the file fails."""
        import sqlite3

        if not self._path.exists():
            return
        try:
            with closing(self._connect(writable=False)) as connection:
                keys = groupby(
                    connection.execute("SELECT place, kind, value FROM key ORDER BY 1, 2, 3"),
                    key=lambda row: int(row[0]),
                )
                place, group = next(keys, (None, iter(())))
                for index, digest in connection.execute("SELECT * FROM entry ORDER BY place"):
                    while place is not None and place < index:  # keys of an entry without a row
                        yield IndexRow(place, "", tuple((k, v) for _, k, v in group))
                        place, group = next(keys, (None, iter(())))
                    found: tuple[tuple[str, str], ...] = ()
                    if place == index:
                        found = tuple((k, v) for _, k, v in group)
                        place, group = next(keys, (None, iter(())))
                    yield IndexRow(int(index), bytes(digest).hex(), found)
                while place is not None:
                    yield IndexRow(place, "", tuple((k, v) for _, k, v in group))
                    place, group = next(keys, (None, iter(())))
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
        if rows[0].index > self.covered():
            return False
        try:
            if rows[0].index == 0:
                self._make(rows)
            else:
                self._extend(rows)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                self._calls.unlink(self._path)
                return False
            raise StoreError(
                f"cannot write the log's index {self._path}: {error}",
                remedy="make sure that the disk has space and that the file may be written; the "
                "index may also be deleted, it is made anew from the log",
            ) from error
        return True

    def _extend(self, rows: Sequence[IndexRow]) -> None:
        first = rows[0].index
        with closing(self._connect(writable=True)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            (newest,) = connection.execute("SELECT max(place) FROM entry").fetchone()
            if newest is not None and newest >= first:  # a crash left rows beyond the head
                connection.execute("DELETE FROM entry WHERE place >= ?", (first,))
                connection.execute("DELETE FROM key WHERE place >= ?", (first,))
            _insert(connection, rows)
            self._calls.settle(connection)

    def _make(self, rows: Sequence[IndexRow]) -> None:
        """A new file, put in place of whatever is there."""
        import sqlite3

        journal = self._path.with_name(self._path.name + "-journal")
        self._calls.unlink(self._scratch)
        with closing(sqlite3.connect(self._scratch, isolation_level=None)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            _insert(connection, rows)
            self._calls.settle(connection)
        self._calls.unlink(journal)  # SQLite would apply the old file's journal to the new file
        self._calls.rename(self._scratch, self._path)

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


def _insert(connection: sqlite3.Connection, rows: Sequence[IndexRow]) -> None:
    connection.executemany(
        "INSERT INTO entry VALUES (?, ?)", ((row.index, bytes.fromhex(row.digest)) for row in rows)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO key VALUES (?, ?, ?)",
        ((kind, value, row.index) for row in rows for kind, value in row.keys),
    )
