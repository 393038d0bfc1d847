"""Reading a change request live: what is asked side by side, and what is made of the answers.

1. Side by side: the issue with its changelog, who we are, the approval steps, and when the tickets
   of the next lower numbers were created.
2. Side by side, where needed: further pages; for an issue that is not there, its project.

So two requests at most follow one another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from gate.config.types import ApprovalPlace, JiraSettings
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
    SentBack,
    Window,
)
from gate.tickets.jira import approvals as approving
from gate.tickets.jira import history as past
from gate.tickets.jira.history import History, IncompleteError
from gate.tickets.jira.issue import Issue, parse_issue, wanted_fields
from gate.tickets.jira.links import linked_issues
from gate.tickets.jira.neighbours import lower_keys, parse_neighbours
from gate.tickets.jira.sent_back import sent_back
from gate.tickets.jira.texts import edited_text, field_of
from gate.tickets.jira.window import planned_window

if TYPE_CHECKING:
    from gate.tickets.jira.client import Client

MAX_HISTORY = 20_000  # entries; more is no change request
FURTHER_STEPS = 4  # pages of approval steps beyond the first, asked for unseen

Answer: TypeAlias = Document | FetchError


@dataclass(frozen=True, slots=True)
class Site:
    """Where a change request is read: ``myself`` asks who we are, ``now`` is the present."""

    client: Client
    settings: JiraSettings
    flavour: str
    myself: Callable[[], Maybe[Account]]
    now: Callable[[], datetime]


class Reading:
    """One change request being read."""

    def __init__(self, site: Site, key: str, pool: ThreadPoolExecutor) -> None:
        self._site = site
        self._key = key
        self._settings = site.settings
        self._pool = pool
        self._flavour = site.flavour
        self._client = site.client
        self._path = f"issue/{key}"
        self._steps_path = f"request/{key}/approval"

    def result(self) -> Maybe[ChangeRequest | MissingTicket]:
        """Ask, then look at credentials, issue and the rest, in this order."""
        params: dict[str, str | int] = {
            "fields": wanted_fields(self._settings),
            "expand": "changelog,names",
        }
        issue = self._pool.submit(self._read, self._path, params)
        myself = self._pool.submit(self._site.myself)
        steps = None
        if ApprovalPlace("jsm") in self._settings.approvals:
            steps = self._pool.submit(self._read_steps, 0)
        lower = lower_keys(self._key)
        neighbours = self._pool.submit(self._read_created, lower) if lower else None
        answer, account = issue.result(), myself.result()
        if isinstance(answer, FetchError) and (answer.status is None or answer.status >= 429):
            return answer.problem  # down is down, whoever asks
        if isinstance(account, Problem):
            return account
        if isinstance(answer, FetchError):
            return self._absent(answer)
        try:
            found = parse_issue(answer, self._flavour)
        except ShapeError as error:
            return malformed("jira", self._client.label(self._path), str(error))
        return self._put_together(found, steps, neighbours)

    def _put_together(
        self, issue: Issue, first: Future[Answer] | None, neighbours: Future[Answer] | None
    ) -> ChangeRequest:
        pages = self._ask_history(issue)
        steps = self._steps(issue, first.result()) if first else approving.Steps()
        history = self._history(issue, pages)
        return ChangeRequest(
            system="jira",
            id=self._key,
            key=issue.key,
            url=f"{self._client.server_url}/browse/{issue.key}",
            project=issue.project,
            type=issue.type,
            status=issue.status,
            created_at=issue.created_at,
            creator=issue.creator.account if issue.creator else None,
            reporter=issue.reporter.account if issue.reporter else None,
            approvals=self._approvals(issue, history, steps),
            scope=self._texts(self._settings.scope, issue, history),
            rollback_plan=self._texts(self._settings.rollback_plan, issue, history),
            test_plan=self._texts(self._settings.test_plan, issue, history),
            summary=issue.summary,
            window=self._window(issue, history),
            linked=self._linked(issue),
            neighbours=self._neighbours(neighbours.result()) if neighbours else (),
            unfinished=() if isinstance(steps, Problem) else steps.unfinished,
            sent_back=self._sent_back(issue, history),
        )

    # ---------------------------------------------------------------- an issue that is not there

    def _absent(self, error: FetchError) -> Maybe[ChangeRequest | MissingTicket]:
        """Jira hides what it may not show as missing: ask whether we see the project."""
        if error.status != 404:
            return error.problem
        project = self._key.rpartition("-")[0]
        return project_problem(self._client, project) or MissingTicket()

    # ---------------------------------------------------------------- history

    def _ask_history(self, issue: Issue) -> tuple[Future[Answer], ...]:
        """Ask for the changelog's pages, where the issue did not bring all of it."""
        total = issue.changelog.total
        whole = len(issue.changelog.entries) == total
        if whole or self._flavour != "cloud" or total > MAX_HISTORY:
            return ()
        path = f"{self._path}/changelog"
        return tuple(
            self._pool.submit(self._read, path, {"startAt": start, "maxResults": past.PAGE})
            for start in range(0, total, past.PAGE)
        )

    def _history(self, issue: Issue, pages: tuple[Future[Answer], ...]) -> Maybe[History]:
        request = self._client.label(f"{self._path}/changelog" if pages else self._path)
        try:
            parts = [issue.changelog] if not pages else []
            for number, page in enumerate(pages):
                answer = page.result()
                if isinstance(answer, FetchError):
                    return answer.problem
                parts.append(past.parse_page(answer, number * past.PAGE, self._flavour))
            return past.assemble(issue.changelog, parts)
        except ShapeError as error:
            return malformed("jira", request, str(error))
        except IncompleteError as error:
            return _incomplete(request, error)

    # ---------------------------------------------------------------- approvals

    def _steps(self, issue: Issue, answer: Answer) -> Maybe[approving.Steps]:
        """The approvals of Jira Service Management; ``answer`` is their first page."""
        request = self._client.service_desk_label(self._steps_path)
        if isinstance(answer, FetchError):
            return self._no_steps(issue, answer)
        try:
            pages = [approving.parse_steps(answer, 0, self._flavour, self._site.now())]
            further: list[Future[Answer]] = []
            if not pages[0].is_last:
                starts = [approving.PAGE * number for number in range(1, FURTHER_STEPS + 1)]
                further = [self._pool.submit(self._read_steps, start) for start in starts]
            for number, page in enumerate(further, 1):
                if isinstance(next_answer := page.result(), FetchError):
                    return next_answer.problem
                start = approving.PAGE * number
                pages.append(
                    approving.parse_steps(next_answer, start, self._flavour, self._site.now())
                )
            return approving.assemble(pages)
        except ShapeError as error:
            return malformed("jira", request, str(error))
        except IncompleteError as error:
            return _incomplete(request, error)

    def _no_steps(self, issue: Issue, error: FetchError) -> Maybe[approving.Steps]:
        """404 says "no customer request", which is sure only outside service projects."""
        if error.status != 404:
            return error.problem
        if issue.project_type not in {"", "service_desk"}:
            return approving.Steps()
        return Problem(
            ProblemKind.HIDDEN,
            "jira",
            error.problem.request,
            "Jira Service Management says that the ticket is no customer request, which can also "
            "mean that its approvals are hidden from us",
            "give the ticket a request type, and our account access to the service project as an "
            "agent; or take jsm out of tickets.jira.approvals",
        )

    def _approvals(
        self, issue: Issue, history: Maybe[History], steps: Maybe[approving.Steps]
    ) -> Maybe[tuple[Approval, ...]]:
        found: list[Approval] = []
        request = self._client.label(self._path)
        for place in self._settings.approvals:
            given: Maybe[tuple[Approval, ...]]
            if place.kind == "jsm":
                given = steps if isinstance(steps, Problem) else steps.approvals
            elif isinstance(history, Problem):
                return history
            else:
                try:
                    given = self._by_history(place, issue, history)
                except ShapeError as error:
                    given = malformed("jira", request, str(error))
                except IncompleteError as error:
                    given = _incomplete(request, error)
            if isinstance(given, Problem):
                return given
            found += given
        return tuple(found)

    def _by_history(
        self, place: ApprovalPlace, issue: Issue, history: History
    ) -> tuple[Approval, ...]:
        if place.kind == "transition":
            return approving.by_transition(place.name, issue.status, history)
        field = issue.field_id(place.name)
        changes = issue.changes(field, history)
        return approving.by_field(place.name, issue.fields.find(field), changes, self._flavour)

    def _sent_back(self, issue: Issue, history: Maybe[History]) -> Maybe[SentBack | None]:
        if isinstance(history, Problem):
            return history
        try:
            return sent_back(issue.status, history, self._settings.deployable)
        except IncompleteError as error:
            return _incomplete(self._client.label(self._path), error)

    # ---------------------------------------------------------------- texts

    def _texts(
        self, locations: tuple[str, ...], issue: Issue, history: Maybe[History]
    ) -> Maybe[tuple[EditedText, ...]]:
        if isinstance(history, Problem):
            return history
        request = self._client.label(self._path)
        created = (issue.created_at, issue.creator)
        found = []
        try:
            for location in locations:
                field = field_of(location)
                changes = issue.changes(field, history)
                found.append(edited_text(location, issue.fields.find(field), changes, created))
        except ShapeError as error:
            return malformed("jira", request, str(error))
        except IncompleteError as error:
            return _incomplete(request, error)
        return tuple(text for text in found if text is not None)

    # ---------------------------------------------------------------- window

    def _window(self, issue: Issue, history: Maybe[History]) -> Maybe[Window | None]:
        fields = self._settings.window
        if fields is None:
            return None
        if isinstance(history, Problem):
            return history
        request = self._client.label(self._path)
        try:
            return planned_window(fields, issue, history)
        except ShapeError as error:
            return malformed("jira", request, str(error))
        except IncompleteError as error:
            return _incomplete(request, error)

    def _linked(self, issue: Issue) -> Maybe[tuple[str, ...]]:
        try:
            return linked_issues(issue.fields)
        except ShapeError as error:
            return malformed("jira", self._client.label(self._path), str(error))

    def _neighbours(self, answer: Answer) -> Maybe[tuple[Neighbour, ...]]:
        if isinstance(answer, FetchError):
            return answer.problem
        try:
            return parse_neighbours(answer, lower_keys(self._key))
        except ShapeError as error:
            return malformed("jira", self._client.created_label(), str(error))

    # ---------------------------------------------------------------- requests

    def _read_created(self, keys: tuple[str, ...]) -> Answer:
        try:
            return self._client.read_created(keys)
        except FetchError as error:
            return error

    def _read(self, path: str, params: dict[str, str | int]) -> Answer:
        try:
            return self._client.read(path, params)
        except FetchError as error:
            return error

    def _read_steps(self, start: int) -> Answer:
        params: dict[str, str | int] = {"start": start, "limit": approving.PAGE}
        try:
            return self._client.read_service_desk(self._steps_path, params)
        except FetchError as error:
            return error


def _incomplete(request: str, error: IncompleteError) -> Problem:
    remedy = "run again; if it stays so, check that the account may see the ticket's whole history"
    return Problem(ProblemKind.INCOMPLETE, "jira", request, str(error), remedy)


def project_problem(client: Client, project: str) -> Problem | None:
    """Why our account cannot browse the project; None where it can."""
    path = f"project/{project}"
    label = client.label(path)
    try:
        if client.read(path)["key"].text() == project:
            return None
    except ShapeError as error:
        return malformed("jira", label, str(error))
    except FetchError as error:
        if error.status != 404:
            return error.problem
    return Problem(
        ProblemKind.HIDDEN,
        "jira",
        label,
        f"Jira does not show our account the project {project}",
        f"give the account behind {credentials_of('jira')} the Browse Projects permission, "
        "or correct the project's key",
    )
