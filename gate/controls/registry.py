"""All controls, in the order in which they are judged, shown and recorded."""

from __future__ import annotations

from gate.controls import (
    approval_covers_change,
    approval_predates_deployment,
    approved,
    approver_independent,
    clock_sane,
    commit_on_release_ref,
    emergency_reviewed,
    peer_reviewed,
    policy_pinned,
    rollback_plan,
    test_plan,
    ticket_covers_change,
    ticket_exists,
    ticket_given,
    ticket_not_reused,
    ticket_open,
    ticket_predates_deployment,
)
from gate.controls.control import Control

CONTROLS: tuple[Control, ...] = (
    ticket_given.CONTROL,
    ticket_exists.CONTROL,
    ticket_open.CONTROL,
    ticket_predates_deployment.CONTROL,
    ticket_covers_change.CONTROL,
    approved.CONTROL,
    approval_predates_deployment.CONTROL,
    approver_independent.CONTROL,
    approval_covers_change.CONTROL,
    commit_on_release_ref.CONTROL,
    ticket_not_reused.CONTROL,
    peer_reviewed.CONTROL,
    rollback_plan.CONTROL,
    test_plan.CONTROL,
    clock_sane.CONTROL,
    policy_pinned.CONTROL,
    emergency_reviewed.CONTROL,
)

_BY_ID = {control.id: control for control in CONTROLS}


def by_id(control: str) -> Control:
    """The control of that id. Raises ``KeyError`` where there is none."""
    return _BY_ID[control]
