"""One project as a scenario tells it: pushes, merge requests, approvals, merges.

Commits are real objects of a bare git repository; a push makes them known to the server. Times are
the server's and are taken as they are; the dates inside commits are whatever their author wrote.
Like GitLab, a merge leaves a push event of whoever merged, which is like any other; and a push that
puts a merge request's head onto its target marks the request as merged by the pusher.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from gate.demo.github_graph import CommitGraph
from gate.demo.gitlab_issues import IssueTracker
from gate.demo.gitlab_merge import land
from gate.demo.gitlab_state import (
    GitLabUser,
    MergeHow,
    MergeRequest,
    Note,
    PushEvent,
    ReviewerState,
    Version,
)
from gate.demo.repository import Author, CommitPlan


class Network:
    """What a project shares with its forks: commits, who signed which, and the counter of ids.

    ``signed`` has the committer's verified signatures, ``by_system`` GitLab's own.
    """

    def __init__(self, graph: CommitGraph, users: dict[str, GitLabUser]) -> None:
        self.graph = graph
        self.users = users
        self.signed: set[str] = set()
        self.by_system: set[str] = set()
        self.ids = count(1001)


class GitLabProject:
    """A project. ``git`` is its bare git directory, to be cloned; all people are user names.

    ``signs`` has GitLab sign what it commits itself; ``resets`` takes approvals away on a push.
    """

    def __init__(self, network: Network, path: str, *, private: bool, parent: str = "") -> None:
        self.network = network
        self.graph = network.graph
        self.git = network.graph.git
        self.id = next(network.ids)
        self.path = path
        self.private = private
        self.parent = parent
        self.default_branch = "main"
        self.branches: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.protected: set[str] = set()
        self.members: set[str] = set()
        self.events: list[PushEvent] = []
        self.requests: dict[int, MergeRequest] = {}
        self.issues = IssueTracker(path, self._user, network.ids)
        self.watchers: list[GitLabProject] = [self]  # whose merge requests follow our branches
        self.signs = False
        self.resets = False

    # ---------------------------------------------------------------- commits and pushes

    def commit(
        self,
        message: str,
        *,
        by: str | Author,
        at: datetime,
        on: str | tuple[str, ...] = "main",
        files: Mapping[str, str | None] | None = None,
    ) -> str:
        """A commit on somebody's own machine; nobody sees it before it is pushed.

        ``on`` is a branch, a commit or all parents; ``by`` a user or any name and address at all.
        """
        names = (on,) if isinstance(on, str) else on
        parents = tuple(self.branches.get(name, name) for name in names) if self.branches else ()
        own_file = f"changes/{hashlib.sha256(message.encode()).hexdigest()[:8]}.txt"
        author = self._user(by).identity if isinstance(by, str) else by
        plan = CommitPlan(message, author, at, parents, files or {own_file: message + "\n"})
        return self.git.make([plan])[0]

    def push(self, branch: str, commit: str, *, by: str, at: datetime) -> None:
        """``by`` puts a branch on a commit, made above or in a clone given to ``receive``."""
        self._move(branch, commit, self._user(by), at)

    def receive(self, source: Path, rev: str, branch: str, *, by: str, at: datetime) -> str:
        """``by`` pushes a commit of a real clone."""
        commit = self.git.fetch(source, rev)
        self.push(branch, commit, by=by, at=at)
        return commit

    def delete_branch(self, branch: str, *, by: str, at: datetime) -> None:
        """``by`` removes a branch."""
        self._move(branch, "", self._user(by), at)

    def tag(self, name: str, commit: str) -> None:
        """A lightweight tag."""
        self.graph.take_in(commit)
        self.tags[name] = commit
        self.git.set_ref(f"refs/tags/{name}", commit)

    def push_tag(self, name: str, commit: str, *, by: str, at: datetime) -> None:
        """``by`` pushes a tag, which leaves an event like a branch's."""
        before = self.tags.get(name, "")
        self.tag(name, commit)
        self.events.append(
            PushEvent(self._next(), "tag", name, before, commit, 0, "", at, self._user(by))
        )

    def sign(self, commit: str) -> None:
        """GitLab verified a signature on this commit, by a key of its committer's account."""
        self.network.signed.add(commit)

    def bulk_push(self, refs: int, *, by: str, at: datetime) -> None:
        """``by`` pushed so many refs at once that GitLab keeps one event for all of them."""
        self.events.append(
            PushEvent(self._next(), "branch", "", "", "", 0, "", at, self._user(by), refs)
        )

    def _move(self, branch: str, commit: str, actor: GitLabUser, at: datetime) -> None:
        before = self.branches.get(branch, "")
        if before == commit:
            return
        if commit:
            self.graph.take_in(commit)
            self.branches[branch] = commit
        else:
            del self.branches[branch]
        home = "heads" if not self.parent else f"forks/{self.id}"
        self.git.set_ref(f"refs/{home}/{branch}", commit)
        new = self.graph.between(before, commit) if commit else ()
        title = self.graph.commits[commit].message.partition("\n")[0] if commit else ""
        event = PushEvent(
            self._next(), "branch", branch, before, commit, len(new), title, at, actor
        )
        self.events.append(event)
        for project in self.watchers:
            project.follow(self.path, event)

    def follow(self, source: str, event: PushEvent) -> None:
        """A branch of ours or of a fork moved: merge requests see it."""
        for request in self.requests.values():
            if request.state != "opened" or not event.after:
                continue
            if (request.source_project, request.source_branch) == (source, event.ref):
                self._new_version(request, event)
            if (self.path, request.target_branch) == (source, event.ref):
                brought = self.graph.between(event.before, event.after)
                if request.head in brought:
                    # on the line of first parents of the push the commit is its own merge
                    merged = self.graph.brought_in(request.head, event.after)
                    self.mark_merged(request, event.actor, event.at, merged)

    def _new_version(self, request: MergeRequest, event: PushEvent) -> None:
        request.head = event.after
        self._renew(request, event.at)
        added = len(self.graph.between(event.before, event.after))
        self._note(request, event.actor, f"added {added} commits", event.at)
        if self.resets:
            request.approvals.clear()

    def _renew(self, request: MergeRequest, at: datetime) -> None:
        """A version of its head as it stands to its target now."""
        request.updated_at = at
        request.start = self.branches[request.target_branch]
        request.base = self.graph.merge_base(request.start, request.head)
        made = Version(self._next(), request.head, request.base, request.start, at)
        request.versions.append(made)

    def mark_merged(
        self, request: MergeRequest, by: GitLabUser, at: datetime, merge_commit: str
    ) -> None:
        """The request is merged, whoever made the commit."""
        request.state, request.merged_by = "merged", by
        request.merged_at = request.updated_at = at
        request.merge_commit = merge_commit
        self._note(request, by, "merged", at)

    # ---------------------------------------------------------------- merge requests

    def open_merge_request(
        self,
        iid: int,
        *,
        by: str,
        head: str,
        at: datetime,
        title: str = "",
        description: str = "",
        base: str = "main",
        source: GitLabProject | None = None,
    ) -> MergeRequest:
        """``by`` asks to merge ``head`` (of ``source``, where it is a fork) into ``base``."""
        origin = source or self
        tip, start = origin.branches[head], self.branches[base]
        common = self.graph.merge_base(start, tip)
        self.requests[iid] = MergeRequest(
            iid=iid,
            title=title or f"Merge {head}",
            description=description,
            author=self._user(by),
            source_project=origin.path,
            source_branch=head,
            target_branch=base,
            head=tip,
            base=common,
            start=start,
            created_at=at,
            updated_at=at,
            versions=[Version(self._next(), tip, common, start, at)],
        )
        return self.requests[iid]

    def approve(self, iid: int, *, by: str, at: datetime) -> None:
        """``by`` approves; a reviewer who had asked for changes withdraws that."""
        request = self.requests[iid]
        request.approvals[by] = at
        request.reviewers[by] = ("approved", at)
        self._note(request, self._user(by), "approved this merge request", at)

    def unapprove(self, iid: int, *, by: str, at: datetime) -> None:
        """``by`` takes the approval back."""
        request = self.requests[iid]
        request.approvals.pop(by, None)
        request.reviewers[by] = ("unapproved", at)
        self._note(request, self._user(by), "unapproved this merge request", at)

    def request_changes(self, iid: int, *, by: str, at: datetime) -> None:
        """``by``, a reviewer, asks for changes."""
        request = self.requests[iid]
        request.approvals.pop(by, None)
        request.reviewers[by] = ("requested_changes", at)
        self._note(request, self._user(by), "requested changes", at)

    def review(self, iid: int, *, by: str, at: datetime, state: ReviewerState = "reviewed") -> None:
        """``by`` leaves a review without deciding."""
        self.requests[iid].reviewers[by] = (state, at)

    def comment(self, iid: int, body: str, *, by: str, at: datetime) -> None:
        """``by`` writes a comment."""
        note = Note(self._next(), self._user(by), body, at, system=False)
        self.requests[iid].notes.append(note)

    def retarget(self, number: int, base: str, *, by: str, at: datetime) -> None:
        """``by`` has the merge request merged into another branch: its diff is another one."""
        request = self.requests[number]
        old, request.target_branch = request.target_branch, base
        self._renew(request, at)
        body = f"changed target branch from `{old}` to `{base}`"
        self._note(request, self._user(by), body, at)

    def close(self, iid: int, *, at: datetime) -> None:
        """The merge request is closed without merging."""
        self.requests[iid].state, self.requests[iid].updated_at = "closed", at

    def merge(self, iid: int, *, by: str, at: datetime, method: MergeHow = "merge") -> str:
        """``by`` presses the button; returns the commit that the target is on afterwards."""
        request, user = self.requests[iid], self._user(by)
        target = self.branches[request.target_branch]
        landed = land(self.graph, request, self.path, target, user, at, method)
        if self.signs:
            self.network.by_system |= {sha for sha in (landed.merge, landed.squash) if sha}
        # the request is marked first, so that the push is not taken for a merge by hand
        self.mark_merged(request, user, at, landed.merge)
        request.squash_commit = landed.squash
        self._move(request.target_branch, landed.tip, user, at)
        return landed.tip

    def fork(self, path: str) -> GitLabProject:
        """A fork: branches of its own over the same objects."""
        made = GitLabProject(self.network, path, private=self.private, parent=self.path)
        made.branches = dict(self.branches)
        made.watchers = [made, self]
        return made

    def _note(self, request: MergeRequest, by: GitLabUser, body: str, at: datetime) -> None:
        request.notes.append(Note(self._next(), by, body, at))

    def _next(self) -> int:
        return next(self.network.ids)

    def _user(self, username: str) -> GitLabUser:
        return self.network.users[username]
