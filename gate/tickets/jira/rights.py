"""Whether our account is an agent of a service project, whom alone Jira shows its approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.http import FetchError
from gate.http.document import ShapeError
from gate.http.failure import credentials_of, malformed
from gate.model import Problem, ProblemKind
from gate.tickets.system import Right

if TYPE_CHECKING:
    from gate.tickets.jira.client import Client

_PATH = "mypermissions"
_AGENT = "SERVICEDESK_AGENT"


def of_agent(client: Client, project: str) -> Right:
    """Agent access to a project, asked for as the permission that Jira has for it.

    Not needed: other projects than service projects have no agents, and approvals elsewhere.
    """
    what = f"project {project}, agent access"
    label = client.label(_PATH)
    try:
        reply = client.read(_PATH, {"projectKey": project, "permissions": _AGENT})
        if reply["permissions"][_AGENT]["havePermission"].boolean():
            return Right(what, "granted", needed=False)
    except FetchError as error:
        return Right(what, "", error.problem, needed=False)
    except ShapeError as error:
        return Right(what, "", malformed("jira", label, str(error)), needed=False)
    lacking = Problem(
        ProblemKind.PERMISSION,
        "jira",
        label,
        "our account is no agent there, so approvals of a service project may be hidden from it",
        f"make the account behind {credentials_of('jira')} an agent of the service project; or "
        "take jsm out of tickets.jira.approvals",
    )
    return Right(what, "", lacking, needed=False)
