"""The grammar of issues' IDs: ``owner/repository#number``, as GitHub refers to them from elsewhere.

The repository stands in the ID, spelled as the policy spells it: so what a record names means the
same whatever the policy says later, and no key of Jira's or number of ServiceNow's, which have
neither a slash nor a number sign, can ever be one. A number alone is nobody's: each repository
counts from 1, and its pull requests along with its issues.
"""

from __future__ import annotations

import re

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tickets.refusals import MAX_LENGTH, odd

_ID = re.compile(r"(?P<repository>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)#(?P<number>[1-9][0-9]{0,9})")
_WORD = re.compile(rf"(?<![\w./-]){_ID.pattern}(?!\w)", re.ASCII)


@dataclass(frozen=True, slots=True)
class IssueNames:
    """The grammar of IDs over repositories; see ``gate.tickets.system.Grammar``."""

    repositories: tuple[str, ...]

    @property
    def form(self) -> str:
        """How an ID is written."""
        return f"OWNER/REPOSITORY#NUMBER, for example {(self.repositories or ('a/b',))[0]}#1"

    def claims(self, text: str) -> bool:
        """Whether the text is wholly an ID of an issue in one of the repositories."""
        whole = _ID.fullmatch(text)
        known = whole is not None and whole["repository"] in self.repositories
        return known and len(text) <= MAX_LENGTH

    def is_key(self, text: str) -> bool:
        """Whether tickets are known by such an ID: by every one."""
        return self.claims(text)

    def find(self, text: str) -> tuple[str, ...]:
        """The IDs that stand in a text."""
        found = (match[0] for match in _WORD.finditer(text))
        return tuple(dict.fromkeys(each for each in found if self.claims(each)))

    def refusal(self, text: str) -> UsageError:
        """Why a text that is not claimed is no ID."""
        if len(text) <= MAX_LENGTH and _ID.fullmatch(text):
            return UsageError(
                "the issue is not of a configured repository "
                f"(configured: {', '.join(self.repositories) or 'none'})",
                remedy="name an issue of one of them, spelled alike, or add the repository to "
                "tickets.github.repositories",
            )
        return odd(text, self.form) or UsageError(
            "that is no issue's ID", remedy=f"write it as {self.form}"
        )


def split(ticket: str) -> tuple[str, int]:
    """The repository and the number of an ID that was claimed."""
    repository, _, number = ticket.partition("#")
    return repository, int(number)
