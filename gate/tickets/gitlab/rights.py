"""What gate's token must be able to read, each by a request that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.http import FetchError
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Problem, ProblemKind
from gate.tickets.gitlab.client import SYSTEM, issue_path, project_path
from gate.tickets.gitlab.issue import parse_issue
from gate.tickets.gitlab.reading import no_issues
from gate.tickets.system import Right

if TYPE_CHECKING:
    from gate.tickets.gitlab.client import Client

REPORTER = 20  # GitLab's number of the role
_HISTORY = ("resource_label_events", "resource_state_events", "notes")


def of_issues(client: Client, project: str) -> Right:
    """Whether the project's issues are shown under the path that the policy has."""
    return Right(f"issues of {project}", "can be read", no_issues(client, project))


def of_history(client: Client, project: str) -> Right:
    """Whether it is told what happened to an issue: asked of the newest."""
    what, path = f"history of issues in {project}", f"{project_path(project)}/issues"
    try:
        for row in client.get(path, {"state": "all", "scope": "all", "per_page": 1}).each():
            newest = issue_path(project, parse_issue(row).number)
            for path in (f"{newest}/{name}" for name in _HISTORY):
                client.get(path, {"per_page": 1}).each()
    except FetchError as error:
        return Right(what, "", error.problem)
    except ShapeError as error:
        return Right(what, "", malformed(SYSTEM, client.label(path), str(error)))
    return Right(what, "can be read")


def of_internal_notes(client: Client, project: str) -> Right:
    """Whether internal notes and confidential issues are shown: it takes the role Reporter.

    Not needed: without it an issue with such a note is undetermined, a confidential one missing.
    """
    what, path = f"internal notes in {project}", project_path(project)
    try:
        role = _role(client.get(path)["permissions"])
    except FetchError as error:
        return Right(what, "", error.problem, needed=False)
    except ShapeError as error:
        problem = malformed(SYSTEM, client.label(path), str(error))
        return Right(what, "", problem, needed=False)
    if role >= REPORTER:
        return Right(what, "are shown", needed=False)
    cause = "GitLab shows internal notes and confidential issues from the role Reporter on"
    remedy = "give GITLAB_TOKEN that role in the project, or use neither for change requests"
    problem = Problem(ProblemKind.PERMISSION, SYSTEM, client.label(path), cause, remedy)
    return Right(what, "", problem, needed=False)


def _role(permissions: Document) -> int:
    """The higher of our roles in the project and in its group; 0 for none."""
    found = (permissions.find(name) for name in ("project_access", "group_access"))
    return max((each["access_level"].integer() for each in found if each), default=0)
