"""What the log proves of a commit in the environment that must come first.

The index names the records of a commit, and a row that is hidden there could only hide a success,
but for one case: that the success was followed by something else. So every record of that service
and environment that is newer than the newest success is read, by signed links as where the range
of commits is looked for; nothing that came after it can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.log.reading.keys import COMMIT, deployment_key
from gate.log.reading.source import HistorySource, Hit
from gate.model import PERMITTING, Artifact, Earlier, EarlierDeployment, EntryLink
from gate.record.statement import DecisionRecord, DeploymentOutcome, OutcomeRecord


def read_earlier(
    view: HistorySource,
    service: str,
    environment: str,
    commit: str,
    artifacts: tuple[Artifact, ...] = (),
) -> Earlier:
    """The finished deployments of ``commit`` there, oldest first; ``artifacts`` are today's.

    Of those that ended after the newest success with these artifacts, none is missing. Raises
    ``StoreError`` where the log cannot be read, ``InconsistentError`` where it contradicts itself.
    """
    found = {
        one.ended.index: one
        for one in _ended(view, view.find(COMMIT, commit), service, environment)
    }
    proofs = [
        index
        for index, one in found.items()
        if one.outcome == DeploymentOutcome.SUCCEEDED and one.covers(artifacts)
    ]
    if proofs:
        newer = _down_to(view, service, environment, max(proofs))
        mine = (hit for hit in newer if hit.record.commit == commit)
        found |= {one.ended.index: one for one in _ended(view, mine, service, environment)}
    return Earlier(environment, tuple(found[index] for index in sorted(found)))


def _down_to(view: HistorySource, service: str, environment: str, index: int) -> Iterator[Hit]:
    """The records of a service and environment above ``index``, newest first."""
    for hit in view.find(*deployment_key(service, environment), thorough=True):
        if hit.link.index <= index:
            return
        yield hit


def _ended(
    view: HistorySource, hits: Iterator[Hit], service: str, environment: str
) -> Iterator[EarlierDeployment]:
    """The deployments there that ``hits`` are outcomes of."""
    for hit in hits:
        record = hit.record
        if not isinstance(record, OutcomeRecord):
            continue
        if (record.service, record.environment) != (service, environment):
            continue
        decision = _decision(view, hit.link, record)
        if decision is not None:
            yield EarlierDeployment(
                record.of, hit.link, record.at, record.outcome.value, decision.artifacts
            )


def _decision(
    view: HistorySource, link: EntryLink, outcome: OutcomeRecord
) -> DecisionRecord | None:
    """The decision that an outcome names, if it stands there and permitted this deployment."""
    of = outcome.of
    if of.index >= link.index or view.link(of.index) != of:
        return None
    record, _ = view.signed_record(of.index)
    if not isinstance(record, DecisionRecord) or record.decision not in PERMITTING:
        return None
    same = (record.service, record.environment, record.commit) == (
        outcome.service,
        outcome.environment,
        outcome.commit,
    )
    return record if same else None
