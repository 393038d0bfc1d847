"""What is read of an issue of GitLab, and what of it counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk import hour
from ticket_desks import GITLAB_ISSUE, GitLabIssueDesk, gitlab_issue_desk

from gate.demo import faults
from gate.demo.gitlab_issues import IssueNote
from gate.model import (
    AccountKind,
    Approval,
    ChangeRequest,
    EditedText,
    MissingTicket,
    Neighbour,
    Problem,
    ProblemKind,
    Verdict,
)


@pytest.fixture
def desk() -> Iterator[GitLabIssueDesk]:
    with gitlab_issue_desk() as desk:
        yield desk


def approvals(desk: GitLabIssueDesk) -> tuple[Approval, ...]:
    found = desk.read().approvals
    assert not isinstance(found, Problem), found
    return found


def problem(desk: GitLabIssueDesk) -> Problem:
    found = desk.read().approvals
    assert isinstance(found, Problem), found
    assert found.kind is ProblemKind.INCOMPLETE
    return found


def text(desk: GitLabIssueDesk, location: str) -> EditedText:
    scope = desk.read().scope
    assert not isinstance(scope, Problem), scope
    (found,) = [each for each in scope if each.location == location]
    return found


def comment(desk: GitLabIssueDesk, body: str, *, by: str = "bob", at: float = 9) -> IssueNote:
    made = desk.issues.comment(4, body, by=by, at=hour(at))
    assert made is not None
    return made


# ---------------------------------------------------------------- labels


def test_a_label_counts_from_when_it_was_last_put_on(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.issues.unlabel(4, "approved", by="alice", at=hour(10))
    assert approvals(desk) == ()
    desk.issues.label(4, "approved", by="carol", at=hour(11))
    (found,) = approvals(desk)
    assert found.account is not None
    assert (found.account.key, found.decided_at) == ("carol", hour(11))


def test_letter_case_tells_labels_apart(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "Approved", by="bob", at=hour(9))
    assert approvals(desk) == ()


@pytest.mark.parametrize("name", ["project_1_bot_0a", "service_account_robot"])
def test_no_account_of_a_token_approves(desk: GitLabIssueDesk, name: str) -> None:
    desk.issues.label(4, "approved", by=name, at=hour(9))
    comment(desk, "!approve", by=name)
    kinds = [each.account.kind for each in approvals(desk) if each.account]
    assert kinds == [AccountKind.APP, AccountKind.APP]


def test_what_somebody_gave_who_is_gone_is_nobodys(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    comment(desk, "!approve")
    desk.gitlab.forget_user("bob")
    assert [found.account for found in approvals(desk)] == [None, None]


def test_a_label_that_no_event_explains_is_no_approval(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.issues.all[4].label_events.clear()
    assert "label events" in problem(desk).cause


def test_an_event_of_a_deleted_label_may_have_been_an_objection(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "approved", by="bob", at=hour(9))
    desk.issues.label(4, "rejected", by="carol", at=hour(10))
    desk.issues.delete_label("rejected")
    assert "deleted" in problem(desk).cause


def test_an_objection_ends_only_by_its_maker(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "rejected", by="carol", at=hour(9))
    desk.issues.unlabel(4, "rejected", by="alice", at=hour(10))
    assert [each.verdict for each in approvals(desk)] == [Verdict.DECLINED]
    desk.issues.label(4, "rejected", by="carol", at=hour(11))
    desk.issues.unlabel(4, "rejected", by="carol", at=hour(12))
    assert approvals(desk) == ()


def test_an_objection_of_somebody_who_is_gone_stands(desk: GitLabIssueDesk) -> None:
    desk.issues.label(4, "rejected", by="carol", at=hour(9))
    desk.gitlab.forget_user("carol")
    (found,) = approvals(desk)
    assert (found.account, found.verdict) == (None, Verdict.DECLINED)


# ---------------------------------------------------------------- comments


def test_a_comment_that_is_the_command_approves(desk: GitLabIssueDesk) -> None:
    comment(desk, " !approve\r\n")
    (found,) = approvals(desk)
    assert found.account is not None
    assert (found.account.key, found.decided_at) == ("bob", hour(9))


@pytest.mark.parametrize(
    "body", ["!approve once it is tested", "> !approve", "!Approve", "!approved", "`!approve`", "+"]
)
def test_a_comment_that_says_more_approves_nothing(desk: GitLabIssueDesk, body: str) -> None:
    comment(desk, body)
    assert approvals(desk) == ()


def test_gitlabs_own_commands_leave_no_comment(desk: GitLabIssueDesk) -> None:
    """The reason why a command cannot begin with a slash here."""
    assert desk.issues.comment(4, "/approve", by="bob", at=hour(9)) is None


def test_a_comment_that_was_edited_approves_nothing(desk: GitLabIssueDesk) -> None:
    """carol wrote into bob's comment, as a maintainer can."""
    desk.issues.edit_comment(comment(desk, "no"), "!approve", at=hour(10))
    assert approvals(desk) == ()


def test_a_comment_that_was_deleted_approves_nothing(desk: GitLabIssueDesk) -> None:
    desk.issues.delete_comment(4, comment(desk, "!approve"))
    assert approvals(desk) == ()


def test_a_note_of_gitlabs_is_nobodys_comment(desk: GitLabIssueDesk) -> None:
    desk.issues.note(4, "!approve", by="bob", at=hour(9))
    assert approvals(desk) == ()


def test_an_internal_note_is_a_comment(desk: GitLabIssueDesk) -> None:
    desk.issues.comment(4, "!approve", by="bob", at=hour(9), internal=True)
    assert len(approvals(desk)) == 1


def test_an_imported_comment_approves_nothing(desk: GitLabIssueDesk) -> None:
    comment(desk, "!approve").imported = True
    assert approvals(desk) == ()


@pytest.mark.parametrize("what", ["hidden", "internal", "not counted"])
def test_a_hidden_comment_is_no_absent_one(desk: GitLabIssueDesk, what: str) -> None:
    made = comment(desk, "wait")
    if what == "hidden":
        desk.issues.hidden.add(made.id)
    elif what == "internal":
        made.internal = True
        token = desk.gitlab.add_token("project_1_bot_0a", without=("internal",))
        found = desk.reader(token).fetch(GITLAB_ISSUE)
        assert isinstance(found, ChangeRequest)
        assert isinstance(found.approvals, Problem)
        assert isinstance(found.scope, Problem)
        return
    else:  # GitLab counts it with the issue, and not in the list
        desk.gitlab.fault("/notes", faults.replace([]))
    assert isinstance(desk.read().scope, Problem)
    assert problem(desk).remedy


def test_a_mention_that_we_may_not_see_is_told_as_hidden(desk: GitLabIssueDesk) -> None:
    secret = desk.gitlab.create_project("acme/secret")
    token = desk.gitlab.add_token("project_1_bot_0a", projects=("acme/ops/changes",))
    desk.issues.note(4, "mentioned in acme/secret!1", by="bob", at=hour(9), seen_by=secret.path)
    found = desk.reader(token).fetch(GITLAB_ISSUE)
    assert isinstance(found, ChangeRequest)
    assert isinstance(found.scope, Problem)
    assert "says 1 rows and shows 0" in found.scope.cause


def test_lists_of_many_pages_are_read_whole(desk: GitLabIssueDesk) -> None:
    desk.gitlab.page_limit = 3
    for number in range(7):
        comment(desk, f"remark {number}", by="carol")
        desk.issues.label(4, f"label {number}", by="carol", at=hour(9))
    comment(desk, "!approve", at=10)
    assert len(approvals(desk)) == 1


def test_a_list_longer_than_is_read_is_a_problem(desk: GitLabIssueDesk) -> None:
    desk.gitlab.page_limit = 1
    for number in range(25):
        comment(desk, f"remark {number}")
    assert "more than" in problem(desk).cause


def test_a_list_that_tells_no_total_is_a_problem(desk: GitLabIssueDesk) -> None:
    desk.gitlab.counted = -1
    found = desk.open().fetch(GITLAB_ISSUE)
    assert isinstance(found, Problem)  # whether it is open can then not be told either
    assert "X-Total" in found.cause


def test_one_page_twice_is_no_second_page(desk: GitLabIssueDesk) -> None:
    desk.gitlab.page_limit = 2
    for number in range(4):
        comment(desk, f"remark {number}")
    desk.gitlab.fault(r"/notes\?.*page=2", "stale")
    assert isinstance(desk.read().approvals, Problem)


# ---------------------------------------------------------------- what is not of this issue


def test_what_was_approved_before_it_was_closed_is_over(desk: GitLabIssueDesk) -> None:
    comment(desk, "!approve")
    desk.issues.label(4, "approved", by="carol", at=hour(9))
    desk.issues.label(4, "rejected", by="carol", at=hour(9))
    desk.issues.close(4, by="carol", at=hour(10))
    desk.issues.reopen(4, by="alice", at=hour(11))
    assert [each.verdict for each in approvals(desk)] == [Verdict.DECLINED]
    comment(desk, "!approve", at=12)
    assert len(approvals(desk)) == 2


def test_a_state_that_no_event_explains_is_a_problem(desk: GitLabIssueDesk) -> None:
    desk.issues.close(4, by="carol", at=hour(10))
    desk.issues.all[4].state = "opened"
    found = desk.open().fetch(GITLAB_ISSUE)
    assert isinstance(found, Problem)
    assert "state" in found.cause


@pytest.mark.parametrize("how", ["moved", "cloned"])
def test_what_was_brought_along_from_another_issue_proves_nothing(
    desk: GitLabIssueDesk, how: str
) -> None:
    """Comments are copied with their authors and times."""
    comment(desk, "!approve")
    desk.issues.note(4, f"{how} from acme/other#1", by="alice", at=hour(9))
    assert how in problem(desk).cause
    assert isinstance(desk.read().rollback_plan, Problem)


def test_what_is_older_than_the_issue_approves_nothing(desk: GitLabIssueDesk) -> None:
    comment(desk, "!approve", at=7)
    assert approvals(desk) == ()
    desk.issues.label(4, "approved", by="bob", at=hour(7))
    assert "older than" in problem(desk).cause


def test_an_edit_that_claims_to_be_older_is_seen(desk: GitLabIssueDesk) -> None:
    """Owners may set the time of what they do, and GitLab notes that time."""
    comment(desk, "!approve", at=10)
    desk.issues.edit(4, "Brings the billing.", by="alice", at=hour(9))
    assert "order" in problem(desk).cause
    assert isinstance(desk.read().scope, Problem)


@pytest.mark.parametrize("seconds", [1, 60, 61])
def test_a_label_that_claims_to_be_older_is_seen(desk: GitLabIssueDesk, seconds: int) -> None:
    """GitLab itself takes some times a little before it writes the row."""
    desk.issues.label(4, "risky", by="alice", at=hour(9))
    desk.issues.label(4, "approved", by="bob", at=hour(9) - timedelta(seconds=seconds))
    assert isinstance(desk.read().approvals, Problem) == (seconds > 60)


def test_an_imported_issue_proves_nothing(desk: GitLabIssueDesk) -> None:
    comment(desk, "!approve")
    desk.issues.all[4].imported = True
    assert "imported" in problem(desk).cause
    assert isinstance(desk.read().scope, Problem)


# ---------------------------------------------------------------- texts


def test_the_title_was_edited_when_it_was_changed(desk: GitLabIssueDesk) -> None:
    desk.issues.retitle(4, "Newer checkout", by="bob", at=hour(9))
    found = text(desk, "title")
    assert (found.text, found.edited_at, found.latest_possible) == (
        "Newer checkout",
        hour(9),
        False,
    )
    assert text(desk, "description").edited_at == hour(8)


def test_a_ticked_box_is_an_edit_of_the_description(desk: GitLabIssueDesk) -> None:
    """GitLab notes nothing else then, whatever was changed along with it."""
    desk.issues.tick(4, "Brings the billing.\n\n- [x] Tested", by="alice", at=hour(9))
    found = text(desk, "description")
    assert found.edited_by is not None
    assert (found.edited_by.key, found.edited_at) == ("alice", hour(9))


@pytest.mark.parametrize(
    "note",
    [
        "mentioned in merge request !12",
        "mentioned in commit 0123456789abcdef0123456789abcdef01234567",
        "assigned to @carol and unassigned @bob",
        "changed due date to January 9, 2026",
        "added 1h 30m of time spent",
        "made the issue confidential",
        "closed via merge request !3",
        "marked this issue as related to #7",
        "created branch [`4-new-checkout`](/acme/ops/changes/-/compare/main...4-new-checkout)",
    ],
)
def test_what_else_gitlab_notes_is_no_edit(desk: GitLabIssueDesk, note: str) -> None:
    desk.issues.note(4, note, by="carol", at=hour(9))
    assert text(desk, "description").edited_at == hour(8)
    assert text(desk, "title").edited_at == hour(8)


@pytest.mark.parametrize("note", ["updated the description", "changed the description (via API)"])
def test_a_note_that_nobody_knows_may_be_an_edit(desk: GitLabIssueDesk, note: str) -> None:
    desk.issues.note(4, note, by="carol", at=hour(9))
    found = text(desk, "description")
    assert (found.edited_at, found.latest_possible) == (hour(9), True)


def test_a_section_that_was_taken_out_was_edited(desk: GitLabIssueDesk) -> None:
    desk.issues.edit(4, "Brings the shop.", by="bob", at=hour(9))
    plan = desk.read().rollback_plan
    assert not isinstance(plan, Problem)
    assert [(each.text, each.edited_at) for each in plan] == [("", hour(9))]


def test_without_notes_there_are_no_texts(desk: GitLabIssueDesk) -> None:
    desk.gitlab.fault("/notes", faults.status(403))
    found = desk.read()
    assert isinstance(found.scope, Problem)
    assert isinstance(found.rollback_plan, Problem)
    assert isinstance(found.approvals, Problem)


def test_a_text_is_never_newer_than_the_notes_of_its_edits(desk: GitLabIssueDesk) -> None:
    """The notes are asked for when the issue has been read."""
    desk.read()
    began = {each.path.rpartition("/")[2]: each.began for each in desk.gitlab.requests}
    (read,) = [each for each in desk.gitlab.requests if each.path.endswith("/issues/4")]
    assert read.ended < began["notes"]


# ---------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("to", "key"),
    [("acme/other#7", "acme/other#7"), ("acme/ops/other#7", "acme/ops/other#7")],
)
def test_an_issue_that_was_moved_names_its_new_id(desk: GitLabIssueDesk, to: str, key: str) -> None:
    desk.gitlab.create_project(to.partition("#")[0])
    comment(desk, "!approve")
    desk.issues.move(4, to, by="alice", at=hour(10))
    found = desk.read()
    assert (found.key, found.approvals) == (key, ())
    assert found.project == key.partition("#")[0]


def test_an_issue_that_was_moved_out_of_sight_is_not_open(desk: GitLabIssueDesk) -> None:
    desk.gitlab.create_project("acme/secret")
    token = desk.gitlab.add_token("project_1_bot_0a", projects=("acme/ops/changes",))
    desk.issues.move(4, "acme/secret#7", by="alice", at=hour(10))
    desk.issues.reopen(4, by="alice", at=hour(11))
    found = desk.reader(token).fetch(GITLAB_ISSUE)
    assert isinstance(found, ChangeRequest)
    assert (found.key, found.status.name, found.approvals) == (GITLAB_ISSUE, "moved", ())


@pytest.mark.parametrize("kind", ["incident", "task", "test_case"])
def test_another_kind_of_work_item_is_no_change_request(desk: GitLabIssueDesk, kind: str) -> None:
    comment(desk, "!approve")
    desk.issues.all[4].type = kind
    found = desk.read()
    assert (found.type, found.approvals) == (kind, ())


def test_a_confidential_issue_takes_the_role_reporter(desk: GitLabIssueDesk) -> None:
    comment(desk, "!approve")
    desk.issues.all[4].confidential = True
    assert len(approvals(desk)) == 1
    token = desk.gitlab.add_token("project_1_bot_0a", without=("internal",))
    assert isinstance(desk.reader(token).fetch(GITLAB_ISSUE), MissingTicket)


def test_those_before_it_are_told(desk: GitLabIssueDesk) -> None:
    assert set(desk.read().neighbours or ()) == {  # type: ignore[arg-type]  # no problem here
        Neighbour("acme/ops/changes#1", hour(1)),
        Neighbour("acme/ops/changes#2", hour(2)),
    }


def test_the_first_issue_has_none_before_it(desk: GitLabIssueDesk) -> None:
    found = desk.open().fetch("acme/ops/changes#1")
    assert isinstance(found, ChangeRequest)
    assert found.neighbours == ()


def test_others_than_those_asked_for_are_no_neighbours(desk: GitLabIssueDesk) -> None:
    """A proxy may drop what it does not know of a query."""
    desk.reader().fetch(desk.missing)  # the last answer of the list is the newest issue then
    desk.gitlab.fault("iids", "stale")
    assert isinstance(desk.read().neighbours, Problem)


@pytest.mark.parametrize(("without", "says"), [("issues", "403"), ("read_api", "read_api")])
def test_a_token_that_may_not_read_issues_misses_nothing(
    desk: GitLabIssueDesk, without: str, says: str
) -> None:
    token = desk.gitlab.add_token("project_1_bot_0a", without=(without,))
    for ticket in (GITLAB_ISSUE, desk.missing):
        found = desk.reader(token).fetch(ticket)
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.PERMISSION
        assert says in found.cause + found.remedy


def test_a_project_of_another_path_misses_nothing(desk: GitLabIssueDesk) -> None:
    """GitLab answers for any spelling, and for paths that were given up."""
    reader = desk.reader(projects=("Acme/ops/changes",))
    assert isinstance(reader.fetch("Acme/ops/changes#99"), Problem)
    moved = reader.fetch("Acme/ops/changes#4")
    assert isinstance(moved, ChangeRequest)
    assert moved.key == GITLAB_ISSUE


def test_an_empty_project_misses_nothing(desk: GitLabIssueDesk) -> None:
    desk.issues.all.clear()
    found = desk.open().fetch(GITLAB_ISSUE)
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.HIDDEN


def test_a_guests_token_is_told_what_it_does_not_see(desk: GitLabIssueDesk) -> None:
    token = desk.gitlab.add_token("project_1_bot_0a", without=("internal",))
    rights = {right.what: right for right in desk.reader(token).rights()}
    internal = rights["internal notes in acme/ops/changes"]
    assert internal.problem is not None
    assert not internal.needed
    assert [right.problem for right in desk.open().rights()] == [None] * 4


@pytest.mark.parametrize("path", ["/user$", "resource_state_events", "/issues/4$"])
def test_without_these_there_is_no_ticket(desk: GitLabIssueDesk, path: str) -> None:
    desk.gitlab.fault(path, faults.status(403))
    assert isinstance(desk.open().fetch(GITLAB_ISSUE), Problem)


def test_two_requests_in_a_row_at_most(desk: GitLabIssueDesk) -> None:
    """Each waits for the others of its round."""
    desk.gitlab.together(r"/issues/4$|iids|/user$", 3)
    desk.gitlab.together(r"/resource_|/notes", 3)
    assert desk.read().key == GITLAB_ISSUE
    assert len(desk.gitlab.requests) == 6
