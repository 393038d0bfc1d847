"""What gate's token must be able to read, each by a request that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.http import FetchError
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.tickets.github.client import GRAPHQL, SYSTEM
from gate.tickets.github.edits import LATEST, parse_latest
from gate.tickets.github.reading import no_issues
from gate.tickets.system import Right

if TYPE_CHECKING:
    from gate.tickets.github.client import Client


def of_issues(client: Client, repository: str) -> Right:
    """Whether the repository's issues are shown under the name that the policy has."""
    problem = no_issues(client, repository)
    return Right(f"issues of {repository}", "can be read", problem)


def of_edits(client: Client, repository: str) -> Right:
    """Whether it is told when an issue was edited."""
    what = f"edits in {repository}"
    owner, _, name = repository.partition("/")
    try:
        parse_latest(client.query(LATEST, {"owner": owner, "name": name}))
    except FetchError as error:
        return Right(what, "", error.problem)
    except ShapeError as error:
        return Right(what, "", malformed(SYSTEM, client.label(GRAPHQL), str(error)))
    return Right(what, "can be read")
