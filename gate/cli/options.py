"""The shared options, each with its one environment variable, the same for every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gate.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

# What check, enforce and run share: the question, where the answer is recorded, how it is told.
QUESTION = ("ticket", "service", "environment", "commit", "base", "artifact", "evidence")
PLACE = ("config", "log", "trust")
ANSWER = ("emergency", "wait", "format", "quiet", "verbose")

FORMATS = ("text", "json", "markdown", "junit")


def _not_empty(_: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """An option given as nothing is what a shell makes of an unset variable, and no default."""
    if value == "":
        raise UsageError(
            f"{option.opts[0]} is given and empty",
            remedy="the variable that should hold it may be unset; leave the option away for its "
            "default",
        )
    return value


_OPTIONS: dict[str, Callable[[F], F]] = {
    "config": click.option(
        "--config",
        envvar="GATE_CONFIG",
        default="gate.toml",
        show_default=True,
        metavar="FILE",
        callback=_not_empty,
        help="The policy; it may lie outside the repository being deployed.",
    ),
    "service": click.option(
        "--service",
        envvar="GATE_SERVICE",
        metavar="NAME",
        callback=_not_empty,
        help="A service of the policy.",
    ),
    "environment": click.option(
        "--environment",
        envvar="GATE_ENVIRONMENT",
        metavar="NAME",
        callback=_not_empty,
        help="An environment of the policy, matched exactly.",
    ),
    "ticket": click.option(
        "--ticket",
        "tickets",
        envvar="GATE_TICKET",
        multiple=True,
        metavar="ID",
        help="The change request; may be given more than once (variable: separated by spaces).",
    ),
    "commit": click.option(
        "--commit",
        envvar="GATE_COMMIT",
        metavar="SHA",
        callback=_not_empty,
        help="What is deployed; default: the pipeline's commit, else HEAD.",
    ),
    "base": click.option(
        "--base",
        envvar="GATE_BASE",
        metavar="SHA",
        callback=_not_empty,
        help="Judge from here instead of the last deployment; it can only widen the range.",
    ),
    "artifact": click.option(
        "--artifact",
        "artifacts",
        envvar="GATE_ARTIFACT",
        multiple=True,
        metavar="NAME@sha256:HEX",
        help="An artifact that is deployed; may be given more than once.",
    ),
    "evidence": click.option(
        "--evidence",
        envvar="GATE_EVIDENCE",
        multiple=True,
        metavar="FILE",
        help="A receipt of another log, that it ran in the environment which comes first; may be"
        " given more than once (variable: separated by spaces).",
    ),
    "trust": click.option(
        "--trust", envvar="GATE_TRUST", metavar="DIR", callback=_not_empty, help="The trust folder."
    ),
    "log": click.option(
        "--log", "log_url", envvar="GATE_LOG", metavar="URL", callback=_not_empty, help="The log."
    ),
    "receipt": click.option(
        "--receipt",
        envvar="GATE_RECEIPT",
        metavar="FILE",
        callback=_not_empty,
        help="The receipt: NAME.tlog-proof with NAME.dsse.json beside it.",
    ),
    "format": click.option(
        "--format",
        "output",
        envvar="GATE_FORMAT",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How to print the answer.",
    ),
    "emergency": click.option(
        "--emergency",
        metavar="REASON",
        help="Declare an emergency: why it cannot wait. The policy says who may, and what of.",
    ),
    "wait": click.option(
        "--wait",
        envvar="GATE_WAIT",
        metavar="TIME",
        callback=_not_empty,
        help='While nothing but approvals is missing, look again for so long ("30m").',
    ),
    "quiet": click.option(
        "--quiet", "-q", envvar="GATE_QUIET", is_flag=True, help="Only the verdict."
    ),
    "verbose": click.option(
        "--verbose", "-v", envvar="GATE_VERBOSE", is_flag=True, help="Log each request to stderr."
    ),
}


def shared(*names: str) -> Callable[[F], F]:
    """Give a command these of the shared options, in this order."""

    def decorate(function: F) -> F:
        for name in reversed(names):
            function = _OPTIONS[name](function)
        return function

    return decorate
