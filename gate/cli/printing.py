"""The one door to the terminal: secrets are taken out by value, control characters made visible."""

from __future__ import annotations

import os
import sys

import click

REDACTED = "[redacted]"
SHORTEST_SECRET = 6  # shorter values occur by chance in ordinary text
SECRET_NAMES = (
    "GATE_JIRA_TOKEN",
    "GITHUB_TOKEN",
    "GITLAB_TOKEN",
    "GATE_SIGNING_KEY",
    "GATE_LOG_KEY",
)


def redact(text: str) -> str:
    """``text`` without the value of any secret that the environment holds, line by line of it."""
    for name in SECRET_NAMES:
        for line in os.environ.get(name, "").splitlines():
            value = line.strip()
            if len(value) >= SHORTEST_SECRET and not value.startswith("-----"):
                text = text.replace(value, REDACTED)
    return text


def say(text: str, *, err: bool = False) -> None:
    """Print ``text`` and a newline, safe for a terminal."""
    from gate.output.escape import terminal

    click.echo(redact(terminal(text)), err=err)


def say_raw(text: str) -> None:
    """Print what a surface has already escaped (JSON, XML, colours of our own)."""
    click.echo(redact(text.rstrip("\n")))


def coloured() -> bool:
    """Whether colour helps: a terminal, and NO_COLOR is not set (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
