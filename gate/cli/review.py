"""``gate review``: record that an emergency was approved afterwards, or that it was not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.answer import code_of
from gate.cli.inputs import now, open_place, pin_of
from gate.cli.logs import log_requests
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say, say_raw
from gate.errors import OK

if TYPE_CHECKING:
    from gate.config import Policy
    from gate.log.writing.append import Appended
    from gate.model import Decision
    from gate.review import Review


@click.command("review")
@click.option("--index", type=click.IntRange(min=0), metavar="N", help="Its place in the log.")
@shared("receipt", "config", "log", "trust", "quiet", "verbose")
def command(
    index: int | None,
    receipt: str | None,
    config: str,
    log_url: str | None,
    trust: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Review an emergency deployment afterwards, given by its receipt or its place in the log.

    Somebody who had no part in what was deployed, and did not deploy it, must have approved it
    since, in the ticket system (or as approvals.sources says). That is read live, judged and
    recorded, whatever it comes to. Ends 0 where it settles the emergency, 10 where no such
    approval is there, 11 where it cannot be told.
    """
    from gate.review import Asked, review

    if (index is None) == (not receipt):
        raise click.UsageError("Give the emergency by --receipt FILE, or by --index N.")
    place = open_place(config, log_url=log_url, trust=trust)
    asked = Asked(
        index=index,
        receipt=Path(receipt) if receipt else None,
        checkout=Path.cwd(),
        environ=os.environ,
        pin=pin_of(place.policy, os.environ),
    )
    done = review(asked, place, read_secrets(os.environ), now)
    if done.decision is None or done.appended is None or done.gathered is None:
        say(f"the emergency of entry {done.emergency.index} was reviewed already")
        return OK
    log_requests(done.gathered.requests, verbose=verbose)
    _tell(done, done.decision, done.appended, place.policy, quiet=quiet)
    return code_of(done.decision)


def _tell(
    done: Review, decision: Decision, appended: Appended, policy: Policy, *, quiet: bool
) -> None:
    from gate.identity import People
    from gate.output.message import account_name
    from gate.output.review import ReviewView, review_text

    people = People(policy)
    view = ReviewView(
        decision=decision,
        emergency=done.emergency.index,
        late=done.late,
        index=appended.index,
        origin=appended.origin,
        checkpoint=appended.proof.checkpoint.decode(),
        name=lambda account: people.owner(account) or account_name(account),
    )
    say_raw(review_text(view, quiet=quiet))
