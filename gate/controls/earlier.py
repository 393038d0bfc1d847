"""What is known of the environment that comes first, by whichever log has its records."""

from __future__ import annotations

from gate.config.types import After, Policy
from gate.controls.control import environment_of
from gate.model import Earlier, EarlierTerm, Elsewhere, Facts, History

SUCCEEDED = "succeeded"


def known_earlier(history: History, after: After) -> Earlier | None:
    """What was read of the environment that comes first, in the log that has its records."""
    earlier = history.earlier
    if earlier is None or earlier.environment != after.environment:
        return None
    return earlier if earlier.origin == after.origin else None


def earlier_term(facts: Facts, policy: Policy) -> EarlierTerm | None:
    """What tested-before goes by, for whoever judges it again; None where nothing comes first."""
    after, history = environment_of(facts, policy).after, facts.history
    if after is None:
        return None
    earlier = known_earlier(history, after) if isinstance(history, History) else None
    last = earlier.decisive(facts.deployment.artifacts) if earlier else None
    ended, elsewhere = last.ended if last else None, None
    if after.origin and last is not None and last.outcome == SUCCEEDED:
        elsewhere = Elsewhere(after.origin, last.decision, last.at)
    elif after.origin:
        elsewhere = Elsewhere(after.origin)
    return EarlierTerm(after.environment, after.within, ended, elsewhere)
