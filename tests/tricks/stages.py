"""Where tricks are played: five companies with different services, told by the same verbs.

Each is Acme of the demo, whose first change is right in everything, so that what is blocked is
blocked by the trick alone. ``Play.blocked_by`` is what every trick must meet: an exit code, the
control that speaks, words for whoever is blocked, a denial in the log, and a receipt that permits
nothing on the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from jobs import SHOP, Job, must_say, said
from tricks.desks import desk_of

from gate.demo.github_repository import GitHubRepository
from gate.demo.gitlab_issue_world import CHANGES as GITLAB_CHANGES
from gate.demo.gitlab_issue_world import GitLabIssueWorld
from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.issue_world import CHANGES, IssueWorld
from gate.demo.plot import RUN, Scene
from gate.demo.servicenow_world import ServiceNowWorld
from gate.demo.stage import POLICY, Ended
from gate.demo.world import World
from gate.model import DecisionKind, Level, Outcome
from gate.record.predicates import ControlPart
from gate.record.statement import DecisionRecord

TRICK = "receipts/trick"
SECTION = "[environments.production]\n"
DECIDED = {10: DecisionKind.DENIED, 11: DecisionKind.UNDETERMINED}
JUDGED = {10: Outcome.FAIL, 11: Outcome.UNDETERMINED}


@dataclass(frozen=True, slots=True)
class Company:
    """A forge and a ticket system; ``keys`` are IDs of its tickets, the first told already."""

    name: str
    kind: type[World]
    keys: tuple[str, ...]


JIRA_KEYS = tuple(f"CHG-{n}" for n in range(1, 10))
NUMBERS = tuple(f"CHG003000{n}" for n in range(1, 10))
GITHUB = Company("github+jira", World, JIRA_KEYS)
GITLAB = Company("gitlab+jira", GitLabWorld, JIRA_KEYS)
SERVICENOW = Company("github+servicenow", ServiceNowWorld, NUMBERS)
ISSUES = Company("github+issues", IssueWorld, tuple(f"{CHANGES}#{n}" for n in range(4, 13)))
GITLAB_ISSUES = Company(
    "gitlab+issues", GitLabIssueWorld, tuple(f"{GITLAB_CHANGES}#{n}" for n in range(4, 13))
)
FORGES = (GITHUB, GITLAB)
DESKS = (GITHUB, SERVICENOW, ISSUES, GITLAB_ISSUES)
EVERYWHERE = (GITHUB, GITLAB, SERVICENOW, ISSUES, GITLAB_ISSUES)


class Play(Job):
    """A deploy job of a company, and the hands of whoever plays a trick on it."""

    def __init__(self, home: Path, world: World, company: Company) -> None:
        super().__init__(home, world, company.keys[0])
        self.company = company
        self.desk = desk_of(world)
        self.given: dict[str, str | None] = {}  # what the job's environment has beside the usual
        self.workspace = home  # where the job's steps run

    # ---------------------------------------------------------------- the trickster's hands

    @property
    def now(self) -> datetime:
        """The present that plots are told before."""
        return self.world.now

    @property
    def key(self) -> str:
        """The ticket that a trick is played with; the good one is ``scene.key``."""
        return self.company.keys[1]

    @property
    def repository(self) -> GitHubRepository | GitLabProject:
        """The shop's code, on whichever forge."""
        return self.world.project if isinstance(self.world, GitLabWorld) else self.world.shop

    def tell(self, key: str = "", **twists: Any) -> Scene:
        """One more change, with something wrong about it."""
        return self.world.change(key or self.key, **twists)

    def open(self, number: int, head: str, *, by: str, at: datetime, **more: Any) -> None:
        """``by`` asks for a branch to be merged."""
        if isinstance(self.repository, GitLabProject):
            self.repository.open_merge_request(number, by=by, head=head, at=at, **more)
        else:
            self.repository.open_pull_request(number, by=by, head=head, at=at, **more)

    def review(self, number: int, *, by: str, at: datetime) -> None:
        """``by`` approves a pull or merge request."""
        if isinstance(self.repository, GitLabProject):
            self.repository.approve(number, by=by, at=at)
        else:
            self.repository.review(number, by=by, at=at)

    def fork(self, owner: str) -> GitHubRepository | GitLabProject:
        """``owner``'s fork of the shop."""
        if isinstance(self.world, GitLabWorld):
            return self.world.gitlab.fork("acme/shop", owner)
        return self.world.github.fork("acme/shop", owner)

    def run_of(self, commit: str, scene: Scene | None = None, *, by: str = "carol") -> Scene:
        """A pipeline run of ``commit``, begun when runs of plots begin; its scene."""
        scene, number, at = scene or self.scene, 9900, self.now - RUN
        attempt = 1
        if isinstance(self.world, GitLabWorld):
            pipeline = self.world.operations.pipeline(number, commit=commit, by=by, at=at)
            attempt = pipeline.jobs[-1].id
        else:
            self.world.shop.workflow_run(number, commit=commit, by=by, at=at)
        return replace(scene, commit=commit, run_id=number, attempt=attempt, actor=by)

    def check_out(self, scene: Scene) -> None:
        """From now on the job has the whole history of the scene's repository around it."""
        self.workspace = self.world.clone(self.home / "checkout", scene).path

    def deployed_elsewhere(self, commit: str, at: datetime) -> None:
        """The forge lists a deployment of ``commit`` to production that gate knows nothing of."""
        if isinstance(self.world, GitLabWorld):
            self.world.operations.deployment("production", commit, by="carol", at=at)
        else:
            self.world.shop.deployment("production", commit, by="carol", at=at)

    # ---------------------------------------------------------------- the policy

    def demand(self, *controls: str, **more: str) -> None:
        """From now on the job's (pinned) policy requires these controls, and has more texts."""
        levels = ", ".join(f'{control} = "require"' for control in controls)
        line = f"controls = {{ {levels} }}\n" if controls else ""
        self.under(self.rewrite("demanding.toml", (SECTION, SECTION + line), **more))

    def under(self, policy: Mapping[str, str]) -> None:
        """From now on the job has this policy (of ``rewrite``), and pins it."""
        self.given = dict(policy)

    def environment(self, scene: Scene, changes: Mapping[str, str | None]) -> dict[str, str]:
        """The job of ``scene``, and what the trickster changed in it."""
        given = {"GATE_CONFIG": POLICY, **self.given, **changes}
        name = given["GATE_CONFIG"]
        return self.ci(scene, **{**given, "GATE_CONFIG": name and str(self.home / name)})

    # ---------------------------------------------------------------- what must come of it

    def enforce(self, scene: Scene, *arguments: str, **changes: str | None) -> Ended:
        """The step of the pipeline, with its ticket."""
        named = () if "--ticket" in arguments else ("--ticket", scene.key)
        receipt = ("--receipt", str(self.home / TRICK))
        return self.gate(
            *("enforce", *SHOP, *named, *receipt, *arguments),
            environment=self.environment(scene, changes),
            home=self.workspace,
        )

    def allowed_now(self, scene: Scene, *arguments: str, **changes: str | None) -> DecisionRecord:
        """The same without the trick goes on; its record."""
        ended = self.enforce(scene, *arguments, **changes)
        assert ended.code == 0, said(ended)
        return self.newest()

    def blocked_by(
        self,
        control: str,
        scene: Scene,
        *arguments: str,
        code: int = 10,
        words: tuple[str, ...] = (),
        outcome: Outcome | None = None,
        **changes: str | None,
    ) -> Ended:
        """The trick fails: ``control`` stops it and says ``words``, and the log tells of it."""
        before, permitted = self.view().size, self.allowed()
        ended = self.enforce(scene, *arguments, **changes)
        assert ended.code == code, said(ended)
        must_say(ended, control, *words, "to do", DECIDED[code].value.upper())
        assert "ALLOWED" not in ended.out
        assert self.view().size == before + 1
        assert self.allowed() == permitted, "a permission was recorded"
        record = self.newest()
        assert (record.commit, record.decision) == (scene.commit, DECIDED[code])
        assert judged(record, control).level is Level.REQUIRE
        assert judged(record, control).outcome is (outcome or JUDGED[code])
        self.refused_at_the_target(scene)
        return ended

    def warned_by(self, control: str, scene: Scene, words: tuple[str, ...] = ()) -> Ended:
        """By default it is a warning, which the auditor finds among the exceptions."""
        ended = self.enforce(scene)
        must_say(ended, control, *words)
        part = judged(self.newest(), control)
        assert (part.level, part.outcome) == (Level.WARN, Outcome.FAIL), said(ended)
        return ended

    def refused_at_the_target(self, scene: Scene, receipt: str = TRICK, code: int = 10) -> Ended:
        """Whoever brings this receipt to the deploy target is turned away there."""
        ended = self.gate(
            *("verify", "--receipt", receipt, "--trust", "trust", *SHOP),
            *("--commit", scene.commit),
        )
        assert ended.code == code, said(ended)
        assert "permitted:" not in ended.out
        return ended

    def newest(self) -> DecisionRecord:
        """The newest record of the log, a decision."""
        record = self.records()[-1]
        assert isinstance(record, DecisionRecord)
        return record


def judged(record: DecisionRecord, control: str) -> ControlPart:
    """How a record says that a control was judged."""
    (part,) = [part for part in record.predicate.controls if part.id == control]
    return part


@contextmanager
def play(directory: Path, company: Company, **world: Any) -> Iterator[Play]:
    """A company in which everything is right, as long as its services run."""
    home = directory / "home"
    home.mkdir(parents=True)
    with company.kind(directory / "services", **world) as running:
        yield Play(home, running, company)
