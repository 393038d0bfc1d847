"""Reading an issue live: what is asked side by side, and what is made of the answers.

1. Side by side: the issue, who we are, and when the next lower numbers were opened.
2. Side by side: what happened to it (label events, state events, notes); for an issue that is not
   there, whether we see any.
3. Further pages of these lists, where they have more than a hundred rows; then all but the last
   once more.

The second comes after the first on purpose: a text is never newer than the notes of its edits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from gate.config.types import GitLabIssueSettings
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
from gate.tickets.gitlab import events
from gate.tickets.gitlab.approvals import Happened, parse_approvals
from gate.tickets.gitlab.client import (
    SYSTEM,
    IncompleteError,
    Params,
    issue_path,
    project_path,
)
from gate.tickets.gitlab.issue import Issue, parse_issue, parse_neighbours
from gate.tickets.gitlab.notes import Notes, parse_notes
from gate.tickets.gitlab.pages import Listing
from gate.tickets.gitlab.texts import texts
from gate.tickets.inline import as_shown
from gate.tickets.issues import split
from gate.tickets.labels import Labelling

if TYPE_CHECKING:
    from gate.tickets.gitlab.client import Client

T = TypeVar("T")
LOWER = 3  # numbers below the issue's own that are asked for
ISSUE = "issue"
OLDEST_FIRST = {"sort": "asc", "order_by": "created_at"}
MOVED = Status("moved", "moved")  # GitLab calls it closed, and has the place of the new one


@dataclass(frozen=True, slots=True)
class Read:
    """What is read of an issue beside itself, each part or why it could not be."""

    approvals: Maybe[tuple[Approval, ...]] = ()
    scope: Maybe[tuple[EditedText, ...]] = ()
    rollback_plan: Maybe[tuple[EditedText, ...]] = ()
    test_plan: Maybe[tuple[EditedText, ...]] = ()
    neighbours: Maybe[tuple[Neighbour, ...]] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where an issue is read; ``myself`` asks who we are."""

    client: Client
    settings: GitLabIssueSettings
    myself: Callable[[], Maybe[Account]]


class Reading:
    """One issue being read."""

    def __init__(self, site: Site, ticket: str, pool: ThreadPoolExecutor) -> None:
        self._client = site.client
        self._settings = site.settings
        self._myself = site.myself
        self._ticket = ticket
        self._project, self._number = split(ticket)
        self._path = issue_path(self._project, self._number)
        self._pool = pool

    def result(self) -> Maybe[ChangeRequest | MissingTicket]:
        """Ask, then look at credentials, issue and the rest, in this order."""
        issue = self._pool.submit(_caught, lambda: self._client.get(self._path))
        myself = self._pool.submit(self._myself)
        lower = self._pool.submit(self._ask_lower)
        answer, account = issue.result(), myself.result()
        if isinstance(answer, FetchError) and (answer.status is None or answer.status >= 429):
            return answer.problem  # down is down, whoever asks
        if isinstance(account, Problem):
            return account
        if isinstance(answer, FetchError):
            if answer.status == 404:
                return no_issues(self._client, self._project) or MissingTicket()
            return answer.problem
        found = self._looked(self._path, lambda: parse_issue(answer))
        if isinstance(found, Problem):
            return found
        if found.key != self._ticket or found.type != ISSUE:
            # nothing of it counts for what was asked
            return _told(found, Status(found.state, found.state), Read())
        neighbours = self._looked(f"{project_path(self._project)}/issues", lower.result)
        return self._read(found, neighbours)

    # ---------------------------------------------------------------- what they say

    def _read(self, issue: Issue, neighbours: Maybe[tuple[Neighbour, ...]]) -> Maybe[ChangeRequest]:
        labels, states, notes = self._happened()
        told = self._tried(notes, lambda rows: parse_notes(rows, issue))
        if issue.is_moved:
            return _moved(issue, told)
        turns = self._tried(states, lambda rows: events.parse_turns(rows, issue))
        if isinstance(turns, Problem):
            return turns  # it could not be told whether it is open
        labellings = self._tried(labels, lambda rows: events.parse_labellings(rows, issue))
        again = events.last_opened(turns)
        settings = self._settings
        read = Read(
            self._approvals(issue, labellings, told, again),
            as_shown(self._texts(settings.scope, issue, told)),
            self._texts(settings.rollback_plan, issue, told),
            self._texts(settings.test_plan, issue, told),
            neighbours,
        )
        return _told(issue, Status(issue.state, issue.state), read)

    def _approvals(
        self,
        issue: Issue,
        labellings: Maybe[tuple[Labelling, ...]],
        notes: Maybe[Notes],
        again: datetime | None,
    ) -> Maybe[tuple[Approval, ...]]:
        if isinstance(labellings, Problem):
            return labellings
        if isinstance(notes, Problem):
            return notes
        happened = Happened(labellings, notes, again)
        return self._looked(self._path, lambda: parse_approvals(self._settings, issue, happened))

    def _texts(
        self, locations: tuple[str, ...], issue: Issue, notes: Maybe[Notes]
    ) -> Maybe[tuple[EditedText, ...]]:
        if isinstance(notes, Problem):
            return notes
        return self._looked(self._path, lambda: texts(locations, issue, notes))

    # ---------------------------------------------------------------- requests

    def _happened(self) -> tuple[Listing, Listing, Listing]:
        """The lists of label events, state events and notes, asked for side by side."""
        lists = (
            Listing(self._client, f"{self._path}/resource_label_events"),
            Listing(self._client, f"{self._path}/resource_state_events"),
            Listing(self._client, f"{self._path}/notes", OLDEST_FIRST),
        )
        for each in lists:
            each.begin(self._pool)
        for each in lists:
            each.go_on(self._pool)
        return lists

    def _ask_lower(self) -> tuple[Neighbour, ...]:
        """Those that are there; what was deleted or is hidden leaves a gap."""
        numbers = range(max(1, self._number - LOWER), self._number)
        if not numbers:
            return ()
        params: Params = {
            "iids[]": list(numbers),
            "state": "all",
            "scope": "all",
            "per_page": LOWER,
        }
        rows = self._client.get(f"{project_path(self._project)}/issues", params).each()
        return parse_neighbours(rows, [f"{self._project}#{number}" for number in numbers])

    def _tried(self, listing: Listing, look: Callable[[tuple[Document, ...]], T]) -> Maybe[T]:
        """What ``look`` makes of the rows, or why it makes nothing."""
        return self._looked(listing.path, lambda: look(listing.rows()))

    def _looked(self, path: str, look: Callable[[], T]) -> Maybe[T]:
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


def no_issues(client: Client, project: str) -> Problem | None:
    """Why it cannot be told that an issue is missing; None where we are shown others."""
    path = f"{project_path(project)}/issues"
    label = client.label(path)
    try:
        rows = client.get(path, {"state": "all", "scope": "all", "per_page": 1}).each()
        places = {parse_issue(row).project for row in rows}
    except FetchError as error:
        return error.problem
    except ShapeError as error:
        return malformed(SYSTEM, label, str(error))
    if not places:
        remedy = f"let {credentials_of(SYSTEM)} read the issues of the project, and open one in it"
        cause = "GitLab shows our account no issue of the project at all"
        return Problem(ProblemKind.HIDDEN, SYSTEM, label, cause, remedy)
    if places != {project}:
        cause = "GitLab knows the project by another name: it was renamed or moved"
        return malformed(SYSTEM, label, cause, "write its present path in tickets.gitlab")
    return None


def _moved(issue: Issue, notes: Maybe[Notes]) -> ChangeRequest:
    """What is left of an issue that was moved, under its new ID where that can be read."""
    to = None if isinstance(notes, Problem) else notes.moved_to
    if to is None:
        return _told(issue, MOVED, Read())
    project, number = to
    if "/" not in project:  # as GitLab writes it within one group
        project = f"{issue.project.rpartition('/')[0]}/{project}"
    there = replace(issue, key=f"{project}#{number}", project=project, number=number)
    return _told(there, MOVED, Read())


def _told(issue: Issue, status: Status, read: Read) -> ChangeRequest:
    return ChangeRequest(
        system=SYSTEM,
        id=issue.id,
        key=issue.key,
        url=issue.url,
        project=issue.project,
        type=issue.type,
        status=status,
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
