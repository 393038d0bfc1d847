"""A merge's diff against the diff of what was merged: by example, and against git itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.demo import gitlab_diff
from gate.demo.repository import Author, CommitPlan, GitError, Repository
from gate.forges.gitlab.patches import (
    Changes,
    FileDiff,
    Run,
    Sameness,
    comparison,
    file_diff,
    runs,
    sameness,
)
from gate.http.document import Document, ShapeError
from gate.model import COMMIT_ID

ALICE = Author("Alice", "alice@acme.example")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def diff(text: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "diff": text,
        "old_path": "a.txt",
        "new_path": "a.txt",
        "a_mode": "100644",
        "b_mode": "100644",
        "new_file": False,
        "renamed_file": False,
        "deleted_file": False,
        "collapsed": False,
        "too_large": False,
    }
    return row | changes


def changes(*rows: dict[str, object], whole: bool = True) -> Changes:
    return Changes(tuple(file_diff(Document(row)) for row in rows), whole)


FIX = "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"


def test_runs_are_replaced_lines_with_their_place() -> None:
    assert runs(FIX) == (Run(2, ("two",), ("2",)),)
    assert runs("@@ -0,0 +1,2 @@\n+a\n+b\n") == (Run(1, (), ("a", "b")),)
    assert runs("@@ -2 +1,0 @@ def f():\n-x\n") == (Run(2, ("x",), ()),)
    assert runs("@@ -5,0 +6,1 @@\n+x\n") == (Run(6, (), ("x",)),)
    assert runs("") == ()
    two = "@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n-d\n+D\n"
    assert [run.at for run in runs(two)] == [1, 4]


def test_a_missing_newline_at_the_end_is_content() -> None:
    with_newline = "@@ -1 +1 @@\n-a\n+b\n"
    without = "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"
    assert runs(with_newline) != runs(without)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "@@ -1,3 +1,3 @@\n one\n",
        "@@ -1 +1 @@\n-a\n+b\n+c\n",
        "@@ -1 +1 @@\n?a\n",
        "@@ -1 +1 @@\n-a\n+b",
        "@@ -x +1 @@\n-a\n+b\n",
        "Binary files a/x and b/x differ\n",
    ],
)
def test_what_is_no_diff_is_refused(text: str) -> None:
    with pytest.raises(ShapeError):
        runs(text)


# ---------------------------------------------------------------- by example


def test_the_same_diff_is_the_same() -> None:
    assert sameness(changes(diff(FIX)), changes(diff(FIX)), None) is Sameness.SAME
    heading = FIX.replace("@@\n", "@@ def f():\n")
    assert sameness(changes(diff(FIX)), changes(diff(heading)), None) is Sameness.SAME


def test_a_file_that_was_not_to_be_changed_makes_it_different() -> None:
    evil = diff(FIX, old_path="evil", new_path="evil")
    assert sameness(changes(diff(FIX)), changes(diff(FIX), evil), None) is Sameness.DIFFERENT
    assert sameness(changes(diff(FIX)), changes(), None) is Sameness.DIFFERENT
    assert sameness(changes(), changes(evil), None) is Sameness.DIFFERENT


def test_other_lines_need_what_lies_beneath_and_do_not_pass_for_it() -> None:
    other = diff(FIX.replace("+2", "+3"))
    assert sameness(changes(diff(FIX)), changes(other), None) is None
    assert sameness(changes(diff(FIX)), changes(other), changes()) is Sameness.DIFFERENT
    above = diff("@@ -1,2 +1,2 @@\n-one\n+1\n two\n")
    assert sameness(changes(diff(FIX)), changes(other), changes(above)) is Sameness.DIFFERENT


def test_the_same_lines_elsewhere_are_different() -> None:
    """The context would fit there, too."""
    moved = diff("@@ -11,3 +11,3 @@\n one\n-two\n+2\n three\n")
    assert sameness(changes(diff(FIX)), changes(moved), changes()) is Sameness.DIFFERENT
    below = diff("@@ -90,1 +90,11 @@\n x\n" + "+y\n" * 10)
    assert sameness(changes(diff(FIX)), changes(moved), changes(below)) is Sameness.DIFFERENT


def test_lines_moved_by_what_lies_beneath_are_the_same() -> None:
    fix = diff("@@ -20,3 +20,3 @@\n one\n-two\n+2\n three\n")
    moved = diff("@@ -22,3 +22,3 @@\n one\n-two\n+2\n three\n")
    above = diff("@@ -1,1 +1,3 @@\n+a\n+b\n x\n")
    assert sameness(changes(fix), changes(moved), changes(above)) is Sameness.SAME
    assert sameness(changes(fix), changes(fix), changes(above)) is Sameness.SAME


def test_a_change_that_both_made_is_brought_by_nobody() -> None:
    other = diff(FIX, old_path="b", new_path="b")
    mine = changes(diff(FIX), other)
    assert sameness(mine, changes(other), changes(diff(FIX))) is Sameness.SAME
    assert sameness(mine, changes(other), changes()) is Sameness.DIFFERENT


UNREADABLE: dict[str, dict[str, object]] = {
    "too large": diff("", too_large=True),
    "collapsed": diff("", collapsed=True),
    "binary": diff("Binary files a/a.txt and b/a.txt differ\n"),
    "not Unicode": diff("@@ -1 +1 @@\n-a\n+\ufffd\n"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_not_the_same(what: str) -> None:
    row = changes(UNREADABLE[what])
    assert sameness(row, row, None) is Sameness.UNREADABLE
    assert sameness(row, row, row) is Sameness.UNREADABLE
    evil = diff(FIX, old_path="evil", new_path="evil")
    both = changes(UNREADABLE[what], evil)
    assert sameness(row, both, None) is Sameness.DIFFERENT


def test_an_old_gitlab_that_says_nothing_of_what_it_left_out() -> None:
    row = diff("", new_file=True)
    del row["collapsed"], row["too_large"]
    assert sameness(changes(row), changes(row), None) is Sameness.UNREADABLE
    empty = diff("", new_file=True)
    assert sameness(changes(empty), changes(empty), None) is Sameness.SAME


def test_a_list_that_is_not_whole_is_unreadable() -> None:
    part, all_of_it = changes(diff(FIX), whole=False), changes(diff(FIX))
    assert sameness(part, all_of_it, None) is Sameness.UNREADABLE
    assert sameness(all_of_it, part, None) is Sameness.UNREADABLE


@pytest.mark.parametrize(
    "twist", [{"b_mode": "100755"}, {"new_file": True}, {"deleted_file": True}]
)
def test_modes_and_kinds_count(twist: dict[str, object]) -> None:
    mine, theirs = changes(diff(FIX)), changes(diff(FIX, **twist))
    assert sameness(mine, theirs, changes()) is Sameness.DIFFERENT


# ---------------------------------------------------------------- against git


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository.create(tmp_path_factory.mktemp("patches") / "shop.git", bare=True)


def compared(repository: Repository, base: str, head: str) -> Changes:
    files = gitlab_diff.between(repository, base, head)
    reply = {"diffs": [each.shown(10**6) for each in files], "compare_timeout": False}
    return comparison(Document(reply))


LINES = st.lists(st.sampled_from("abcdefgh"), min_size=12, max_size=30)
EDITS = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 2), st.lists(st.sampled_from("XYZ"), max_size=2)),
    min_size=1,
    max_size=3,
)


def edited(lines: list[str], edits: list[tuple[int, int, list[str]]]) -> list[str]:
    made = list(lines)
    for at, length, new in edits:
        made[at : at + length] = new
    return made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, ours=EDITS, theirs=EDITS, evil=EDITS)
def test_a_merge_told_the_same_is_the_one_that_git_makes(
    repository: Repository,
    lines: list[str],
    ours: list[tuple[int, int, list[str]]],
    theirs: list[tuple[int, int, list[str]]],
    evil: list[tuple[int, int, list[str]]],
) -> None:
    """Whatever is called the same has the tree of git's own merge."""

    def text(of: list[str]) -> dict[str, str | None]:
        return {"f": "".join(f"{line}\n" for line in of), "other": "x\n"}

    base, one, two = repository.make(
        [
            CommitPlan("base", ALICE, NOON, (), text(lines)),
            CommitPlan("one", ALICE, NOON, (), text(edited(lines, ours))),
            CommitPlan("two", ALICE, NOON, (":1",), text(edited(lines, theirs))),
        ]
    )
    try:
        tree = repository.merge_tree(one, two)
    except GitError:
        return
    plan = CommitPlan("merge", ALICE, NOON, (one, two))
    plain = repository.commit_tree(tree, plan)
    bent_lines = edited(repository.git("show", f"{plain}:f").split("\n"), evil)
    (bent,) = repository.make([CommitPlan("evil", ALICE, NOON, (one, two), text(bent_lines))])
    for merge in (plain, bent):
        verdict = sameness(
            compared(repository, base, two),
            compared(repository, one, merge),
            compared(repository, base, one),
        )
        if verdict is Sameness.SAME:
            assert repository.git("rev-parse", f"{merge}^{{tree}}") == tree
        assert COMMIT_ID.fullmatch(merge)


def test_most_plain_merges_are_told(repository: Repository) -> None:
    """Both sides changed the same file, far enough apart."""
    lines = [str(n) for n in range(60)]

    def text(of: list[str]) -> dict[str, str | None]:
        return {"g": "".join(f"{line}\n" for line in of)}

    for at in range(0, 50, 7):
        ours = [*lines[:2], "new", "new", *lines[3:]]
        theirs = [*lines[: at + 8], "fix", *lines[at + 9 :]]
        base, one, two = repository.make(
            [
                CommitPlan("base", ALICE, NOON, (), text(lines)),
                CommitPlan("one", ALICE, NOON, (), text(ours)),
                CommitPlan("two", ALICE, NOON, (":1",), text(theirs)),
            ]
        )
        plan = CommitPlan("merge", ALICE, NOON, (one, two))
        merge = repository.commit_tree(repository.merge_tree(one, two), plan)
        own, brought = compared(repository, base, two), compared(repository, one, merge)
        assert sameness(own, brought, None) is None
        assert sameness(own, brought, compared(repository, base, one)) is Sameness.SAME


def test_a_row_is_read_strictly() -> None:
    for name in ("diff", "old_path", "new_path", "new_file", "renamed_file", "deleted_file"):
        row = diff(FIX)
        row[name] = None
        with pytest.raises(ShapeError):
            file_diff(Document(row))
    assert isinstance(file_diff(Document(diff(FIX))), FileDiff)
