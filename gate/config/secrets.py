"""The secrets, which come from the environment only: each as ``NAME`` or, in a file, ``NAME_FILE``.

An empty variable is one that is not given: CI systems set a secret that does not exist to nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import quote

from gate.errors import UsageError
from gate.frozen import dataclass

_VARIABLES = {
    "jira_email": "GATE_JIRA_EMAIL",
    "jira_token": "GATE_JIRA_TOKEN",
    "servicenow_user": "GATE_SERVICENOW_USER",
    "servicenow_password": "GATE_SERVICENOW_PASSWORD",
    "servicenow_token": "GATE_SERVICENOW_TOKEN",
    "tickets_token": "GATE_TICKETS_TOKEN",
    "github_token": "GITHUB_TOKEN",
    "gitlab_token": "GITLAB_TOKEN",
    "jenkins_user": "GATE_JENKINS_USER",
    "jenkins_token": "GATE_JENKINS_TOKEN",
    "signing_key": "GATE_SIGNING_KEY",
    "log_key": "GATE_LOG_KEY",
    "log_token": "GATE_LOG_TOKEN",
}
_KEYS = ("signing_key", "log_key")
_TYPED = ("servicenow_user", "servicenow_password")  # by people, who may type spaces too
_MAX_BYTES = 1 << 16
_SHORTEST_LINE = 16  # a shorter line of a key occurs by chance in ordinary text

REDACTED = "[redacted]"
SHORTEST_SECRET = 6  # a shorter value occurs by chance in ordinary text

SECRET_VARIABLES = tuple(n for name in _VARIABLES.values() for n in (name, f"{name}_FILE"))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the environment gave; "" is not given. ``repr`` names what there is, never a value."""

    jira_email: str = ""
    jira_token: str = ""
    servicenow_user: str = ""
    servicenow_password: str = ""
    servicenow_token: str = ""
    tickets_token: str = ""
    github_token: str = ""
    gitlab_token: str = ""
    jenkins_user: str = ""
    jenkins_token: str = ""
    signing_key: str = ""
    log_key: str = ""
    log_token: str = ""

    def __repr__(self) -> str:
        given = (f.name for f in fields(self) if getattr(self, f.name))
        return f"Secrets(given: {', '.join(given) or 'none'})"

    def values(self) -> tuple[str, ...]:
        """Every text that must not be printed, longest first.

        These are the values, the credentials of HTTP Basic that are made of them, the single lines
        of a key of several lines, and each of these as it stands in a URL.
        """
        found = {self.jira_token, self.github_token, self.gitlab_token, self.log_token}
        found |= {self.servicenow_password, self.servicenow_token, self.tickets_token}
        found |= {self.jenkins_token, self.signing_key, self.log_key}
        for key in (self.signing_key, self.log_key):
            lines = key.splitlines()
            found |= {x for x in lines if len(x) >= _SHORTEST_LINE and "-----" not in x}
        for user, password in (
            (self.jira_email, self.jira_token),
            (self.servicenow_user, self.servicenow_password),
            (self.jenkins_user, self.jenkins_token),
        ):
            if user and password:
                found.add(base64.b64encode(f"{user}:{password}".encode()).decode("ascii"))
        found |= {quote(value, safe=safe) for value in found for safe in ("", "/")}
        return tuple(sorted(found - {""}, key=lambda value: (-len(value), value)))

    def redactor(self) -> Callable[[str], str]:
        """What puts ``REDACTED`` in the place of each value of ``SHORTEST_SECRET`` or more."""
        hidden = tuple(value for value in self.values() if len(value) >= SHORTEST_SECRET)

        def redact(text: str) -> str:
            for value in hidden:
                text = text.replace(value, REDACTED)
            return text

        return redact


def read_secrets(environ: Mapping[str, str]) -> Secrets:
    """The secrets of an environment mapping.

    Raises ``UsageError`` naming the variable, never its value: given twice, a file that is missing,
    unreadable or empty, a token that holds what no HTTP header can.
    """
    return Secrets(**{field: _secret(environ, field, name) for field, name in _VARIABLES.items()})


def _secret(environ: Mapping[str, str], field: str, name: str) -> str:
    value, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
    if value and file:
        raise UsageError(f"{name} and {name}_FILE are both set", remedy="set one of the two")
    source = name
    if file:
        source, value = f"{name}_FILE", _read(Path(file), f"{name}_FILE")
    value = value.rstrip("\r\n")
    least = " " if field in _TYPED else "!"
    if field not in _KEYS and not all(least <= c <= "~" for c in value):
        raise UsageError(
            f"{source} holds a space, a line break or a character that is not ASCII",
            remedy="paste the token again, on one line",
        )
    return value


def _read(path: Path, variable: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"{variable} names a file that cannot be read: {reason}") from None
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{variable} names a file of more than {_MAX_BYTES} bytes: no secret")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{variable} names a file that is not text") from None
    if not text.strip():
        raise UsageError(f"{variable} names a file that is empty")
    return text
