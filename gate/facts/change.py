"""The change: the range of commits that the log demands, or a wider one, never a narrower."""

from __future__ import annotations

from dataclasses import replace

from gate.config import Service
from gate.errors import UsageError
from gate.facts.opened import Forge
from gate.facts.question import Question
from gate.model import Base, BaseKind, Change, History, Maybe, Problem


def fetch_change(
    forge: Forge, service: Service, question: Question, history: Maybe[History]
) -> Maybe[Change]:
    """The change, with the merges that the local clone can make anew."""
    from gate.forges.remerge import with_remerged
    from gate.forges.trees import with_trees

    change = _ranged(forge, service, question, history)
    if isinstance(change, Problem):
        return change
    told = with_trees(change, question.checkout, question.environ)
    return with_remerged(told, question.checkout, question.environ)


def _ranged(
    forge: Forge, service: Service, question: Question, history: Maybe[History]
) -> Maybe[Change]:
    """The range that the log demands, or with ``--base`` a wider one, never a narrower."""
    if isinstance(history, Problem):
        return history
    head = question.deployment.commit
    change = forge.fetch_change(service, head, history.base)
    if not question.base or isinstance(change, Problem):
        return change
    wide = forge.fetch_change(
        service, head, Base(BaseKind.WIDENED, question.base, history.base.index)
    )
    if isinstance(wide, Problem):
        return wide
    if isinstance(change.commits, Problem) or isinstance(wide.commits, Problem):
        return (
            replace(wide, commits=change.commits) if isinstance(change.commits, Problem) else wide
        )
    missing = {c.sha for c in change.commits} - {c.sha for c in wide.commits}
    if missing:
        raise UsageError(
            f"--base {question.base[:12]} leaves out {len(missing)} commits that the log says are "
            f"not deployed to {question.deployment.environment} yet",
            remedy="leave --base away, or name an older commit: it can only widen the range",
        )
    return wide
