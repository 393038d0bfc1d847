"""What is asked of one repository: the requests, by name, and the lists read from them."""

from __future__ import annotations

from collections.abc import Callable

from gate.forges.github import linked, parse
from gate.forges.github.parse import Review
from gate.forges.rows import Activity, PullLink, PullRow, Ref
from gate.forges.talk import (
    PAGE,
    Ask,
    Flow,
    Reply,
    Talk,
    every_page,
    first_page,
    incomplete,
    path,
    read,
)
from gate.frozen import dataclass
from gate.model import Commit, Maybe, Problem


@dataclass(frozen=True, slots=True)
class Asking:
    """A repository ``slug`` ("acme/shop"), the talk it is asked in, and the path of GraphQL."""

    talk: Talk
    slug: str
    graphql: str

    def at(self, *parts: str | int) -> Ask:
        """A request below the repository."""
        return Ask(path("repos", self.slug, *parts))

    def name(self) -> Flow[Maybe[str]]:
        """``owner/name`` as GitHub has it now."""
        return self.talk.one(self.at(), parse.repository_name)

    def commit(self, sha: str) -> Flow[Maybe[Commit]]:
        """One commit."""
        return self.talk.one(self.at("commits", sha), parse.commit)

    def pulls_of(self, sha: str) -> Flow[Maybe[tuple[PullLink, ...]]]:
        """The pull requests that GitHub links to a commit.

        Many commits are one request. Where that does not tell them all, the commit's own list does.
        """
        found = yield from self.talk.one(self.pulls_ask(sha), linked.linked)
        if isinstance(found, Problem) or found.whole:
            return found if isinstance(found, Problem) else found.pulls
        return (yield from every_page(self.talk, self.at("commits", sha, "pulls"), parse.pull))

    def pulls_ask(self, sha: str) -> Ask:
        """The first request of ``pulls_of``."""
        return linked.question(self.graphql, self.slug, sha)

    def commits_ask(self, number: int) -> Ask:
        """The first request of ``commits_of``."""
        return first_page(self.at("pulls", number, "commits"))

    def activity_ask(self, number: int) -> Ask:
        """How messages call the pushes to a pull request's branch."""
        return Ask(f"activity of pull request {number}")

    def pull(self, number: int) -> Flow[Maybe[PullRow]]:
        """One pull request, whole."""
        return self.talk.one(self.at("pulls", number), parse.pull)

    def commits_of(self, number: int) -> Flow[Maybe[tuple[Commit, ...]]]:
        """The commits of a pull request; GitHub lists at most 250."""
        return every_page(self.talk, self.at("pulls", number, "commits"), parse.commit)

    def reviews_of(self, number: int) -> Flow[Maybe[tuple[Review, ...]]]:
        """Every review of a pull request."""
        return every_page(self.talk, self.at("pulls", number, "reviews"), parse.review)

    def refs(self, prefix: str) -> Flow[Maybe[tuple[Ref, ...]]]:
        """The refs whose whole name begins with ``prefix``."""
        below = prefix.removeprefix("refs/")
        return every_page(self.talk, self.at("git", "matching-refs", below), parse.ref)

    def activity(
        self, ref: str, enough: Callable[[tuple[Activity, ...]], bool]
    ) -> Flow[Maybe[tuple[Activity, ...]]]:
        """The pushes to a ref, newest first, page by page until ``enough`` says that they are.

        Pages are named by cursors, so one is known only from the one before it.
        """
        ask = Ask(self.at("activity").path, (("per_page", str(PAGE)), ("ref", ref)))
        found: list[Activity] = []
        while True:
            (answer,) = yield from self.talk.ask(ask)
            page = read(ask, answer, lambda page: tuple(map(parse.activity, page.each())))
            if isinstance(page, Problem):  # what was read before may do all the same
                return tuple(found) if found else page
            if not isinstance(answer, Reply):
                raise TypeError("a page without a reply")
            fresh = [row for row in page if row.push.ref == ref]
            if len(fresh) != len(page) or {row.id for row in found} & {row.id for row in fresh}:
                return incomplete(ask, "the list of pushes repeats itself or is of another ref")
            found.extend(fresh)
            following = answer.links.get("next")
            if following is None or enough(tuple(found)):
                return tuple(found)
            ask = ask.but(**dict(following))
