"""``gate log``: sync, reindex: what keeps a log in order that nobody appends to just now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.folders import RECEIPTS, SPOOL
from gate.cli.inputs import now, open_place
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say
from gate.errors import OK, NotRecordedError

if TYPE_CHECKING:
    from gate.config.secrets import Secrets
    from gate.place import Place


@click.command("sync")
@click.option(
    "--spool",
    is_flag=False,
    flag_value=SPOOL,
    metavar="DIR",
    help=f"Append what emergencies left there while the log was down; without DIR: {SPOOL}.",
)
@shared("config", "quiet")
def sync(spool: str | None, config: str, quiet: bool) -> int:
    """Commit what a writer that did not come to its end left behind.

    Every append does so along the way. Records that wait are judged again at the place where they
    come to stand; objects that a reader needs and that are missing are put there; witnesses are
    asked to cosign a head that lacks their quorum.
    """
    from gate import __version__
    from gate.log.writing.judge_again import judge_again
    from gate.log.writing.sync import sync as bring_in
    from gate.place import asking_witnesses, open_keys, open_store

    place = open_place(config)
    secrets = read_secrets(os.environ)
    keys = open_keys(place, secrets, now())
    again = judge_again(keys.signer, now, __version__)
    store = open_store(place, keys.trust)
    with asking_witnesses(place, keys.trust) as post:
        done = bring_in(store, keys.trust, keys.log_signer, rejudge=again, post=post)
    if not quiet:
        say(f"committed {done.committed} waiting records; the log has {done.size} entries")
    for digest in done.refused:
        say(
            f"note: {digest} waits, and no key that the trust folder names signed it, or it was "
            "judged at another log: it is never committed",
            err=True,
        )
    if spool is not None:
        _settle(place, secrets, Path(spool), quiet=quiet)
    return OK


def _settle(place: Place, secrets: Secrets, folder: Path, *, quiet: bool) -> None:
    """Append what is owed; each receipt lies where ``gate enforce`` would have put it."""
    from gate.log.receipts.receipt import write_receipt
    from gate.offline import settle

    count = 0
    for appended in settle(place, secrets, now, folder):
        count += 1
        stem = Path(RECEIPTS) / str(appended.index)
        receipt = write_receipt(stem, appended.entry, appended.proof)
        if not quiet:
            say(f"settled: entry {appended.index} of {appended.origin}, receipt {receipt}")
    if not quiet:
        say(f"appended {count} records that were owed by {folder}")


@click.command("reindex")
@shared("config")
def reindex(config: str) -> int:
    """Make the index anew from the entries.

    It is only hints, and every writer mends what is missing at its end; this replaces all of it,
    such as after `gate log verify` named rows that are wrong. Look for who changed them first.
    """
    from gate.log.reading.trust import load_trust
    from gate.log.writing.reindex import reindex as make_anew
    from gate.place import open_store, open_view

    place = open_place(config)
    trust = load_trust(place.trust, log=place.log)
    store = open_store(place, trust)
    view = open_view(place, trust, store, quorum=False)
    if not make_anew(view):
        raise NotRecordedError("somebody appended to the log meanwhile", remedy="run again")
    say(f"the index of {view.url} holds {view.size} entries")
    return OK
