"""What is asked of one project: the requests, by name, and the lists read from them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from gate.forges import refs as names
from gate.forges.gitlab import parse
from gate.forges.gitlab.pages import WAVES, every_page, has_next, page_of
from gate.forges.gitlab.parse import MERGED, Project, Reviewer, SystemNote, Version
from gate.forges.rows import Activity, PullLink, PullRow
from gate.forges.talk import GITLAB, PAGE, Ask, Flow, Reply, Talk, incomplete, read
from gate.frozen import dataclass
from gate.http.document import Document
from gate.model import Commit, Maybe, Problem

MOST_INSIDE = 5 * PAGE  # merge requests into the branch of another one, which are all read


@dataclass(frozen=True, slots=True)
class Asking:
    """A project ``slug``, its path ("acme/shop") or number, and the talk it is asked in."""

    talk: Talk
    slug: str

    def at(self, *parts: str | int) -> Ask:
        """A request below the project; each part is one segment, its slashes encoded."""
        path = "/".join(quote(str(part), safe="") for part in ("projects", self.slug, *parts))
        return Ask(f"/{path}", host=GITLAB)

    def of_commit(self, sha: str, what: str) -> Ask:
        """A request about a commit."""
        return self.at("repository", "commits", sha, what)

    def of_request(self, number: int, what: str) -> Ask:
        """A request about a merge request."""
        return self.at("merge_requests", number, what)

    # ---------------------------------------------------------------- one at a time

    def project(self) -> Flow[Maybe[Project]]:
        """The project itself."""
        return self.talk.one(self.at(), parse.project)

    def name(self) -> Flow[Maybe[str]]:
        """Its path as GitLab has it now; its number where it was asked for by that."""
        found = yield from self.project()
        if isinstance(found, Problem) or self.slug == str(found.id):
            return found if isinstance(found, Problem) else self.slug
        return found.path

    def commit(self, sha: str) -> Flow[Maybe[Commit]]:
        """One commit."""
        return self.talk.one(self.at("repository", "commits", sha), parse.commit)

    def pull(self, number: int) -> Flow[Maybe[PullRow]]:
        """One merge request."""
        ask = self.at("merge_requests", number)
        return self.talk.one(ask, lambda row: parse.pull(row, self.slug))

    def merge_base_ask(self, one: str, other: str) -> Ask:
        """The request for the best common ancestor of two commits."""
        refs = (("refs[]", one), ("refs[]", other))
        return Ask(self.at("repository", "merge_base").path, refs, GITLAB)

    def merge_base(self, one: str, other: str) -> Flow[Maybe[str]]:
        """The best common ancestor of two commits."""
        return self.talk.one(self.merge_base_ask(one, other), parse.commit_id)

    def tip(self, ref: str) -> Flow[Maybe[str]]:
        """The commit that a branch or tag, by its whole name, is on."""
        kind = "branches" if ref.startswith(names.HEADS) else "tags"
        short = ref.removeprefix(names.HEADS).removeprefix(names.TAGS)
        return self.talk.one(self.at("repository", kind, short), parse.tip)

    # ---------------------------------------------------------------- lists

    def pulls_ask(self, sha: str) -> Ask:
        """The first request of ``pulls_of``."""
        return page_of(self.of_commit(sha, "merge_requests"), 1)

    def pulls_of(self, sha: str) -> Flow[Maybe[tuple[PullLink, ...]]]:
        """The merge requests into the project that GitLab links to a commit, but closed ones.

        What was closed without merging brought nothing, and nobody is going to merge it.
        """
        ask = self.of_commit(sha, "merge_requests")
        listed = yield from every_page(self.talk, ask, lambda row: parse.linked(row, self.slug))
        if isinstance(listed, Problem):
            return listed
        return tuple(row for row in listed if row is not None)

    def recent(self) -> Flow[Maybe[tuple[PullRow, ...]]]:
        """The merge requests of the project that were merged and updated last.

        Only a hint: what it lacks is asked about commit by commit.
        """
        ask = page_of(
            self.at("merge_requests").but(state=MERGED, order_by="updated_at", sort="desc"), 1
        )
        found = yield from self.talk.one(ask, lambda page: [*map(self._row, page.each())])
        if isinstance(found, Problem):
            return found
        return tuple(row for row in found if row.merged_at)

    def merged_into(self, link: PullLink) -> Flow[Maybe[tuple[PullRow, ...]] | None]:
        """Every merge request that was merged into the branch of this one; None if too many are."""
        if not link.head_repository:
            return None
        project = Asking(self.talk, link.head_repository)
        ask = project.at("merge_requests").but(state=MERGED, target_branch=link.head_ref)
        (first,) = yield from self.talk.ask(page_of(ask, 1))
        if isinstance(first, Reply) and (first.total is None or first.total > MOST_INSIDE):
            return None
        return (yield from every_page(self.talk, ask, project._row))

    def _row(self, row: Document) -> PullRow:
        return parse.pull(row, self.slug)

    def commits_ask(self, number: int) -> Ask:
        """The first request of ``commits_of``."""
        return page_of(self.of_request(number, "commits"), 1)

    def commits_of(self, number: int) -> Flow[Maybe[tuple[Commit, ...]]]:
        """The commits of a merge request."""
        return every_page(self.talk, self.of_request(number, "commits"), parse.commit)

    def versions_of(self, number: int) -> Flow[Maybe[tuple[Version, ...]]]:
        """The diff versions of a merge request, newest first."""
        return every_page(self.talk, self.of_request(number, "versions"), parse.version)

    def reviewers_of(self, number: int) -> Flow[Maybe[tuple[Reviewer, ...]]]:
        """The reviewers of a merge request."""
        return every_page(self.talk, self.of_request(number, "reviewers"), parse.reviewer)

    def notes_of(self, number: int) -> Flow[Maybe[tuple[SystemNote, ...]]]:
        """GitLab's own notes on a merge request, oldest first."""
        ask = self.of_request(number, "notes").but(sort="asc", order_by="created_at")
        found = yield from every_page(self.talk, ask, parse.note)
        if isinstance(found, Problem):
            return found
        return tuple(note for note in found if note is not None)

    def refs_of(self, sha: str) -> Flow[Maybe[tuple[str, ...]]]:
        """The project's own branches and tags that hold a commit, by their whole names."""
        return every_page(self.talk, self.of_commit(sha, "refs").but(type="all"), parse.ref)

    def activity_ask(self, number: int) -> Ask:
        """How messages call the pushes to a merge request's branch."""
        return Ask(f"push events of merge request {number}", host=GITLAB)

    def activity(
        self, ref: str, enough: Callable[[tuple[Activity, ...]], bool]
    ) -> Flow[Maybe[tuple[Activity, ...]]]:
        """The pushes to a branch, newest first, until ``enough`` says that they are.

        GitLab lists the pushes to all branches as one, so pages are read in growing waves.
        """
        ask = self.at("events").but(action="pushed", sort="desc")
        found: dict[int, Activity] = {}
        for wave in WAVES:
            asks = [page_of(ask, number) for number in wave]
            answers = yield from self.talk.ask(*asks)
            for page_ask, answer in zip(asks, answers, strict=True):
                page = read(page_ask, answer, lambda p: [parse.event(r) for r in p.each()])
                if isinstance(page, Problem):  # what was read before may do all the same
                    does = wave != WAVES[0] and enough(_of(found, ref))
                    return _of(found, ref) if does else page
                found |= {row.id: row for row in page if row is not None}
                if not has_next(answer):
                    return _of(found, ref)
            if enough(_of(found, ref)):
                break
        return _of(found, ref)

    def range_of(self, ref_name: str) -> Flow[Maybe[tuple[Commit, ...]]]:
        """The commits of a ref or a range A..B, which GitLab does not count; newest first."""
        ask = self.at("repository", "commits").but(ref_name=ref_name)
        found: dict[str, Commit] = {}
        for wave in WAVES:
            asks = [page_of(ask, number) for number in wave]
            answers = yield from self.talk.ask(*asks)
            for page_ask, answer in zip(asks, answers, strict=True):
                page = read(page_ask, answer, lambda p: [parse.commit(r) for r in p.each()])
                if isinstance(page, Problem):
                    return page
                found |= {commit.sha: commit for commit in page}
                if not has_next(answer):
                    return tuple(found.values())
        return incomplete(ask, f"more than {len(found)} commits", "deploy in smaller steps")


def _of(found: dict[int, Activity], ref: str) -> tuple[Activity, ...]:
    return tuple(row for row in found.values() if row.push.ref == ref)
