"""What a control is, and how findings become one judgement.

A judgement may rest on several findings: one a ticket, one a commit, one an approval. The worst
one decides (fail, then undetermined, then pass), all bad ones are told, and no finding at all is
never a pass.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from gate.config.types import Environment, Policy, Service
from gate.frozen import dataclass
from gate.model import Facts, Judgement, Level, Message, Outcome, Problem, Value

Judge: TypeAlias = Callable[[Facts, Policy, datetime], Judgement]

TOLD_AT_MOST = 4  # different findings of one control in one judgement; the rest is counted


@dataclass(frozen=True, slots=True)
class Control:
    """One named rule.

    ``criteria`` are the framework's clauses that it serves, ``needs`` the facts it reads, in words.
    ``default`` is its level where the policy names none, which may follow from what the policy says
    of the environment; its docstring says which, for readers. ``integrity`` controls cannot be
    weakened by a policy. ``demands`` and ``satisfy`` are for ``gate explain``.
    """

    id: str
    title: str
    criteria: tuple[str, ...]
    needs: tuple[str, ...]
    default: Callable[[Facts, Environment], Level]
    integrity: bool
    demands: str
    satisfy: str
    judge: Judge


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of a judgement: its outcome, what was seen and, for a non-pass, what to do."""

    outcome: Outcome
    observed: Message
    remedy: Message | None = None
    claims: tuple[str, ...] = ()


def require(_facts: Facts, _environment: Environment) -> Level:
    """Required."""
    return Level.REQUIRE


def warn(_facts: Facts, _environment: Environment) -> Level:
    """A warning: what is not right is recorded as an audit exception, and blocks nothing."""
    return Level.WARN


def say(code: str, text: str, **args: Value) -> Message:
    """A message; ``text`` is a format template over ``args``."""
    return Message(code, text, args)


def passed(observed: Message, *claims: str) -> Finding:
    """A finding that is right."""
    return Finding(Outcome.PASS, observed, None, claims)


def failed(observed: Message, remedy: Message) -> Finding:
    """A finding that is wrong."""
    return Finding(Outcome.FAIL, observed, remedy)


def undetermined(observed: Message, remedy: Message) -> Finding:
    """A finding that could not be made."""
    return Finding(Outcome.UNDETERMINED, observed, remedy)


def unavailable(problem: Problem) -> Finding:
    """A fact that could not be had, in the words of whoever asked for it.

    A cause often begins with the service ("Jira did not answer"), which is said already.
    """
    first, _, rest = problem.cause.partition(" ")
    is_said = bool(rest) and first.casefold() == problem.service.casefold()
    return undetermined(
        say(
            f"problem.{problem.kind}",
            "{service}: {cause} (asked: {request})",
            service=problem.service,
            cause=rest if is_said else problem.cause,
            request=problem.request,
        ),
        say(f"problem.{problem.kind}.remedy", "{remedy}", remedy=problem.remedy),
    )


def conclude(expected: Message, findings: Iterable[Finding]) -> Judgement:
    """One judgement of all findings: the worst outcome, and everything that is not right."""
    listed = tuple(findings)
    worst = _worst(listed)
    if not listed:
        return Judgement(
            worst,
            expected,
            say("nothing-judged", "There was nothing to judge."),
            say("nothing-judged.remedy", "Name the change request with --ticket."),
        )
    told = [f for f in listed if f.outcome is worst]
    if worst is Outcome.FAIL:
        told += [f for f in listed if f.outcome is Outcome.UNDETERMINED]
    remedies = [f.remedy for f in told if f.remedy is not None]
    claims = dict.fromkeys(claim for f in listed for claim in f.claims)
    return Judgement(
        worst,
        expected,
        together([f.observed for f in told]),
        together(remedies) if remedies else None,
        tuple(claims),
    )


def _worst(findings: Sequence[Finding]) -> Outcome:
    outcomes = {f.outcome for f in findings}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.PASS if outcomes == {Outcome.PASS} else Outcome.UNDETERMINED


def together(messages: Sequence[Message]) -> Message:
    """Several messages as one: the first one's code, the sentences in a row, repetitions once.

    Arguments of the second message are numbered ``name_2``, and so on; ``also`` lists the other
    codes.
    """
    different: list[Message] = []
    for message in messages:
        if message not in different:
            different.append(message)
    shown = different[:TOLD_AT_MOST]
    first = shown[0]
    if len(different) == 1:
        return first
    texts, args = [first.text], dict(first.args)
    for number, message in enumerate(shown[1:], start=2):
        texts.append(_numbered(message.text, number))
        args |= {f"{name}_{number}": value for name, value in message.args.items()}
    left = len(different) - len(shown)
    if left:
        texts.append("And {more} more.")
        args["more"] = left
    args["also"] = tuple(sorted({m.code for m in different[1:]} - {first.code}))
    return Message(first.code, " ".join(texts), args)


def codes_of(judgement: Judgement) -> set[str]:
    """The codes of all that was seen in a judgement."""
    also = judgement.observed.args.get("also", ())
    others = also if isinstance(also, tuple) else ()
    return {judgement.observed.code, *(str(code) for code in others)}


def _numbered(text: str, number: int) -> str:
    parts = []
    for literal, name, spec, conversion in string.Formatter().parse(text):
        parts.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            tail = (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            parts.append(f"{{{name}_{number}{tail}}}")
    return "".join(parts)


def environment_of(facts: Facts, policy: Policy) -> Environment:
    """The environment deployed to, which the command line has found in the policy."""
    return policy.environments[facts.deployment.environment]


def service_of(facts: Facts, policy: Policy) -> Service:
    """The service deployed, which the command line has found in the policy."""
    return policy.services[facts.deployment.service]
