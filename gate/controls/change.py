"""The change as the controls see it: its commits, and how they came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gate.controls.control import Finding, failed, say, unavailable, undetermined
from gate.frozen import dataclass
from gate.model import (
    BaseKind,
    Change,
    Commit,
    Facts,
    History,
    Problem,
    PullRequest,
    Push,
    Value,
)

SHOWN = 5  # commits named in a message
SHORT = 12  # hex digits of a commit in a message


def short(commit: str) -> str:
    """A commit as a message names it; "" for none."""
    return commit[:SHORT]


def pull_name(pull: PullRequest) -> str:
    """A pull request as a message names it, in the words of its forge."""
    is_gitlabs = "/merge_requests/" in pull.url
    return f"merge request !{pull.number}" if is_gitlabs else f"pull request #{pull.number}"


@dataclass(frozen=True, slots=True)
class Unit:
    """What was pushed together: a pull request or a direct push, with its commits of the range."""

    commits: tuple[Commit, ...]
    pull_request: PullRequest | None = None
    push: Push | None = None

    @property
    def hand_merge(self) -> Commit | None:
        """The pull request's merge commit, where somebody made and pushed it, not the forge."""
        pull = self.pull_request
        if pull is None or pull.merge_sha == pull.head_sha:
            return None
        return next(
            (c for c in self.commits if c.sha == pull.merge_sha and not c.merged_by_forge), None
        )

    @property
    def name(self) -> str:
        """How a message calls it."""
        if self.pull_request:
            return pull_name(self.pull_request)
        return f"the direct push of {short(self.push.after)}" if self.push else "no push"


@dataclass(frozen=True, slots=True)
class Range:
    """The commits that the deployment brings, never none.

    ``units_of`` has the units that each commit came in by; ``loose`` are commits that the
    forge knows no push of, hand-made merges among them. ``landed`` are the units that tell when and
    how: not the pull requests merged elsewhere all of whose commits came onto a release ref by
    others. These make makers, but what was merged in some other place dates nothing.
    """

    commits: tuple[Commit, ...]
    units: tuple[Unit, ...]
    units_of: Mapping[str, tuple[Unit, ...]]
    loose: tuple[Commit, ...]
    landed: tuple[Unit, ...]

    @property
    def pull_requests(self) -> tuple[PullRequest, ...]:
        """The pull requests among the units."""
        return tuple(u.pull_request for u in self.units if u.pull_request is not None)


def range_of(facts: Facts) -> Range | Finding:
    """The range, or why there is none to judge."""
    change = facts.change
    if isinstance(change, Problem):
        return unavailable(change)
    wrong = _base_fault(change, facts) or _commits_fault(change, facts.deployment.commit)
    if wrong is not None:
        return wrong
    for part in (change.commits, change.pull_requests):
        if isinstance(part, Problem):
            return unavailable(part)
    return _arranged(change)


def shown(commits: Iterable[Commit]) -> dict[str, Value]:
    """Arguments that name commits in a message: ``commits`` (a few, shortened) and ``count``."""
    ids = sorted({commit.sha for commit in commits})
    listed = tuple(short(sha) for sha in ids[:SHOWN])
    return {"count": len(ids), "commits": (*listed, "…") if len(ids) > SHOWN else listed}


def _base_fault(change: Change, facts: Facts) -> Finding | None:
    history = facts.history
    if isinstance(history, Problem):
        return unavailable(history)
    if change.base_is_ancestor is not True:
        return failed(
            say(
                "change.base-not-ancestor",
                "The base {base} is not an ancestor of {head}.",
                base=short(change.base.commit),
                head=short(change.head),
            ),
            say(
                "change.base-not-ancestor.remedy",
                "Deploy a commit that contains {base}, or leave --base away.",
                base=short(change.base.commit),
            ),
        )
    if _is_base_of(change, history):
        return None
    return undetermined(
        say(
            "change.base-unproven",
            "The change was read from base {base}, but the log proves base {proven}.",
            base=short(change.base.commit) or "(first)",
            proven=short(history.base.commit) or "(first)",
        ),
        say("change.base-unproven.remedy", "Run gate again, without --base."),
    )


def _is_base_of(change: Change, history: History) -> bool:
    """Whether the range starts where the log says, or earlier."""
    base, proven = change.base, history.base
    if base.kind is not BaseKind.WIDENED:
        return (base.kind, base.commit) == (proven.kind, proven.commit)
    if not proven.commit or base.commit == proven.commit or isinstance(change.commits, Problem):
        return True
    return proven.commit in {commit.sha for commit in change.commits}


def _commits_fault(change: Change, head: str) -> Finding | None:
    commits = change.commits
    if isinstance(commits, Problem):
        return unavailable(commits)
    if commits and change.head == head and head in {commit.sha for commit in commits}:
        return None
    if not commits and change.head == head:
        return undetermined(
            say(
                "change.empty", "There is no commit between the base and {head}.", head=short(head)
            ),
            say(
                "change.empty.remedy",
                "Leave --base away: a redeployment is judged over the range of its first success.",
            ),
        )
    return undetermined(
        say(
            "change.other-head",
            "The change that was read does not end at {head}, which is to be deployed.",
            head=short(head),
        ),
        say("change.other-head.remedy", "Run gate again; if it stays, report it as a bug."),
    )


def _arranged(change: Change) -> Range | Finding:
    commits = change.commits
    pulls, pushes = change.pull_requests, change.direct_pushes
    if isinstance(commits, Problem) or isinstance(pulls, Problem):
        raise TypeError("a range with a problem in it")
    units = [Unit(_of(commits, pull.brings), pull_request=pull) for pull in pulls]
    by_hand = [unit.hand_merge for unit in units if unit.hand_merge is not None]
    if isinstance(pushes, Problem):
        released = {sha for pull in pulls if pull.into_release_ref for sha in pull.brings}
        if not all(commit.sha in released for commit in commits):
            return unavailable(pushes)
    else:
        for position, push in enumerate(pushes):
            mine = {c.sha for c in commits if change.push_of.get(c.sha) == position}
            units.append(Unit(_of(commits, mine), push=push))
    units = [unit for unit in units if unit.commits]
    units_of = {commit.sha: tuple(u for u in units if commit in u.commits) for commit in commits}
    loose = tuple(
        commit
        for commit in commits
        if not units_of[commit.sha]
        or (commit in by_hand and not any(unit.push for unit in units_of[commit.sha]))
    )
    return Range(commits, tuple(units), units_of, loose, _landed(units))


def _landed(units: list[Unit]) -> tuple[Unit, ...]:
    surely = [u for u in units if u.pull_request is None or u.pull_request.into_release_ref]
    by_these = {commit.sha for unit in surely for commit in unit.commits}
    return tuple(
        unit
        for unit in units
        if unit in surely or not all(commit.sha in by_these for commit in unit.commits)
    )


def _of(commits: Iterable[Commit], shas: Iterable[str]) -> tuple[Commit, ...]:
    wanted = frozenset(shas)
    return tuple(commit for commit in commits if commit.sha in wanted)
