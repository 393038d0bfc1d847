"""What GitLab answers of commits, branches, diffs and pushes: one function a resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from gate.demo import gitlab_diff
from gate.demo.gitlab_errors import refusal
from gate.demo.gitlab_pages import listed
from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_site import GitLabSite
from gate.demo.gitlab_state import MergeRequest, Token
from gate.demo.gitlab_views import Views
from gate.demo.wire import Reply, Request


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for something of one project; ``url`` is its own, as links repeat it."""

    site: GitLabSite
    request: Request
    token: Token | None
    views: Views
    project: GitLabProject
    url: str

    def page(self, rows: Any, show: Callable[[Any], object], *, counted: bool = True) -> Reply:
        """One numbered page of a list."""
        most = self.site.counted if counted else -1
        return listed(self.request, self.url, rows, show, most=self.site.page_limit, counted=most)

    def commit(self, sha: str) -> object:
        """A commit's shape."""
        return self.views.commit(self.project, self.project.graph.commits[sha])


Route: TypeAlias = Callable[[Visit, str], Reply]


def resolve(project: GitLabProject, name: str) -> str:
    """The commit of a branch, tag or commit id; "" for none. Forks' commits are found too."""
    named = project.branches.get(name) or project.tags.get(name)
    if named:
        return named
    return project.graph.find(name) if re.fullmatch(r"[0-9a-f]{7,40}", name) else ""


def whole_project(visit: Visit, _: str) -> Reply:
    """The project."""
    level = 10 if visit.token is not None and "internal" in visit.token.without else 20
    role = {"access_level": level, "notification_level": 3} if visit.token is not None else None
    permissions = {"project_access": role, "group_access": None}
    return Reply(visit.views.project(visit.project) | {"permissions": permissions})


def commits(visit: Visit, _: str) -> Reply:
    """Commits reachable from ``ref_name``, or of the range A..B; newest first, never counted."""
    project = visit.project
    name = visit.request.query.get("ref_name", project.default_branch)
    start, dots, end = name.partition("..")
    base = resolve(project, start) if dots else ""
    head = resolve(project, end if dots else name)
    if not head or (dots and not base):
        return refusal(404, "Commit")
    return visit.page(project.graph.between(base, head)[::-1], visit.commit, counted=False)


def commit(visit: Visit, name: str) -> Reply:
    """One commit."""
    sha = resolve(visit.project, name)
    return Reply(visit.commit(sha)) if sha else refusal(404, "Commit")


def commit_refs(visit: Visit, name: str) -> Reply:
    """The project's own branches and tags that hold the commit."""
    project = visit.project
    sha = resolve(project, name)
    if not sha:
        return refusal(404, "Commit")
    kind = visit.request.query.get("type", "all")
    rows = [
        {"type": word, "name": ref}
        for word, refs in (("branch", project.branches), ("tag", project.tags))
        if kind in {"all", word}
        for ref, tip in sorted(refs.items())
        if sha in project.graph.ancestors(tip)
    ]
    return visit.page(rows, lambda row: row)


def commit_diff(visit: Visit, name: str) -> Reply:
    """What a commit differs in from its first parent."""
    project = visit.project
    sha = resolve(project, name)
    if not sha:
        return refusal(404, "Commit")
    parents = project.graph.commits[sha].parents
    rows = gitlab_diff.between(project.git, parents[0] if parents else "", sha)
    return visit.page(rows, lambda row: row.shown(visit.site.most_diff))


def signature(visit: Visit, name: str) -> Reply:
    """A commit's signature, if GitLab could look at one."""
    sha, network = resolve(visit.project, name), visit.project.network
    if not sha:
        return refusal(404, "Commit")
    if sha in network.by_system:
        key = {"signature_type": "SSH", "key": None, "commit_source": "gitaly"}
        return Reply(key | {"verification_status": "verified_system"})
    if sha in network.signed:
        key = {"signature_type": "SSH", "commit_source": "gitaly"}
        return Reply(key | {"verification_status": "verified", "key": {"id": 1, "title": "Key"}})
    return refusal(404, "Signature")


def requests_of_commit(visit: Visit, name: str) -> Reply:
    """The merge requests that brought, or would bring, a commit."""
    sha = resolve(visit.project, name)
    if not sha:
        return refusal(404, "Commit")
    rows = [r for r in visit.project.requests.values() if brings(visit.project, r, sha)]
    rows.sort(key=lambda row: -row.iid)
    return visit.page(rows, lambda row: visit.views.request(visit.project, row))


def brings(project: GitLabProject, request: MergeRequest, sha: str) -> bool:
    """Whether the commit is of the request's last version, or what merging it made."""
    own = sha in project.graph.between(request.base, request.head)
    return own or (bool(sha) and sha in {request.merge_commit, request.squash_commit})


def compare(visit: Visit, _: str) -> Reply:
    """``from`` and ``to``: commits and diffs since their merge base, or between them."""
    project, query = visit.project, visit.request.query
    base, head = (resolve(project, query.get(name, "")) for name in ("from", "to"))
    start = project.graph.merge_base(base, head) if base and head else ""
    if not start:
        return refusal(404, "Ref")
    if query.get("straight") == "true":
        start = base
    rows = project.graph.between(base, head)
    diffs = gitlab_diff.between(project.git, start, head)
    return Reply(
        {
            "commit": visit.commit(head) if rows else None,
            "commits": [visit.commit(sha) for sha in rows],
            "diffs": [row.shown(visit.site.most_diff) for row in diffs[: visit.site.most_diffs]],
            "compare_timeout": len(diffs) > visit.site.most_diffs,
            "compare_same_ref": base == head,
            "web_url": f"{visit.views.web}/{project.path}/-/compare/{base}...{head}",
        }
    )


def merge_base(visit: Visit, _: str) -> Reply:
    """The best common ancestor of the ``refs[]``."""
    project = visit.project
    given = [
        value
        for name, value in parse_qsl(urlsplit(visit.request.target).query)
        if name in {"refs[]", "refs"}
    ]
    if len(given) < 2:
        return refusal(400, "Provide at least 2 refs")
    found = [resolve(project, name) for name in given]
    unknown = [name for name, sha in zip(given, found, strict=True) if not sha]
    if unknown:
        return refusal(400, f"Could not find ref: {', '.join(unknown)}")
    common = project.graph.merge_base(found[0], found[1])
    return Reply(visit.commit(common)) if common else refusal(404, "Merge Base")


def branches(visit: Visit, _: str) -> Reply:
    """All branches by name; ``search`` with ^ for a beginning."""
    wanted = visit.request.query.get("search", "")
    rows = [
        row
        for row in sorted(visit.project.branches.items())
        if (row[0].startswith(wanted[1:]) if wanted.startswith("^") else wanted in row[0])
    ]
    return visit.page(rows, lambda row: visit.views.branch(visit.project, *row))


def branch(visit: Visit, name: str) -> Reply:
    """One branch."""
    sha = visit.project.branches.get(name)
    if sha is None:
        return refusal(404, "Branch")
    return Reply(visit.views.branch(visit.project, name, sha))


def tags(visit: Visit, _: str) -> Reply:
    """All tags by name."""
    rows = sorted(visit.project.tags.items())
    return visit.page(rows, lambda row: visit.views.tag(visit.project, *row))


def tag(visit: Visit, name: str) -> Reply:
    """One tag."""
    sha = visit.project.tags.get(name)
    return refusal(404, "Tag") if sha is None else Reply(visit.views.tag(visit.project, name, sha))


def protected_branches(visit: Visit, _: str) -> Reply:
    """Protected branches with who may push and merge."""
    levels = [{"access_level": 40, "access_level_description": "Maintainers"}]
    rows = sorted(visit.project.protected)
    return visit.page(
        rows,
        lambda name: {
            "id": 1,
            "name": name,
            "push_access_levels": levels,
            "merge_access_levels": levels,
            "allow_force_push": False,
        },
    )


def events(visit: Visit, _: str) -> Reply:
    """The project's push events, newest first unless asked otherwise; no other kind is kept."""
    query = visit.request.query
    rows = sorted(visit.project.events, key=lambda row: (row.at, row.id))
    if query.get("action", "pushed") != "pushed":
        rows = []
    if query.get("sort", "desc") == "desc":
        rows.reverse()
    return visit.page(rows, lambda row: visit.views.event(visit.project, row))


CODE_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("project", r"", whole_project),
    ("repository", r"/repository/commits", commits),
    ("repository", r"/repository/commits/([^/]+)/refs", commit_refs),
    ("repository", r"/repository/commits/([^/]+)/diff", commit_diff),
    ("repository", r"/repository/commits/([^/]+)/signature", signature),
    ("merge_requests", r"/repository/commits/([^/]+)/merge_requests", requests_of_commit),
    ("repository", r"/repository/commits/([^/]+)", commit),
    ("repository", r"/repository/compare", compare),
    ("repository", r"/repository/merge_base", merge_base),
    ("repository", r"/repository/branches", branches),
    ("repository", r"/repository/branches/([^/]+)", branch),
    ("repository", r"/repository/tags", tags),
    ("repository", r"/repository/tags/([^/]+)", tag),
    ("protected_branches", r"/protected_branches", protected_branches),
    ("events", r"/events", events),
)
