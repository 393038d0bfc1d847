"""One record's evidence: everything that the log and the places beside it hold of one entry.

``dossier`` checks what it shows: the record was signed by a trusted key and stands at its place in
a verified log (by the source's contract), the evidence bundle and the disclosure are those that the
record committed to, or are said not to be at hand. An altered one is never shown: it raises
``AlteredError``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate.audit.attributes import LETTERS
from gate.audit.names import AnyOpened, Names, open_decision, open_review
from gate.audit.rows import Ended, Reviewed, review_outcome
from gate.audit.run_cells import run_cells
from gate.audit.sentences import sentence
from gate.audit.source import Fetch, LogSource, nothing
from gate.audit.times import events
from gate.model import EntryLink
from gate.record import codec
from gate.record.canonical import digest_of
from gate.record.predicates import ControlPart
from gate.record.records import (
    DecisionRecord,
    OutcomeRecord,
    Record,
    ReviewRecord,
    UnknownRecord,
)
from gate.record.times import format_time

FORMAT = "gate/dossier/v1"


@dataclass(frozen=True, slots=True)
class Dossier:
    """One entry with what was checked.

    ``opened`` is there for a decision and a review; ``ended`` for a decision, ``reviewed`` for an
    emergency only.
    """

    origin: str
    size: int
    link: EntryLink
    entry_sha256: str
    keyid: str
    record: Record
    opened: AnyOpened | None
    ended: Ended | None
    reviewed: Reviewed | None


def dossier(
    source: LogSource,
    index: int,
    *,
    evidence: Fetch = nothing,
    disclosures: Fetch | None = None,
    ended: Ended | None = None,
    reviewed: Reviewed | None = None,
) -> Dossier:
    """The dossier of the entry at ``index``.

    ``disclosures`` joins names and texts. ``ended`` is the newest outcome of a decision
    and ``reviewed`` the review of an emergency (``gate.audit.outcomes``), None where the log holds
    none. Raises ``AlteredError`` where evidence or disclosure do not fit, and what reading the log
    raises.
    """
    record, keyid = source.signed_record(index)
    entry = source.entry(index)
    opened: AnyOpened | None = None
    if isinstance(record, DecisionRecord):
        opened = open_decision(record, entry, evidence=evidence, disclosures=disclosures)
    elif isinstance(record, ReviewRecord):
        opened = open_review(record, entry, evidence=evidence, disclosures=disclosures)
    return Dossier(
        origin=source.origin,
        size=source.size,
        link=source.link(index),
        entry_sha256=digest_of(entry),
        keyid=keyid,
        record=record,
        opened=opened,
        ended=ended,
        reviewed=reviewed,
    )


def dossier_json(found: Dossier) -> str:
    """The dossier as a JSON object, names beside the labels where they could be joined."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "log": {"origin": found.origin, "size": found.size},
        "index": found.link.index,
        "leaf": found.link.leaf,
        "entry_sha256": found.entry_sha256,
        "keyid": found.keyid,
        "kind": found.record.kind,
        "signature": "valid",
        "artifacts": _artifacts(found.record),
        "predicate": _predicate(found),
    }
    if found.opened is not None:
        body |= _foundation(found, found.opened)
    return json.dumps(body, ensure_ascii=True, indent=2) + "\n"


def _foundation(found: Dossier, opened: AnyOpened) -> dict[str, Any]:
    """What a decision or a review rests on, and what became of it."""
    return {
        "evidence": opened.evidence,
        "people": opened.people,
        "labels": _labels(opened.names),
        "public_policy": opened.public_policy or None,
        "deployer": run_cells(opened.predicate.run, opened.names).deployer,
        "times": [
            {
                "at": format_time(event.at),
                "latest_possible": event.latest,
                "not_before": None if event.since is None else format_time(event.since),
                "what": event.what,
                "source": event.source,
            }
            for event in events(opened.predicate, opened.names, found.ended)
        ],
        "controls": [_control(control, opened.names) for control in opened.predicate.controls],
        "outcome": _outcome(found.ended),
        "review": _review(found.reviewed),
    }


def _outcome(ended: Ended | None) -> dict[str, Any] | None:
    if ended is None:
        return None
    return {
        "outcome": ended.record.outcome.value,
        "at": format_time(ended.record.at),
        "index": ended.index,
        "records": ended.count,
    }


def _review(reviewed: Reviewed | None) -> dict[str, Any] | None:
    if reviewed is None:
        return None
    return {
        "outcome": review_outcome(reviewed),
        "at": format_time(reviewed.record.at),
        "index": reviewed.index,
    }


def _predicate(found: Dossier) -> Any:
    if found.opened is not None:
        return codec.write(found.opened.predicate)
    if isinstance(found.record, UnknownRecord):
        return {"type": found.record.predicate_type}
    return codec.write(found.record.predicate)


def _control(control: ControlPart, names: Names) -> Mapping[str, Any]:
    """A control in words; code and arguments stand in the predicate."""
    return {
        "id": control.id,
        "level": control.level.value,
        "outcome": control.outcome.value,
        "expected": sentence(control.expected, names),
        "observed": sentence(control.observed, names),
        "criteria": list(criteria_of(control.id)),
        "attributes": list(LETTERS.get(control.id, ())),
    }


def criteria_of(control: str) -> tuple[str, ...]:
    """The frameworks' clauses that a control serves, as this version of gate has it."""
    from gate.controls.registry import by_id

    try:
        return by_id(control).criteria
    except KeyError:  # a control of another version
        return ()


def _artifacts(record: Record) -> Mapping[str, str]:
    if isinstance(record, DecisionRecord | OutcomeRecord | ReviewRecord):
        return {artifact.name: artifact.sha256 for artifact in record.artifacts}
    return {}


def _labels(names: Names) -> Mapping[str, str]:
    if names.disclosure is None:
        return {}
    return {
        label: names.person(label) if label.startswith("p") else names.text(label)
        for label in names.disclosure.openings
    }
