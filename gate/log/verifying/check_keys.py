"""What the records of a log say of keys, and by which key each is signed.

Each chunk leaves when its signers' records were made and what it has of records of keys;
``KeyChanges`` takes that in log order. A chunk in which no key changes and by whose signers none
has ended tells nothing but the newest of its times, so of most logs nothing else is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gate.log.reading.key_changes import KeyChanges, KeyFinding
from gate.log.reading.keys import payload_of
from gate.log.verifying.findings import KEY, Findings
from gate.log.verifying.scope import Scope
from gate.log.verifying.scratch import Scratch
from gate.record.quick import signer_of
from gate.record.statement import parse_statement
from gate.record.summary import Summary

KEYS: Final = "keys"
_NEWEST, _CHANGES, _RUNS = range(3)  # the parts of what a chunk leaves


class KeyFacts:
    """Of the records of one chunk, in their order: who signed them, and when they were made."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, str, list[str]]] = []  # from an entry on, by one key: the times
        self._next = (-1, b"")  # the entry and key that would be of the last of them
        self._changes: list[tuple[int, bytes]] = []

    def add(self, index: int, entry: bytes, summary: Summary) -> None:
        """Take an entry that was read."""
        signer = signer_of(entry)
        if self._next != (index, signer):
            self._runs.append((index, signer.decode("ascii"), []))
        self._next = index + 1, signer
        self._runs[-1][2].append(summary.at)
        if summary.kind == "key":
            self._changes.append((index, payload_of(entry)))

    def finish(self, scratch: Scratch, number: int) -> None:
        """Leave for later what chunk ``number`` told."""
        newest: dict[str, str] = {}
        for _, keyid, times in self._runs:  # times are spelled so that they sort
            newest[keyid] = max(newest.get(keyid, ""), *times)
        scratch.put_facts(f"{KEYS}-{number}", [list(newest.items()), self._changes, self._runs])


def check_keys(scope: Scope, changes: KeyChanges, findings: Findings) -> None:
    """Have ``changes`` see all records that could be read, and tell what it finds."""
    for number in range(scope.chunks):
        newest = scope.scratch.chunk_facts(KEYS, number, _NEWEST)
        said = dict(scope.scratch.chunk_facts(KEYS, number, _CHANGES))
        if not said and changes.pass_over({keyid: _time(at) for keyid, at in newest}):
            continue
        for index, at, keyid in _each(scope.scratch.chunk_facts(KEYS, number, _RUNS)):
            if index in said:
                found = changes.see(index, parse_statement(said[index]), keyid)
            else:
                found = changes.see_time(index, _time(at), keyid)
            _tell(findings, found)
    _tell(findings, changes.finish())


def _each(runs: Iterable[tuple[int, str, list[str]]]) -> Iterator[tuple[int, str, str]]:
    for first, keyid, times in runs:
        for index, at in enumerate(times, first):
            yield index, at, keyid


def _time(at: str) -> datetime | None:
    return datetime.fromisoformat(at) if at else None


def _tell(findings: Findings, found: Iterable[KeyFinding]) -> None:
    for one in found:
        tell = findings.fault if one.fault else findings.note
        tell("key", f"entry {one.index}", one.message, (one.index, KEY))
