"""Which pull requests GitHub links to commits, asked by GraphQL for many commits at once.

``Commit.associatedPullRequests`` of the GraphQL API is what ``GET commits/{sha}/pulls`` tells, with
the same meaning; each commit of the query has an alias, the place of its question (``c0``, ``c1``):

    query($owner: String!, $name: String!) {
      repository(owner: $owner, name: $name) {
        c0: object(oid: "8f2d…") { ...linked }
      }
    }

GraphQL answers 200 also where it could not answer, with ``errors`` beside what it could. Then
nothing of the reply is believed. A commit with more pull requests than ``MOST`` says so by their
``totalCount``, and its list must be read page by page.
"""

from __future__ import annotations

from typing import Any

from gate.forges.rows import PullLink
from gate.forges.talk import GITHUB, Answer, Ask, Reply
from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Problem, ProblemKind

MOST = 25  # pull requests of one commit
_FRAGMENT = (
    f"fragment linked on Commit {{ oid associatedPullRequests(first: {MOST}) {{ totalCount nodes {{"
    " number baseRefName baseRepository { nameWithOwner } headRefName headRefOid"
    " headRepository { nameWithOwner } mergedAt mergeCommit { oid } } } }"
)
_ERRORS = {
    "RATE_LIMITED": (
        ProblemKind.UNAVAILABLE,
        "github limits how often we may ask (GraphQL: RATE_LIMITED)",
        "run again later, or raise the rate limit of the account behind GITHUB_TOKEN",
    ),
    "FORBIDDEN": (
        ProblemKind.PERMISSION,
        "github knows the credentials and forbids this (GraphQL: FORBIDDEN)",
        "give the account behind GITHUB_TOKEN read access to contents and pull requests",
    ),
    "NOT_FOUND": (
        ProblemKind.HIDDEN,
        "github says it does not exist (GraphQL: NOT_FOUND), or it is hidden from us",
        "check forges.github.url, and that the account behind GITHUB_TOKEN may see the repository",
    ),
}
_SOME_ERROR = (
    ProblemKind.INCOMPLETE,
    "GitHub did not answer the whole query (GraphQL errors)",
    "run again in a minute",
)


@dataclass(frozen=True, slots=True)
class Linked:
    """The pull requests linked to a commit; ``whole``: these are all."""

    pulls: tuple[PullLink, ...]
    whole: bool


def question(path: str, slug: str, sha: str) -> Ask:
    """The question for the pull requests into ``slug`` that are linked to a commit.

    ``path`` is GraphQL's own on this host, as messages name it.
    """
    return Ask(path, (("repository", slug), ("commit", sha)), GITHUB, bundle=slug.lower())


def query(asks: tuple[Ask, ...]) -> dict[str, Any]:
    """The body of one request for several such questions about one repository."""
    owner, _, name = dict(asks[0].params)["repository"].partition("/")
    objects = " ".join(
        f'c{place}: object(oid: "{dict(ask.params)["commit"]}") {{ ...linked }}'
        for place, ask in enumerate(asks)
    )
    text = (
        "query($owner: String!, $name: String!) "
        f"{{ repository(owner: $owner, name: $name) {{ {objects} }} }} {_FRAGMENT}"
    )
    return {"query": text, "variables": {"owner": owner, "name": name}}


def answers(asks: tuple[Ask, ...], data: Any) -> tuple[Answer, ...]:
    """The reply to ``query``, taken apart: to each question its commit."""
    try:
        reply = Document(data)
        if reply.has("errors"):
            return tuple(_refused(ask, reply["errors"]) for ask in asks)
        found = reply["data"]["repository"]
        return tuple(_one(ask, found.find(f"c{place}")) for place, ask in enumerate(asks))
    except ShapeError as error:
        cause = f"the reply is not what GitHub documents: {error}"
        return tuple(malformed("github", ask.label, cause) for ask in asks)


def _one(ask: Ask, commit: Document | None) -> Answer:
    if commit is None:
        cause = "GitHub knows no such commit in the repository"
        remedy = "check that the commit was pushed to the service's repository"
        return Problem(ProblemKind.HIDDEN, "github", ask.label, cause, remedy)
    if commit["oid"].commit_id() != dict(ask.params)["commit"]:
        return malformed("github", ask.label, "GitHub answers with another commit")
    return Reply(commit.value, {})


def _refused(ask: Ask, errors: Document) -> Problem:
    """Why there are errors, as far as they are all of one kind that is known."""
    kinds = {found.string() if (found := row.find("type")) else "" for row in errors.each()}
    kind, cause, remedy = _ERRORS.get(kinds.pop(), _SOME_ERROR) if len(kinds) == 1 else _SOME_ERROR
    return Problem(kind, "github", ask.label, cause, remedy)


def linked(commit: Document) -> Linked:
    """One commit's pull requests."""
    found = commit["associatedPullRequests"]
    pulls = tuple(_pull(row) for row in found["nodes"].each())
    places = {(pull.base_repository, pull.number) for pull in pulls}
    return Linked(pulls, found["totalCount"].integer() == len(pulls) == len(places))


def _pull(row: Document) -> PullLink:
    merged_at, merge = row.find("mergedAt"), row.find("mergeCommit")
    fork = row.find("headRepository")
    return PullLink(
        number=row["number"].integer(),
        head_repository=fork["nameWithOwner"].text() if fork else "",
        head_ref=row["headRefName"].text(),
        head_sha=row["headRefOid"].commit_id(),
        base_repository=row["baseRepository"]["nameWithOwner"].text(),
        base_ref=row["baseRefName"].text(),
        merged_at=merged_at.time() if merged_at else None,
        merge_sha=merge["oid"].commit_id() if merged_at and merge else "",
    )
