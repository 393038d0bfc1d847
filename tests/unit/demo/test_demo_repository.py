"""Repositories of the story are real git, the same every time, and heed no user's settings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.demo.repository import Author, CommitPlan, GitError, Repository

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
ALICE = Author("Alice", "alice@acme.example")
BOB = Author("Bob", "bob@acme.example")


def test_the_same_story_makes_the_same_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "mallory")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    ids = []
    for name in ("one", "two"):
        made = Repository.create(tmp_path / name)
        made.commit("First", author=ALICE, at=MONDAY, files={"a": "1\n", "b/c": "2\n"})
        ids.append(made.commit("Second", author=BOB, at=MONDAY, files={"a": None}))
    assert ids[0] == ids[1]
    assert made.git("ls-tree", "-r", "--name-only", "main") == "b/c"
    assert made.git("log", "-1", "--format=%an <%ae> %ct") == "Bob <bob@acme.example> 1767607200"
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_dates_and_committer_can_be_forged(tmp_path: Path) -> None:
    made = Repository.create(tmp_path / "r", bare=True)
    old = datetime(2001, 1, 1, tzinfo=UTC)
    (sha,) = made.make([CommitPlan("x", ALICE, old, committer=BOB, committed_at=MONDAY)])
    assert made.git("log", "-1", "--format=%at %cn %ct", sha) == "978307200 Bob 1767607200"


def test_merging_and_replaying(tmp_path: Path) -> None:
    made = Repository.create(tmp_path / "r", bare=True)
    made.commit("Base", author=ALICE, at=MONDAY, files={"a": "1\n"})
    made.branch("side")
    side = made.commit("Side", author=BOB, at=MONDAY, branch="side", files={"b": "1\n"})
    main = made.commit("Main", author=ALICE, at=MONDAY, files={"c": "1\n"})
    tree = made.merge_tree(main, side)
    assert made.git("ls-tree", "--name-only", tree).split() == ["a", "b", "c"]
    assert made.replay(side, main) == tree
    merge = made.commit_tree(tree, CommitPlan("Merge", ALICE, MONDAY, (main, side)))
    assert made.git("rev-parse", f"{merge}^1", f"{merge}^2").split() == [main, side]
    clash = made.commit("Clash", author=ALICE, at=MONDAY, files={"b": "2\n"})
    with pytest.raises(GitError):
        made.merge_tree(clash, side)


def test_many_commits_in_one_go(tmp_path: Path) -> None:
    made = Repository.create(tmp_path / "r", bare=True)
    plans = [CommitPlan(f"n{n}", ALICE, MONDAY, files={"n": str(n)}) for n in range(300)]
    commits = made.make(plans)
    made.set_ref("refs/heads/main", commits[-1])
    assert made.git("rev-list", "--reverse", "main").split() == list(commits)
    assert made.make([]) == ()


def test_clones_whole_shallow_and_detached(tmp_path: Path) -> None:
    made = Repository.create(tmp_path / "r", bare=True)
    first = made.commit("First", author=ALICE, at=MONDAY)
    made.commit("Second", author=ALICE, at=MONDAY)
    whole = made.clone(tmp_path / "whole", origin="https://github.com/acme/shop")
    whole.checkout(first)
    assert whole.tip() == first
    assert whole.git("remote", "get-url", "origin") == "https://github.com/acme/shop"
    shallow = made.clone(tmp_path / "shallow", depth=1)
    assert shallow.git("rev-parse", "--is-shallow-repository") == "true"
    assert made.tip("nowhere") == ""
    own = whole.commit("Own", author=BOB, at=MONDAY, branch="own")
    assert made.fetch(whole.path, "own") == own
    assert made.git("cat-file", "-t", own) == "commit"
