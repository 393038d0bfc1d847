"""What reviewers decided: the approvals that stand, and the requests for changes.

GitLab does not say which commit an approval was given on. It was given on the newest diff version
that was there before it; a version is written after the push, so an approval of the very moment
counts for the head before.
"""

from __future__ import annotations

from datetime import datetime

from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.parse import Given, Reviewer, SystemNote, Version, given
from gate.forges.rows import PullRow
from gate.forges.talk import Flow, incomplete, side_by_side
from gate.model import Account, Approval, Maybe, Problem, Verdict

APPROVED = "approved this merge request"
REQUESTED = "requested changes"
_OBJECTS = "requested_changes"
_KNOWN = frozenset({"unreviewed", "reviewed", "review_started", "approved", "unapproved", _OBJECTS})


def ask(source: Asking, number: int) -> Flow[None]:
    """Ask early for what ``decisions`` needs."""
    yield from side_by_side(
        _approvals(source, number), source.versions_of(number), source.reviewers_of(number)
    )


def decisions(source: Asking, row: PullRow) -> Flow[Maybe[tuple[Approval, ...]]]:
    """The approvals and objections that stand, each with its time.

    Where GitLab does not tell an approval's time (older versions), its own note on it does.
    """
    approvals, versions, reviewers = yield from side_by_side(
        _approvals(source, row.number),
        source.versions_of(row.number),
        source.reviewers_of(row.number),
    )
    if isinstance(approvals, Problem):
        return approvals
    if isinstance(versions, Problem):
        return versions
    if isinstance(reviewers, Problem):
        return reviewers
    label = source.of_request(row.number, "versions")
    if not versions or versions[0].head != row.head_sha:
        return incomplete(label, "GitLab does not tell when the head was pushed", "run again")
    if any(reviewer.state not in _KNOWN for reviewer in reviewers):
        unknown = source.of_request(row.number, "reviewers")
        return incomplete(unknown, "a review has a state that gate does not know", "upgrade gate")
    objections = [reviewer for reviewer in reviewers if reviewer.state == _OBJECTS]
    notes: tuple[SystemNote, ...] = ()
    if objections or any(one.at is None for one in approvals):
        noted = yield from source.notes_of(row.number)
        if isinstance(noted, Problem):
            return noted
        notes = noted
    decided = [_approval(row, one, notes, versions) for one in approvals]
    if any(approval is None for approval in decided):
        notes_ask = source.of_request(row.number, "notes")
        cause = "GitLab does not tell when somebody approved"
        return incomplete(notes_ask, cause, "have it approved again")
    return (
        *(approval for approval in decided if approval is not None),
        *(_objection(row, one, notes, versions) for one in objections),
    )


def _approvals(source: Asking, number: int) -> Flow[Maybe[tuple[Given, ...]]]:
    request = source.of_request(number, "approvals")
    return source.talk.one(request, lambda d: tuple(given(r) for r in d["approved_by"].each()))


def head_at(versions: tuple[Version, ...], moment: datetime) -> str:
    """The head that was there before a moment, "" for none. Versions come newest first."""
    return next((version.head for version in versions if version.at < moment), "")


def _approval(
    row: PullRow, one: Given, notes: tuple[SystemNote, ...], versions: tuple[Version, ...]
) -> Approval | None:
    at = one.at or _noted(notes, one.account, APPROVED)
    if at is None:
        return None
    return _decision(row, one.account, Verdict.APPROVED, at, versions)


def _objection(
    row: PullRow, one: Reviewer, notes: tuple[SystemNote, ...], versions: tuple[Version, ...]
) -> Approval:
    at = _noted(notes, one.account, REQUESTED) or one.at
    return _decision(row, one.account, Verdict.DECLINED, at, versions)


def _decision(
    row: PullRow,
    account: Account | None,
    verdict: Verdict,
    at: datetime,
    versions: tuple[Version, ...],
) -> Approval:
    return Approval(
        account=account,
        verdict=verdict,
        decided_at=at,
        source="review",
        id=f"{row.number}:{account.key if account else 'deleted'}:{verdict}",
        commit=head_at(versions, at),
    )


def _noted(notes: tuple[SystemNote, ...], account: Account | None, body: str) -> datetime | None:
    """When GitLab last noted that the account did this; of deleted accounts none is known."""
    times = [n.at for n in notes if account and n.account == account and n.body.strip() == body]
    return max(times, default=None)
