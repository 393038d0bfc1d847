"""A track answers what a plain list of decisions with their outcomes answers, at any size."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from gate.log.history.track import Based, Track
from gate.model import PERMITTING, BaseKind, DecisionKind

COMMITS = [digit * 40 for digit in "abc"] + ["d" * 64]
BASES = ["", *COMMITS]
HERE = 3


@dataclass
class Decided:
    """A decision with its outcomes."""

    index: int
    leaf: bytes
    commit: str
    decision: DecisionKind
    base: str
    start: str
    outcomes: list[tuple[int, bool]] = field(default_factory=list)

    def succeeded(self, below: int) -> bool:
        known = [succeeded for index, succeeded in self.outcomes if index < below]
        return bool(known) and known[-1]


class Plain:
    """Every question answered by going through all decisions."""

    def __init__(self) -> None:
        self.decided: list[Decided] = []

    def end(self, index: int, link: tuple[int, str], commit: str, *, succeeded: bool) -> bool:
        for one in self.decided:
            same = (one.index, one.leaf.hex(), one.commit) == (*link, commit)
            if same and one.index < index and one.decision in PERMITTING:
                one.outcomes.append((index, succeeded))
                return True
        return False

    def based(self, commit: str, below: int) -> Based:
        before = [one for one in self.decided if one.index < below]
        ran = [one for one in before if one.succeeded(below)]
        for one in ran:
            if one.commit == commit:
                return BaseKind.REDEPLOYED, one.base, one.index
        if ran:
            return BaseKind.DEPLOYED, ran[-1].commit, ran[-1].index
        first = next((one for one in self.decided if one.start), None)
        if first is not None and first.index < below:
            return BaseKind.FIRST, first.start, first.index
        return BaseKind.FIRST, "", None

    def permitted(self, commit: str, below: int, most: int) -> list[int]:
        return [
            one.index
            for one in self.decided
            if one.commit == commit and one.index < below and one.decision in PERMITTING
        ][-most:]


def pick_link(chance: random.Random, plain: Plain) -> tuple[int, str, str]:
    """Mostly of a decision that is there; now and then with one part of another."""
    one, other = chance.choice(plain.decided), chance.choice(plain.decided)
    index, leaf, commit = one.index, one.leaf.hex(), one.commit
    match chance.randrange(8):
        case 0:
            leaf = other.leaf.hex()
        case 1:
            commit = other.commit
        case 2:
            index += chance.randrange(-3, 3)
    return index, leaf, commit


def story(chance: random.Random) -> Counter[BaseKind]:
    """Some decisions and outcomes, each question put after each; the kinds of the answers."""
    track, plain, index = Track(), Plain(), 0
    seen: Counter[BaseKind] = Counter()
    for _ in range(60):
        index += chance.choice((1, 1, 2, 5))
        if not plain.decided or chance.random() < 0.5:
            one = Decided(
                index,
                chance.randbytes(32),
                chance.choice(COMMITS),
                chance.choice([*DecisionKind, *PERMITTING, *PERMITTING]),
                chance.choice(BASES),
                chance.choice(BASES) if chance.random() < 0.2 else "",
            )
            plain.decided.append(one)
            track.add(index, one.leaf, one.commit, one.decision.value, one.base, one.start)
        else:
            place, leaf, commit = pick_link(chance, plain)
            succeeded = chance.random() < 0.5
            added = plain.end(index, (place, leaf), commit, succeeded=succeeded)
            assert track.end(index, (place, leaf), commit, succeeded=succeeded) == added
        below = chance.choice((index + 1, chance.randrange(-1, index + 2)))
        for commit in COMMITS:
            based = plain.based(commit, below)
            seen[based[0]] += 1
            assert track.based(commit, below) == based
            assert track.permitted(commit, below, HERE) == plain.permitted(commit, below, HERE)
    return seen


def test_any_story_is_answered_as_by_going_through_it() -> None:
    seen: Counter[BaseKind] = Counter()
    for seed in range(60):
        seen += story(random.Random(seed))
    assert min(seen[kind] for kind in set(BaseKind) - {BaseKind.WIDENED}) > 500


def test_an_outcome_of_no_place_of_a_log_is_of_nothing() -> None:
    track = Track()
    track.add(3, bytes(32), COMMITS[0], "allowed", "", "")
    for place in (-1, 0, 4, 2**53):
        assert not track.end(5, (place, bytes(32).hex()), COMMITS[0], succeeded=True)
    assert track.end(5, (3, bytes(32).hex()), COMMITS[0], succeeded=True)
