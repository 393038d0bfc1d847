"""Small decisions and outcomes in great number: real records, with other values in their place.

One decision and one outcome are written by ``gate.record.writing``, as a pipeline would, of values
found nowhere else; where these stand in the bytes, another record has its own. So a template
follows the schema by itself, and is filled in a hundredth of the time that drafting takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from small_world import AT, NUMBERS, REPOSITORY, TEXTS, decision, facts, history

from gate.model import Base, BaseKind, EntryLink, PinState
from gate.record.labels import Labels
from gate.record.predicates import PolicyReference
from gate.record.records import DecisionRecord
from gate.record.statement import parse_statement
from gate.record.writing import decision_statement, outcome_statement

GATE = "0.1.0"
_OUTCOME = '"outcome":"succeeded"'


@dataclass(frozen=True, slots=True)
class Templates:
    """To be filled by ``%`` with a value for each name of ``TEXTS`` and ``NUMBERS``.

    A decision also wants ``label0`` … its commitments, ``labels`` of them; an outcome ``outcome``.
    ``first`` is the first decision of a service and environment, ``later`` any after it.
    """

    first: str
    later: str
    outcome: str
    labels: int


def make_templates() -> Templates:
    """The templates of this version's records."""
    link = EntryLink(NUMBERS["index"], TEXTS["leaf"])
    base = Base(BaseKind.DEPLOYED, TEXTS["before"], NUMBERS["base"])
    first, later = _decision(Base(BaseKind.FIRST, "", None), None), _decision(base, link)
    record = _read(later)
    commitments = record.predicate.labels
    if not isinstance(commitments, Mapping):
        raise TypeError("the labels of a small record were spilled")
    outcome = outcome_statement(
        link, record, "succeeded", at=AT, judged=history(base, link, link), gate_version=GATE
    )
    labels = tuple(commitments.values())
    return Templates(
        first=_template(first, labels),
        later=_template(later, labels),
        outcome=_template(outcome, ()).replace(_OUTCOME, '"outcome":"%(outcome)s"'),
        labels=len(labels),
    )


def _decision(base: Base, newest: EntryLink | None) -> bytes:
    salts = iter(range(256))
    given = facts(base, newest)
    return decision_statement(
        given,
        decision(),
        labels=Labels(lambda account: account.key, salt=lambda: bytes([next(salts)]) * 32),
        repository=REPOSITORY,
        release_refs=("main",),
        policy=PolicyReference("0f" * 32, PinState.PINNED),
        judged=history(base, newest),
        evidence_sha256=TEXTS["evidence"],
        gate_version=GATE,
    )


def _read(payload: bytes) -> DecisionRecord:
    record = parse_statement(payload)
    if not isinstance(record, DecisionRecord):
        raise TypeError("a decision is read back as something else")
    return record


def _template(payload: bytes, labels: tuple[str, ...]) -> str:
    text = payload.decode().replace("%", "%%")
    for name, value in TEXTS.items():
        text = text.replace(value, f"%({name})s")
    for name, number in NUMBERS.items():
        text = text.replace(str(number), f"%({name})d")
    for n, value in enumerate(labels):
        text = text.replace(value, f"%(label{n})s")
    return text
