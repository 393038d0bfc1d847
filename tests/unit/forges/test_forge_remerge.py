"""Merging anew in a clone: what it gives, and what the clone cannot do to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from worlds import good_change, good_commit, good_pull_request

from gate.demo.repository import Author, CommitPlan, GitError, Repository
from gate.forges import remerge
from gate.forges.remerge import with_remerged
from gate.model import Change, Maybe, Problem, ProblemKind

ALICE = Author("Alice", "alice@acme.example")
WHEN = datetime(2026, 1, 5, 8, tzinfo=UTC)
LINES = "".join(f"line {n}\n" for n in range(20))


class Scene:
    """A clone where a branch was cut at ``base``, ``main`` went on, and ``head`` is the branch."""

    def __init__(self, path: Path, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        self.clone = Repository.create(path)
        (self.base,) = self._make((), {"a": LINES, "b": LINES})
        (self.main,) = self._make((self.base,), ours)
        (self.head,) = self._make((self.base,), theirs)
        for name, sha in (("main", self.main), ("head", self.head)):
            self.clone.set_ref(f"refs/heads/{name}", sha)

    def _make(self, parents: tuple[str, ...], files: Mapping[str, str]) -> tuple[str, ...]:
        return self.clone.make([CommitPlan("x", ALICE, WHEN, parents, files)])

    def change(self, onto: str = "", head: str = "") -> Change:
        merge = good_commit("9" * 40, onto or self.main)
        pull = good_pull_request(
            head_sha=head or self.head, merge_sha=merge.sha, brings=(merge.sha,), commits=()
        )
        return good_change(commits=(merge,), pull_requests=(pull,))

    def remerged(self, change: Change | None = None) -> Maybe[str] | None:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.clone.path)}
        found = with_remerged(change or self.change(), self.clone.path, environ)
        assert isinstance(found.pull_requests, tuple)
        return found.pull_requests[0].remerged


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(
        tmp_path / "clone", {"a": f"first\n{LINES}"}, {"a": f"{LINES}last\n", "c": "new\n"}
    )


def test_the_merge_holds_what_both_sides_did(scene: Scene) -> None:
    tree = scene.remerged()
    assert tree == scene.clone.merge_tree(scene.main, scene.head)
    assert isinstance(tree, str)
    assert scene.clone.git("show", f"{tree}:a") == f"first\n{LINES}last"


def test_nothing_is_written_to_the_clone(scene: Scene) -> None:
    before = scene.clone.git("count-objects", "-v")
    tree = scene.remerged()
    assert scene.clone.git("count-objects", "-v") == before
    assert isinstance(tree, str)
    with pytest.raises(GitError):
        scene.clone.git("cat-file", "-e", tree)


def test_a_conflict_is_told_as_one(tmp_path: Path) -> None:
    torn = Scene(tmp_path / "clone", {"a": f"ours\n{LINES}"}, {"a": f"theirs\n{LINES}"})
    assert torn.remerged() == ""


def test_the_clones_own_drivers_and_attributes_are_not_heeded(scene: Scene) -> None:
    expected, touched = scene.remerged(), scene.clone.path / "touched"
    git = scene.clone.path / ".git"
    scene.clone.git("config", "merge.evil.driver", f"touch {touched}")
    for place in (git / "info" / "attributes", scene.clone.path / ".gitattributes"):
        place.parent.mkdir(exist_ok=True)
        place.write_text("* merge=evil\n")
    scene.clone.git("config", "core.attributesFile", str(git / "info" / "attributes"))
    assert scene.remerged() == expected
    assert not touched.exists()


def test_nor_are_replaced_commits(scene: Scene) -> None:
    expected = scene.remerged()
    scene.clone.git("replace", scene.head, scene.main)
    assert scene.remerged() == expected


def test_what_is_up_to_date_or_its_own_merge_is_not_merged_again(scene: Scene) -> None:
    change = scene.change()
    assert isinstance(change.pull_requests, tuple)
    (pull,) = change.pull_requests
    own = good_commit(scene.head, scene.main)
    for settled in (
        replace(pull, commits=(own,)),
        replace(pull, head_sha=pull.merge_sha),
        replace(pull, merge_sha="8" * 40),  # which the range does not have
    ):
        assert scene.remerged(replace(change, pull_requests=(settled,))) is None


def test_what_the_forge_does_not_tell_of_a_merge_the_clone_does(scene: Scene) -> None:
    (merge,) = scene.clone.make([CommitPlan("x", ALICE, WHEN, (scene.main, scene.head), {"d": ""})])
    untold = good_commit(merge, scene.main, parents=(scene.main, scene.head), tree="")
    gone = good_commit("9" * 40, merge, tree="")
    pull = good_pull_request(
        head_sha=scene.head, merge_sha=merge, brings=(merge, scene.head), commits=()
    )
    other = replace(pull, number=13, merge_sha=gone.sha, head_sha=gone.sha, brings=(gone.sha,))
    change = good_change(commits=(untold, gone), pull_requests=(pull, other))
    found = with_remerged(change, scene.clone.path, {"PATH": os.environ["PATH"]})
    assert isinstance(found.commits, tuple)
    held = scene.clone.git("rev-parse", f"{merge}^{{tree}}")
    assert [commit.tree for commit in found.commits] == [held, ""]
    assert scene.remerged(change) == scene.clone.merge_tree(scene.main, scene.head)


def test_a_head_of_which_no_tree_was_told_is_merged_anew(scene: Scene) -> None:
    change = scene.change()
    assert isinstance(change.pull_requests, tuple)
    (pull,) = change.pull_requests
    own = good_commit(scene.head, scene.main, tree="")
    assert isinstance(
        scene.remerged(replace(change, pull_requests=(replace(pull, commits=(own,)),))), str
    )


def problem_of(found: Maybe[str] | None) -> Problem:
    assert isinstance(found, Problem)
    assert (found.kind, found.service) == (ProblemKind.LOCAL, "git")
    return found


def test_a_shallow_clone_knows_other_merge_bases(scene: Scene, tmp_path: Path) -> None:
    scene.clone = scene.clone.clone(tmp_path / "shallow", depth=1)
    assert "fetch-depth: 0" in problem_of(scene.remerged()).remedy


def test_commits_that_are_not_there_are_named(scene: Scene) -> None:
    missing = problem_of(scene.remerged(scene.change(head="8" * 40)))
    assert "888888888888" in missing.cause
    assert "777777777777" in problem_of(scene.remerged(scene.change(onto="7" * 40))).cause


def test_without_a_repository_nothing_is_merged(scene: Scene, tmp_path: Path) -> None:
    scene.clone = Repository(tmp_path)
    assert "no git repository" in problem_of(scene.remerged()).cause
    scene.clone = Repository(tmp_path / "nowhere")
    problem_of(scene.remerged())


def test_too_many_are_not_made(scene: Scene) -> None:
    change = scene.change()
    assert isinstance(change.pull_requests, tuple)
    (pull,) = change.pull_requests
    many = tuple(replace(pull, number=n) for n in range(remerge.MOST + 1))
    assert (
        str(remerge.MOST) in problem_of(scene.remerged(replace(change, pull_requests=many))).cause
    )
