from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gate.ci.detect import detect
from gate.errors import USAGE, UsageError

SHA = "0123456789abcdef0123456789abcdef01234567"

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_ACTOR": "alice",
    "GITHUB_TRIGGERING_ACTOR": "bob",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_URL": "https://gitlab.com/acme/shop",
    "CI_PIPELINE_ID": "99",
    "CI_JOB_ID": "990",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_REF_NAME": "main",
    "CI_PIPELINE_CREATED_AT": "2026-01-05T11:00:00+01:00",
    "GITLAB_USER_LOGIN": "alice",
}
JENKINS = {
    "JENKINS_URL": "https://jenkins.acme.example/",
    "BUILD_NUMBER": "12",
    "JOB_NAME": "shop/main",
    "BUILD_URL": "https://jenkins.acme.example/job/shop/12/",
    "GIT_COMMIT": SHA,
    "GIT_URL": "https://alice:t0ken@github.com/acme/shop.git",
    "GIT_BRANCH": "origin/main",
    "BUILD_USER_ID": "alice",
}


def test_github_actions() -> None:
    claim = detect(GITHUB)
    assert (claim.ci, claim.id, claim.attempt) == ("github", "4711", "2")
    assert claim.repository == "https://github.com/acme/shop"
    assert claim.url == "https://github.com/acme/shop/actions/runs/4711"
    assert (claim.ref, claim.commit, claim.actor) == ("refs/heads/main", SHA, "bob")
    without = {k: v for k, v in GITHUB.items() if k != "GITHUB_TRIGGERING_ACTOR"}
    assert detect(without).actor == "alice"


def test_gitlab_ci_and_its_local_double() -> None:
    claim = detect(GITLAB)
    assert (claim.ci, claim.id, claim.attempt, claim.commit) == ("gitlab", "99", "990", SHA)
    assert claim.repository == "https://gitlab.com/acme/shop"
    assert claim.ref == "refs/heads/main"
    assert claim.created_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert detect(GITLAB | {"GITLAB_CI": "false"}).ci == "gitlab"
    assert detect(GITLAB | {"CI_COMMIT_TAG": "v1"}).ref == "refs/tags/v1"


def test_jenkins_and_no_credentials_in_the_repository() -> None:
    claim = detect(JENKINS)
    assert (claim.ci, claim.id, claim.commit) == ("jenkins", "shop/main#12", SHA)
    assert claim.repository == "https://github.com/acme/shop"
    assert claim.ref == "refs/heads/main"
    assert "t0ken" not in repr(claim)


def test_jenkins_without_a_configured_url() -> None:
    bare = {"BUILD_NUMBER": "1", "JOB_NAME": "shop", "JENKINS_HOME": "/var/jenkins"}
    claim = detect(bare)
    assert (claim.ci, claim.repository, claim.commit, claim.url) == ("jenkins", "", "", "")
    assert detect({"BUILD_NUMBER": "1"}).ci == "shell"


def test_jenkins_with_several_checkouts_claims_none_of_them() -> None:
    several = {k: v for k, v in JENKINS.items() if k != "GIT_URL"} | {
        "GIT_URL_1": "git@github.com:acme/shop.git",
        "GIT_URL_2": "https://github.com/acme/tools",
    }
    claim = detect(several)
    assert (claim.repository, claim.commit, claim.ref) == ("", "", "")
    same = several | {"GIT_URL_2": "ssh://git@github.com/acme/shop"}
    assert detect(same).repository == "https://github.com/acme/shop"


def test_a_plain_shell_claims_a_user_at_most() -> None:
    claim = detect({"USER": "alice", "HOME": "/home/alice"})
    assert (claim.ci, claim.actor, claim.id, claim.commit) == ("shell", "alice", "", "")
    assert detect({}).actor == ""
    assert detect({"USER": "a\nb"}).actor == ""
    assert detect({"GITHUB_ACTIONS": "false"}).ci == "shell"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_ACTIONS", ""),
        ("GITHUB_ACTIONS", "yes"),
        ("GITHUB_RUN_ID", ""),
        ("GITHUB_RUN_ID", "../1"),
        ("GITHUB_RUN_ID", "0"),
        ("GITHUB_RUN_ID", "12\n"),
        ("GITHUB_RUN_ID", "١٢"),
        ("GITHUB_RUN_ATTEMPT", ""),
        ("GITHUB_REPOSITORY", "shop"),
        ("GITHUB_REPOSITORY", "acme/.."),
        ("GITHUB_REPOSITORY", "acme/shop/../../x"),
        ("GITHUB_SERVER_URL", ""),
        ("GITHUB_SERVER_URL", "github.com"),
        ("GITHUB_SHA", "abc"),
        ("GITHUB_SHA", "HEAD"),
        ("GITHUB_SHA", SHA.upper()),
        ("GITHUB_SHA", SHA + "0"),
        ("GITHUB_REF", "main"),
        ("GITHUB_TRIGGERING_ACTOR", ""),
        ("GITLAB_CI", ""),
        ("CI_PIPELINE_ID", ""),
        ("CI_PROJECT_URL", "nowhere"),
        ("CI_COMMIT_SHA", "null"),
        ("CI_PIPELINE_CREATED_AT", "yesterday"),
        ("CI_PIPELINE_CREATED_AT", "2026-01-05T11:00:00"),
        ("CI_PIPELINE_CREATED_AT", "0001-01-01T00:00:00+10:00"),
        ("CI_PIPELINE_CREATED_AT", "9999-12-31T23:59:59-10:00"),
        ("GITLAB_USER_LOGIN", "a\x1b[0m"),
        ("BUILD_NUMBER", "latest"),
        ("JOB_NAME", ""),
        ("GIT_URL", ""),
        ("GIT_URL", "not a url"),
        ("GIT_COMMIT", "abc"),
    ],
)
def test_present_but_broken_is_an_error_that_names_the_variable(name: str, value: str) -> None:
    whole = next(ci for ci in (GITHUB, GITLAB, JENKINS) if name in ci)
    with pytest.raises(UsageError) as caught:
        detect(whole | {name: value})
    assert name in caught.value.message
    assert caught.value.exit_code == USAGE
    assert caught.value.remedy


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_RUN_ID", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_SHA"),
        *("CI_PROJECT_URL", "CI_PIPELINE_ID", "CI_COMMIT_SHA", "BUILD_NUMBER", "JOB_NAME"),
    ],
)
def test_a_needed_variable_that_is_gone_does_not_make_a_shell(name: str) -> None:
    whole = next(ci for ci in (GITHUB, GITLAB, JENKINS) if name in ci)
    with pytest.raises(UsageError, match=name):
        detect({k: v for k, v in whole.items() if k != name})


def test_two_systems_at_once_are_an_error() -> None:
    with pytest.raises(UsageError, match="several CI systems") as caught:
        detect(GITHUB | JENKINS)
    assert "GITHUB_ACTIONS" in caught.value.message
    assert "JENKINS_URL" in caught.value.message


def test_a_jenkinsfile_may_hand_the_builds_start_along() -> None:
    bare = {"BUILD_NUMBER": "1", "JOB_NAME": "shop", "JENKINS_HOME": "/var/jenkins"}
    assert detect(bare).created_at is None
    claim = detect(bare | {"GATE_PIPELINE_STARTED": "1767603600250"})
    assert claim.created_at == datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
    assert detect({"GATE_PIPELINE_STARTED": "1767603600250"}).created_at is None


@pytest.mark.parametrize("text", ["", "now", "1767603600", "-1767603600250", "2026-01-05T09:00Z"])
def test_a_start_that_is_no_number_of_milliseconds_is_an_error(text: str) -> None:
    bare = {"BUILD_NUMBER": "1", "JOB_NAME": "shop", "JENKINS_HOME": "/var/jenkins"}
    with pytest.raises(UsageError, match="GATE_PIPELINE_STARTED"):
        detect(bare | {"GATE_PIPELINE_STARTED": text})
