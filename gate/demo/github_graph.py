"""The commits that a forge knows of one network of forks, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.demo.repository import Repository

FORMAT = "%H%x1e%T%x1e%P%x1e%an%x1e%ae%x1e%at%x1e%cn%x1e%ce%x1e%ct%x1e%B%x1d"


@dataclass(frozen=True, slots=True)
class GitCommit:
    """A commit object as git has it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: tuple[str, str, datetime]
    committer: tuple[str, str, datetime]
    message: str


class CommitGraph:
    """Commits that were ever pushed to a network; nothing that was not."""

    def __init__(self, git: Repository) -> None:
        self.git = git
        self.commits: dict[str, GitCommit] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._diffs: dict[tuple[str, str], list[tuple[str, str, int, int]]] = {}

    def take_in(self, sha: str) -> None:
        """A push brought ``sha``: from now on it and all its ancestors are known."""
        if sha in self.commits:
            return
        known = "".join(f"^{commit}\n" for commit in self.commits)
        printed = self.git.git("log", f"--format={FORMAT}", "--stdin", stdin=f"{sha}\n{known}")
        for row in printed.split("\x1d"):
            if row.strip():
                commit = _parse(row.lstrip("\n"))
                self.commits[commit.sha] = commit

    def find(self, start: str) -> str:
        """The known commit of this id or unambiguous beginning of at least 7 digits, else ""."""
        if start in self.commits:
            return start
        found = [sha for sha in self.commits if len(start) >= 7 and sha.startswith(start)]
        return found[0] if len(found) == 1 else ""

    def ancestors(self, sha: str) -> frozenset[str]:
        """The commit and everything that it stands on; nothing for ""."""
        if sha not in self._ancestors:
            seen: set[str] = set()
            todo = [sha] if sha else []
            while todo:
                commit = todo.pop()
                if commit not in seen:
                    seen.add(commit)
                    todo += self.commits[commit].parents
            self._ancestors[sha] = frozenset(seen)
        return self._ancestors[sha]

    def brought_in(self, sha: str, tip: str) -> str:
        """The oldest commit on the line of first parents from ``tip`` that contains ``sha``."""
        found = tip
        while parents := self.commits[found].parents:
            if sha not in self.ancestors(parents[0]):
                break
            found = parents[0]
        return found

    def between(self, base: str, head: str) -> tuple[str, ...]:
        """``base..head``: what head has and base has not, parents before children."""
        wanted = self.ancestors(head) - self.ancestors(base)
        return tuple(self._ordered(head, wanted))

    def _ordered(self, head: str, wanted: frozenset[str]) -> Iterator[str]:
        done: set[str] = set()
        todo = [head] if head in wanted else []
        while todo:
            commit = todo[-1]
            waiting = [
                parent
                for parent in self.commits[commit].parents
                if parent in wanted and parent not in done
            ]
            if waiting:
                todo.append(waiting[0])
            else:
                todo.pop()
                if commit not in done:
                    done.add(commit)
                    yield commit

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor, "" where there is none."""
        common = self.ancestors(one) & self.ancestors(other)
        below = {parent for sha in common for parent in self.commits[sha].parents}
        return min(common - below, default="")

    def diff(self, base: str, head: str) -> list[tuple[str, str, int, int]]:
        """Files that differ: name, "added", "removed" or "modified", lines added, removed."""
        if (base, head) not in self._diffs:
            empty = self.git.git("hash-object", "-t", "tree", "--stdin", stdin="")
            printed = self.git.git(
                "diff", "--no-renames", "--raw", "--numstat", base or empty, head
            )
            self._diffs[base, head] = _diff_rows(printed)
        return self._diffs[base, head]


def _parse(row: str) -> GitCommit:
    sha, tree, parents, *people, message = row.split("\x1e")
    who = [
        (name, email, datetime.fromtimestamp(int(at), UTC))
        for name, email, at in (people[:3], people[3:])
    ]
    return GitCommit(sha, tree, tuple(parents.split()), who[0], who[1], message.rstrip("\n"))


def _diff_rows(printed: str) -> list[tuple[str, str, int, int]]:
    words = {"A": "added", "D": "removed"}
    kinds: dict[str, str] = {}
    rows: list[tuple[str, str, int, int]] = []
    for line in printed.splitlines():
        first, _, name = line.rpartition("\t")
        if line.startswith(":"):
            kinds[name] = words.get(first[-1], "modified")
        else:
            added, removed = (int(n) if n != "-" else 0 for n in first.split("\t"))
            rows.append((name, kinds[name], added, removed))
    return rows
