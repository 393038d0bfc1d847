"""Secrets that sing: each has a value of its own, which must stand in nothing that is written."""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from gate.demo.stage import Ended

# Values that percent-encoding, JSON, Markdown and HTML each write otherwise, but no shorter.
TOKENS = {
    "GATE_JIRA_TOKEN": "canary-jira-7d1f+Q/x=",
    "GATE_SERVICENOW_PASSWORD": "canary-servicenow-52c0&<Kw> |*",
    "GATE_TICKETS_TOKEN": "canary-tickets-91aa_Zu~",
    "GITHUB_TOKEN": "canary-github-c4e8_T0-k",
    "GITLAB_TOKEN": "canary-gitlab-3b96-m5n",
    "GATE_LOG_TOKEN": "canary-log-e07d.vR",
}
# What services call a user by, next to the secret, in HTTP Basic.
USERS = {
    "GATE_JIRA_TOKEN": ("gate@acme.example", "gate"),
    "GATE_SERVICENOW_PASSWORD": ("gate",),
    "GITHUB_TOKEN": ("x-access-token", ""),
    "GITLAB_TOKEN": ("oauth2", ""),
}


def guises(name: str, value: str) -> Iterator[str]:
    """A secret as it may come to stand somewhere: raw, encoded, or as a header carries it."""
    pairs = [f"{user}:{value}" for user in USERS.get(name, ())]
    for text in (value, *pairs):
        data = text.encode()
        yield from (text, quote(text), quote(text, safe=""), quote_plus(text), data.hex())
        yield from (encode(data).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
        # Inside of something longer, base64 begins at any of three places.
        yield from (_within(data, shift) for shift in (1, 2))


def _within(data: bytes, shift: int) -> str:
    """What is sure of ``data`` in base64 behind ``shift`` other bytes, before any others."""
    whole = b64encode(bytes(shift) + data).decode().rstrip("=")
    return whole[shift + 1 : -1]


def of_keys(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The keys' own lines, and their bytes in other dress."""
    for name, pem in keys.items():
        for line in pem.splitlines():
            if line and "-----" not in line:
                seed = b64decode(line)[-32:]
                for text in (line, seed.hex(), b64encode(seed).decode().rstrip("="), quote(line)):
                    yield name, text
        yield name, b64encode(pem.encode()).decode().rstrip("=")


class Canaries:
    """All that must not be written, by the variable that held it."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        found = [(name, text) for name, value in TOKENS.items() for text in guises(name, value)]
        every = dict.fromkeys((*found, *of_keys(keys)))
        self._found = tuple((name, text.encode()) for name, text in every)

    def heard_in(self, files: Mapping[Path, bytes], ended: Ended) -> frozenset[str]:
        """Where a secret stands, and of which variable: in files, their names, what was printed."""
        said = {str(path): str(path).encode() + data for path, data in files.items()}
        said |= {"stdout": ended.out.encode(), "stderr": ended.err.encode()}
        return frozenset(
            f"{name} in {place}"
            for place, data in said.items()
            for name, guise in self._found
            if guise in data
        )
