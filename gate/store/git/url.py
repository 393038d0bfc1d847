"""What ``git+https://host/repository.git#branch`` names, and the credentials for it.

The URL stands in the policy, which everybody may read, so it holds no credentials: a user name is
refused but for ssh, where it says whose account it is and opens nothing. The token comes from the
environment.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from gate.errors import UsageError
from gate.frozen import dataclass

TOKEN: Final = "GATE_LOG_TOKEN"  # noqa: S105  # the variable's name
USER: Final = "GATE_LOG_USER"
DEFAULT_USER: Final = "x-access-token"

_FORM = 'write it as url = "git+https://host/repository.git#branch"'
_SCHEMES = ("https", "ssh", "file", "http")
_PRINTABLE = re.compile(r"[!-~]+")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_SSH_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN_TEXT = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A branch of a remote: ``remote`` is the URL as git takes it."""

    scheme: str
    remote: str
    branch: str

    @property
    def ref(self) -> str:
        """The branch's full name."""
        return f"refs/heads/{self.branch}"


def parse_place(url: str) -> GitPlace:
    """The place that a ``git+…`` URL names. Raises ``UsageError`` without repeating a password."""
    remote, _, branch = url.removeprefix("git+").partition("#")
    if not url.startswith("git+") or not _PRINTABLE.fullmatch(remote):
        raise UsageError("the log's URL names no git repository", remedy=_FORM)
    try:
        parts = urlsplit(remote)
        host, password, _ = parts.hostname or "", parts.password, parts.port
    except ValueError:
        raise UsageError("the log's URL is malformed", remedy=_FORM) from None
    if parts.scheme not in _SCHEMES:
        raise UsageError(
            "the log's URL names a way to reach git that gate does not use",
            remedy="use git+https, git+ssh or git+file",
        )
    _refuse_credentials(parts.scheme, parts.username, password)
    if parts.query or "\\" in remote or len(parts.path) < 2:
        raise UsageError("the log's URL names no git repository", remedy=_FORM)
    if parts.scheme == "file":
        if host:
            raise UsageError("a git+file URL has three slashes, and no host", remedy=_FORM)
    elif not host or host.startswith("-"):
        raise UsageError("the log's URL names no host", remedy=_FORM)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            "git+http sends the token unprotected, so it is for this machine alone",
            remedy="use git+https",
        )
    if not _is_branch(branch):
        raise UsageError(
            "the log's URL must end in # and the name of a branch: letters, digits, . _ - and /",
            remedy=_FORM,
        )
    return GitPlace(parts.scheme, remote, branch)


def _refuse_credentials(scheme: str, user: str | None, password: str | None) -> None:
    if user is None and password is None:
        return
    if scheme == "ssh" and password is None and _SSH_USER.fullmatch(user or ""):
        return
    raise UsageError(
        "the log's URL holds credentials, and everybody who may read the policy would read them",
        remedy=f"take them out of the URL, make them void, and give a new token in {TOKEN}",
    )


def _is_branch(name: str) -> bool:
    """Whether git takes it for a branch's name; stricter than git, so that it needs no quotes."""
    bad = ".." in name or name.endswith(".") or any(p.endswith(".lock") for p in name.split("/"))
    return bool(_BRANCH.fullmatch(name)) and len(name) <= 200 and not bad


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a token; "" is not given."""

    user: str
    token: str

    def __repr__(self) -> str:
        return f"Credentials(given: {bool(self.token)})"

    def hide(self, text: str) -> str:
        """``text`` without the token in any of the forms that git or a server may repeat."""
        if not self.token:
            return text
        basic = base64.b64encode(f"{self.user}:{self.token}".encode()).decode()
        for secret in sorted({self.token, quote(self.token, safe=""), basic}, key=len)[::-1]:
            text = text.replace(secret, "***")
        return text


def read_credentials(environ: Mapping[str, str]) -> Credentials:
    """The token of ``GATE_LOG_TOKEN``, or of the file that ``GATE_LOG_TOKEN_FILE`` names.

    Raises ``UsageError`` naming the variable, never its value.
    """
    token, file = environ.get(TOKEN, ""), environ.get(f"{TOKEN}_FILE", "")
    source = TOKEN
    if token and file:
        raise UsageError(f"{TOKEN} and {TOKEN}_FILE are both set", remedy="set one of the two")
    if file:
        source = f"{TOKEN}_FILE"
        try:
            token = Path(file).read_text("utf-8").strip()
        except (OSError, ValueError):
            raise UsageError(
                f"the file that {source} names cannot be read",
                remedy="check that it is there, and that this user may read it",
            ) from None
    if (token or file) and not _TOKEN_TEXT.fullmatch(token):
        raise UsageError(
            f"{source} holds no token: it is empty, or has spaces or other such characters",
            remedy="set it to the token alone",
        )
    user = environ.get(USER, "") or DEFAULT_USER
    if not _TOKEN_TEXT.fullmatch(user) or ":" in user:
        raise UsageError(f"{USER} holds no user name", remedy="set it to the account's name alone")
    return Credentials(user, token)
