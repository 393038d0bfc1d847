"""``gate audit``: population, sample."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from gate import __version__
from gate.cli.inputs import now, open_reading
from gate.cli.options import shared
from gate.cli.printing import say
from gate.cli.reading import beside, kept_option, names_of, read_all_kept
from gate.errors import OK, InconsistentError, UsageError

if TYPE_CHECKING:
    from gate.audit.population import Header, Population
    from gate.audit.sample import Sample

F = TypeVar("F", bound=Callable[..., Any])

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def period(function: F) -> F:
    """Give a command the options that select a population."""
    for option in reversed(
        (
            click.option("--from", "start", required=True, metavar="TIME", help="Begin (UTC)."),
            click.option("--to", "end", required=True, metavar="TIME", help="End, not included."),
            kept_option,
            click.option("--people", is_flag=True, help="Join names from the disclosures."),
            beside,
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
    """List every decision of a period that this log holds, up to its signed head.

    No record below that head is left out: FILE.csv has a FILE.header.json beside it with query,
    time, checkpoint and the count of where each record of the log went. That the head is the newest
    is shown only by checkpoints kept elsewhere; give them with --kept. Dates are whole days in UTC;
    --to is not included.
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
    _say_population(target, made.header)
    return OK


def _say_population(target: Path, header: Header) -> None:
    counts, missing = header.counts, header.beside.allowed_without_outcome
    say(f"{target}: {counts.listed} decisions of a log of {header.size} entries")
    for kind, count in counts.by_decision.items():
        say(f"  {kind:13} {count}")
    elsewhere = counts.other_environment + counts.other_service
    say(f"  not listed: {counts.outside_period} outside the period,")
    say(f"  {elsewhere} of other environments and services;")
    say(
        f"  {counts.outcomes} outcomes, {counts.reviews} reviews, {counts.keys} of keys, "
        f"{sum(counts.unknown.values())} unknown"
    )
    if missing:
        say(f"  let pass, and no outcome recorded: {missing}")
    _say_emergencies(header)
    _say_head(header)


def _say_emergencies(header: Header) -> None:
    found = header.emergencies
    if not found.declared and not found.refused:
        say(f"  emergencies: none, of {found.went_on} let pass")
        return
    say(f"  emergencies: {found.declared} of {found.went_on} let pass, {found.refused} refused;")
    say(
        f"  reviewed in time {found.in_time}, late {found.late}; "
        f"awaiting review {found.awaiting}, overdue {found.overdue}"
    )
    if found.deferred or found.spooled:
        say(f"  while a service was down {found.deferred}, the log itself {found.spooled}")
    for name, count in sorted(found.deployers.items()) if header.people_asked else ():
        say(f"  {name}: {count}")


def _say_head(header: Header) -> None:
    for kept in header.verified.kept:
        say(f"  extends the kept checkpoint of {kept.size} entries, root {kept.root.hex()}")
    for note in header.notes:
        say(f"note: {note}")


@command.command("sample")
@period
@click.option("--size", default="auto", show_default=True, metavar="N", help="A number, or auto.")
@click.option("--seed", required=True, metavar="TEXT", help="Your choice, after the head is fixed.")
@click.option("--all-decisions", is_flag=True, help="Sample denials too, not only what went on.")
def sample(output: str, size: str, seed: str, all_decisions: bool, **given: Any) -> int:
    """Draw a sample of this log, up to its signed head, that anyone can draw again.

    The rank of each row is a SHA-256 over the checkpoint's root, the seed and the row's index; the
    lowest ranks are the sample, so a larger one begins with the smaller. docs/audit/sampling.md
    specifies it. --kept is as for the population.
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
    from gate.audit.population import Verified
    from gate.audit.population import population as made
    from gate.log.reading.view import LogView
    from gate.log.verifying.verify import verify_log
    from gate.tlog.errors import QuorumError

    people, disclosures = given.pop("people"), given.pop("disclosures")
    kept = read_all_kept(given.pop("kept"))
    start, end = _time(given.pop("start"), "--from"), _time(given.pop("end"), "--to")
    environment, service = given.pop("environment") or "", given.pop("service") or ""
    reading = open_reading(**given)
    names = names_of(reading, disclosures, people=people)
    report = verify_log(reading.store, reading.trust, kept=kept)
    if report.fault_counts:
        first = report.faults[0]
        raise InconsistentError(
            f"the log does not verify, so no list is made of it: {first.told}",
            remedy="run `gate log verify` for all that is wrong",
        )
    if report.unwitnessed:
        raise QuorumError(
            f"no list is made of a log whose heads are not all witnessed: "
            f"{report.unwitnessed[0].told}"
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
        disclosures=names,
        verified=Verified(report.kept, report.beyond),
    )


def _say_sample(target: Path, drawn: Sample) -> None:
    header = drawn.population
    say(f"{target}: {len(drawn.items)} of {drawn.sampled} decisions ({drawn.rule})")
    say(f"  seed {drawn.seed!r}, log of {header.size} entries, root {header.root}")
    for item in drawn.items:
        row = item.row
        say(f"  {item.number:3}. entry {row.index}  {row.decided_at}  {row.service}")
    _say_head(header)


def _size(text: str) -> int | None:
    if text == "auto":
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise UsageError(f"--size {text[:40]!r} is neither a number nor auto")
    return int(text)


def _time(text: str, option: str) -> datetime:
    """A day, or an RFC 3339 time with its offset; a time without one would be anybody's guess."""
    try:
        at = datetime.fromisoformat(f"{text}T00:00:00+00:00" if DAY.fullmatch(text) else text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it may lie before year 1 or after 9999
        pass
    raise UsageError(
        f"{option} {text[:40]!r} is no time",
        remedy="give a day (2026-01-31) or a time with its offset (2026-01-31T12:00:00Z)",
    )


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
    try:
        beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{beside} cannot be written: {error.strerror}") from None
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
