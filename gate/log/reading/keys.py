"""What a record is found by in the index, and which of it a record's ``prior`` vouches for.

======================  ==========================================================
("deployment", s LF e)  decisions, outcomes and reviews of service s and environment e
("ticket", id)          those that name the change request ``id``
("commit", sha)         those of a commit
("digest", sha256)      the entry with this digest, or the denial logged instead of it
======================  ==========================================================

Names hold no control characters, so the line feed divides without doubt. ``prior`` links lead from
a record to the newest one before it of its deployment key and of each of its ticket keys.
"""

from __future__ import annotations

import base64
import itertools
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

from gate.errors import InconsistentError
from gate.frozen import dataclass
from gate.model import DecisionKind, EntryLink
from gate.record.canonical import encode
from gate.record.dsse import MAX_PAYLOAD
from gate.record.shapes import read_quickly
from gate.record.statement import (
    REVIEW,
    DecisionRecord,
    OutcomeRecord,
    Record,
    ReviewRecord,
    parse_statement,
)
from gate.record.summary import Judged, Summary, summarise
from gate.store.contract import DIGEST, IndexRow, Key, token

DEPLOYMENT: Final = "deployment"
TICKET: Final = "ticket"
COMMIT: Final = "commit"

OF_DEPLOYMENTS: Final = (DecisionRecord, OutcomeRecord, ReviewRecord)
"""The records that belong to a service, an environment and a commit."""

OfDeployment: TypeAlias = DecisionRecord | OutcomeRecord | ReviewRecord

QUICK_FROM: Final = 250

_DECIDED = b'"decision":' + encode(DecisionKind.EMERGENCY.value)
_REVIEW = encode(REVIEW)
_FRAME = b'{"payload":"'  # how the canonical envelope begins
_summaries = itertools.count()  # made by this process so far


def deployment_key(service: str, environment: str) -> Key:
    """The key of a service and environment."""
    return DEPLOYMENT, f"{service}\n{environment}"


def keys_of(record: Record) -> tuple[Key, ...]:
    """Everything ``record`` is found by."""
    if not isinstance(record, OF_DEPLOYMENTS):
        return ()
    return (
        deployment_key(record.service, record.environment),
        (COMMIT, record.commit),
        *((TICKET, ticket) for ticket in record.tickets),
    )


def row_of(index: int, entry: bytes) -> IndexRow:
    """The index's row for an entry, its signature not checked.

    Raises ``InconsistentError`` for an entry that is no record.
    """
    tokens = tokens_of(_summary(payload_of(entry)), sha256(entry).hexdigest())
    return IndexRow(index, tuple(sorted(tokens)))


def tokens_of(summary: Summary, digest: str) -> set[bytes]:
    """What the index holds of an entry with this digest (SHA-256, hex) and summary."""
    if summary.told is None:
        return {token(DIGEST, digest)}
    _, _, service, environment, commit, tickets, *_ = summary
    told = summary.told
    tokens = {token(DIGEST, digest), *_deployment_tokens(service, environment, commit, tickets)}
    if isinstance(told, Judged) and told.replaces:
        tokens.add(token(DIGEST, told.replaces))
    return tokens


@lru_cache(1 << 14)  # a decision's come again with its outcome
def _deployment_tokens(
    service: str, environment: str, commit: str, tickets: tuple[str, ...]
) -> tuple[bytes, ...]:
    deployment = _token(*deployment_key(service, environment))
    return deployment, token(COMMIT, commit), *[token(TICKET, ticket) for ticket in tickets]


_token = lru_cache(1 << 10)(token)


def _summary(payload: bytes) -> Summary:
    """The summary of the record in ``payload``. Raises ``InconsistentError``.

    The quick reader's forms take as long to make as the strict reader takes for ``QUICK_FROM``
    records, and most processes want the rows of a few.
    """
    found = None
    if next(_summaries) >= QUICK_FROM and len(payload) <= MAX_PAYLOAD:
        found = read_quickly(payload)
    return summarise(parse_statement(payload)) if found is None else found


def replaced_by(record: Record) -> str:
    """The digest (hex) of the entry in whose place ``record`` stands as a denial; "" for none."""
    replaces = record.predicate.replaces if isinstance(record, DecisionRecord) else None
    return "" if replaces is None else replaces.entry


def payload_of(entry: bytes) -> bytes:
    """The payload in an entry whose bytes the log's own head vouches for.

    The record's signature is not checked: enough to see whether the entry concerns somebody, not to
    believe it. Raises ``InconsistentError`` for what is no envelope: a log holds nothing else.
    """
    payload, quote, _ = entry.removeprefix(_FRAME).partition(b'"')
    try:
        if quote and entry.startswith(_FRAME):
            return base64.b64decode(payload, validate=True)
    except ValueError:
        pass
    raise InconsistentError("record: not a DSSE envelope in its canonical form")


def peek(entry: bytes) -> Record:
    """The record in an entry, its signature not checked. Raises ``InconsistentError``."""
    return parse_statement(payload_of(entry))


def might_have(payload: bytes, key: Key) -> bool:
    """Whether the record in ``payload`` could have ``key``; False is certain.

    A record is canonical JSON, so what it says it says in these very bytes. This takes a fiftieth
    of the time that parsing takes, and most entries concern somebody else.
    """
    return all(needle in payload for needle in _needles(key))


@lru_cache(maxsize=64)
def _needles(key: Key) -> tuple[bytes, ...]:
    kind, value = key
    if kind != DEPLOYMENT:
        return (encode(value),)
    service, _, environment = value.partition("\n")
    return b'"service":' + encode(service), b'"environment":' + encode(environment)


def tells_of_emergencies(record: Record, service: str) -> bool:
    """Whether it is an emergency of the service, or a review of one."""
    if isinstance(record, DecisionRecord):
        return record.service == service and record.decision is DecisionKind.EMERGENCY
    return isinstance(record, ReviewRecord) and record.service == service


def might_tell_of_emergencies(payload: bytes, service: str) -> bool:
    """Whether the record in ``payload`` could be one; False is certain, as of ``might_have``."""
    return (_DECIDED in payload or _REVIEW in payload) and encode(service) in payload


@dataclass(frozen=True, slots=True)
class Prior:
    """What a record says came before it under one key: ``link``, or nothing.

    It speaks of the entries before ``below``; of those from there up to itself it says nothing.
    """

    link: EntryLink | None
    below: int


def prior_of(record: Record, key: Key) -> Prior | None:
    """What ``record`` says of ``key``; None where it says nothing of it."""
    if not isinstance(record, OF_DEPLOYMENTS) or key not in keys_of(record):
        return None
    if key[0] not in {DEPLOYMENT, TICKET}:
        return None
    prior, below = record.prior, record.judged_at.size
    if key[0] == DEPLOYMENT:
        newest = prior.deployment
        return Prior(EntryLink(newest.index, newest.leaf) if newest else None, below)
    for ticket in prior.tickets:
        if ticket.id == key[1]:
            return Prior(EntryLink(ticket.index, ticket.leaf), below)
    return Prior(None, below)
