"""What ``gate init`` writes is a policy that the parser takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.config import ApprovalPlace, PersonEntry, parse_policy
from gate.config.template import default_origin, policy_template

PEOPLE = (
    PersonEntry("alice", ("alice@acme.example",), {"jira": "5b10", "github": "alice"}),
    PersonEntry("bob", (), {"github": "bob"}),
)


def template(ci: str = "github", repository: str = "https://github.com/acme/shop") -> str:
    return policy_template(
        ci=ci,
        jira_url="https://acme.atlassian.net",
        projects=("CHG", "OPS"),
        repository=repository,
        service="shop",
        people=PEOPLE,
        approvers=("bob",),
        approvals=(ApprovalPlace("jsm"), ApprovalPlace("transition", 'App"roved')),
    )


@pytest.mark.parametrize(
    ("ci", "predates"),
    [("github", "pipeline"), ("gitlab", "merge"), ("jenkins", "merge"), ("shell", "merge")],
)
def test_the_template_parses(ci: str, predates: str) -> None:
    policy = parse_policy(template(ci).encode())
    assert policy.environments["production"].ticket.predates == predates
    assert policy.people == PEOPLE
    assert policy.groups == {"change-board": ("bob",)}
    assert policy.log.origin == "github.com/acme/shop"
    assert policy.jira is not None
    assert policy.jira.projects == ("CHG", "OPS")
    assert policy.jira.approvals[1] == ApprovalPlace("transition", 'App"roved')


def test_without_people_it_has_examples_to_replace() -> None:
    text = policy_template(
        ci="shell",
        jira_url="http://127.0.0.1:8080",
        projects=["CHG"],
        repository="file:///srv/git/shop",
        service="web shop",
        forge_url="",
    )
    assert [p.name for p in parse_policy(text.encode()).people] == ["alice", "bob"]
    assert "REPLACE" in text


def test_the_text_is_neat() -> None:
    text = template()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


@given(st.text(min_size=1, max_size=30).filter(lambda s: s == s.strip() and s.isprintable()))
def test_any_name_survives(name: str) -> None:
    text = policy_template(
        ci="github",
        jira_url="https://acme.atlassian.net",
        projects=["CHG"],
        repository="https://github.com/acme/shop",
        service=name,
        environment=name,
        people=[PersonEntry(name, (), {"jira": name})],
    )
    if name == "change-board":
        return
    policy = parse_policy(text.encode())
    assert list(policy.services) == list(policy.environments) == [name]
    assert policy.people[0].accounts["jira"] == name


@pytest.mark.parametrize(
    ("repository", "origin"),
    [
        ("https://github.com/acme/shop.git", "github.com/acme/shop"),
        ("ssh://git@git.acme.example/a+b c", "git.acme.example/a-b-c"),
        ("file:///srv/shop", "srv/shop"),
        ("", "change-log"),
    ],
)
def test_an_origin_is_made_of_the_repository(repository: str, origin: str) -> None:
    assert default_origin(repository) == origin
