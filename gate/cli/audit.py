"""``gate audit``: population, sample."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from gate import __version__
from gate.cli.inputs import Reading, now, open_reading
from gate.cli.options import shared
from gate.cli.printing import say
from gate.errors import OK, InconsistentError, UsageError

if TYPE_CHECKING:
    from gate.audit.population import Population
    from gate.audit.sample import Sample

F = TypeVar("F", bound=Callable[..., Any])

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def period(function: F) -> F:
    """Give a command the options that select a population."""
    for option in reversed(
        (
            click.option("--from", "start", required=True, metavar="TIME", help="Begin (UTC)."),
            click.option("--to", "end", required=True, metavar="TIME", help="End, not included."),
            click.option("--people", is_flag=True, help="Join names from the disclosures."),
            click.option("--output", required=True, metavar="FILE", help="FILE.csv or FILE.json"),
            shared("environment", "service", "config", "log", "trust"),
        )
    ):
        function = option(function)
    return function


@click.group("audit")
def command() -> None:
    """Draw the auditor's lists from a verified log. Needs no key, no network and no policy.

    The log is verified first; a log that fails gives no list, and ends 13.
    """


@command.command("population")
@period
def population(output: str, **given: Any) -> int:
    """List every decision of a period, with the proof that none is left out.

    FILE.csv has a FILE.header.json beside it: query, time, log, checkpoint and the count of where
    each record of the log went. Dates are whole days in UTC; --to is not included.
    """
    target = _target(output)
    made = _population(given)
    if target.suffix == ".csv":
        from gate.audit.tables import population_header, write_population_csv

        _write_csv(
            target,
            lambda out: write_population_csv(made, out),
            lambda digest: population_header(made.header, digest),
        )
    else:
        from gate.audit.tables import write_population_json

        _write(target, lambda out: write_population_json(made, out))
    counts = made.header.counts
    say(f"{target}: {counts.listed} decisions of a log of {made.header.size} entries")
    for kind, count in counts.by_decision.items():
        say(f"  {kind:13} {count}")
    say(f"  not listed: {counts.outside_period} outside the period, {counts.outcomes} outcomes, ")
    say(f"  {counts.other_environment + counts.other_service} of other environments and services")
    for note in made.header.notes:
        say(f"note: {note}")
    return OK


@command.command("sample")
@period
@click.option("--size", default="auto", show_default=True, metavar="N", help="A number, or auto.")
@click.option("--seed", required=True, metavar="TEXT", help="Your choice, after the head is fixed.")
@click.option("--all-decisions", is_flag=True, help="Sample denials too, not only what went on.")
def sample(output: str, size: str, seed: str, all_decisions: bool, **given: Any) -> int:
    """Draw a sample that anyone can draw again, in any language.

    The rank of each row is a SHA-256 over the checkpoint's root, the seed and the row's index; the
    lowest ranks are the sample, so a larger one begins with the smaller. docs/audit/sampling.md
    specifies it.
    """
    from gate.audit.sample import DEPLOYED, draw
    from gate.model import DecisionKind

    target = _target(output)
    decisions = tuple(DecisionKind) if all_decisions else DEPLOYED
    drawn = draw(_population(given), seed, _size(size), decisions)
    if target.suffix == ".csv":
        from gate.audit.tables import sample_header, write_sample_csv

        _write_csv(
            target,
            lambda out: write_sample_csv(drawn, out),
            lambda digest: sample_header(drawn, digest),
        )
    else:
        from gate.audit.tables import write_sample_json

        _write(target, lambda out: write_sample_json(drawn, out))
    _say_sample(target, drawn)
    return OK


def _population(given: dict[str, Any]) -> Population:
    from gate.audit.population import population as made
    from gate.log.verify import verify_log
    from gate.log.view import LogView

    people = given.pop("people")
    start, end = _time(given.pop("start"), "--from"), _time(given.pop("end"), "--to")
    environment, service = given.pop("environment") or "", given.pop("service") or ""
    reading = open_reading(**given)
    report = verify_log(reading.store, reading.trust)
    if report.fault_counts:
        first = report.faults[0]
        raise InconsistentError(
            f"the log does not verify, so no list is made of it: {first.place}: {first.message}",
            remedy="run `gate log verify` for all that is wrong",
        )
    view = LogView(reading.store, reading.trust)
    if view.checkpoint != report.checkpoint:
        raise UsageError("the log grew while it was verified", remedy="run again, or use a copy")
    return made(
        view,
        generated_at=now(),
        gate_version=__version__,
        start=start,
        end=end,
        environment=environment,
        service=service,
        evidence=reading.store.read_evidence,
        disclosures=_disclosures(reading) if people else None,
    )


def _disclosures(reading: Reading) -> Callable[[str], bytes | None]:
    if reading.disclosures is None:
        raise UsageError(
            "--people needs the disclosures, and only a policy says where they lie",
            remedy="give --config instead of --log and --trust",
        )
    return reading.disclosures.get


def _say_sample(target: Path, drawn: Sample) -> None:
    header = drawn.population
    say(f"{target}: {len(drawn.items)} of {drawn.sampled} decisions ({drawn.rule})")
    say(f"  seed {drawn.seed!r}, log of {header.size} entries, root {header.root}")
    for item in drawn.items:
        row = item.row
        say(f"  {item.number:3}. entry {row.index}  {row.decided_at}  {row.service}")
    for note in header.notes:
        say(f"note: {note}")


def _size(text: str) -> int | None:
    if text == "auto":
        return None
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise UsageError(f"--size {text[:40]!r} is neither a number nor auto")
    return int(text)


def _time(text: str, option: str) -> datetime:
    """A day, or an RFC 3339 time with its offset; a time without one would be anybody's guess."""
    try:
        at = datetime.fromisoformat(f"{text}T00:00:00+00:00" if DAY.fullmatch(text) else text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.utcoffset() is None:
        raise UsageError(
            f"{option} {text[:40]!r} is no time",
            remedy="give a day (2026-01-31) or a time with its offset (2026-01-31T12:00:00Z)",
        )
    if at.utcoffset() != timedelta(0):
        at = at.astimezone(UTC)
    return at


def _target(output: str) -> Path:
    target = Path(output)
    if target.suffix not in (".csv", ".json"):
        raise UsageError(f"--output {output[:200]!r} ends neither in .csv nor in .json")
    return target


def _write_csv(
    target: Path, rows: Callable[[IO[bytes]], str], header: Callable[[str], str]
) -> None:
    """The rows, then the header that names their digest: an interrupted list has no header."""
    beside = target.with_suffix(".header.json")
    beside.unlink(missing_ok=True)
    digest = _write(target, rows)
    text = header(digest).encode()
    _write(beside, lambda out: out.write(text))


def _write(target: Path, write: Callable[[IO[bytes]], object]) -> str:
    """Write all of it, or leave what was there; returns the file's SHA-256."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
            scratch = Path(out.name)
            try:
                write(out)
            except BaseException:
                scratch.unlink()
                raise
        scratch.chmod(0o644)
        digest = hashlib.sha256(scratch.read_bytes()).hexdigest()
        os.replace(scratch, target)  # noqa: PTH105 -- the one atomic call
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return digest
