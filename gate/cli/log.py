"""``gate log``: init, show, verify, prove; see ``log_sync`` for sync and reindex."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import Reading, open_place, open_reading
from gate.cli.log_sync import reindex, sync
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say, say_json, say_raw
from gate.cli.reading import beside, kept_option, names_of, read_all_kept
from gate.errors import INCONSISTENT, NOT_RECORDED, OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.audit.source import Fetch
    from gate.log.verify import LogReport
    from gate.log.view import LogView


@click.group("log")
def command() -> None:
    """Read the log and prove what is in it, or put it in order.

    Only init, sync and reindex write; only init and sync need keys.
    """


@command.command("init")
@shared("config")
def init(config: str) -> int:
    """Make the policy's log, empty, with its first signed checkpoint. A log is never replaced."""
    from gate.deploy import surroundings
    from gate.log.create import init_log
    from gate.record.signer import load_private_key
    from gate.store.open import open_store
    from gate.tlog.note import Ed25519Signer

    place = open_place(config)
    key = load_private_key(read_secrets(os.environ).log_key, "GATE_LOG_KEY")
    origin = place.policy.log.origin
    signer = Ed25519Signer(origin, key)
    store = open_store(place.policy.log.url, surroundings(place, signer.verifier))
    checkpoint = init_log(store, origin, signer)
    say(f"made an empty log at {place.policy.log.url}; its head:")
    say(checkpoint.decode())
    return OK


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


@command.command("verify")
@shared("config", "log", "trust")
@kept_option
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    config: str, log_url: str | None, trust: str | None, kept: tuple[str, ...], as_json: bool
) -> int:
    """Check everything in the log up to its signed head, and that it extends kept checkpoints.

    Signatures, order, tiles, root, records, evidence, index. Ends 0 if nothing contradicts
    anything, 13 with the first fault and the count of each kind otherwise, 12 where all agrees and
    a head misses the witness quorum of the trust policy. Missing evidence is counted and is no
    fault: retention may have removed it. That the head is the newest one is shown only by
    checkpoints kept elsewhere (--kept).
    """
    from gate.log.verify import verify_log

    reading = open_reading(config, log_url, trust)
    report = verify_log(reading.store, reading.trust, kept=read_all_kept(kept))
    if as_json:
        say_json(_report_json(report))
    else:
        _say_report(report)
    if report.fault_counts:
        return INCONSISTENT
    return NOT_RECORDED if report.unwitnessed else OK


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
            "unwitnessed": [asdict(head) for head in report.unwitnessed],
            "notes": [asdict(note) for note in report.notes],
            "counts": dict(report.counts),
            "kept_checkpoints": [
                {"origin": kept.origin, "size": kept.size, "root": kept.root.hex()}
                for kept in report.kept
            ],
            "files_beyond_head": report.beyond,
        },
        indent=2,
    )


def _say_report(report: LogReport) -> None:
    """The verdict, then the counts, then the notes."""
    from gate.audit.notes import NO_KEPT, beyond_head

    _say_verdict(report)
    if report.beyond:
        say(f"WARNING: {beyond_head(report.beyond)}")
    say(f"{report.origin}: {report.size} entries, root {report.root}")
    for line in _counted(report):
        say(f"  {line}")
    if not report.kept:
        say(f"note: {NO_KEPT}")
    for note in report.notes:
        if note.kind != "beyond":
            say(f"note: {note.told}")


def _say_verdict(report: LogReport) -> None:
    from gate.tlog.errors import COSIGN

    if report.fault_counts:
        say(f"TAMPERED at {report.faults[0].told}")
        for kind, count in report.fault_counts.items():
            say(f"  faults of kind {kind}: {count}")
        say("to do: keep this copy, compare it with a checkpoint kept elsewhere, tell the auditor")
    elif report.unwitnessed:
        say("NOT WITNESSED: all agrees, and only the log's own key vouches for the head:")
    else:
        say("verified: signatures, order, tiles, root and records agree, up to the signed head")
    for head in report.unwitnessed:
        say(f"not witnessed: {head.told}")
    if report.unwitnessed:
        say(f"to do: {COSIGN}")


def _counted(report: LogReport) -> Iterator[str]:
    """What was checked, and what was not there to be checked."""
    counts = report.counts
    present = counts.get("evidence", 0)
    named = present + counts.get("evidence missing", 0)
    rows = counts.get("index rows", 0)
    for kept in report.kept:
        yield f"extends the kept checkpoint of {kept.size} entries, root {kept.root.hex()}"
    yield ", ".join(f"{kind} {counts.get(kind, 0)}" for kind in ("decision", "outcome", "key"))
    yield f"evidence: {present} of {named} present" + (
        ", each as its record names" if present else ""
    )
    yield f"index: {rows} rows agree" if rows else "index: absent, so nothing of it was checked"


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


command.add_command(sync)
command.add_command(reindex)


def _view(reading: Reading) -> LogView:
    from gate.log.view import LogView

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

    found = dossier(
        view,
        index,
        evidence=view.store.read_evidence,
        disclosures=names,
        ended=Outcomes(view).of(index),
    )
    if as_json:
        say_json(dossier_json(found))
    else:
        say_raw(dossier_text(found))


def _prove_growth(view: LogView, path: Path) -> int:
    from gate.log.kept import hold, read_kept

    old = hold(read_kept(path), view.trust.policy, view.size, view.checkpoint, view.root_at)
    say(f"{view.origin} grew from {old.size} to {view.size} entries, and nothing else changed")
    return OK
