"""Everything that can be checked of a log, and what is wrong with it.

Unlike a ``LogView``, which stops at the first thing that does not hold, this goes on and lists what
it finds. A *fault* contradicts the head, a signature or another entry: evidence of tampering, or of
damage. A *note* is something an auditor should know that contradicts nothing: evidence past its
retention, files beyond the head or that nobody refers to, signatures by keys that the trust folder
does not name.

1. The checkpoint: form, signature by the trusted log key, witnesses. 2. Every entry bundle and
every tile, full and partial, needed or obsolete, against the tree that the entries make
(``check_tree``), and that tree's root against the checkpoint. 3. Every record, its place in history
and its links (``check_records``), 4. its evidence, and 5. its row of the index. 6. What else lies
in the store. 7. Heads that somebody kept against the tree (``kept``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gate.errors import InconsistentError
from gate.frozen import dataclass
from gate.log.check_records import RecordChecks
from gate.log.check_tree import TreeChecks
from gate.log.findings import Finding, Findings
from gate.log.kept import Kept, hold
from gate.log.keys import row_of
from gate.log.trust import Trust
from gate.log.view import read_head
from gate.record.canonical import digest_of
from gate.record.statement import DecisionRecord
from gate.store.contract import CHECKPOINT, Store, StoreError, evidence_path
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import QuorumError

Fault = Finding
"""A fault as it is reported: kind, place, message."""


@dataclass(frozen=True, slots=True)
class LogReport:
    """What verifying found. ``checkpoint`` is the note that was verified, b"" if it could not be.

    ``root`` is in lower-case hex. ``faults`` and ``notes`` are in the order found, each kind cut
    off after the first hundred; ``fault_counts`` has them all, by kind. ``counts`` says what was
    checked: "entries", "decision", "outcome", "key", "unknown", "tiles", "evidence", "evidence
    missing", "index rows". ``kept`` are the kept checkpoints that this log extends. ``beyond``
    counts what lies in the log's place and reaches beyond its head, or belongs to nothing below it:
    an append that did not come to its end leaves that behind, and so does an older head that is
    laid over a newer log. ``unwitnessed`` are the heads, the log's own and kept ones, that too few
    witnesses cosigned: no fault, and not to be believed (exit code 12, not 13).
    """

    origin: str
    size: int
    root: str
    checkpoint: bytes
    faults: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    fault_counts: Mapping[str, int]
    counts: Mapping[str, int]
    kept: tuple[Checkpoint, ...] = ()
    beyond: int = 0
    unwitnessed: tuple[Finding, ...] = ()


def verify_log(
    store: Store, trust: Trust, *, evidence: bool = True, kept: Sequence[Kept] = ()
) -> LogReport:
    """Verify the whole log in ``store``. ``evidence=False`` leaves the evidence bundles unread.

    Each of ``kept`` must be signed by the trusted log key, and this log must extend it.
    Raises ``StoreError`` where there is no log or it cannot be read.
    """
    findings = Findings()
    opened = _open_checkpoint(store, trust, findings)  # 1
    if opened is None:
        return _report(trust.policy.log.name, 0, b"", b"", findings)
    checkpoint, note = opened
    names = tuple(store.names(""))
    tree = TreeChecks(store, checkpoint, [n for n in names if n.startswith("tile/")], findings)
    records = RecordChecks(trust, findings)
    index = _IndexChecks(store, checkpoint.size, findings)
    named: set[str] = set()
    for place, entry in enumerate(tree.entries()):  # 2
        record = None if entry is None else records.check(place, entry)  # 3
        if entry is None:
            records.skip(tree.leaf(place))
        if record is not None and isinstance(record, DecisionRecord):
            _check_evidence(store, place, record, named, findings, read=evidence)  # 4
        index.check(place, entry)  # 5
    tree.finish()
    index.finish()
    _name_strays(names, named, findings)  # 6
    held = _hold(kept, trust, checkpoint.size, note, tree, findings)  # 7
    return _report(checkpoint.origin, checkpoint.size, checkpoint.root, note, findings, held)


def _hold(
    kept: Sequence[Kept],
    trust: Trust,
    size: int,
    head: bytes,
    tree: TreeChecks,
    findings: Findings,
) -> tuple[Checkpoint, ...]:
    held = []
    for one in kept:
        try:
            held.append(hold(one, trust.policy, size, head, tree.root_at))
        except InconsistentError as error:
            findings.fault("kept", CHECKPOINT, error.message)
        except QuorumError as error:
            findings.miss_quorum(CHECKPOINT, error.message)
    return tuple(held)


def _open_checkpoint(
    store: Store, trust: Trust, findings: Findings
) -> tuple[Checkpoint, bytes] | None:
    try:
        data = read_head(store)
        checkpoint, note = trust.policy.open_signed_note(data)
    except StoreError:
        raise
    except InconsistentError as error:
        findings.fault("checkpoint", CHECKPOINT, error.message)
        return None
    try:
        trust.policy.require_quorum(note)
    except QuorumError as error:
        findings.miss_quorum(CHECKPOINT, error.message)
    for signature in note.unknown:
        findings.note(
            "signature",
            CHECKPOINT,
            f"a signature by {signature.name!a}+{signature.key_id.hex()}, whom the trust folder "
            "does not name, was not checked",
        )
    return checkpoint, data


def _check_evidence(
    store: Store,
    index: int,
    record: DecisionRecord,
    named: set[str],
    findings: Findings,
    *,
    read: bool,
) -> None:
    digest = record.predicate.evidence
    path = evidence_path(digest)
    if path in named:
        return
    named.add(path)
    if not read:
        return
    data = store.read_evidence(digest)
    if data is None:
        findings.count("evidence missing")
        findings.note("evidence", path, f"the evidence of entry {index} is not at hand")
    elif digest_of(data) != digest:
        findings.fault("evidence", path, f"the evidence of entry {index} was altered")
    else:
        findings.count("evidence")


class _IndexChecks:
    """Holds the index's rows against the entries."""

    def __init__(self, store: Store, size: int, findings: Findings) -> None:
        self._rows: dict[int, list[bytes]] = {}
        for found, place in store.rows():
            self._rows.setdefault(place, []).append(found)
        self._size = size
        self._findings = findings
        self._absent = not self._rows
        if self._absent and size:
            findings.note(
                "index", "index", "the index is not there, or cannot be read; it can be made anew"
            )

    def check(self, place: int, entry: bytes | None) -> None:
        """Hold the row at ``place`` against its entry."""
        if self._absent:
            return
        found = sorted(self._rows.pop(place, []))
        if entry is None:
            return
        try:
            wanted = row_of(place, entry).tokens
        except InconsistentError:
            return  # named as a record
        if tuple(found) == wanted:
            self._findings.count("index rows")
        elif not found:
            self._fault(place, "has no row")
        else:
            self._fault(place, "has other rows than its entry has keys")

    def finish(self) -> None:
        """Name the rows that are left."""
        for place in sorted(self._rows):
            if 0 <= place < self._size:
                self._fault(place, "has a row too many")
            else:
                self._findings.note(
                    "index", f"index row {place}", "a row beyond the head, read by nobody"
                )

    def _fault(self, place: int, what: str) -> None:
        self._findings.fault("index", f"index row {place}", f"in the index, entry {place} {what}")


def _name_strays(names: tuple[str, ...], named: set[str], findings: Findings) -> None:
    for name in names:
        if name == CHECKPOINT or name.startswith("tile/") or name in named:
            continue
        if name.startswith("evidence/"):
            # It is of a newer record; or of one below the head that cannot be read.
            kind = "stray" if findings.fault_counts else "beyond"
            findings.note(kind, name, "evidence that no record below the head names")
        else:
            findings.note("stray", name, "a file in the log's place: no part of it")


def _report(
    origin: str,
    size: int,
    root: bytes,
    checkpoint: bytes,
    findings: Findings,
    kept: tuple[Checkpoint, ...] = (),
) -> LogReport:
    return LogReport(
        origin=origin,
        size=size,
        root=root.hex(),
        checkpoint=checkpoint,
        faults=findings.faults,
        notes=findings.notes,
        fault_counts=findings.fault_counts,
        counts=findings.counts,
        kept=kept,
        beyond=findings.note_counts.get("beyond", 0),
        unwitnessed=findings.unwitnessed,
    )
