"""The grammar of issues' IDs on GitHub; pull requests are counted along with issues."""

from __future__ import annotations

from gate.tickets.issues import IssueIds, Spelling

_SPELLING = Spelling(
    path=r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+",
    looks="OWNER/REPOSITORY#NUMBER",
    place="repository",
    setting="tickets.github.repositories",
)


def issue_ids(repositories: tuple[str, ...]) -> IssueIds:
    """The IDs of issues in these repositories."""
    return IssueIds(_SPELLING, repositories)
