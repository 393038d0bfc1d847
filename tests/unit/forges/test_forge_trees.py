"""The trees of commits, by the clone and the commits' own ids."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from worlds import good_change, good_commit, good_pull_request

from gate.demo.repository import Author, Repository
from gate.forges.trees import tree_of, with_trees
from gate.model import Change, Problem, ProblemKind

ENVIRON = {"PATH": os.environ["PATH"]}
ALICE = Author("Alice", "alice@acme.example")


def scene(path: Path) -> tuple[Repository, str, str]:
    clone = Repository.create(path)
    sha = clone.commit("x", author=ALICE, at=datetime(2026, 1, 5, tzinfo=UTC))
    return clone, sha, clone.git("rev-parse", f"{sha}^{{tree}}")


def trees(change: Change) -> list[str]:
    assert isinstance(change.commits, tuple)
    assert isinstance(change.pull_requests, tuple)
    own = change.pull_requests[0].commits
    assert isinstance(own, tuple)
    return [commit.tree for commit in (*change.commits, *own)]


def test_what_the_clone_has_is_told_and_nothing_else_is_changed(tmp_path: Path) -> None:
    clone, sha, tree = scene(tmp_path / "clone")
    here, told = good_commit(sha, "", tree=""), good_commit("8" * 40, "", tree="7" * 40)
    gone = good_commit("9" * 40, "", tree="")
    change = good_change(
        commits=(here, told, gone), pull_requests=(good_pull_request(commits=(gone, here)),)
    )
    assert trees(with_trees(change, clone.path, ENVIRON)) == [tree, "7" * 40, "", "", tree]


def test_without_a_clone_nothing_is_told(tmp_path: Path) -> None:
    _, sha, _ = scene(tmp_path / "clone")
    change = good_change(commits=(good_commit(sha, "", tree=""),), pull_requests=())
    assert with_trees(change, tmp_path, ENVIRON) == change
    problem = Problem(ProblemKind.UNAVAILABLE, "gitlab", "GET /", "down", "wait")
    assert with_trees(good_change(commits=problem), tmp_path, ENVIRON).commits is problem


def test_bytes_of_another_commit_are_not_believed(tmp_path: Path) -> None:
    clone, sha, tree = scene(tmp_path / "clone")
    raw = clone.git("cat-file", "commit", sha).encode() + b"\n"
    assert tree_of(sha, raw) == tree
    assert tree_of(sha, raw.replace(b"Alice", b"Mallory")) == ""
    assert tree_of("f" * 40, raw) == ""
    assert tree_of("f" * 64, raw) == ""
