"""``gate.toml`` to a ``Policy``: validated whole, or one error that names the key.

Total: whatever the bytes, the result is a ``Policy`` or a ``UsageError``. Nothing is ignored; what
a later version will know is refused as not built yet.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path

from gate.config import grammar
from gate.config.environments import read_environments
from gate.config.freezes import read_freezes
from gate.config.people import read_groups, read_identity, read_people
from gate.config.places import read_places
from gate.config.reader import Table, wrong
from gate.config.services import read_forges, read_services
from gate.config.tickets import extensions_of, read_tickets
from gate.config.types import NetworkSettings, Policy
from gate.errors import UsageError

MAX_BYTES = 1 << 20
_SECTIONS = (
    *("log", "evidence", "forges", "tickets", "services", "environments"),
    *("groups", "identity", "people", "network", "freeze"),
)
_WHERE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$")


def load_policy(path: Path) -> Policy:
    """Read and parse a policy file. Raises ``UsageError``, also where it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(
            f"{str(path)!r} does not exist",
            remedy="give the policy with --config, or make one with `gate init`",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"{str(path)!r} cannot be read: {reason}") from None
    return parse_policy(text, source=ascii(str(path))[1:-1])


def parse_policy(text: bytes, *, source: str = "gate.toml") -> Policy:
    """Parse a policy. ``source`` names the file in errors, which are all ``UsageError``."""
    try:
        return _policy(_toml(text), text)
    except UsageError as error:
        raise UsageError(f"{source}: {error.message}", remedy=error.remedy) from None


def _toml(data: bytes) -> dict[str, object]:
    import tomllib

    if len(data) > MAX_BYTES:
        raise UsageError(f"a policy has at most {MAX_BYTES} bytes, this file has more")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"line {line}: not UTF-8", remedy="save the file as UTF-8") from None
    if text.startswith("\ufeff"):
        raise UsageError("starts with a byte order mark", remedy="save the file as UTF-8 without")
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError is one; a number of 5,000 digits raises another
        raise UsageError(_toml_message(str(error))) from None
    except RecursionError:
        raise UsageError("nested too deeply") from None


def _toml_message(message: str) -> str:
    where = _WHERE.search(message)
    what = ascii(_WHERE.sub("", message))[1:-1]
    if where is None:
        return f"not TOML: {what}"
    place = f"line {where[1]}, column {where[2]}" if where[1] else "end of the file"
    return f"{place}: not TOML: {what}"


def _policy(values: dict[str, object], text: bytes) -> Policy:

    root = Table(values, "")
    root.only(_SECTIONS, later=("people_from",))
    log, evidence = read_places(root)
    forges = read_forges(root)
    people = read_people(root, extensions_of(root))
    groups = read_groups(root, people)
    services = read_services(root, forges)
    environments = read_environments(root, people, groups)
    return Policy(
        text=text,
        sha256=hashlib.sha256(text).hexdigest(),
        log=log,
        evidence=evidence,
        forges=forges,
        tickets=read_tickets(root, services),
        services=services,
        environments=environments,
        groups=groups,
        one_account_per_person=read_identity(root),
        people=people,
        network=_network(root.table("network")),
        freezes=read_freezes(root, tuple(services), tuple(environments)),
    )


def _network(table: Table) -> NetworkSettings:
    table.only(("budget", "clock_tolerance", "ca"))
    budget = grammar.duration(table.text("budget", "60s"), table.at("budget"))
    if not timedelta(seconds=1) <= budget <= timedelta(hours=1):
        raise wrong(table.at("budget"), "must be from 1s to 1h")
    tolerance = grammar.duration(table.text("clock_tolerance", "60s"), table.at("clock_tolerance"))
    if tolerance > timedelta(minutes=15):
        # A wide tolerance would switch off clock-sane, which no policy may.
        raise wrong(table.at("clock_tolerance"), "must be at most 15m")
    return NetworkSettings(budget, tolerance, table.text("ca", ""))
