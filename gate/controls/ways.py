"""How a ticket is approved, in words for whoever is to do it."""

from __future__ import annotations

from collections.abc import Mapping

from gate.config.types import ApprovalPlace, Policy
from gate.model import ChangeRequest, Facts


def ways_to_approve(facts: Facts, policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """By key of each ticket that was read, the labels and commands that approve it.

    None where its system has a form for it: there whoever may approve is asked by that.
    """
    read = [one.result for one in facts.tickets if isinstance(one.result, ChangeRequest)]
    return {
        ticket.key: tuple(
            _told(place)
            for place in getattr(policy.tickets.get(ticket.system), "approvals", ())
            if isinstance(place, ApprovalPlace) and place.kind in {"label", "comment"}
        )
        for ticket in read
    }


def _told(place: ApprovalPlace) -> str:
    if place.kind == "label":
        return f'the label "{place.name}" (taken off first where it is on)'
    return f'a comment that is "{place.name}" and nothing else'
