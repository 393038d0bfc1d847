"""What reviewers decided: the approvals that stand, and the requests for changes.

A request for changes stands until its giver approves. GitLab forgets it in the reviewer's state as
soon as somebody asks for another review or takes the reviewer away; its own notes do not.

GitLab does not say which commit an approval was given on. It was given on the newest diff version
that was there before it; a version is written after the push, so an approval of the very moment
counts for the head before. Where the request has since been given another target, so that the same
head brings other commits, the approval was of something else.
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
_KNOWN = frozenset(
    {
        *("unreviewed", "reviewed", "review_started", "approved", "unapproved", _OBJECTS),
        "attention_requested",  # of older versions: somebody is waited for
    }
)


def ask(source: Asking, number: int) -> Flow[None]:
    """Ask early for what ``decisions`` needs."""
    yield from _asked(source, number)


def _asked(
    source: Asking, number: int
) -> Flow[
    tuple[
        Maybe[tuple[Given, ...]],
        Maybe[tuple[Version, ...]],
        Maybe[tuple[Reviewer, ...]],
        Maybe[tuple[SystemNote, ...]],
    ]
]:
    (approvals, versions), (reviewers, notes) = yield from side_by_side(
        side_by_side(_approvals(source, number), source.versions_of(number)),
        side_by_side(source.reviewers_of(number), source.notes_of(number)),
    )
    return approvals, versions, reviewers, notes


def decisions(source: Asking, row: PullRow) -> Flow[Maybe[tuple[Approval, ...]]]:
    """The approvals and objections that stand, each with its time.

    Where GitLab does not tell an approval's time (older versions), its own note on it does.
    """
    approvals, versions, reviewers, notes = yield from _asked(source, row.number)
    if isinstance(approvals, Problem):
        return approvals
    if isinstance(versions, Problem):
        return versions
    if isinstance(reviewers, Problem):
        return reviewers
    if isinstance(notes, Problem):
        return notes
    label = source.of_request(row.number, "versions")
    if not versions or versions[0].head != row.head_sha:
        return incomplete(label, "GitLab does not tell when the head was pushed", "run again")
    if any(reviewer.state not in _KNOWN for reviewer in reviewers):
        unknown = source.of_request(row.number, "reviewers")
        return incomplete(unknown, "a review has a state that gate does not know", "upgrade gate")
    decided = [_approval(row, one, notes, versions) for one in approvals]
    if any(approval is None for approval in decided):
        notes_ask = source.of_request(row.number, "notes")
        cause = "GitLab does not tell when somebody approved"
        return incomplete(notes_ask, cause, "have it approved again")
    return (
        *(approval for approval in decided if approval is not None),
        *(
            _decision(row, account, Verdict.DECLINED, at, versions)
            for account, at in objections(reviewers, notes, approvals)
        ),
    )


def _approvals(source: Asking, number: int) -> Flow[Maybe[tuple[Given, ...]]]:
    request = source.of_request(number, "approvals")
    return source.talk.one(request, lambda d: tuple(given(r) for r in d["approved_by"].each()))


def head_at(versions: tuple[Version, ...], moment: datetime) -> str:
    """The head that was there before a moment, "" for none. Versions come newest first.

    None either where it was shown from another commit on than the same head is now.
    """
    seen = next((version for version in versions if version.at < moment), None)
    if seen is None or (seen.head == versions[0].head and seen.base != versions[0].base):
        return ""
    return seen.head


def _approval(
    row: PullRow, one: Given, notes: tuple[SystemNote, ...], versions: tuple[Version, ...]
) -> Approval | None:
    at = one.at or _noted(notes, one.account, APPROVED)
    if at is None:
        return None
    return _decision(row, one.account, Verdict.APPROVED, at, versions)


def objections(
    reviewers: tuple[Reviewer, ...], notes: tuple[SystemNote, ...], approvals: tuple[Given, ...]
) -> tuple[tuple[Account | None, datetime], ...]:
    """Who asked for changes and has not approved since, each with when they last did.

    Of deleted accounts each request stands: nobody can tell who of them approved.
    """
    asked: dict[Account, datetime] = {}
    nameless: list[tuple[None, datetime]] = []
    for note in notes:
        if not note.body.strip().startswith(REQUESTED):
            continue
        if note.account is None:
            nameless.append((None, note.at))
        else:
            asked[note.account] = max(note.at, asked.get(note.account, note.at))
    for reviewer in reviewers:
        if reviewer.state == _OBJECTS and reviewer.account is not None:
            asked.setdefault(reviewer.account, reviewer.at)
        elif reviewer.state == _OBJECTS and not nameless:
            nameless.append((None, reviewer.at))
    objecting = {each.account for each in reviewers if each.state == _OBJECTS}
    standing = [
        (account, at)
        for account, at in asked.items()
        if account in objecting or not _approved_after(account, at, notes, approvals)
    ]
    return (*standing, *nameless)


def _approved_after(
    account: Account, moment: datetime, notes: tuple[SystemNote, ...], approvals: tuple[Given, ...]
) -> bool:
    given = [one.at for one in approvals if one.account == account and one.at is not None]
    noted = _noted(notes, account, APPROVED)
    return any(at > moment for at in (*given, *([noted] if noted else [])))


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
