"""Why a text is no ticket ID of any system: the first that holds is told.

None of the sentences quotes what was given, as it may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gate.errors import UsageError

MAX_LENGTH = 100

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]+", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}([T ][0-9:.+Zz-]*)?)?")
_NUMBER = re.compile(r"#?[0-9]+")
_NOTHING = frozenset({"null", "none", "nil", "undefined", "nan", "false", "true", "n/a", "tbd"})
_SHOWABLE = re.compile(r"[A-Za-z0-9_.#-]{1,40}")


def odd(text: str, form: str) -> UsageError | None:
    """What is wrong with a text that no system can have as an ID; None: nothing that shows.

    ``form`` says how an ID is written: "PROJECT-NUMBER, for example CHG-1".
    """
    for is_so, seen, remedy in _FINDINGS:
        if is_so(text):
            return UsageError(seen, remedy=(remedy or _WRITE).format(form=form))
    return None


def shown(text: str) -> str:
    """The text where it can be quoted, else words for it."""
    return text if _SHOWABLE.fullmatch(text) else "what was given"


def _has_control_character(text: str) -> bool:
    return any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)


_Finding = tuple[Callable[[str], bool], str, str]

_WRITE = "write it as {form}"
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
        "name the change request that handles it: " + _WRITE,
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
