"""Reading variables of a CI: absent is allowed where said, present but broken never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from gate.errors import UsageError

NUMBER = re.compile(r"[1-9][0-9]{0,19}")
NAME = re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{1,500}")

_SCP = re.compile(r"(?:[A-Za-z0-9._-]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/:].*)")
_URL = re.compile(r"(https?|ssh|git|file)://[\x21-\x7e]{1,480}")


def required(
    environ: Mapping[str, str], ci: str, name: str, shape: re.Pattern[str], wanted: str
) -> str:
    """The variable's value, which ``shape`` matches wholly; UsageError names it otherwise."""
    if name not in environ:
        raise UsageError(
            f"this looks like {ci}, but {name} is not set",
            remedy=f"do not unset it in the job; {ci} sets it to {wanted}",
        )
    value = environ[name]
    if not shape.fullmatch(value):
        seen = "is empty" if not value else f"is not {wanted}"
        raise UsageError(
            f"{name} {seen}",
            remedy=f"do not set it in the job; {ci} sets it to {wanted}",
        )
    return value


def optional(
    environ: Mapping[str, str], ci: str, name: str, shape: re.Pattern[str], wanted: str
) -> str:
    """Like ``required``, and "" where the variable is absent."""
    return required(environ, ci, name, shape, wanted) if name in environ else ""


def optional_time(environ: Mapping[str, str], ci: str, name: str) -> datetime | None:
    """An RFC 3339 time in UTC; None where the variable is absent."""
    text = optional(environ, ci, name, NAME, "a time")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it may lie before year 1 or after 9999
        pass
    raise UsageError(
        f"{name} is not a time with a zone (RFC 3339)",
        remedy=f"do not set it in the job; {ci} sets it",
    )


def repository_url(name: str, text: str) -> str:
    """A repository's address as people browse it: no credentials, no ``.git``, no final slash.

    ``git@host:path`` and ``ssh://`` become https, since it is the same repository.
    """
    scp = _SCP.fullmatch(text) if "://" not in text else None
    if scp:
        return _trimmed(f"https://{scp['host']}/{scp['path']}")
    try:
        parts = urlsplit(text) if _URL.fullmatch(text) else None
        port = parts.port if parts else None
    except ValueError:
        parts = None
    if parts is None or not (parts.hostname or parts.scheme == "file"):
        raise UsageError(f"{name} is not the address of a repository", remedy="do not set it")
    if parts.scheme in {"ssh", "git"}:
        return _trimmed(f"https://{parts.hostname}{parts.path}")
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return _trimmed(f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}")


def _trimmed(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").rstrip("/")
