"""The grammar of ServiceNow's change requests: ``CHG0030001``, or a sys_id.

A number is a configured prefix in capitals and five to fifteen digits, with nothing around it. A
sys_id, 32 lower-case hex digits, is another name of the same change: it is taken where somebody
gives it as an option, never found in texts, where it may be any digest, and what is recorded is the
number.
"""

from __future__ import annotations

import re

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tickets.refusals import odd, shown

_NUMBER = re.compile(r"(?P<prefix>[A-Z]{2,10})[0-9]{5,15}")
_SYS_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ChangeNumbers:
    """The grammar over the prefixes of numbers; see ``gate.tickets.system.Grammar``."""

    prefixes: tuple[str, ...]

    @property
    def form(self) -> str:
        """How an ID is written."""
        return f"prefix and digits, for example {self.prefixes[0]}0030001"

    def claims(self, text: str) -> bool:
        """Whether the text is wholly a number with one of the prefixes, or a sys_id."""
        return self.is_key(text) or _SYS_ID.fullmatch(text) is not None

    def is_key(self, text: str) -> bool:
        """Whether it is a number."""
        whole = _NUMBER.fullmatch(text)
        return whole is not None and whole["prefix"] in self.prefixes

    def find(self, text: str) -> tuple[str, ...]:
        """The numbers that stand in a text as whole words, each once, in order."""
        prefixes = "|".join(map(re.escape, self.prefixes))
        word = re.compile(rf"(?<!\w)(?:{prefixes})[0-9]{{5,15}}(?![\w]|[-.][0-9])")
        return tuple(dict.fromkeys(word.findall(text)))

    def refusal(self, text: str) -> UsageError:
        """Why a text that is not claimed is no ID."""
        strange = odd(text, self.form)
        if strange is not None:
            return strange
        if text.isascii() and self.claims(text.upper()):
            return UsageError(
                f"{shown(text)} is written in lower case; change numbers are in capitals",
                remedy=f"write {text.upper()}",
            )
        return UsageError(
            f"{shown(text)} is no number of a change (prefixes: {', '.join(self.prefixes)})",
            remedy=f"write it as {self.form}, or add its prefix to tickets.servicenow.prefixes",
        )
