"""``gate log verify``: everything in the log, checked; and the verdict, told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import open_reading
from gate.cli.options import shared
from gate.cli.printing import say, say_json
from gate.cli.reading import kept_option, read_all_kept
from gate.errors import INCONSISTENT, NOT_RECORDED, OK

if TYPE_CHECKING:
    from gate.log.verifying.findings import Finding
    from gate.log.verifying.verify import LogReport, Progress

_MOST = 5  # notes of one kind that are told
_KINDS = ("decision", "outcome", "review", "key")  # of records, with "unknown" all there are


@click.command("verify")
@shared("config", "log", "trust")
@kept_option
@click.option(
    "--since",
    metavar="CHECKPOINT",
    help="A checkpoint (or receipt) verified before: check signatures and evidence from there on.",
)
@click.option(
    "--integrity-only",
    is_flag=True,
    help="Check hashes, tiles, root and the checkpoint's signature alone: nothing in records.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that take part; default: one for each processor.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    config: str,
    log_url: str | None,
    trust: str | None,
    kept: tuple[str, ...],
    since: str | None,
    integrity_only: bool,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Check everything in the log up to its signed head, and that it extends kept checkpoints.

    Signatures, order, tiles, root, records, history, evidence, index. Ends 0 if nothing contradicts
    anything, 13 with the first fault and the count of each kind otherwise, 12 where all agrees and
    a head misses the witness quorum of the trust policy. Missing evidence is counted and is no
    fault: retention may have removed it. That the head is the newest one is shown only by
    checkpoints kept elsewhere (--kept).

    With --since the log must extend that checkpoint as well; what lies below it is hashed and read,
    so that all later records are held against it, and its signatures and evidence are not checked
    again: whoever verified that checkpoint did.
    """
    from gate.log.receipts.kept import read_kept
    from gate.log.verifying.verify import Extent, verify_log

    reading = open_reading(config, log_url, trust)
    extent = Extent(
        records=not integrity_only,
        since=None if since is None else read_kept(Path(since)),
    )
    with _progress(hidden=as_json) as progress:
        report = verify_log(
            reading.store,
            reading.trust,
            kept=read_all_kept(kept),
            extent=extent,
            jobs=jobs,
            progress=progress,
        )
    quorum = reading.trust.policy.quorum
    if as_json:
        say_json(_report_json(report, quorum))
    else:
        _say_report(report, quorum, given=bool(kept or since))
    if report.fault_counts:
        return INCONSISTENT
    return NOT_RECORDED if report.unwitnessed else OK


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Progress | None]:
    """A bar on a terminal; nothing in a job's log."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=0, label="verifying", file=sys.stderr) as bar:

        def show(more: int, size: int) -> None:
            bar.length = size
            bar.update(more)

        yield show


def _report_json(report: LogReport, quorum: str) -> str:
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
            "quorum": quorum,
            "unwitnessed": [asdict(head) for head in report.unwitnessed],
            "notes": [asdict(note) for note in report.notes],
            "note_counts": dict(report.note_counts),
            "counts": dict(report.counts),
            "kept_checkpoints": [
                {"origin": kept.origin, "size": kept.size, "root": kept.root.hex()}
                for kept in report.kept
            ],
            "files_beyond_head": report.beyond,
            "records_checked": report.records,
            "signatures_checked_from": report.since if report.records else None,
        },
        indent=2,
    )


def _say_report(report: LogReport, quorum: str, *, given: bool) -> None:
    """The verdict, then the counts, then the notes; ``given``: kept checkpoints were."""
    from gate.audit.notes import NO_KEPT, beyond_head

    _say_verdict(report)
    if report.beyond:
        say(f"WARNING: {beyond_head(report.beyond)}")
    say(f"{report.origin}: {report.size} entries, root {report.root}")
    for line in (*_vouched(report, quorum), *_counted(report)):
        say(f"  {line}")
    if report.kept:
        newest = max(kept.size for kept in report.kept)
        say(
            f"note: The newest kept checkpoint is of {newest} entries: that the log had no more "
            f"entries than these {report.size} rests on whoever made the copy."
        )
    elif not given:
        say(f"note: {NO_KEPT}")
    for line in _noted(report):
        say(f"note: {line}")


def _noted(report: LogReport) -> Iterator[str]:
    """The first notes of each kind, and how many more there are."""
    told: dict[str, list[Finding]] = {}
    for note in report.notes:
        told.setdefault(note.kind, []).append(note)
    for kind, notes in told.items():
        if kind == "beyond":
            continue
        yield from (note.told for note in notes[:_MOST])
        more = report.note_counts[kind] - len(notes[:_MOST])
        if more:
            yield f"{more} more of the kind {kind} (--json names the first hundred)"


def _say_verdict(report: LogReport) -> None:
    from gate.tlog.errors import COSIGN

    if report.fault_counts:
        say(f"TAMPERED at {report.faults[0].told}")
        for kind, count in report.fault_counts.items():
            say(f"  faults of kind {kind}: {count}")
        say("  (--json names the first hundred of each kind)")
        say("to do: keep this copy, compare it with a checkpoint kept elsewhere, tell the auditor")
    elif report.unwitnessed:
        say("NOT WITNESSED: all that was checked agrees, and too few witnesses vouch for a head:")
    elif report.records and report.since:
        say(
            "verified: order, tiles, root and records agree, up to the signed head; signatures and "
            f"evidence from entry {report.since} on"
        )
    elif report.records:
        say("verified: signatures, order, tiles, root and records agree, up to the signed head")
    else:
        say("verified, integrity only: entries, tiles and root agree, up to the signed head")
    for head in report.unwitnessed:
        say(f"not witnessed: {head.told}")
    if report.unwitnessed:
        say(f"to do: {COSIGN}")


def _vouched(report: LogReport, quorum: str) -> Iterator[str]:
    """Who vouches for the head."""
    from gate.tlog.trust import NONE

    if not report.checkpoint:
        return
    if quorum == NONE:
        yield "witnesses: none asked for (quorum none); the log's key alone vouches for the head"
    elif not report.unwitnessed:
        yield f"witnesses: the quorum {quorum!a} is met"


def _counted(report: LogReport) -> Iterator[str]:
    """What was checked, and what was not there to be checked."""
    counts = report.counts
    for kept in report.kept:
        yield f"extends the kept checkpoint of {kept.size} entries, root {kept.root.hex()}"
    if not report.records:
        yield "records: not looked at (no signature, history, evidence, index)"
        return
    if report.since:
        yield (
            f"entries below {report.since}: hashed and read; their signatures and evidence were "
            "not checked again (--since)"
        )
    yield ", ".join(f"{kind} {counts.get(kind, 0)}" for kind in _KINDS)
    if counts.get("unknown"):
        yield (
            f"unknown {counts['unknown']}: of types that this version does not know, so what they "
            "say was not checked"
        )
    present = counts.get("evidence", 0)
    named = present + counts.get("evidence missing", 0)
    yield f"evidence: {present} of {named} present" + (
        ", each as its record names" if present else ""
    )
    rows = counts.get("index rows", 0)
    yield (
        f"index: the rows of {rows} entries agree"
        if rows
        else "index: absent, so nothing of it was checked"
    )
