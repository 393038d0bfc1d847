"""The CIs of the forges: each can be asked about a run with the forge's own token.

Jenkins is none of them: it is asked at an address and with an account of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from gate.ci import github, gitlab
from gate.frozen import dataclass
from gate.model import Maybe, Run, RunClaim

if TYPE_CHECKING:
    from gate.http import Wire

FetchRun: TypeAlias = "Callable[[Wire, str, RunClaim], Maybe[Run]]"


@dataclass(frozen=True, slots=True)
class ForgeCi:
    """The CI of a forge, which is called ``title``.

    ``token`` is what a job must be given for its run to be asked about; ``fetch_run`` asks about
    the run that is claimed, in a repository by the forge's own name for it.
    """

    title: str
    token: str
    fetch_run: FetchRun


FORGE_CIS: Mapping[str, ForgeCi] = {
    "github": ForgeCi(
        "GitHub",
        "GITHUB_TOKEN with `actions: read`",
        lambda wire, slug, run: github.fetch_run(wire, slug, run.id),
    ),
    "gitlab": ForgeCi(
        "GitLab",
        "GITLAB_TOKEN with the scope read_api",
        lambda wire, slug, run: gitlab.fetch_run(wire, slug, run.id, run.attempt),
    ),
}
