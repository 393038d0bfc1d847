"""Messages as sentences. Plain text: escaping is the work of each surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from gate.model import Account, Free, Message, Value

LONGEST_FREE = 200
LONGEST_TEXT = 1000
LONGEST_LIST = 10

Name = Callable[[Account], str]


def render(message: Message, *, name: Name) -> str:
    """The sentence of ``message``. ``name`` says what to call an account.

    A template that does not fit its arguments is a bug of a control; its reader still learns what
    the control found, in a plainer form.
    """
    words = {key: show(value, name=name) for key, value in message.args.items()}
    try:
        return message.text.format(**words)
    except (LookupError, ValueError, AttributeError):
        return f"{message.code}: " + ", ".join(f"{key} {word}" for key, word in words.items())


def show(value: Value, *, name: Name) -> str:
    """One argument as people read it."""
    if isinstance(value, Free):
        # In quotes, so that nobody's text can pass for gate's own words.
        text = shortened(value.text, LONGEST_FREE)
        return f"'{text}'" if '"' in text else f'"{text}"'
    if isinstance(value, Account):
        return name(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, timedelta):
        return length(value)
    if isinstance(value, tuple):
        shown = [show(item, name=name) for item in value[:LONGEST_LIST]]
        more = len(value) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "") if shown else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shortened(str(value), LONGEST_TEXT)


def shortened(text: str, limit: int) -> str:
    """``text`` on one line, its white space evened out, of at most ``limit`` characters."""
    text = " ".join(text[: limit * 4].split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def moment(at: datetime) -> str:
    """A time for people: "2026-01-05 10:00:00 UTC", with milliseconds where there are any."""
    at = at.astimezone(UTC)
    precision = "milliseconds" if at.microsecond >= 1000 else "seconds"
    return at.isoformat(" ", precision).removesuffix("+00:00") + " UTC"


def rfc3339(at: datetime) -> str:
    """A time for programs: RFC 3339, UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def length(span: timedelta) -> str:
    """A span in its two largest units: "2 h 5 min"; under a second in milliseconds."""
    sign = "-" if span < timedelta(0) else ""
    span = abs(span)
    if span < timedelta(seconds=1):
        milliseconds = span // timedelta(milliseconds=1)
        return f"{sign}{milliseconds} ms" if milliseconds else "0 s"
    parts = []
    rest = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break  # only units that are neighbours: "1 d 3 s" says more than anybody knows
    return sign + " ".join(parts[:2])


def account_name(account: Account) -> str:
    """What an account is called where nobody knows its owner: "Alice (github alice)"."""
    key = shortened(account.key, LONGEST_FREE)
    if not account.name:
        return f"{account.system} {key}"
    return f"{shortened(account.name, LONGEST_FREE)} ({account.system} {key})"


def arguments(args: Mapping[str, Value], *, name: Name) -> dict[str, object]:
    """The arguments for a program: numbers stay numbers, times are RFC 3339, spans seconds."""
    return {key: _plain(value, name) for key, value in args.items()}


def _plain(value: Value, name: Name) -> object:
    if isinstance(value, Free):
        return value.text
    if isinstance(value, Account):
        return {"system": value.system, "key": value.key, "name": name(value)}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [_plain(item, name) for item in value]
    return value
