"""What GitHub's GraphQL tells of the pull requests of commits.

Shapes follow the published schema: ``Repository.object``, ``Commit.associatedPullRequests`` and the
fields of ``PullRequest`` that say which it is and where it was to go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate.demo.github_errors import unresolved
from gate.demo.github_repository import GitHubRepository
from gate.demo.github_routes import linked_pulls
from gate.demo.github_site import GitHubSite
from gate.demo.github_state import PullRequest, Token
from gate.demo.github_views import time
from gate.demo.graphql import Arguments, FieldError, QueryError, answer
from gate.demo.wire import Reply

MOST_NODES = 100


def pulls_by_graphql(site: GitHubSite, token: Token, sent: Mapping[str, Any]) -> Reply:
    """The answer to a query on commits of one repository."""
    variables = sent["variables"]
    repository = site.find_repository(f"{variables['owner']}/{variables['name']}")
    if repository is None or not site.readable(repository, token):
        return unresolved("repository")
    if {"pull_requests", "contents"} & token.without:
        message = "Resource not accessible by integration"
        return Reply({"data": None, "errors": [{"type": "FORBIDDEN", "message": message}]})

    def found(arguments: Arguments) -> Any:
        return _commit(site, repository, arguments["oid"])

    whole = {"nameWithOwner": repository.full_name, "object": found}
    try:
        return Reply(answer(sent["query"], variables, {"repository": lambda _: whole}))
    except QueryError as error:
        return Reply({"errors": [{"message": str(error)}]})


def _commit(site: GitHubSite, repository: GitHubRepository, sha: str) -> Any:
    if sha not in repository.graph.commits:
        return None
    if sha in repository.unanswered:
        raise FieldError("SERVICE_UNAVAILABLE", "Something went wrong while executing your query.")

    def pulls(arguments: Arguments) -> Any:
        first = arguments.get("first", 0)
        if not 1 <= first <= MOST_NODES:
            raise QueryError("You must provide a `first` or `last` value of 1 to 100")
        kept = linked_pulls(repository, sha)
        return {
            "totalCount": len(kept),
            "nodes": [_pull(site, repository, pull) for pull in kept[:first]],
        }

    return {"oid": sha, "associatedPullRequests": pulls}


def _pull(site: GitHubSite, repository: GitHubRepository, pull: PullRequest) -> dict[str, Any]:
    head = site.find_repository(pull.head_repository)
    is_merged = pull.merged_at is not None
    return {
        "number": pull.number,
        "title": pull.title,
        "baseRefName": pull.base_ref,
        "baseRepository": {"nameWithOwner": repository.full_name},
        "headRefName": pull.head_ref,
        "headRefOid": pull.head_sha,
        "headRepository": {"nameWithOwner": head.full_name} if head else None,
        "mergedAt": time(pull.merged_at),
        "mergeCommit": {"oid": pull.merge_sha} if is_merged and pull.merge_sha else None,
    }
