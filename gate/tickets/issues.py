"""The grammar of issues' IDs: ``place#number``, as forges refer to them from elsewhere.

The place (a repository or a project) stands in the ID, spelled as the policy spells it: so what a
record names means the same whatever the policy says later, and no key of Jira's or number of
ServiceNow's, which have neither a slash nor a number sign, can ever be one. A number alone is
nobody's: each place counts from 1.
"""

from __future__ import annotations

import re

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tickets.refusals import MAX_LENGTH, odd

_NUMBER = r"#(?P<number>[1-9][0-9]{0,9})"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a forge writes IDs.

    ``path`` is a regular expression of a place, ``looks`` what people are told of an ID, ``place``
    what the forge calls one ("repository"), ``setting`` what lists them in the policy.
    """

    path: str
    looks: str
    place: str
    setting: str


@dataclass(frozen=True, slots=True)
class IssueIds:
    """The grammar of IDs over places; see ``gate.tickets.system.Grammar``."""

    spelling: Spelling
    places: tuple[str, ...]

    @property
    def form(self) -> str:
        """How an ID is written."""
        return f"{self.spelling.looks}, for example {(self.places or ('a/b',))[0]}#1"

    def claims(self, text: str) -> bool:
        """Whether the text is wholly an ID of an issue in one of the places."""
        whole = self._whole(text)
        return whole is not None and whole["place"] in self.places

    def is_key(self, text: str) -> bool:
        """Whether tickets are known by such an ID: by every one."""
        return self.claims(text)

    def find(self, text: str) -> tuple[str, ...]:
        """The IDs that stand in a text."""
        # Not a digit of any script: to a reader another one makes another number.
        word = rf"(?<![A-Za-z0-9_./-]){self.spelling.path}{_NUMBER}(?![A-Za-z_\d])"
        found = (match[0] for match in re.finditer(word, text))
        return tuple(dict.fromkeys(each for each in found if self.claims(each)))

    def refusal(self, text: str) -> UsageError:
        """Why a text that is not claimed is no ID."""
        place = self.spelling.place
        if self._whole(text):
            return UsageError(
                f"the issue is not of a configured {place} "
                f"(configured: {', '.join(self.places) or 'none'})",
                remedy=f"name an issue of one of them, spelled alike, or add the {place} to "
                f"{self.spelling.setting}",
            )
        return odd(text, self.form) or UsageError(
            "that is no issue's ID", remedy=f"write it as {self.form}"
        )

    def _whole(self, text: str) -> re.Match[str] | None:
        if len(text) > MAX_LENGTH:
            return None
        return re.fullmatch(rf"(?P<place>{self.spelling.path}){_NUMBER}", text)


def split(ticket: str) -> tuple[str, int]:
    """The place and the number of an ID that was claimed."""
    place, _, number = ticket.partition("#")
    return place, int(number)
