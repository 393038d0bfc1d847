"""Which controls a policy may set, and which it may not weaken.

The controls themselves stand above the configuration and are not imported here; a test holds these
names against their registry.
"""

from __future__ import annotations

from gate.config.reader import Table, as_text, nearest, not_built, one_of, wrong
from gate.config.types import Environment
from gate.model import Level

CONTROL_IDS = (
    "ticket-given",
    "ticket-exists",
    "ticket-open",
    "ticket-predates-deployment",
    "ticket-not-backdated",
    "ticket-covers-change",
    "approved",
    "approval-predates-deployment",
    "approver-independent",
    "approval-covers-change",
    "commit-on-release-ref",
    "change-linked",
    "ticket-not-reused",
    "peer-reviewed",
    "merge-matches-review",
    "tested-before",
    "rollback-plan",
    "test-plan",
    "change-window",
    "freeze",
    "deployer-authorised",
    "clock-sane",
    "policy-pinned",
    "emergency-reviewed",
)
INTEGRITY_IDS = (
    "ticket-given",
    "ticket-exists",
    "approver-independent",
    "clock-sane",
    "policy-pinned",
)
LATER_IDS: tuple[str, ...] = ()


def read_levels(table: Table) -> dict[str, Level]:
    """The levels that a policy sets, by control id."""
    levels = {}
    for control, value in table.values.items():
        path = table.at(control)
        if control in LATER_IDS:
            raise not_built(path, "this control")
        if control not in CONTROL_IDS:
            raise wrong(path, f"unknown control{nearest(control, CONTROL_IDS)}")
        level = Level(one_of(as_text(value, path), tuple(Level), path))
        if control in INTEGRITY_IDS and level is not Level.REQUIRE:
            raise wrong(
                path,
                f'an integrity control cannot be set to "{level}"',
                'leave it out, or write "require"',
            )
        levels[control] = level
    return levels


def require_settings(environment: Environment, table: Table) -> None:
    """Refuse a control that is asked for where the setting that it goes by is missing.

    ``table`` is the environment's. Without the setting nothing would be judged, or nothing pass.
    """
    settings = {
        "tested-before": ("after", environment.after),
        "deployer-authorised": ("deployers", environment.deployers),
    }
    for control, (key, value) in settings.items():
        asked = environment.controls.get(control, Level.OFF)
        if asked is not Level.OFF and not value:
            raise wrong(table.table("controls").at(control), f"needs {key}, which is missing")
