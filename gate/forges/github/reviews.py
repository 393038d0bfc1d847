"""What reviewers decided: each person's latest word.

An objection stands until its giver withdraws it, not until somebody dismisses it. An approval is of
what the head brought then: with another base the same head brings other commits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gate.forges.github.asking import Asking
from gate.forges.github.parse import Review
from gate.forges.talk import Flow, every_page, incomplete
from gate.frozen import dataclass
from gate.http.document import Document
from gate.model import Approval, Maybe, Problem, Verdict

_VERDICTS = {"APPROVED": Verdict.APPROVED, "CHANGES_REQUESTED": Verdict.DECLINED}
_DECISIVE = frozenset({*_VERDICTS, "DISMISSED"})
_KNOWN = _DECISIVE | {"COMMENTED", "PENDING"}
_REBASED = frozenset(
    {"base_ref_changed", "automatic_base_change_succeeded", "base_ref_force_pushed"}
)


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the timeline; None for what it is no event of.

    ``reviewed``: a review's id. ``dismissed``: one's id, and whether what it said was an objection.
    ``rebased_at``: when the pull request was given another base.
    """

    reviewed: int | None = None
    dismissed: tuple[int, bool] | None = None
    rebased_at: datetime | None = None


def timeline(source: Asking, number: int) -> Flow[Maybe[tuple[Event, ...]]]:
    """What happened to a pull request, as far as it matters to its reviews."""
    return every_page(source.talk, source.at("issues", number, "timeline"), event)


def latest_decisive(reviews: tuple[Review, ...]) -> tuple[Review, ...]:
    """Each person's latest decisive review, by time and then id.

    Of deleted accounts all, since nobody can tell whether they were one person's.
    """
    latest: dict[tuple[str, str], Review] = {}
    timed = [(r.at, r.id, r) for r in reviews if r.state in _DECISIVE and r.at is not None]
    for _, number, review in sorted(timed, key=lambda entry: entry[:2]):
        who = ("", str(number)) if review.account is None else ("github", review.account.key)
        latest[who] = review
    return tuple(latest.values())


def decisions(
    source: Asking, number: int, reviews: Maybe[tuple[Review, ...]]
) -> Flow[Maybe[tuple[Approval, ...]]]:
    """The latest decisions as approvals and objections.

    A dismissed review keeps no trace of what it said; the timeline does. A dismissed approval
    is gone; a dismissed objection stands.
    """
    if isinstance(reviews, Problem):
        return reviews
    label = source.at("pulls", number, "reviews")
    if not all(review.state in _KNOWN for review in reviews):
        return incomplete(label, "a review has a state that gate does not know", "upgrade gate")
    latest = latest_decisive(reviews)
    if not latest:
        return ()
    events = yield from timeline(source, number)
    if isinstance(events, Problem):
        return events
    if not {review.id for review in latest} <= {event.reviewed for event in events}:
        ask = source.at("issues", number, "timeline")
        return incomplete(ask, "the timeline lacks a review", "run again")
    dismissed = {review.id for review in latest if review.state == "DISMISSED"}
    told = dict(event.dismissed for event in events if event.dismissed)
    stands = {review: told[review] for review in dismissed & told.keys()}
    if set(stands) != dismissed:
        cause = "a review was dismissed, and GitHub does not tell what it had said"
        return incomplete(label, cause, "have its giver review again")
    rebased_at = _last_rebased(events)
    return tuple(
        _of_base(
            _approval(review, Verdict.DECLINED if review.id in stands else _VERDICTS[review.state]),
            rebased_at,
        )
        for review in latest
        if stands.get(review.id, True)
    )


def retargeted(source: Asking, number: int) -> Flow[Maybe[datetime | None]]:
    """When the pull request was last given another base, or its base other commits."""
    events = yield from timeline(source, number)
    return events if isinstance(events, Problem) else _last_rebased(events)


def _last_rebased(events: tuple[Event, ...]) -> datetime | None:
    return max((e.rebased_at for e in events if e.rebased_at), default=None)


def _of_base(approval: Approval, rebased_at: datetime | None) -> Approval:
    """The approval, of no commit if it is not from after the pull request had its base."""
    at = approval.decided_at
    is_older = rebased_at is not None and (at is None or at <= rebased_at)
    if approval.verdict is Verdict.APPROVED and is_older:
        return replace(approval, commit="")
    return approval


def _approval(review: Review, verdict: Verdict) -> Approval:
    return Approval(
        account=review.account,
        verdict=verdict,
        decided_at=review.at,
        source="review",
        id=str(review.id),
        commit=review.commit,
    )


def event(row: Document) -> Event:
    """A row of the timeline.

    GitHub does not say in a ``review_dismissed`` event whose the review was, so an objection that
    anyone dismissed stands: its giver withdraws it by approving.
    """
    kind = row["event"].text()
    if kind == "reviewed":
        return Event(reviewed=row["id"].integer())
    if kind == "review_dismissed":
        review = row["dismissed_review"]
        was_against = review["state"].text() == "changes_requested"
        return Event(dismissed=(review["review_id"].integer(), was_against))
    return Event(rebased_at=row["created_at"].time()) if kind in _REBASED else Event()
