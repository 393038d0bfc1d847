"""Merging pull requests anew in the local clone, to compare with what was merged.

Commits are named by the hash of what they hold, so wherever they came from, the merge of two of
them is what it is. It is made in an empty repository of its own that only borrows the clone's
objects: neither the clone's configuration, which may name programs to merge with, nor its
attributes are read, and nothing is written to it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from gate.forges.git_process import GitFailureError, GitProcess
from gate.model import COMMIT_ID, Change, Commit, Maybe, Problem, ProblemKind, PullRequest

MOST = 50  # merges made anew; each is a process
_DEEPEN = (
    "check out the whole history, with the branches of its pull requests (fetch-depth: 0 on "
    "GitHub, GIT_DEPTH: 0 on GitLab)"
)
_NEW_GIT = "install git 2.38 or newer where gate runs"
_PLAIN = (
    *("-c", "merge.renames=true"),
    *("-c", "merge.directoryRenames=conflict"),
    *("-c", "merge.renormalize=false"),
    *("-c", "core.attributesFile="),
)


def with_remerged(change: Change, checkout: Path, environ: Mapping[str, str]) -> Change:
    """The change, each pull request that needs it with what merging it anew gives.

    None needs it whose head holds what it was merged onto: its merge holds what its head does.
    Where the forge does not tell what a merge holds, the clone does.
    """
    if isinstance(change.pull_requests, Problem) or isinstance(change.commits, Problem):
        return change
    commits = {commit.sha: commit for commit in change.commits}
    wanted = {
        pull.number: (onto, pull.head_sha)
        for pull in change.pull_requests
        if (onto := _needed(pull, commits))
    }
    merges = {pull.merge_sha for pull in change.pull_requests}
    untold = {commit.sha for commit in change.commits if commit.sha in merges and not commit.tree}
    if not wanted and not untold:
        return change
    made, told = _asked(wanted, untold, checkout, environ)
    return replace(
        change,
        commits=tuple(
            replace(commit, tree=told[commit.sha]) if commit.sha in told else commit
            for commit in change.commits
        ),
        pull_requests=tuple(
            replace(pull, remerged=made[pull.number]) if pull.number in made else pull
            for pull in change.pull_requests
        ),
    )


def _needed(pull: PullRequest, commits: Mapping[str, Commit]) -> str:
    """What it must be merged onto anew; "" where it need not, or where that is not known."""
    onto = "" if pull.merge_sha == pull.head_sha else pull.onto(commits)
    head = pull.on_top_of(onto, commits)
    return "" if head is not None and head.tree else onto


def _asked(
    wanted: Mapping[int, tuple[str, str]],
    untold: Collection[str],
    checkout: Path,
    environ: Mapping[str, str],
) -> tuple[Mapping[int, Maybe[str]], Mapping[str, str]]:
    """The trees of merges made anew, by number, and those of merges that were made, by commit."""
    if len(wanted) > MOST:
        cause = f"{len(wanted)} merges would have to be made anew, more than the {MOST} gate makes"
        return dict.fromkeys(wanted, _problem(cause, "deploy more often: smaller changes")), {}
    some = next(iter(untold), "") or next(iter(wanted.values()))[0]
    try:
        objects = _objects(GitProcess(checkout, environ))
        with tempfile.TemporaryDirectory(prefix="gate-merge-") as scratch:
            git = GitProcess(Path(scratch), environ, borrowed=objects)
            _begin(git, some)
            made = {number: _merged(git, *pair) for number, pair in wanted.items()}
            trees = {sha: _tree(git, sha) for sha in untold}
    except GitFailureError as error:
        return dict.fromkeys(wanted, _problem(error.cause, error.remedy)), {}
    except OSError:
        cause = "no folder for a merge could be made"
        return dict.fromkeys(wanted, _problem(cause, "look at the disk, and at TMPDIR")), {}
    return made, {sha: tree for sha, tree in trees.items() if tree}


def _tree(git: GitProcess, sha: str) -> str:
    """What a commit holds; "" where the clone has it not."""
    if not COMMIT_ID.fullmatch(sha):
        return ""
    answer = git.run("rev-parse", "--verify", "--quiet", f"{sha}^{{tree}}")
    found = answer.out.decode("ascii", "replace").strip()
    return found if answer.code == 0 and COMMIT_ID.fullmatch(found) else ""


def _objects(clone: GitProcess) -> Path:
    """The clone's folder of objects; its history must be whole, or merges have other bases."""
    shallow = clone.run("rev-parse", "--is-shallow-repository")
    if shallow.code != 0:
        raise GitFailureError("there is no git repository here to merge in", _DEEPEN)
    if shallow.out.strip() != b"false":
        raise GitFailureError("the clone here is shallow, so no merge can be made anew", _DEEPEN)
    place = clone.run("rev-parse", "--path-format=absolute", "--git-path", "objects")
    path = place.out.decode("utf-8", "surrogateescape").removesuffix("\n")
    if place.code != 0 or not path or any(letter in path for letter in ':"\n'):
        raise GitFailureError(
            "the clone's objects cannot be borrowed from where they are", _NEW_GIT
        )
    return Path(path)


def _begin(git: GitProcess, commit: str) -> None:
    form = "sha256" if len(commit) > 40 else "sha1"
    made = git.run("init", "--quiet", "--bare", "--template=", f"--object-format={form}", ".")
    if made.code != 0:
        raise GitFailureError("git could not make a repository to merge in", _NEW_GIT)


def _merged(git: GitProcess, onto: str, head: str) -> Maybe[str]:
    """The tree of merging ``head`` onto ``onto``; "" where that conflicts."""
    if not (COMMIT_ID.fullmatch(onto) and COMMIT_ID.fullmatch(head)):
        return _problem("the forge names commits by no ids", "run gate again")
    for sha in (onto, head):
        if git.run("cat-file", "-e", f"{sha}^{{commit}}").code != 0:
            return _problem(f"{sha[:12]} is not in the clone here", _DEEPEN)
    answer = git.run(*_PLAIN, "merge-tree", "--write-tree", "--no-messages", onto, head)
    first = answer.out.decode("ascii", "replace").partition("\n")[0]
    if answer.code in {0, 1} and COMMIT_ID.fullmatch(first):
        return first if answer.code == 0 else ""
    return _problem("git could not merge anew", f"{_DEEPEN}; {_NEW_GIT}")


def _problem(cause: str, remedy: str) -> Problem:
    return Problem(ProblemKind.LOCAL, "git", "merge-tree --write-tree", cause, remedy)
