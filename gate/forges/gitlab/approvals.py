"""Who let a pipeline's deployment into GitLab's environment, each with their time.

By ``GET …/deployments``, for which of them are this pipeline's, and ``GET …/deployments/:id``,
which alone tells approvals. They are of the deployment of the very job that runs gate; where that
job deploys nothing itself, of the pipeline's newest deployment that still waits for its job. What
an earlier job of the pipeline deployed, before somebody retried it, has approvals of its own, which
do not count for this one; a rejection there stands all the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.pages import every_page
from gate.forges.talk import Ask, Flow, all_of, incomplete
from gate.frozen import dataclass
from gate.http.document import Document
from gate.http.gitlab import account
from gate.model import Account, Approval, Maybe, Problem, Run, Verdict

SOURCE = "environment"
_VERDICTS = {"approved": Verdict.APPROVED, "rejected": Verdict.DECLINED}
_WAITING = frozenset({"created", "blocked"})  # statuses of what no job has begun to deploy
_EARLIER = timedelta(seconds=1)  # whether GitLab's "after" has the moment itself is not documented


@dataclass(frozen=True, slots=True)
class Listed:
    """A deployment as the list has it, with the job and the pipeline that it is of, "" for none."""

    number: int
    environment: str
    status: str
    job: str
    pipeline: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's decision; ``account`` is None for a deleted one."""

    account: Account | None
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A deployment by itself: its commit and decisions, None where this GitLab has none to tell."""

    number: int
    commit: str
    decisions: tuple[Decision, ...] | None


def decided(source: Asking, run: Run, environment: str) -> Flow[Maybe[tuple[Approval, ...]]]:
    """What people decided on the pipeline's deployment to ``environment``, oldest first."""
    since = (run.created_at - _EARLIER).strftime("%Y-%m-%dT%H:%M:%SZ")
    ask = source.at("deployments").but(
        environment=environment, updated_after=since, order_by="updated_at", sort="asc"
    )
    rows = yield from every_page(source.talk, ask, listed)
    if isinstance(rows, Problem):
        return rows
    ours = [row for row in rows if row.environment == environment and row.pipeline == run.id]
    asks = [source.at("deployments", row.number) for row in ours]
    wholes = yield from all_of([source.talk.one(each, whole) for each in asks])
    found: list[Decided] = []
    for each_ask, each in zip(asks, wholes, strict=True):
        if isinstance(each, Problem):
            return each
        problem = _problem(each_ask, each)
        if problem is not None:
            return problem
        found.append(each)
    return _standing(found, _of_this_job(ours, str(run.attempt)))


def _problem(ask: Ask, each: Decided) -> Problem | None:
    if each.decisions is None:
        return incomplete(
            ask,
            "GitLab does not tell who approved the deployment",
            "approvals of deployments need GitLab Premium: have the change request approved, and"
            " take environment out of approvals.sources",
        )
    if any(one.status not in _VERDICTS for one in each.decisions):
        return incomplete(ask, "a decision has a status that gate does not know", "upgrade gate")
    return None


def _of_this_job(ours: list[Listed], job: str) -> frozenset[int]:
    """The numbers of the deployments whose approvals are of what is deployed now."""
    own = frozenset(row.number for row in ours if row.job == job)
    newest = max(ours, key=lambda row: row.number, default=None)
    if own or newest is None or newest.status not in _WAITING:
        return own
    return frozenset({newest.number})


def _standing(found: list[Decided], counted: frozenset[int]) -> tuple[Approval, ...]:
    """The approvals of what counts, and every rejection that its giver has not withdrawn."""
    all_of_them = [
        (one, each) for each in found for one in each.decisions or () if one.status in _VERDICTS
    ]
    approved = [
        (one, each)
        for one, each in all_of_them
        if _VERDICTS[one.status] is Verdict.APPROVED and each.number in counted
    ]
    rejected = [
        (one, each)
        for one, each in all_of_them
        if _VERDICTS[one.status] is Verdict.DECLINED
        and not any(_withdraws(later, one) for later, _ in approved)
    ]
    decisions = sorted([*approved, *rejected], key=lambda pair: pair[0].at)
    return tuple(_approval(one, each) for one, each in decisions)


def _withdraws(later: Decision, rejection: Decision) -> bool:
    return (
        later.account is not None and later.account == rejection.account and later.at > rejection.at
    )


def _approval(one: Decision, each: Decided) -> Approval:
    return Approval(
        account=one.account,
        verdict=_VERDICTS[one.status],
        decided_at=one.at,
        source=SOURCE,
        id=str(each.number),
        commit=each.commit,
    )


def listed(row: Document) -> Listed:
    """A row of ``GET …/deployments``."""
    job = row.find("deployable")
    pipeline = job.find("pipeline") if job else None
    return Listed(
        number=row["id"].integer(),
        environment=row["environment"]["name"].text(),
        status=row["status"].text(),
        job=job["id"].identifier() if job else "",
        pipeline=pipeline["id"].identifier() if pipeline else "",
    )


def whole(row: Document) -> Decided:
    """``GET …/deployments/:id``."""
    given = row.find("approvals")
    return Decided(
        number=row["id"].integer(),
        commit=row["sha"].commit_id(),
        decisions=None if given is None else tuple(_decision(each) for each in given.each()),
    )


def _decision(given: Document) -> Decision:
    user = given.find("user")
    return Decision(
        account=None if user is None else account(user),
        status=given["status"].text(),
        at=given["created_at"].time(),
    )
