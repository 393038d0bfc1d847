"""``gate log``: show and prove; the others stand in ``log_init``, ``log_doctor`` and the like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import Reading, open_reading
from gate.cli.log_doctor import doctor
from gate.cli.log_init import init
from gate.cli.log_sync import reindex, sync
from gate.cli.log_verify import verify
from gate.cli.options import shared
from gate.cli.printing import say, say_json, say_raw
from gate.cli.reading import beside, names_of
from gate.errors import OK, UsageError

if TYPE_CHECKING:
    from gate.audit.source import Fetch
    from gate.log.reading.view import LogView


@click.group("log")
def command() -> None:
    """Read the log and prove what is in it, or put it in order.

    Only init, sync and reindex write (doctor a probe, which it removes again); only init and sync
    need keys.
    """


@command.command("show")
@click.argument("index", type=click.IntRange(min=0), required=False)
@shared("config", "log", "trust")
@click.option("--people", is_flag=True, help="Join names and texts from the disclosure.")
@beside
@click.option("--json", "as_json", is_flag=True, help="Print the entry's dossier as JSON.")
def show(
    index: int | None,
    config: str,
    log_url: str | None,
    trust: str | None,
    people: bool,
    disclosures: str | None,
    as_json: bool,
) -> int:
    """List the log's entries, or show all that one of them holds, with its evidence checked.

    A decision begins with what happened when, in UTC and in order, each with its source; then the
    controls, in sentences. People and what they typed are labels (p1, t1) unless --people joins the
    disclosure.
    """
    reading = open_reading(config, log_url, trust)
    names = names_of(reading, disclosures, people=people)
    view = _view(reading)
    if index is None:
        _list(view)
        return OK
    if index >= view.size:
        raise UsageError(f"the log has {view.size} entries, so none at index {index}")
    _dossier(view, index, names, as_json=as_json)
    return OK


@command.command("prove")
@click.argument("index", type=click.IntRange(min=0), required=False)
@click.option("--since", metavar="FILE", help="A checkpoint kept earlier: prove append-only since.")
@click.option("--output", metavar="NAME", help="Where to write the receipt of INDEX.")
@shared("config", "log", "trust")
def prove(
    index: int | None,
    since: str | None,
    output: str | None,
    config: str,
    log_url: str | None,
    trust: str | None,
) -> int:
    """Prove that entry INDEX is in the log, or that the log only grew since a kept checkpoint.

    The first writes a receipt anyone can check offline; the second ends 13 where the log and the
    kept checkpoint cannot both be true, and shows the two signed heads.
    """
    if since is not None and (index is not None or output is not None):
        raise click.UsageError("Give an INDEX, which may have --output, or --since FILE alone.")
    view = _view(open_reading(config, log_url, trust))
    if since is not None:
        return _prove_growth(view, Path(since))
    if index is None:
        raise click.UsageError("Give an INDEX, or --since FILE.")
    if index >= view.size:
        raise UsageError(f"the log has {view.size} entries, so none at index {index}")
    from gate.log.receipts.receipt import write_receipt

    path = write_receipt(Path(output or str(index)), view.entry(index), view.prove(index))
    say(f"entry {index} of {view.size} is in {view.origin}; its receipt: {path}")
    return OK


command.add_command(init)
command.add_command(verify)
command.add_command(doctor)
command.add_command(sync)
command.add_command(reindex)


def _view(reading: Reading) -> LogView:
    from gate.log.reading.view import LogView

    return LogView(reading.store, reading.trust)


def _list(view: LogView) -> None:
    from gate.audit.lines import entry_line

    say(f"{view.origin}: {view.size} entries")
    for index in range(view.size):
        say(entry_line(index, view.record(index)))


def _dossier(view: LogView, index: int, names: Fetch | None, *, as_json: bool) -> None:
    from gate.audit.dossier_text import dossier_text
    from gate.audit.evidence import dossier, dossier_json
    from gate.audit.outcomes import Outcomes

    later = Outcomes(view)
    found = dossier(
        view,
        index,
        evidence=view.store.read_evidence,
        disclosures=names,
        ended=later.of(index),
        reviewed=later.review_of(index),
    )
    if as_json:
        say_json(dossier_json(found))
    else:
        say_raw(dossier_text(found))


def _prove_growth(view: LogView, path: Path) -> int:
    from gate.log.receipts.kept import hold, read_kept

    old = hold(read_kept(path), view.trust.policy, view.size, view.checkpoint, view.root_at)
    say(
        f"{view.origin} grew from {old.size} to {view.size} entries: by its signed head and its "
        f"tiles, the first {old.size} are the same (`gate log verify` reads the entries)"
    )
    return OK
