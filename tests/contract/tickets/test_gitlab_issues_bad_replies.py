"""However a reply of GitLab's is spoiled, nothing passes for an answer that allows more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from desk import hour
from jobs import spoiled
from ticket_desks import FAULTS, GITLAB_ISSUE, GITLAB_TOKEN, GitLabIssueDesk, gitlab_issue_desk

from gate.demo import faults
from gate.model import ChangeRequest, EditedText, Maybe, MissingTicket, Problem, Verdict

PLACES = {
    "the issue": r"/issues/4$",
    "label events": "/resource_label_events",
    "state events": "/resource_state_events",
    "notes": "/notes",
    "those before it": "iids",
    "ourselves": "/user$",
}
MEMBERS = {
    "the issue": (
        *("id", "iid", "title", "description", "state", "created_at", "author", "labels"),
        *("issue_type", "user_notes_count", "references", "moved_to_id", "web_url", "imported"),
    ),
    "label events": (
        *("id", "user", "created_at", "resource_type", "resource_id", "label", "action"),
    ),
    "state events": ("id", "created_at", "resource_type", "resource_id", "state"),
    "notes": (
        *("id", "body", "author", "created_at", "updated_at", "system", "imported"),
        *("noteable_id", "noteable_type"),
    ),
}
WRONG: dict[str, Any] = {"null": None, "a number": 7, "a text": "x", "a list": [], "true": True}


@pytest.fixture
def desk() -> Iterator[GitLabIssueDesk]:
    """bob approves twice, carol objects; before, it was reopened and both texts were edited."""
    with gitlab_issue_desk() as desk:
        desk.issues.close(4, by="carol", at=hour(8.5))
        desk.issues.reopen(4, by="carol", at=hour(8.6))
        desk.issues.edit(4, "For the shop.\n\n## Rollback\nback", by="alice", at=hour(9))
        desk.issues.retitle(4, "Newer checkout", by="alice", at=hour(9))
        desk.issues.label(4, "approved", by="bob", at=hour(10))
        desk.issues.comment(4, "!approve", by="bob", at=hour(10))
        desk.issues.label(4, "rejected", by="carol", at=hour(11))
        yield desk


def assert_no_more(desk: GitLabIssueDesk, found: object) -> None:
    """Nothing of it allows more than the truth does."""
    assert GITLAB_TOKEN not in repr(found)
    if isinstance(found, Problem | MissingTicket):
        return
    assert isinstance(found, ChangeRequest)
    if (found.key, found.status.id, found.type) != (GITLAB_ISSUE, "opened", "issue"):
        return  # it is another, or in no state to be deployed
    assert found.created_at == desk.opened_at
    if not isinstance(found.approvals, Problem):
        objections = [each for each in found.approvals if each.verdict is Verdict.DECLINED]
        assert [each.decided_at for each in objections] == [hour(11)]
        for each in set(found.approvals) - set(objections):
            assert each.account is None or each.account.key == "bob"
            assert each.decided_at == hour(10)
    for texts in (found.scope, found.rollback_plan, found.test_plan):
        assert all(text.edited_at >= hour(9) for text in had(texts))


def had(texts: Maybe[tuple[EditedText, ...]]) -> tuple[EditedText, ...]:
    return () if isinstance(texts, Problem) else texts


def test_the_truth_is_told(desk: GitLabIssueDesk) -> None:
    found = desk.read()
    assert_no_more(desk, found)
    assert not isinstance(found.approvals, Problem)
    assert len(found.approvals) == 3
    assert len(had(found.scope)) == 2


def change(member: str, row: int, value: Any, *, drop: bool) -> Callable[[Any], Any]:
    """One member of the reply, or of one row of it, is another value or missing."""

    def spoil(body: Any) -> Any:
        rows = body if isinstance(body, list) else [body]
        kept = {k: v for k, v in rows[row].items() if not (drop and k == member)}
        made = kept if drop else {**kept, member: value}
        changed = [made if one is rows[row] else one for one in rows]
        return changed if isinstance(body, list) else changed[0]

    return spoil


@pytest.mark.parametrize(
    ("place", "member"), [(place, each) for place, names in MEMBERS.items() for each in names]
)
def test_no_member_that_is_wrong_allows_more(
    desk: GitLabIssueDesk, place: str, member: str
) -> None:
    last = {"the issue": 1, "label events": 2, "state events": 2, "notes": 3}[place]
    for row in range(last):
        for value in (*WRONG.values(), ...):
            spoil = change(member, row, value, drop=value is ...)
            with spoiled(desk.gitlab, PLACES[place], spoil):
                assert_no_more(desk, desk.open().fetch(GITLAB_ISSUE))


@pytest.mark.parametrize("place", ["label events", "state events", "notes"])
@pytest.mark.parametrize("row", [0, 1])
def test_no_row_that_is_gone_is_absent(desk: GitLabIssueDesk, place: str, row: int) -> None:
    def spoil(body: Any) -> Any:
        return body[:row] + body[row + 1 :]

    with spoiled(desk.gitlab, PLACES[place], spoil):
        found = desk.open().fetch(GITLAB_ISSUE)
    assert_no_more(desk, found)
    assert isinstance(found.approvals if isinstance(found, ChangeRequest) else found, Problem)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FAULTS)
def test_a_spoiled_reply_is_a_problem(desk: GitLabIssueDesk, place: str, name: str) -> None:
    desk.gitlab.fault(PLACES[place], FAULTS[name])
    found = desk.open().fetch(GITLAB_ISSUE)
    assert_no_more(desk, found)
    facts: list[object] = [found]
    if place in {"label events", "notes"}:
        assert isinstance(found, ChangeRequest)
        facts = [found.approvals]
        facts += [found.scope, found.rollback_plan, found.test_plan] if place == "notes" else []
    elif place == "those before it":
        assert isinstance(found, ChangeRequest)
        facts = [found.neighbours or Problem]  # none at all is nothing to be held against
    elif (place, name) == ("the issue", "404"):
        assert isinstance(found, MissingTicket)
        return
    assert all(isinstance(each, Problem) or each is Problem for each in facts)


@pytest.mark.parametrize("place", ["label events", "state events", "notes"])
@pytest.mark.parametrize("fault", ["hidden", "stale"])
def test_a_list_that_lacks_rows_or_is_anothers_is_never_whole(
    desk: GitLabIssueDesk, place: str, fault: faults.Kind
) -> None:
    if fault == "stale":  # what an older time was answered with
        desk.read()
        desk.issues.label(4, "rejected again", by="carol", at=hour(12))
        desk.issues.comment(4, "no", by="carol", at=hour(12))
        desk.issues.close(4, by="carol", at=hour(12))
    desk.gitlab.fault(PLACES[place], fault)
    found = desk.open().fetch(GITLAB_ISSUE)
    assert_no_more(desk, found)
    problem = found.approvals if isinstance(found, ChangeRequest) else found
    assert isinstance(problem, Problem)
