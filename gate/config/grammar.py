"""The grammars of single values: names, durations, URLs, paths, a log's origin, git refs."""

from __future__ import annotations

import re
from datetime import timedelta

from gate.config.reader import shown, wrong

MAX_NAME = 100
_DURATION = re.compile(r"(0|[1-9][0-9]{0,8})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=3650)
_BAD_IN_REF = re.compile(r"[\s~^:?\[\\]|\.\.|//|@\{|^[-/.]|[/.]$|\.lock$")
_BRANCH_OR_TAG = re.compile(r"^refs/(heads|tags)/")
_BAD_IN_URL = re.compile(r"[^!-~]|[\\<>\"`{}|^]")


def name(text: str, path: str) -> str:
    """A service's, environment's, group's or person's name: matched exactly, so written exactly.

    No space before or after, printable, at most 100 characters.
    """
    if not text or text != text.strip() or not text.isprintable():
        raise wrong(
            path,
            f"{shown(text)} is no name: it must be printable, without a space before or after",
        )
    if len(text) > MAX_NAME:
        raise wrong(path, f"a name has at most {MAX_NAME} characters, this one {len(text)}")
    return text


def duration(text: str, path: str) -> timedelta:
    """A duration such as "0s", "30m", "24h" or "14d"."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise wrong(
            path,
            f"{shown(text)} is no duration",
            'write a whole number and one unit: "30s", "30m", "24h" or "14d"',
        )
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if length > _LONGEST:
        raise wrong(path, f"{shown(text)} is more than ten years")
    return length


def origin(text: str, path: str) -> str:
    """A log's origin, which is also its key's name (C2SP signed-note, tlog-checkpoint)."""
    if "+" in text or any(c.isspace() for c in text) or not text.isprintable() or len(text) > 200:
        raise wrong(
            path,
            f"{shown(text)} is no origin: no spaces, no plus sign, at most 200 characters",
            'write a name that you own, without a scheme, such as "acme.example/changes"',
        )
    return text


def directory(text: str, path: str) -> str:
    """The URL of a directory, "dir:" and a path; a relative one is relative to ``gate.toml``."""
    if not text.startswith("dir:") or not text.removeprefix("dir:").strip():
        raise wrong(path, f'{shown(text)} is no directory: write "dir:" and a path')
    return text


def url(text: str, path: str) -> str:
    """An https URL (http to loopback only), without user, query, fragment or trailing slash.

    Scheme and host come back in lower case and without the default port, so that two ways to write
    one URL are equal.
    """
    from urllib.parse import urlsplit

    if _BAD_IN_URL.search(text):
        raise wrong(path, f"{shown(text)} holds a character that no URL has")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong(path, f"{shown(text)} is no URL") from None
    if parts.scheme not in {"https", "http"} or not host:
        raise wrong(path, f"{shown(text)} is no https URL")
    if "@" in parts.netloc:
        raise wrong(path, "a URL here has no user or password", "give secrets in the environment")
    if "?" in text or "#" in text:
        raise wrong(path, f"{shown(text)}: a URL here has no query and no fragment")
    if parts.scheme == "http" and not is_loopback(host):
        raise wrong(path, f"{shown(text)}: plain http is for loopback only", "use https")
    trail = parts.path.rstrip("/")
    if any(step in {"", ".", ".."} for step in trail.split("/")[1:]):
        raise wrong(path, f"{shown(text)}: its path has an empty, . or .. step")
    shown_host = f"[{host}]" if ":" in host else host
    default = {"https": 443, "http": 80}[parts.scheme]
    shown_port = "" if port is None or port == default else f":{port}"
    return f"{parts.scheme}://{shown_host}{shown_port}{trail}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def any_repository(text: str, path: str) -> str:
    """Any URL that git can fetch from, for a service whose repository is on no forge we ask."""
    from urllib.parse import urlsplit

    if text.startswith(("https:", "http:")):
        return url(text, path)
    try:
        parts = urlsplit(text)
        secret, host = parts.password, parts.hostname
    except ValueError:
        raise wrong(path, f"{shown(text)} is no URL") from None
    known = (parts.scheme == "ssh" and host) or parts.scheme == "file"
    if _BAD_IN_URL.search(text) or not known or not parts.path.strip("/"):
        raise wrong(path, f"{shown(text)} is no URL of a repository (https, ssh or file)")
    if secret is not None or "?" in text or "#" in text:
        raise wrong(path, "a repository's URL has no password, no query and no fragment")
    return text.rstrip("/")


def release_ref(text: str, path: str) -> str:
    """A branch, or with ``refs/tags/`` before it a tag; ``*`` stands for several.

    Branches may be written short or with ``refs/heads/``; otherwise as git-check-ref-format allows.
    """
    if _BAD_IN_REF.search(text) or not text.isprintable():
        raise wrong(path, f"{shown(text)} is no branch name or pattern")
    short = _BRANCH_OR_TAG.sub("", text)
    if short.startswith("refs/"):
        raise wrong(
            path,
            f"{shown(text)} is neither a branch nor a tag",
            'write a branch as "main", a tag as "refs/tags/v1"',
        )
    if not short.strip("*/"):
        kind = "tag" if text.startswith("refs/tags/") else "branch"
        raise wrong(path, f"{shown(text)} would make every {kind} a release ref")
    return text
