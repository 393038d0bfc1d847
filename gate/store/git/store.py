"""A log on a branch of any git remote.

The branch's tip on the remote is the truth. An append is one commit and one push without force, so
the remote itself refuses all but one of those who extend the same tip; whoever is refused fetches
the new tip and starts again. Nothing is merged. The commit holds everything at once, entries,
tiles, index, evidence and head, so no reader ever sees a part of it.

The store keeps what it fetched in a temporary repository of its own (``run``) and fetches as
little as an append needs (``files``, ``remote``). What stands in the branch beside the log stays
as it is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from gate.errors import InconsistentError
from gate.store.contract import (
    CHECKPOINT,
    IndexRow,
    Key,
    LogReader,
    Oddity,
    Plan,
    Surroundings,
    evidence_path,
    token,
)
from gate.store.git.commit import Changes, make_commit
from gate.store.git.files import GitFiles
from gate.store.git.index import (
    INDEX,
    before,
    block_of,
    blocks_below,
    faults_of,
    is_shard,
    parse_shard,
    places_of,
    shard_path,
    shards_of,
)
from gate.store.git.publish import Publisher
from gate.store.git.remote import GitRemote
from gate.store.git.run import TIMEOUT, GitRun
from gate.store.git.url import GitPlace, parse_place, read_credentials

_SHARDS_AT_ONCE = 256


def open_git(url: str, around: Surroundings) -> GitStore:
    """The store at a ``git+…`` URL; nothing is read or written yet.

    Raises ``UsageError`` for a URL that names none, or holds credentials.
    """
    return GitStore(url, parse_place(url), around)


class GitStore:
    """The store on the branch ``place``. Threads may share it.

    ``head`` asks the remote; everything else is answered as of the tip that it found. ``pause``
    waits for so many seconds, ``timeout`` is what one command of git may take.
    """

    def __init__(
        self,
        url: str,
        place: GitPlace,
        around: Surroundings,
        *,
        timeout: float = TIMEOUT,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._reader: LogReader = around.reader
        credentials = read_credentials(around.environ)
        self._git = GitRun(place, credentials, around.environ, ca=around.ca, timeout=timeout)
        self._remote = GitRemote(self._git, place, credentials, url)
        self._files = GitFiles(self._git, self._remote, url)
        self._publisher = Publisher(self._remote, url, pause)
        self._lock = threading.RLock()
        self._staged: dict[str, bytes] = {}

    @property
    def filtered(self) -> bool:
        """Whether the remote leaves out what is not asked for; without, it sends a whole tip."""
        return bool(self._remote.filter)

    @property
    def round_trips(self) -> int:
        """How often git was started to ask the remote."""
        return self._remote.round_trips

    # ------------------------------------------------------------ reading

    def head(self) -> bytes | None:
        """The checkpoint at the branch's newest commit; None where there is none."""
        with self._lock:
            self._files.refresh()
            self._publisher.begin()
            return self._files.read(CHECKPOINT)

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        with self._lock:
            self._files.open()
            return self._files.read(path)

    def prefetch(self, paths: Iterable[str] = (), keys: Iterable[Key] = ()) -> None:
        """Fetch these along with what has to be fetched next."""
        with self._lock:
            self._files.want(paths, [token(*key) for key in keys])

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted."""
        with self._lock:
            self._files.open()
            found = [path for path in self._files.paths(prefix) if not _own(path)]
        return iter(found)

    def indexed(self) -> int:
        """The size of the log, or 0 where there is no index: each commit holds both."""
        with self._lock:
            self._files.open()
            head = self._files.read(CHECKPOINT)
            if head is None or not self._files.holds(INDEX):
                return 0
            return self._reader.open_head(head).size

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """Places with this key, newest first; None where a file of the index is malformed."""
        wanted = token(kind, value)
        found: list[int] = []
        with self._lock:
            self._files.open()
            paths = [shard_path(block, wanted) for block in blocks_below(below)]
            for path in paths:
                data = self._files.read(path, paths)
                places = places_of(data or b"", wanted)
                if places is None:
                    return None
                found += [place for place in reversed(places) if place < below]
                if len(found) >= most:
                    break
        return tuple(found[:most])

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows of the index; none of a malformed file, which ``examine`` names."""
        for _, data in self._index_files():
            yield from parse_shard(data) or ()

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored, or as it will be with the next commit."""
        path = evidence_path(sha256)
        with self._lock:
            staged = self._staged.get(path)
            return self.read(path) if staged is None else staged

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        """What is wrong with the files of the index apart from the rows that they hold."""
        del size, leaf
        for path, data in self._index_files():
            if not is_shard(path):
                yield Oddity(fault=False, kind="stray", place=path, message="no part of the index")
                continue
            for what in faults_of(path, data):
                yield Oddity(fault=True, kind="index", place=path, message=f"{path} {what}")

    # ------------------------------------------------------------ writing

    def offer(self, entry: bytes) -> None:
        """Nothing is left: writers wait for one another. Its rows will be looked up, though."""
        try:
            row = self._reader.row_of(0, entry)
        except InconsistentError:
            return  # no record: whoever is about to append it finds out, and says so
        with self._lock:
            self._files.want(tokens=row.tokens)

    def waiting(self) -> tuple[str, ...]:
        """None, for the same reason."""
        return ()

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """None, for the same reason."""
        del digests
        return {}

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        """Push one commit with all of ``plan``, if the tip's checkpoint still is ``expected``."""
        with self._lock:
            if not self._is_at(expected):
                return False
            index = self._index_changes(plan.rows)
            if index is None:
                return False
            changes: dict[str, bytes | bytearray | None] = dict(self._staged)
            changes |= dict(plan.objects)
            changes |= {path: None for path in plan.obsolete if self._files.has(path)}
            changes |= dict(index)
            changes[CHECKPOINT] = plan.checkpoint
            return self._publish(changes, _message(plan, new=expected is None))

    def reindex(self, expected: bytes, rows: Iterable[IndexRow]) -> bool:
        """Push one commit that replaces the index, if the tip's checkpoint is ``expected``."""
        with self._lock:
            if not self._is_at(expected):
                return False
            changes = self._whole_index(rows)
            return self._publish(changes, "make the index anew")

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep a bundle for the next commit.

        ``InconsistentError`` if other bytes stand under this digest already.
        """
        path = evidence_path(sha256)
        with self._lock:
            there = self.read_evidence(sha256)
            if there is None:
                self._staged[path] = data
            elif there != data:
                raise InconsistentError(
                    f"{path} of the log {self.url} was altered: its bytes do not have that digest",
                    remedy="keep that commit for the investigation, and find out who pushed it",
                )

    # ------------------------------------------------------------ inside

    def _is_at(self, expected: bytes | None) -> bool:
        self._files.open()
        if self._files.read(CHECKPOINT) == expected:
            return True
        self._files.refresh()
        return self._files.read(CHECKPOINT) == expected

    def _publish(self, changes: Changes, message: str) -> bool:
        parent = self._files.commit
        commit = make_commit(self._git, parent, changes, message, int(time.time()), self.url)
        self._files.forget()
        if not self._publisher.publish(commit, parent):
            return False
        self._files.move_to(commit)
        self._staged.clear()
        return True

    def _index_changes(self, rows: tuple[IndexRow, ...]) -> Changes | None:
        """What ``rows`` change in the index; None where it does not reach up to them."""
        if not rows:
            return {}
        first, covered = rows[0].index, self.indexed()
        if first > covered:
            return None
        if first == 0:
            return self._whole_index(rows)
        new = shards_of(rows)
        paths = list(new)
        if first < covered:
            blocks = {str(block) for block in range(block_of(first), block_of(covered) + 1)}
            there = self._files.paths(f"{INDEX}/")
            paths += [one for one in there if one.split("/")[1] in blocks and is_shard(one)]
        self._files.fetch(paths)
        return {
            path: before(self._files.read(path) or b"", first) + new.get(path, b"")
            for path in dict.fromkeys(paths)
        }

    def _whole_index(self, rows: Iterable[IndexRow]) -> Changes:
        gone: dict[str, None] = dict.fromkeys(self._files.paths(f"{INDEX}/"))
        return {**gone, **shards_of(rows)}

    def _index_files(self) -> Iterator[tuple[str, bytes]]:
        with self._lock:
            self._files.open()
            names = iter(list(self._files.paths(f"{INDEX}/")))
        while some := list(islice(names, _SHARDS_AT_ONCE)):
            with self._lock:
                self._files.fetch(some)
                files = [(path, self._files.read(path)) for path in some]
            yield from ((path, data) for path, data in files if data is not None)


def _own(path: str) -> bool:
    return path.startswith(f"{INDEX}/")


def _message(plan: Plan, *, new: bool) -> str:
    if new:
        return "begin the log"
    size = plan.checkpoint.split(b"\n", 2)[1].decode("ascii", "replace")
    if not plan.entries:
        return f"sign the head of size {size} again"
    count = len(plan.entries)
    return f"append {count} {'entry' if count == 1 else 'entries'}, size {size}"
