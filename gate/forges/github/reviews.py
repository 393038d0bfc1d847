"""What reviewers decided: each person's latest word.

An objection stands until its giver withdraws it, not until somebody dismisses it.
"""

from __future__ import annotations

from gate.forges.github.asking import Asking
from gate.forges.github.parse import Review
from gate.forges.talk import Flow, every_page, incomplete
from gate.http.document import Document
from gate.model import Approval, Maybe, Problem, Verdict

_VERDICTS = {"APPROVED": Verdict.APPROVED, "CHANGES_REQUESTED": Verdict.DECLINED}
_DECISIVE = frozenset({*_VERDICTS, "DISMISSED"})
_KNOWN = _DECISIVE | {"COMMENTED", "PENDING"}


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
    dismissed = {review.id for review in latest if review.state == "DISMISSED"}
    stands: dict[int, bool] = {}
    if dismissed:
        ask = source.at("issues", number, "timeline")
        events = yield from every_page(source.talk, ask, _dismissal)
        if isinstance(events, Problem):
            return events
        stands = {r: s for event in events for r, s in event.items() if r in dismissed}
        if set(stands) != dismissed:
            cause = "a review was dismissed, and GitHub does not tell what it had said"
            return incomplete(label, cause, "have its giver review again")
    return tuple(
        _approval(review, Verdict.DECLINED if review.id in stands else _VERDICTS[review.state])
        for review in latest
        if stands.get(review.id, True)
    )


def _approval(review: Review, verdict: Verdict) -> Approval:
    return Approval(
        account=review.account,
        verdict=verdict,
        decided_at=review.at,
        source="review",
        id=str(review.id),
        commit=review.commit,
    )


def _dismissal(event: Document) -> dict[int, bool]:
    """Of a ``review_dismissed`` event: the review's id, and whether its objection still stands.

    GitHub does not say in the event whose the review was, so an objection that anyone dismissed
    stands: its giver withdraws it by approving.
    """
    if event["event"].text() != "review_dismissed":
        return {}
    review = event["dismissed_review"]
    return {review["review_id"].integer(): review["state"].text() == "changes_requested"}
