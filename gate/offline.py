"""Emergencies while the log is down: judged without it, kept on the disk, appended afterwards.

Only where the policy says ``emergency.offline``, and only what then is an emergency: anything else
stays blocked. So does what a log forbids that can be read, and only not be written. What needs the
log is deferred; the range is that of a first deployment, since nothing tells a base. The review
judges the range that the log tells once it is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gate.config import Policy
from gate.config.secrets import Secrets
from gate.deploy import Judged, append_entry, check, judge, write_record
from gate.errors import InconsistentError, UsageError
from gate.facts.question import Question
from gate.frozen import dataclass
from gate.model import PERMITTING, Base, BaseKind, DecisionKind, History, Now, Problem
from gate.place import Keys, Place, open_disclosures, open_keys, open_store

if TYPE_CHECKING:
    from gate.log.receipts.kept import Kept
    from gate.log.writing.append import Appended
    from gate.log.writing.owed import Owed

UNREAD = History(0, sha256().hexdigest(), Base(BaseKind.FIRST, "", None), offline=True)
"""What is known of a log that cannot be read: what it held before its first entry."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """An emergency that goes on, and whose record waits at ``path``."""

    judged: Judged
    path: Path


def may_go_on(question: Question, policy: Policy) -> bool:
    """Whether an emergency was declared, and may go on without the log."""
    rules = policy.environments[question.deployment.environment].emergency
    return question.emergency is not None and rules is not None and rules.offline


def judge_offline(question: Question, place: Place, secrets: Secrets, now: Now) -> Judged | None:
    """The decision without the log; None where it is no emergency, and so stays blocked."""

    def past(_: Iterable[str]) -> History:
        return UNREAD

    judged, _ = judge(question, place.policy, secrets, past, now)
    return judged if judged.decision.kind is DecisionKind.EMERGENCY else None


def enforce_offline(
    question: Question,
    place: Place,
    secrets: Secrets,
    now: Now,
    folder: Path,
    kept: Sequence[Kept] = (),
) -> Spooled | None:
    """Judge without the log, and have the record last in ``folder``; None where it stays blocked.

    A log that cannot be written may be read: what it knows is not forgotten. ``kept`` is as for
    ``deploy.check``, which raises ``InconsistentError`` of them. Raises ``UsageError`` for keys
    that are missing or not the trusted ones, ``StoreError`` where the folder cannot be written.
    """
    from gate.log.writing.owed import Owed, keep

    keys = open_keys(place, secrets, now())
    known = check(question, place, secrets, now, kept)
    if not isinstance(known.facts.history, Problem) and known.decision.kind not in PERMITTING:
        return None
    judged = judge_offline(question, place, secrets, now)
    if judged is None:
        return None
    written = write_record(judged, place, keys.signer, UNREAD, secrets)
    owed = Owed(folder, written.entry, written.evidence, written.disclosure.to_json())
    return Spooled(judged, keep(owed))


def settle(place: Place, secrets: Secrets, now: Now, folder: Path) -> Iterator[Appended]:
    """Append what waits in ``folder``, one after the other, and delete it there.

    Raises ``InconsistentError`` for what no trusted key signed or does not hold together,
    ``UsageError`` for a record of another kind, and what ``deploy.enforce`` raises of keys and log.
    """
    from gate.log.writing.owed import forget, read_owed

    keys = open_keys(place, secrets, now())
    for owed in read_owed(folder):
        _require_owed(owed, keys)
        store = open_store(place, keys.trust)
        store.put_evidence(sha256(owed.evidence).hexdigest(), owed.evidence)
        open_disclosures(place).put(owed.digest, owed.disclosure)
        appended = append_entry(place, store, keys, owed.entry, now)
        yield appended
        forget(owed)


def _require_owed(owed: Owed, keys: Keys) -> None:
    from gate.record.statement import DecisionRecord, open_record
    from gate.record.summary import is_spooled

    record, _ = open_record(owed.entry, keys.trust.signers)
    if not isinstance(record, DecisionRecord) or not is_spooled(record):
        raise UsageError(
            f"{owed.digest} is not the record of an emergency that went on while the log was down",
            remedy="put into the folder only what gate left there",
        )
    if sha256(owed.evidence).hexdigest() != record.predicate.evidence:
        raise InconsistentError(f"the evidence of {owed.digest} is not what its record names")
