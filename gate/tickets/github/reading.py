"""Reading an issue live: what is asked side by side, and what is made of the answers.

1. Side by side: the issue, who we are, and the next lower numbers.
2. Side by side: its timeline, and its text with the time of its last edit; for an issue that is not
   there, whether we see any.
3. Of a timeline with more than a hundred rows, the further pages, and the first ones once more.

The second comes after the first on purpose: a title is never newer than the events that tell of it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gate.config.types import GitHubIssueSettings
from gate.frozen import dataclass
from gate.http import FetchError
from gate.http.document import Document, ShapeError
from gate.http.failure import credentials_of, malformed
from gate.model import (
    Account,
    Approval,
    ChangeRequest,
    EditedText,
    Maybe,
    MissingTicket,
    Neighbour,
    Problem,
    ProblemKind,
    Status,
)
from gate.tickets.github import texts
from gate.tickets.github.approvals import parse_approvals
from gate.tickets.github.client import GRAPHQL, SYSTEM, IncompleteError
from gate.tickets.github.edits import QUERY, Edits, parse_edits
from gate.tickets.github.issue import Issue, parse_issue, parse_neighbour
from gate.tickets.github.timeline import Timeline, parse_timeline
from gate.tickets.inline import as_shown
from gate.tickets.issues import split

if TYPE_CHECKING:
    from gate.tickets.github.client import Client

T = TypeVar("T")
LOWER = 3  # numbers below the issue's own that are asked for
ISSUE, PULL_REQUEST = "issue", "pull-request"


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of an issue beside itself, each part or why it could not be."""

    approvals: Maybe[tuple[Approval, ...]]
    scope: Maybe[tuple[EditedText, ...]]
    rollback_plan: Maybe[tuple[EditedText, ...]]
    test_plan: Maybe[tuple[EditedText, ...]]
    neighbours: Maybe[tuple[Neighbour, ...]] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where an issue is read; ``myself`` asks who we are, None where that is an app."""

    client: Client
    settings: GitHubIssueSettings
    myself: Callable[[], Maybe[Account | None]]


class Reading:
    """One issue being read."""

    def __init__(self, site: Site, ticket: str, pool: ThreadPoolExecutor) -> None:
        self._client = site.client
        self._settings = site.settings
        self._myself = site.myself
        self._ticket = ticket
        self._repository, self._number = split(ticket)
        self._pool = pool

    def result(self) -> Maybe[ChangeRequest | MissingTicket]:
        """Ask, then look at credentials, issue and the rest, in this order."""
        path = self._path(self._number)
        issue = self._pool.submit(_caught, lambda: self._client.get(path))
        myself = self._pool.submit(self._myself)
        first = max(1, self._number - LOWER)
        lower = [self._ask_lower(number) for number in range(first, self._number)]
        answer, account = issue.result(), myself.result()
        if isinstance(answer, FetchError) and (answer.status is None or answer.status >= 429):
            return answer.problem  # down is down, whoever asks
        if isinstance(account, Problem):
            return account
        if isinstance(answer, FetchError):
            if answer.status in {404, 410}:  # 410: it was deleted
                return no_issues(self._client, self._repository) or MissingTicket()
            return answer.problem
        found = self._tried(path, lambda: parse_issue(answer))
        if isinstance(found, Problem):
            return found
        if found.key != self._ticket or found.is_pull_request:
            return _told(found, Read((), (), (), ()))  # nothing of it counts for what was asked
        return _told(found, self._read(found, lower))

    # ---------------------------------------------------------------- what they say

    def _read(
        self,
        issue: Issue,
        lower: list[Future[tuple[int, Document | FetchError]]],
    ) -> Read:
        path = self._path(issue.number)
        rows = self._pool.submit(self._client.every, f"{path}/timeline")
        edits = self._pool.submit(self._client.query, QUERY, self._variables())
        settings = self._settings
        timeline = self._tried(f"{path}/timeline", lambda: parse_timeline(rows.result(), issue))
        edited = self._tried(GRAPHQL, lambda: parse_edits(edits.result(), issue.number))
        return Read(
            self._approvals(issue, timeline, edited),
            as_shown(self._texts(settings.scope, issue, timeline, edited)),
            self._texts(settings.rollback_plan, issue, timeline, edited),
            self._texts(settings.test_plan, issue, timeline, edited),
            self._neighbours([each.result() for each in lower]),
        )

    def _approvals(
        self, issue: Issue, timeline: Maybe[Timeline], edits: Maybe[Edits]
    ) -> Maybe[tuple[Approval, ...]]:
        if isinstance(timeline, Problem):
            return timeline
        if isinstance(edits, Problem):
            return edits
        path = f"{self._path(self._number)}/timeline"
        return self._tried(path, lambda: parse_approvals(self._settings, issue, timeline, edits))

    def _texts(
        self,
        locations: tuple[str, ...],
        issue: Issue,
        timeline: Maybe[Timeline],
        edits: Maybe[Edits],
    ) -> Maybe[tuple[EditedText, ...]]:
        found: list[EditedText | None] = []
        for location in locations:
            if location == "title":
                if isinstance(timeline, Problem):
                    return timeline
                found.append(texts.title(issue, timeline))
            else:
                if isinstance(edits, Problem):
                    return edits
                found.append(texts.of_body(location, issue, edits))
        return tuple(text for text in found if text is not None)

    def _neighbours(
        self, answers: list[tuple[int, Document | FetchError]]
    ) -> Maybe[tuple[Neighbour, ...]]:
        """Those that are there; what was deleted or moved away leaves a gap."""
        found = []
        for number, answer in answers:
            if isinstance(answer, FetchError):
                if answer.status in {404, 410}:
                    continue
                return answer.problem
            asked, path = f"{self._repository}#{number}", self._path(number)
            one = self._tried(path, partial(parse_neighbour, answer, asked))
            if isinstance(one, Problem):
                return one
            if one is not None:
                found.append(one)
        return tuple(found)

    # ---------------------------------------------------------------- requests

    def _path(self, number: int) -> str:
        return f"/repos/{self._repository}/issues/{number}"

    def _variables(self) -> dict[str, str | int]:
        owner, _, name = self._repository.partition("/")
        return {"owner": owner, "name": name, "number": self._number}

    def _ask_lower(self, number: int) -> Future[tuple[int, Document | FetchError]]:
        path = self._path(number)
        return self._pool.submit(lambda: (number, _caught(lambda: self._client.get(path))))

    def _tried(self, path: str, look: Callable[[], T]) -> Maybe[T]:
        """What ``look`` makes of the reply at ``path``, or why it makes nothing."""
        try:
            return look()
        except FetchError as error:
            return error.problem
        except IncompleteError as error:
            return incomplete(self._client.label(path), str(error))
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label(path), str(error))


def incomplete(label: str, cause: str) -> Problem:
    """Something that is not provably whole."""
    remedy = (
        "run again; if it stays so, check what the token may see with `gate doctor`, or open a new "
        "issue and have that approved"
    )
    return Problem(ProblemKind.INCOMPLETE, SYSTEM, label, cause, remedy)


def no_issues(client: Client, repository: str) -> Problem | None:
    """Why it cannot be told that an issue is missing; None where we are shown others."""
    path = f"/repos/{repository}/issues"
    label = client.label(path)
    try:
        rows = client.get(path, {"state": "all", "per_page": 1}).each()
        places = {parse_issue(row).repository for row in rows}
    except FetchError as error:
        return error.problem
    except ShapeError as error:
        return malformed(SYSTEM, label, str(error))
    if not places:
        remedy = (
            f"let {credentials_of(SYSTEM)} read the issues of the repository, and open one in it"
        )
        cause = "GitHub shows our account no issue of the repository at all"
        return Problem(ProblemKind.HIDDEN, SYSTEM, label, cause, remedy)
    if places != {repository}:
        cause = "GitHub knows the repository by another name: it was renamed or moved"
        return malformed(SYSTEM, label, cause, "write its present name in tickets.github")
    return None


def _told(issue: Issue, read: Read) -> ChangeRequest:
    return ChangeRequest(
        system=SYSTEM,
        id=issue.id,
        key=issue.key,
        url=issue.url,
        project=issue.repository,
        type=PULL_REQUEST if issue.is_pull_request else ISSUE,
        status=Status(issue.state, issue.state),
        created_at=issue.created_at,
        creator=issue.author,
        reporter=issue.author,
        approvals=read.approvals,
        scope=read.scope,
        rollback_plan=read.rollback_plan,
        test_plan=read.test_plan,
        summary=issue.title,
        neighbours=read.neighbours,
        sent_back=None,  # approvals from before the last reopening are none
    )


def _caught(ask: Callable[[], T]) -> T | FetchError:
    try:
        return ask()
    except FetchError as error:
        return error
