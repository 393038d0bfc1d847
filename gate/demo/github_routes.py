"""What GitHub answers of commits, branches and pushes: one function a resource.

Shapes follow the GitHub REST API, version 2022-11-28.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from gate.demo.github_errors import refusal
from gate.demo.github_pages import by_cursor, listed, numbered
from gate.demo.github_repository import GitHubRepository
from gate.demo.github_site import GitHubSite
from gate.demo.github_state import PullRequest, Token
from gate.demo.github_views import Views
from gate.demo.wire import Reply, Request

COMPARE_PAGE = 250
FILES = 300


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for something of one repository; ``url`` is its own, as links repeat it."""

    site: GitHubSite
    request: Request
    token: Token | None
    views: Views
    repository: GitHubRepository
    url: str

    def page(self, rows: Any, show: Callable[[Any], object]) -> Reply:
        """One numbered page of a list."""
        return listed(self.request, self.url, rows, show, most=self.site.page_limit)


Route: TypeAlias = Callable[[Visit, str], Reply]


def resolve(visit: Visit, name: str) -> str:
    """The commit of a branch, tag, ``refs/…``, ``owner:branch`` or commit id; "" for none."""
    repository = visit.repository
    owner, colon, branch = name.partition(":")
    if colon:
        fork = visit.site.find_repository(f"{owner}/{repository.name}")
        return fork.branches.get(branch, "") if fork else ""
    short = name.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("heads/")
    named = repository.branches.get(short) or repository.tags.get(short)
    if named:
        return named
    return repository.graph.find(name) if re.fullmatch(r"[0-9a-f]{4,40}", name) else ""


def no_commit(name: str) -> Reply:
    """422 for a well-formed id that nothing has, 404 for any other name."""
    if re.fullmatch(r"[0-9a-f]{40}", name):
        return refusal(422, f"No commit found for SHA: {name}")
    return refusal(404)


def whole_repository(visit: Visit, _: str) -> Reply:
    """The repository."""
    return Reply(visit.views.repository(visit.repository))


def _files(visit: Visit, base: str, head: str) -> list[dict[str, Any]]:
    rows = visit.repository.graph.diff(base, head)[:FILES]
    return [
        {
            "filename": name,
            "status": status,
            "additions": added,
            "deletions": removed,
            "changes": added + removed,
        }
        for name, status, added, removed in rows
    ]


def commit(visit: Visit, name: str) -> Reply:
    """One commit, with its files."""
    repository = visit.repository
    if not repository.branches:
        return refusal(409)
    sha = resolve(visit, name)
    if not sha:
        return no_commit(name)
    found = repository.graph.commits[sha]
    files = _files(visit, found.parents[0] if found.parents else "", sha)
    counts = {
        "additions": sum(row["additions"] for row in files),
        "deletions": sum(row["deletions"] for row in files),
    }
    stats = counts | {"total": counts["additions"] + counts["deletions"]}
    return Reply(visit.views.commit(repository, found) | {"stats": stats, "files": files})


def commits(visit: Visit, _: str) -> Reply:
    """Commits reachable from ``sha`` (a branch or id), newest first."""
    repository = visit.repository
    name = visit.request.query.get("sha", repository.default_branch)
    sha = resolve(visit, name)
    if not sha:
        return refusal(404)
    rows = repository.graph.between("", sha)[::-1]
    return visit.page(
        rows, lambda row: visit.views.commit(repository, repository.graph.commits[row])
    )


def compare(visit: Visit, basehead: str) -> Reply:
    """``base...head``: up to 250 commits a page, oldest first; files on the first page only."""
    repository, graph = visit.repository, visit.repository.graph
    names = re.split(r"\.\.\.?", basehead, maxsplit=1)
    base, head = (resolve(visit, name) for name in (*names, "", "")[:2])
    merge_base = graph.merge_base(base, head) if base and head else ""
    if not merge_base:
        return refusal(404)
    ahead, behind = graph.between(base, head), graph.between(head, base)

    def show(sha: str) -> object:
        return visit.views.commit(repository, graph.commits[sha])

    page, headers = numbered(
        visit.request,
        visit.url,
        ahead,
        show,
        most=min(COMPARE_PAGE, visit.site.page_limit * 10),
        default=COMPARE_PAGE,
    )
    first = visit.request.number("page", 1, most=10**6) == 1
    api = f"{visit.views.api}/repos/{repository.full_name}/compare/{base}...{head}"
    web = f"{visit.views.web}/{repository.full_name}/compare/{base}...{head}"
    status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    body = {
        "url": api,
        "html_url": web,
        "permalink_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "base_commit": show(base),
        "merge_base_commit": show(merge_base),
        "status": status.get((bool(ahead), bool(behind)), "diverged"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": page,
    }
    if first:
        body["files"] = _files(visit, merge_base, head)
    return Reply(body, headers=headers)


def branches(visit: Visit, _: str) -> Reply:
    """All branches by name."""
    rows = sorted(visit.repository.branches.items())
    return visit.page(rows, lambda row: visit.views.branch(visit.repository, *row))


def branch(visit: Visit, name: str) -> Reply:
    """One branch with its whole commit."""
    sha = visit.repository.branches.get(name)
    if sha is None:
        return refusal(404, "Branch not found")
    whole = visit.views.commit(visit.repository, visit.repository.graph.commits[sha])
    return Reply(visit.views.branch(visit.repository, name, sha) | {"commit": whole})


def branches_where_head(visit: Visit, sha: str) -> Reply:
    """Branches whose tip this commit is."""
    rows = [row for row in sorted(visit.repository.branches.items()) if row[1] == sha]
    return Reply([visit.views.branch(visit.repository, *row) for row in rows])


def tags(visit: Visit, _: str) -> Reply:
    """All tags by name."""
    rows = sorted(visit.repository.tags.items(), reverse=True)
    return visit.page(
        rows, lambda row: {"name": row[0], "commit": {"sha": row[1]}, "node_id": row[0]}
    )


def references(visit: Visit) -> dict[str, str]:
    """Every ref of the repository in full."""
    heads = {f"refs/heads/{name}": sha for name, sha in visit.repository.branches.items()}
    return heads | {f"refs/tags/{name}": sha for name, sha in visit.repository.tags.items()}


def matching_references(visit: Visit, start: str) -> Reply:
    """Refs whose full name begins so."""
    rows = [row for row in sorted(references(visit).items()) if row[0].startswith(f"refs/{start}")]
    return visit.page(rows, lambda row: visit.views.reference(visit.repository, *row))


def reference(visit: Visit, name: str) -> Reply:
    """One ref."""
    sha = references(visit).get(f"refs/{name}")
    if sha is None:
        return refusal(404)
    return Reply(visit.views.reference(visit.repository, f"refs/{name}", sha))


def activity(visit: Visit, _: str) -> Reply:
    """Changes of refs, newest first unless asked otherwise, by cursor."""
    query = visit.request.query
    ref = query.get("ref", "")
    full = ref if ref.startswith("refs/") or not ref else f"refs/heads/{ref}"
    rows = [
        row
        for row in sorted(visit.repository.activity, key=lambda row: (row.at, row.id))
        if full in {"", row.ref}
        and query.get("activity_type", row.kind) == row.kind
        and query.get("actor", row.actor.login if row.actor else "")
        == (row.actor.login if row.actor else "")
    ]
    if query.get("direction", "desc") == "desc":
        rows.reverse()
    return by_cursor(
        visit.request, visit.url, rows, visit.views.activity, most=visit.site.page_limit
    )


def brings(repository: GitHubRepository, pull: PullRequest, sha: str) -> bool:
    """Whether the commit came, or would come, in by this pull request."""
    return sha in pull.landed or sha in repository.graph.between(pull.base_sha, pull.head_sha)


def linked_pulls(repository: GitHubRepository, sha: str) -> list[PullRequest]:
    """The merged pull request of a commit on the default branch, else open and merged ones."""
    if sha in repository.unlinked:
        return []
    found = [pull for pull in repository.pulls.values() if brings(repository, pull, sha)]
    main = repository.branches.get(repository.default_branch, "")
    landed = sha in repository.graph.ancestors(main)
    return [p for p in found if p.merged_at or (p.closed_at is None and not landed)]


COMMIT_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("metadata", r"", whole_repository),
    ("contents", r"/commits", commits),
    ("contents", r"/commits/(.+)/branches-where-head", branches_where_head),
    ("contents", r"/commits/(.+)", commit),
    ("contents", r"/compare/(.+)", compare),
    ("contents", r"/branches", branches),
    ("contents", r"/branches/(.+)", branch),
    ("contents", r"/tags", tags),
    ("contents", r"/git/matching-refs/(.+)", matching_references),
    ("contents", r"/git/ref/(.+)", reference),
    ("contents", r"/activity", activity),
)
