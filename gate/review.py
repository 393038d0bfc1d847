"""The review of an emergency: what was deployed, approved afterwards, read live and recorded.

The emergency's own record and disclosure say what was deployed, over which range, and by whom. The
tickets and the change are read as they are now, and judged by the same controls with later
approvals alone (``controls.afterwards``). Every attempt is recorded; one that finds an approval
settles the emergency for the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate import __version__
from gate.config import Policy
from gate.config.secrets import Secrets
from gate.deploy import append_entry
from gate.errors import FindingError, InconsistentError, UndeterminedError, UsageError
from gate.facts.gather import Gathered, gather
from gate.facts.question import Question
from gate.frozen import dataclass
from gate.model import (
    Account,
    Base,
    Decision,
    DecisionKind,
    Deployment,
    EntryLink,
    Facts,
    History,
    Now,
    PinState,
    Run,
    RunClaim,
    Verdict,
)
from gate.place import Place, open_disclosures, open_keys, open_store, open_view
from gate.policy import evaluate_review

if TYPE_CHECKING:
    from gate.log.reading.view import LogView
    from gate.log.writing.append import Appended
    from gate.record.disclosure import Disclosure
    from gate.record.predicates import DecisionPredicate
    from gate.record.signer import RecordSigner
    from gate.record.statement import DecisionRecord
    from gate.store.contract import Store

REVIEWED_RUN = "reviewed"  # stands for an id that only the record's label tells


@dataclass(frozen=True, slots=True)
class Asked:
    """Which emergency: the place of its record, or of its receipt.

    ``checkout``, ``environ`` and ``pin`` are as for ``facts.Question``.
    """

    index: int | None
    receipt: Path | None
    checkout: Path
    environ: Mapping[str, str]
    pin: PinState


@dataclass(frozen=True, slots=True)
class Emergency:
    """The emergency under review, opened: with who deployed it, and nothing spilled."""

    link: EntryLink
    record: DecisionRecord
    predicate: DecisionPredicate
    deployer: Account

    @property
    def unapproved(self) -> Mapping[str, bool]:
        """Of each ticket, whether its record shows that nobody had approved it then."""
        from gate.record.predicates import Spilled, TicketFact, Unknown

        tickets = self.predicate.tickets
        return {
            ticket.fact.key: not isinstance(ticket.fact.approvals, Unknown)
            and all(one.verdict is not Verdict.APPROVED for one in ticket.fact.approvals)
            for ticket in (() if isinstance(tickets, Spilled) else tickets)
            if isinstance(ticket.fact, TicketFact)
        }


@dataclass(frozen=True, slots=True)
class Review:
    """What a review came to. ``appended`` is its record; None where it was settled before."""

    emergency: EntryLink
    decision: Decision | None
    late: bool
    gathered: Gathered | None
    appended: Appended | None


def review(asked: Asked, place: Place, secrets: Secrets, now: Now) -> Review:
    """Judge whether the emergency was approved afterwards, and append what that came to.

    Raises ``FindingError`` where there is nothing to review, ``UndeterminedError`` where nobody can
    tell any more who deployed, ``UsageError`` where the policy no longer has service and
    environment, and what ``deploy.enforce`` raises of keys and log.
    """
    from gate.log.history.history import read_history

    keys = open_keys(place, secrets, now())
    store = open_store(place, keys.trust)
    view = open_view(place, keys.trust, store, quorum=False)
    link, record = _find(asked, view)
    _require_listed(record, place.policy)
    about = (record.service, record.environment, record.commit, record.tickets)
    history = read_history(view, *about)
    if link not in {each.link for each in history.emergencies}:
        return Review(link, None, late=False, gathered=None, appended=None)
    emergency = _open(link, record, view, place)
    judged = _as_judged(history, emergency, view)
    gathered = gather(_question(asked, record), place.policy, secrets, judged)
    facts = _of_its_run(gathered.facts, emergency)
    decision = evaluate_review(facts, place.policy, now(), record.at, emergency.unapproved)
    entry = _record(facts, decision, emergency, place, keys.signer, store, history, secrets)
    appended = append_entry(place, store, keys, entry, now)
    late = decision.at > record.review_by
    return Review(link, decision, late=late, gathered=gathered, appended=appended)


def _find(asked: Asked, view: LogView) -> tuple[EntryLink, DecisionRecord]:
    from gate.log.receipts.receipt import read_receipt, verify_receipt
    from gate.record.statement import DecisionRecord

    if asked.receipt is not None:
        receipt = read_receipt(asked.receipt)
        link, record = receipt.link, verify_receipt(receipt, view.trust)
        if link.index >= view.size or view.link(link.index) != link:
            raise InconsistentError(
                f"the receipt's record is not entry {link.index} of {view.url}",
                remedy="give the receipt of a decision in this log",
            )
    else:
        index = asked.index or 0
        if not 0 <= index < view.size:
            raise UsageError(f"{view.url} has {view.size} entries, and none at {index}")
        link, record = view.link(index), view.record(index)
    if not isinstance(record, DecisionRecord) or record.decision is not DecisionKind.EMERGENCY:
        raise FindingError(
            f"entry {link.index} is no emergency, so there is nothing to review",
            remedy="gate log show lists the records of the log with what they decided",
        )
    return link, record


def _require_listed(record: DecisionRecord, policy: Policy) -> None:
    service = policy.services.get(record.service)
    if service is None or record.environment not in policy.environments:
        raise UsageError(
            f"the policy no longer lists {record.service} and {record.environment} together",
            remedy="review with a policy that has both; it says who may approve",
        )
    if service.repository != record.repository:
        raise UsageError(
            f"the policy says that {record.service} is {service.repository}; the emergency was of "
            f"{record.repository}",
            remedy="review with a policy that names the repository of then",
        )


def _open(link: EntryLink, record: DecisionRecord, view: LogView, place: Place) -> Emergency:
    from gate.record.canonical import digest_of
    from gate.record.disclosure import parse_disclosure
    from gate.record.evidence import check_evidence
    from gate.record.predicates import Spilled

    bundle = view.store.read_evidence(record.predicate.evidence)
    predicate = record.predicate if bundle is None else check_evidence(record, bundle).predicate
    digest = digest_of(view.entry(link.index))
    data = open_disclosures(place).get(digest)
    if data is None or isinstance(predicate.labels, Spilled):
        raise UndeterminedError(
            f"who deployed the emergency of entry {link.index} is not known any more: its "
            f"{'disclosure' if data is None else 'evidence'} is gone",
            remedy="put it back from a copy: an approver must be somebody else than who deployed",
        )
    disclosure = parse_disclosure(data)
    disclosure.check(digest, predicate.labels, predicate.policy.sha256)
    return Emergency(link, record, predicate, _deployer(link, predicate, disclosure))


def _deployer(link: EntryLink, predicate: DecisionPredicate, opened: Disclosure) -> Account:
    """Who deployed, by the CI's API; by the job's own claim only where that was relied on."""
    from gate.controls.pipeline import DEPLOYER
    from gate.record.predicates import RunFact

    run = predicate.run
    if isinstance(run.fact, RunFact):
        actor = run.fact.actor
        accounts = () if actor is None else opened.person(actor).accounts
        found = next((one for one in accounts if one.system == run.ci), None)
    else:
        claimed = run.actor is not None and DEPLOYER in predicate.claims
        found = Account(run.ci, opened.text(run.actor)) if claimed and run.actor else None
    if found is None:
        raise UndeterminedError(
            f"the record of entry {link.index} does not tell who deployed",
            remedy="see what wrote it: a decision is an emergency only where that is known",
        )
    return found


def _question(asked: Asked, record: DecisionRecord) -> Question:
    deployment = Deployment(
        service=record.service,
        environment=record.environment,
        commit=record.commit,
        run=RunClaim("shell"),
        artifacts=record.artifacts,
    )
    return Question(deployment, record.tickets, "", asked.checkout, asked.environ, asked.pin)


def _as_judged(history: History, emergency: Emergency, view: LogView) -> History:
    """The log's history with the base of the emergency's own range.

    That is what it was judged from; but where the log could not be read then, what the log tells.
    """
    from gate.log.history.history import base_before
    from gate.record.summary import is_spooled

    record, base = emergency.record, emergency.record.history.base
    start = Base(base.kind, base.commit or "", base.index)
    if is_spooled(record):
        about = (record.service, record.environment, record.commit)
        start = base_before(view, *about, emergency.link.index)
    return replace(history, base=start)


def _of_its_run(facts: Facts, emergency: Emergency) -> Facts:
    """The facts, with the emergency's own run: its actor is the deployer."""
    from gate.record.predicates import RunFact

    record, told = emergency.record, emergency.predicate.run
    run_id = told.id if isinstance(told.id, str) and told.id else REVIEWED_RUN
    claim = RunClaim(told.ci, run_id, repository=record.repository, commit=record.commit)
    created = told.fact.created_at if isinstance(told.fact, RunFact) else record.at
    run = Run(
        ci=told.ci,
        id=run_id,
        attempt=told.fact.attempt if isinstance(told.fact, RunFact) else 1,
        repository=record.repository,
        head_sha=record.commit,
        created_at=created,
        actor=emergency.deployer,
        active=True,
    )
    return replace(facts, deployment=replace(facts.deployment, run=claim), run=run)


def _record(
    facts: Facts,
    decision: Decision,
    emergency: Emergency,
    place: Place,
    signer: RecordSigner,
    store: Store,
    history: History,
    secrets: Secrets,
) -> bytes:
    """Seal the record, and store what it points to first; returns the log entry."""
    from gate.config import public_view
    from gate.identity import People
    from gate.record.disclosure import Disclosure
    from gate.record.dsse import seal
    from gate.record.evidence import evidence_bundle, evidence_name
    from gate.record.labels import Labels
    from gate.record.predicates import PolicyReference
    from gate.record.writing import review_statement

    policy, record = place.policy, emergency.record
    refs = policy.services[record.service].release_refs
    labels = Labels(People(policy).owner, redact=secrets.redactor())
    bundle = evidence_bundle(
        facts,
        decision,
        labels=labels,
        repository=record.repository,
        release_refs=refs,
        public_policy=public_view(policy),
    )
    payload = review_statement(
        facts,
        decision,
        (emergency.link, record),
        labels=labels,
        release_refs=refs,
        policy=PolicyReference(policy.sha256, facts.pin),
        judged=history,
        evidence_sha256=evidence_name(bundle),
        gate_version=__version__,
    )
    entry = seal(payload, signer)
    disclosure = Disclosure.of(entry, labels, policy.text.decode())
    store.put_evidence(evidence_name(bundle), bundle)
    open_disclosures(place).put(disclosure.entry, disclosure.to_json())
    return entry
