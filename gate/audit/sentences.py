"""What a record's messages say, in sentences.

A record holds each message as a code and its arguments; ``messages.json`` has the sentence of each
code as this version of gate says it (``tests/catalogue.py`` collects them from the controls). A
record may be of another version: a code that is not known, or whose arguments are not those of the
sentence, is shown as it stands in the record, which is plainer and as true.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from gate.audit.names import Names
from gate.output.message import length, moment, shortened
from gate.record.predicates import (
    Argument,
    MessagePart,
    PersonReference,
    Spilled,
    TextReference,
    TimeValue,
)

FILE = Path(__file__).with_name("messages.json")
LONGEST = 1000
ALSO, MORE = "also", "more"  # what several messages in one have beside their own arguments

_NUMBERED = re.compile(r"(?P<name>.+)_(?P<number>[2-9])")


def sentence(message: MessagePart, names: Names) -> str:
    """The message for people; persons and texts are labels where ``names`` has no others."""
    args = message.args
    if isinstance(args, Spilled):
        return f"{message.code} ({args.count} arguments, in the evidence bundle)"
    words = {name: show(value, names) for name, value in args.items()}
    codes = args.get(ALSO, ())
    also = tuple(code for code in codes if isinstance(code, str)) if _is_list(codes) else ()
    told = _told(message.code, words, also)
    return plainly(message.code, words) if told is None else told


def plainly(code: str, words: Mapping[str, str]) -> str:
    """A message whose sentence is not known: its code, and its arguments by name."""
    told = ", ".join(f"{name}: {word}" for name, word in sorted(words.items()))
    return f"{code} ({told})" if told else code


def show(value: Argument, names: Names) -> str:
    """One argument as people read it."""
    if isinstance(value, tuple):
        return ", ".join(show(item, names) for item in value) or "none"
    if isinstance(value, PersonReference):
        return names.person(value.label)
    if isinstance(value, TextReference):
        text = shortened(names.text(value.label), LONGEST)
        return text if names.disclosure is None else f'"{text}"'
    if isinstance(value, TimeValue):
        return moment(value.at)
    if isinstance(value, timedelta):
        return length(value)
    return shortened(str(value), LONGEST)


def _is_list(value: Argument) -> bool:
    return isinstance(value, tuple)


def _told(code: str, words: Mapping[str, str], also: tuple[str, ...]) -> str | None:
    """The sentences of ``code`` and of those that it speaks for; None where one cannot be told.

    Several messages in one: the first has the code and the plain arguments; those of the second
    are numbered ``name_2``, and so on; ``also`` names the other codes, sorted.
    """
    own: dict[int, dict[str, str]] = {}
    for name, word in words.items():
        if name in {ALSO, MORE}:
            continue
        match = _NUMBERED.fullmatch(name)
        number, plain = (int(match["number"]), match["name"]) if match else (1, name)
        own.setdefault(number, {})[plain] = word
    first = _sentence(code, own.pop(1, {}))
    if first is None:
        return None
    said = [first]
    used = set()
    for _, args in sorted(own.items()):
        fitting = [one for one in (code, *also) if _fields(one) == args.keys()]
        templates = {_templates()[one] for one in fitting}
        if len(templates) != 1:
            return None  # two sentences have these arguments: which one it was is not recorded
        said.append(templates.pop().format(**args))
        used.update(fitting)
    rest = [one for one in also if one not in used]
    if MORE in words:
        return " ".join([*said, *(f"Also: {one}." for one in rest), f"And {words[MORE]} more."])
    return " ".join([*said, *(_sentence(one, {}) or f"Also: {one}." for one in rest)])


def _sentence(code: str, args: Mapping[str, str]) -> str | None:
    fields = _fields(code)
    return None if fields is None or fields != args.keys() else _templates()[code].format(**args)


@cache
def _templates() -> Mapping[str, str]:
    found: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@cache
def _fields(code: str) -> frozenset[str] | None:
    """The names of a sentence's arguments; None where the code is not known."""
    template = _templates().get(code)
    return None if template is None else frozenset(_names(template))


def _names(template: str) -> Iterator[str]:
    for _, name, _, _ in string.Formatter().parse(template):
        if name is not None:
            yield name
