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
from functools import cache, lru_cache
from typing import Any, Final

from gate.model import Level, Outcome
from gate.record import codec
from gate.record.dsse import MAX_ENVELOPE, PAYLOAD_TYPE, open_signed
from gate.record.grammar import Grammar, in_order
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
from gate.record.summary import NOT_REUSED, TESTED, Ended, Judged, Summary, summarise

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
        return self.open_quickly([entry])[0] or self._slowly(entry)

    def read(self, entry: bytes) -> Summary:
        """The record of an entry, its signature and its key not asked.

        Raises what ``parse_statement`` raises, and what ``open_signed`` does for no envelope.
        """
        found = self.read_quickly([entry])[0]
        if found is not None:
            return found
        parts = _parts(entry)
        payload = open_signed(entry, self._signers)[0] if parts is None else parts[0]
        return summarise(parse_statement(payload))

    def open_quickly(self, entries: Sequence[bytes]) -> list[Summary | None]:
        """The records of entries, as ``open`` does; None for each that is left to ``open``.

        All of them take each step together: then its code and tables are at hand in the processor.
        """
        parts = [_parts(entry) for entry in entries]
        parts = [one if one and self._is_signed(*one) else None for one in parts]
        found = _read_all([one and one[0] for one in parts])
        for keyid in {one[1] for one in parts if one}:
            times = {
                n: record.at
                for n, (one, record) in enumerate(zip(parts, found, strict=True))
                if one and one[1] == keyid and record is not None
            }
            if times and not self._in_time(keyid, min(times.values()), max(times.values())):
                for n, at in times.items():
                    found[n] = found[n] if self._in_time(keyid, at, at) else None
        return found

    def read_quickly(self, entries: Sequence[bytes]) -> list[Summary | None]:
        """The records of entries, as ``read`` does; None for each that is left to ``read``."""
        return _read_all([one and one[0] for one in map(_parts, entries)])

    def _is_signed(self, payload: bytes, keyid: bytes, signature: bytes) -> bool:
        key = self._keys.get(keyid)
        if key is None:
            return False
        try:
            key.verify(signature, b"%b%d %b" % (_PAE, len(payload), payload))
        except self._invalid:
            return False
        return True

    def _in_time(self, keyid: bytes, first: str, last: str) -> bool:
        """Whether one period of the key holds both times, and so all times between them."""
        ends = datetime.fromisoformat(first), datetime.fromisoformat(last)
        return any(all(map(one.valid_at, ends)) for one in self._periods[keyid])

    def _slowly(self, entry: bytes) -> Summary:
        return summarise(open_record(entry, self._signers)[0])


def signer_of(entry: bytes) -> bytes:
    """The id of the key that signed an entry which is an envelope in its one spelling."""
    start = len(entry) - _TAIL + len(_MIDDLE)
    return entry[start : start + 64]


def _parts(entry: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Payload, key id and signature of an envelope in its one spelling; None for anything else."""
    cut = len(entry) - _TAIL
    if not len(_HEAD) < cut <= MAX_ENVELOPE - _TAIL:
        return None
    if not (entry.startswith(_HEAD) and entry.endswith(_END)):
        return None
    keyid = _signer(entry[cut : cut + _SIG])
    payload = _decoded(entry[len(_HEAD) : cut])
    signature = _decoded(entry[cut + _SIG : -len(_END)])
    if keyid is None or payload is None or signature is None or len(signature) != 64:
        return None
    return payload, keyid, signature


@lru_cache(256)
def _signer(middle: bytes) -> bytes | None:
    """The key id in what stands between payload and signature; None for anything else."""
    if middle.startswith(_MIDDLE) and middle.endswith(_SIGNATURE):
        return middle[len(_MIDDLE) : -len(_SIGNATURE)]
    return None


def _decoded(text: bytes) -> bytes | None:
    """The bytes that canonical base64 spells; None for any other text.

    Decoding skips what is no base64 and stops at padding, and then gives less than the text's
    length promises. Only the last four characters can have spare bits.
    """
    try:
        data = a2b_base64(text)
    except Error:
        return None
    padding = _padding(text[-4:])
    return data if padding >= 0 and 4 * (len(data) + padding) == 3 * len(text) else None


@lru_cache(1 << 10)  # payloads end alike, and of signatures only four bits stand there
def _padding(last: bytes) -> int:
    """How much padding there is in the last four characters; -1 for another spelling of them."""
    try:
        return last.count(b"=") if b2a_base64(a2b_base64(last), newline=False) == last else -1
    except Error:
        return -1


def read_quickly(payload: bytes) -> Summary | None:
    """The record that a payload spells; None where only the reader can tell."""
    return _read_all([payload])[0]


def _read_all(payloads: Sequence[bytes | None]) -> list[Summary | None]:
    """The records that payloads spell; None where only the reader can tell, and for None."""
    decisions, outcomes = _forms()
    texts = [None if one is None else _text(one) for one in payloads]
    judged = [None if one is None else decisions.match(one) for one in texts]
    ended = [
        outcomes.match(one) if one is not None and parts is None else None
        for one, parts in zip(texts, judged, strict=True)
    ]
    return [
        (_outcome(end) if end is not None else None) if parts is None else _decision(parts)
        for parts, end in zip(judged, ended, strict=True)
    ]


def _text(payload: bytes) -> str | None:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return None


class _Form:
    """Statements of one kind, as a regular expression; ``wanted`` are the parts to be had.

    They are named in the order in which they stand in the text.
    """

    def __init__(self, predicate: type[Any], kind: str, wanted: Sequence[str]) -> None:
        grammar = Grammar(wanted)
        body = codec.pattern(predicate, grammar)
        artifact = codec.pattern(ArtifactSubject, Grammar())
        whole = re.compile(
            rf'\{{"_type":"{re.escape(STATEMENT)}","predicate":{body},"predicateType":"{kind}",'
            r'"subject":\[\{"digest":\{"gitCommit":(?P=commit)\},"name":(?P=repository)\}'
            rf"(?P<artifacts>(?:,{artifact})*+)\]\}}"
        )
        if [*whole.groupindex] != [*(one.replace(".", "_") for one in wanted), "artifacts"]:
            raise TypeError(f"{predicate}: its parts stand in another order: {whole.groupindex}")
        self._match = whole.fullmatch
        self._artifact = re.compile(artifact)
        groups = whole.groupindex
        self._orders = [
            (order, groups[order.within.replace(".", "_")] if order.within else 0)
            for order in grammar.orders()
        ]
        self._texts = [wanted.index(one) for one in grammar.texts]

    def match(self, text: str) -> tuple[Any, ...] | None:
        """The parts wanted, as text (None: in a part that is not there); None: no match.

        The last one is no part: the artifacts.
        """
        match = self._match(text)
        if match is None:
            return None
        for order, within in self._orders:
            if not order.holds(match[within]):
                return None
        parts = match.groups()
        for at in self._texts:
            if not in_order(parts[at]):
                return None
        if parts[-1]:
            each = self._artifact.findall(parts[-1])
            if len(each) != len(set(each)):
                return None
        return parts


_OF_DECISIONS = (
    *("at", "change.base", "change.release_refs", "change.start", "commit", "controls", "decision"),
    *("environment", "evidence", "given"),
    *("history.base", "history.here", "history.tested", "history.tickets"),
    *("judged_at.root", "judged_at.size", "labels", "prior.deployment", "prior.tickets"),
    *("replaces", "repository", "service"),
)
_OF_OUTCOMES = (
    *("at", "commit", "decision", "environment", "judged_at.root", "judged_at.size", "outcome"),
    *("prior.deployment", "prior.tickets", "repository", "service", "tickets"),
)


@cache
def _forms() -> tuple[_Form, _Form]:
    return (
        _Form(DecisionPredicate, DECISION, _OF_DECISIONS),
        _Form(OutcomePredicate, OUTCOME, _OF_OUTCOMES),
    )


_TICKET_LINK = re.compile(r'\{"id":"([^"]*)",("index":-?[0-9]+,"leaf":"[0-9a-f]+")\}')
_ANEW = re.compile(r'\{"approvedAnew":(?:null|"([^"]*)"),"id":"([^"]*)"\}')
_ARGS: Final = '{"args":'
_REUSE, _EARLIER = (
    f'"id":"{control}","level":"{Level.REQUIRE}","observed":{_ARGS}'
    for control in (NOT_REUSED, TESTED)
)
_WITHIN = re.compile(r'"environment":"([^"]*)","within":\{"milliseconds":([0-9]+)\}')
_SHA256 = re.compile(r'"sha256":"([0-9a-f]{64})"')
_ENTRY = re.compile(r'"entry":"([0-9a-f]+)"')


def _decision(parts: tuple[Any, ...]) -> Summary:
    at, base, refs, start, commit, controls, decision, environment, evidence, given, *rest = parts
    said, here, tested, terms, root, size, _, prior, tickets, replaces, _, service, named = rest
    told = Judged(
        decision[1:-1],
        said,
        here,
        base or "",
        "" if start is None or start == "null" else start[1:-1],
        refs is not None and refs != "[]" and refs[0] == "[",
        () if terms == "[]" else tuple([(one, when) for when, one in _ANEW.findall(terms)]),
        _counted_on(controls, _REUSE),
        _tested(tested) if _counted_on(controls, _EARLIER) else None,
        "" if replaces == "null" else _ENTRY.findall(replaces)[0],
        evidence[1:-1],
    )
    return Summary(
        "decision",
        at[1:-1],
        service[1:-1],
        environment[1:-1],
        commit[1:-1],
        tuple(dict.fromkeys(given.split('"')[3::12])) if given[0] == "[" else (),
        int(size),
        root[1:-1],
        prior,
        _ticket_links(tickets),
        told,
        _digests(named),
    )


@cache
def _observed() -> re.Pattern[str]:
    return re.compile(rf'{codec.pattern(MessagePart, Grammar())},"outcome":"(?!{Outcome.WAIVED}")')


def _counted_on(controls: str, required: str) -> bool:
    """Whether a control was required and not waived.

    Arguments hold no object with "args" in it: what ``required`` finds is a control.
    """
    at = controls.find(required)
    while at >= 0:
        if _observed().match(controls, at + len(required) - len(_ARGS)):
            return True
        at = controls.find(required, at + 1)
    return False


def _tested(text: str | None) -> tuple[str, int]:
    """As ``summary`` has it, of what the record went by."""
    found = None if text is None else _WITHIN.search(text)
    return ("", 0) if found is None else (found[1], int(found[2]))


def _digests(artifacts: str) -> tuple[str, ...]:
    return tuple(_SHA256.findall(artifacts)) if artifacts else ()


def _outcome(parts: tuple[Any, ...]) -> Summary:
    at, commit, of, environment, root, size, outcome, prior, linked, _, service, *rest = parts
    tickets, artifacts = rest
    return Summary(
        "outcome",
        at[1:-1],
        service[1:-1],
        environment[1:-1],
        commit[1:-1],
        tuple(tickets.split('"')[1::2]),
        int(size),
        root[1:-1],
        prior,
        _ticket_links(linked),
        Ended(of, outcome[1:-1]),
        _digests(artifacts),
    )


def _ticket_links(text: str) -> tuple[tuple[str, str], ...]:
    if text == "[]":
        return ()
    return tuple([(one, f"{{{link}}}") for one, link in _TICKET_LINK.findall(text)])
