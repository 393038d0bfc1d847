"""Comments on GitLab's issues: two blocks in which neither Markdown nor a quick action is read.

A comment of ours is no command: a command is all of a comment's text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from gate.config.types import GitLabIssueSettings, NetworkSettings
from gate.http import Budget, FetchError, utc_now, write_once
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment, fenced
from gate.tickets.gitlab.client import SYSTEM, Client, issue_path
from gate.tickets.gitlab.reader import missing_token
from gate.tickets.issues import split
from gate.tickets.system import Credentials, Right

TOKEN = "/personal_access_tokens/self"  # noqa: S105 -- a path
_NEWEST: dict[str, str | int | list[int]] = {
    "sort": "desc",
    "order_by": "created_at",
    "per_page": 100,
}
_QUICK_ACTION = re.compile(r"^/", re.MULTILINE)
_REMEDY = (
    "give GITLAB_TOKEN the scope api in the projects of tickets.gitlab, or set write_back.ticket = "
    "false in gate.toml"
)


class IssueCommenter:
    """Writes on issues, with one token. ``sleep`` and ``now`` stand for the world."""

    def __init__(
        self,
        settings: GitLabIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._projects = settings.projects
        self._refused = missing_token(credentials.token)
        self._client = Client(settings, credentials.token, network, budget, sleep=sleep, now=now)

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write the comment on the issue, unless it is there."""
        if self._refused is not None:
            return self._refused
        project, number = split(change.key)
        if project not in self._projects:
            cause = "the issue was moved to a project that tickets.gitlab does not name"
            remedy = "name the issue as it is now"
            return Problem(ProblemKind.LOCAL, SYSTEM, "write-back", cause, remedy)
        notes, wire = f"{issue_path(project, number)}/notes", self._client.wire
        sent = {"body": markdown(comment)}
        try:
            write_once(
                lambda: self._is_on(notes, comment.mark),
                lambda: wire.session.post(wire.url(notes), json=sent),
            )
        except FetchError as error:
            return _problem(error)
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label(notes), str(error))
        return None

    def rights(self) -> Iterator[Right]:
        """That the token has the scope to write; who may read as gate must may comment."""
        yield Right("issues, scope api", "granted", self._refused or self._lacking())

    def close(self) -> None:
        """Give the connections back."""
        self._client.wire.close()

    def _is_on(self, notes: str, mark: str) -> bool:
        """Whether one of the newest notes has the mark, which nobody knew before the record."""
        rows = self._client.get(notes, _NEWEST).each()
        return any(mark in row["body"].string() for row in rows)

    def _lacking(self) -> Problem | None:
        label = self._client.label(TOKEN)
        try:
            scopes = {each.string() for each in self._client.get(TOKEN)["scopes"].each()}
        except FetchError as error:
            return _problem(error)
        except ShapeError as error:
            return malformed(SYSTEM, label, str(error))
        if "api" in scopes:
            return None
        cause = "the token has not the scope api"
        return Problem(ProblemKind.PERMISSION, SYSTEM, label, cause, _REMEDY)


def markdown(comment: Comment) -> str:
    """The comment as Markdown, in which no line begins as a quick action does."""
    text = _QUICK_ACTION.sub(" /", comment.text)
    return f"{fenced(text)}\n\n{fenced(comment.block)}\n"


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found
