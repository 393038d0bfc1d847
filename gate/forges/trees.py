"""What commits hold, read from the local clone where the forge does not tell (GitLab's REST API).

A commit's id is the hash of the commit, the id of its tree in it. So bytes that hash to the id are
the commit, wherever they came from, and the clone need not be believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from gate.forges.git_parse import GitFormatError, parse_commit
from gate.forges.git_process import GitFailureError, GitProcess
from gate.model import COMMIT_ID, Change, Commit, Problem


def with_trees(change: Change, checkout: Path, environ: Mapping[str, str]) -> Change:
    """The change, each commit that lacks its tree with it, as far as the clone has the commit."""
    if isinstance(change.commits, Problem) or isinstance(change.pull_requests, Problem):
        return change
    own = [c for p in change.pull_requests if not isinstance(p.commits, Problem) for c in p.commits]
    lacking = {commit.sha for commit in (*change.commits, *own) if not commit.tree}
    if not lacking:
        return change
    trees = _trees(sorted(lacking), checkout, environ)

    def told(commits: Iterable[Commit]) -> tuple[Commit, ...]:
        return tuple(replace(c, tree=c.tree or trees.get(c.sha, "")) for c in commits)

    return replace(
        change,
        commits=told(change.commits),
        pull_requests=tuple(
            pull if isinstance(pull.commits, Problem) else replace(pull, commits=told(pull.commits))
            for pull in change.pull_requests
        ),
    )


def _trees(ids: list[str], checkout: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    asked = "".join(f"{sha}\n" for sha in ids if COMMIT_ID.fullmatch(sha)).encode()
    try:
        answer = GitProcess(checkout, environ).run("cat-file", "--batch", given=asked)
    except GitFailureError:  # no git, or no clone: the trees stay unknown, and controls say so
        return {}
    return dict(_read(answer.out)) if answer.code == 0 else {}


def _read(data: bytes) -> Iterable[tuple[str, str]]:
    """Ids and trees in the output of ``git cat-file --batch``; what is missing is left out."""
    at = 0
    while at < len(data):
        line, _, rest = data[at:].partition(b"\n")
        words = line.decode("ascii", "replace").split(" ")
        at += len(line) + 1
        if len(words) != 3 or not words[2].isdecimal():
            continue
        raw = rest[: int(words[2])]
        at += int(words[2]) + 1
        tree = tree_of(words[0], raw)
        if tree:
            yield words[0], tree


def tree_of(sha: str, raw: bytes) -> str:
    """The tree of a commit by its bytes; "" where these are not the commit of that id."""
    algorithm = "sha256" if len(sha) == 64 else "sha1"
    found = hashlib.new(algorithm, b"commit %d\0" % len(raw) + raw, usedforsecurity=False)
    if found.hexdigest() != sha:
        return ""
    try:
        tree = parse_commit(sha, raw).tree
    except GitFormatError:
        return ""
    return tree if COMMIT_ID.fullmatch(tree) else ""
