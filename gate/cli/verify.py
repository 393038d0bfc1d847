"""``gate verify``: the deploy target's last line of defence, offline."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import now, parse_artifacts
from gate.cli.options import shared
from gate.cli.printing import say
from gate.errors import FINDING, OK, UsageError
from gate.model import COMMIT_ID

if TYPE_CHECKING:
    from gate.log.receipts.permit import Expected, Permit

DIGEST = re.compile(r"[0-9a-f]{64}")
AGE = re.compile(r"([0-9]{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command("verify")
@shared("receipt", "trust", "commit", "environment", "service", "artifact", "quiet")
@click.option(
    "--max-age",
    envvar="GATE_MAX_AGE",
    default="1h",
    show_default=True,
    metavar="DURATION",
    help="Refuse a decision older than this (30m, 1h, 2d).",
)
@click.option(
    "--policy-sha256",
    "policies",
    envvar="GATE_POLICY_SHA256",
    multiple=True,
    metavar="HEX",
    help="Refuse a decision by any other policy; may be given more than once.",
)
@click.option("--allow-emergency", is_flag=True, help="Let an emergency decision permit, too.")
def command(
    receipt: str | None,
    trust: str | None,
    commit: str | None,
    environment: str | None,
    service: str | None,
    artifacts: tuple[str, ...],
    max_age: str,
    policies: tuple[str, ...],
    allow_emergency: bool,
    quiet: bool,
) -> int:
    """Prove offline that a receipt permits this deployment: permission, not mere presence.

    Ends 0 only for an allowed decision in the log that the trust folder vouches for, of exactly
    this commit, environment, service and every recorded artifact, no older than --max-age, and by
    the policy of --policy-sha256 if that is given. Needs no network and no key.
    """
    from gate.log.receipts.permit import Expected, permits

    wanted = {
        "--receipt": receipt,
        "--trust": trust,
        "--commit": commit,
        "--environment": environment,
        "--service": service,
    }
    for option, value in wanted.items():
        if not value:
            raise click.UsageError(f"Missing option '{option}'.")
    if not COMMIT_ID.fullmatch(commit or ""):
        raise UsageError(
            f"--commit {str(commit)[:100]!r} is not a full commit id",
            remedy="give all 40 (or 64) lower-case hex digits",
        )
    expected = Expected(
        commit=str(commit),
        environment=str(environment),
        service=str(service),
        artifacts=parse_artifacts(artifacts),
        max_age=parse_age(max_age),
        allow_emergency=allow_emergency,
        policies=parse_digests(policies),
    )
    return _answer(permits(Path(str(receipt)), Path(str(trust)), expected, now()), expected, quiet)


def _answer(permit: Permit, expected: Expected, quiet: bool) -> int:
    """Say what was found; the exit code."""
    place = f"entry {permit.index} of {permit.origin}"
    for warning in permit.warnings:
        say(f"note: {warning}", err=True)
    for reason in permit.refusals:
        say(f"refused: {reason}", err=True)
    if permit.refusals:
        say(f"gate: {place} does not permit this deployment", err=True)
        return FINDING
    if not quiet:
        say(
            f"permitted: {expected.service} {expected.commit[:12]} to {expected.environment}, "
            f"decided {permit.decided_at:%Y-%m-%d %H:%M:%S} UTC, {place}"
        )
    return OK


def parse_digests(given: tuple[str, ...]) -> frozenset[str]:
    """Policy digests in lower-case hex."""
    for text in given:
        if not DIGEST.fullmatch(text):
            raise UsageError(
                f"--policy-sha256 {text[:80]!r} is not 64 lower-case hex digits",
                remedy="give the digest that the pipeline pins in GATE_POLICY_SHA256",
            )
    return frozenset(given)


def parse_age(text: str) -> timedelta:
    """A duration such as 30m, 1h, 2d; zero is refused, as nothing is that young."""
    match = AGE.fullmatch(text)
    if not match or int(match[1]) == 0:
        raise UsageError(f"--max-age {text[:40]!r} is not a duration such as 30m, 1h or 2d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})
