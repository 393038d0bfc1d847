"""What the records of a log say of keys, and by which key each is signed.

Each chunk leaves when its signers' records were made and what it has of records of keys;
``KeyChanges`` takes that in log order. A chunk in which no key changes and by whose signers none
has ended tells nothing but the newest of its times, so of most logs nothing else is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from gate.log.reading.key_changes import KeyChanges, KeyFinding
from gate.log.reading.keys import payload_of
from gate.log.verifying.facts import CHANGES, NEWEST, RUNS, Change, Newest, Run
from gate.log.verifying.findings import KEY, Findings
from gate.log.verifying.scope import Scope
from gate.log.verifying.scratch import Scratch
from gate.record.quick import signer_of
from gate.record.statement import parse_statement
from gate.record.summary import Summary


class KeyFacts:
    """Of the records of one chunk, in their order: who signed them, and when they were made."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._next = (-1, b"")  # the entry and key that would be of the last of them
        self._changes: list[Change] = []

    def add(self, index: int, entry: bytes, summary: Summary) -> None:
        """Take an entry that was read."""
        signer = signer_of(entry)
        if self._next != (index, signer):
            self._runs.append(Run(index, signer.decode("ascii"), []))
        self._next = index + 1, signer
        self._runs[-1].times.append(summary.at)
        if summary.kind == "key":
            self._changes.append(Change(index, payload_of(entry)))

    def finish(self, scratch: Scratch, number: int) -> None:
        """Leave for later what chunk ``number`` told."""
        newest: dict[str, str] = {}
        for run in self._runs:  # times are spelled so that they sort
            newest[run.keyid] = max(newest.get(run.keyid, ""), *run.times)
        scratch.put_facts(NEWEST, number, [[Newest(*one) for one in newest.items()]])
        scratch.put_facts(CHANGES, number, [self._changes])
        scratch.put_facts(RUNS, number, [self._runs])


def check_keys(scope: Scope, changes: KeyChanges, findings: Findings) -> None:
    """Have ``changes`` see all records that could be read, and tell what it finds."""
    for number in range(scope.chunks):
        newest = {one.keyid: _time(one.at) for one in scope.scratch.chunk_facts(NEWEST, number)}
        said = {one.place: one.payload for one in scope.scratch.chunk_facts(CHANGES, number)}
        if not said and changes.pass_over(newest):
            continue
        for index, at, keyid in _each(scope.scratch.chunk_facts(RUNS, number)):
            if index in said:
                found = changes.see(index, parse_statement(said[index]), keyid)
            else:
                found = changes.see_time(index, _time(at), keyid)
            _tell(findings, found)
    _tell(findings, changes.finish())


def _each(runs: Iterable[Run]) -> Iterator[tuple[int, str, str]]:
    """Of each record its entry, its time and its key."""
    for run in runs:
        for index, at in enumerate(run.times, run.place):
            yield index, at, run.keyid


def _time(at: str) -> datetime | None:
    return datetime.fromisoformat(at) if at else None


def _tell(findings: Findings, found: Iterable[KeyFinding]) -> None:
    for one in found:
        tell = findings.fault if one.fault else findings.note
        tell("key", f"entry {one.index}", one.message, (one.index, KEY))
