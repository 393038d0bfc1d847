"""What ``gate init`` writes is a policy that the parser takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.config import ApprovalPlace, JiraSettings, parse_policy
from gate.config.grammar import origin
from gate.config.template import default_origin, policy_template


def template(ci: str = "github", name: str = "shop", environment: str = "production") -> str:
    return policy_template(
        ci=ci,
        jira_url="https://acme.atlassian.net",
        projects=("CHG", "OPS"),
        repository="https://github.com/acme/shop",
        forge_url="https://github.com",
        service=name,
        environment=environment,
        origin="acme.example/changes",
    )


@pytest.mark.parametrize(("ci", "predates"), [("github", "pipeline"), ("shell", "merge")])
def test_the_template_parses(ci: str, predates: str) -> None:
    policy = parse_policy(template(ci).encode())
    assert policy.environments["production"].ticket.predates == predates
    assert policy.log.origin == "acme.example/changes"
    jira = policy.tickets["jira"]
    assert isinstance(jira, JiraSettings)
    assert jira.projects == ("CHG", "OPS")
    assert jira.approvals == (ApprovalPlace("jsm"),)
    assert policy.services["shop"].release_refs == ("main",)


def test_its_people_are_examples_to_replace() -> None:
    policy = parse_policy(template().encode())
    assert [person.name for person in policy.people] == ["alice", "bob"]
    assert policy.groups == {"change-board": ("alice", "bob")}
    assert all("REPLACE" in person.accounts["jira"] for person in policy.people)


def test_the_text_is_neat() -> None:
    text = template()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


@given(st.text(min_size=1, max_size=30).filter(lambda s: s == s.strip() and s.isprintable()))
def test_any_name_survives(name: str) -> None:
    policy = parse_policy(template("github", name, name).encode())
    assert list(policy.services) == list(policy.environments) == [name]


@pytest.mark.parametrize(
    ("repository", "wanted"),
    [
        ("https://github.com/acme/shop", "github.com/acme/shop/changes"),
        ("https://github.com/acme/shop.git", "github.com/acme/shop/changes"),
        ("https://git.acme.example/a+b c", "git.acme.example/a-b-c/changes"),
    ],
)
def test_an_origin_is_made_of_the_repository(repository: str, wanted: str) -> None:
    assert default_origin(repository) == wanted
    assert origin(wanted, "log.origin") == wanted


def test_a_policy_with_servicenow_parses_too() -> None:
    text = policy_template(
        ci="github",
        servicenow_url="https://acme.service-now.com",
        repository="https://github.com/acme/shop",
        forge_url="https://github.com",
        service="shop",
        environment="production",
        origin="acme.example/changes",
    )
    policy = parse_policy(text.encode())
    assert list(policy.tickets) == ["servicenow"]
    assert policy.tickets["servicenow"].deployable == ("-1",)
    assert [person.accounts["servicenow"] for person in policy.people] == [
        "REPLACE-alice",
        "REPLACE-bob",
    ]
