"""Statements told by their shape: what of a payload a log's readers want, by one expression.

The expression follows from the annotations of the predicates (``grammar``). What it does not match
may still be a statement: ``statement.parse_statement`` has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from gate.model import DecisionKind, Level, Outcome
from gate.record import codec
from gate.record.grammar import Grammar, in_order
from gate.record.predicates import DecisionPredicate, MessagePart, OutcomePredicate
from gate.record.statement import DECISION, OUTCOME, STATEMENT, ArtifactSubject
from gate.record.summary import NOT_REUSED, REVIEWED, TESTED, Ended, Judged, Summary


def read_quickly(payload: bytes) -> Summary | None:
    """The record that a payload spells; None where only the reader can tell."""
    return read_all([payload])[0]


def read_all(payloads: Sequence[bytes | None]) -> list[Summary | None]:
    """The records that payloads spell; None where only the reader can tell, and for None."""
    decisions, outcomes = _shapes()
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
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if any(one in text for one in _SELDOM) else text


_SELDOM: Final = (
    f'"decision":"{DecisionKind.EMERGENCY}"',
    '"emergencies":[',
    '"elsewhere":{',
)
"""What has more to tell than is taken here: emergencies, whatever lists some that are open, and
what was told by receipts of another log."""


class _Shape:
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
            if not order.holds(match[within] or ""):
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
def _shapes() -> tuple[_Shape, _Shape]:
    return (
        _Shape(DecisionPredicate, DECISION, _OF_DECISIONS),
        _Shape(OutcomePredicate, OUTCOME, _OF_OUTCOMES),
    )


_TICKET_LINK = re.compile(r'\{"id":"([^"]*)",("index":-?[0-9]+,"leaf":"[0-9a-f]+")\}')
_ANEW = re.compile(r'\{"approvedAnew":(?:null|"([^"]*)"),"id":"([^"]*)"\}')
_ARGS: Final = '{"args":'
_REUSE, _EARLIER, _REVIEW = (
    f'"id":"{control}","level":"{Level.REQUIRE}","observed":{_ARGS}'
    for control in (NOT_REUSED, TESTED, REVIEWED)
)
_WITHIN = re.compile(r'"environment":"([^"]*)","within":\{"milliseconds":(-?[0-9]+)\}')
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
        _counted_on(controls, _REVIEW),
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
    """Of the tickets' links, each ticket and the link without it."""
    if text == "[]":
        return ()
    return tuple([(one, f"{{{link}}}") for one, link in _TICKET_LINK.findall(text)])
