"""What Jira says of an issue's links: shapes as described, and none other."""

from __future__ import annotations

from typing import Any

import pytest

from gate.http.document import Document, ShapeError
from gate.tickets.jira.links import linked_issues


def test_links_parent_and_subtasks() -> None:
    fields = {
        "issuelinks": [
            {"id": "1", "inwardIssue": {"key": "OPS-1"}},
            {"id": "2", "outwardIssue": {"key": "OPS-2"}},
            {"id": "3", "outwardIssue": {"key": "OPS-1"}},
        ],
        "parent": {"key": "EPIC-1"},
        "subtasks": [{"key": "CHG-2"}],
    }
    assert linked_issues(Document(fields)) == ("OPS-1", "OPS-2", "EPIC-1", "CHG-2")


@pytest.mark.parametrize("fields", [{}, {"issuelinks": None, "parent": None, "subtasks": []}])
def test_what_is_not_there_links_nothing(fields: dict[str, Any]) -> None:
    assert linked_issues(Document(fields)) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"issuelinks": {}},
        {"issuelinks": "OPS-1"},
        {"issuelinks": [{"id": "1"}]},
        {"issuelinks": [{"inwardIssue": {}}]},
        {"issuelinks": [{"inwardIssue": {"key": ""}}]},
        {"parent": "EPIC-1"},
        {"subtasks": [{"id": "1"}]},
    ],
)
def test_other_shapes_are_named(fields: dict[str, Any]) -> None:
    with pytest.raises(ShapeError, match=next(iter(fields))):
        linked_issues(Document(fields))
