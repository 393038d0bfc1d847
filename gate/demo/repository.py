"""Small real git repositories for stories and tests, the same bytes every time.

Commits are made by ``git fast-import`` without a work tree, with the names and dates the story
gives them, so that their object ids depend on nothing else. The user's git configuration, hooks and
signing are left out of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SETTINGS = {
    "init.defaultBranch": "main",
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "fastimport.unpackLimit": "0",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "protocol.file.allow": "always",
    "uploadpack.allowAnySHA1InWant": "true",
}


class GitError(Exception):
    """git refused; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Author:
    """A name and an e-mail address as a commit carries them: claims, whatever they say."""

    name: str
    email: str

    def line(self, at: datetime) -> str:
        """The identity line of a commit object."""
        return f"{self.name} <{self.email}> {int(at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class CommitPlan:
    """A commit to be made: ``files`` are written over the first parent's (None removes one).

    ``at`` is the author date, ``committed_at`` the committer date where it differs; both are free
    to lie. ``tree`` takes a whole tree instead of files.
    """

    message: str
    author: Author
    at: datetime
    parents: tuple[str, ...] = ()
    files: Mapping[str, str | None] | None = None
    committer: Author | None = None
    committed_at: datetime | None = None


class Repository:
    """A git directory, bare or with a work tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git_program = shutil.which("git") or "git"

    @classmethod
    def create(cls, path: Path, *, bare: bool = False) -> Repository:
        """A new, empty repository whose default branch is ``main``."""
        path.mkdir(parents=True, exist_ok=True)
        made = cls(path)
        made.git("init", "--quiet", *(["--bare"] if bare else []))
        return made

    def clone(self, path: Path, *, depth: int | None = None, origin: str = "") -> Repository:
        """A clone with a work tree; ``origin`` is the URL it will say it came from."""
        shallow = [] if depth is None else ["--depth", str(depth)]
        source = f"file://{self.path.resolve()}"
        self.git("clone", "--quiet", *shallow, source, str(path))
        made = Repository(path)
        if origin:
            made.git("remote", "set-url", "origin", origin)
        return made

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        """Run git here and return what it printed, without the last line feed."""
        done = subprocess.run(  # noqa: S603 - a fixed program and an argument list
            [self.git_program, "-C", str(self.path), *arguments],
            env=_environment(self.git_program),
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise GitError(f"git {' '.join(arguments)}: {said}")
        return done.stdout.decode().removesuffix("\n")

    # ---------------------------------------------------------------- making history

    def make(self, plans: Iterable[CommitPlan]) -> tuple[str, ...]:
        """Make commits, each on the parents that it names, and return their ids in order.

        A plan without parents stands on the one before it; the first one then is a root.
        No branch moves.
        """
        stream: list[str] = []
        count = 0
        for mark, plan in enumerate(plans, 1):
            count = mark
            stream.append(_fast_import(plan, mark))
        if not count:
            return ()
        stream += [f"get-mark :{mark}\n" for mark in range(1, count + 1)]
        stream.append(f"reset {SCRATCH}\nfrom {'0' * 40}\n\ndone\n")
        printed = self.git("fast-import", "--quiet", "--done", "--force", stdin="".join(stream))
        return tuple(printed.split())

    def commit(
        self,
        message: str,
        *,
        author: Author,
        at: datetime,
        branch: str = "main",
        files: Mapping[str, str | None] | None = None,
        committed_at: datetime | None = None,
    ) -> str:
        """A commit on top of ``branch``, which moves (and is made where it is missing)."""
        tip = self.tip(branch)
        (made,) = self.make(
            [
                CommitPlan(
                    message,
                    author,
                    at,
                    (tip,) if tip else (),
                    files or {"CHANGES": message + "\n"},
                    committed_at=committed_at,
                )
            ]
        )
        self.set_ref(f"refs/heads/{branch}", made)
        return made

    def branch(self, name: str, at: str = "main") -> None:
        """A branch where another one, or a commit, is."""
        self.set_ref(f"refs/heads/{name}", self.git("rev-parse", "--verify", f"{at}^{{commit}}"))

    def merge_tree(self, ours: str, theirs: str) -> str:
        """The tree of merging two commits; ``GitError`` where they conflict."""
        return self.git("merge-tree", "--write-tree", ours, theirs).split("\n", 1)[0]

    def commit_tree(self, tree: str, plan: CommitPlan) -> str:
        """A commit of an existing tree."""
        committer, committed_at = plan.committer or plan.author, plan.committed_at or plan.at
        parents = "".join(f"parent {parent}\n" for parent in plan.parents)
        content = (
            f"tree {tree}\n{parents}author {plan.author.line(plan.at)}\n"
            f"committer {committer.line(committed_at)}\n\n{plan.message}\n"
        )
        return self.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content)

    def replay(self, commit: str, onto: str) -> str:
        """The tree of ``commit``'s own change applied to ``onto``, as a cherry-pick has it."""
        parent = self.git("rev-parse", f"{commit}^")
        tree = self.git("rev-parse", f"{onto}^{{tree}}")
        # With onto's tree and the parent's place in history, the merge base is that parent.
        nobody = Author("nobody", "nobody@invalid")
        stand_in = self.commit_tree(
            tree, CommitPlan("x", nobody, datetime.fromtimestamp(0).astimezone(), (parent,))
        )
        return self.merge_tree(stand_in, commit)

    def set_ref(self, ref: str, commit: str) -> None:
        """Put a ref on a commit; an empty ``commit`` removes it."""
        if commit:
            self.git("update-ref", ref, commit)
        else:
            self.git("update-ref", "-d", ref)

    def fetch(self, source: Path, rev: str) -> str:
        """Bring a commit of another repository here, and return its id."""
        commit = Repository(source).git("rev-parse", "--verify", f"{rev}^{{commit}}")
        self.git("fetch", "--quiet", "--no-tags", f"file://{source.resolve()}", commit)
        return commit

    def checkout(self, rev: str) -> None:
        """Put the work tree on a branch or, detached, on a commit."""
        self.git("checkout", "--quiet", "--force", rev)

    def tip(self, ref: str = "HEAD") -> str:
        """The commit a ref is on, "" where there is none."""
        try:
            return self.git("rev-parse", "--quiet", "--verify", f"{ref}^{{commit}}")
        except GitError:
            return ""


SCRATCH = "refs/gate-demo/scratch"


def _fast_import(plan: CommitPlan, mark: int) -> str:
    parents = plan.parents or ((f":{mark - 1}",) if mark > 1 else ())
    committer, committed_at = plan.committer or plan.author, plan.committed_at or plan.at
    lines = [
        f"reset {SCRATCH}\n\n" if not parents else "",
        f"commit {SCRATCH}\nmark :{mark}\nauthor {plan.author.line(plan.at)}\n",
        f"committer {committer.line(committed_at)}\n",
        _data(plan.message + "\n"),
    ]
    lines += [f"{'merge' if n else 'from'} {parent}\n" for n, parent in enumerate(parents)]
    for name, text in (plan.files or {}).items():
        lines.append(f"D {name}\n" if text is None else f"M 100644 inline {name}\n{_data(text)}")
    return "".join([*lines, "\n"])


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def _environment(program: str) -> dict[str, str]:
    """An environment that holds nothing of the user's."""
    settings = {"GIT_CONFIG_COUNT": str(len(SETTINGS))}
    for number, (name, value) in enumerate(SETTINGS.items()):
        settings |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return settings | {
        "PATH": f"{Path(program).parent}{os.pathsep}{os.defpath}",
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
