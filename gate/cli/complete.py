"""``gate complete``: record what became of an enforced deployment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import now, open_place
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say

if TYPE_CHECKING:
    from gate.log.writing.append import Appended

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
    The outcome's own receipt is written beside the other, as NAME.outcome.tlog-proof.
    """
    from gate.deploy import complete

    if not receipt:
        raise click.UsageError("Missing option '--receipt'.")
    place = open_place(config, log_url=log_url, trust=trust)
    appended = complete(Path(receipt), outcome, place, read_secrets(os.environ), now)
    if not quiet:
        say(f"recorded: {outcome}, as entry {appended.index} of {appended.origin}")
    write_outcome(Path(receipt), appended)
    return 0


def write_outcome(decision: Path, appended: Appended) -> None:
    """Write the outcome's receipt beside the decision's.

    One that cannot be written is told and no failure: the outcome is in the log, which gives the
    receipt at any time.
    """
    from gate.log.receipts.receipt import outcome_stem, write_receipt
    from gate.store.contract import StoreError

    try:
        write_receipt(outcome_stem(decision), appended.entry, appended.proof)
    except StoreError as error:
        say(f"note: {error.message}", err=True)
        say(f"  to do: gate log prove {appended.index} writes it, if it is needed", err=True)
