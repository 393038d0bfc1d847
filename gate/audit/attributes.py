"""Which attributes of a change test a control answers: letters of ``docs/audit/attributes.md``.

The letters are those of a common worksheet for changes; the one place of this mapping is here. A
control without a letter serves the others (``policy-pinned``), or is a rule beside them
(``freeze``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "A": "A ticket exists and is tied to the deployment",
        "B": "The change is described: what, why, scope",
        "C": "The ticket was created before the deployment began",
        "D": "Approved before the deployment",
        "E": "The approver was authorised, and neither author, requester nor deployer",
        "F": "Peer review by another, after the last commit",
        "G": "Tested outside production first",
        "H": "A way back is planned",
        "I": "Impact and risk were assessed",
        "J": "What was deployed is what was approved",
        "K": "The deployer had the right, and used the pipeline",
        "L": "The outcome is recorded and was checked",
        "M": "Emergencies have a reason, and approval and review in time",
        "N": "The record is unaltered and kept",
    }
)

LETTERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ticket-given": ("A",),
        "ticket-exists": ("A",),
        "ticket-open": ("D",),
        "ticket-predates-deployment": ("C",),
        "ticket-not-backdated": ("C",),
        "ticket-covers-change": ("A", "J"),
        "approved": ("D", "E"),
        "approval-predates-deployment": ("D",),
        "approver-independent": ("E",),
        "approval-covers-change": ("D", "J"),
        "commit-on-release-ref": ("J",),
        "change-linked": ("A",),
        "ticket-not-reused": ("A", "J"),
        "peer-reviewed": ("F",),
        "merge-matches-review": ("F", "J"),
        "rollback-plan": ("H",),
        "tested-before": ("G",),
        "test-plan": ("G",),  # that there is a plan; not that anything was tested
        "change-window": ("J",),
        "deployer-authorised": ("K",),
        "clock-sane": ("C", "D"),
        "emergency-reviewed": ("M",),
    }
)
