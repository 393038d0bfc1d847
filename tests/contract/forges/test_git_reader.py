"""Local git, on real repositories; and that it tells the same commits as the forge."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shops import Shop, shas

from gate.config.types import Service
from gate.demo.repository import Author, Repository
from gate.errors import UsageError
from gate.forges.git import GitReader as Reader
from gate.model import Account, Base, BaseKind, Change, Problem, ProblemKind

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
ALICE = Author("Alice", "Alice@acme.example")
SERVICE = Service("shop", "https://github.com/acme/shop", ("main",), ("shop",))


def git_at(path: Path) -> Reader:
    """A reader that finds git where it always is, and nobody's configuration."""
    return Reader(path, {})


class Line:
    """A repository with a line of commits on main."""

    def __init__(self, path: Path, length: int = 4) -> None:
        self.repository = Repository.create(path)
        self.commits = [self.add(f"Commit {number}") for number in range(length)]
        self.repository.checkout("main")

    def add(self, message: str, branch: str = "main") -> str:
        at = MONDAY + timedelta(minutes=len(message))
        return self.repository.commit(message, author=ALICE, at=at, branch=branch)

    def read(self, head: str, base: str, kind: BaseKind = BaseKind.DEPLOYED) -> Change | Problem:
        return git_at(self.repository.path).fetch_change(SERVICE, head, Base(kind, base))


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "shop")


def test_base_to_head(line: Line) -> None:
    first, *rest = line.commits
    change = line.read(rest[-1], first)
    assert isinstance(change, Change)
    assert change.base_is_ancestor
    assert shas(change) == tuple(rest)
    assert isinstance(change.commits, tuple)
    assert change.commits[0].parents == (first,)
    assert change.commits[0].author == Account("git", "alice@acme.example", name="Alice")
    assert change.commits[0].message == "Commit 1\n"


def test_git_and_github_tell_the_same_commits(shop: Shop) -> None:
    shop.propose(1, "fix", "One", "Two\n\nCo-authored-by: Carol <carol@acme.example>")
    merged = shop.merge(1)
    by_forge = shop.change(merged)
    reader = git_at(shop.repository.git.path)
    by_git = reader.fetch_change(shop.service(), merged, Base(BaseKind.DEPLOYED, shop.base))
    assert isinstance(by_git, Change)
    assert isinstance(by_git.commits, tuple)
    assert isinstance(by_forge.commits, tuple)
    theirs = {c.sha: (c.parents, c.message.strip(), c.co_authors) for c in by_forge.commits}
    ours = {c.sha: (c.parents, c.message.strip(), c.co_authors) for c in by_git.commits}
    assert theirs == ours
    assert shas(by_git)[-1] == shas(by_forge)[-1] == merged


def test_what_git_cannot_know_is_a_claim_and_the_remedy_a_token(line: Line) -> None:
    change = line.read(line.commits[-1], line.commits[0])
    assert isinstance(change, Change)
    reader = git_at(line.repository.path)
    parts: tuple[object, ...] = (
        change.pull_requests,
        change.direct_pushes,
        change.release_refs,
        change.in_repository,
        reader.fetch_deployments(SERVICE, "production", change.head),
    )
    for part in parts:
        assert isinstance(part, Problem)
        assert (part.kind, part.service) == (ProblemKind.CLAIM, "git")
        assert "GITHUB_TOKEN" in part.remedy
    assert change.push_of == {}
    assert reader.clocks() == () == reader.requests()


def test_a_first_range_is_only_a_claim(line: Line) -> None:
    change = line.read(line.commits[-1], "", BaseKind.FIRST)
    assert isinstance(change, Change)
    assert isinstance(change.commits, Problem)
    assert change.commits.kind is ProblemKind.CLAIM


def test_bases_that_are_no_ancestors(line: Line) -> None:
    line.repository.branch("side", line.commits[1])
    side = line.add("Side", "side")
    diverged = line.read(side, line.commits[3])
    assert isinstance(diverged, Change)
    assert not diverged.base_is_ancestor
    behind = line.read(line.commits[0], line.commits[3])
    assert isinstance(behind, Change)
    assert not behind.base_is_ancestor
    same = line.read(line.commits[0], line.commits[0])
    assert isinstance(same, Change)
    assert isinstance(same.commits, Problem)


def test_commits_that_are_not_there(line: Line) -> None:
    for head, base in (("f" * 40, line.commits[0]), (line.commits[0], "f" * 40)):
        found = line.read(head, base)
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.LOCAL
        assert "not in the git repository" in found.cause


def test_a_shallow_clone(line: Line, tmp_path: Path) -> None:
    clone = line.repository.clone(tmp_path / "shallow", depth=2)
    reader = git_at(clone.path)
    head = line.commits[-1]
    for base in line.commits[:2]:
        found = reader.fetch_change(SERVICE, head, Base(BaseKind.DEPLOYED, base))
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.INCOMPLETE
        assert "fetch-depth: 0" in found.remedy
    near = reader.fetch_change(SERVICE, head, Base(BaseKind.DEPLOYED, line.commits[2]))
    assert isinstance(near, Change)
    assert shas(near) == (head,)


def test_a_shallow_clone_that_ends_inside_the_range(line: Line, tmp_path: Path) -> None:
    """The base is there by itself, and what lies between is not."""
    clone = line.repository.clone(tmp_path / "shallow", depth=1)
    clone.git("fetch", "--quiet", "--depth=1", "origin", line.commits[0])
    base = Base(BaseKind.DEPLOYED, line.commits[0])
    found = git_at(clone.path).fetch_change(SERVICE, line.commits[-1], base)
    assert isinstance(found, Problem)
    assert "fetch-depth: 0" in found.remedy


def test_head_and_resolve(line: Line) -> None:
    reader = git_at(line.repository.path)
    assert reader.head() == line.commits[-1]
    line.repository.checkout(line.commits[1])  # detached
    assert reader.head() == line.commits[1]
    assert reader.resolve("main") == line.commits[-1]
    assert reader.resolve("main~1") == line.commits[-2]
    assert reader.resolve(line.commits[0][:10]) == line.commits[0]
    assert git_at(line.repository.path / ".git").resolve("main") == line.commits[-1]


@pytest.mark.parametrize(
    "rev",
    ["", "nosuch", "--all", "-h", "--git-dir", "a\nb", "a\0b", "main..side", "main:", "^main"],
)
def test_what_is_no_commit_is_refused(line: Line, rev: str) -> None:
    with pytest.raises(UsageError):
        git_at(line.repository.path).resolve(rev)


def test_no_repository_no_commit_no_git(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    messages = set()
    for path, environ in (
        (outside, {}),
        (Repository.create(tmp_path / "fresh").path, {}),
        (outside, {"PATH": str(outside)}),
        (tmp_path / "nowhere", {}),
    ):
        with pytest.raises(UsageError) as caught:
            Reader(path, environ).head()
        assert caught.value.remedy
        messages.add(caught.value.message)
    assert len(messages) == 3
    found = git_at(outside).fetch_change(SERVICE, "a" * 40, Base(BaseKind.FIRST, ""))
    assert isinstance(found, Problem)
    assert "not a git repository" in found.cause


def test_the_environment_does_not_reach_git(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Line(tmp_path / "other", 1)
    hostile = {
        "GIT_DIR": str(other.repository.path / ".git"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "nonsense",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    given = {"PATH": os.environ["PATH"], **hostile}
    assert Reader(line.repository.path, given).head() == line.commits[-1]
    assert git_at(line.repository.path).head() == line.commits[-1]


def test_path_and_home_reach_git(line: Line, tmp_path: Path) -> None:
    """An old git that refuses files of somebody else is told so by the HOME of whoever runs it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    old = programs / "git"
    old.write_text(
        "#!/bin/sh\n"
        f'[ -e "$HOME/trusted" ] && exec {shutil.which("git")} "$@"\n'
        f"echo \"fatal: detected dubious ownership in repository at '{tmp_path}'\" >&2\n"
        "exit 128\n"
    )
    old.chmod(0o755)
    given = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    with pytest.raises(UsageError, match="somebody else owns its files") as caught:
        Reader(line.repository.path, given).head()
    assert "git config --global --add safe.directory" in caught.value.remedy
    assert str(tmp_path) not in caught.value.message
    (tmp_path / "trusted").touch()
    assert Reader(line.repository.path, given).head() == line.commits[-1]


def test_replacements_and_grafts_do_not_hide_history(line: Line) -> None:
    first, second, third, head = line.commits
    repository = line.repository
    repository.git("replace", "--graft", head, first)
    info = repository.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{head} {first}\n")
    change = line.read(head, first)
    assert isinstance(change, Change)
    assert shas(change) == (second, third, head)


def test_configuration_runs_nothing(line: Line, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\nexit 1\n")
    trap.chmod(0o755)
    hook = line.repository.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(trap.read_text())
    hook.chmod(0o755)
    config = {
        "core.fsmonitor": str(trap),
        "core.pager": str(trap),
        "core.sshCommand": str(trap),
        "diff.external": str(trap),
        "gpg.program": str(trap),
        "log.showSignature": "true",
        "alias.rev-parse": f"!{trap}",
        "remote.origin.url": f"ext::{trap}",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
    }
    for name, value in config.items():
        line.repository.git("config", name, value)
    line.repository.git("config", "core.repositoryFormatVersion", "1")
    reader = git_at(line.repository.path)
    assert reader.head() == line.commits[-1]
    assert isinstance(line.read(line.commits[-1], line.commits[0]), Change)
    assert isinstance(line.read("f" * 40, line.commits[0]), Problem)  # a promisor would fetch it
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_repository_is_a_problem(line: Line) -> None:
    sha = line.commits[1]
    objects = line.repository.path / ".git" / "objects"
    line.repository.git("repack", "-q", "-a", "-d")
    pack = next((objects / "pack").glob("*.pack"))
    pack.rename(objects / "old.pack")
    for index in (objects / "pack").iterdir():
        index.unlink()
    subprocess.run(
        ["git", "-C", str(line.repository.path), "unpack-objects", "-q"],
        input=(objects / "old.pack").read_bytes(),
        check=True,
    )
    broken = objects / sha[:2] / sha[2:]
    broken.chmod(0o644)
    broken.unlink()
    found = line.read(line.commits[-1], line.commits[0])
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.LOCAL


def test_origin(line: Line) -> None:
    reader = git_at(line.repository.path)
    assert reader.origin() == ""
    line.repository.git("remote", "add", "origin", "https://alice:secret@github.com/acme/shop.git")
    assert reader.origin() == "https://github.com/acme/shop.git"
    line.repository.git("remote", "set-url", "origin", "git@github.com:acme/shop.git")
    assert reader.origin() == "git@github.com:acme/shop.git"
    line.repository.git("remote", "set-url", "origin", "ssh://git:s3cret@host.example/acme/shop")
    assert reader.origin() == "ssh://host.example/acme/shop"
