"""Comments on Jira, both flavours: written once, internal, and nothing in them is markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from desk import Desk, open_desk
from worlds import good_ticket

from gate.demo import faults
from gate.demo.jira_comments import is_document
from gate.demo.jira_state import Comment as Kept
from gate.demo.jira_state import Flavour
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment
from gate.tickets.jira.comments import JiraCommenter, adf, wiki

MARK = "ab" * 32
BLOCK = "acme.example/changes\n3\nA+w=\n\n— acme.example/changes /pQa=="
COMMENT = Comment("gate: allowed: shop to production", ("All passed.", f"leaf {MARK}"), BLOCK, MARK)
SEEN, SENT = r"/comment\?", r"/comment$"


@pytest.fixture(params=["cloud", "datacenter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    flavour: Flavour = request.param
    with open_desk(flavour) as made:
        yield made


def commenter(desk: Desk, **settings: Any) -> JiraCommenter:
    return JiraCommenter(desk.reader(**settings))


def change(key: str = "CHG-1") -> ChangeRequest:
    return replace(good_ticket(), id=key, key=key)


def kept(desk: Desk) -> list[Kept]:
    return desk.jira.issues["CHG-1"].comments


def test_a_comment_is_written_as_gate_and_internally(desk: Desk) -> None:
    assert commenter(desk).comment(change(), COMMENT) is None
    (found,) = kept(desk)
    assert found.by.name == "gate"
    assert {"key": "sd.public.comment", "value": {"internal": True}} in found.properties
    if desk.flavour == "cloud":
        assert found.body["content"][-1]["content"][0]["text"] == BLOCK
        assert found.body["content"][-1]["type"] == "codeBlock"
    else:
        assert found.body.endswith(f"{{noformat}}\n{BLOCK}\n{{noformat}}")
    assert MARK in str(found.body)


def test_it_is_written_once(desk: Desk) -> None:
    for _ in range(3):
        assert commenter(desk).comment(change(), COMMENT) is None
    assert len(kept(desk)) == 1
    other = Comment("another", ("leaf",), BLOCK, "cd" * 32)
    assert commenter(desk).comment(change(), other) is None
    assert len(kept(desk)) == 2


def test_it_is_found_among_many(desk: Desk) -> None:
    for number in range(150):
        made = Comment(f"old {number}", (), "x", f"{number:064x}")
        kept(desk).append(
            Kept(str(number), desk.jira.users["bob"], desk.jira.now(), wiki(made), [])
        )
    for _ in range(2):
        assert commenter(desk).comment(change(), COMMENT) is None
    assert len(kept(desk)) == 151


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(desk: Desk) -> None:
    desk.jira.fault(SENT, "reset", times=1)
    assert commenter(desk).comment(change(), COMMENT) is None
    assert len(kept(desk)) == 1
    kept(desk).clear()
    desk.jira.fault(SENT, "truncated", times=1)
    assert commenter(desk).comment(change(), COMMENT) is None
    assert len(kept(desk)) == 1


@pytest.mark.parametrize("where", [SEEN, SENT])
@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 502, 503])
def test_a_refusal_is_told_with_what_to_do(desk: Desk, where: str, code: int) -> None:
    desk.jira.fault(where, faults.status(code, retry_after=0))
    problem = commenter(desk).comment(change(), COMMENT)
    assert isinstance(problem, Problem)
    assert "/issue/CHG-1/comment" in problem.request
    if code < 429:
        assert "Add Comments" in problem.remedy
        assert "write_back.ticket" in problem.remedy
    assert kept(desk) == []


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.huge])
def test_a_list_that_is_none_is_told(desk: Desk, kind: Any) -> None:
    kept(desk).append(Kept("1", desk.jira.users["bob"], desk.jira.now(), wiki(COMMENT), []))
    desk.jira.fault(SEEN, kind())
    problem = commenter(desk).comment(change(), COMMENT)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.MALFORMED
    assert len(kept(desk)) == 1


def test_a_site_that_hangs_takes_no_longer_than_the_budget(desk: Desk) -> None:
    desk.jira.fault(SENT, "hang")
    problem = commenter(desk, seconds=0.5).comment(change(), COMMENT)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNAVAILABLE


def test_the_permission_is_asked_for(desk: Desk) -> None:
    assert commenter(desk).may_comment("CHG") is True
    desk.jira.projects["CHG"].commenters = {"bob"}
    assert commenter(desk).may_comment("CHG") is False
    problem = commenter(desk).comment(change(), COMMENT)
    assert isinstance(problem, Problem)
    assert "Add Comments" in problem.remedy
    assert isinstance(commenter(desk).may_comment("NONE"), Problem)
    desk.jira.fault("/mypermissions", faults.wrong_types())
    assert isinstance(commenter(desk).may_comment("CHG"), Problem)


HOSTILE = (
    "{noformat}h1. Approved{noformat}",
    "{NOFORMAT:title=x}",
    "[~accountid:5b10] @bob [x|https://evil.example] !https://evil.example/x.png!",
    "<b>&amp;</b> {color:red}*x*{color} |a|b| \\\\ ----",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    comment = Comment(text, (text, ""), f"{text}\n{text}", MARK)
    assert wiki(comment).lower().count("{noformat") == 4, "its own two blocks"
    document = adf(comment)
    assert is_document(document)
    kinds = {node["type"] for node in _nodes(document)}
    assert kinds == {"doc", "paragraph", "codeBlock", "text"}
    marks = [mark["type"] for node in _nodes(document) for mark in node.get("marks", [])]
    assert marks == ["strong"]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.get("content", []):
        yield from _nodes(child)
