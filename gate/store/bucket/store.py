"""A log in a bucket of an object store, without any server of ours.

Many short-lived writers, and one primitive: an object is created if it is absent, and exactly one
of any number who try wins. ``commits/<slot>`` is the truth; everything else is derived from it or
waits for it (``layout``)::

    offer      1. create pending/<digest>
    head       2. read the hint and ``checkpoint``   3. probe the slots after it: ``trail``
    waiting    4. list pending/ (after 3)
    commit     5. create commits/<newest + 1>: the commit point
               6. tiles and index rows   7. hint and ``checkpoint``, remove what is settled

An append that meets nobody takes these seven steps, each of requests side by side. What another
left unpublished is published first. A crash before 5 leaves an offer, which whoever comes next
commits; one after 5 leaves a commit, which whoever comes next publishes to the same bytes.

S3 is tested on real engines; ``gs:`` and ``az:`` are the same code, never run.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from gate.errors import InconsistentError
from gate.frozen import dataclass
from gate.store.bucket.careful import Careful, Pause
from gate.store.bucket.commits import Commit, encode_commit, sealed_message
from gate.store.bucket.engine import Bucket
from gate.store.bucket.examine import Examination
from gate.store.bucket.index import RowNames
from gate.store.bucket.layout import (
    HINT,
    PENDING,
    Hint,
    commit_key,
    digest_of_pending,
    encode_hint,
    pending_key,
)
from gate.store.bucket.listing import layout_names
from gate.store.bucket.objects import Objects
from gate.store.bucket.primitive import HeadHeaders, Protection, protection_of, prove_create
from gate.store.bucket.publish import Publisher
from gate.store.bucket.trail import MOST_UNPUBLISHED, Trail
from gate.store.contract import (
    CHECKPOINT,
    DIGEST,
    IndexRow,
    Key,
    LogReader,
    Oddity,
    Plan,
    StoreError,
    evidence_path,
    token,
)
from gate.tlog.merkle import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class _Unknown:
    """No head was handed out yet, or it was replaced meanwhile."""


class ObjectStore:
    """The store in ``bucket``; ``reader`` says what a head of this log is.

    ``pause`` waits between attempts. No more than ``most_unpublished`` bytes of tiles are held in
    memory because nobody published them.
    """

    def __init__(
        self,
        bucket: Bucket,
        reader: LogReader,
        *,
        pause: Pause = time.sleep,
        most_unpublished: int = MOST_UNPUBLISHED,
    ) -> None:
        self.url = bucket.url
        self._raw = bucket
        self._reader = reader
        self._bucket = Careful(bucket, pause)
        self._objects = Objects(self._bucket)
        self._trail = Trail(self._bucket, self._objects, reader, most_unpublished)
        self._rows = RowNames(self._bucket, self._trail)
        self._publisher = Publisher(self._bucket, self._objects, self._trail, reader, self._rows)
        self._committed = False
        self._trail.make_room = self._publisher.make_room
        self._sought: set[bytes] = set()  # tokens to look for along with the next head
        self._shown: bytes | _Unknown | None = _Unknown()

    def __reduce__(self) -> tuple[object, ...]:
        """Unpickled, it is opened anew and knows no head."""
        return ObjectStore, (self._raw, self._reader)

    # ------------------------------------------------------------ reading

    def head(self) -> bytes | None:
        """The newest checkpoint, published or not; None where there is none.

        ``InconsistentError`` where ``checkpoint`` or tiles contradict the commits.
        """
        self._committed = False
        self._rows.forget()
        self._trail.refresh([self._rows.listing(one) for one in sorted(self._sought)])
        self._shown = head = self._trail.head()
        return head

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        if path == CHECKPOINT:
            # What was committed by this object and read back need not be looked for once more.
            return self._trail.head() if self._committed else self.head()
        if not path.startswith("tile/"):
            return self._bucket.get(path)
        data = self._trail.read(path)
        if data is None and isinstance(self._shown, _Unknown):
            self.head()
            data = self._trail.overlay(path)
        return data

    def prefetch(self, paths: Iterable[str] = (), keys: Iterable[Key] = ()) -> None:
        """Read these tiles, and list these rows, side by side."""

        def reading(path: str) -> Callable[[], None]:
            def read() -> None:
                self._objects.read(path)  # which keeps it

            return read

        calls = [
            reading(path)
            for path in paths
            if path.startswith("tile/")
            and self._trail.overlay(path) is None
            and not self._objects.has(path)
        ]
        tokens = [token(*key) for key in keys]
        if isinstance(self._shown, _Unknown):
            self._sought.update(tokens)  # rows are of a head: they are listed along with it
        else:
            calls += [self._rows.listing(one) for one in tokens]
        self._bucket.together(calls)

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted, published or not."""
        self._known()
        also = [path for step in self._trail.steps for path in step.objects]
        if self._trail.tip is not None:
            also.append(CHECKPOINT)
        return layout_names(self._bucket, prefix, also)

    def waiting(self) -> tuple[str, ...]:
        """The digests of the offers, sorted."""
        keys = self._bucket.keys(PENDING)
        return tuple(sorted(filter(None, map(digest_of_pending, keys))))

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Of these offers those that are there, as they are stored."""
        wanted = sorted(set(digests))

        def reading(digest: str) -> Callable[[], bytes | None]:
            return lambda: self._objects.read(pending_key(digest))

        found = self._bucket.together([reading(digest) for digest in wanted])
        return {
            digest: data for digest, data in zip(wanted, found, strict=True) if data is not None
        }

    def indexed(self) -> int:
        """The size of the head that was last read: rows are published with their commit."""
        self._known()
        return 0 if self._trail.tip is None else self._trail.tip.size

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """Places with this key, newest first."""
        self._known()
        return self._rows.lookup(token(kind, value), below, most)

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows of the index."""
        self._known()
        return self._rows.rows()

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored."""
        return self._bucket.get(evidence_path(sha256))

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        """Hold the commits against the log: see ``gate.store.bucket.examine``."""
        return Examination(self._bucket, self._reader, size, leaf).run()

    # ------------------------------------------------------------ writing

    def offer(self, entry: bytes) -> None:
        """Leave ``entry`` for whoever commits next."""
        digest = hashlib.sha256(entry).hexdigest()
        self._sought.add(token(DIGEST, digest))
        if not self._bucket.create(pending_key(digest), entry):
            # Other bytes have not this digest, so they are nobody's offer.
            self._bucket.put(pending_key(digest), entry)
        self._objects.keep(pending_key(digest), entry)

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        """Publish what others left, create the next commit, and publish it.

        A failure after the commit was created does not fail it: whoever reads next finds it.
        Raises ``VoidError`` for a plan that does not extend the head.
        """
        if self._shown != expected and self.head() != expected:
            return False
        if expected is not None and not plan.entries:
            return self._sign_again(expected, plan)
        self._publisher.publish()
        commit = self._commit_of(plan)
        data = encode_commit(commit)
        step = self._trail.next_step(commit.slot, data)  # as everybody will judge it
        won = self._bucket.create(commit_key(commit.slot), data)
        self._shown = plan.checkpoint if won else _Unknown()
        if won:
            self._trail.take(step)
            self._follow(commit_key(commit.slot), data, plan)
            self._committed = True
        return won

    def reindex(self, expected: bytes, rows: Iterable[IndexRow]) -> bool:
        """Put ``rows`` in the place of the index, if the head is ``expected``.

        ``StoreError`` also where rows too many may not be deleted.
        """
        if self.head() != expected or self._trail.tip is None:
            return False
        self._publisher.publish()
        self._rows.replace(rows)
        tip = self._trail.tip
        self._bucket.put(HINT, encode_hint(Hint(tip.slot, tip.size)))
        return True

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle; ``InconsistentError`` if others stand under its digest."""
        path = evidence_path(sha256)
        if not self._bucket.create(path, data):
            raise InconsistentError(
                f"{path} of the log {self.url} was altered: its bytes do not have that digest",
                remedy="keep the object for the investigation, and put back the original",
            )

    def prove(self, head_headers: HeadHeaders | None = None) -> Protection:
        """Prove that the bucket creates exclusively, and say how it protects objects.

        ``head_headers`` gives the headers of a presigned HEAD request. Raises ``UsageError`` for a
        bucket that two writers could win.
        """
        with prove_create(self._bucket) as key:
            return protection_of(self._raw, key, head_headers)

    # ------------------------------------------------------------ in between

    def _commit_of(self, plan: Plan) -> Commit:
        if plan.seal is None:
            raise ValueError("a plan for a bucket needs the log key's seal")
        tip, slot = self._trail.tip, self._trail.newest + 1
        size, root = (tip.size, tip.root) if tip else (0, EMPTY_ROOT)
        head = self._reader.open_head(plan.checkpoint)
        seal = plan.seal(sealed_message(slot, size, root, head))
        return Commit(slot, size, root, seal, plan.checkpoint, plan.entries)

    def _known(self) -> None:
        if isinstance(self._shown, _Unknown):
            self.head()

    def _follow(self, key: str, data: bytes, plan: Plan) -> None:
        """Publish the commit ``data``, and see meanwhile that it is what ``key`` holds."""
        seen: list[bytes | None] = []
        # The commit stands whether or not this goes well. Until it is published, readers derive its
        # tiles themselves, as this object does; the next writer meets what is wrong before it
        # writes anything, and reports it.
        with suppress(StoreError, InconsistentError):
            self._publisher.publish(plan.settled, [lambda: seen.append(self._bucket.get(key))])
        if seen and seen[0] != data:
            raise InconsistentError(
                f"{key} of {self.url} is not what was created there a moment ago",
                remedy="the bucket lets a writer replace what another created: run `gate log "
                "doctor`, and keep copies of commits/ until you know what it lost",
            )

    def _sign_again(self, expected: bytes, plan: Plan) -> bool:
        note = plan.checkpoint
        if self.head() != expected:
            return False
        if self._reader.open_head(note) != self._reader.open_head(expected):
            raise InconsistentError("the same head was to be signed again, and this is another")
        self._publisher.publish(plan.settled)
        if note == expected:
            return True
        self._bucket.put(CHECKPOINT, note)
        self._trail.note = self._shown = note
        return True
