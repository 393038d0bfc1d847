"""The grammar of ticket IDs, checked before any request is made.

An ID is ``PROJECT-NUMBER``: a configured project's key in capitals, a hyphen, a number without
leading zeros, and nothing around it. Ticket systems are lenient (they match in any letter case,
resolve paths and ignore what they do not understand), so nothing else is ever sent to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gate.errors import UsageError

MAX_LENGTH = 100

_ID = re.compile(r"(?P<project>[A-Z][A-Z0-9_]*)-(?P<number>[1-9][0-9]{0,9})")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]+", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}([T ][0-9:.+Zz-]*)?)?")
_NUMBER = re.compile(r"#?[0-9]+")
_NOTHING = frozenset({"null", "none", "nil", "undefined", "nan", "false", "true", "n/a", "tbd"})
_SHOWABLE = re.compile(r"[A-Za-z0-9_.#-]{1,40}")
_WRITE = "write it as PROJECT-NUMBER, for example {example}-1"


def parse_id(text: str, projects: tuple[str, ...]) -> str:
    """``text``, if it is wholly an ID of one of ``projects``; else UsageError, which says why not.

    >>> parse_id("CHG-12", ("CHG",))
    'CHG-12'
    """
    example = projects[0] if projects else "CHG"
    whole = _ID.fullmatch(text)
    if whole and whole["project"] in projects and len(text) <= MAX_LENGTH:
        return text
    for is_so, seen, remedy in _FINDINGS:
        if is_so(text):
            raise UsageError(seen, remedy=(remedy or _WRITE).format(example=example))
    raise _of_shape(text, projects, example)


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


def _of_shape(text: str, projects: tuple[str, ...], example: str) -> UsageError:
    """What is wrong with a text that at least has no odd characters in it."""
    shown = text if _SHOWABLE.fullmatch(text) else "what was given"
    known = ", ".join(projects) or "none"
    upper = _ID.fullmatch(text.upper()) if text.isascii() else None
    if upper is None:
        return UsageError(f"{shown} is no ticket ID", remedy=_WRITE.format(example=example))
    if upper["project"] not in projects:
        return UsageError(
            f"{shown} is not of a configured project (configured: {known})",
            remedy="name a ticket of one of them, or add the project to tickets.jira.projects",
        )
    return UsageError(
        f"{shown} is written in lower case; ticket IDs are in capitals",
        remedy=f"write {text.upper()}",
    )


def _has_control_character(text: str) -> bool:
    return any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


_Finding = tuple[Callable[[str], bool], str, str]

# The first that holds is told. None of the texts quotes what was given.
_FINDINGS: tuple[_Finding, ...] = (
    (
        lambda text: not text.strip(),
        "the ticket ID is empty",
        "pass one with --ticket; a variable that should hold it may be unset",
    ),
    (
        lambda text: len(text) > MAX_LENGTH,
        f"the ticket ID is longer than {MAX_LENGTH} characters",
        "",
    ),
    (lambda text: "\0" in text, "the ticket ID holds a NUL character", ""),
    (
        lambda text: bool(set("\r\n\v\f\x85\u2028\u2029") & set(text)),
        "the ticket ID holds a line break",
        "pass one ID for each --ticket",
    ),
    (_has_control_character, "the ticket ID holds a control character", ""),
    (
        lambda text: text.strip().lower() in _NOTHING,
        "the ticket ID is the word for nothing that some tool wrote for an unset value",
        "find out why the variable that should hold the ID is unset",
    ),
    (
        lambda text: text != text.strip(),
        "there are blanks around the ticket ID",
        "pass it without them",
    ),
    (
        lambda text: "^" in text,
        "the ticket ID holds a query operator (^)",
        "",
    ),
    (
        lambda text: "/" in text or "\\" in text or ".." in text or "%" in text,
        "the ticket ID holds a path or URL",
        "pass the ID alone: " + _WRITE,
    ),
    (
        lambda text: bool(_CVE.fullmatch(text)),
        "that is the name of a vulnerability (CVE), not a ticket ID",
        "name the change request that handles it, for example {example}-1",
    ),
    (
        lambda text: bool(_DATE.fullmatch(text)),
        "that is a date, not a ticket ID",
        "",
    ),
    (
        lambda text: bool(_NUMBER.fullmatch(text)),
        "that is a number without a project",
        "",
    ),
)
