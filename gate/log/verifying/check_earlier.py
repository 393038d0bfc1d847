"""What decisions counted on elsewhere: that their commit had succeeded in another environment.

All that the log says of a commit comes from the scratch files in its order, so what ended before a
decision was met before it. Whether an outcome is one of a deployment that was permitted,
``check_history`` says of the environment that it belongs to.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gate.log.history.standing import has_succeeded
from gate.log.verifying.check_records import EARLIER
from gate.log.verifying.findings import HISTORY, Findings
from gate.log.verifying.scope import Scope
from gate.model import Artifact, Earlier, EarlierDeployment, EntryLink


def check_earlier(scope: Scope, part: int, findings: Findings) -> None:
    """Check all decisions on the commits in ``part`` that counted on a success elsewhere."""
    ended: dict[tuple[str, str, str], list[tuple[int, str, str, tuple[str, ...]]]] = {}
    for fact in scope.scratch.facts(EARLIER, scope.chunks, part):
        index, service, commit, environment, at, outcome, digests, within = fact
        there = ended.setdefault((service, commit, environment), [])
        if outcome:
            there.append((index, at, outcome, digests))
            continue
        earlier = Earlier(environment, tuple(_deployment(*one) for one in there))
        last = earlier.decisive(_artifacts(digests))
        limit = timedelta(milliseconds=within)
        if not has_succeeded(last, datetime.fromisoformat(at), limit):
            what = f"permits what had not succeeded in {environment!a} before it"
            place = f"entry {index}"
            findings.fault("history", place, f"{place} {what}", (index, HISTORY))


def _deployment(index: int, at: str, outcome: str, digests: tuple[str, ...]) -> EarlierDeployment:
    """An outcome as it was left; of which decision it is, nobody asks here."""
    link = EntryLink(index, "")
    return EarlierDeployment(link, link, datetime.fromisoformat(at), outcome, _artifacts(digests))


def _artifacts(digests: tuple[str, ...]) -> tuple[Artifact, ...]:
    return tuple(Artifact("", digest) for digest in digests)
