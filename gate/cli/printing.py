"""The one door to the terminal: secrets are taken out by value, control characters made visible."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gate.config import Secrets

_hidden: list[str] = []  # the one state of this package: a secret once read must never be printed


def read_secrets(environ: Mapping[str, str]) -> Secrets:
    """The secrets of the environment, which are never printed from here on."""
    from gate.config import read_secrets as read
    from gate.config.secrets import SHORTEST_SECRET

    secrets = read(environ)
    for value in secrets.values():
        if len(value) >= SHORTEST_SECRET:
            _hidden.extend(_guises(value))
    return secrets


def _guises(value: str) -> Iterator[str]:
    """A secret as it stands, and as it looks where a surface has escaped the text around it."""
    from json import dumps

    from gate.output import escape

    yield value
    for escaped in (escape.markdown, escape.html, escape.command_data, escape.command_property):
        if escaped(value) != value:
            yield escaped(value)
    if (quoted := dumps(value)[1:-1]) != value:
        yield quoted


def redact(text: str) -> str:
    """``text`` without the value of any secret that was read."""
    if not _hidden:
        return text
    from gate.config.secrets import REDACTED

    for value in sorted(_hidden, key=len, reverse=True):
        text = text.replace(value, REDACTED)
    return text


def say(text: str, *, err: bool = False) -> None:
    """Print ``text`` and a newline, safe for a terminal."""
    from gate.output.escape import terminal

    click.echo(redact(terminal(text)), err=err)


def say_raw(text: str, *, err: bool = False) -> None:
    """Print what a surface has already escaped (JSON, XML, colours of our own)."""
    click.echo(redact(text.rstrip("\n")), err=err)


def say_json(text: str) -> None:
    """Print a JSON document, which no CI runner finds a command in."""
    from gate.output.escape import json_document

    say_raw(json_document(text))


def coloured() -> bool:
    """Whether colour helps: a terminal, and NO_COLOR is not set (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
