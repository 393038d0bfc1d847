"""``gate log``: init, show, verify, prove."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import Reading, open_place, open_reading
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say, say_raw
from gate.errors import INCONSISTENT, OK, UsageError

if TYPE_CHECKING:
    from gate.log.verify import LogReport
    from gate.log.view import LogView


@click.group("log")
def command() -> None:
    """Read the log and prove what is in it. All but init need no key and no network."""


@command.command("init")
@shared("config")
def init(config: str) -> int:
    """Make the policy's log, empty, with its first signed checkpoint. A log is never replaced."""
    from gate.log.create import init_log
    from gate.record.signer import load_private_key
    from gate.store.open import open_store
    from gate.tlog.note import Ed25519Signer

    place = open_place(config)
    key = load_private_key(read_secrets(os.environ).log_key, "GATE_LOG_KEY")
    origin = place.policy.log.origin
    store = open_store(place.policy.log.url, place.root)
    checkpoint = init_log(store, origin, Ed25519Signer(origin, key))
    say(f"made an empty log at {place.policy.log.url}; its head:")
    say(checkpoint.decode())
    return OK


@command.command("show")
@click.argument("index", type=click.IntRange(min=0), required=False)
@shared("config", "log", "trust")
@click.option("--people", is_flag=True, help="Join names and texts from the disclosure.")
@click.option("--json", "as_json", is_flag=True, help="Print the entry's dossier as JSON.")
def show(
    index: int | None,
    config: str,
    log_url: str | None,
    trust: str | None,
    people: bool,
    as_json: bool,
) -> int:
    """List the log's entries, or show all that one of them holds, with its evidence checked.

    People are p-labels unless --people joins the disclosure; erased ones are said to be so.
    """
    reading = open_reading(config, log_url, trust)
    view = _view(reading)
    if index is None:
        _list(view)
        return OK
    if index >= view.size:
        raise UsageError(f"the log has {view.size} entries, so none at index {index}")
    _dossier(view, index, reading, people=people, as_json=as_json)
    return OK


@command.command("verify")
@shared("config", "log", "trust")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(config: str, log_url: str | None, trust: str | None, as_json: bool) -> int:
    """Check everything in the log: signatures, order, tiles, root, records, evidence, index.

    Ends 0 if nothing contradicts anything, 13 with the first fault and the count of each kind
    otherwise. Missing evidence is reported and is no fault: retention may have removed it.
    """
    from gate.log.verify import verify_log

    reading = open_reading(config, log_url, trust)
    report = verify_log(reading.store, reading.trust)
    if as_json:
        say_raw(_report_json(report))
    else:
        _say_report(report)
    return INCONSISTENT if report.fault_counts else OK


def _report_json(report: LogReport) -> str:
    from dataclasses import asdict

    return json.dumps(
        {
            "schema": "gate/log-report/v1",
            "origin": report.origin,
            "size": report.size,
            "root": report.root,
            "checkpoint": report.checkpoint.decode(errors="replace"),
            "faults": [asdict(fault) for fault in report.faults],
            "fault_counts": dict(report.fault_counts),
            "notes": [asdict(note) for note in report.notes],
            "counts": dict(report.counts),
        },
        indent=2,
    )


def _say_report(report: LogReport) -> None:
    for note in report.notes:
        say(f"note: {note.place}: {note.message}")
    if not report.fault_counts:
        say(f"{report.origin}: {report.size} entries, root {report.root}")
        say("verified: signatures, order, tiles, root, records, evidence and index agree")
        return
    first = report.faults[0]
    say(f"TAMPERED at {first.place}: {first.message}")
    for kind, count in report.fault_counts.items():
        say(f"  faults of kind {kind}: {count}")
    say("to do: keep this copy, compare it with a checkpoint kept elsewhere, and tell the auditor")


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
    view = _view(open_reading(config, log_url, trust))
    if since is not None:
        return _prove_growth(view, Path(since))
    if index is None:
        raise click.UsageError("Give an INDEX, or --since FILE.")
    if index >= view.size:
        raise UsageError(f"the log has {view.size} entries, so none at index {index}")
    from gate.log.receipt import write_receipt

    path = write_receipt(Path(output or str(index)), view.entry(index), view.prove(index))
    say(f"entry {index} of {view.size} is in {view.origin}; its receipt: {path}")
    return OK


def _view(reading: Reading) -> LogView:
    from gate.log.view import LogView

    return LogView(reading.store, reading.trust)


def _list(view: LogView) -> None:
    from gate.audit.lines import entry_line

    say(f"{view.origin}: {view.size} entries")
    for index in range(view.size):
        say(entry_line(index, view.record(index)))


def _dossier(view: LogView, index: int, reading: Reading, *, people: bool, as_json: bool) -> None:
    from gate.audit.dossier_text import dossier_text
    from gate.audit.evidence import dossier, dossier_json
    from gate.audit.source import nothing

    if people and reading.disclosures is None:
        raise UsageError(
            "--people needs the disclosures, and only a policy says where they lie",
            remedy="give --config instead of --log and --trust",
        )
    found = dossier(
        view,
        index,
        evidence=reading.store.read_evidence,
        disclosures=reading.disclosures.get if people and reading.disclosures else nothing,
    )
    say_raw(dossier_json(found) if as_json else dossier_text(found))


def _prove_growth(view: LogView, kept: Path) -> int:
    try:
        data = kept.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {kept}: {error.strerror}") from None
    old = view.trust.policy.open(data)
    if old.size <= view.size and view.root_at(old.size) == old.root:
        say(f"{view.origin} grew from {old.size} to {view.size} entries, and nothing else changed")
        return OK
    say(f"{view.origin} does not extend the kept checkpoint. Both heads are signed:", err=True)
    say(f"kept:\n{data.decode()}\nnow:\n{view.checkpoint.decode()}", err=True)
    return INCONSISTENT
