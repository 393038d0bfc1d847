"""Whether a decision may yet become another one by approvals alone, so that it is worth waiting.

Pure. Waited for are required controls that fail for nothing but this:

==============================  ==================================================================
``approved``                    too few have approved (of a group), and nobody objects
any control                     no approval counts yet (``approval.none``), or too few of a group
``ticket-open``                 its status does not allow deployment, where approvals are missing
                                too: the step of approval often moves the ticket
==============================  ==================================================================

Anything else that is required and does not pass ends the waiting: an objection, something unknown,
an approval that is late, a maker's own, or older than the last push.
"""

from __future__ import annotations

from gate.controls.control import codes_of
from gate.controls.counted import NO_APPROVAL
from gate.controls.minimum import TOO_FEW_OF_GROUP
from gate.model import ControlResult, Decision, Level, Outcome

MISSING = frozenset(
    {
        *(NO_APPROVAL, "approved.too-few", "approved.others", TOO_FEW_OF_GROUP),
        *("approved.unfinished", "approved.sent-back"),
    }
)
STATUS = "ticket-open.status"


def awaits_approval(decision: Decision) -> bool:
    """Whether nothing but missing approvals stands against the deployment."""
    against = [
        each
        for each in decision.controls
        if each.level is Level.REQUIRE and each.judgement.outcome is not Outcome.PASS
    ]
    missing = [each for each in against if _is_missing(each)]
    return bool(missing) and all(each in missing or _is_status(each) for each in against)


def _is_missing(result: ControlResult) -> bool:
    judgement = result.judgement
    return judgement.outcome is Outcome.FAIL and codes_of(judgement) <= MISSING


def _is_status(result: ControlResult) -> bool:
    judgement = result.judgement
    return judgement.outcome is Outcome.FAIL and codes_of(judgement) == {STATUS}
