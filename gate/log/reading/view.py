"""The log as one signed head fixes it.

A ``LogView`` is pinned at the head that it opened: whatever is appended later, it answers for that
size and root, and it hands out no byte that it has not held against that root.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.errors import InconsistentError
from gate.log.reading.logged import Logged
from gate.log.reading.search import TAIL, Search
from gate.log.reading.source import Hit
from gate.log.reading.trust import Trust
from gate.model import EntryLink
from gate.record.statement import Record, open_record
from gate.store.contract import CHECKPOINT, Store, StoreError
from gate.tlog.errors import MissingTileError, ProofError
from gate.tlog.merkle import inclusion_proof, leaf_hash, root_from, verify_inclusion
from gate.tlog.proof import TlogProof
from gate.tlog.tile import WIDTH, TreeReader, entries_path, right_edge

_LEAF = 32
_KEPT = 64


class LogView:
    """The log in ``store`` at its present head, as far as ``trust`` believes it.

    ``size``, ``root`` (32 bytes), ``origin`` and ``checkpoint`` (the signed note) are the head's.
    ``head`` pins the view at this checkpoint instead of the newest one, which the log's current key
    must have signed; one that is given may be by a key that the log had. The constructor and all
    methods raise ``StoreError`` where there is no log or it cannot be read, ``InconsistentError``
    where signature, tiles and entries do not hold together. The constructor raises ``QuorumError``
    where too few witnesses cosigned the head, but with ``quorum=False``: a writer must open what
    was signed and not cosigned yet, to append to it or have it cosigned.
    """

    def __init__(
        self,
        store: Store,
        trust: Trust,
        *,
        tail: int = TAIL,
        head: bytes | None = None,
        quorum: bool = True,
    ) -> None:
        self.store = store
        self.url = store.url
        self.trust = trust
        self.checkpoint = read_head(store) if head is None else head
        self.head, note = trust.policy.open_signed_note(self.checkpoint)
        if head is None:
            trust.policy.require_current(note)
        self.size, self.root, self.origin = self.head.size, self.head.root, self.head.origin
        store.prefetch(right_edge(self.size))
        self._reader = TreeReader(store.read, self.size)
        self._leaves: dict[int, bytes] = {}  # tile -> its leaf hashes, held against the root
        self._records: dict[int, tuple[Record, str]] = {}  # the last few that were opened
        self._search: Search | None = None
        self._logged: Logged | None = None
        self._tail = tail
        self._covered: int | None = None
        if root_from(self.size, self._reader.node) != self.root:
            raise ProofError(f"the tiles of {store.url} do not make the root of its checkpoint")
        if quorum:
            trust.policy.require_quorum(note)

    def leaf(self, index: int) -> bytes:
        """The leaf hash of entry ``index``; ``ValueError`` if there is none at this head."""
        if not 0 <= index < self.size:
            raise ValueError(f"a log of {self.size} has no entry {index}")
        tile, at = divmod(index, WIDTH)
        if tile not in self._leaves:
            self._leaves[tile] = self._verified_tile(tile)
        return self._leaves[tile][at * _LEAF : (at + 1) * _LEAF]

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree: a ``merkle.NodeReader``. Prove something from it."""
        return self._reader.node(level, index)

    def covered(self) -> int:
        """How many of its entries, from the first, the index covers; the store is asked once."""
        if self._covered is None:
            self._covered = min(self.store.indexed(), self.size)
        return self._covered

    def forget_index(self) -> None:
        """The index was made anew: ask the store once more."""
        self._covered = self._search = self._logged = None

    def link(self, index: int) -> EntryLink:
        """The place of entry ``index``."""
        return EntryLink(index, self.leaf(index).hex())

    def entry(self, index: int) -> bytes:
        """The bytes of entry ``index``."""
        leaf = self.leaf(index)
        bundle, at = divmod(index, WIDTH)
        entry = self._reader.bundle(bundle)[at]
        if leaf_hash(entry) != leaf:
            place = entries_path(bundle, min(WIDTH, self.size - bundle * WIDTH))
            raise ProofError(
                f"entry {index} in {place} is not the one that its leaf hash stands for",
                place=place,
            )
        return entry

    def record(self, index: int) -> Record:
        """The record at ``index``, by a signer trusted at the record's own time."""
        return self.signed_record(index)[0]

    def signed_record(self, index: int) -> tuple[Record, str]:
        """The record at ``index`` and the id of the key that signed it."""
        known = self._records.get(index)
        if known is None:
            try:
                known = open_record(self.entry(index), self.trust.signers)
            except ProofError:
                raise
            except InconsistentError as error:
                raise placed(error, index) from None
            if len(self._records) >= _KEPT:
                self._records.clear()
            self._records[index] = known  # each is looked for by several keys
        return known

    def prove(self, index: int) -> TlogProof:
        """The proof that entry ``index`` is in the log at this head, checked."""
        hashes = inclusion_proof(index, self.size, self._reader.node)
        verify_inclusion(self.leaf(index), index, self.size, hashes, self.root)
        return TlogProof(index, hashes, self.checkpoint)

    def root_at(self, size: int) -> bytes:
        """The root that the log had at ``size`` entries, at most those of this head.

        The tiles are held against this head's root by a consistency proof between the two.
        """
        root, _ = self._grown_from(size)
        return root

    def prove_growth(self, size: int) -> tuple[bytes, ...]:
        """The consistency proof from the log's first ``size`` entries to this head, checked.

        No hashes where ``size`` is 0 or this head's.
        """
        _, proof = self._grown_from(size)
        return proof

    def _grown_from(self, size: int) -> tuple[bytes, tuple[bytes, ...]]:
        from gate.tlog.merkle import append_only_proof, verify_append_only

        if not 0 <= size <= self.size:
            raise ValueError(f"a log of {self.size} never had {size} entries")
        root = root_from(size, self._reader.node)
        proof = append_only_proof(size, self.size, self._reader.node)
        verify_append_only(size, root, self.size, self.root, proof)
        return root, proof

    def find(self, kind: str, value: str, *, thorough: bool = False) -> Iterator[Hit]:
        """The records that have this key (``gate.log.reading.keys``), newest first, each verified.

        ``thorough`` reads every entry above the newest that the index names, so that its silence
        counts for nothing. See ``gate.log.reading.search`` for what is noticed without.
        """
        return self._searching().find((kind, value), thorough=thorough)

    def emergencies(self, service: str, since: int) -> Iterator[Hit]:
        """The emergencies of a service and their reviews from entry ``since`` on, newest first.

        Every entry there is read: the index is not asked.
        """
        return self._searching().emergencies(service, since)

    def find_logged(self, digest: str) -> tuple[int, bool] | None:
        """Where the entry with this SHA-256 (hex) stands, and whether a denial stands for it there.

        None where neither the index nor the entries that it does not cover tell. See
        ``gate.log.reading.logged``.
        """
        if self._logged is None:
            self._logged = Logged(self, self.store, self.covered())
        return self._logged.find(digest)

    def _searching(self) -> Search:
        if self._search is None:
            self._search = Search(self, self.store, self._tail, self.covered)
        return self._search

    def _verified_tile(self, tile: int) -> bytes:
        """The leaf hashes of a level-0 tile.

        The proof of one of its leaves has as siblings hashes over all the others of its tile, so if
        it leads to the root the whole tile is right.
        """
        first = tile * WIDTH
        leaves = [self._reader.leaf(i) for i in range(first, min(first + WIDTH, self.size))]
        proof = inclusion_proof(first, self.size, self._reader.node)
        verify_inclusion(leaves[0], first, self.size, proof, self.root)
        return b"".join(leaves)


def read_head(store: Store) -> bytes:
    """The checkpoint as stored.

    ``StoreError`` where there is no log, ``MissingTileError`` where all of it is there but that.
    """
    data = store.head()
    if data is not None:
        return data
    if next(store.names("tile/"), None) is not None:
        raise MissingTileError(
            f"the checkpoint of {store.url} is missing, while tiles are there",
            place=CHECKPOINT,
            remedy="somebody deleted it: put back a copy, such as the one a receipt or a job's log "
            "holds, and find out who",
        )
    raise StoreError(
        f"there is no log at {store.url}",
        remedy="check the log's url, and that its disk is mounted; `gate log init` makes a new log",
    )


def placed(error: InconsistentError, index: int) -> InconsistentError:
    """``error``, of the same kind, saying which entry it is about."""
    return type(error)(f"entry {index}: {error.message}", remedy=error.remedy)
