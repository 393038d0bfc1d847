"""Who approved an issue, and who objects, by each place that the policy names.

Of labels ``gate.tickets.labels`` tells. A comment approves if it is the command and nothing else,
and was never edited: maintainers may edit everybody's comments. An objection is a label only, since
a comment can be deleted without a trace of what it said. What is older than the issue itself, or
than its last reopening, approves nothing: it was given to something else, or to what was over.
"""

from __future__ import annotations

from datetime import datetime

from gate.config.types import GitLabIssueSettings
from gate.frozen import dataclass
from gate.model import Approval, Verdict
from gate.tickets.gitlab.client import IncompleteError
from gate.tickets.gitlab.events import of_label
from gate.tickets.gitlab.issue import Issue
from gate.tickets.gitlab.notes import Notes
from gate.tickets.labels import Labelling, approvals_of, objections_of, standing_since


@dataclass(frozen=True, slots=True)
class Happened:
    """All that happened to an issue; ``opened_again`` is when last, None where never."""

    labellings: tuple[Labelling, ...]
    notes: Notes
    opened_again: datetime | None


def parse_approvals(
    settings: GitLabIssueSettings, issue: Issue, happened: Happened
) -> tuple[Approval, ...]:
    """All approvals and objections; raises IncompleteError where they are not provably all."""
    check_own(issue, happened.notes)
    if any(event.at < issue.created_at for event in happened.labellings):
        raise IncompleteError("the issue has label events that are older than itself")
    given: list[Approval] = []
    for place in settings.approvals:
        if place.kind == "label":
            given += approvals_of(place.name, of_label(place.name, happened.labellings), issue)
        else:
            given += _by_comment(place.name, happened.notes)
    standing = standing_since(issue.created_at, given)
    standing = standing_since(happened.opened_again, standing)
    for name in settings.objections:
        standing += objections_of(name, of_label(name, happened.labellings))
    return tuple(standing)


def check_own(issue: Issue, notes: Notes) -> None:
    """Raises IncompleteError where what the issue says of people was not said on it."""
    if issue.is_imported:
        raise IncompleteError("the issue was imported: whoever did so wrote what people said")
    if notes.is_brought:
        raise IncompleteError(
            "the issue was moved or cloned from another one: what people said there came along"
        )


def _by_comment(command: str, notes: Notes) -> list[Approval]:
    source = f"comment:{command}"
    return [
        Approval(note.author, Verdict.APPROVED, note.at, source, note.id)
        for note in notes.remarks
        if note.text.strip() == command and not (note.is_edited or note.is_imported)
    ]
