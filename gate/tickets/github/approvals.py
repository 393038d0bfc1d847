"""Who approved an issue, and who objects, by each place that the policy names.

A label approves for whoever put it on last, while nobody took it off since. A comment approves if
it is the command and nothing else, and was never edited: whoever may write to the repository may
edit everybody's comments. An objection is a label only, since a comment can be deleted without a
trace of what it said; it stands until whoever put it on takes it off.
"""

from __future__ import annotations

from dataclasses import replace

from gate.config.types import GitHubIssueSettings
from gate.model import Account, AccountKind, Approval, Verdict
from gate.tickets.github.client import IncompleteError
from gate.tickets.github.edits import Edits
from gate.tickets.github.issue import Issue
from gate.tickets.github.timeline import Labelling, Timeline, check_label


def parse_approvals(
    settings: GitHubIssueSettings, issue: Issue, timeline: Timeline, edits: Edits
) -> tuple[Approval, ...]:
    """All approvals and objections; raises IncompleteError where they are not provably all."""
    given: list[Approval] = []
    for place in settings.approvals:
        if place.kind == "label":
            check_label(place.name, timeline, issue)
            given += _by_label(place.name, timeline)
        else:
            given += _by_comment(place.name, timeline, edits)
    for name in settings.objections:
        check_label(name, timeline, issue)
        given += _objections(name, timeline)
    return tuple(given)


def _by_label(name: str, timeline: Timeline) -> tuple[Approval, ...]:
    events = timeline.of_label(name)
    if not events or not events[-1].is_on:
        return ()
    last = events[-1]
    giver = _approver(last.actor, by_app=last.by_app)
    return (Approval(giver, Verdict.APPROVED, last.at, f"label:{name}", last.id),)


def _by_comment(command: str, timeline: Timeline, edits: Edits) -> tuple[Approval, ...]:
    edited = dict(edits.comments)
    approvals = []
    for remark in timeline.remarks:
        if remark.text.strip() != command or remark.updated_at != remark.at:
            continue
        if remark.id not in edited:
            raise IncompleteError("GitHub does not tell whether a comment that approves was edited")
        if not edited[remark.id]:
            giver = _approver(remark.author, by_app=remark.by_app)
            source = f"comment:{command}"
            approvals.append(Approval(giver, Verdict.APPROVED, remark.at, source, remark.id))
    return tuple(approvals)


def _objections(name: str, timeline: Timeline) -> tuple[Approval, ...]:
    standing: dict[str, Labelling] = {}
    for event in timeline.of_label(name):
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


def _approver(account: Account | None, *, by_app: bool) -> Account | None:
    """What an app does in somebody's name is the app's."""
    return replace(account, kind=AccountKind.APP) if account and by_app else account
