"""What is read of an issue, and what of it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from desk import hour
from ticket_desks import ISSUE, IssueDesk, issue_desk

from gate.demo import faults
from gate.http.document import Document, ShapeError
from gate.model import (
    AccountKind,
    Approval,
    ChangeRequest,
    MissingTicket,
    Neighbour,
    Problem,
    ProblemKind,
    Verdict,
)
from gate.tickets.github.issue import Issue
from gate.tickets.github.timeline import parse_timeline


@pytest.fixture
def desk() -> Iterator[IssueDesk]:
    with issue_desk() as desk:
        yield desk


def approvals(desk: IssueDesk) -> tuple[Approval, ...]:
    found = desk.read().approvals
    assert not isinstance(found, Problem), found
    return found


def problem(desk: IssueDesk) -> Problem:
    found = desk.read().approvals
    assert isinstance(found, Problem), found
    return found


# ---------------------------------------------------------------- labels


def test_a_label_counts_from_when_it_was_last_put_on(desk: IssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.issues.unlabel(4, "approved", by="alice", at=hour(10))
    assert approvals(desk) == ()
    desk.issues.label(4, "approved", by="carol", at=hour(11))
    (found,) = approvals(desk)
    assert found.account is not None
    assert (found.account.key, found.decided_at) == ("carol", hour(11))


def test_a_label_is_one_whatever_its_letter_case(desk: IssueDesk) -> None:
    desk.issues.label(4, "Approved", by="bob", at=hour(9))
    assert len(approvals(desk)) == 1


@pytest.mark.parametrize("by", ["an app", "an app in a person's name"])
def test_no_app_approves(desk: IssueDesk, by: str) -> None:
    name = "robot[bot]" if by == "an app" else "bob"
    desk.issues.label(4, "approved", by=name, at=hour(9), by_app=by != "an app")
    desk.issues.comment(4, "/approve", by=name, at=hour(9), by_app=by != "an app")
    kinds = [each.account.kind for each in approvals(desk) if each.account]
    assert kinds == [AccountKind.APP, AccountKind.APP]


@pytest.mark.parametrize("kind", ["label", "comment"])
def test_where_apps_are_not_told_from_people_nothing_approves(kind: str) -> None:
    """A server of another age may leave the member out; its absence is no "no app"."""
    row = {
        "event": "labeled" if kind == "label" else "commented",
        "id": 7,
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T09:00:00Z",
        "actor": None,
        "user": None,
        "label": {"name": "approved"},
        "body": "/approve",
    }
    told = issue(comments=1 if kind == "comment" else 0)
    parse_timeline([Document({**row, "performed_via_github_app": None}, "row")], told)
    with pytest.raises(ShapeError, match="performed_via_github_app is missing"):
        parse_timeline([Document(row, "row")], told)


def issue(*, comments: int) -> Issue:
    where = ("7", "acme/changes#4", "acme/changes", 4, "https://github.com/acme/changes/issues/4")
    return Issue(*where, "Release", "open", hour(8), None, (), comments, is_pull_request=False)


def test_what_somebody_gave_who_is_gone_is_nobodys(desk: IssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.github.forget_user("bob")
    (found,) = approvals(desk)
    assert found.account is None


def test_a_label_that_no_event_explains_is_no_approval(desk: IssueDesk) -> None:
    desk.issues.all[4].labels.append("approved")
    assert problem(desk).kind is ProblemKind.INCOMPLETE


def test_an_objection_ends_only_by_its_maker(desk: IssueDesk) -> None:
    desk.issues.label(4, "rejected", by="carol", at=hour(9))
    desk.issues.unlabel(4, "rejected", by="alice", at=hour(10))
    assert [each.verdict for each in approvals(desk)] == [Verdict.DECLINED]
    desk.issues.label(4, "rejected", by="carol", at=hour(11))
    desk.issues.unlabel(4, "rejected", by="carol", at=hour(12))
    assert approvals(desk) == ()


def test_an_objection_of_somebody_who_is_gone_stands(desk: IssueDesk) -> None:
    desk.issues.label(4, "rejected", by="carol", at=hour(9))
    desk.github.forget_user("carol")
    (found,) = approvals(desk)
    assert (found.account, found.verdict) == (None, Verdict.DECLINED)


# ---------------------------------------------------------------- comments


def test_a_comment_that_is_the_command_approves(desk: IssueDesk) -> None:
    desk.issues.comment(4, " /approve\r\n", by="bob", at=hour(9))
    (found,) = approvals(desk)
    assert found.account is not None
    assert (found.account.key, found.decided_at) == ("bob", hour(9))


@pytest.mark.parametrize(
    "text", ["/approve once it is tested", "> /approve", "/Approve", "/approved", "`/approve`", ""]
)
def test_a_comment_that_says_more_approves_nothing(desk: IssueDesk, text: str) -> None:
    desk.issues.comment(4, text, by="bob", at=hour(9))
    assert approvals(desk) == ()


@pytest.mark.parametrize("at", [9, 10])
def test_a_comment_that_was_edited_approves_nothing(desk: IssueDesk, at: int) -> None:
    """Also where it was within the second that it was made in."""
    comment = desk.issues.comment(4, "no", by="bob", at=hour(9))
    desk.issues.edit_comment(comment, "/approve", at=hour(at))
    assert approvals(desk) == ()


def test_a_comment_that_was_deleted_approves_nothing(desk: IssueDesk) -> None:
    comment = desk.issues.comment(4, "/approve", by="bob", at=hour(9))
    desk.issues.delete_comment(4, comment, by="bob", at=hour(10))
    assert approvals(desk) == ()


def test_a_hidden_comment_is_no_absent_one(desk: IssueDesk) -> None:
    desk.issues.hidden.add(desk.issues.comment(4, "wait", by="bob", at=hour(9)).id)
    assert problem(desk).kind is ProblemKind.INCOMPLETE


def test_whether_an_old_comment_was_edited_is_not_told(desk: IssueDesk) -> None:
    desk.issues.comment(4, "/approve", by="bob", at=hour(9))
    for _ in range(100):
        desk.issues.comment(4, "more", by="carol", at=hour(10))
    assert problem(desk).kind is ProblemKind.INCOMPLETE


def test_a_timeline_of_many_pages_is_read_whole(desk: IssueDesk) -> None:
    desk.github.page_limit = 3
    for number in range(7):
        desk.issues.comment(4, f"remark {number}", by="carol", at=hour(9))
    desk.issues.label(4, "approved", by="bob", at=hour(10))
    assert len(approvals(desk)) == 1


def test_a_timeline_longer_than_is_read_is_a_problem(desk: IssueDesk) -> None:
    desk.github.page_limit = 1
    for number in range(25):
        desk.issues.comment(4, f"remark {number}", by="carol", at=hour(9))
    assert problem(desk).kind is ProblemKind.INCOMPLETE


# ---------------------------------------------------------------- texts


def test_the_title_was_edited_when_it_was_changed(desk: IssueDesk) -> None:
    desk.issues.rename(4, "Newer checkout", by="bob", at=hour(9))
    scope = desk.read().scope
    assert not isinstance(scope, Problem)
    assert [(text.text, text.edited_at) for text in scope if text.location == "title"] == [
        ("Newer checkout", hour(9))
    ]


def test_a_title_that_no_event_explains_is_a_problem(desk: IssueDesk) -> None:
    desk.issues.rename(4, "Newer checkout", by="bob", at=hour(9))
    desk.issues.all[4].title = "Something else"
    assert isinstance(desk.read().scope, Problem)


def test_a_section_that_was_taken_out_was_edited(desk: IssueDesk) -> None:
    desk.issues.edit(4, "Brings the shop.", by="bob", at=hour(9))
    plan = desk.read().rollback_plan
    assert not isinstance(plan, Problem)
    assert [(text.text, text.edited_at) for text in plan] == [("", hour(9))]


def test_without_the_times_of_edits_there_are_no_texts(desk: IssueDesk) -> None:
    desk.github.fault("/graphql", faults.status(403))
    found = desk.read()
    assert isinstance(found.scope, Problem)
    assert isinstance(found.rollback_plan, Problem)
    assert isinstance(found.approvals, Problem)


@pytest.mark.parametrize("fault", ["wrong_types", "html"])
def test_what_is_wrong_with_a_query_is_told_of_the_query(desk: IssueDesk, fault: Any) -> None:
    desk.github.fault("/graphql", fault)
    scope = desk.read().scope
    assert isinstance(scope, Problem)
    assert re.fullmatch(r"POST (/api)?/graphql", scope.request)


# ---------------------------------------------------------------- what it is


def test_an_issue_that_was_moved_names_its_new_id(desk: IssueDesk) -> None:
    other = desk.github.create_repository("acme/other")
    other.issues.open(7, "New checkout", by="alice", at=hour(8))
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.issues.all[4].moved_to = "acme/other#7"
    found = desk.read()
    assert (found.key, found.approvals) == ("acme/other#7", ())


def test_a_deleted_issue_is_missing(desk: IssueDesk) -> None:
    desk.issues.all[4].deleted = True
    assert isinstance(desk.open().fetch(ISSUE), MissingTicket)


def test_a_pull_request_is_no_issue(desk: IssueDesk) -> None:
    made = desk.repository.commit("Begin", by="alice", at=hour(1))
    desk.repository.push("main", made, by="alice", at=hour(1))
    made = desk.repository.commit("Fix", by="alice", at=hour(2))
    desk.repository.push("fix", made, by="alice", at=hour(2))
    desk.repository.open_pull_request(6, by="alice", head="fix", at=hour(9))
    found = desk.open().fetch("acme/changes#6")
    assert isinstance(found, ChangeRequest)
    assert (found.type, found.approvals) == ("pull-request", ())


def test_those_before_it_are_told(desk: IssueDesk) -> None:
    assert desk.read().neighbours == (
        Neighbour("acme/changes#1", hour(1)),
        Neighbour("acme/changes#2", hour(2)),
    )


def test_a_token_that_may_not_read_issues_misses_nothing(desk: IssueDesk) -> None:
    token = desk.github.add_token("gate", "half", without=("issues",))
    for ticket in (ISSUE, desk.missing):
        found = desk.reader(token).fetch(ticket)
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.PERMISSION


def test_a_repository_of_another_name_misses_nothing(desk: IssueDesk) -> None:
    """GitHub answers for any spelling, and for names that were given up."""
    found = desk.reader(projects=("Acme/changes",)).fetch("Acme/changes#99")
    assert isinstance(found, Problem)
    moved = desk.reader(projects=("Acme/changes",)).fetch("Acme/changes#4")
    assert isinstance(moved, ChangeRequest)
    assert moved.key == ISSUE


def test_an_apps_token_has_no_account(desk: IssueDesk) -> None:
    reader = desk.reader(desk.github.add_token("", "ghs_app"))
    assert isinstance(reader.fetch(ISSUE), ChangeRequest)
    assert reader.own_accounts() == ()
    assert [right.problem for right in reader.rights()] == [None, None, None]


def test_a_persons_token_whose_account_is_not_told_is_a_problem(desk: IssueDesk) -> None:
    desk.github.fault("/user$", faults.status(403))
    assert isinstance(desk.open().fetch(ISSUE), Problem)


def test_nothing_waits_for_anything_else(desk: IssueDesk) -> None:
    """All are asked together, but that what happened is asked after what it must lead to."""
    desk.github.together(r"/issues/[0-9]+$|/user$", 5)
    desk.github.together("/timeline|/graphql", 2)
    assert desk.read().key == ISSUE


def test_a_list_that_changes_while_it_is_read_is_a_problem(desk: IssueDesk) -> None:
    """alice deletes comments of hers as soon as the first page was read: two events are missed."""
    for number in range(98):
        desk.issues.comment(4, f"remark {number}", by="carol", at=hour(9))
    doomed = [desk.issues.comment(4, "wait", by="alice", at=hour(9)) for _ in range(2)]
    desk.issues.label(4, "rejected", by="carol", at=hour(10))
    desk.issues.unlabel(4, "rejected", by="alice", at=hour(11))
    assert [each.verdict for each in approvals(desk)] == [Verdict.DECLINED]
    path = "/repos/acme/changes/issues/4"
    client = desk.reader()._client
    first = client.get(f"{path}/timeline", {"per_page": 100, "page": 1}).value
    desk.github.fault(r"/issues/4$", faults.replace(client.get(path).value), 1)
    desk.github.fault(r"/timeline\?.*\bpage=1\b", faults.replace(first), 1)
    for comment in doomed:
        desk.issues.delete_comment(4, comment, by="alice", at=hour(12))
    assert problem(desk).kind is ProblemKind.INCOMPLETE
