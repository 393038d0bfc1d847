"""The grammar of issues' IDs on GitLab: the project's whole path stands in them."""

from __future__ import annotations

from gate.tickets.issues import IssueIds, Spelling

_SPELLING = Spelling(
    path=r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+",
    looks="GROUP/PROJECT#NUMBER",
    place="project",
    setting="tickets.gitlab.projects",
)


def issue_ids(projects: tuple[str, ...]) -> IssueIds:
    """The IDs of issues in these projects."""
    return IssueIds(_SPELLING, projects)
