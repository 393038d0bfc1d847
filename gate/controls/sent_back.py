"""Which approvals of a ticket still stand, where it was sent back since some were given.

Pure. Ticket systems keep what an approver decided when somebody moves the ticket to a status in
which it must not be deployed; and whoever may move it there may often move it on again. So an
approval that is not surely younger than the ticket's last way back approves nothing: what was
approved was taken back, whoever did so. An approval that is the move into the present status is
younger than every other move, whatever the clocks tell.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gate.controls.control import Finding, say, together, unavailable, undetermined
from gate.frozen import dataclass
from gate.model import Approval, ChangeRequest, Message, Problem, SentBack, Verdict

_MOVE = "transition:"  # the source of approvals that are the move into the present status


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket whose approvals still stand; objections and what is pending are left as they are.

    ``since`` is when it was sent back, where that took approvals away, ``voided`` how many.
    ``unclear``: why more may stand.
    """

    ticket: ChangeRequest
    since: datetime | None = None
    voided: int = 0
    unclear: Finding | None = None


def still_standing(ticket: ChangeRequest) -> Standing:
    """The ticket without the approvals from before it was sent back."""
    if isinstance(ticket.approvals, Problem) or ticket.sent_back is None:
        return Standing(ticket)
    given = tuple(each for each in ticket.approvals if _can_fall(each))
    if not given:
        return Standing(ticket)
    back = ticket.sent_back
    if isinstance(back, Problem):
        return Standing(_without(ticket, given), unclear=unavailable(back))
    fallen = tuple(each for each in given if not _is_younger(each, back))
    voided = tuple(each for each in fallen if _is_older(each, back))
    return Standing(
        _without(ticket, fallen),
        since=back.at if voided else None,
        voided=len(voided),
        unclear=_unclear(ticket, back) if len(voided) < len(fallen) else None,
    )


def fell(place: str, count: int, since: datetime) -> Message:
    """That approvals fell, for what a control has seen."""
    return say(
        "approved.sent-back",
        "Void are {fallen} from before {sent} was sent back at {since}.",
        fallen=count,
        sent=place,
        since=since,
    )


def anew(ask: Message, place: str, since: datetime) -> Message:
    """The remedy where approvals fell: who has to approve, and that it has to be anew."""
    why = say(
        "approval.anew.remedy",
        "What was given before {since}, when {sent} was sent back, is void. Where it only passed"
        " through a status on its way to being deployed, list that status in deployable.",
        sent=place,
        since=since,
    )
    return together([ask, why])


def _can_fall(approval: Approval) -> bool:
    return approval.verdict is Verdict.APPROVED and not approval.source.startswith(_MOVE)


def _is_younger(approval: Approval, back: SentBack) -> bool:
    """Surely given after the ticket went back: what happened in one moment is not.

    A step that began as the ticket went back was answered after that.
    """
    if not approval.latest_possible:
        return approval.decided_at is not None and approval.decided_at > back.at
    return approval.not_before is not None and approval.not_before >= back.at


def _is_older(approval: Approval, back: SentBack) -> bool:
    at = approval.decided_at
    return not back.latest_possible and at is not None and at <= back.at


def _without(ticket: ChangeRequest, fallen: tuple[Approval, ...]) -> ChangeRequest:
    if isinstance(ticket.approvals, Problem):
        return ticket
    left = tuple(each for each in ticket.approvals if each not in fallen)
    return replace(ticket, approvals=left)


def _unclear(ticket: ChangeRequest, back: SentBack) -> Finding:
    if back.latest_possible:
        return undetermined(
            say(
                "approval.sent-back-unknown",
                "{system} shows gate's account no whole history of {ticket}: it may have been sent"
                " back as late as {at}, after it was approved.",
                system=ticket.system,
                ticket=ticket.key,
                at=back.at,
            ),
            say(
                "approval.sent-back-unknown.remedy",
                "Let gate's account read the history of {ticket} (see gate doctor), or have it"
                " approved anew and not touched since.",
                ticket=ticket.key,
            ),
        )
    return undetermined(
        say(
            "approval.sent-back-unclear",
            "{ticket} was sent back at {at}: whether it was approved after that cannot be told.",
            ticket=ticket.key,
            at=back.at,
        ),
        say(
            "approval.sent-back-unclear.remedy",
            "Have {ticket} approved anew, in a step that begins now.",
            ticket=ticket.key,
        ),
    )
