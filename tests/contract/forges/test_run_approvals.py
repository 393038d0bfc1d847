"""Who let a run's deployment into an environment: what both forges must tell alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Protocol

import pytest
from jobs import spoiled
from places import MONDAY, OnGitHub, OnGitLab, Place

from gate.config.types import Service
from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_operations import GitLabOperations
from gate.demo.gitlab_state import Deployment
from gate.demo.server import Simulator
from gate.model import Account, Approval, Maybe, Problem, ProblemKind, Run

RUN = 77
OTHER = 78
BEGUN = MONDAY + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Reader(Protocol):
    """The part of a reader that is asked here."""

    def fetch_approvals(
        self, service: Service, run: Run, environment: str
    ) -> Maybe[tuple[Approval, ...]]: ...


class Gateway(ABC):
    """A shop whose runs wait before their environments."""

    place: Place
    simulator: Simulator
    path: str  # of the request that tells who decided

    @abstractmethod
    def begin(self, run: int) -> None:
        """The run of the shop's first commit began, and waits before production."""

    @abstractmethod
    def decide(self, run: int, by: str, state: str = "approved", *, after: int = 5) -> None:
        """Somebody decides, minutes after the run began."""

    @abstractmethod
    def begin_elsewhere(self, run: int, environment: str) -> None:
        """The run waits before one more environment, which bob lets it into."""

    @abstractmethod
    def again(self, run: int) -> None:
        """Somebody runs it again."""

    @abstractmethod
    def attempt(self, run: int) -> int: ...

    @abstractmethod
    def reader(self) -> Reader: ...

    def read(self, run: int = RUN, environment: str = "production") -> Maybe[tuple[Approval, ...]]:
        service = self.place.service()
        told = Run(
            ci=self.simulator_name,
            id=str(run),
            attempt=self.attempt(run),
            repository=service.repository,
            head_sha=self.place.base,
            created_at=BEGUN,
            actor=Account(self.simulator_name, "erin"),
            active=True,
        )
        return self.reader().fetch_approvals(service, told, environment)

    @property
    def simulator_name(self) -> str:
        return "github" if isinstance(self, OfGitHub) else "gitlab"


class OfGitHub(Gateway):
    path = r"/actions/runs/\d+/approvals"

    def __init__(self, simulator: GitHubSimulator) -> None:
        self.place, self.simulator, self.host = OnGitHub(simulator), simulator, simulator
        self.shop = self.place.shop

    def begin(self, run: int) -> None:
        self.shop.workflow_run(run, commit=self.place.base, by="alice", at=BEGUN)
        self.shop.environments.wait(run)

    def decide(self, run: int, by: str, state: str = "approved", *, after: int = 5) -> None:
        assert after  # GitHub keeps no time
        self.shop.environments.decide(run, by=by, state=state)

    def begin_elsewhere(self, run: int, environment: str) -> None:
        self.shop.environments.decide(run, environment, by="bob")

    def again(self, run: int) -> None:
        self.shop.rerun(run, by="alice", at=BEGUN + 10 * MINUTE)

    def attempt(self, run: int) -> int:
        return len(self.shop.runs[run].attempts)

    def reader(self) -> Reader:
        found = self.place.reader()
        assert hasattr(found, "fetch_approvals")
        return found  # type: ignore[return-value]  # asserted


class OfGitLab(Gateway):
    path = r"/deployments/\d+$"

    def __init__(self, simulator: GitLabSimulator) -> None:
        self.place, self.simulator = OnGitLab(simulator), simulator
        self.gitlab = simulator
        self.waiting: dict[int, Deployment] = {}

    @property
    def operations(self) -> GitLabOperations:
        return self.gitlab.operations["acme/shop"]

    def begin(self, run: int) -> None:
        self.operations.pipeline(run, commit=self.place.base, by="alice", at=BEGUN)
        self.waiting[run] = self.operations.deploys(run, at=BEGUN)

    def decide(self, run: int, by: str, state: str = "approved", *, after: int = 5) -> None:
        self.operations.decide(self.waiting[run], by=by, at=BEGUN + after * MINUTE, status=state)

    def begin_elsewhere(self, run: int, environment: str) -> None:
        made = self.operations.deploys(run, environment, at=BEGUN, status="blocked", job="other")
        self.operations.decide(made, by="bob", at=BEGUN + MINUTE)

    def again(self, run: int) -> None:
        self.operations.retry(run, by="alice", at=BEGUN + 10 * MINUTE)
        self.waiting[run] = self.operations.deploys(run, at=BEGUN + 10 * MINUTE)

    def attempt(self, run: int) -> int:
        return self.operations.pipelines[run].jobs[-1].id

    def reader(self) -> Reader:
        found = self.place.reader()
        assert hasattr(found, "fetch_approvals")
        return found  # type: ignore[return-value]  # asserted


@pytest.fixture(params=["github", "gitlab"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    if request.param == "github":
        with GitHubSimulator() as github:
            made: Gateway = OfGitHub(github)
            made.begin(RUN)
            yield made
    else:
        with GitLabSimulator() as gitlab:
            made = OfGitLab(gitlab)
            made.begin(RUN)
            yield made


def told(found: Maybe[tuple[Approval, ...]]) -> list[tuple[str, str]]:
    """Who decided what, in any order."""
    assert isinstance(found, tuple), found
    return sorted((a.account.key if a.account else "", a.verdict.value) for a in found)


def problem(found: Maybe[tuple[Approval, ...]]) -> Problem:
    assert isinstance(found, Problem), found
    return found


# ---------------------------------------------------------------- what is told


def test_who_let_the_run_in_is_told(gateway: Gateway) -> None:
    assert gateway.read() == ()
    gateway.decide(RUN, "bob")
    found = gateway.read()
    assert told(found) == [("bob", "approved")]
    assert isinstance(found, tuple)
    (one,) = found
    assert one.source == "environment"
    assert one.commit == gateway.place.base
    earliest = one.not_before if one.latest_possible else one.decided_at
    assert earliest is not None
    assert BEGUN <= earliest <= BEGUN + 5 * MINUTE


def test_several_people_each_count(gateway: Gateway) -> None:
    gateway.decide(RUN, "bob")
    gateway.decide(RUN, "carol")
    assert told(gateway.read()) == [("bob", "approved"), ("carol", "approved")]


def test_a_rejection_is_an_objection(gateway: Gateway) -> None:
    gateway.decide(RUN, "bob")
    gateway.decide(RUN, "dave", "rejected")
    assert told(gateway.read()) == [("bob", "approved"), ("dave", "declined")]


def test_another_environments_approval_is_none_of_this_one(gateway: Gateway) -> None:
    gateway.begin_elsewhere(RUN, "staging")
    gateway.begin_elsewhere(RUN, "Production")
    gateway.begin_elsewhere(RUN, "production/eu")
    assert gateway.read() == ()
    assert told(gateway.read(environment="staging")) == [("bob", "approved")]


def test_another_runs_approval_is_none_of_this_one(gateway: Gateway) -> None:
    gateway.begin(OTHER)
    gateway.decide(OTHER, "bob")
    assert gateway.read() == ()
    assert told(gateway.read(OTHER)) == [("bob", "approved")]


def test_an_earlier_attempts_approval_is_not_known_to_be_of_this_one(gateway: Gateway) -> None:
    gateway.decide(RUN, "bob")
    gateway.again(RUN)
    found = gateway.read()
    assert isinstance(found, tuple)
    # GitLab knows that it is of another job's deployment; GitHub does not tell which it is of.
    assert all(a.decided_at is None and a.not_before is None for a in found)
    assert len(found) == (1 if isinstance(gateway, OfGitHub) else 0)


def test_an_earlier_attempts_rejection_stands(gateway: Gateway) -> None:
    gateway.decide(RUN, "dave", "rejected")
    gateway.again(RUN)
    gateway.decide(RUN, "bob", after=12)
    assert ("dave", "declined") in told(gateway.read())


# ---------------------------------------------------------------- what cannot be had

KINDS: dict[str, Any] = {
    "401": faults.status(401),
    "403": faults.status(403),
    "404": faults.status(404),
    "html": faults.html(),
    "empty": faults.empty(),
    "truncated": faults.truncated(),
    "types": faults.wrong_types(),
    "null": faults.replace(None),
    "object": faults.replace({}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_told_is_a_problem(gateway: Gateway, kind: str) -> None:
    gateway.decide(RUN, "bob")
    gateway.simulator.fault(gateway.path, KINDS[kind])
    found = problem(gateway.read())
    assert found.service == gateway.simulator_name
    assert found.remedy


def _unknown(body: Any) -> Any:
    """A decision that no documentation has, in the reply of either forge."""
    for each in body if isinstance(body, list) else body["approvals"]:
        each["state" if "state" in each else "status"] = "perhaps"
    return body


def test_a_decision_of_an_unknown_kind_leaves_the_list_incomplete(gateway: Gateway) -> None:
    gateway.decide(RUN, "bob")
    with spoiled(gateway.simulator, gateway.path, _unknown):
        assert problem(gateway.read()).kind is ProblemKind.INCOMPLETE


def _nameless(body: Any) -> Any:
    for each in body if isinstance(body, list) else body["approvals"]:
        each["user"] = None
    return body


def test_a_deleted_account_stays_without_a_name(gateway: Gateway) -> None:
    gateway.decide(RUN, "bob", "rejected")
    with spoiled(gateway.simulator, gateway.path, _nameless):
        assert told(gateway.read()) == [("", "declined")]


# ---------------------------------------------------------------- GitHub's own


@pytest.fixture
def github() -> Iterator[OfGitHub]:
    with GitHubSimulator() as simulator:
        made = OfGitHub(simulator)
        made.begin(RUN)
        yield made


def test_a_rejection_holds_however_the_environment_is_spelled(github: OfGitHub) -> None:
    github.shop.environments.decide(RUN, "Production", by="dave", state="rejected")
    assert told(github.read()) == [("dave", "declined")]


def test_one_answer_may_be_of_several_environments(github: OfGitHub) -> None:
    github.shop.environments.decide(RUN, "staging", "production", by="bob")
    assert told(github.read()) == [("bob", "approved")]
    assert told(github.read(environment="staging")) == [("bob", "approved")]


def test_a_comment_decides_nothing(github: OfGitHub) -> None:
    github.shop.environments.decide(RUN, by="bob", state="pending")
    assert github.read() == ()


def test_an_app_is_told_as_one(github: OfGitHub) -> None:
    github.host.add_user("deploy-gate[bot]", type="Bot")
    github.decide(RUN, "deploy-gate[bot]")
    found = github.read()
    assert isinstance(found, tuple)
    assert [a.account.kind.value for a in found if a.account] == ["app"]


def test_it_takes_one_request(github: OfGitHub) -> None:
    github.decide(RUN, "bob")
    github.simulator.forget_requests()
    github.read()
    assert len(github.simulator.requests) == 1


# ---------------------------------------------------------------- GitLab's own


@pytest.fixture
def gitlab() -> Iterator[OfGitLab]:
    with GitLabSimulator() as simulator:
        made = OfGitLab(simulator)
        made.begin(RUN)
        yield made


def test_gitlab_tells_when(gitlab: OfGitLab) -> None:
    gitlab.decide(RUN, "bob")
    found = gitlab.read()
    assert isinstance(found, tuple)
    assert [(a.decided_at, a.latest_possible) for a in found] == [(BEGUN + 5 * MINUTE, False)]


def test_a_rejection_is_withdrawn_by_its_giver(gitlab: OfGitLab) -> None:
    gitlab.decide(RUN, "bob", "rejected")
    gitlab.decide(RUN, "bob", after=6)
    assert told(gitlab.read()) == [("bob", "approved")]
    gitlab.decide(RUN, "bob", "rejected", after=7)
    gitlab.again(RUN)
    gitlab.decide(RUN, "carol", after=12)
    assert told(gitlab.read()) == [("bob", "declined"), ("carol", "approved")]
    gitlab.decide(RUN, "bob", after=13)
    assert told(gitlab.read()) == [("bob", "approved"), ("carol", "approved")]


def test_a_job_before_the_one_that_deploys_has_its_approvals(gitlab: OfGitLab) -> None:
    """gate runs in a job of its own; the job that deploys still waits."""
    gitlab.operations.pipeline(OTHER, commit=gitlab.place.base, by="alice", at=BEGUN)
    made = gitlab.operations.deploys(OTHER, at=BEGUN, status="blocked", job="deploy-shop")
    gitlab.operations.decide(made, by="bob", at=BEGUN + MINUTE)
    assert told(gitlab.read(OTHER)) == [("bob", "approved")]
    for status in ("running", "success", "failed", "canceled", "skipped"):
        made.status = status
        assert gitlab.read(OTHER) == ()


def test_of_several_that_wait_the_newest_counts(gitlab: OfGitLab) -> None:
    gitlab.operations.pipeline(OTHER, commit=gitlab.place.base, by="alice", at=BEGUN)
    older = gitlab.operations.deploys(OTHER, at=BEGUN, status="blocked", job="deploy-shop")
    gitlab.operations.decide(older, by="bob", at=BEGUN + MINUTE)
    gitlab.operations.deploys(OTHER, at=BEGUN + 2 * MINUTE, status="blocked", job="deploy-shop")
    assert gitlab.read(OTHER) == ()


def test_a_gitlab_that_tells_no_approvals_is_not_one_where_nobody_approved(
    gitlab: OfGitLab,
) -> None:
    gitlab.operations.is_premium = False
    found = problem(gitlab.read())
    assert found.kind is ProblemKind.INCOMPLETE
    assert "Premium" in found.remedy


def test_rows_that_are_hidden_are_missed(gitlab: OfGitLab) -> None:
    gitlab.simulator.fault(r"/deployments\?", faults.hidden())
    assert problem(gitlab.read()).kind is ProblemKind.INCOMPLETE


def test_what_changed_before_the_pipeline_is_not_asked_for(gitlab: OfGitLab) -> None:
    for number in range(3):
        gitlab.operations.deployment(
            "production", gitlab.place.base, by="alice", at=BEGUN - (number + 2) * MINUTE
        )
    gitlab.decide(RUN, "bob")
    gitlab.simulator.forget_requests()
    assert told(gitlab.read()) == [("bob", "approved")]
    assert len(gitlab.simulator.requests) == 2
