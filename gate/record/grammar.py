r"""The strict reader once more, as one regular expression over canonical text.

Whoever verifies a million records reads each of them to see that it is right, and wants a few of
its parts. Canonical JSON has one spelling: keys in order, no white space. So what ``codec`` reads
can be told from the text alone, in a tenth of the time, by an expression that follows from the same
annotations.

The expression may miss texts that are right (with escapes, of leap days, of integers over fifteen
digits): those are left to the reader. It never matches one that is wrong, with one exception that
``Order`` is there for: that the keys of a mapping stand in order, each once.

Why that is so: no string that matches holds a quote or a backslash, so every quote in the text
begins or ends a string. Everything else is spelled out. Repetitions are possessive and choices
atomic, so a match takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Protocol

_DAY = "(?:0[1-9]|1[0-9]|2[0-8])"  # of every month; the last days follow
_DATE = rf"(?:(?:0[1-9]|1[0-2])-{_DAY}|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
TIME_PATTERN = (
    rf'"(?!0000)[0-9]{{4}}-{_DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{{3}}Z"'
)


class Patterned(Protocol):
    """What has a pattern: a ``specs.Spec``."""

    def pattern(self, grammar: Grammar, at: str, /) -> str:
        """A regular expression for canonical text of this kind."""


class Grammar:
    """An expression in the making.

    ``wanted`` names the parts to be had of a match, as dotted paths of fields ("change.base"): each
    becomes a group, named by its path with "_" for ".".
    """

    TOP = "/"  # the path of the whole; what has no path (in a list, in a mapping) has ""

    def __init__(self, wanted: Collection[str] = ()) -> None:
        self._wanted = frozenset(wanted)
        self._loose: list[tuple[str, str]] = []  # mappings whose key is not known yet
        self._within = ""  # the wanted part in the making
        # key of mapping -> pattern of its own keys, of its values, and the wanted part it is in
        self._mappings: dict[str, set[tuple[str, str, str]]] = {}
        self.texts: list[str] = []  # wanted parts that may be mappings of texts: for ``in_order``

    def below(self, at: str, name: str) -> str:
        """The path of the field ``name`` of what stands at ``at``."""
        if at == self.TOP:
            return name
        return f"{at}.{name}" if at else ""

    def exactly(
        self, body: Mapping[str, tuple[Patterned, str]], later: Collection[str] = ()
    ) -> str:
        """An object with exactly these keys, each with what stands there and its path.

        Those of ``later`` may lack; not all keys are of these.
        """
        parts = ""
        first = min(body.keys() - set(later))
        for key in sorted(body):
            spec, at = body[key]
            outer = self._within
            self._within = outer or (at if at in self._wanted else "")
            pattern = spec.pattern(self, at)
            self._place_mappings(key, at)
            self._within = outer
            if at in self._wanted:
                pattern = f"(?P<{at.replace('.', '_')}>{pattern})"
            written = f'"{re.escape(key)}":{pattern}'
            if key in later:
                parts += f"(?:{written},)?+" if key < first else f"(?:,{written})?+"
            else:
                parts += written if key == first else f",{written}"
        return rf"\{{{parts}\}}"

    def _place_mappings(self, key: str, at: str) -> None:
        """Say under which ``key`` the mappings made last stand."""
        if at in self._wanted and self._loose and all(v.startswith('"') for _, v in self._loose):
            self.texts.append(at)
        elif self._loose:
            found = {(one, other, self._within) for one, other in self._loose}
            self._mappings.setdefault(key, set()).update(found)
        self._loose.clear()

    def mapping(self, key: Patterned, item: Patterned) -> str:
        """An object whose keys are texts; of their order see ``Order``."""
        before = {name: len(found) for name, found in self._mappings.items()}
        one, other = self.unkeyed(key), self.unkeyed(item)
        if before != {name: len(found) for name, found in self._mappings.items()}:
            raise TypeError("a mapping in a mapping: Order would not see it")
        self._loose.append((one, other))
        return rf"\{{{_repeated(f'{one}:{other}', '}')}\}}"

    def unkeyed(self, spec: Patterned) -> str:
        """The pattern of what stands under no key; ``TypeError`` if it is a mapping."""
        pattern = spec.pattern(self, "")
        if self._loose:
            raise TypeError("a mapping that is the value of no key: Order would not find it")
        return pattern

    def orders(self) -> tuple[Order, ...]:
        """How the order of keys is checked, but for ``texts``, once the expression is whole."""
        return tuple(
            Order(key, *one)
            for key, found in sorted(self._mappings.items())
            for one in sorted(found)
        )


class Order:
    """Finds the mappings that are values of one key, and looks at the order of their keys.

    All of them stand in the wanted part ``within``; "": anywhere.
    """

    def __init__(self, key: str, one: str, other: str, within: str) -> None:
        self.within = within
        self._start = f'"{key}":{{"'
        self._skip = len(self._start) - 2
        self._two = re.compile(rf"\{{{one}:{other}(?:,{one}:{other})++\}}")
        self._keys = re.compile(rf"[{{,]({one}):{other}(?=[,}}])")

    def holds(self, text: str) -> bool:
        """Whether every such mapping of a ``text`` that matched has its keys in order, each once.

        One with less than two keys always has. What merely looks like such a mapping is an object,
        whose keys are in order in any text that matched.
        """
        at = text.find(self._start)
        while at >= 0:
            two = self._two.match(text, at + self._skip)
            if two is not None:
                keys = [key[1:-1] for key in self._keys.findall(text, two.start(), two.end())]
                if keys != sorted(set(keys)):
                    return False
            at = text.find(self._start, at + self._skip)
        return True


def in_order(mapping: str) -> bool:
    """Whether a mapping of texts that matched has its keys in order, each once."""
    keys = mapping.split('"')[1::4]
    return keys == sorted(set(keys))


def text_pattern(form: str, longest: int) -> str:
    """A string of a form (``specs.Form``), without quotes and backslashes."""
    inner = form.replace("[^", r'[^"\\').replace("$", '"')
    if re.fullmatch(r"\[[^\]]*\]\*", form):
        return rf'"{inner[:-1]}{{0,{longest}}}+"'
    bound = rf'(?=[^"\\]{{0,{longest}}}+")' if re.search(r"[*+]", form) else ""
    return rf'"{bound}(?:{inner})"'


def list_pattern(item: str) -> str:
    """A list of items of one kind."""
    return rf"\[{_repeated(item, ']')}\]"


def _repeated(one: str, end: str) -> str:
    # After each either a comma and another one, or the end: spells ``one`` a single time.
    return rf"(?:{one}(?:,(?!\{end})|(?=\{end})))*+"
