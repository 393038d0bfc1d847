"""merge-matches-review: what a merge put on the release ref is what was reviewed, and no more.

A merge commit may hold anything: who makes one by hand can put into it what nobody saw. So each
pull request is merged anew, and what came out must be what was merged. Where its reviewed head
contained what it was merged onto already, the merge must hold what the head holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, Unit, range_of, short, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    say,
    unavailable,
    undetermined,
    warn,
)
from gate.model import Commit, Facts, Judgement, Message, Problem, PullRequest


def judge(facts: Facts, _policy: Policy, _now: datetime) -> Judgement:
    """Each merge holds what merging its reviewed head anew gives."""
    expected = say(
        "merge-matches.expected",
        "What each pull request's merge holds is what merging its reviewed head anew gives.",
    )
    change = range_of(facts)
    if isinstance(change, Finding):
        return conclude(expected, [change])
    return conclude(expected, _judged(change))


def _judged(change: Range) -> Iterator[Finding]:
    commits = {commit.sha: commit for commit in change.commits}
    beside = list(change.loose)
    for unit in change.landed:
        if unit.pull_request is None:
            beside += unit.commits
        else:
            yield _merge(unit.pull_request, unit, commits)
    # A merge made by hand came in beside its pull request; what it holds was just looked at.
    merges = {unit.pull_request.merge_sha for unit in change.landed if unit.pull_request}
    unreviewed = [commit for commit in beside if commit.sha not in merges]
    if unreviewed:
        yield _unreviewed(unreviewed)


def _merge(pull: PullRequest, unit: Unit, commits: Mapping[str, Commit]) -> Finding:
    merge = commits.get(pull.merge_sha)
    if merge is None or pull.merged_at is None:
        return undetermined(
            say("merge-matches.open", "The forge shows no merge of {unit}.", unit=unit.name),
            say("merge-matches.open.remedy", "Merge it first, then deploy the merged commit."),
        )
    if merge.sha == pull.head_sha:
        return passed(
            say("merge-matches.same", "What landed of {unit} is its head.", unit=unit.name)
        )
    others = merge.parents[1:]
    if others not in {(), (pull.head_sha,), (pull.squash_sha,)}:
        return failed(
            say(
                "merge-matches.other-head",
                "The merge {merge} of {unit} is not one of its reviewed head {head}.",
                merge=short(merge.sha),
                unit=unit.name,
                head=short(pull.head_sha),
            ),
            _remedy(unit),
        )
    wanted = _recomputed(pull, unit, commits)
    return wanted if isinstance(wanted, Finding) else _compared(merge, wanted, unit)


def _recomputed(pull: PullRequest, unit: Unit, commits: Mapping[str, Commit]) -> str | Finding:
    """The tree that the merge must have."""
    head = pull.on_top_of(pull.onto(commits), commits)
    if head is not None and head.tree:
        return head.tree
    if isinstance(pull.remerged, Problem):
        return unavailable(pull.remerged)
    if pull.remerged == "":
        return failed(
            say(
                "merge-matches.conflict",
                "Merging {unit} anew conflicts: somebody settled it in the merge itself, where"
                " nobody reviewed it.",
                unit=unit.name,
            ),
            _remedy(unit),
        )
    return pull.remerged or undetermined(
        say("merge-matches.untold", "{unit} could not be merged anew.", unit=unit.name),
        say(
            "merge-matches.untold.remedy",
            "Run gate in a checkout with the whole history and the branches of its pull requests.",
        ),
    )


def _compared(merge: Commit, wanted: str, unit: Unit) -> Finding:
    if not merge.tree:
        return undetermined(
            say(
                "merge-matches.no-tree",
                "The forge does not tell what the merge {merge} of {unit} holds.",
                merge=short(merge.sha),
                unit=unit.name,
            ),
            say("merge-matches.no-tree.remedy", "Run gate again."),
        )
    if merge.tree != wanted:
        return failed(
            say(
                "merge-matches.differs",
                "The merge {merge} of {unit} holds tree {tree}; merging what was reviewed gives"
                " {wanted}.",
                merge=short(merge.sha),
                unit=unit.name,
                tree=short(merge.tree),
                wanted=short(wanted),
            ),
            _remedy(unit),
        )
    return passed(
        say("merge-matches.same-tree", "The merge of {unit} holds what it must.", unit=unit.name)
    )


def _unreviewed(commits: list[Commit]) -> Finding:
    return undetermined(
        say(
            "merge-matches.unreviewed",
            "{count} commit(s) ({commits}) came in by no pull request: there is no review to hold"
            " them against.",
            **shown(commits),
        ),
        say("merge-matches.unreviewed.remedy", "Bring changes in by pull requests."),
    )


def _remedy(unit: Unit) -> Message:
    return say(
        "merge-matches.remedy",
        "Compare the merge with the head of {unit}; bring what is more in it in by a pull request"
        " of its own.",
        unit=unit.name,
    )


CONTROL = Control(
    id="merge-matches-review",
    title="The merge holds what was reviewed",
    criteria=(
        "SOC 2 CC8.1 (POF 8, 9), CC6.8",
        "ISO 27001:2022 A.8.28, A.8.32",
        "NIST 800-53r5 SA-10, SI-7",
        "PCI DSS 6.2.3, 6.5.1",
    ),
    needs=(
        "the trees of merges and heads, by the forge",
        "the commits in the local clone, where a branch was behind what it was merged onto",
    ),
    default=warn,
    integrity=False,
    demands=(
        "For each pull request of the change, the tree of its merge, squash or last rebased "
        "commit is the one that merging its head anew gives; the head is what peer-reviewed holds "
        "the review against. Where the head contains what it was merged onto, that is the head's "
        "own tree; else it is merged again in the local clone, which must have the whole history. "
        "A merge of another commit fails, and so does one that conflicts, since somebody settled "
        "the conflict unseen. What cannot be merged anew, or came in by no pull request, is "
        "undetermined."
    ),
    satisfy=(
        "Let the forge merge, with the branch up to date; settle conflicts in the branch, and have "
        "them reviewed. Run gate in a checkout with fetch-depth: 0."
    ),
    judge=judge,
)
