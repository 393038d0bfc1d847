"""GitLab's JSON is read strictly: what is documented as always there must be there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gate.forges.gitlab import parse
from gate.forges.gitlab.deployments import deployment
from gate.forges.gitlab.pages import page_of, whole
from gate.forges.gitlab.parse import Given, SystemNote, Version
from gate.forges.gitlab.reviews import head_at
from gate.forges.rows import UNTOLD
from gate.forges.talk import GITLAB, Ask, Reply
from gate.http.document import Document, ShapeError
from gate.model import Account, AccountKind, Problem

SHA, OTHER, MERGE = "1" * 40, "2" * 40, "3" * 40
USER = {"id": 7, "username": "Alice", "name": "Alice", "state": "active"}
COMMIT: dict[str, Any] = {
    "id": SHA,
    "parent_ids": [OTHER],
    "message": "Fix\n\nCo-authored-by: Carol <carol@acme.example>\n",
    "author_name": "Alice",
    "author_email": "Alice@Acme.example",
    "committer_name": "",
    "committer_email": "",
}
PULL: dict[str, Any] = {
    "iid": 5,
    "state": "merged",
    "title": "Fix",
    "web_url": "https://gitlab.com/acme/shop/-/merge_requests/5",
    "author": USER,
    "source_project_id": 9,
    "target_project_id": 9,
    "source_branch": "fix",
    "target_branch": "main",
    "sha": SHA,
    "merge_commit_sha": MERGE,
    "squash_commit_sha": None,
    "merged_at": "2026-01-05T09:10:00.123Z",
    "merge_user": USER,
}
EVENT: dict[str, Any] = {
    "id": 11,
    "action_name": "pushed to",
    "created_at": "2026-01-05T08:00:00.000Z",
    "author": USER,
    "push_data": {
        "commit_count": 1,
        "action": "pushed",
        "ref_type": "branch",
        "commit_from": OTHER,
        "commit_to": SHA,
        "ref": "feature/x",
        "ref_count": None,
    },
}
DEPLOYMENT: dict[str, Any] = {
    "id": 41,
    "sha": SHA,
    "status": "success",
    "created_at": "2026-01-05T08:00:00.000Z",
    "environment": {"id": 1, "name": "production"},
    "deployable": {"finished_at": "2026-01-05T08:05:00.000Z"},
}


def pull(**changes: Any) -> Any:
    return parse.pull(Document(PULL | changes), "acme/shop")


def at(minute: int) -> datetime:
    return datetime(2026, 1, 5, 8, minute, tzinfo=UTC)


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("username", ["ghost", "Ghost", "ghost1"])
def test_the_ghost_is_nobody(username: str) -> None:
    assert parse.account(Document(USER | {"username": username})) is None


@pytest.mark.parametrize(
    ("username", "kind"),
    [
        ("alice", AccountKind.PERSON),
        ("ghostwriter", AccountKind.PERSON),
        ("project_12_bot", AccountKind.APP),
        ("project_12_bot2", AccountKind.APP),
        ("group_7_bot_0a1b2c", AccountKind.APP),
        ("service_account_group_1_ab", AccountKind.APP),
        ("support-bot", AccountKind.APP),
        ("project_x_bot", AccountKind.PERSON),
    ],
)
def test_accounts_of_tokens_are_no_people(username: str, kind: AccountKind) -> None:
    account = parse.account(Document(USER | {"username": username}))
    assert account == Account("gitlab", username, kind, username)


def test_user_names_are_one_whatever_their_case() -> None:
    account = parse.account(Document(USER))
    assert account is not None
    assert (account.key, account.name) == ("alice", "Alice")


# ---------------------------------------------------------------- commits


def test_a_commit_names_addresses_and_no_accounts() -> None:
    commit = parse.commit(Document(COMMIT))
    assert (commit.sha, commit.parents) == (SHA, (OTHER,))
    assert commit.author == Account("git", "alice@acme.example", AccountKind.PERSON, "Alice")
    assert commit.committer.kind is AccountKind.UNKNOWN
    assert [account.key for account in commit.co_authors] == ["carol@acme.example"]
    assert commit.signer is None


# ---------------------------------------------------------------- merge requests


def test_what_the_merge_is() -> None:
    assert pull().merge_sha == MERGE
    squashed = pull(merge_commit_sha=None, squash_commit_sha=OTHER)
    assert (squashed.merge_sha, squashed.squash_sha) == (OTHER, OTHER)
    both = pull(squash_commit_sha=OTHER)
    assert (both.merge_sha, both.squash_sha) == (MERGE, OTHER)
    assert pull(merge_commit_sha=None).merge_sha == SHA


@pytest.mark.parametrize("state", ["opened", "closed", "locked"])
def test_what_is_not_merged_has_no_merge(state: str) -> None:
    row = pull(state=state, merged_at=None, merge_commit_sha=MERGE, squash_commit_sha=OTHER)
    assert (row.merge_sha, row.squash_sha, row.merged_at, row.merged_by) == ("", "", None, None)


def test_who_merged_by_either_name() -> None:
    old = PULL | {"merged_by": USER}
    del old["merge_user"]
    row = parse.pull(Document(old), "acme/shop")
    assert row.merged_by is not None
    assert row.merged_by.key == "alice"


def test_forks_are_known_by_their_number_and_gone_ones_not() -> None:
    assert pull().head_repository == "acme/shop"
    assert pull(source_project_id=77).head_repository == "77"
    assert pull(source_project_id=None).head_repository == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "merging"},
        {"merged_at": None},
        {"sha": "x"},
        {"merge_commit_sha": ""},
        {"target_project_id": "9"},
        {"iid": None},
        {"author": None},
        {"source_branch": ""},
    ],
)
def test_a_merge_request_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        pull(**changes)


# ---------------------------------------------------------------- pushes


def event(**data: Any) -> Any:
    return parse.event(Document(EVENT | {"push_data": EVENT["push_data"] | data}))


def test_a_push_and_its_ends() -> None:
    row = event()
    assert (row.id, row.kind) == (11, UNTOLD)
    assert (row.push.before, row.push.after, row.push.ref) == (OTHER, SHA, "refs/heads/feature/x")
    assert event(commit_from=None).push.before == "0" * 40
    assert event(commit_to=None).push.after == "0" * 40
    assert event(commit_from="4" * 64, commit_to=None).push.after == "0" * 64


def test_tags_and_bulk_pushes_are_no_pushes_to_a_branch() -> None:
    assert event(ref_type="tag") is None
    assert event(commit_from=None, commit_to=None, ref=None, ref_count=5) is None


@pytest.mark.parametrize("data", [{"ref": None}, {"ref_type": None}, {"commit_to": "x"}])
def test_a_push_of_another_shape_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ShapeError):
        event(**data)


# ---------------------------------------------------------------- reviews and the rest


def test_approvals_notes_and_versions() -> None:
    assert parse.given(Document({"user": USER})) == Given(parse.account(Document(USER)), None)
    given = parse.given(Document({"user": USER, "approved_at": "2026-01-05T08:05:00Z"}))
    assert given.at == at(5)
    note = {"system": True, "author": USER, "body": "merged", "created_at": "2026-01-05T08:05:00Z"}
    assert parse.note(Document(note)) == SystemNote(parse.account(Document(USER)), "merged", at(5))
    assert parse.note(Document(note | {"system": False})) is None
    with pytest.raises(ShapeError):
        parse.note(Document(note | {"system": "true"}))


def test_a_version_of_nothing_has_no_head() -> None:
    row = {"head_commit_sha": None, "created_at": "2026-01-05T08:05:00Z"}
    assert parse.version(Document(row)) == Version("", at(5))
    with pytest.raises(ShapeError):
        parse.version(Document(row | {"head_commit_sha": "x"}))


def test_the_head_that_was_there_before() -> None:
    versions = (Version("c", at(30)), Version("b", at(20)), Version("a", at(10)))
    assert [head_at(versions, at(m)) for m in (9, 10, 11, 25, 30, 31)] == [
        *("", "", "a", "b", "b", "c"),
    ]


def test_a_deployment_is_of_when_its_job_ended() -> None:
    assert deployment(Document(DEPLOYMENT)).at == at(5)
    assert deployment(Document(DEPLOYMENT | {"deployable": None})).at == at(0)


def test_refs_are_branches_or_tags() -> None:
    assert parse.ref(Document({"type": "branch", "name": "main"})) == "refs/heads/main"
    assert parse.ref(Document({"type": "tag", "name": "v1"})) == "refs/tags/v1"
    with pytest.raises(ShapeError):
        parse.ref(Document({"type": "other", "name": "v1"}))


CASES: tuple[tuple[Callable[[Document], object], dict[str, Any], tuple[str, ...]], ...] = (
    (parse.commit, COMMIT, ("id", "parent_ids", "message", "author_email", "committer_name")),
    (parse.event, EVENT, ("id", "created_at", "push_data")),
    (deployment, DEPLOYMENT, ("id", "sha", "status", "environment", "created_at")),
)


@pytest.mark.parametrize(
    ("read", "row", "name"), [(r, row, name) for r, row, names in CASES for name in names]
)
def test_what_must_be_there_is_missed(
    read: Callable[[Document], object], row: dict[str, Any], name: str
) -> None:
    bare = {**row, "deployable": None} if "deployable" in row else dict(row)
    with pytest.raises(ShapeError):
        read(Document(bare | {name: None}))
    del bare[name]
    with pytest.raises(ShapeError):
        read(Document(bare))


# ---------------------------------------------------------------- pages


ASK = Ask("/list", host=GITLAB)


def rows(*pages: list[int], total: int) -> object:
    asked: list[tuple[Ask, Reply | Problem]] = [
        (page_of(ASK, n), Reply(page, {})) for n, page in enumerate(pages, 1)
    ]
    return whole(ASK, asked, total, Document.integer)


def test_a_list_is_whole_where_its_rows_are_as_many_as_there_are() -> None:
    assert rows([1, 2], [3], total=3) == (1, 2, 3)
    assert rows([], total=0) == ()
    for pages, total in (([[1, 2], [2]], 3), ([[1], [2]], 3), ([[1, 2], [3, 4]], 3)):
        found = rows(*pages, total=total)
        assert isinstance(found, Problem)
        assert found.service == "gitlab"
