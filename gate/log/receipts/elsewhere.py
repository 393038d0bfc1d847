"""What receipts of another log tell of the environment that must come first.

Each is verified offline, by the trust folder that the policy names for that log. Together a receipt
of a decision and one of its outcome prove that a deployment was permitted and how it ended. They
prove presence and nothing else: what that log recorded afterwards is not in them
(``docs/decisions/0025-receipts-as-evidence.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.log.reading.trust import Trust
from gate.log.receipts.receipt import Receipt, read_receipt, verify_receipt
from gate.model import PERMITTING, Earlier, EarlierDeployment, EntryLink
from gate.record.statement import DecisionRecord, OutcomeRecord, Record
from gate.tlog.checkpoint import parse_checkpoint
from gate.tlog.errors import QuorumError
from gate.tlog.note import parse_note

AT_MOST = 20  # receipts; a decision and its outcome are two


@dataclass(frozen=True, slots=True)
class Wanted:
    """What receipts are wanted of: the log ``origin``, and in it a commit's deployments."""

    origin: str
    service: str
    environment: str
    commit: str


def read_elsewhere(paths: Iterable[Path], trust: Trust, wanted: Wanted) -> Earlier:
    """The deployments that the receipts at ``paths`` tell of, by ``trust``.

    Raises ``UsageError`` where ``trust`` vouches for another log, and for what is no receipt;
    ``InconsistentError`` for a receipt that does not verify, and for two that contradict another.
    """
    if trust.policy.log.name != wanted.origin:
        raise UsageError(
            f"after.trust vouches for {trust.policy.log.name!a}, and after.origin is "
            f"{wanted.origin!a}",
            remedy="correct one of them in gate.toml",
        )
    receipts = [_read(path) for path in dict.fromkeys(paths)]
    if len(receipts) > AT_MOST:
        raise UsageError(f"--evidence is given {len(receipts)} times; at most {AT_MOST} are read")
    proved: dict[EntryLink, Record] = {}
    unfit = []
    heads = _Heads()
    for receipt in receipts:
        if _origin(receipt) != wanted.origin:
            unfit.append("one is of another log")
            continue
        try:
            record = verify_receipt(receipt, trust)
        except QuorumError:
            unfit.append(f"too few witnesses cosigned the head of entry {receipt.link.index}")
            continue
        heads.add(receipt)
        proved[receipt.link] = record
    found = tuple(sorted(_ended(proved, wanted), key=lambda one: one.ended.index))
    unfit += _unfit(proved, wanted, found)
    return Earlier(wanted.environment, found, wanted.origin, tuple(unfit))


class _Heads:
    """What the receipts say of the one log, which is never two things."""

    def __init__(self) -> None:
        self._roots: dict[int, bytes] = {}
        self._leaves: dict[int, str] = {}

    def add(self, receipt: Receipt) -> None:
        """``InconsistentError`` if another receipt has another entry there, or another root."""
        checkpoint = parse_checkpoint(parse_note(receipt.proof.checkpoint).text)
        root = self._roots.setdefault(checkpoint.size, checkpoint.root)
        leaf = self._leaves.setdefault(receipt.link.index, receipt.link.leaf)
        if (root, leaf) != (checkpoint.root, receipt.link.leaf):
            raise InconsistentError(
                f"two receipts of {checkpoint.origin} contradict each other: that log was forked",
                remedy="keep both receipts, and ask whoever runs that log",
            )


def _read(path: Path) -> Receipt:
    try:
        return read_receipt(path)
    except InconsistentError as error:  # in form alone: nothing was verified yet
        raise UsageError(
            f"--evidence {path} is no receipt: {error.message}",
            remedy="give NAME.tlog-proof, with NAME.dsse.json beside it",
        ) from None


def _origin(receipt: Receipt) -> str:
    """Which log a receipt says that it is of; nothing of it is verified."""
    return receipt.proof.checkpoint.decode("utf-8", "replace").partition("\n")[0]


def _ended(proved: dict[EntryLink, Record], wanted: Wanted) -> Iterator[EarlierDeployment]:
    """The wanted deployments, by an outcome whose decision is at hand too, permitted, before it."""
    for link, record in proved.items():
        if not isinstance(record, OutcomeRecord) or not _is_wanted(record, wanted):
            continue
        decision = proved.get(record.of)
        if (
            isinstance(decision, DecisionRecord)
            and decision.decision in PERMITTING
            and _is_wanted(decision, wanted)
            and record.of.index < link.index
        ):
            outcome = record.outcome.value
            yield EarlierDeployment(record.of, link, record.at, outcome, decision.artifacts)


def _is_wanted(record: DecisionRecord | OutcomeRecord, wanted: Wanted) -> bool:
    found = record.service, record.environment, record.commit
    return found == (wanted.service, wanted.environment, wanted.commit)


def _unfit(
    proved: dict[EntryLink, Record], wanted: Wanted, found: tuple[EarlierDeployment, ...]
) -> Iterator[str]:
    """Why each receipt that is part of no deployment found is not."""
    used = {link for one in found for link in (one.decision, one.ended)}
    for link, record in sorted(proved.items(), key=lambda one: one[0].index):
        if link not in used:
            yield f"entry {link.index} is {_what(link, record, proved, wanted)}"


def _what(link: EntryLink, record: Record, proved: dict[EntryLink, Record], wanted: Wanted) -> str:
    if not isinstance(record, DecisionRecord | OutcomeRecord):
        return "neither a decision nor an outcome"
    for what in ("service", "environment", "commit"):
        if getattr(record, what) != getattr(wanted, what):
            return f"of another {what}"
    if isinstance(record, DecisionRecord):
        if record.decision not in PERMITTING:
            return f"a decision that permits nothing ({record.decision})"
        return "a decision without the receipt of its outcome"
    if record.of in proved or record.of.index >= link.index:
        return "the outcome of what was not permitted before it"
    return f"an outcome without the receipt of its decision, entry {record.of.index}"
