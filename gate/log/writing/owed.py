"""Records that are owed to a log which was down: kept in a folder until they can be appended.

Of each, by the SHA-256 of its entry: ``<digest>.dsse.json`` is the sealed record,
``<digest>.evidence.json`` its evidence bundle, ``<digest>.disclosure.json`` what opens its labels.
The last one names people: all three are the owner's alone to read, and go once the record is in.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.record.canonical import digest_of
from gate.store.durable import PRIVATE, Calls, explain, keep_names, place

ENTRY, EVIDENCE, DISCLOSURE = ".dsse.json", ".evidence.json", ".disclosure.json"
_NAME = re.compile(r"([0-9a-f]{64})\.dsse\.json")


@dataclass(frozen=True, slots=True)
class Owed:
    """A record that waits in ``folder``, with its evidence and its disclosure."""

    folder: Path
    entry: bytes
    evidence: bytes
    disclosure: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of its entry."""
        return digest_of(self.entry)


def keep(owed: Owed, calls: Calls | None = None) -> Path:
    """Have it last on the disk, the entry's file last; its path. Raises ``StoreError``."""
    calls = calls or Calls()
    try:
        owed.folder.mkdir(parents=True, exist_ok=True)
        for ending, data in (
            (EVIDENCE, owed.evidence),
            (DISCLOSURE, owed.disclosure),
            (ENTRY, owed.entry),
        ):
            scratch = owed.folder / f".{owed.digest}{ending}.{os.getpid()}"
            calls.unlink(scratch)
            place(calls, scratch, owed.folder / f"{owed.digest}{ending}", data, PRIVATE)
        keep_names(calls, owed.folder, {owed.folder})
    except OSError as error:
        raise explain(error, f"write {owed.folder}") from error
    return owed.folder / f"{owed.digest}{ENTRY}"


def read_owed(folder: Path) -> tuple[Owed, ...]:
    """What waits in ``folder``, in the order of the digests.

    Raises ``UsageError`` where it cannot be read, ``InconsistentError`` where a file is not the one
    that its name says.
    """
    try:
        names = sorted(path.name for path in folder.iterdir())
        found = [match[1] for name in names if (match := _NAME.fullmatch(name))]
        owed = tuple(
            Owed(folder, *((folder / f"{one}{end}").read_bytes() for end in _ENDS)) for one in found
        )
    except OSError as error:
        raise UsageError(
            f"cannot read {folder}: {os.strerror(error.errno or 0)}",
            remedy=f"a record that is owed is three files: NAME{ENTRY}, NAME{EVIDENCE} and "
            f"NAME{DISCLOSURE}; put them back as the job left them",
        ) from error
    for digest, one in zip(found, owed, strict=True):
        if one.digest != digest:
            raise InconsistentError(f"{folder / digest}{ENTRY} is not the record of its name")
    return owed


def forget(owed: Owed, calls: Calls | None = None) -> None:
    """Delete its files: the record is in the log. Raises ``StoreError``."""
    calls = calls or Calls()
    try:
        for ending in (ENTRY, DISCLOSURE, EVIDENCE):
            calls.unlink(owed.folder / f"{owed.digest}{ending}")
    except OSError as error:
        raise explain(error, f"write {owed.folder}") from error


_ENDS = (ENTRY, EVIDENCE, DISCLOSURE)
