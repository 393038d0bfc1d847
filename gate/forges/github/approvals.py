"""Who let a run's deployment into GitHub's environment: ``GET …/actions/runs/{run_id}/approvals``.

GitHub tells neither when somebody decided nor in which attempt of the run (that the list is of all
attempts is inferred). So in a run's first attempt an approval was given after the run was created;
in a later one nothing tells an approval of this attempt from an old one. A rejection is never
withdrawn: its run is over, and another run is asked for anew.
"""

from __future__ import annotations

from gate.forges.github.asking import Asking
from gate.forges.talk import Flow, every_page, incomplete
from gate.frozen import dataclass
from gate.http.document import Document
from gate.http.github import account
from gate.model import Account, Approval, Maybe, Problem, Run, Verdict

SOURCE = "environment"
_VERDICTS = {"approved": Verdict.APPROVED, "rejected": Verdict.DECLINED}
_KNOWN = frozenset({*_VERDICTS, "pending"})  # pending: somebody only wrote a comment


@dataclass(frozen=True, slots=True)
class Row:
    """One answer of a person, on one or several environments. None: a deleted account."""

    state: str
    environments: tuple[str, ...]
    account: Account | None


def decided(source: Asking, run: Run, environment: str) -> Flow[Maybe[tuple[Approval, ...]]]:
    """What people decided on the run's deployment to ``environment``, in GitHub's order.

    The name must be the same to the letter for an approval. GitHub itself ignores case, so for a
    rejection it may differ.
    """
    ask = source.at("actions", "runs", run.id, "approvals")
    rows = yield from every_page(source.talk, ask, row)
    if isinstance(rows, Problem):
        return rows
    if not all(each.state in _KNOWN for each in rows):
        return incomplete(ask, "a decision has a state that gate does not know", "upgrade gate")
    return tuple(
        _approval(number, each, run)
        for number, each in enumerate(rows)
        if each.state in _VERDICTS and _is_of(each, environment)
    )


def _is_of(each: Row, environment: str) -> bool:
    if _VERDICTS[each.state] is Verdict.APPROVED:
        return environment in each.environments
    return environment.casefold() in {name.casefold() for name in each.environments}


def _approval(number: int, each: Row, run: Run) -> Approval:
    return Approval(
        account=each.account,
        verdict=_VERDICTS[each.state],
        decided_at=None,
        source=SOURCE,
        id=str(number),
        latest_possible=True,
        commit=run.head_sha,
        not_before=run.created_at if run.attempt == 1 else None,
    )


def row(found: Document) -> Row:
    """A row of the list."""
    user = found.find("user")
    return Row(
        state=found["state"].text(),
        environments=tuple(each["name"].text() for each in found["environments"].each()),
        account=None if user is None else account(user),
    )
