"""Whether a token may ask which pull requests commits came in by, tried on one commit.

REST's permissions do not show it. GraphQL answers at another address, which a proxy before a GitHub
Enterprise Server may not let through, and refuses in its own way.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from gate.forges.github import linked
from gate.forges.github.client import graphql_url, headers
from gate.http import FetchError, Wire, get_json
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.http.reply import parse_json
from gate.model import Problem


def may_link(wire: Wire, slug: str) -> Problem | None:
    """Why ``Commit.associatedPullRequests`` cannot be read, or None; the tip of a branch is tried.

    An empty repository has nothing to try it on, and is then not found fault with.
    """
    path = urlsplit(graphql_url(wire)).path
    try:
        branches = Document(get_json(wire, f"/repos/{slug}/branches", {"per_page": 1})).each()
        if not branches:
            return None
        ask = linked.question(path, slug, branches[0]["commit"]["sha"].commit_id())
        response = wire.session.ask(graphql_url(wire), linked.query((ask,)), headers())
        (answer,) = linked.answers((ask,), parse_json(response.content))
        if isinstance(answer, Problem):
            return _placed(answer, wire)
        linked.linked(Document(answer.data))
    except FetchError as error:
        return _placed(error.problem, wire)
    except ShapeError as error:
        return malformed(
            "github", f"POST {path}", f"the reply is not what GitHub documents: {error}"
        )
    return None


def _placed(problem: Problem, wire: Wire) -> Problem:
    """With the address that was asked, which the policy does not name."""
    return replace(problem, remedy=f"{problem.remedy} (GraphQL is asked at {graphql_url(wire)})")
