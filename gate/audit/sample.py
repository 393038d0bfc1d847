"""A sample that anybody can draw again: ``docs/audit/sampling.md`` is the specification.

Each row has a rank, a SHA-256 over the checkpoint's origin, size and root, the auditor's seed and
the row's index; the sample of N are the N rows of lowest rank, in that order. So a sample of 30
begins with the sample of 25, and nobody who does not choose the seed can choose the rows.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gate.audit.cells import PERMITS
from gate.audit.population import Header, Population
from gate.audit.rows import Row
from gate.errors import UsageError
from gate.model import DecisionKind

ALGORITHM = "gate-sample/v1"
FORMAT = "gate/sample/v1"
MAX_SEED = 200  # characters
MAX_SIZE = 100_000

DEPLOYED = PERMITS  # rows by decision that are sampled unless asked otherwise

# Size by population, for controls that act on every event (docs/audit/sampling.md).
_STEPS = ((10, None), (50, 8), (250, 15))
_REST = 25


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the sample: its place in the order of drawing (from 1), its rank in hex."""

    number: int
    rank: str
    row: Row


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, with all that is needed to draw it again.

    ``requested`` is None where the size followed the rule; ``rule`` says in words why it has the
    size it has; ``sampled`` the number of rows it was drawn from, of the decisions ``decisions``.
    """

    items: tuple[Item, ...]
    seed: str
    requested: int | None
    rule: str
    decisions: tuple[DecisionKind, ...]
    sampled: int
    population: Header


def rank(origin: str, size: int, root: bytes, seed: str, index: int) -> bytes:
    """The 32-byte rank of a row; ``docs/audit/sampling.md`` has test vectors."""
    text = f"{ALGORITHM}\n{origin}\n{size}\n{root.hex()}\n{seed}\n{index}"
    return hashlib.sha256(text.encode("utf-8")).digest()


def draw(
    population: Population,
    seed: str,
    size: int | None = None,
    decisions: tuple[DecisionKind, ...] = DEPLOYED,
) -> Sample:
    """The sample of ``size`` rows; None: as many as the rule gives for the population.

    Raises UsageError for an unusable seed or size, and what reading the population raises.
    """
    check_seed(seed)
    if size is not None and not 1 <= size <= MAX_SIZE:
        raise UsageError(f"a sample has 1 to {MAX_SIZE} items, not {size}")
    counting = _Counting(row for row in population.rows() if row.decision in decisions)
    most = max(_REST, _STEPS[0][0]) if size is None else size
    source = population.source
    head = source.origin, source.size, source.root
    lowest = heapq.nsmallest(
        most, ((rank(*head, seed, row.index), row.index, row) for row in counting)
    )
    wanted, rule = automatic(counting.count) if size is None else asked(size, counting.count)
    return Sample(
        items=tuple(
            Item(number, digest.hex(), row)
            for number, (digest, _, row) in enumerate(lowest[:wanted], 1)
        ),
        seed=seed,
        requested=size,
        rule=rule,
        decisions=decisions,
        sampled=counting.count,
        population=population.header,
    )


def check_seed(seed: str) -> None:
    """UsageError unless ``seed`` is one line of 1 to 200 printable characters."""
    if not 1 <= len(seed) <= MAX_SEED or not seed.isprintable() or seed != seed.strip():
        raise UsageError(
            f"a seed is one line of 1 to {MAX_SEED} printable characters without spaces around it",
            remedy="choose it after the log's head is fixed, and keep it with the working papers",
        )


def automatic(rows: int) -> tuple[int, str]:
    """The size that the rule gives for a population of ``rows``, and the rule in words."""
    lowest = 0
    for highest, size in _STEPS:
        if rows <= highest:
            if size is None:
                return rows, f"population of {rows}, at most {highest}: all of it"
            return size, f"population of {rows}, {lowest + 1} to {highest}: {size}"
        lowest = highest
    return _REST, f"population of {rows}, more than {lowest}: {_REST}"


def asked(size: int, rows: int) -> tuple[int, str]:
    """The size that was asked for, as far as the population goes."""
    if rows < size:
        return rows, f"{size} as asked for, and the population has only {rows}: all of it"
    return size, f"{size} as asked for"


class _Counting:
    """Counts what is taken from it."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row
