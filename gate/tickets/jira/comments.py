"""Comments on Jira issues: Atlassian Document Format on Cloud, wiki text on Data Center.

Each is internal (``sd.public.comment``, as Jira Service Management has it): what a pipeline decided
is not for the customers who opened a request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from gate.http import FetchError, Wire, get_json, write_once
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import ChangeRequest, Maybe, Problem, ProblemKind
from gate.tickets.comment import Comment
from gate.tickets.jira.reader import JiraReader
from gate.tickets.system import Right

_LATEST = 100  # comments to look through for our own; ours is of this very minute
_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
_NOFORMAT = re.compile(r"\{(?=noformat)", re.IGNORECASE)
_PERMISSION = "ADD_COMMENTS"
_REMEDY = (
    "give gate's account the permission Add Comments in the project, or set write_back.ticket = "
    "false in gate.toml"
)


class JiraCommenter:
    """Writes on the issues of one Jira, through a reader's line to it."""

    def __init__(self, reader: JiraReader) -> None:
        self._reader = reader
        self._wire: Wire = reader.wire
        self._cloud = reader.flavour == "cloud"
        self._api = "/rest/api/3" if self._cloud else "/rest/api/2"

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write the comment on the issue, under the key that was asked for."""
        path = f"{self._api}/issue/{change.id}/comment"
        body = adf(comment) if self._cloud else wiki(comment)
        sent = {"body": body, "properties": [_INTERNAL]}

        def is_there() -> bool:
            return self._is_on(path, comment.mark)

        try:
            write_once(is_there, lambda: self._wire.session.post(self._wire.url(path), json=sent))
        except FetchError as error:
            return _problem(error)
        except ShapeError as error:
            return malformed("jira", f"GET {path}", str(error))
        return None

    def rights(self) -> Iterator[Right]:
        """Add Comments, in each project."""
        for project in self._reader.projects:
            may = self.may_comment(project)
            problem = may if isinstance(may, Problem) else None if may else self._lacking()
            yield Right(f"{project}, Add Comments", "granted", problem)

    def may_comment(self, project: str) -> Maybe[bool]:
        """Whether our account may add comments in the project."""
        path = f"{self._api}/mypermissions"
        asked = {"projectKey": project, "permissions": _PERMISSION}
        try:
            reply = Document(get_json(self._wire, path, asked))
            return reply["permissions"][_PERMISSION]["havePermission"].boolean()
        except FetchError as error:
            return error.problem
        except ShapeError as error:
            return malformed("jira", f"GET {path}", str(error))

    def close(self) -> None:
        """Give the connections back."""
        self._reader.close()

    def _lacking(self) -> Problem:
        request = f"GET {self._api}/mypermissions"
        return Problem(ProblemKind.PERMISSION, "jira", request, "not granted", _REMEDY)

    def _is_on(self, path: str, mark: str) -> bool:
        """Whether one of the newest comments has the mark, which nobody knew before the record."""
        newest: dict[str, str | int] = {"orderBy": "-created", "maxResults": _LATEST}
        listed = Document(get_json(self._wire, path, newest))["comments"].each()
        return any(mark in json.dumps(comment["body"].value) for comment in listed)


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {400, 401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found


def adf(comment: Comment) -> dict[str, Any]:
    """The comment as an ADF document. Text nodes hold no markup, so nothing is to be escaped."""
    title = {"type": "text", "text": comment.title, "marks": [{"type": "strong"}]}
    nodes = [_paragraph([title])]
    nodes += [_paragraph([{"type": "text", "text": line}]) for line in comment.lines if line]
    nodes.append({"type": "codeBlock", "content": [{"type": "text", "text": comment.block}]})
    return {"type": "doc", "version": 1, "content": nodes}


def _paragraph(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "paragraph", "content": content}


def wiki(comment: Comment) -> str:
    """The comment as wiki text: two blocks in which no markup is read."""
    return f"{_verbatim(comment.text)}\n{_verbatim(comment.block)}"


def _verbatim(text: str) -> str:
    return f"{{noformat}}\n{_NOFORMAT.sub('{ ', text)}\n{{noformat}}"
