"""The built wheel in a real runner (act), against a Jira we did not write (jira820)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from counterparts import WHEEL, Jira820, Workflow, act, outside, run

from gate.demo.github import GitHubSimulator
from gate.demo.github_repository import GitHubRepository

WORKFLOW = Path(__file__).parent / "workflow" / "deploy.yml"
DAY = "2026-01-05"
RUN = 4711
POLICY = """\
[log]
url = "dir:change-log"
origin = "acme.example/changes"
trust = "trust"

[evidence]
url = "dir:change-evidence"

[forges.github]
url = "{github}"

[tickets.jira]
url = "{jira}"
flavour = "datacenter"
projects = ["CHG"]
approvals = [{{ transition = "Approved" }}]
scope = ["description"]
deployable = ["Approved"]
rollback_plan = ["description#Rollback"]
test_plan = ["description#Tests"]

[services.shop]
repository = "{github}/acme/shop"
release_refs = ["main"]
names = ["shop"]

[environments.production]
ticket = {{ sources = ["option"], predates = "pipeline" }}

[environments.production.approvals]
required = 1
by = ["change-board"]
sources = ["change-request"]
independent_of = ["ticket-author", "change-author"]

[groups]
change-board = ["bob"]

[identity]
one_account_per_person = ["jira"]

[[people]]
name = "alice"
emails = ["alice@acme.example"]
jira = "alice"
github = "alice"

[[people]]
name = "bob"
jira = "admin"
github = "bob"

[[people]]
name = "carol"
emails = ["carol@acme.example"]
github = "carol"
"""
DESCRIPTION = """\
Brings the next release of the shop to production.

h2. Rollback

Deploy the version before; it reads the same tables.

h2. Tests

Checkout was run against staging with every payment method.
"""


def at(clock: str, day: str = DAY) -> datetime:
    """A time of the day on which jira820 does everything at 09:00."""
    return datetime.fromisoformat(f"{day}T{clock}:00").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shop:
    """A repository at GitHub, a Jira, a policy with its keys, log and trust, and a checkout."""

    folder: Path
    github: GitHubSimulator
    jira: Jira820
    commit: str

    @property
    def repository(self) -> GitHubRepository:
        return self.github.repositories["acme/shop"]

    @property
    def site(self) -> Path:
        """The file that the workflow deploys to."""
        return self.folder / "site"

    def approved_ticket(self) -> str:
        """Created by alice and approved by admin, at 09:00 both."""
        fields = {"summary": "Release the shop", "reporter": {"name": "alice"}}
        key = self.jira.create(description=DESCRIPTION, **fields)
        self.jira.transition(key, "Approved")
        return key

    def deploy(self, ticket: str, *, began: datetime) -> Workflow:
        """GitHub creates a run of the workflow, and the runner takes it."""
        self.repository.workflow_run(RUN, commit=self.commit, by="carol", at=began, name="Deploy")
        policy, keys = self.folder / "policy" / "gate.toml", self.folder / "policy" / "gate-keys"
        return act(
            WORKFLOW,
            self.folder / "checkout",
            self.folder / "runner",
            actor="carol",
            environment={
                "GITHUB_SERVER_URL": self.github.url,
                "GITHUB_API_URL": self.github.api_url,
                "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_RUN_ID": str(RUN),
            },
            variables={
                "GATE_CONFIG": str(policy),
                "GATE_LOG": f"dir:{policy.parent / 'change-log'}",
                "GATE_POLICY_SHA256": sha256(policy.read_bytes()).hexdigest(),
                "GATE_TRUST": str(policy.parent / "trust"),
                "SITE": str(self.site),
                "SOURCE": str(self.repository.git.path),
                "TICKET": ticket,
            },
            secrets={
                "GATE_JIRA_TOKEN": "jira820-asks-nobody",
                "GATE_LOG_KEY": (keys / "log.key").read_text(),
                "GATE_SIGNING_KEY": (keys / "signing.key").read_text(),
                "GITHUB_TOKEN": "github-token-of-gate",
            },
        )


def merged_change(github: GitHubSimulator) -> str:
    """alice's pull request, reviewed and merged by carol before 09:00; the commit on main."""
    for login in ("alice", "bob", "carol"):
        github.add_user(login)
    github.add_token("", "github-token-of-gate")
    shop = github.create_repository("acme/shop")
    shop.protected.add("main")
    first = shop.commit("Open the shop", by="alice", at=at("08:00", "2026-01-02"))
    shop.push("main", first, by="alice", at=at("08:00", "2026-01-02"))
    fix = shop.commit("Round prices up", by="alice", at=at("07:00"), on="main")
    shop.push("round-prices", fix, by="alice", at=at("07:01"))
    shop.open_pull_request(1, by="alice", head="round-prices", at=at("07:02"))
    shop.review(1, by="carol", at=at("07:30"))
    return shop.merge(1, by="carol", at=at("08:00"))


GATE_ACCOUNT = "u01"  # one of jira820's users


@pytest.fixture
def jira_account() -> str:
    """Whose account of Jira gate has."""
    return GATE_ACCOUNT


@pytest.fixture
def shop(tmp_path: Path, jira_account: str) -> Iterator[Shop]:
    policy = tmp_path / "policy"
    policy.mkdir()
    github = GitHubSimulator(directory=tmp_path / "github")
    with github, Jira820(tmp_path, DAY, jira_account) as jira:
        made = Shop(tmp_path, github, jira, merged_change(github))
        address = f"{github.url}/acme/shop"
        init = [
            *(str(WHEEL / "gate"), "init", "--jira", jira.url, "--project", "CHG"),
            *("--service", "shop", "--repository", address, "--origin", "acme.example/changes"),
        ]
        ended = run(init, policy, outside(tmp_path / "home"))
        assert ended.code == 0, ended.err
        (policy / "gate.toml").write_text(POLICY.format(github=github.url, jira=jira.url))
        clone = made.repository.git.clone(tmp_path / "checkout", origin=address)
        clone.checkout(made.commit)
        yield made


def test_an_early_ticket_lets_the_workflow_deploy(shop: Shop) -> None:
    seen = shop.deploy(shop.approved_ticket(), began=at("10:00"))

    assert seen.code == 0, seen.printed
    assert set(seen.results.values()) == {"success"}
    assert shop.site.read_text().strip() == shop.commit

    outputs = seen.outputs["gate"]
    assert (outputs["decision"], outputs["permits"], outputs["index"]) == ("allowed", "true", "0")
    assert outputs["exit-code"] == "0"
    assert outputs["checkpoint"].startswith("acme.example/changes\n1\n")
    assert seen.printed["report"] == "decision=allowed index=0\n"
    assert seen.printed["verify"].startswith(f"permitted: shop {shop.commit[:12]} to production")
    assert re.search(r"\b1 (entry|entries|record)", seen.printed["log"]), seen.printed["log"]

    assert "ALLOWED: shop to production" in seen.summaries["gate"]
    assert outputs["checkpoint"].splitlines()[2] in seen.summaries["gate"], "the head travels"
    assert not [a for a in seen.annotations if a.level == "error"]
    assert [a.title for a in seen.annotations if a.level == "notice"] == ["gate"]


def test_a_ticket_made_after_the_run_began_stops_the_workflow(shop: Shop) -> None:
    seen = shop.deploy(shop.approved_ticket(), began=at("08:30"))

    assert seen.code == 1, seen.printed
    assert seen.results["gate"] == "failure"
    assert "exit status 10" in seen.log
    assert not {"verify", "deploy"} & seen.results.keys()
    assert not shop.site.exists()

    assert seen.outputs["gate"]["decision"] == "denied"
    assert seen.outputs["gate"]["exit-code"] == "10"
    assert seen.results["report"] == "success", "the denial has its receipt, too"
    assert seen.printed["report"] == "decision=denied index=0\n"
    assert seen.results["log"] == "success"

    assert "DENIED: shop to production" in seen.summaries["gate"]
    assert "ticket-predates-deployment" in seen.summaries["gate"]
    titles = [a.title for a in seen.annotations if a.level == "error"]
    assert titles == ["gate: ticket-predates-deployment fail"], seen.annotations


def test_an_approval_by_the_author_stops_the_workflow(shop: Shop) -> None:
    """jira820's admin both writes and approves: maker and checker are one person."""
    key = shop.jira.create(summary="Release the shop", description=DESCRIPTION)
    shop.jira.transition(key, "Approved")

    seen = shop.deploy(key, began=at("10:00"))

    assert seen.outputs["gate"]["decision"] == "denied", seen.printed
    titles = [a.title for a in seen.annotations if a.level == "error"]
    assert titles == ["gate: approver-independent fail"], seen.annotations


@pytest.mark.parametrize("jira_account", ["admin"])
def test_an_approval_by_gate_s_own_account_is_none(shop: Shop) -> None:
    seen = shop.deploy(shop.approved_ticket(), began=at("10:00"))

    assert seen.outputs["gate"]["decision"] == "denied", seen.printed
    assert "gate: approved fail" in {a.title for a in seen.annotations}


def test_a_jira_that_is_down_stops_the_workflow(shop: Shop) -> None:
    ticket = shop.approved_ticket()
    shop.jira.stop()

    seen = shop.deploy(ticket, began=at("10:00"))

    assert seen.code == 1, seen.printed
    assert "exit status 11" in seen.log
    assert seen.outputs["gate"]["decision"] == "undetermined"
    assert not {"verify", "deploy"} & seen.results.keys()
    assert not shop.site.exists()
    assert "UNDETERMINED: shop to production" in seen.summaries["gate"]
    assert "gate: ticket-exists undetermined" in {a.title for a in seen.annotations}


def test_no_secret_reaches_the_runner_s_log(shop: Shop) -> None:
    seen = shop.deploy(shop.approved_ticket(), began=at("10:00"))
    keys = shop.folder / "policy" / "gate-keys"
    for name in ("log.key", "signing.key"):
        for line in (keys / name).read_text().splitlines():
            assert line.startswith("-") or line not in seen.log
    assert "github-token-of-gate" not in seen.log
