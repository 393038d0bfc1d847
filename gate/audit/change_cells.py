"""The columns that tell of the code that a decision was about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gate.audit.cells import NOT_MERGED, UNKNOWN, absent, given_by
from gate.model import Verdict
from gate.record.predicates import (
    ApprovalPart,
    ChangePart,
    DecisionPredicate,
    PullRequestPart,
    PushPart,
    Spilled,
    Unknown,
)
from gate.record.times import format_time


@dataclass(frozen=True, slots=True)
class BaseCells:
    """Where the judged range starts."""

    commit: str
    kind: str
    index: str


def base(predicate: DecisionPredicate) -> BaseCells:
    """Commit ("" for a first deployment), kind, and index of the record that proves it."""
    change = predicate.change
    if isinstance(change, Unknown):
        return BaseCells(UNKNOWN, UNKNOWN, UNKNOWN)
    start = change.base
    index = "" if start.index is None else str(start.index)
    return BaseCells(start.commit or "", start.kind.value, index)


def makers(predicate: DecisionPredicate) -> Iterator[str | None]:
    """The makers of the change as recorded, the ticket's authors apart.

    Author, committer and co-authors that git names for each commit, and its verified signer, but
    for commits that the forge wrote itself when it merged; the same of each pull request's own
    commits, which a squash or rebase leaves out of the range; pushers; authors of pull requests,
    and of those whose work is in them.
    """
    change = predicate.change
    if isinstance(change, Unknown):
        yield UNKNOWN
        return
    yield from _commit_makers(change)
    for pull in _pulls(change):
        if isinstance(pull, str):
            yield pull
        else:
            yield from (label or UNKNOWN for label in (pull.author, *pull.others))
            yield from _own_makers(pull)
    for push in _pushes(change):
        yield push if isinstance(push, str) else push.person or UNKNOWN


def last_push_at(predicate: DecisionPredicate) -> str:
    """The newest push that brought the change; why it is not known, if one may be missing."""
    change = predicate.change
    if isinstance(change, Unknown):
        return UNKNOWN
    pushes = tuple(_pushes(change))
    missing = [push for push in pushes if isinstance(push, str)]
    if missing:
        return missing[0]
    times = [push.at for push in pushes if isinstance(push, PushPart)]
    return format_time(max(times)) if times else ""


def merged_at(predicate: DecisionPredicate) -> tuple[str, ...]:
    """When each pull request was merged."""
    return tuple(
        pull
        if isinstance(pull, str)
        else NOT_MERGED
        if pull.merged_at is None
        else format_time(pull.merged_at)
        for pull in _pull_requests(predicate)
    )


def reviews(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who approved the pull requests, and when: each one's latest decisive review."""
    return _reviewed(predicate, Verdict.APPROVED)


def objections(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who asked for changes in a pull request, and when."""
    return _reviewed(predicate, Verdict.DECLINED)


def _reviewed(predicate: DecisionPredicate, verdict: Verdict) -> Iterator[tuple[str, str]]:
    for pull in _pull_requests(predicate):
        if isinstance(pull, str):
            yield pull, pull
        elif isinstance(pull.reviews, Unknown):
            yield UNKNOWN, UNKNOWN
        else:
            given: tuple[ApprovalPart, ...] = pull.reviews
            yield from (given_by(one) for one in given if one.verdict is verdict)


def _commit_makers(change: ChangePart) -> Iterator[str | None]:
    if isinstance(change.commits, Unknown | Spilled):
        yield absent(change.commits)
        return
    for commit in change.commits:
        if not commit.merged_by_forge:
            yield from (commit.author, commit.committer, *commit.co_authors, commit.signer)


def _own_makers(pull: PullRequestPart) -> Iterator[str | None]:
    if isinstance(pull.commits, Unknown):
        yield UNKNOWN
        return
    for commit in pull.commits:
        yield from (commit.author, commit.committer, *commit.co_authors, commit.signer)


def _pull_requests(predicate: DecisionPredicate) -> Iterator[PullRequestPart | str]:
    if isinstance(predicate.change, Unknown):
        yield UNKNOWN
    else:
        yield from _pulls(predicate.change)


def _pulls(change: ChangePart) -> Iterator[PullRequestPart | str]:
    if isinstance(change.pull_requests, Unknown | Spilled):
        yield absent(change.pull_requests)
    else:
        yield from change.pull_requests


def _pushes(change: ChangePart) -> Iterator[PushPart | str]:
    """Every push that brought the change, to pull requests and directly."""
    for pull in _pulls(change):
        if isinstance(pull, str):
            yield pull
        elif isinstance(pull.pushes, Unknown):
            yield UNKNOWN
        else:
            yield from pull.pushes
    if isinstance(change.direct_pushes, Unknown | Spilled):
        yield absent(change.direct_pushes)
    else:
        yield from change.direct_pushes
