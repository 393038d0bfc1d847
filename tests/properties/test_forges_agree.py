"""The same story told to GitHub and to GitLab: what their readers make of it is the same.

Merge commits and squashed commits only: the third way (GitHub rebases, GitLab fast-forwards) makes
different commits, and a head that somebody pushes straight onto the target is a fast-forward for
GitLab. Where a reader says that it cannot tell, nothing is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import OnGitHub, OnGitLab, Place

from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.demo.repository import GitError
from gate.model import Account, Change, Problem

PEOPLE = ("alice", "bob", "carol", "mallory")
BRANCHES = ("main", "release/1", "f1", "f2", "f3")

PERSON = st.sampled_from(PEOPLE)
BRANCH = st.sampled_from(("main", "main", "main", *BRANCHES))
ENDING = st.sampled_from(["merge", "merge", "squash", "squash", "hand", "open"])
FEATURE = st.tuples(
    st.just("feature"), BRANCH, PERSON, PERSON, st.integers(1, 2), st.booleans(), ENDING, PERSON
)
LAST = ("feature", "main", "alice", "alice", 1, True, "merge", "bob")
ACTION = st.one_of(
    FEATURE,
    FEATURE,
    st.tuples(st.just("work"), BRANCH, PERSON, PERSON),
    st.tuples(st.just("cut"), PERSON, BRANCH, BRANCH),
)


class Teller:
    """Tells the story to one forge. Commits are known by the order in which they were made."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.labels = {place.base: "base"}
        self.open: dict[int, tuple[str, str]] = {}
        self.told: list[str] = []

    def label(self, sha: str, kind: str) -> str:
        self.labels.setdefault(sha, f"{kind} {len(self.labels)}")
        return sha

    def tell(self, what: str, *given: Any) -> None:
        """One action, if it is possible now; what is not possible on one forge is on neither."""
        act: Callable[..., bool] = getattr(self, f"_{what.replace(' ', '_')}")
        try:
            done = act(*given)
        except GitError:
            done = False
        self.told.append(f"{what} {given}: {done}")

    @property
    def branches(self) -> dict[str, str]:
        return self.place.repository.branches

    def _work(self, branch: str, author: str, pusher: str) -> bool:
        if branch not in self.branches:
            return False
        made = self.place.commit(f"Work {len(self.labels)}", by=author, on=branch)
        self.place.push(branch, self.label(made, "work"), by=pusher)
        return True

    def _feature(
        self,
        base: str,
        author: str,
        pusher: str,
        commits: int,
        reviewed: bool,
        ending: str,
        by: str,
    ) -> bool:
        """A branch with its request, which ends in one way or another."""
        number = len(self.open) + 1
        branch, place = f"f{number}", self.place
        if base not in self.branches or branch in self.branches:
            return False
        head = self.branches[base]
        for _ in range(commits):
            made = place.commit(f"Work {len(self.labels)}", by=author, on=head)
            head = self.label(made, "work")
            place.push(branch, head, by=pusher)
        place.open(number, branch, by=author, base=base)
        self.open[number] = (branch, base)
        if reviewed:
            place.approve(number, by=by)
        if ending in {"merge", "squash"}:
            self.label(place.merge(number, ending, by=by), ending)
        elif ending == "hand":
            made = place.commit(f"Hand {len(self.labels)}", by=by, on=(base, branch))
            place.push(base, self.label(made, "hand"), by=by)
        return True

    def _cut(self, by: str, branch: str, at: str) -> bool:
        if branch in self.branches or at not in self.branches:
            return False
        self.place.push(branch, self.branches[at], by=by)
        return True

    # ---------------------------------------------------------------- what was made of it

    def summary(self, base: str) -> dict[str, Any] | Problem:
        change = self.place.read(self.branches["main"], base, "main", "release/*")
        if isinstance(change, Problem):
            return change
        for part in (change.commits, change.pull_requests, change.direct_pushes):
            if isinstance(part, Problem):
                return part
        return self._told(change)

    def _told(self, change: Change) -> dict[str, Any]:
        assert isinstance(change.commits, tuple)
        assert isinstance(change.pull_requests, tuple)
        assert isinstance(change.direct_pushes, tuple)
        pushes = change.direct_pushes
        return {
            "commits": {self.labels[c.sha] for c in change.commits},
            "by the forge": {self.labels[c.sha] for c in change.commits if c.merged_by_forge},
            "refs": change.release_refs,
            "direct": {
                self.labels[sha]: (key(pushes[at].account), pushes[at].ref)
                for sha, at in change.push_of.items()
            },
            "requests": {
                pull.number: {
                    "brings": {self.labels[sha] for sha in pull.brings},
                    "released": pull.into_release_ref,
                    "people": {key(a) for a in (pull.author, *pull.others)},
                    "pushers": pull.pushes
                    if isinstance(pull.pushes, Problem)
                    else [(key(p.account), self.labels[p.after]) for p in pull.pushes],
                    "reviews": pull.reviews
                    if isinstance(pull.reviews, Problem)
                    else {(key(r.account), r.verdict, self.labels[r.commit]) for r in pull.reviews},
                    "merged": (pull.merged_at is not None, key(pull.merged_by)),
                }
                for pull in change.pull_requests
            },
        }


def key(account: Account | None) -> str:
    return account.key if account else ""


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(story=st.lists(ACTION, min_size=1, max_size=8), first=st.booleans())
def test_both_readers_tell_the_same(story: list[tuple[Any, ...]], first: bool) -> None:
    with GitHubSimulator() as github, GitLabSimulator() as gitlab:
        tellers = [Teller(OnGitHub(github)), Teller(OnGitLab(gitlab))]
        for teller in tellers:
            for action in [*story, LAST]:
                teller.tell(*action)
        assert tellers[0].told == tellers[1].told
        on_github, on_gitlab = (t.summary("" if first else t.place.base) for t in tellers)
        if isinstance(on_github, Problem) or isinstance(on_gitlab, Problem):
            return
        assert on_gitlab == on_github
