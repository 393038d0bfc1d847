"""``gate complete``: record what became of an enforced deployment."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gate.cli.inputs import now, open_place
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say

OUTCOMES = ("succeeded", "failed", "cancelled", "rolled-back")


@click.command("complete")
@click.option(
    "--outcome", required=True, type=click.Choice(OUTCOMES), help="What became of the deployment."
)
@shared("receipt", "config", "log", "trust", "quiet")
def command(
    outcome: str,
    receipt: str | None,
    config: str,
    log_url: str | None,
    trust: str | None,
    quiet: bool,
) -> int:
    """Record the outcome of an enforced deployment in the log.

    The next deployment's range of commits starts from the newest one that is recorded as succeeded.
    """
    from gate.deploy import complete

    if not receipt:
        raise click.UsageError("Missing option '--receipt'.")
    place = open_place(config, log_url=log_url, trust=trust)
    appended = complete(Path(receipt), outcome, place, read_secrets(os.environ), now)
    if not quiet:
        say(f"recorded: {outcome}, as entry {appended.index} of {appended.origin}")
    return 0
