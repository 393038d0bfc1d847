"""The grammar of Jira's ticket IDs, checked before any request is made.

An ID is ``PROJECT-NUMBER``: a configured project's key in capitals, a hyphen, a number without
leading zeros, and nothing around it. Ticket systems are lenient (they match in any letter case,
resolve paths and ignore what they do not understand), so nothing else is ever sent to them.
"""

from __future__ import annotations

import re

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tickets.refusals import MAX_LENGTH, odd, shown

_ID = re.compile(r"(?P<project>[A-Z][A-Z0-9_]*)-(?P<number>[1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class ProjectKeys:
    """The grammar of IDs over the keys of projects; see ``gate.tickets.system.Grammar``.

    Issues of ``stories`` are other ways to name change requests.
    """

    projects: tuple[str, ...]
    stories: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """How an ID is written."""
        return f"PROJECT-NUMBER, for example {(self.projects or ('CHG',))[0]}-1"

    def claims(self, text: str) -> bool:
        """Whether the text is wholly an ID of one of the projects, or of a story."""
        return self.is_key(text) or self.is_story(text)

    def is_key(self, text: str) -> bool:
        """Whether tickets are known by such an ID: by all but those of stories."""
        return _is_of(text, self.projects)

    def is_story(self, text: str) -> bool:
        """Whether it is the ID of an issue that stands for the change requests it links to."""
        return _is_of(text, self.stories)

    def find(self, text: str) -> tuple[str, ...]:
        """The IDs that stand in a text."""
        return find_ids(text, (*self.projects, *self.stories))

    def refusal(self, text: str) -> UsageError:
        """Why a text that is not claimed is no ID."""
        return odd(text, self.form) or self._of_shape(text)

    def _of_shape(self, text: str) -> UsageError:
        """What is wrong with a text that at least has no odd characters in it."""
        known = ", ".join((*self.projects, *self.stories)) or "none"
        upper = _ID.fullmatch(text.upper()) if text.isascii() else None
        if upper is None:
            return UsageError(f"{shown(text)} is no ticket ID", remedy=f"write it as {self.form}")
        if upper["project"] not in (*self.projects, *self.stories):
            return UsageError(
                f"{shown(text)} is not of a configured project (configured: {known})",
                remedy="name a ticket of one of them, or add the project to tickets.jira.projects",
            )
        return UsageError(
            f"{shown(text)} is written in lower case; ticket IDs are in capitals",
            remedy=f"write {text.upper()}",
        )


def _is_of(text: str, projects: tuple[str, ...]) -> bool:
    whole = _ID.fullmatch(text)
    return whole is not None and whole["project"] in projects and len(text) <= MAX_LENGTH


def parse_id(text: str, projects: tuple[str, ...]) -> str:
    """``text``, if it is wholly an ID of one of ``projects``; else UsageError, which says why not.

    >>> parse_id("CHG-12", ("CHG",))
    'CHG-12'
    """
    grammar = ProjectKeys(projects)
    if grammar.claims(text):
        return text
    raise grammar.refusal(text)


def find_ids(text: str, projects: tuple[str, ...]) -> tuple[str, ...]:
    """The IDs of ``projects`` that stand in ``text`` as whole words, each once, in order.

    Branch names may go on after a hyphen ("CHG-1-fix"), but neither a letter, a digit nor a further
    number may touch an ID: "XCHG-1", "CHG-1a", "CHG-01" and "CHG-2024-1234" hold none.
    """
    if not projects:
        return ()
    keys = "|".join(re.escape(project) for project in projects)
    word = re.compile(rf"(?<!\w)(?:{keys})-[1-9][0-9]{{0,9}}(?![\w]|[-.][0-9])")
    return tuple(dict.fromkeys(word.findall(text)))
