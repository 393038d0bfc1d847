"""What labels of an issue say, on whatever forge: who approved by one, and who objects.

A label approves for whoever put it on last, while nobody took it off since. An objection stands
until whoever put it on takes it off: so one that others took off is put on again by its giver, and
off. Forges give each event with its actor and time, and let nobody take one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gate.frozen import dataclass
from gate.model import Account, AccountKind, Approval, Verdict


@dataclass(frozen=True, slots=True)
class Labelling:
    """A label was put on (or taken off). ``by_app``: an app did it, if in somebody's name."""

    id: str
    at: datetime
    actor: Account | None
    label: str
    is_on: bool
    by_app: bool = False


def leave_on(events: Sequence[Labelling]) -> bool:
    """Whether the events of one label, oldest first, leave it on."""
    return bool(events) and events[-1].is_on


def approvals_of(name: str, events: Sequence[Labelling]) -> tuple[Approval, ...]:
    """What the events of one label, oldest first, approve: at most once."""
    if not leave_on(events):
        return ()
    last = events[-1]
    giver = approver(last.actor, by_app=last.by_app)
    return (Approval(giver, Verdict.APPROVED, last.at, f"label:{name}", last.id),)


def objections_of(name: str, events: Iterable[Labelling]) -> tuple[Approval, ...]:
    """Who objects by the events of one label, oldest first."""
    standing: dict[str, Labelling] = {}
    for event in events:
        # One of a deleted account is told apart by its own id: nobody can take it off.
        giver = event.actor.key if event.actor else f"#{event.id}"
        if event.is_on:
            standing[giver] = event
        else:
            standing.pop(giver, None)
    return tuple(
        Approval(event.actor, Verdict.DECLINED, event.at, f"label:{name}", event.id)
        for event in standing.values()
    )


def approver(account: Account | None, *, by_app: bool) -> Account | None:
    """What an app does in somebody's name is the app's."""
    return replace(account, kind=AccountKind.APP) if account and by_app else account
