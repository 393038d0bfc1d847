"""Who approved an issue, and who objects, by each place that the policy names.

Of labels ``gate.tickets.labels`` tells. A comment approves if it is the command and nothing else,
was never edited and is not hidden: whoever may write to the repository may edit everybody's
comments. An objection is a label only, since a comment can be deleted without a trace of what it
said. What is older than the issue's last reopening approves nothing: it was given to what was over.
"""

from __future__ import annotations

from gate.config.types import GitHubIssueSettings
from gate.model import Approval, Verdict
from gate.tickets.github.client import IncompleteError
from gate.tickets.github.edits import Edits
from gate.tickets.github.issue import Issue
from gate.tickets.github.timeline import Timeline, check_label
from gate.tickets.labels import approvals_of, approver, objections_of, standing_since


def parse_approvals(
    settings: GitHubIssueSettings, issue: Issue, timeline: Timeline, edits: Edits
) -> tuple[Approval, ...]:
    """All approvals and objections; raises IncompleteError where they are not provably all."""
    given: list[Approval] = []
    for place in settings.approvals:
        if place.kind == "label":
            check_label(place.name, timeline, issue)
            given += approvals_of(place.name, timeline.of_label(place.name), issue)
        else:
            given += _by_comment(place.name, timeline, edits)
    given = standing_since(timeline.opened_again, given)
    for name in settings.objections:
        check_label(name, timeline, issue)
        given += objections_of(name, timeline.of_label(name))
    return tuple(given)


def _by_comment(command: str, timeline: Timeline, edits: Edits) -> tuple[Approval, ...]:
    as_left = dict(edits.comments)
    approvals = []
    for remark in timeline.remarks:
        if remark.text.strip() != command or remark.updated_at != remark.at:
            continue
        if remark.id not in as_left:
            raise IncompleteError("GitHub does not tell whether a comment that approves was edited")
        if as_left[remark.id]:
            giver = approver(remark.author, by_app=remark.by_app)
            source = f"comment:{command}"
            approvals.append(Approval(giver, Verdict.APPROVED, remark.at, source, remark.id))
    return tuple(approvals)
