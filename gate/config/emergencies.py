"""``emergency`` of an environment: what may be waived, by whom, and until when it is reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from gate.config import grammar
from gate.config.levels import CONTROL_IDS, INTEGRITY_IDS, LATER_IDS
from gate.config.people import known_name
from gate.config.reader import Table, join, kind_of, nearest, not_built, shown, wrong
from gate.config.types import EmergencyRules, PersonEntry

REVIEWED = "emergency-reviewed"
NEVER_WAIVED = frozenset((*INTEGRITY_IDS, REVIEWED))
_LEAST, _MOST = timedelta(minutes=5), timedelta(days=14)


def read_emergency(
    table: Table, people: tuple[PersonEntry, ...], groups: Mapping[str, tuple[str, ...]]
) -> EmergencyRules | None:
    """The rules for emergencies of an environment's table; None where it has none."""
    if not table.has("emergency"):
        return None
    rules = table.table("emergency")
    rules.only(("waives", "review_within", "by", "offline"))
    by = rules.texts("by")
    names = {person.name for person in people} | set(groups)
    for position, name in enumerate(by):
        known_name(name, names, join(rules.at("by"), position))
    within = grammar.duration(rules.text("review_within", "24h"), rules.at("review_within"))
    if not _LEAST <= within <= _MOST:
        raise wrong(rules.at("review_within"), "must be from 5m to 14d")
    return EmergencyRules(_waives(rules), within, by, _offline(rules))


def _waives(rules: Table) -> tuple[str, ...]:
    """Ids of controls that an emergency may do without: never one of integrity."""
    waives = rules.texts("waives")
    for position, control in enumerate(waives):
        path = join(rules.at("waives"), position)
        if control in LATER_IDS:
            raise not_built(path, "this control")
        if control not in CONTROL_IDS:
            raise wrong(path, f"unknown control {shown(control)}{nearest(control, CONTROL_IDS)}")
        if control in NEVER_WAIVED:
            what = "an integrity control" if control in INTEGRITY_IDS else "the duty to review"
            raise wrong(path, f"no emergency waives {what} ({control})", "leave it out")
    return waives


def _offline(rules: Table) -> bool:
    value = rules.values.get("offline", False)
    if type(value) is not bool:
        raise wrong(rules.at("offline"), f"expected true or false, found {kind_of(value)}")
    return value
