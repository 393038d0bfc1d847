"""The accounts that the log's decisions and reviews met, as far as their disclosures are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from gate.frozen import dataclass

if TYPE_CHECKING:
    from gate.identity.sightings import Sighting
    from gate.place import Place
    from gate.record.disclosure import Disclosure


@dataclass(frozen=True, slots=True)
class FromLog:
    """What was met, and how many records name nobody, since their disclosure is not at hand."""

    sightings: tuple[Sighting, ...]
    absent: int


def seen_in_log(place: Place, last: int | None = None) -> FromLog:
    """The accounts of the log's newest ``last`` entries (None: of all), the oldest first.

    Each disclosure is held against what its record committed to: raises ``AlteredError`` where it
    does not fit, and what reading the log raises.
    """
    from gate.audit.names import AnyOpened, open_decision, open_review
    from gate.place import open_disclosures, open_view
    from gate.record.statement import DecisionRecord, ReviewRecord

    view = open_view(place)
    disclosures = open_disclosures(place)
    sightings: list[Sighting] = []
    absent = 0
    for index in range(0 if last is None else max(0, view.size - last), view.size):
        record = view.record(index)
        entry, evidence = view.entry(index), view.store.read_evidence
        opened: AnyOpened
        if isinstance(record, DecisionRecord):
            opened = open_decision(record, entry, evidence=evidence, disclosures=disclosures.get)
        elif isinstance(record, ReviewRecord):
            opened = open_review(record, entry, evidence=evidence, disclosures=disclosures.get)
        else:
            continue
        disclosure = opened.names.disclosure
        if disclosure is None:
            absent += 1
        else:
            # Gate's own account reads, and is no person's.
            others = disclosure.openings.keys() - set(record.predicate.own_accounts)
            sightings += _disclosed(disclosure, others, f"entry {index}")
    return FromLog(tuple(sightings), absent)


def _disclosed(disclosure: Disclosure, labels: Collection[str], where: str) -> Iterator[Sighting]:
    from gate.identity.sightings import Sighting

    for label in disclosure.openings:
        if label in labels and label.startswith("p"):
            person = disclosure.person(label)
            for account in person.accounts:
                yield Sighting(account, where, person.owner or "")
