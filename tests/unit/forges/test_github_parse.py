from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forges.github import parse
from gate.http.document import Document, ShapeError
from gate.model import Account, AccountKind

SHA, PARENT = "a" * 40, "b" * 40
ALICE = {"login": "Alice", "type": "User"}
PERSON = {"name": "Alice", "email": "Alice@Acme.example", "date": "2026-01-05T10:00:00Z"}
COMMIT: dict[str, Any] = {
    "sha": SHA,
    "commit": {
        "author": PERSON,
        "committer": PERSON,
        "message": "Fix",
        "verification": {"verified": True, "reason": "valid"},
    },
    "author": ALICE,
    "committer": ALICE,
    "parents": [{"sha": PARENT}],
}
PULL: dict[str, Any] = {
    "number": 1,
    "html_url": "https://github.com/acme/shop/pull/1",
    "title": "Fix",
    "user": ALICE,
    "head": {"ref": "fix", "sha": SHA, "repo": {"full_name": "alice/shop"}},
    "base": {"ref": "main", "sha": PARENT, "repo": {"full_name": "acme/shop"}},
    "merged_at": "2026-01-05T10:00:00Z",
    "merge_commit_sha": PARENT,
    "merged_by": ALICE,
    "commits": 2,
}
REVIEW = {
    "id": 7,
    "user": ALICE,
    "state": "APPROVED",
    "submitted_at": "2026-01-05T11:00:00+01:00",
    "commit_id": SHA,
}
ACTIVITY = {
    "id": 8,
    "activity_type": "push",
    "actor": None,
    "timestamp": "2026-01-05T10:00:00Z",
    "ref": "refs/heads/main",
    "before": PARENT,
    "after": SHA,
}
COMPARISON = {
    "status": "ahead",
    "base_commit": {"sha": PARENT},
    "merge_base_commit": {"sha": PARENT},
    "total_commits": 1,
    "commits": [COMMIT],
}
REF = {"ref": "refs/heads/main", "object": {"sha": SHA, "type": "commit"}}
READERS: tuple[tuple[Callable[[Any], object], dict[str, Any]], ...] = (
    (parse.commit, COMMIT),
    (parse.pull, PULL),
    (parse.review, REVIEW),
    (parse.activity, ACTIVITY),
    (parse.comparison, COMPARISON),
    (parse.ref, REF),
    (parse.account, ALICE),
)


def test_accounts() -> None:
    assert parse.account(Document(ALICE)) == Account("github", "alice", name="Alice")
    assert parse.account(None) is None
    assert parse.account(Document({})) is None
    for login, kind, expected in (
        ("bob", "User", AccountKind.PERSON),
        ("robot", "Bot", AccountKind.APP),
        ("robot[bot]", "User", AccountKind.APP),
        ("web-flow", "User", AccountKind.APP),
        ("acme", "Organization", AccountKind.UNKNOWN),
        ("ghost", "Mannequin", AccountKind.UNKNOWN),
    ):
        found = parse.account(Document({"login": login, "type": kind}))
        assert found is not None
        assert found.kind is expected


def test_a_commit() -> None:
    commit = parse.commit(Document(COMMIT))
    assert commit.author == Account("github", "alice", name="Alice")
    assert commit.signer == commit.author
    unmatched = parse.commit(Document({**COMMIT, "author": None, "committer": {}}))
    assert unmatched.author == Account("git", "alice@acme.example", name="Alice")
    assert unmatched.signer is None


@pytest.mark.parametrize(
    "verification",
    [
        None,
        {},
        {"verified": "true", "reason": "valid"},
        {"verified": 1, "reason": "valid"},
        {"verified": True, "reason": "unsigned"},
        {"verified": False, "reason": "valid"},
    ],
)
def test_a_signature_counts_only_if_github_verified_it(verification: object) -> None:
    inner = {**COMMIT["commit"], "verification": verification}
    assert parse.commit(Document({**COMMIT, "commit": inner})).signer is None


def test_a_signature_is_its_committers_not_its_authors() -> None:
    bob = {"login": "bob", "type": "User"}
    commit = parse.commit(Document({**COMMIT, "committer": bob}))
    assert commit.signer is not None
    assert commit.signer.key == "bob"
    forge = parse.commit(Document({**COMMIT, "committer": {"login": "web-flow", "type": "User"}}))
    assert forge.signer is None


def test_pull_requests() -> None:
    pull = parse.pull(Document(PULL))
    assert (pull.head_repository, pull.merge_sha, pull.commit_count) == ("alice/shop", PARENT, 2)
    open_one = parse.pull(Document({**PULL, "merged_at": None}))
    assert (open_one.merge_sha, open_one.merged_at) == ("", None)
    gone = parse.pull(Document({**PULL, "head": {**PULL["head"], "repo": None}}))
    assert gone.head_repository == ""
    listed = {name: value for name, value in PULL.items() if name not in {"commits", "merged_by"}}
    assert (parse.pull(Document(listed)).commit_count, parse.pull(Document(listed)).merged_by) == (
        None,
        None,
    )


def test_reviews_and_activity() -> None:
    review = parse.review(Document(REVIEW))
    assert review.at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert parse.review(Document({**REVIEW, "commit_id": None})).commit == ""
    pending = {name: value for name, value in REVIEW.items() if name != "submitted_at"}
    assert parse.review(Document({**pending, "state": "PENDING"})).at is None
    assert parse.activity(Document(ACTIVITY)).push.account is None


@pytest.mark.parametrize(("read", "good"), READERS)
def test_every_member_of_another_type_is_refused(
    read: Callable[[Any], object], good: dict[str, Any]
) -> None:
    may_be_null = {
        *("author", "committer", "user", "actor", "merged_at", "merged_by", "merge_commit_sha"),
        *("commits", "commit_id"),
    }
    for name, value in good.items():
        with pytest.raises(ShapeError, match=name):
            read(Document({**good, name: 3.5}))
        if name not in may_be_null or (name == "commits" and isinstance(value, list)):
            with pytest.raises(ShapeError):
                read(Document({key: other for key, other in good.items() if key != name}))
    others: tuple[object, ...] = (None, [], "x", 1)
    for other in others:
        with pytest.raises(ShapeError):
            read(Document(other))


def test_odd_values_are_refused() -> None:
    for bad in (
        {**REVIEW, "submitted_at": None},
        {**REVIEW, "submitted_at": "2026-01-05T10:00:00"},
        {**REVIEW, "submitted_at": "yesterday"},
        {**REVIEW, "submitted_at": "0001-01-01T00:00:00+10:00"},
        {**REVIEW, "submitted_at": "9999-12-31T23:59:59-10:00"},
        {**REVIEW, "id": True},
        {**REVIEW, "id": -1},
        {**REVIEW, "commit_id": "abc"},
        {**REVIEW, "commit_id": SHA + "0"},
    ):
        with pytest.raises(ShapeError):
            parse.review(Document(bad))
    with pytest.raises(ShapeError):
        parse.account(Document({"login": "", "type": "User"}))


def test_half_a_character_is_refused() -> None:
    """JSON can spell one; nothing that we write could."""
    inner = {**COMMIT["commit"], "message": "Fix \ud800"}
    with pytest.raises(ShapeError, match=r"commit\.message is not valid Unicode"):
        parse.commit(Document({**COMMIT, "commit": inner}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(READERS), st.text(), JSON)
def test_no_reply_makes_it_stumble(
    reader: tuple[Callable[[Any], object], dict[str, Any]], name: str, value: object
) -> None:
    read, good = reader
    for data in (value, *({**good, key: value} for key in (name, *good))):
        try:
            read(Document(data))
        except ShapeError:
            continue
