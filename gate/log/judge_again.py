"""Whether a decision still holds at its place in the log.

Between judging and committing others may append. What depends on the log's history is therefore
judged again where the record really comes to stand, from records alone; a decision that no longer
holds there is logged as a denial that names its digest.

What that is, ``standing`` says. It rests on the log that is appended to beginning with all of the
log that was judged, which is checked here.
"""

from __future__ import annotations

from gate.errors import InconsistentError
from gate.log.batch import Rejudge
from gate.log.history import read_history
from gate.log.source import HistorySource
from gate.log.standing import no_longer_holds
from gate.log.trust import require_signed
from gate.model import PERMITTING, Now
from gate.record.canonical import digest_of
from gate.record.dsse import seal
from gate.record.predicates import HeadPart
from gate.record.signer import RecordSigner
from gate.record.statement import DecisionRecord, OutcomeRecord, open_record
from gate.record.writing import superseded_statement


def judge_again(signer: RecordSigner, now: Now, gate_version: str) -> Rejudge:
    """The ``Rejudge`` that logs denials signed by ``signer`` for decisions that no longer hold.

    It raises ``InconsistentError`` where the log does not begin with what was judged, and
    ``UsageError`` where the denial's time, which is now, lies in no period of its key.
    """

    def again(view: HistorySource, entry: bytes) -> bytes:
        record, _ = open_record(entry, view.trust.signers)
        if not isinstance(record, DecisionRecord | OutcomeRecord):
            return entry
        require_prefix(view, record.judged_at)
        if isinstance(record, OutcomeRecord):
            require_decision(view, record)
            return entry
        if record.judged_at.size == view.size or record.decision not in PERMITTING:
            return entry
        history = read_history(
            view, record.service, record.environment, record.commit, record.tickets
        )
        failed = no_longer_holds(record, history)
        if not failed:
            return entry
        denial = seal(
            superseded_statement(
                digest_of(entry),
                record,
                failed,
                at=now(),
                judged=history,
                gate_version=gate_version,
            ),
            signer,
        )
        # The clock may have left the key's period since the decision: nobody could read this.
        require_signed(view.trust, denial)
        return denial

    return again


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


def require_decision(view: HistorySource, outcome: OutcomeRecord) -> None:
    """``InconsistentError`` unless the decision that ``outcome`` names stands where it says."""
    of = outcome.of
    if of.index >= view.size or view.link(of.index) != of:
        raise InconsistentError(
            f"the outcome's decision is not entry {of.index} of {view.url}",
            remedy="give the receipt of a decision in this log",
        )
