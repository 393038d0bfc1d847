"""The contract that the authors of ticket systems are given, held against gate's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ticket_desks import (
    GitLabIssueDesk,
    IssueDesk,
    JiraDesk,
    ServiceNowDesk,
    gitlab_issue_desk,
    issue_desk,
    jira_desk,
    servicenow_desk,
)

from gate.demo.jira_state import Flavour
from gate.tickets.contract import TicketContract


class TestJira(TicketContract):
    @pytest.fixture(params=["cloud", "datacenter"])
    def desk(self, request: pytest.FixtureRequest) -> Iterator[JiraDesk]:
        flavour: Flavour = request.param
        with jira_desk(flavour) as desk:
            yield desk


class TestServiceNow(TicketContract):
    @pytest.fixture
    def desk(self) -> Iterator[ServiceNowDesk]:
        with servicenow_desk() as desk:
            yield desk


class TestGitHubIssues(TicketContract):
    @pytest.fixture(params=["github.com", "enterprise server"])
    def desk(self, request: pytest.FixtureRequest) -> Iterator[IssueDesk]:
        with issue_desk(enterprise=request.param != "github.com") as desk:
            yield desk


class TestGitLabIssues(TicketContract):
    @pytest.fixture
    def desk(self) -> Iterator[GitLabIssueDesk]:
        with gitlab_issue_desk() as desk:
            yield desk
