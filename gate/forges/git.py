"""The local clone, where no forge can be asked: the commits it holds, and what it can only claim.

Commits are named by the hash of their content, so base..head is what it is; authors, branches and
remotes are whatever somebody wrote. Git knows no pushes, pull requests or server times.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gate.config.types import Service
from gate.errors import UsageError
from gate.forges import refs
from gate.forges.git_parse import GitFormatError, parse_batch, without_credentials
from gate.forges.git_process import GitFailureError, GitProcess
from gate.model import (
    COMMIT_ID,
    Base,
    Change,
    ClockReading,
    Commit,
    ForgeDeployment,
    Maybe,
    Problem,
    ProblemKind,
)

_TOKEN = "set GITHUB_TOKEN so that the forge can be asked"  # noqa: S105 prose, not a token
_DEEPEN = "fetch the whole history: actions/checkout with fetch-depth: 0, or git fetch --unshallow"
ORIGIN = "refs/remotes/origin/"
MOST_COMMITS = 20_000  # a longer range is a wrong base


class GitReader:
    """Reads the clone at ``path``. ``environ`` gives PATH and HOME to git, nothing else of it.

    ``head`` and ``resolve`` raise UsageError; whatever else goes wrong is a ``Problem``.
    """

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._git = GitProcess(path, environ)

    # ---------------------------------------------------------------- the clone

    def head(self) -> str:
        """The commit that is checked out, detached or not, as a full object id."""
        try:
            found = self._commit_id("HEAD")
            if found is None:
                self._demand_repository()
        except GitFailureError as error:
            raise UsageError(error.cause, remedy=error.remedy) from None
        if found is None:
            raise UsageError(
                "the git repository here has no commit yet", remedy="name one with --commit"
            )
        return found

    def resolve(self, rev: str) -> str:
        """The full object id of the commit that a revision means here."""
        try:
            found = self._commit_id(rev)
            if found is None:
                self._demand_repository()
        except GitFailureError as error:
            raise UsageError(error.cause, remedy=error.remedy) from None
        if found is None:
            remedy = "give a full commit id, or fetch the commit first"
            raise UsageError("no such commit in the git repository here", remedy=remedy)
        return found

    def origin(self) -> str:
        """The URL of the remote "origin" without credentials, "" if there is none. A claim."""
        try:
            answer = self._git.run("config", "--local", "--get", "remote.origin.url")
        except GitFailureError:
            return ""
        return without_credentials(answer.out.decode("utf-8", "replace").strip())

    # ---------------------------------------------------------------- the change

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """base..head as far as the clone knows; what it cannot know is a Problem of kind CLAIM."""
        try:
            commits, ancestor = self._range(base, head)
            return Change(
                repository=service.repository,
                base=base,
                head=head,
                base_is_ancestor=ancestor,
                commits=commits,
                pull_requests=_claim("pull requests", "git knows no pull requests"),
                direct_pushes=_claim("pushes", "git knows neither pushes nor their times"),
                push_of={},
                release_refs=self._release_refs(service, head),
                in_repository=_claim(
                    "repository", "a clone may hold commits that its repository does not"
                ),
            )
        except (GitFailureError, GitFormatError) as error:
            return _problem(error, f"{base.commit[:12] or 'first'}..{head[:12]}")

    def _range(self, base: Base, head: str) -> tuple[Maybe[tuple[Commit, ...]], bool]:
        """The commits that head has and base has not; and whether base is an ancestor of head."""
        if not base.commit:
            self._demand_commit(head, "the commit to deploy")
            cause = "nothing was deployed here before, and git does not know what was pushed last"
            return _claim("first range", cause), True
        ours, theirs = self._apart(base.commit, head)
        cuts = self._shallow()
        if theirs and cuts:
            raise GitFailureError("the clone is shallow, so ancestry cannot be told", _DEEPEN)
        if base.commit == head:
            found = _incomplete(
                "range", "base and head are the same commit", "give an older --base"
            )
            return found, True
        if len(ours) + len(theirs) > MOST_COMMITS:
            cause = f"more than {MOST_COMMITS} commits lie between base and head"
            is_ancestor = self._git.run("merge-base", "--is-ancestor", base.commit, head).code == 0
            return _incomplete("range", cause, "check the base"), is_ancestor
        if cuts & set(ours):
            cause = "the clone is shallow and ends inside the range"
            return _incomplete("range", cause, _DEEPEN), not theirs
        return self._commits(base.commit, head, ours), not theirs

    def _apart(self, base: str, head: str) -> tuple[list[str], list[str]]:
        """What only head has, oldest first, and what only base has; cut short where it is long.

        Of both git tells in one process. Where it fails, one of them is not there.
        """
        limit = f"--max-count={MOST_COMMITS + 1}"
        if COMMIT_ID.fullmatch(base) and COMMIT_ID.fullmatch(head):
            span = ("--left-right", "--topo-order", "--reverse", limit, "--end-of-options")
            answer = self._git.run("rev-list", *span, f"{head}...{base}")
            if answer.code == 0:
                lines = answer.out.decode("ascii", "replace").splitlines()
                sides = {side: [li[1:] for li in lines if li[0] == side] for side in "<>"}
                return sides["<"], sides[">"]
        self._demand_commit(head, "the commit to deploy")
        self._demand_commit(base, "the base commit")
        raise GitFailureError("git could not compare base and head", "run git fsck")

    def _commits(self, base: str, head: str, listed: list[str]) -> tuple[Commit, ...]:
        """The range, read. Base is read with it: that it is a commit, and by its own id."""
        given = "".join(f"{sha}\n" for sha in (*listed, base)).encode()
        commits = parse_batch(self._git.run("cat-file", "--batch", given=given).out)
        if [commit.sha for commit in commits] != [*listed, base]:
            raise GitFormatError("git cat-file gave other commits than git rev-list")
        if listed and listed[-1] != head:
            raise GitFormatError("git rev-list does not end at the commit to deploy")
        return commits[:-1]  # none where head lies behind base, which base_is_ancestor tells

    def _release_refs(self, service: Service, head: str) -> Maybe[tuple[str, ...]]:
        """A local branch can be moved by anyone, so even a hit is only a claim."""
        places = ("refs/heads", "refs/tags", ORIGIN)
        listed = self._lines("for-each-ref", "--format=%(refname)", f"--contains={head}", *places)
        named = (
            refs.HEADS + ref.removeprefix(ORIGIN) if ref.startswith(ORIGIN) else ref
            for ref in listed
        )
        hits = [ref for ref in named if refs.matches_any(service.release_refs, ref)]
        seen = "some" if hits else "none"
        cause = f"{seen} of the clone's refs that match contain the commit, but it can be any clone"
        return _claim("release refs", cause)

    # ---------------------------------------------------------------- what a forge would know

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """Always a Problem: git lists no deployments."""
        del service, environment, commit
        return _claim("deployments", "git lists no deployments")

    def clocks(self) -> tuple[ClockReading, ...]:
        """None: no service was asked."""
        return ()

    def requests(self) -> tuple[()]:
        """None: no service was asked."""
        return ()

    def close(self) -> None:
        """Nothing is held open."""

    # ---------------------------------------------------------------- asking git

    def _demand_repository(self) -> None:
        """Why nothing was found: GitFailureError where there is nothing to find it in.

        Asked afterwards, since each git process costs as much as a fiftieth of a whole command.
        """
        answer = self._git.run("rev-parse", "--git-dir")
        if answer.code == 0:
            return
        if "dubious ownership" in answer.error:  # git before 2.38: GitProcess says why
            raise GitFailureError(
                "git refuses this repository because somebody else owns its files",
                "git config --global --add safe.directory with its path",
            )
        raise GitFailureError(
            "this is not a git repository", "run gate in the checkout, or give --commit in full"
        )

    def _demand_commit(self, sha: str, what: str) -> None:
        if COMMIT_ID.fullmatch(sha) and self._commit_id(sha) == sha:
            return
        self._demand_repository()
        if self._shallow():
            raise GitFailureError(f"{what} is not in this shallow clone", _DEEPEN)
        raise GitFailureError(
            f"{what} is not in the git repository here", "fetch it, or check the id for a typo"
        )

    def _commit_id(self, rev: str) -> str | None:
        if not rev or "\0" in rev or "\n" in rev:
            return None
        # rev-parse would echo the option that guards it, so the guard is this one.
        answer = self._git.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", rev + "^{commit}"
        )
        found = answer.out.decode("ascii", "replace").strip().splitlines()
        sha = found[-1] if answer.code == 0 and found else ""
        return sha if COMMIT_ID.fullmatch(sha) else None

    def _shallow(self) -> frozenset[str]:
        """The commits at which the clone's history was cut off."""
        place = self._git.run("rev-parse", "--path-format=absolute", "--git-path", "shallow")
        try:
            text = Path(place.out.decode("utf-8", "surrogateescape").strip()).read_text("ascii")
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError):
            raise GitFailureError("the clone's list of cuts is unreadable", _DEEPEN) from None
        return frozenset(text.split())

    def _lines(self, *arguments: str) -> list[str]:
        answer = self._git.run(*arguments)
        if answer.code != 0:
            raise GitFailureError(
                f"git {arguments[0]} failed", "run git fsck; the clone may be damaged or partial"
            )
        return answer.out.decode("utf-8", "surrogateescape").splitlines()


def _claim(request: str, cause: str) -> Problem:
    return Problem(ProblemKind.CLAIM, "git", request, cause, _TOKEN)


def _incomplete(request: str, cause: str, remedy: str) -> Problem:
    return Problem(ProblemKind.INCOMPLETE, "git", request, cause, remedy)


def _problem(error: GitFailureError | GitFormatError, request: str) -> Problem:
    if isinstance(error, GitFormatError):
        remedy = "run git fsck; the clone may be damaged or partial"
        return Problem(ProblemKind.LOCAL, "git", request, str(error), remedy)
    kind = ProblemKind.INCOMPLETE if error.remedy == _DEEPEN else ProblemKind.LOCAL
    return Problem(kind, "git", request, error.cause, error.remedy)
