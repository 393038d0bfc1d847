"""The services of the matrix: for each a world in which every control passes, by its own facts.

All controls are required, but for those of ``off``; staging comes first and has succeeded; carol
may deploy. So whatever a fault takes away, some control must miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canaries import TOKENS, Canaries
from jobs import Job, said

from gate.cli import printing
from gate.controls.registry import CONTROLS
from gate.demo.gitlab_issue_world import GitLabIssueWorld
from gate.demo.gitlab_world import BOT, GitLabWorld
from gate.demo.issue_world import IssueWorld
from gate.demo.plot import HOUR
from gate.demo.server import Simulator
from gate.demo.servicenow_world import ServiceNowWorld
from gate.demo.world import World

SECTION = "[environments.production]\n"
PAGE = 100  # the longest page of a changelog
STAGING = """
[environments.staging]
approvals = { required = 1, by = ["change-board"] }
"""


@dataclass(frozen=True)
class Site:
    """One service of the matrix.

    ``name`` is what it is called here, ``service`` in messages. ``tickets``: it is the ticket
    system; ``forge``: it is the forge. ``off`` are controls for which the policy of this world has
    no setting, with the reason.
    """

    name: str
    service: str
    kind: type[World]
    ticket: str
    before: tuple[str, ...]
    simulator: Callable[[Any], Simulator]
    tickets: bool = False
    forge: bool = False
    options: tuple[tuple[str, Any], ...] = ()
    off: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def jira(world: World) -> Simulator:
    return world.jira


def github(world: World) -> Simulator:
    return world.github


SITES = (
    Site("jira-cloud", "jira", World, "CHG-4", ("CHG-2", "CHG-3"), jira, tickets=True),
    Site(
        "jira-datacenter",
        "jira",
        World,
        "CHG-4",
        ("CHG-2", "CHG-3"),
        jira,
        tickets=True,
        options=(("flavour", "datacenter"),),
    ),
    Site(
        "servicenow",
        "servicenow",
        ServiceNowWorld,
        "CHG0030004",
        ("CHG0030002", "CHG0030003"),
        lambda world: world.servicenow,
        tickets=True,
    ),
    Site("github", "github", World, "CHG-4", ("CHG-2", "CHG-3"), github, forge=True),
    Site(
        "gitlab",
        "gitlab",
        GitLabWorld,
        "CHG-4",
        ("CHG-2", "CHG-3"),
        lambda world: world.gitlab,
        forge=True,
    ),
    Site(
        "github-issues",
        "github",
        IssueWorld,
        "acme/changes#4",
        (),
        github,
        tickets=True,
        forge=True,
        off=("change-window",),
    ),
    Site(
        "gitlab-issues",
        "gitlab",
        GitLabIssueWorld,
        "acme/ops/changes#4",
        (),
        lambda world: world.gitlab,
        tickets=True,
        forge=True,
        off=("change-window",),
    ),
)


class Strict(Job):
    """A job under a policy that demands everything, whose secrets are canaries."""

    def __init__(self, site: Site, home: Path, world: World) -> None:
        self.site = site
        self._keys: dict[str, str] = {}
        self._kept: dict[Path, bytes] = {}
        self.checkout = home
        _plant(world)
        super().__init__(home, world, site.ticket)
        self.strict = self._strict()

    def keys(self) -> dict[str, str]:
        """The keys by value: no file holds them, so that none may be found in any."""
        folder = self.home / "gate-keys"
        for name, file in (("GATE_SIGNING_KEY", "signing.key"), ("GATE_LOG_KEY", "log.key")):
            if (folder / file).exists():
                self._keys[name] = (folder / file).read_text()
                (folder / file).unlink()
        return dict(self._keys)

    def canaries(self) -> Canaries:
        return Canaries(self._keys)

    def ask(self, *arguments: str, to: str = "production", **changes: str | None) -> Any:
        """check or enforce the job's change, and what came of it."""
        given = {**TOKENS, **self._keys, **self.files(), **self.strict, **changes}
        command, *rest = arguments
        return self.gate(
            *(command, "--service", "shop", "--environment", to, "--ticket", self.site.ticket),
            *rest,
            environment=self.ci(**given),
            home=self.checkout,
        )

    def files(self) -> dict[str, str]:
        """Where GitHub's runner wants to be told things."""
        written = self.home / "runner"
        written.mkdir(exist_ok=True)
        names = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
        return {name: str(written / name) for name in names}

    def keep(self) -> None:
        """Remember what lies in the folder now, for ``restore``."""
        self._kept = {path: path.read_bytes() for path in self._files()}

    def written(self) -> dict[Path, bytes]:
        """What was written since."""
        files = {path: path.read_bytes() for path in self._files()}
        return {path: data for path, data in files.items() if self._kept.get(path) != data}

    def restore(self, written: Iterable[Path]) -> None:
        """Let the folder be as it was, its log without what came since."""
        for path in written:
            if path in self._kept:
                path.write_bytes(self._kept[path])
            else:
                path.unlink()

    def _files(self) -> tuple[Path, ...]:
        found = (path for path in self.home.rglob("*") if path.is_file())
        return tuple(path for path in found if self.home / "checkout" not in path.parents)

    def _strict(self) -> dict[str, str]:
        levels = ", ".join(
            f'{c.id} = "{"off" if c.id in self.site.off else "require"}"' for c in CONTROLS
        )
        after = 'after = { environment = "staging", within = "14d" }'
        rules = f'controls = {{ {levels} }}\n{after}\ndeployers = ["carol"]\n'
        pinned = self.rewrite("strict.toml", (SECTION, SECTION + rules), more=STAGING)
        return pinned | {"GATE_CONFIG": str(self.home / "strict.toml")}

    def deploy_to_staging(self) -> None:
        for command in (
            ("enforce", "--receipt", str(self.home / "staging")),
            ("complete", "--receipt", f"{self.home}/staging.tlog-proof", "--outcome", "succeeded"),
        ):
            if command[0] == "enforce":
                ended = self.ask(*command, to="staging")
            else:
                given = {**TOKENS, **self._keys, **self.strict}
                ended = self.gate(*command, environment=self.ci(**given))
            assert ended.code == 0, said(ended)


def _plant(world: World) -> None:
    """Let gate's accounts log in with the canaries, and with nothing else."""
    world.jira.tokens.clear()
    world.jira_token = world.jira.add_token("gate", TOKENS["GATE_JIRA_TOKEN"])
    world.github.tokens.clear()
    login = "gate" if isinstance(world, IssueWorld) else ""
    world.github_token = world.github.add_token(login, TOKENS["GITHUB_TOKEN"])
    if isinstance(world, GitLabWorld):
        world.gitlab.tokens.clear()
        world.gitlab_token = world.gitlab.add_token(BOT, TOKENS["GITLAB_TOKEN"])
    if isinstance(world, ServiceNowWorld):
        # not add_account: a second user of one name would be one too many
        world.servicenow._passwords = {("gate", TOKENS["GATE_SERVICENOW_PASSWORD"]): "gate"}


def lengthen(world: World) -> None:
    """Let the ticket's history and its approvals be too long for one page of Jira Cloud."""
    opened = world.now - 6 * HOUR
    for number in range(PAGE):
        world.jira.edit("CHG-4", "summary", f"Release {number}", by="alice", at=opened)


@contextmanager
def strict_job(site: Site, directory: Path) -> Iterator[Strict]:
    """The job of a site, in front of production; its services run as long as it is needed."""
    home = directory / "home"
    home.mkdir(parents=True)
    with site.kind(directory / "services", **dict(site.options)) as world:
        for key in site.before:
            world.change(key, with_ticket=True, ticket=400 * HOUR, approval=399 * HOUR)
        made = Strict(site, home, world)
        if world.jira.flavour == "cloud" and "CHG-4" in world.jira.issues:
            lengthen(world)
        if isinstance(world, GitLabWorld):  # GitLab does not tell trees: a pipeline has a checkout
            made.checkout = home / "checkout"
            world.clone(made.checkout, made.scene)
        world.github.page_limit = 1
        if isinstance(world, GitLabWorld):
            world.gitlab.page_limit = 2
        made.deploy_to_staging()
        yield made
    printing._hidden.clear()
