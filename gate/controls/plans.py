"""Whether a plan is a real text: somebody wrote down what to do.

Refused are blanks, lines that ``NO_PLAN`` matches, lines that only put the plan off ("to be done
later"), headings and placeholders of a template, and texts too short to say anything (under
``LETTERS_AT_LEAST`` letters in what remains).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeAlias

from gate.config.types import Policy
from gate.controls.control import (
    Finding,
    conclude,
    failed,
    passed,
    say,
    unavailable,
)
from gate.controls.naming import plain
from gate.controls.tickets import each_ticket, settings_of
from gate.model import ChangeRequest, EditedText, Facts, Judgement, Maybe, Problem

Plan: TypeAlias = Callable[[ChangeRequest], Maybe[tuple[EditedText, ...]]]  # one that a ticket has
LETTERS_AT_LEAST = 10
DIFFERENT_LETTERS_AT_LEAST = 5
_PLAN = r"(roll\ ?back|back\ ?out|revert|recovery|test|tests|testing|verification|deployment)"
_SHEET = r"(plan|procedure|process|steps|strategy|cases|instructions)"
_NEEDED = r"(needed|required|necessary|applicable|possible|available|provided|tested)"
NO_PLAN = re.compile(
    rf"""
      (n\ ?a|nil|none|null|no|nope|nothing|unknown|undefined|empty|blank|ok|yes|done|works|x+)
    | (none|nothing|not)\ (yet|{_NEEDED})
    | no\ ({_PLAN}\ ?)?({_SHEET}\ ?)?({_NEEDED})?
    | {_PLAN}(\ {_SHEET})?\ (is\ )?not\ {_NEEDED}
    | (how\ to\ )?({_PLAN}\ ?)?({_SHEET})?
    | to\ ?do | fixme | wip | placeholder
    | (please\ )?(see|refer\ to|as|same\ as|like)\ (the\ |other\ |linked\ )?
      (above|below|before|usual|always|discussed|agreed|last\ time|ticket|issue|story|description
      |summary|comments?|title|attachment|pr|pull\ request|merge\ request|mr|commit|code|docs)
    | (standard|usual|default|normal|same)(\ {_SHEET})?
    | (please\ )?(insert|enter|describe|add|write|put|fill\ in|your)\ ?(your|the|a|here)?
      (\ {_PLAN})?(\ ({_SHEET}|text))?(\ here)?
    | lorem\ ipsum.*
    """,
    re.VERBOSE,
)
# A line puts the plan off if it has one of the first words, and beside them only words that name no
# deed, whatever their order: "We'll add the steps soon", "not yet written".
_LATER = """
    tba tbc tbd todo pending later soon shortly tomorrow eventually afterwards yet still follow
    follows come comes coming will ll shall be
"""
_WITHOUT_DEED = """
    a an the this that it its these our we i us me somebody someone team ops qa vendor to is are has
    have must should need needs needed can may not no none nothing been of in on by for from before
    after when once as if and or week next time due course plan plans rollback backout test tests
    testing step steps detail details procedure instructions strategy text description information
    go live deployment release do done add added complete completed confirm confirmed decide decided
    define defined describe described determine determined discuss discussed documented draft
    drafted fill filled planned prepare prepared provide provided specify specified supply supplied
    think thought update updated work worked out write written
"""
_PUTS_OFF = frozenset(_LATER.split())
_SAYS_NOTHING = _PUTS_OFF | frozenset(_WITHOUT_DEED.split())
_HEADING = re.compile(r"\s*(#{1,6}\s|h[1-6]\.\s|={2,}|-{3,}|\*[^*]+\*\s*$|_[^_]+_\s*$|.*:\s*$)")
_PLACEHOLDER = re.compile(r"<[^<>]*>|\[[^\[\]]*\](?!\()|\{[^{}]*\}|<!--.*?-->", re.DOTALL)


def is_real(text: str) -> bool:
    """Whether anything is left of the text once headings, placeholders and fillers are gone."""
    rest = " ".join(_lines(text))
    letters = [c.casefold() for c in rest if c.isalpha()]
    weight = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in letters)
    return weight >= LETTERS_AT_LEAST and len(set(letters)) >= DIFFERENT_LETTERS_AT_LEAST


def judge_plan(facts: Facts, policy: Policy, plan: Plan, code: str, what: str) -> Judgement:
    """Each ticket has a real text in one of the locations of ``plan``.

    ``plan`` gets what a ticket has as one; the policy calls its locations by ``code``.
    """
    expected = say(f"{code}.expected", "Each ticket has a {what} that says what to do.", what=what)

    def has_plan(ticket: ChangeRequest) -> Iterator[Finding]:
        settings = settings_of(ticket, policy)
        fields: tuple[str, ...] = getattr(settings, code.replace("-", "_"), ())
        yield _judged(ticket, plan(ticket), code, what, fields)

    return conclude(expected, each_ticket(facts, has_plan))


def _judged(
    ticket: ChangeRequest,
    texts: Maybe[tuple[EditedText, ...]],
    code: str,
    what: str,
    fields: tuple[str, ...],
) -> Finding:
    if isinstance(texts, Problem):
        return unavailable(texts)
    real = sorted(text.location for text in texts if is_real(text.text))
    if real:
        return passed(
            say(
                f"{code}.written",
                "{ticket} has a {what} in {places}.",
                ticket=ticket.key,
                what=what,
                places=tuple(real),
            )
        )
    written = [text for text in texts if text.text.strip()]
    observed = say(f"{code}.blank", "{ticket} has no {what}.", ticket=ticket.key, what=what)
    if written:
        observed = say(
            f"{code}.filler",
            "What {ticket} has as {what} is a template or filler.",
            ticket=ticket.key,
            what=what,
        )
    return failed(
        observed,
        say(
            f"{code}.remedy",
            "Write the {what} into {fields} of {ticket}: the steps, in at least {least} letters."
            " Then have it approved.",
            what=what,
            fields=fields or f"a field, and name it as {code.replace('-', '_')} in gate.toml",
            ticket=ticket.key,
            least=LETTERS_AT_LEAST,
        ),
    )


def _lines(text: str) -> Iterator[str]:
    for line in _PLACEHOLDER.sub(" ", plain(text)).splitlines():
        if line.strip() and not _HEADING.match(line) and not _is_filler(line):
            yield line


def _is_filler(line: str) -> bool:
    words = " ".join("".join(c if c.isalnum() else " " for c in line.casefold()).split())
    return NO_PLAN.fullmatch(words) is not None or _puts_off(frozenset(words.split()))


def _puts_off(words: frozenset[str]) -> bool:
    return not words.isdisjoint(_PUTS_OFF) and words <= _SAYS_NOTHING
