"""Acme, a company to tell stories about: a Jira, a GitHub, a shop, and five people.

``World.change`` tells one change from ticket to pipeline run so that everything about it is right;
each keyword (a member of ``Plot``) makes one thing go wrong::

    with World(directory) as world:
        world.change("CHG-1")                                   # approved and early
        world.change("CHG-2", ticket=AFTER_RUN)                 # created after the run began
        world.change("CHG-3", ticket=AFTER_RUN, rerun=True)     # ... and run again
        world.change("CHG-4", covers="billing")                 # a ticket for something else
        world.change("CHG-5", ticket_by="carol", approver="alice")  # by its author's other account
        world.change("CHG-6", approver="mallory")               # nobody knows whose account it is
        world.change("CHG-7", objector="dave")                  # an objection beside an approval
        world.change("CHG-8", late_push=True)                   # pushed after the approval
        world.change("CHG-9", moved_to="OPS-9")                 # the ticket moved away
        world.jira.fault("/rest/", "reset")                     # Jira down
        world.secrets() | {"GATE_JIRA_TOKEN": "wrong"}          # wrong token

alice writes code, bob sits on the change board (as does alice), carol reviews and merges, dave
watches; mallory has accounts that the policy knows nothing of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gate.demo.acme import policy_text
from gate.demo.github import GitHubSimulator
from gate.demo.github_repository import GitHubRepository
from gate.demo.jira import JiraSimulator
from gate.demo.jira_state import Flavour
from gate.demo.plot import AFTER_RUN, HOUR, MINUTE, SECOND, Plot, Scene
from gate.demo.repository import Repository

__all__ = ["AFTER_RUN", "HOUR", "MINUTE", "Plot", "Scene", "World"]

PEOPLE = ("alice", "bob", "carol", "dave")
STRANGERS = ("mallory",)
ROLLBACK_FIELD = "customfield_10080"
APPROVERS_FIELD = "customfield_10071"
START_FIELD, END_FIELD = "customfield_10008", "customfield_10009"


class World:
    """Acme's Jira and GitHub, running.

    ``directory`` holds the bare git repositories, one a service. ``now`` is the present that all
    times of plots are before; given, it is the services' clock too. A port of 0 is any free one.
    """

    def __init__(
        self,
        directory: Path,
        *,
        now: datetime | None = None,
        flavour: Flavour = "cloud",
        services: Iterable[str] = ("shop",),
        jira_port: int = 0,
        github_port: int = 0,
    ) -> None:
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        clock = None if now is None else (lambda: self.now)
        self.jira = JiraSimulator(flavour, port=jira_port, clock=clock)
        self.github = GitHubSimulator(port=github_port, clock=clock, directory=directory)
        self._numbers = count(1)
        self._settle_jira()
        self._settle_github()
        self.repositories = {name: self._found(name) for name in services}

    def __enter__(self) -> Self:
        self.jira.start()
        self.github.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.jira.__exit__(kind, error, trace)
        self.github.__exit__(kind, error, trace)

    def _settle_jira(self) -> None:
        jira = self.jira
        for name in (*PEOPLE, *STRANGERS, "alice-admin"):
            jira.add_user(name)
        jira.add_user("gate")
        self.jira_token = jira.add_token("gate", "jira-token-of-gate")
        jira.add_project("CHG", "Changes", service_desk=jira.flavour == "cloud")
        jira.add_project("OPS", "Operations")
        jira.add_field(ROLLBACK_FIELD, "Rollback plan", "text")
        jira.add_field(APPROVERS_FIELD, "Approvers", "users")
        jira.add_field(START_FIELD, "Planned start", "datetime")
        jira.add_field(END_FIELD, "Planned end", "datetime")

    def _settle_github(self) -> None:
        github = self.github
        for login in (*PEOPLE, *STRANGERS):
            github.add_user(login)
        github.add_user("github-merge-queue[bot]", type="Bot")
        self.github_token = github.add_token("", "github-token-of-gate")

    def _found(self, service: str) -> GitHubRepository:
        made = self.github.create_repository(f"acme/{service}")
        made.protected.add("main")
        before = self.now - 720 * HOUR
        made.push(
            "main", made.commit(f"Open the {service}", by="alice", at=before), by="alice", at=before
        )
        return made

    @property
    def shop(self) -> GitHubRepository:
        """The repository of the service that everything is about unless it is said otherwise."""
        return self.repositories["shop"]

    @property
    def repository_url(self) -> str:
        """Where people browse the shop's code."""
        return f"{self.github.url}/{self.shop.full_name}"

    # ---------------------------------------------------------------- telling a change

    def change(self, key: str, **twists: Any) -> Scene:
        """Tell a change; ``twists`` are members of ``Plot``."""
        plot = replace(Plot(), **twists)
        number = next(self._numbers)
        if plot.with_ticket:
            self._tell_ticket(key, number, plot)
        return self._tell_code(key, number, plot)

    def _tell_ticket(self, key: str, number: int, plot: Plot) -> None:
        jira, opened, covers = self.jira, self.now - plot.ticket, plot.covers or plot.service
        decided = max(self.now - plot.approval, opened + MINUTE)
        jira.create_issue(
            key,
            f"Release {number} of the {covers}",
            by=plot.ticket_by,
            at=opened,
            description=_description(covers, plot),
            components=(covers,),
            fields={
                ROLLBACK_FIELD: plot.rollback,
                START_FIELD: self.now - plot.planned,
                END_FIELD: self.now + 24 * HOUR,
            },
        )
        jira.transition(key, "Awaiting approval", by=plot.ticket_by, at=opened + 10 * SECOND)
        deciders = [name for name in (plot.approver, plot.objector) if name]
        if jira.flavour == "cloud" and deciders:
            # Jira tells no time for each person: only that it was while the step was open.
            asked = max(decided - 5 * MINUTE, opened + 10 * SECOND)
            jira.add_approval(key, deciders, at=asked, name="Change board")
            if plot.approver:
                jira.approve(key, by=plot.approver, at=decided)
            if plot.objector:
                jira.decline(key, by=plot.objector, at=decided + 20 * SECOND)
        if plot.approver:
            jira.transition(key, plot.status, by=plot.approver, at=decided + SECOND)
        if plot.objector and jira.flavour == "datacenter":
            jira.transition(key, "Declined", by=plot.objector, at=decided + 20 * SECOND)
        if plot.moved_to:
            jira.move(key, plot.moved_to, by="dave", at=decided + 40 * SECOND)

    def _tell_code(self, key: str, number: int, plot: Plot) -> Scene:
        shop, now = self.repositories[plot.service], self.now
        base, branch = shop.branches["main"], f"{key}-release-{number}"
        pushed, pusher = now - plot.push, plot.pusher or plot.author
        head = shop.commit(f"Change the shop, part {number}", by=plot.author, at=pushed, on=base)
        if plot.aimed_at:
            shop.push(plot.aimed_at, base, by=pusher, at=pushed)
        shop.push(branch, head, by=pusher, at=pushed + MINUTE)
        shop.open_pull_request(
            number,
            by=plot.author,
            head=branch,
            base=plot.aimed_at or "main",
            title=f"{key} Release {number}",
            at=pushed + 2 * MINUTE,
        )
        reviewed = now - plot.review
        if plot.late_push:
            # dated before everything else, pushed after the approval
            head = shop.commit(
                f"One more thing in part {number}", by=plot.author, at=pushed, on=head
            )
            late = now - plot.approval + 30 * MINUTE
            shop.push(branch, head, by=pusher, at=late)
            reviewed = late + 10 * MINUTE
        if plot.aimed_at:
            late = now - plot.approval + 30 * MINUTE
            shop.retarget(number, "main", by=plot.author, at=late)
            reviewed = late + 10 * MINUTE
        if plot.reviewer:
            shop.review(number, by=plot.reviewer, at=reviewed)
        commit = shop.merge(number, by=plot.merger, at=now - plot.merge, method=plot.method)
        run_id = 9000 + number
        shop.workflow_run(run_id, commit=commit, by=plot.merger, at=now - plot.run)
        if plot.rerun:
            shop.rerun(run_id, by=plot.merger, at=now - 2 * MINUTE)
        return Scene(
            key=key,
            service=plot.service,
            repository=shop.full_name,
            number=number,
            branch=branch,
            base=base,
            head=head,
            commit=commit,
            run_id=run_id,
            attempt=len(shop.runs[run_id].attempts),
            actor=plot.merger,
        )

    # ---------------------------------------------------------------- what a pipeline is given

    def clone(self, directory: Path, scene: Scene, *, depth: int | None = None) -> Repository:
        """A work tree on the scene's commit, as a pipeline checks it out."""
        source = self.repositories[scene.service].git
        made = source.clone(directory, depth=depth, origin=f"{self.github.url}/{scene.repository}")
        made.checkout(scene.commit)
        return made

    def environ(self, scene: Scene) -> dict[str, str]:
        """What GitHub Actions puts into the environment of a step."""
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_REPOSITORY": scene.repository,
            "GITHUB_REPOSITORY_OWNER": "acme",
            "GITHUB_WORKFLOW": "deploy",
            "GITHUB_JOB": "deploy",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_SHA": scene.commit,
            "GITHUB_RUN_ID": str(scene.run_id),
            "GITHUB_RUN_NUMBER": str(scene.number),
            "GITHUB_RUN_ATTEMPT": str(scene.attempt),
            "GITHUB_ACTOR": scene.actor,
            "GITHUB_TRIGGERING_ACTOR": scene.actor,
        }

    def secrets(self) -> dict[str, str]:
        """The credentials of gate's own accounts."""
        return {
            "GATE_JIRA_EMAIL": self.jira.users["gate"].email,
            "GATE_JIRA_TOKEN": self.jira_token,
            "GITHUB_TOKEN": self.github_token,
        }

    def policy(
        self,
        *,
        log: str = "dir:change-log",
        evidence: str = "dir:change-evidence",
        trust: str = "trust",
    ) -> str:
        """A ``gate.toml`` for this world."""
        cloud = self.jira.flavour == "cloud"
        places = {
            "log": log,
            "evidence": evidence,
            "trust": trust,
            **self._forge(),
            "jira": self.jira.url,
            "flavour": self.jira.flavour,
            "approvals": '["jsm"]' if cloud else '[{ transition = "Approved" }]',
        }
        services = self._addresses()
        users = {name: self.jira.users[name] for name in PEOPLE}
        people = {
            name: (user.email, user.account_id if cloud else user.name)
            for name, user in users.items()
        }
        return policy_text(places, services, people)

    def _forge(self) -> dict[str, str]:
        """The forge of the policy."""
        return {"forge": "github", "forge_url": self.github.url}

    def _addresses(self) -> dict[str, str]:
        """Where people browse the code of each service."""
        return {
            name: f"{self.github.url}/{repository.full_name}"
            for name, repository in self.repositories.items()
        }


def _description(covers: str, plot: Plot) -> str:
    return (
        f"Brings the next release of the {covers} to production.\n\n"
        f"h2. Rollback\n\n{plot.rollback}\n\nh2. Tests\n\n{plot.tests}\n"
    )
