"""Stories on Jira, both flavours: the change requests that they link to, and what may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, hour, open_desk

from gate.config.types import StoryLink
from gate.demo import faults
from gate.demo.jira_changes import option_id
from gate.demo.jira_state import Flavour
from gate.errors import UsageError
from gate.model import (
    ChangeRequest,
    Lookup,
    MissingTicket,
    Problem,
    ProblemKind,
    TicketReference,
    TicketSource,
)
from gate.tickets.ids import ProjectKeys
from gate.tickets.jira.reader import JiraReader
from gate.tickets.several import Tickets
from gate.tickets.system import StorySystem

STORY = "SHOP-12"
OUT, IN = StoryLink("Deployment", "outward"), StoryLink("Deployment", "inward")


@pytest.fixture(params=["cloud", "datacenter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    flavour: Flavour = request.param
    with open_desk(flavour) as made:
        made.jira.add_project("SHOP", "Shop")
        made.jira.create_issue(STORY, "Faster checkout", by="alice", at=hour(7))
        for number in (2, 3):
            made.jira.create_issue(f"CHG-{number}", "Another", by="alice", at=hour(8))
        yield made


def reader(desk: Desk, *links: StoryLink, **settings: Any) -> JiraReader:
    return desk.reader(stories=("SHOP",), story_links=links or (OUT,), **settings)


def changes(desk: Desk, *links: StoryLink, **settings: Any) -> Any:
    return reader(desk, *links, **settings).changes_of(STORY)


def look_up(desk: Desk, ticket: str = STORY) -> tuple[Lookup, ...]:
    grammar = ProjectKeys(("CHG",), ("SHOP",))
    tickets = Tickets({"jira": reader(desk)}, {"jira": grammar})
    return tickets.look_up(TicketReference("jira", ticket, TicketSource.BRANCH))


def test_links_of_the_type_and_direction_lead_to_change_requests(desk: Desk) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    assert changes(desk) == ("CHG-1",)
    assert changes(desk, StoryLink(option_id("Deployment"), "outward")) == ("CHG-1",)
    assert isinstance(changes(desk, IN), MissingTicket)
    assert isinstance(changes(desk, StoryLink("Relates", "outward")), MissingTicket)
    assert isinstance(changes(desk, StoryLink("deployment", "outward")), MissingTicket)
    assert changes(desk, IN, OUT) == ("CHG-1",)


def test_a_link_that_ends_at_the_story_is_inward(desk: Desk) -> None:
    desk.jira.link("CHG-1", STORY, "Deployment")
    assert isinstance(changes(desk), MissingTicket)
    assert changes(desk, IN) == ("CHG-1",)


def test_all_of_several_are_told_and_each_once(desk: Desk) -> None:
    for key in ("CHG-2", "CHG-1", "CHG-2"):
        desk.jira.link(STORY, key, "Deployment")
    desk.jira.create_issue("SHOP-13", "Another story", by="alice", at=hour(7))
    desk.jira.link(STORY, "SHOP-13", "Deployment")
    assert changes(desk) == ("CHG-2", "CHG-1")
    found = look_up(desk)
    assert [each.reference.id for each in found] == ["CHG-2", "CHG-1"]
    assert {each.reference.through for each in found} == {STORY}
    assert all(isinstance(each.result, ChangeRequest) for each in found)


def test_a_story_without_a_change_request_says_by_what_it_is_looked_for(desk: Desk) -> None:
    assert changes(desk) == MissingTicket(("Deployment (outward)",))
    (found,) = look_up(desk)
    assert found == Lookup(
        TicketReference("jira", STORY, TicketSource.BRANCH),
        MissingTicket(("Deployment (outward)",)),
    )


def test_a_change_request_that_is_hidden_is_no_link(desk: Desk) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    desk.jira.issues["CHG-1"].visible = False
    assert isinstance(changes(desk), MissingTicket)


def test_a_change_request_is_asked_for_as_before(desk: Desk) -> None:
    (found,) = look_up(desk, "CHG-1")
    assert isinstance(found.result, ChangeRequest)
    assert found.reference.through == ""
    asked = reader(desk)
    assert isinstance(asked, StorySystem)
    assert asked.is_story(STORY)
    assert not asked.is_story("CHG-1")
    with pytest.raises(UsageError):
        asked.changes_of("CHG-1")
    with pytest.raises(UsageError):
        asked.fetch(STORY)


def test_a_story_that_is_not_there_and_one_that_is_hidden(desk: Desk) -> None:
    missing = reader(desk).changes_of("SHOP-99")
    assert missing == MissingTicket()
    desk.jira.projects["SHOP"].visible_to = set()
    hidden = reader(desk).changes_of("SHOP-99")
    assert isinstance(hidden, Problem)
    assert hidden.kind is ProblemKind.HIDDEN


def test_a_story_that_was_moved_is_not_taken_for_another(desk: Desk) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    desk.jira.move(STORY, "SHOP-77", by="alice", at=hour(9))
    assert isinstance(changes(desk), Problem)


@pytest.mark.parametrize(
    "kind", [faults.html, faults.empty, faults.huge, faults.wrong_types, faults.hang, faults.reset]
)
def test_what_cannot_be_read_is_a_problem(desk: Desk, kind: Any) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    desk.jira.fault(f"/issue/{STORY}", kind())
    assert isinstance(changes(desk, seconds=1), Problem)


@pytest.mark.parametrize("code", [401, 403, 429, 500, 502, 503])
def test_a_refusal_is_a_problem(desk: Desk, code: int) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    desk.jira.fault(f"/issue/{STORY}", faults.status(code, retry_after=0))
    assert isinstance(changes(desk), Problem)


def test_wrong_credentials_are_named_and_not_taken_for_a_missing_story(desk: Desk) -> None:
    desk.jira.link(STORY, "CHG-1", "Deployment")
    found = changes(desk, token="wrong")
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.CREDENTIALS


LINK: dict[str, Any] = {
    "id": "1",
    "type": {"id": "10", "name": "Deployment", "inward": "deploys", "outward": "is deployed by"},
    "outwardIssue": {"id": "1", "key": "CHG-1"},
}


@pytest.mark.parametrize(
    "links",
    [
        None,
        {},
        [None],
        [{**LINK, "inwardIssue": {"key": "CHG-2"}}],
        [{key: LINK[key] for key in ("id", "type")}],
        [{**LINK, "type": None}],
        [{**LINK, "type": {"id": "10"}}],
        [{**LINK, "type": {"id": "10", "name": None}}],
        [{**LINK, "outwardIssue": {"id": "1"}}],
        [{**LINK, "outwardIssue": {"key": None}}],
        [{**LINK, "outwardIssue": {"key": f"CHG-{number}"}} for number in range(1, 22)],
    ],
)
def test_links_that_are_not_as_described_are_a_problem(desk: Desk, links: Any) -> None:
    fields = {"project": {"key": "SHOP"}, "issuelinks": links}
    desk.jira.fault(f"/issue/{STORY}", faults.replace({"key": STORY, "fields": fields}))
    assert isinstance(changes(desk), Problem)
    desk.jira.heal()
    desk.jira.fault(f"/issue/{STORY}", faults.replace({"key": STORY, "fields": {}}))
    assert isinstance(changes(desk), Problem), "linking is switched off, or hidden"


def test_a_key_that_is_none_of_the_projects_is_never_asked_for(desk: Desk) -> None:
    odd = ["../myself", "chg-1", "CHG-01", "OPS-1", "CHG-1?x", ""]
    links = [{**LINK, "outwardIssue": {"key": key or "x"}} for key in odd]
    fields = {"project": {"key": "SHOP"}, "issuelinks": links}
    desk.jira.fault(f"/issue/{STORY}", faults.replace({"key": STORY, "fields": fields}))
    assert isinstance(changes(desk), MissingTicket)


def test_two_requests_follow_one_another(desk: Desk) -> None:
    for key in ("CHG-1", "CHG-2", "CHG-3"):
        desk.jira.link(STORY, key, "Deployment")
    desk.jira.latency = 0.05
    desk.jira.forget_requests()
    assert len(look_up(desk)) == 3
    assert desk.jira.longest_chain() == 2


def test_a_story_is_found_in_texts_and_is_no_key() -> None:
    grammar = ProjectKeys(("CHG",), ("SHOP",))
    assert grammar.find("SHOP-12 faster, for CHG-1 (not OPS-3)") == ("SHOP-12", "CHG-1")
    assert grammar.claims("SHOP-12")
    assert not grammar.is_key("SHOP-12")
    assert grammar.is_key("CHG-1")
    assert "SHOP" in str(grammar.refusal("OPS-1"))


def test_rights_include_the_projects_of_stories(desk: Desk) -> None:
    rights = {right.what: right.problem for right in reader(desk).rights()}
    assert rights == dict.fromkeys(("", "project CHG", "project SHOP"))
    desk.jira.projects["SHOP"] = replace(desk.jira.projects["SHOP"], visible_to=set())
    assert {r.what: r.problem for r in reader(desk).rights()}["project SHOP"] is not None
