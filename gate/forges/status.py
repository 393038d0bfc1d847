"""The status of a commit: how a forge is told what gate decided, whichever forge it is.

Not a deployment and its status: to create one starts whatever listens for deployments, also where
the decision is a denial, and one that succeeded is what the forge lists as deployed, which gate
itself reads as a fact (``docs/decisions/0026-commit-status.md``).
"""

from __future__ import annotations

from gate.frozen import dataclass


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What a commit is given.

    ``state`` is "success", "failure" or "error"; the newest of a ``context`` is shown. ``mark``
    stands in the description and in that of no other status. ``pages`` are what the status may lead
    to, the best first; ``checkpoint`` is the signed head of the log (a C2SP signed note), which
    goes along behind the ``#`` of the link. ``pipeline`` is the GitLab pipeline that runs us, ""
    for none.
    """

    state: str
    context: str
    description: str
    pages: tuple[str, ...]
    checkpoint: str
    mark: str
    pipeline: str = ""
