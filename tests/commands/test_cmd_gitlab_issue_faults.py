"""Each fault on each thing that is asked of GitLab about an issue, through the whole command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs import SHOP, Job, must_say, said
from ticket_desks import FAULTS

from gate.demo import faults
from gate.demo.gitlab_issue_world import CHANGES, GitLabIssueWorld

ISSUE = f"{CHANGES}#4"
TOKEN = "gitlab-token-of-gate"
PLACES = (
    *("changes/issues/4$", "/issues/4/resource_label_events", "/issues/4/resource_state_events"),
    *("/issues/4/notes", "/user$"),
)
ALL = FAULTS | {"hang": faults.hang(), "clock": faults.clock(600)}
LOWER = r"changes/issues\?.*iids"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("faults")
    home = folder / "home"
    home.mkdir()
    with GitLabIssueWorld(folder / "services") as world:
        yield Job(home, world, ISSUE)


@pytest.fixture
def impatient(acme: Job) -> Iterator[dict[str, str]]:
    """The job's environment, under a policy that waits no longer than a second."""
    more = '\n[network]\nbudget = "1s"\n'
    yield {**acme.ci(), **acme.rewrite("impatient.toml", more=more)}
    assert isinstance(acme.world, GitLabIssueWorld)
    acme.world.gitlab.heal()


def spoil(acme: Job, place: str, name: str) -> None:
    assert isinstance(acme.world, GitLabIssueWorld)
    acme.world.gitlab.fault(place, ALL[name])


def test_without_a_fault_it_is_allowed(acme: Job) -> None:
    ended = acme.judge("check", "--ticket", ISSUE)
    assert ended.code == 0, said(ended)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ALL)
def test_no_fault_lets_anything_through(
    acme: Job, impatient: dict[str, str], place: str, name: str
) -> None:
    spoil(acme, place, name)
    ended = acme.gate("check", *SHOP, "--ticket", ISSUE, environment=impatient)
    assert ended.code in {10, 11}, said(ended)
    # A clock that is off, and an issue that looks missing, are facts; all else could not be told.
    assert ended.code == 11 or name in {"clock", "404"}, said(ended)
    assert "gitlab" in said(ended)
    assert "to do" in ended.out
    assert TOKEN not in said(ended)


@pytest.mark.parametrize("name", sorted(ALL.keys() - {"clock", "a list"}))
def test_without_those_before_it_its_age_is_not_told(
    acme: Job, impatient: dict[str, str], name: str
) -> None:
    spoil(acme, LOWER, name)
    ended = acme.gate("check", *SHOP, "--ticket", ISSUE, environment=impatient)
    must_say(ended, "! ticket-not-backdated: warning (undetermined")


def test_none_before_it_prove_nothing_of_its_age(acme: Job, impatient: dict[str, str]) -> None:
    spoil(acme, LOWER, "a list")
    ended = acme.gate("check", *SHOP, "--ticket", ISSUE, environment=impatient)
    must_say(ended, "! ticket-not-backdated: warning (undetermined")
