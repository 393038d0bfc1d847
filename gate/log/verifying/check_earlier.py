"""What decisions counted on elsewhere: that their commit had succeeded in another environment.

All that the log says of a commit comes from the scratch files in its order, so what ended before a
decision was met before it. Whether an outcome is one of a deployment that was permitted,
``check_history`` says of the environment that it belongs to.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gate.log.history.standing import has_succeeded
from gate.log.verifying.facts import EARLIER, EarlierFact
from gate.log.verifying.findings import HISTORY, Findings
from gate.log.verifying.scope import Scope
from gate.model import Artifact, Earlier, EarlierDeployment, EntryLink


def check_earlier(scope: Scope, part: int, findings: Findings) -> None:
    """Check all decisions on the commits in ``part`` that counted on a success elsewhere."""
    ended: dict[tuple[str, str, str], list[EarlierFact]] = {}
    for fact in scope.scratch.facts(EARLIER, scope.chunks, part):
        there = ended.setdefault((fact.service, fact.commit, fact.environment), [])
        if fact.outcome:
            there.append(fact)
            continue
        earlier = Earlier(fact.environment, tuple(_deployment(one) for one in there))
        last = earlier.decisive(_artifacts(fact.artifacts))
        limit = timedelta(milliseconds=fact.within)
        if not has_succeeded(last, datetime.fromisoformat(fact.at), limit):
            what = f"permits what had not succeeded in {fact.environment!a} before it"
            entry = f"entry {fact.place}"
            findings.fault("history", entry, f"{entry} {what}", (fact.place, HISTORY))


def _deployment(fact: EarlierFact) -> EarlierDeployment:
    """An outcome as it was left; of which decision it is, nobody asks here."""
    link, at = EntryLink(fact.place, ""), datetime.fromisoformat(fact.at)
    return EarlierDeployment(link, link, at, fact.outcome, _artifacts(fact.artifacts))


def _artifacts(digests: tuple[str, ...]) -> tuple[Artifact, ...]:
    return tuple(Artifact("", digest) for digest in digests)
