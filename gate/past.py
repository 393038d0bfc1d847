"""What is told of a deployment's past before it is judged: by the log, and by receipts of another.

Nothing is written here, and nothing is asked of a forge or of a ticket system.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from gate.config import Policy
from gate.errors import UsageError
from gate.facts.question import Question
from gate.model import Deployment, Earlier, History
from gate.place import Place

if TYPE_CHECKING:
    from gate.log.reading.view import LogView
    from gate.log.receipts.kept import Kept
    from gate.store.contract import Key


def asked_of(question: Question, policy: Policy) -> Iterable[Key]:
    """What of the log's index a judgement will need, for it to be fetched at once."""
    from gate.log.history.history import keys_asked

    about = question.deployment
    first = _first(about, policy)
    return keys_asked(about.service, about.environment, about.commit, question.tickets, first)


def require_extended(view: LogView, kept: Sequence[Kept]) -> None:
    """``InconsistentError`` where the log does not extend a head that was kept elsewhere."""
    from gate.log.receipts.kept import hold

    for one in kept:
        hold(one, view.trust.policy, view.size, view.checkpoint, view.root_at)


def read_history(
    view: LogView, deployment: Deployment, tickets: Iterable[str], policy: Policy
) -> History:
    """What the log proves of the service, the environments, the commit and the tickets."""
    from gate.log.history.history import read_history as read

    return read(
        view,
        deployment.service,
        deployment.environment,
        deployment.commit,
        tickets,
        after=_first(deployment, policy),
        artifacts=deployment.artifacts,
    )


def read_evidence(question: Question, place: Place) -> Earlier | None:
    """What receipts of another log tell of the environment that comes first; None where none need.

    Raises ``UsageError`` for what is no receipt, and for a trust folder that vouches for another
    log or is not the one that was read with the policy; ``InconsistentError`` for a receipt that
    does not verify.
    """
    about = question.deployment
    after = place.policy.environments[about.environment].after
    if after is None or not after.origin:
        return None
    from gate.log.reading.trust import load_trust
    from gate.log.receipts.elsewhere import Wanted, read_elsewhere

    trust = load_trust(place.root / after.trust, log=place.log)
    if trust.files != after.vouching:  # what was read with the policy is what its digest is of
        raise UsageError(
            f"the trust folder {after.trust} was changed while gate ran",
            remedy="run again, and let no other step of the job write there",
        )
    wanted = Wanted(after.origin, about.service, after.environment, about.commit)
    return read_elsewhere(question.evidence, trust, wanted)


def _first(deployment: Deployment, policy: Policy) -> str:
    """The environment that the policy has come first; "" for none in this log."""
    after = policy.environments[deployment.environment].after
    return "" if after is None or after.origin else after.environment
