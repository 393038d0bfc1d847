"""Jenkins: what its environment claims of the build.

Jenkins gives no time of the build to a job. A pipeline can hand it along, by
``GATE_PIPELINE_STARTED = "${currentBuild.startTimeInMillis}"`` in its ``environment``: a claim, as
all of this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gate.ci.variables import NAME, NUMBER, optional, repository_url, required
from gate.errors import UsageError
from gate.model import COMMIT_ID, RunClaim

CI = "Jenkins"
STARTED = "GATE_PIPELINE_STARTED"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"[1-9][0-9]{11,13}")  # from 1973 to 2286 and a bit beyond
_GIT_URL = re.compile(r"GIT_URL(_[1-9][0-9]*)?")
_MARKS = frozenset({"JENKINS_HOME", "JENKINS_NODE_COOKIE", "HUDSON_URL"})


def claim(environ: Mapping[str, str]) -> RunClaim | None:
    """The build by its variables; None where neither JENKINS_URL nor a build of Jenkins shows.

    JENKINS_URL is set only where an administrator configured it. With several checkouts the git
    plugin numbers their URLs and one GIT_COMMIT stands for none of them: repository and commit then
    stay empty, for the options to tell.
    """
    built_here = "BUILD_NUMBER" in environ and not _MARKS.isdisjoint(environ)
    if "JENKINS_URL" not in environ and not built_here:
        return None
    number = required(environ, CI, "BUILD_NUMBER", NUMBER, "the number of the build")
    job = required(environ, CI, "JOB_NAME", NAME, "the name of the job")
    optional(environ, CI, "JENKINS_URL", NAME, "the URL of the Jenkins controller")
    repositories = {
        repository_url(name, required(environ, CI, name, NAME, "a repository's address"))
        for name in sorted(environ)
        if _GIT_URL.fullmatch(name)
    }
    several = len(repositories) > 1
    repository = "" if several else "".join(repositories)
    branch = optional(environ, CI, "GIT_BRANCH", NAME, "the name of a branch")
    commit = optional(environ, CI, "GIT_COMMIT", COMMIT_ID, "a full commit id in hex")
    return RunClaim(
        ci="jenkins",
        id=f"{job}#{number}",
        url=optional(environ, CI, "BUILD_URL", NAME, "the URL of the build"),
        repository=repository,
        ref=f"refs/heads/{branch.removeprefix('origin/')}" if branch and not several else "",
        commit="" if several else commit,
        actor=optional(environ, CI, "BUILD_USER_ID", NAME, "a user's id"),
        created_at=_started(environ),
    )


def _started(environ: Mapping[str, str]) -> datetime | None:
    text = environ.get(STARTED)
    if text is None:
        return None
    if not _MILLISECONDS.fullmatch(text):
        raise UsageError(
            f"{STARTED} is not a number of milliseconds since 1970",
            remedy='set it to "${currentBuild.startTimeInMillis}" in the Jenkinsfile, or unset it',
        )
    return _EPOCH + timedelta(milliseconds=int(text))
