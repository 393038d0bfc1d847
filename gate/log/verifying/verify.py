"""Everything that can be checked of a log, and what is wrong with it.

Unlike a ``LogView``, which stops at the first thing that does not hold, this goes on and lists what
it finds. A *fault* contradicts the head, a signature or another entry: evidence of tampering, or of
damage. A *note* is something an auditor should know that contradicts nothing: evidence past its
retention, files beyond the head or that nobody refers to, signatures by keys that the trust folder
does not name.

1. The checkpoint: form, signature by the log's current key, witnesses. 2. In chunks, side by side:
every entry bundle against its tiles (``check_bundles``), every record's signature and form
(``check_records``). 3. The tree that the chunks make (``check_tree``) against all other tiles and
against the checkpoint. 4. What records say of others: their links and their place in history
(``check_history``), 5. the index (``check_index``), 6. the evidence (``check_evidence``), and
7. the store's own structures, each from what the chunks left (``scratch``). 8. What else lies in
the store. 9. Heads that somebody kept against the tree (``kept``). 10. What the log says of its
keys (``check_keys``): whose records, and whose kept heads, are of after their end.

What must be remembered of every record lies in a scratch folder until the end. Memory grows only
with the records of the busiest service and environment, and of the busiest ticket, whose history is
gone through as one: by less than two hundred bytes for each (``check_history``, ``track``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from gate.errors import InconsistentError
from gate.frozen import dataclass
from gate.log.reading.key_changes import KeyChanges
from gate.log.reading.trust import Trust
from gate.log.receipts.kept import Kept
from gate.log.verifying.check_bundles import check_chunk
from gate.log.verifying.check_evidence import Strays, check_evidence, gather_names, name_strays
from gate.log.verifying.check_head import check_signers, hold_all, open_checkpoint
from gate.log.verifying.check_history import check_history, check_judged
from gate.log.verifying.check_index import Rows, check_rows, gather_rows, name_index
from gate.log.verifying.check_keys import check_keys
from gate.log.verifying.check_store import check_store
from gate.log.verifying.check_tree import TreeChecks
from gate.log.verifying.crew import Call, Crew, available, can_share
from gate.log.verifying.findings import Finding, Findings
from gate.log.verifying.known_tree import KnownTree
from gate.log.verifying.scope import Scope, bundles_for
from gate.log.verifying.scratch import Scratch
from gate.store.contract import Store
from gate.tlog.checkpoint import Checkpoint

Fault = Finding
"""A fault as it is reported: kind, place, message."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many more entries were checked, and of how many in all."""

_SHARED_FROM = 8_192  # entries; a shorter log is verified before another process has started


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a log is verified.

    Without ``records``, bundles, tiles, root and checkpoint alone; without ``evidence`` no evidence
    is read. ``since`` is a checkpoint that was verified before: below it entries are hashed and
    read, and neither signatures nor evidence checked again.
    """

    records: bool = True
    evidence: bool = True
    since: Kept | None = None


EVERYTHING = Extent()


@dataclass(frozen=True, slots=True)
class LogReport:
    """What verifying found. ``checkpoint`` is the note that was verified, b"" if it could not be.

    ``root`` is in lower-case hex. ``faults`` and ``notes`` are in the log's order, each kind cut
    off after the first hundred; ``fault_counts`` and ``note_counts`` have them all, by kind.
    ``counts`` says what was checked: "entries", of which "decision", "outcome", "review", "key" and
    "unknown", "tiles", "evidence", "evidence missing", "index rows" (the entries whose rows agree).
    ``kept`` are the kept checkpoints that this log extends. ``beyond`` counts what lies in the
    log's place and reaches beyond its head, or belongs to nothing below it: an append that did not
    come to its end leaves that behind, and so does an older head that is laid over a newer log.
    ``unwitnessed`` are the heads, the log's own and kept ones, that too few witnesses cosigned: no
    fault, and not to be believed (exit code 12, not 13). ``since`` is the entry from which on
    signatures and evidence were checked; without ``records`` nothing was that stands in a record.
    """

    origin: str
    size: int
    root: str
    checkpoint: bytes
    faults: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    fault_counts: Mapping[str, int]
    note_counts: Mapping[str, int]
    counts: Mapping[str, int]
    kept: tuple[Checkpoint, ...] = ()
    beyond: int = 0
    unwitnessed: tuple[Finding, ...] = ()
    since: int = 0
    records: bool = True


def verify_log(
    store: Store,
    trust: Trust,
    *,
    evidence: bool = True,
    kept: Sequence[Kept] = (),
    extent: Extent = EVERYTHING,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> LogReport:
    """Verify the whole log in ``store``. ``evidence=False`` leaves the evidence bundles unread.

    Each of ``kept`` must be signed by the trusted log key, and this log must extend it. ``jobs``
    processes take part, by default one for each processor; see ``crew``.
    Raises ``StoreError`` where there is no log or it cannot be read.
    """
    findings = Findings()
    opened = open_checkpoint(store, trust, findings)  # 1
    if opened is None:
        return _report(findings, Checkpoint(trust.policy.log.name, 0, b""), b"")
    checkpoint, note = opened
    size, since = checkpoint.size, _since(extent, trust, checkpoint.size)
    asked = kept if extent.since is None else (extent.since, *kept)
    jobs = _jobs(store, size, jobs)
    with _open_scratch(size, jobs) as scratch:
        scope = Scope(
            store=store,
            signers=trust.signers,
            size=size,
            since=since,
            records=extent.records,
            evidence=evidence and extent.evidence,
            bundles=bundles_for(size, jobs),
            scratch=scratch,
        )
        with Crew(scope, jobs) as crew:
            tree = _Verifying(scope, crew, findings).run(checkpoint, progress)
        held = hold_all(asked, trust, tree, note, findings)  # 9
        _check_keys(scope, asked, trust, findings)  # 10
    return _report(findings, checkpoint, note, kept=held, since=since, records=extent.records)


def _check_keys(scope: Scope, asked: Sequence[Kept], trust: Trust, findings: Findings) -> None:
    """The keys by which records and kept heads were signed, against those that the log replaced."""
    if not scope.records:
        return
    changes = KeyChanges(trust)
    check_keys(scope, changes, findings)
    check_signers(asked, trust, changes, findings)


class _Verifying:
    """The steps from 2 to 8, of one log."""

    def __init__(self, scope: Scope, crew: Crew, findings: Findings) -> None:
        self._scope = scope
        self._crew = crew
        self._findings = findings

    def run(self, checkpoint: Checkpoint, progress: Progress | None) -> KnownTree:
        tree = TreeChecks(self._scope, checkpoint, self._findings)
        gathered = self._gathering()
        calls = [*gathered, *(Call(check_chunk, (chunk,)) for chunk in tree.chunks())]
        results = self._crew.run(calls)
        found = [next(results) for _ in gathered]
        for checked in results:  # 2
            tree.add(checked)
            if progress is not None:
                progress(checked.entries, checkpoint.size)
        known = tree.finish()  # 3
        if self._scope.records:
            rows, names = found
            self._across(known, rows, names)
        return known

    def _gathering(self) -> list[Call]:
        return [Call(gather_rows), Call(gather_names)] if self._scope.records else []

    def _across(self, tree: KnownTree, rows: Rows, names: Strays) -> None:
        """The checks that bring together what stands in several chunks."""
        chunks = range(self._scope.chunks)
        summary = tree.summary()
        for findings in self._crew.run(
            [
                *(Call(check_history, (part,)) for part in chunks),  # 4
                *(Call(check_judged, (number, summary)) for number in chunks),
                Call(check_store, (summary,)),  # 7
            ]
        ):
            self._findings.join(findings)
        self._findings.join(rows.findings)
        behind = 0
        if rows.count or rows.covered:
            calls = [Call(check_rows, (number, rows.covered)) for number in chunks]  # 5
            for rows_checked in self._crew.run(calls):
                self._findings.join(rows_checked.findings)
                behind += rows_checked.behind
        name_index(self._findings, rows, behind, self._scope.size)
        strays = [names]
        for checked in self._crew.run([Call(check_evidence, (part,)) for part in chunks]):  # 6
            self._findings.join(checked.findings)
            strays.append(checked.strays)
        name_strays(self._findings, strays)  # 8


def _since(extent: Extent, trust: Trust, size: int) -> int:
    """The entry from which on all is checked: 0 unless the checkpoint given is one of this size.

    Whether the log extends it is found at the end, with the other kept ones.
    """
    if extent.since is None:
        return 0
    try:
        since = trust.policy.open_signed_note(extent.since.note)[0].size
    except InconsistentError:
        return 0
    return since if since <= size else 0


def _jobs(store: Store, size: int, jobs: int | None) -> int:
    if size < _SHARED_FROM and jobs is None:
        return 1
    jobs = available() if jobs is None else jobs
    return jobs if jobs > 1 and can_share(store) else 1


@contextmanager
def _open_scratch(size: int, jobs: int) -> Iterator[Scratch]:
    if size < _SHARED_FROM and jobs == 1:
        yield Scratch()
        return
    with tempfile.TemporaryDirectory(prefix="gate-verify-") as folder:
        yield Scratch(Path(folder))


def _report(
    findings: Findings,
    checkpoint: Checkpoint,
    note: bytes,
    *,
    kept: tuple[Checkpoint, ...] = (),
    since: int = 0,
    records: bool = True,
) -> LogReport:
    return LogReport(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        checkpoint=note,
        faults=findings.faults,
        notes=findings.notes,
        fault_counts=findings.fault_counts,
        note_counts=findings.note_counts,
        counts=findings.counts,
        kept=kept,
        beyond=findings.note_counts.get("beyond", 0),
        unwitnessed=findings.unwitnessed,
        since=since,
        records=records,
    )
