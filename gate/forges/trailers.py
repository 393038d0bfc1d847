"""Co-authors that a commit message names.

Git knows them as ``Co-authored-by: name <address>`` trailers. They are read wherever they stand in
the message, in any case, folded or listed several in a line: metadata can only add makers, so
reading too much is the safe mistake.
"""

from __future__ import annotations

import re

from gate.model import Account, AccountKind

_TRAILER = re.compile(r"[\s>*#-]*co[-_ ]?authored[-_ ]?by\s*[:=]\s*(.*)", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>,;()\"]+@[^\s<>,;()\"]+")


def co_authors(message: str) -> tuple[Account, ...]:
    """The co-authors as accounts of system "git", in order, each once.

    A trailer without an address yields an account of kind UNKNOWN whose key is its text: somebody
    was named, and nobody can say who.
    """
    found: dict[str, Account] = {}
    for line in _unfolded(message):
        trailer = _TRAILER.match(line)
        if trailer is None:
            continue
        value = trailer[1].strip()
        addresses = _ADDRESS.findall(value)
        name = value.partition("<")[0].strip() if len(addresses) == 1 else ""
        accounts = [Account("git", address.lower(), name=name) for address in addresses] or [
            Account("git", value.lower(), AccountKind.UNKNOWN, value)
        ]
        for account in accounts:
            found.setdefault(account.key, account)
    return tuple(found.values())


def _unfolded(message: str) -> list[str]:
    """Lines, a trailer's continuation (a line that begins with a space) joined to it."""
    lines: list[str] = []
    for line in message.splitlines():
        if lines and line[:1] in {" ", "\t"} and _TRAILER.match(lines[-1]):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines
