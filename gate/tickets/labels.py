"""What labels of an issue say, on whatever forge: who approved by one, and who objects.

A label approves for whoever put it on last, while nobody took it off since; one that came with the
opening of the issue does not, since a template may have put it on for whoever used it. An objection
stands until whoever put it on takes it off: so one that others took off is put on again by its
giver, and off. Forges give each event with its actor and time, and let nobody take one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from gate.frozen import dataclass
from gate.model import Account, AccountKind, Approval, Verdict

# What a template or a form puts on comes with the opening, if a little after.
WITH_OPENING = timedelta(minutes=1)


class Opened(Protocol):
    """An issue, as far as it matters here."""

    @property
    def created_at(self) -> datetime:
        """When it was opened."""

    @property
    def author(self) -> Account | None:
        """Who opened it; None for an account that was deleted."""


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


def approvals_of(name: str, events: Sequence[Labelling], issue: Opened) -> tuple[Approval, ...]:
    """What the events of one label, oldest first, approve: at most once."""
    if not leave_on(events):
        return ()
    last = events[-1]
    if last.actor == issue.author and last.at <= issue.created_at + WITH_OPENING:
        return ()
    giver = approver(last.actor, by_app=last.by_app)
    return (Approval(giver, Verdict.APPROVED, last.at, f"label:{name}", last.id),)


def objections_of(name: str, events: Iterable[Labelling]) -> tuple[Approval, ...]:
    """Who objects by the events of one label, oldest first. No app withdraws for a person."""
    standing: dict[str, Labelling] = {}
    for event in events:
        # One of a deleted account is told apart by its own id: nobody can take it off.
        giver = event.actor.key if event.actor else f"#{event.id}"
        if event.is_on:
            standing[giver] = event
        elif event.actor and approver(event.actor, by_app=event.by_app) == event.actor:
            standing.pop(giver, None)
    return tuple(
        Approval(event.actor, Verdict.DECLINED, event.at, f"label:{name}", event.id)
        for event in standing.values()
    )


def standing_since(time: datetime | None, given: Iterable[Approval]) -> list[Approval]:
    """The approvals that are not from before a time; all where there is none."""
    if time is None:
        return list(given)
    return [each for each in given if each.decided_at is not None and each.decided_at >= time]


def approver(account: Account | None, *, by_app: bool) -> Account | None:
    """What an app does in somebody's name is the app's."""
    return replace(account, kind=AccountKind.APP) if account and by_app else account
