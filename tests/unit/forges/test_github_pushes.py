from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gate.forges.graph import Graph
from gate.forges.pushes import (
    anchored,
    first_landings,
    landings,
    merge_segments,
    pushes_to,
)
from gate.forges.rows import Activity
from gate.model import Account, Commit, Push

ZERO = "0" * 40
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ALICE = Account("github", "alice")


def commit(sha: str, *parents: str) -> Commit:
    return Commit(sha, parents, ALICE, ALICE, (), "")


def graph(*commits: Commit) -> Graph:
    made = Graph.of(commits, commits[-1].sha)
    assert made is not None
    return made


def history(*moves: tuple[str, str], kind: str = "push", ref: str = "main") -> list[Activity]:
    """Rows newest first, from moves oldest first, a minute apart."""
    rows = [
        Activity(n, kind, Push(NOON + timedelta(minutes=n), ALICE, f"refs/heads/{ref}", *move))
        for n, move in enumerate(moves)
    ]
    return rows[::-1]


# ---------------------------------------------------------------- the graph


def test_commits_are_ordered_parents_first_whatever_the_list_says() -> None:
    one, two, side, merge = (
        commit("1", "base"),
        commit("2", "1"),
        commit("s", "old"),
        commit("m", "2", "s"),
    )
    for given in ((one, two, side, merge), (merge, side, two, one)):
        made = Graph.of(given, "m")
        assert made is not None
        order = list(made.commits)
        assert order.index("1") < order.index("2") < order.index("m") == 3
        assert made.outside == {"base", "old"}
        assert made.first_parents("m") == ("m", "2", "1")
        assert made.first_parents("m", "1") == ("m", "2")
        assert made.reach("2") == {"1", "2"}
        assert made.reach("base") == frozenset()


def test_what_is_no_range_to_the_head_is_refused() -> None:
    assert Graph.of((), "1") is None
    assert Graph.of((commit("1", "b"),), "2") is None
    assert Graph.of((commit("1", "b"), commit("x", "b")), "1") is None
    assert Graph.of((commit("1", "b"), commit("1", "b")), "1") is None
    assert Graph.of((commit("1", "2"), commit("2", "1")), "2") is None
    assert Graph.of((commit("1", "1"),), "1") is None


# ---------------------------------------------------------------- pushes to a branch


def test_pushes_reach_back_to_the_branchs_creation() -> None:
    rows = tuple(history((ZERO, "1"), ("1", "2"), ("2", "3"), ("3", "4")))
    found = pushes_to("3", rows, frozenset(), None)
    assert found is not None
    assert [row.push.after for row in found] == ["1", "2", "3"]


def test_pushes_reach_back_to_where_the_branch_stood() -> None:
    rows = tuple(history(("x", "base"), ("base", "1"), ("1", "2")))
    found = pushes_to("2", rows, frozenset({"base"}), None)
    assert found is not None
    assert [row.push.after for row in found] == ["1", "2"]
    assert pushes_to("2", rows, frozenset(), None) is None


def test_force_pushes_are_followed() -> None:
    rows = tuple(history((ZERO, "1"), ("1", "2"), ("2", "other")))
    found = pushes_to("other", rows, frozenset({"base"}), None)
    assert found is not None
    assert len(found) == 3


def test_a_push_after_the_merge_did_not_lead_to_it() -> None:
    rows = tuple(history((ZERO, "1"), ("1", "2"), ("2", ZERO), (ZERO, "2")))
    found = pushes_to("2", rows, frozenset(), NOON + timedelta(minutes=1))
    assert found is not None
    assert [row.push.after for row in found] == ["1", "2"]
    assert pushes_to("2", rows, frozenset(), NOON) is None


def test_a_gap_leaves_no_answer() -> None:
    whole = history((ZERO, "1"), ("1", "2"), ("2", "3"))
    for missing in range(3):
        rows = tuple(row for row in whole if row.id != missing)
        assert pushes_to("3", rows, frozenset(), None) is None
    assert pushes_to("3", (), frozenset(), None) is None


# ---------------------------------------------------------------- a release ref


def test_anchored_demands_an_unbroken_chain() -> None:
    stops = frozenset({"base"})
    whole = history(("x", "base"), ("base", "1"), ("1", "2"))
    found = anchored(tuple(whole), stops)
    assert found is not None
    assert [row.push.after for row in found] == ["1", "2"]
    assert anchored(tuple(row for row in whole if row.id != 1), stops) is None
    assert anchored(tuple(whole[:1]), stops) is None
    assert anchored((), stops) is None


def landed(rows: tuple[Activity, ...], span: Graph, tip: str = "") -> list[tuple[int, set[str]]]:
    return [(landing.row.id, set(landing.commits)) for landing in landings(rows, span, tip)]


def test_each_commit_lands_with_the_row_that_first_held_it() -> None:
    span = graph(commit("1", "base"), commit("2", "1"), commit("3", "2"))
    rows = tuple(history(("base", "1"), ("1", "3"))[::-1])
    assert landed(rows, span) == [(0, {"1"}), (1, {"2", "3"})]


def test_what_came_after_the_head_explains_nothing_unless_nothing_else_can() -> None:
    span = graph(commit("1", "base"), commit("2", "1"))
    beyond = tuple(history(("base", "2"), ("2", "later"))[::-1])
    assert landed(beyond, span, "later") == [(0, {"1", "2"})]
    within = tuple(history(("base", "later"))[::-1])
    assert landed(within, span, "later") == [(0, {"1", "2"})]
    unclear = tuple(history(("base", "later"), ("later", "latest"))[::-1])
    assert landings(unclear, span, "latest") == ()


def test_a_ref_that_does_not_hold_the_head_explains_only_what_it_held_itself() -> None:
    span = graph(commit("1", "base"), commit("2", "1"))
    rows = tuple(history(("base", "1"), ("1", "aside"))[::-1])
    assert landed(rows, span) == [(0, {"1"})]
    assert landed(rows, span, "pushed since") == [(0, {"1"})]
    back = tuple(history(("base", "aside"), ("aside", "1"))[::-1])
    assert landed(back, span, "1") == [(1, {"1"})]


def test_the_earliest_row_of_all_refs_counts() -> None:
    span = graph(commit("1", "base"))
    main = landings(tuple(history(("base", "1"))), span)
    release = landings(tuple(history(("x", "base"), (ZERO, "1"), ref="release/1")[:1]), span)
    assert first_landings((*release, *main))["1"].row.push.ref == "refs/heads/main"


# ---------------------------------------------------------------- merges by the forge


def segments(
    span: Graph, merges: dict[str, int], *moves: tuple[str, str], kind: str = "pr_merge"
) -> Mapping[int, frozenset[str]]:
    (landing,) = landings(tuple(history(*moves, kind=kind)[::-1]), span)
    return merge_segments(landing, span, merges)


def test_merge_commits_squashes_and_rebases() -> None:
    merge = graph(commit("s", "base"), commit("m", "base", "s"))
    assert segments(merge, {"m": 1}, ("base", "m")) == {1: {"s", "m"}}
    squash = graph(commit("q", "base"))
    assert segments(squash, {"q": 1}, ("base", "q")) == {1: {"q"}}
    rebase = graph(commit("1", "base"), commit("2", "1"))
    assert segments(rebase, {"2": 1}, ("base", "2")) == {1: {"1", "2"}}


def test_a_merge_queue_brings_several() -> None:
    span = graph(commit("q", "base"), commit("s", "base"), commit("m", "q", "s"), commit("r", "m"))
    found = segments(span, {"q": 1, "m": 2, "r": 3}, ("base", "r"), kind="merge_queue_merge")
    assert found == {1: {"q"}, 2: {"s", "m"}, 3: {"r"}}


def test_what_does_not_look_like_a_merge_of_the_forge_is_none() -> None:
    span = graph(commit("s", "base"), commit("m", "base", "s"))
    assert segments(span, {"m": 1}, ("base", "m"), kind="push") == {}
    assert segments(span, {"s": 1}, ("base", "m")) == {}
    assert segments(span, {}, ("base", "m")) == {}
    turned = graph(commit("s", "base"), commit("m", "s", "other"))
    assert segments(turned, {"m": 1}, ("other", "m")) == {}
