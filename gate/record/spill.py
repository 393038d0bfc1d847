"""Keeping a record short: what is too long for it stands in the evidence bundle alone.

The rule, so that everyone spills the same: while the statement is longer than ``ROOM`` bytes, the
longest of the parts below (by canonical JSON; of equals the first in this order) is replaced by
``{"spilled":{"count":<its length>,"sha256":"<of its canonical JSON>"}}``; parts of 200 bytes or
less stay. The parts are: ``tickets``, ``deployedBefore``, ``labels``, the ``commits``,
``pullRequests`` and ``directPushes`` of ``change``, and the ``args`` of each control's ``expected``
and ``observed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.record.canonical import digest_of, encode
from gate.record.dsse import MAX_PAYLOAD
from gate.record.errors import AlteredError
from gate.record.predicates import Spilled

# What a record that replaces another one adds to it fits into the rest.
ROOM = MAX_PAYLOAD - 1_000
_STAYS = 200


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that may spill: where it hangs, its JSON path, and the object that holds it."""

    path: str
    holder: dict[str, Any]
    key: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def _parts(predicate: dict[str, Any]) -> Iterator[_Part]:
    for key in ("tickets", "deployedBefore", "labels"):
        yield _Part(key, predicate, key)
    change = predicate["change"]
    if "problem" not in change:
        for key in ("commits", "pullRequests", "directPushes"):
            yield _Part(f"change.{key}", change, key)
    for number, control in enumerate(predicate["controls"]):
        for key in ("expected", "observed"):
            yield _Part(f"controls[{number}].{key}.args", control[key], "args")


def _placeholder(value: Any) -> dict[str, Any]:
    digest = digest_of(encode(value))
    return {Spilled.TAG: {"count": len(value), "sha256": digest}}


def _is_spilled(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {Spilled.TAG}


def _may_spill(part: _Part) -> bool:
    value = part.value
    return not (isinstance(value, dict) and value.keys() <= {Spilled.TAG, "problem"})


def spill(statement: dict[str, Any], room: int = ROOM) -> None:
    """Shorten a decision's statement in place to ``room`` bytes by the rule.

    Raises UsageError where what must stay in a record (tickets' ids, artifacts) is too long.
    """
    excess = len(encode(statement)) - room
    if excess <= 0:
        return
    parts = [(len(encode(p.value)), p) for p in _parts(statement["predicate"]) if _may_spill(p)]
    for size, part in sorted(parts, key=lambda item: -item[0]):
        if excess <= 0 or size <= _STAYS:
            break
        part.holder[part.key] = _placeholder(part.value)
        excess = len(encode(statement)) - room
    if excess > 0:
        raise UsageError(
            f"the record would be {excess} bytes too long for the log",
            remedy="deploy fewer change requests or artifacts at once",
        )


def restore(predicate: dict[str, Any], full: dict[str, Any]) -> None:
    """Put the spilled parts of ``predicate`` back from ``full``, the evidence bundle's copy.

    Raises AlteredError, which names the place, where the two do not fit.
    """
    originals = {part.path: part.value for part in _parts(full)}
    for part in list(_parts(predicate)):
        if not _is_spilled(part.value):
            continue
        original = originals.get(part.path)
        if original is None or _placeholder(original) != part.value:
            raise AlteredError(f"evidence: {part.path} is not what the record names by digest")
        part.holder[part.key] = original
    for key, value in full.items():
        if predicate.get(key) != value:
            raise AlteredError(f"evidence: {key} is not what the record says")
