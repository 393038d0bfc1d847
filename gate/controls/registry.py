"""All controls, in the order in which they are judged, shown and recorded."""

from __future__ import annotations

from gate.controls import (
    approval_covers_change,
    approval_predates_deployment,
    approved,
    approver_independent,
    change_linked,
    change_window,
    clock_sane,
    commit_on_release_ref,
    deployer_authorised,
    emergency_reviewed,
    freeze,
    merge_matches_review,
    peer_reviewed,
    policy_pinned,
    rollback_plan,
    test_plan,
    tested_before,
    ticket_covers_change,
    ticket_exists,
    ticket_given,
    ticket_not_backdated,
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
    ticket_not_backdated.CONTROL,
    ticket_covers_change.CONTROL,
    approved.CONTROL,
    approval_predates_deployment.CONTROL,
    approver_independent.CONTROL,
    approval_covers_change.CONTROL,
    commit_on_release_ref.CONTROL,
    change_linked.CONTROL,
    ticket_not_reused.CONTROL,
    peer_reviewed.CONTROL,
    merge_matches_review.CONTROL,
    tested_before.CONTROL,
    rollback_plan.CONTROL,
    test_plan.CONTROL,
    change_window.CONTROL,
    freeze.CONTROL,
    deployer_authorised.CONTROL,
    clock_sane.CONTROL,
    policy_pinned.CONTROL,
    emergency_reviewed.CONTROL,
)

_BY_ID = {control.id: control for control in CONTROLS}


def by_id(control: str) -> Control:
    """The control of that id. Raises ``KeyError`` where there is none."""
    return _BY_ID[control]
