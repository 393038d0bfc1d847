"""Replacing a key: two records that say so, and what is kept of them until they are in the log.

``added`` names the new key, ``retired`` the old one and its end. Both are signed by the record key
of before: whoever believes it learns of the new key from it, and the log fixes the order. A log key
has no end by time: ``retired`` stands in the first head that the new key signs as well, and from
there on the old one counts no more (``key_changes``).

A rotation is a file of two lines, the two entries, that lies beside the new private key until all
is done. The log takes an entry once, so running it again goes on where it stopped.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.log.reading.trust import SIGNERS, Trust
from gate.log.witnesses.asking import Post
from gate.log.writing.append import Appended, append
from gate.record.dsse import seal
from gate.record.predicates import KeyAction, KeyPredicate, KeyRole
from gate.record.signer import RecordSigner, key_id
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import KeyRecord, open_record
from gate.record.writing import key_statement
from gate.store.contract import Store
from gate.tlog.keys import Signer


@dataclass(frozen=True, slots=True)
class Rotation:
    """The two entries, as they stand in the log or will, and what they say."""

    entries: tuple[bytes, bytes]
    added: KeyPredicate
    retired: KeyPredicate


@dataclass(frozen=True, slots=True)
class Period:
    """A key (32 bytes) and from when, until when, it counts; ``until`` None: without end."""

    public_key: bytes
    since: datetime
    until: datetime | None = None


def new_rotation(
    role: KeyRole, old: Period, new: Period, signer: RecordSigner, at: datetime, version: str
) -> Rotation:
    """The rotation from ``old`` to ``new``, signed by ``signer`` at ``at``."""
    changes = ((KeyAction.ADDED, new), (KeyAction.RETIRED, old))
    added, retired = (
        seal(key_statement(_entry(key), action, role, at=at, gate_version=version), signer)
        for action, key in changes
    )
    return parse_rotation(format_lines((added, retired)), signer)


def format_lines(entries: Sequence[bytes]) -> bytes:
    """The file of a rotation."""
    return b"".join(entry + b"\n" for entry in entries)


def parse_rotation(data: bytes, signer: RecordSigner) -> Rotation:
    """The rotation in a file, by ``signer``; ``UsageError`` for anything else."""
    entries = data.split(b"\n")
    by = TrustedSigners((_entry(Period(signer.public_key, datetime.min.replace(tzinfo=UTC))),))
    try:
        records = [open_record(entry, by)[0] for entry in entries[:-1]]
    except InconsistentError as error:
        raise UsageError(f"it is not by this record key: {error.message}") from None
    match records:
        case [KeyRecord(predicate=added), KeyRecord(predicate=retired)] if (
            not entries[-1]
            and (added.action, retired.action) == (KeyAction.ADDED, KeyAction.RETIRED)
            and added.role is retired.role
        ):
            return Rotation((entries[0], entries[1]), added, retired)
    raise UsageError("it does not hold the two records of a rotation")


def record_rotation(
    store: Store,
    trust: Trust,
    rotation: Rotation,
    signer: Signer,
    successor: Sequence[Signer] = (),
    *,
    post: Post | None = None,
) -> tuple[Appended, Appended]:
    """Have both entries in the log; ``successor`` is the new log key where that is replaced.

    What is there already stays as it is; ``post`` asks the witnesses. Raises what ``append``
    raises.
    """
    added = append(store, trust, signer, rotation.entries[0], post=post)
    return added, append(store, trust, signer, rotation.entries[1], also=successor, post=post)


def with_rotation(signers: TrustedSigners, rotation: Rotation) -> TrustedSigners:
    """The trusted record keys after a rotation of one of them: its end set, the new one added.

    The new key has the old one's name. Keys and periods of others stay, and so does an earlier end.
    Raises ``UsageError`` where the old key has no period at that time, or another after it.
    """
    added, retired = rotation.added, rotation.retired
    end = retired.not_after or retired.at
    old = signers.find(retired.keyid, retired.at)
    if old is None:
        raise UsageError(f"{SIGNERS} gives {retired.keyid} no period at {retired.at.isoformat()}")
    if any(one.keyid == old.keyid and one.not_before >= end for one in signers.entries):
        raise UsageError(
            f"{SIGNERS} gives {old.keyid} another period after {end.isoformat()}",
            remedy="take that entry out: a key that is replaced does not come back",
        )
    ended = replace(old, not_after=min(end, old.not_after or end))
    entries = tuple(ended if one == old else one for one in signers.entries)
    if signers.public_key(added.keyid) is None:
        public_key = base64.b64decode(added.public_key)
        entries += (SignerEntry(added.keyid, public_key, old.name, added.not_before),)
    return TrustedSigners(entries)


def _entry(key: Period) -> SignerEntry:
    return SignerEntry(key_id(key.public_key), key.public_key, "", key.since, key.until)
