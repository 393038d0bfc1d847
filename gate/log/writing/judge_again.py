"""Whether a decision still holds at its place in the log.

Between judging and committing others may append. What depends on the log's history is therefore
judged again where the record really comes to stand, from records alone; a decision that no longer
holds there is logged as a denial that names its digest.

What that is, ``standing`` says. It rests on the log that is appended to beginning with all of the
log that was judged, which is checked here.
"""

from __future__ import annotations

from datetime import datetime

from gate.errors import InconsistentError, UsageError
from gate.log.history.emergencies import is_review_of
from gate.log.history.history import read_history
from gate.log.history.standing import no_longer_holds
from gate.log.reading.key_changes import LATE
from gate.log.reading.keys import OF_DEPLOYMENTS, OfDeployment, deployment_key, replaced_by
from gate.log.reading.source import HistorySource
from gate.log.reading.trust import require_signed
from gate.log.writing.batch import Rejudge
from gate.model import PERMITTING, History, Now
from gate.record.canonical import digest_of
from gate.record.dsse import seal
from gate.record.predicates import HeadPart
from gate.record.signer import RecordSigner
from gate.record.statement import DecisionRecord, OutcomeRecord, ReviewRecord, open_record
from gate.record.writing import superseded_statement
from gate.tlog.merkle import leaf_hash


def judge_again(signer: RecordSigner, now: Now, gate_version: str) -> Rejudge:
    """The ``Rejudge`` that logs denials signed by ``signer`` for decisions that no longer hold.

    It raises ``InconsistentError`` where the log does not begin with what was judged, or has the
    record already; ``UsageError`` where its key ended a while ago, and where the denial's time,
    which is now, lies in no period of its own key.
    """

    def again(view: HistorySource, entry: bytes) -> bytes:
        record, keyid = open_record(entry, view.trust.signers)
        require_living(view, keyid, now())
        if not isinstance(record, OF_DEPLOYMENTS):
            return entry
        require_prefix(view, record.judged_at)
        require_new(view, record, entry)
        if not isinstance(record, DecisionRecord):
            require_decision(view, record)
            return entry
        if record.judged_at.size == view.size or record.decision not in PERMITTING:
            return entry
        history = _read_again(view, record)
        failed = no_longer_holds(record, history)
        if not failed:
            return entry
        payload = superseded_statement(
            digest_of(entry),
            record,
            failed,
            at=now(),
            judged=history,
            gate_version=gate_version,
        )
        denial = seal(payload, signer)
        # The clock may have left the key's period since the decision: nobody could read this.
        require_signed(view.trust, denial)
        return denial

    return again


def _read_again(view: HistorySource, record: DecisionRecord) -> History:
    """The history that a decision rests on, as it is now."""
    tested = record.history.tested
    return read_history(
        view,
        record.service,
        record.environment,
        record.commit,
        record.tickets,
        after=tested.environment if tested and tested.elsewhere is None else "",
        artifacts=record.artifacts,
    )


def require_prefix(view: HistorySource, judged: HeadPart) -> None:
    """``InconsistentError`` unless the log of ``view`` begins with the log that was judged."""
    if judged.size > view.size:
        raise InconsistentError(
            f"{view.url} has {view.size} entries and had {judged.size} a moment ago: "
            "somebody rolled it back",
            remedy="put back a copy that has all entries; every receipt and job's log holds a head",
        )
    if view.root_at(judged.size).hex() != judged.root:
        raise InconsistentError(
            f"{view.url} no longer begins with the {judged.size} entries it had a moment ago",
            remedy="somebody replaced the log: put back a copy whose root every receipt confirms",
        )


def require_living(view: HistorySource, keyid: str, now: datetime) -> None:
    """``UsageError`` if the record key ``keyid`` counts no more, and did not ``LATE`` ago.

    Records give themselves their time. Whoever has a key of long ago could leave one of that time
    waiting for an honest writer to commit.
    """
    find = view.trust.signers.find
    if find(keyid, now) is None and find(keyid, now - LATE) is None:
        raise UsageError(
            f"the record's key {keyid} does not count at {now.isoformat()}, so nothing by it is "
            "appended now",
            remedy="compare this machine's clock; if it is right, enforce again with the key that "
            "replaced it",
        )


def require_new(view: HistorySource, record: OfDeployment, entry: bytes) -> None:
    """``InconsistentError`` if the log has ``entry`` already, or a denial in its place.

    Whoever asked the index was told that it has not. If rows could be hidden, what once permitted
    or succeeded could be left waiting once more, and would be the newest word on its deployment. It
    cannot stand before the head that it was judged at, and what comes after is searched thoroughly.
    """
    if record.judged_at.size == view.size:
        return
    leaf, digest = leaf_hash(entry).hex(), digest_of(entry)
    key = deployment_key(record.service, record.environment)
    for hit in view.find(*key, thorough=True):
        if hit.link.index < record.judged_at.size:
            return
        if hit.link.leaf == leaf or replaced_by(hit.record) == digest:
            raise InconsistentError(
                f"entry {hit.link.index} of {view.url} settles this record already, and the index "
                "leaves it out",
                remedy="somebody hid a row of the index and left an old record waiting: run `gate "
                "log verify`, `gate log reindex`, and find out who",
            )


def require_decision(view: HistorySource, outcome: OutcomeRecord | ReviewRecord) -> None:
    """``InconsistentError`` unless the decision that ``outcome`` names stands where it says.

    A review's must be an emergency, and of the same service, environment and commit.
    """
    of = outcome.of
    if of.index >= view.size or view.link(of.index) != of:
        raise InconsistentError(
            f"the {outcome.kind}'s decision is not entry {of.index} of {view.url}",
            remedy="give the receipt of a decision in this log",
        )
    if isinstance(outcome, ReviewRecord):
        require_emergency(view, outcome)


def require_emergency(view: HistorySource, review: ReviewRecord) -> None:
    """``InconsistentError`` unless ``review`` is of the emergency that stands where it says."""
    if not is_review_of(review, view.signed_record(review.of.index)[0]):
        raise InconsistentError(
            f"entry {review.of.index} of {view.url} is no emergency of {review.service} in "
            f"{review.environment} at {review.commit}, which the review says that it is",
            remedy="review an emergency by its place in this log, or by its receipt",
        )
