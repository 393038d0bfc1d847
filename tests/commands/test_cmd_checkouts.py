"""Where gate stands: a checkout of some kind or none, and a plain shell without a pipeline."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

from gate.demo.repository import Repository

MERGE = ('predates = "pipeline"', 'predates = "merge"')
ENFORCE = ("enforce", *SHOP, "--ticket", "CHG-1")
CHECK = ("check", *SHOP, "--ticket", "CHG-1")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("checkouts")) as made:
        yield made


@pytest.fixture(scope="module")
def clone(acme: Job, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return acme.world.clone(tmp_path_factory.mktemp("clones") / "shop", acme.scene)


def shell(acme: Job, **changes: str | None) -> dict[str, str]:
    """A prompt, with a policy for it."""
    policy = acme.rewrite("shell.toml", MERGE)
    policy["GATE_CONFIG"] = str(acme.home / policy["GATE_CONFIG"])
    return acme.shell(**{**policy, **changes})


# ---------------------------------------------------------------- kinds of checkouts


@pytest.mark.parametrize("name", ["HEAD", "main", "short"])
def test_a_commit_may_be_named_as_git_names_it(acme: Job, clone: Repository, name: str) -> None:
    clone.git("branch", "--force", "main", acme.scene.commit)
    given = acme.scene.commit[:10] if name == "short" else name
    ended = acme.gate(*CHECK, "--commit", given, environment=shell(acme), home=clone.path)
    assert ended.code == 0, said(ended)
    must_say(ended, acme.scene.commit)


@pytest.mark.parametrize("option", ["--commit", "--base"])
@pytest.mark.parametrize("rev", ["nope", "HEAD~999", "--upload-pack=x", "-h", "a\0b", "deadbeef"])
def test_a_revision_that_git_does_not_know(
    acme: Job, clone: Repository, option: str, rev: str
) -> None:
    acme.unasked(
        *ENFORCE,
        f"{option}={rev}",
        environment=shell(acme),
        home=clone.path,
        words=(option, "no such commit in the git repository here", "give a full commit id"),
    )


def test_no_git_at_all(acme: Job, tmp_path: Path) -> None:
    acme.unasked(
        *ENFORCE,
        environment=shell(acme),
        home=tmp_path,
        words=("this is not a git repository", "give --commit in full"),
    )


def test_no_git_program(acme: Job, clone: Repository) -> None:
    acme.unasked(
        *ENFORCE,
        environment={**shell(acme), "PATH": str(clone.path)},
        home=clone.path,
        words=("git is not installed here", "set PATH"),
    )


def test_a_repository_without_a_commit(acme: Job, tmp_path: Path) -> None:
    empty = Repository.create(tmp_path / "empty")
    acme.unasked(
        *ENFORCE, environment=shell(acme), home=empty.path, words=("has no commit yet", "--commit")
    )


def test_a_shallow_clone_does_not_matter_where_the_forge_is_asked(
    acme: Job, tmp_path: Path
) -> None:
    shallow = acme.world.clone(tmp_path / "shallow", acme.scene, depth=1)
    ended = acme.gate(*CHECK, environment=acme.ci(**absolute(acme)), home=shallow.path)
    assert ended.code == 0, said(ended)


def absolute(acme: Job) -> dict[str, str]:
    return {"GATE_CONFIG": str(acme.home / "gate.toml")}


def test_a_shallow_clone_without_a_forge_is_undetermined(acme: Job, tmp_path: Path) -> None:
    shallow = acme.world.clone(tmp_path / "shallow", acme.scene, depth=1)
    ended = acme.blocked(
        *ENFORCE,
        environment=acme.ci(**absolute(acme), GITHUB_TOKEN=None),
        home=shallow.path,
        code=11,
        words=("UNDETERMINED", "GITHUB_TOKEN"),
    )
    must_say(ended, "only the job's claims are known")


def test_a_head_that_the_shallow_clone_lacks_says_how_to_fetch_it(
    acme: Job, tmp_path: Path
) -> None:
    later = acme.world.change("CHG-5")
    shallow = acme.world.clone(tmp_path / "shallow", later, depth=1)
    acme.blocked(
        *ENFORCE,
        environment=acme.ci(**absolute(acme), GITHUB_TOKEN=None),
        home=shallow.path,
        code=11,
        words=("is not in this shallow clone", "fetch-depth: 0"),
    )


# ---------------------------------------------------------------- commits of nowhere


def test_a_commit_that_is_not_in_the_repository(acme: Job) -> None:
    acme.blocked(
        *(*ENFORCE, "--commit", "0123456789" * 4),
        environment=shell(acme),
        code=11,
        words=("commit-on-release-ref", "knows no such commit", "was pushed to the service"),
    )


def test_a_commit_that_no_branch_has(acme: Job) -> None:
    world = acme.world
    loose = world.shop.commit("Beside everything", by="mallory", at=world.now, on="main")
    acme.blocked(
        *(*ENFORCE, "--commit", loose),
        environment=shell(acme),
        code=11,
        words=("commit-on-release-ref", "knows no such commit"),
    )


def test_a_commit_of_a_fork(acme: Job) -> None:
    """It can be read through the parent's API, and is not the parent's."""
    world = acme.world
    fork = world.shop.fork("mallory")
    made = fork.commit("From a fork", by="mallory", at=world.now, on="main")
    fork.push("topic", made, by="mallory", at=world.now)
    acme.blocked(
        *(*ENFORCE, "--commit", made),
        environment=shell(acme),
        code=11,
        words=("commit-on-release-ref", "neither a pull request nor a push to a release ref"),
    )


def test_a_commit_of_a_branch_that_is_not_released(acme: Job) -> None:
    world = acme.world
    made = world.shop.commit("Not merged yet", by="alice", at=world.now, on="main")
    world.shop.push("CHG-1-more", made, by="alice", at=world.now)
    world.shop.open_pull_request(99, by="alice", head="CHG-1-more", at=world.now)
    acme.blocked(
        *(*ENFORCE, "--commit", made),
        environment=shell(acme),
        code=10,
        words=("commit-on-release-ref", "DENIED"),
    )


def test_without_forge_and_token_a_foreign_commit_is_undetermined(
    acme: Job, clone: Repository
) -> None:
    acme.blocked(
        *(*ENFORCE, "--commit", "0123456789" * 4),
        environment=shell(acme, GITHUB_TOKEN=None),
        home=clone.path,
        code=11,
        words=("is not in the git repository here",),
    )


# ---------------------------------------------------------------- --base


def test_base_only_widens(acme: Job) -> None:
    """With nothing deployed yet, the range is the pull request; HEAD~1 is no way to shrink it."""
    narrow = acme.world.shop.git.git("rev-parse", f"{acme.scene.commit}^2")
    ended = acme.gate(*ENFORCE, "--base", narrow, environment=acme.ci(**absolute(acme)))
    assert ended.code in {2, 10}, said(ended)
    assert acme.gate(*CHECK, "--base", acme.scene.base, environment=acme.ci()).code == 0


def test_a_base_that_is_no_ancestor(acme: Job) -> None:
    world = acme.world
    loose = world.shop.commit("Another history", by="alice", at=world.now, on="main")
    world.shop.push("elsewhere", loose, by="alice", at=world.now)
    ended = acme.gate(*ENFORCE, "--base", loose, environment=acme.ci())
    assert ended.code in {2, 10}, said(ended)


# ---------------------------------------------------------------- the plain shell


def test_init_for_a_shell_writes_a_policy_for_it_and_says_what_it_needs(
    acme: Job, tmp_path: Path
) -> None:
    ended = acme.gate(
        *("init", "--ci", "shell", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--repository", "https://github.com/acme/shop"),
        home=tmp_path,
        expect=0,
    )
    must_say(ended, "there is no pipeline", "a forge token is needed: export GITHUB_TOKEN")
    must_say(ended, "git knows no push times", 'predates = "merge"', "&& ./deploy.sh")
    policy = tomllib.loads((tmp_path / "gate.toml").read_text())
    assert policy["environments"]["production"]["ticket"] == {"predates": "merge"}


def test_init_for_a_pipeline_keeps_its_start_as_the_reference(acme: Job, tmp_path: Path) -> None:
    acme.gate(
        *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--repository", "https://github.com/acme/shop"),
        home=tmp_path,
        expect=0,
    )
    policy = tomllib.loads((tmp_path / "gate.toml").read_text())
    assert "ticket" not in policy["environments"]["production"]


def test_a_shell_under_a_policy_for_pipelines_is_told_what_to_do(acme: Job) -> None:
    acme.blocked(
        *(*ENFORCE, "--commit", acme.scene.commit),
        environment=acme.shell(),
        code=11,
        words=("There is no pipeline in a plain shell", 'predates = "merge"'),
    )


def test_a_shell_without_a_token_is_told_that_it_needs_one(acme: Job, clone: Repository) -> None:
    acme.blocked(
        *ENFORCE,
        environment=shell(acme, GITHUB_TOKEN=None),
        home=clone.path,
        code=11,
        words=("git: ", "set GITHUB_TOKEN so that the forge"),
    )


def test_a_shell_with_a_token_can_be_allowed(acme: Job, clone: Repository) -> None:
    ended = acme.gate(*ENFORCE, environment=shell(acme), home=clone.path)
    assert ended.code == 0, said(ended)
    must_say(ended, "ALLOWED", "The deployment may go on")
    assert (clone.path / "gate-receipts").is_dir()


def test_a_shells_ticket_must_be_older_than_the_merge(acme: Job) -> None:
    late = acme.world.change("CHG-7", ticket=acme.world.now - acme.world.now)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-7", "--commit", late.commit),
        environment=shell(acme),
        code=10,
        words=("ticket-predates-deployment", "Open the ticket before merging"),
    )


# ---------------------------------------------------------------- gate init


def test_init_replaces_nothing(acme: Job, tmp_path: Path) -> None:
    arguments = (
        *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--repository", "https://github.com/acme/shop"),
    )
    acme.gate(*arguments, home=tmp_path, expect=0)
    before = {p: sha256(p.read_bytes()).digest() for p in tmp_path.rglob("*") if p.is_file()}
    ended = acme.gate(*arguments, home=tmp_path)
    assert ended.code == 2
    must_say(ended, "is there already, and init replaces nothing")
    after = {p: sha256(p.read_bytes()).digest() for p in tmp_path.rglob("*") if p.is_file()}
    assert before == after


def test_init_takes_the_repository_from_git(acme: Job, clone: Repository, tmp_path: Path) -> None:
    ended = acme.gate(
        *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--directory", str(tmp_path)),
        home=clone.path,
    )
    assert ended.code == 2, "its origin is no https address"
    must_say(ended, "give --repository https://")
    clone.git("remote", "set-url", "origin", "https://github.com/acme/shop.git")
    acme.gate(
        *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--directory", str(tmp_path / "made")),
        home=clone.path,
        expect=0,
    )
    made = tomllib.loads((tmp_path / "made" / "gate.toml").read_text())
    assert made["services"]["shop"]["repository"] == "https://github.com/acme/shop"


BAD_INIT = {
    "a Jira that is no URL": ("--jira", "acme"),
    "a Jira over plain http": ("--jira", "http://acme.example"),
    "a project in lower case": ("--project", "chg"),
    "a project that is an ID": ("--project", "CHG-1"),
    "a repository that is no URL": ("--repository", "acme/shop"),
    "a service with a space": ("--service", "shop "),
    "an environment of nothing": ("--environment", ""),
    "an origin with a space": ("--origin", "acme changes"),
    "an origin with a plus sign": ("--origin", "acme+changes"),
}


@pytest.mark.parametrize("what", BAD_INIT)
def test_init_that_is_told_nonsense_writes_nothing(acme: Job, tmp_path: Path, what: str) -> None:
    ended = acme.gate(
        *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
        *("--repository", "https://github.com/acme/shop", *BAD_INIT[what]),
        home=tmp_path,
    )
    assert ended.code == 2, said(ended)
    assert list(tmp_path.iterdir()) == []


def test_what_init_wrote_is_what_enforce_takes(acme: Job, tmp_path: Path) -> None:
    """The keys, trust and log of init, under its own policy: the only thing left is people."""
    acme.gate(
        *("init", "--jira", acme.world.jira.url, "--project", "CHG", "--service", "shop"),
        *("--repository", acme.world.repository_url, "--origin", "acme.example/new"),
        home=tmp_path,
        expect=0,
    )
    keys = {f"GATE_{n.upper()}_KEY_FILE": f"gate-keys/{n}.key" for n in ("signing", "log")}
    digest = sha256((tmp_path / "gate.toml").read_bytes()).hexdigest()
    given = acme.ci(**keys, GATE_POLICY_SHA256=digest)
    ended = acme.gate("enforce", "--ticket", "CHG-1", environment=given, home=tmp_path)
    assert ended.code in {10, 11}, said(ended)
    must_say(ended, "approved")
    acme.gate("log", "verify", home=tmp_path, expect=0)
