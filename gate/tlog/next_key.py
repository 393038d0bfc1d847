"""A log's next key, written into a trust policy as its text stands (C2SP tlog-policy)."""

from __future__ import annotations

from gate.errors import UsageError
from gate.tlog.canonical import shown
from gate.tlog.keys import parse_vkey
from gate.tlog.trust import items_of, parse_policy


def with_log_key(text: str, vkey: str) -> str:
    """The policy with one more key of its one log, which becomes the current one.

    The new line has the URL of the one that was current and stands after it; all else stays as it
    is, comments too. A policy that has the key already is returned unchanged. Raises ``UsageError``
    for a policy of several logs, or a key of another origin.
    """
    before = parse_policy(text)
    key = parse_vkey(vkey)
    if any(one.key == key for one in before.logs):
        return text
    if key.name != before.origin:
        raise UsageError(f"{shown(key.name)} is another log than {shown(before.origin)}")
    lines = text.split("\n")
    last = max(at for at, line in enumerate(lines) if items_of(line)[:1] == ["log"])
    lines.insert(last + 1, f"log {vkey}{f' {before.url}' if before.url else ''}")
    after = "\n".join(lines)
    parse_policy(after)
    return after
