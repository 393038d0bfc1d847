"""Finding out which CI runs us.

Absent means: not this CI. Present but broken is an error that names the variable, never a reason to
look further, so that a damaged environment cannot pass for a plain shell.
"""

from __future__ import annotations

from collections.abc import Mapping

from gate.ci import github, gitlab, jenkins, shell
from gate.errors import UsageError
from gate.model import RunClaim

_TOLD_BY = {
    "github": "GITHUB_ACTIONS",
    "gitlab": "GITLAB_CI",
    "jenkins": "JENKINS_URL, BUILD_NUMBER",
}


def detect(environ: Mapping[str, str]) -> RunClaim:
    """What the environment claims of the run: GitHub Actions, GitLab CI, Jenkins, else a shell.

    Raises UsageError for a variable that is broken, and where several CIs claim the job: no order
    among them would be right, as the identity of the run hangs on it.
    """
    found = [
        claim
        for claim in (github.claim(environ), gitlab.claim(environ), jenkins.claim(environ))
        if claim is not None
    ]
    if len(found) > 1:
        marks = " and ".join(_TOLD_BY[claim.ci] for claim in found)
        raise UsageError(
            f"several CI systems claim this job: {marks} are set",
            remedy="unset the variables of the one that does not run it",
        )
    return found[0] if found else shell.claim(environ)
