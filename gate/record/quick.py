"""A log's records, read quickly by whoever reads them all.

``QuickReader`` opens an entry as ``statement.open_record`` does, and takes of it only what the rest
of the log is held against: a ``Summary``. What it cannot read quickly, for whatever reason,
``open_record`` reads or refuses: it alone says what is wrong.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from gate.model import DecisionKind, Level, Outcome
from gate.record import codec
from gate.record.dsse import MAX_ENVELOPE, PAYLOAD_TYPE, open_signed
from gate.record.grammar import Grammar
from gate.record.predicates import DecisionPredicate, MessagePart, OutcomePredicate
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import (
    DECISION,
    OUTCOME,
    STATEMENT,
    ArtifactSubject,
    open_record,
    parse_statement,
)
from gate.record.summary import NOT_REUSED, REVIEWED, Ended, Judged, Summary, summarise

_HEAD: Final = b'{"payload":"'
_MIDDLE: Final = b'","payloadType":"%b","signatures":[{"keyid":"' % PAYLOAD_TYPE.encode()
_SIGNATURE: Final = b'","sig":"'
_END: Final = b'"}]}'
_KEYID: Final = len(_MIDDLE) + 64
_SIG: Final = _KEYID + len(_SIGNATURE)
_TAIL: Final = _SIG + 88 + len(_END)
_PAE: Final = b"DSSEv1 %d %b " % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode())


class QuickReader:
    """Reads records by ``signers``."""

    def __init__(self, signers: TrustedSigners) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self._signers = signers
        self._invalid = InvalidSignature
        self._periods: dict[bytes, list[SignerEntry]] = {}
        for one in signers.entries:
            self._periods.setdefault(one.keyid.encode(), []).append(one)
        self._keys = {
            one.keyid.encode(): Ed25519PublicKey.from_public_bytes(one.public_key)
            for one in signers.entries
        }

    def open(self, entry: bytes) -> Summary:
        """The record of an entry, its signature and its key's period checked.

        Raises what ``open_record`` raises.
        """
        parts = _parts(entry)
        key = None if parts is None else self._keys.get(parts[1])
        if parts is None or key is None:
            return self._slowly(entry)
        payload, keyid, signature = parts
        try:
            key.verify(signature, b"%b%d %b" % (_PAE, len(payload), payload))
        except self._invalid:
            return self._slowly(entry)
        found = read_quickly(payload)
        if found is None:
            return self._slowly(entry)
        at = datetime.fromisoformat(found.at)
        for one in self._periods[keyid]:
            if one.valid_at(at):
                return found
        return self._slowly(entry)

    def read(self, entry: bytes) -> Summary:
        """The record of an entry, its signature and its key not asked.

        Raises what ``parse_statement`` raises, and what ``open_signed`` does for no envelope.
        """
        parts = _parts(entry)
        if parts is None:
            payload, _ = open_signed(entry, self._signers)  # which says why it is none
            return summarise(parse_statement(payload))
        found = read_quickly(parts[0])
        return summarise(parse_statement(parts[0])) if found is None else found

    def _slowly(self, entry: bytes) -> Summary:
        return summarise(open_record(entry, self._signers)[0])


def signer_of(entry: bytes) -> bytes:
    """The id of the key that signed an entry which is an envelope in its one spelling."""
    start = len(entry) - _TAIL + len(_MIDDLE)
    return entry[start : start + 64]


def _parts(entry: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Payload, key id and signature of an envelope in its one spelling; None for anything else."""
    cut = len(entry) - _TAIL
    if len(entry) > MAX_ENVELOPE or cut <= len(_HEAD) or not entry.startswith(_HEAD):
        return None
    tail = entry[cut:]
    if not (tail.startswith(_MIDDLE) and tail.endswith(_END)):
        return None
    if tail[_KEYID:_SIG] != _SIGNATURE:
        return None
    payload = _decoded(entry[len(_HEAD) : cut])
    signature = _decoded(tail[_SIG : -len(_END)])
    if payload is None or signature is None or len(signature) != 64:
        return None
    return payload, tail[len(_MIDDLE) : _KEYID], signature


def _decoded(text: bytes) -> bytes | None:
    """The bytes that canonical base64 spells; None for any other text.

    Decoding skips what is no base64 and stops at padding, and then gives less than the text's
    length promises. Only the last four characters can have spare bits.
    """
    last = text[-4:]
    try:
        data = a2b_base64(text)
        if b2a_base64(a2b_base64(last), newline=False) != last:
            return None
    except Error:
        return None
    return data if 4 * (len(data) + last.count(b"=")) == 3 * len(text) else None


def read_quickly(payload: bytes) -> Summary | None:
    """The record that a payload spells; None where only the reader can tell."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return None
    decisions, outcomes = _forms()
    parts = decisions.match(text)
    if parts is not None:  # an emergency has more to tell, and is seldom
        return None if parts[_DECISION] == f'"{DecisionKind.EMERGENCY}"' else _decision(parts)
    parts = outcomes.match(text)
    return None if parts is None else _outcome(parts)


class _Form:
    """Statements of one kind, as a regular expression; ``wanted`` are the parts to be had."""

    def __init__(self, predicate: type[Any], kind: str, wanted: Sequence[str]) -> None:
        grammar = Grammar(wanted)
        body = codec.pattern(predicate, grammar)
        artifact = codec.pattern(ArtifactSubject, Grammar())
        whole = re.compile(
            rf'\{{"_type":"{re.escape(STATEMENT)}","predicate":{body},"predicateType":"{kind}",'
            r'"subject":\[\{"digest":\{"gitCommit":(?P=commit)\},"name":(?P=repository)\}'
            rf"(?P<artifacts>(?:,{artifact})*+)\]\}}"
        )
        self._whole = whole
        self._groups = [whole.groupindex[one.replace(".", "_")] for one in wanted]
        self._artifact = re.compile(artifact)
        self._orders = grammar.orders()

    def match(self, text: str) -> tuple[Any, ...] | None:
        """The parts wanted, as text (None: in a part that is not there); None: no match."""
        match = self._whole.fullmatch(text)
        if match is None:
            return None
        for order in self._orders:
            if not order.holds(text):
                return None
        artifacts = match["artifacts"]
        if artifacts:
            each = self._artifact.findall(artifacts)
            if len(each) != len(set(each)):
                return None
        return match.group(*self._groups)


_OF_BOTH = (
    *("at", "service", "environment", "repository", "commit"),
    *("judged_at.size", "judged_at.root", "prior.deployment", "prior.tickets"),
)
_OF_DECISIONS = (
    *("given", "decision", "replaces", "evidence"),
    *("history.base.kind", "history.base.commit", "history.base.index", "history.here"),
    *("history.tickets", "controls"),
    *("change.base.kind", "change.base.commit", "change.start", "change.release_refs"),
)
_DECISION: Final = len(_OF_BOTH) + _OF_DECISIONS.index("decision")
_OF_OUTCOMES = ("tickets", "decision", "outcome")


@cache
def _forms() -> tuple[_Form, _Form]:
    return (
        _Form(DecisionPredicate, DECISION, (*_OF_BOTH, *_OF_DECISIONS)),
        _Form(OutcomePredicate, OUTCOME, (*_OF_BOTH, *_OF_OUTCOMES)),
    )


_TICKET_LINK = re.compile(r'\{"id":"([^"]*)","index":(-?[0-9]+),"leaf":"([0-9a-f]+)"\}')
_GIVEN = re.compile(r'\{"id":"([^"]*)",')
_TEXTS = re.compile(r'"([^"]*)"')
_ANEW = re.compile(r'\{"approvedAnew":(?:null|("[^"]*")),"id":"([^"]*)"\}')
_ARGS: Final = '{"args":'
_REQUIRED: Final = f'","level":"{Level.REQUIRE}","observed":{_ARGS}'
_ENTRY = re.compile(r'"entry":"([0-9a-f]+)"')


def _decision(parts: tuple[Any, ...]) -> Summary:
    given, decision, replaces, evidence, *rest = parts[len(_OF_BOTH) :]
    kind, commit, index, here, anew, controls, base, base_commit, start, refs = rest
    told = Judged(
        decision[1:-1],
        kind[1:-1],
        "" if commit == "null" else commit[1:-1],
        None if index == "null" else int(index),
        () if here == "[]" else tuple(map(int, here[1:-1].split(","))),
        "" if base is None else base[1:-1],
        "" if base_commit is None or base_commit == "null" else base_commit[1:-1],
        "" if start is None or start == "null" else start[1:-1],
        refs is not None and refs != "[]" and refs[0] == "[",
        "" if replaces == "null" else _ENTRY.findall(replaces)[0],
        evidence[1:-1],
        tuple([(one, at.strip('"')) for at, one in _ANEW.findall(anew)]) if anew != "[]" else (),
        _counts_on(controls, NOT_REUSED),
        _counts_on(controls, REVIEWED),
    )
    tickets = _GIVEN.findall(given) if given[0] == "[" else ()
    return _summary("decision", parts, tickets, told)


@cache
def _observed() -> re.Pattern[str]:
    return re.compile(rf'{codec.pattern(MessagePart, Grammar())},"outcome":"(?!{Outcome.WAIVED}")')


def _counts_on(controls: str, control: str) -> bool:
    """Whether the control was required and not waived.

    Arguments hold no object with "args" in it: what ``_REQUIRED`` ends is a control.
    """
    wanted = f'"id":"{control}{_REQUIRED}'
    at = controls.find(wanted)
    while at >= 0:
        if _observed().match(controls, at + len(wanted) - len(_ARGS)):
            return True
        at = controls.find(wanted, at + 1)
    return False


def _outcome(parts: tuple[Any, ...]) -> Summary:
    tickets, decision, outcome = parts[len(_OF_BOTH) :]
    index, leaf = _link(decision)
    told = Ended(index, leaf, outcome[1:-1])
    return _summary("outcome", parts, _TEXTS.findall(tickets), told)


def _summary(
    kind: str, parts: tuple[Any, ...], tickets: Sequence[str], told: Judged | Ended
) -> Summary:
    at, service, environment, _, commit, size, root, prior, prior_tickets = parts[: len(_OF_BOTH)]
    linked = _TICKET_LINK.findall(prior_tickets) if prior_tickets != "[]" else ()
    return Summary(
        kind,
        at[1:-1],
        service[1:-1],
        environment[1:-1],
        commit[1:-1],
        tuple(tickets),
        int(size),
        root[1:-1],
        None if prior == "null" else _link(prior),
        tuple([(one, int(index), leaf) for one, index, leaf in linked]),
        told,
    )


def _link(text: str) -> tuple[int, str]:
    """Index and leaf of ``{"index":1,"leaf":"<64 digits>"}``."""
    return int(text[9:-75]), text[-66:-2]
