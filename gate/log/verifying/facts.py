"""What the records of a chunk tell of the rest of the log, left for the checks that come later.

Each kind of fact is left in parts that can be checked apart:

=============  ===========================  ==============================================
kind           part                         checked by
=============  ===========================  ==============================================
deployments    its service and environment  ``check_history``: links, ranges, outcomes
tickets        its ticket                   ``check_history``: links, uses
earlier        its commit                   ``check_earlier``: what ran elsewhere before
judged         (one)                        ``check_history``: the head it was judged at
evidence       its evidence's digest        ``check_evidence``
emergencies    (one)                        ``check_emergencies``: which await their review
newest         (one)                        ``check_keys``: when each key was last used
changes        (one)                        ``check_keys``: records of keys
runs           (one)                        ``check_keys``: who signed, and when
=============  ===========================  ==============================================

Beside them each chunk leaves the numbers of the entries that could not be read, and the rows that
the index must hold of the others (``check_index``).

``place`` is that of the entry in the log. What is inside a fact lies there as the plain tuple it is
(``scratch``): a method opens it. Times are as ``record.times`` spells them, links and bases as
``record.summary`` has them.
"""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple
from zlib import crc32

from gate.log.verifying.scratch import Kind
from gate.record.summary import Ended, Settled, Text

TOKENS: Final = "tokens"
UNREAD: Final = "unread"
PLACE: Final = struct.Struct(">I")  # of a row of the index, counted from the chunk's first entry


def part_of(text: str, parts: int) -> int:
    """The part for what is known by ``text``, the same in every process."""
    return crc32(text.encode("utf-8", "surrogatepass")) % parts


class Decided(NamedTuple):
    """The part of ``summary.Judged`` that is held against a service's earlier records.

    ``bound``: it permits, and counted on no review being overdue at its time ``at``.
    """

    decision: str
    said: Text
    here: Text
    base: Text
    start: str
    released: bool
    spooled: bool
    bound: bool
    at: str


class DeploymentFact(NamedTuple):
    """A record of a service and environment (``key``), judged at ``size`` entries.

    ``prior`` is its link to the newest one before it, ``told`` what else it says by its ``kind``:
    ``decided``, ``ended``, or nothing. ``emergencies`` are those that it lists, as (index, leaf,
    review by).
    """

    place: int
    leaf: bytes
    key: str
    commit: str
    size: int
    prior: Text
    kind: str
    told: tuple[Any, ...]
    emergencies: tuple[tuple[int, str, str], ...]

    def decided(self) -> Decided:
        """Of a "decision"."""
        return Decided._make(self.told)

    def ended(self) -> Ended:
        """Of an "outcome"."""
        return Ended._make(self.told)


class Use(NamedTuple):
    """What a decision that permits lets in; ``terms`` says by ticket when it was approved anew.

    ``not_reused``: it counted on its tickets letting in no other commit.
    """

    environment: str
    commit: str
    at: str
    not_reused: bool
    terms: tuple[tuple[str, str], ...]


class TicketFact(NamedTuple):
    """A record that names ``ticket``, judged at ``size``; ``prior`` links to the one before it."""

    place: int
    leaf: bytes
    ticket: str
    size: int
    prior: Text
    used: tuple[Any, ...] | None

    def use(self) -> Use | None:
        """Its use of the ticket; None unless it is a decision that permits."""
        return None if self.used is None else Use._make(self.used)


class EarlierFact(NamedTuple):
    """An outcome in ``environment``, or a decision that counted on a success there.

    A decision has "" for the outcome, and ``within`` says for how many milliseconds before ``at`` a
    success counts. ``artifacts`` are digests.
    """

    place: int
    service: str
    commit: str
    environment: str
    at: str
    outcome: str
    artifacts: tuple[str, ...]
    within: int


class JudgedFact(NamedTuple):
    """The head that the records at ``places`` were judged at: its size, and its root in hex.

    ``part`` is the root over those of its leaves that are in no full bundle, if it is known.
    """

    size: int
    root: str
    part: bytes
    places: list[int]


class EvidenceFact(NamedTuple):
    """An entry that names a bundle of evidence."""

    digest: str
    place: int


class EmergencyFact(NamedTuple):
    """An emergency, or a review of one: ``leaf`` in hex, ``due`` when the review is."""

    place: int
    leaf: str
    service: str
    environment: str
    commit: str
    at: str
    due: str
    reviewed: tuple[Any, ...] | None

    def review(self) -> Settled | None:
        """The review; None where it is the emergency."""
        return None if self.reviewed is None else Settled._make(self.reviewed)


class Newest(NamedTuple):
    """The newest time of the records by one key."""

    keyid: str
    at: str


class Change(NamedTuple):
    """The payload of a record of a key."""

    place: int
    payload: bytes


class Run(NamedTuple):
    """The times of records in a row that one key signed, the first of them at ``place``."""

    place: int
    keyid: str
    times: list[str]


DEPLOYMENTS: Final = Kind("deployments", DeploymentFact._make)
TICKETS: Final = Kind("tickets", TicketFact._make)
EARLIER: Final = Kind("earlier", EarlierFact._make)
JUDGED: Final = Kind("judged", JudgedFact._make)
EVIDENCE: Final = Kind("evidence", EvidenceFact._make)
EMERGENCIES: Final = Kind("emergencies", EmergencyFact._make)
NEWEST: Final = Kind("newest", Newest._make)
CHANGES: Final = Kind("changes", Change._make)
RUNS: Final = Kind("runs", Run._make)
