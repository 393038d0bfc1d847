"""The records of a generated log, signed in several processes and handed over in log order.

Each record names the head it was judged at and what came before it, so it can be made only when
those are known. Services are therefore dealt out to *lanes*, one to a process. A lane decides for
all its services at once, then ends all these deployments: one *wave* each. Waves of the lanes take
turns in the log, and each was judged at the head right after its own lane's wave before it, while
others appended: as where pipelines run side by side.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import TypeAlias

from generated import BEGAN, SIGNER
from record_template import Templates, make_templates

from gate.log.reading.keys import row_of
from gate.record.dsse import seal
from gate.record.times import format_time
from gate.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash

SERVICES = 20
ENVIRONMENTS = ("staging", "production")
_APART = timedelta(seconds=30)  # between a record and the next
_FAILS = 16  # every so manieth deployment does not succeed
_HEX = 64

Value: TypeAlias = str | int


@dataclass(slots=True)
class _Track:
    """A service and environment, and how far its deployments have come."""

    service: str
    environment: str
    number: int
    step: int = 0
    values: dict[str, Value] | None = None  # of the newest decision
    base: tuple[str, int] | None = None  # the newest success: its commit, and its decision's place
    link: tuple[int, str] | None = None  # the newest record


@dataclass(frozen=True, slots=True)
class Wave:
    """Consecutive entries with their leaf hashes and the tokens of their index rows."""

    entries: Sequence[bytes]
    leaves: Sequence[bytes]
    tokens: Sequence[tuple[bytes, ...]]
    frontier: Frontier
    """The tree with these entries at its end."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a lane is to make its next wave of: the head it is judged at, and its place."""

    size: int
    root: bytes
    start: int


def waves(size: int, lanes: int) -> Iterator[Wave]:
    """The records of a log of ``size`` entries, in order, by ``lanes`` processes."""
    tracks = [
        _Track(f"service-{n:02}", environment, 2 * n + m)
        for n in range(SERVICES)
        for m, environment in enumerate(ENVIRONMENTS)
    ]
    dealt = [tracks[lane::lanes] for lane in range(lanes)]
    frontier = Frontier.empty()
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(_start(mine))) for mine in dealt]
        start = 0
        for connection, mine in zip(connections, dealt, strict=True):
            connection.send(_Turn(0, EMPTY_ROOT, start))
            start += len(mine)
        while frontier.size < size:
            for connection in connections:
                entries, leaves, tokens = connection.recv()
                rest = size - frontier.size
                if rest <= 0:
                    return
                frontier = frontier.extend(leaves[:rest])
                yield Wave(entries[:rest], leaves[:rest], tokens[:rest], frontier)
                ahead = frontier.size + len(tracks) - len(entries)
                connection.send(_Turn(frontier.size, frontier.root(), ahead))


def _start(tracks: Sequence[_Track]) -> Connection:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    context.Process(target=_lane, args=(theirs, tracks), daemon=True).start()
    theirs.close()
    return ours


def _lane(connection: Connection, tracks: Sequence[_Track]) -> None:
    """Make waves for as long as somebody wants them."""
    templates = make_templates()
    while True:
        try:
            turn: _Turn = connection.recv()
            connection.send(_wave(templates, tracks, turn))
        except (EOFError, ConnectionError):
            return


def _wave(
    templates: Templates, tracks: Sequence[_Track], turn: _Turn
) -> tuple[list[bytes], list[bytes], list[tuple[bytes, ...]]]:
    entries, leaves, tokens = [], [], []
    for index, track in enumerate(tracks, turn.start):
        payload = _next(templates, track, index, turn)
        entry = seal(payload.encode(), SIGNER)
        leaf = leaf_hash(entry)
        track.link = (index, leaf.hex())
        track.step += 1
        entries.append(entry)
        leaves.append(leaf)
        tokens.append(row_of(index, entry).tokens)
    return entries, leaves, tokens


def _next(templates: Templates, track: _Track, index: int, turn: _Turn) -> str:
    """The payload of a track's next record: a decision, then its outcome."""
    at = BEGAN + _APART * index
    head: dict[str, Value] = {"at": format_time(at), "size": turn.size, "root": turn.root.hex()}
    if track.link is not None:
        head["index"], head["leaf"] = track.link
    deployment, ends = divmod(track.step, 2)
    if ends and track.values is not None and track.link is not None:
        succeeded = deployment % _FAILS != 1
        if succeeded:
            track.base = str(track.values["commit"]), track.link[0]
        outcome = "succeeded" if succeeded else "failed"
        return templates.outcome % (track.values | head | {"outcome": outcome})
    serial = deployment * SERVICES * len(ENVIRONMENTS) + track.number
    drawn = hashlib.shake_256(b"%d" % serial).hexdigest(_HEX // 2 * (2 + templates.labels))
    track.values = head | {
        "service": track.service,
        "environment": track.environment,
        "ticket": f"CHG-{serial + 1}",
        "ticket_id": str(10_000 + serial),
        "commit": drawn[:40],
        "evidence": drawn[_HEX : 2 * _HEX],
        "created": format_time(at - timedelta(hours=2)),
        "approved": format_time(at - timedelta(hours=1)),
    }
    for n in range(templates.labels):
        track.values[f"label{n}"] = drawn[(2 + n) * _HEX : (3 + n) * _HEX]
    if track.base is None:
        return templates.first % track.values
    track.values["before"], track.values["base"] = track.base
    return templates.later % track.values
