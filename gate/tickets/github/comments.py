"""Comments on issues: two blocks in which no Markdown is read, so that nothing in them notifies.

The line to GitHub is not the reader's: there a POST is a question and may be repeated, here it is a
comment and may not. A comment of ours is no command: a command is all of a comment's text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from gate.config.types import GitHubIssueSettings, NetworkSettings
from gate.http import Bearer, Budget, FetchError, Wire, get_json, utc_now, write_once
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment, fenced
from gate.tickets.github.client import SYSTEM
from gate.tickets.github.reader import missing_token
from gate.tickets.issues import split
from gate.tickets.system import Credentials, Right

PAGE = 100
MOST = 90  # comments: GitHub tells only of the newest hundred whether they were ever edited
_REMEDY = (
    "give the job's token `issues: write` for the repositories of tickets.github, or set "
    "write_back.ticket = false in gate.toml"
)


class IssueCommenter:
    """Writes on issues, with one token. ``sleep`` and ``now`` stand for the world."""

    def __init__(
        self,
        settings: GitHubIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._repositories = settings.projects
        self._refused = missing_token(credentials.token)
        self._wire = Wire(
            SYSTEM,
            settings.api_url,
            auth=Bearer(credentials.token),
            network=network,
            budget=budget,
            ca=settings.ca,
            sleep=sleep,
            now=now,
        )

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write the comment on the issue, unless it is there."""
        if self._refused is not None:
            return self._refused
        repository, number = split(change.key)
        if repository not in self._repositories:
            return self._moved()
        issue = f"/repos/{repository}/issues/{number}"
        sent = {"body": markdown(comment)}
        try:
            count = Document(get_json(self._wire, issue))["comments"].integer()
            if count >= MOST:
                return self._crowded(issue, count)
            write_once(
                lambda: self._is_on(issue, comment.mark),
                lambda: self._wire.session.post(self._wire.url(f"{issue}/comments"), json=sent),
            )
        except FetchError as error:
            return _problem(error)
        except ShapeError as error:
            return malformed(SYSTEM, f"GET {issue}", str(error))
        return None

    def rights(self) -> Iterator[Right]:
        """GitHub tells nobody which permissions a token has."""
        for repository in self._repositories:
            cause = "whether the token may write comments cannot be told without writing one"
            request = f"POST /repos/{repository}/issues/…/comments"
            problem = Problem(ProblemKind.PERMISSION, SYSTEM, request, cause, _REMEDY)
            yield Right(f"{repository}, issues: write", "", self._refused or problem)

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def _is_on(self, issue: str, mark: str) -> bool:
        """Whether a comment has the mark; there are fewer than a page of them."""
        rows = Document(get_json(self._wire, f"{issue}/comments", {"per_page": PAGE})).each()
        bodies = (row.find("body") for row in rows)
        return any(mark in body.string() for body in bodies if body is not None)

    def _moved(self) -> Problem:
        cause = "the issue was moved to a repository that tickets.github does not name"
        return Problem(
            ProblemKind.LOCAL, SYSTEM, "write-back", cause, "name the issue as it is now"
        )

    def _crowded(self, issue: str, count: int) -> Problem:
        cause = (
            f"the issue has {count} comments: with many more it could no longer be told whether "
            "one that approves was edited; none was written"
        )
        remedy = "open a new issue for further deployments"
        return Problem(ProblemKind.INCOMPLETE, SYSTEM, f"GET {issue}", cause, remedy)


def markdown(comment: Comment) -> str:
    """The comment as Markdown: fences longer than any in them."""
    return f"{fenced(comment.text)}\n\n{fenced(comment.block)}\n"


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found
