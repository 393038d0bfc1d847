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
from gate.config.ci import read_jenkins
from gate.config.directory import ENDINGS, Directory, parse_directory
from gate.config.directory import MAX_BYTES as MOST_OF_DIRECTORY
from gate.config.environments import read_environments, require_other_logs
from gate.config.freezes import read_freezes
from gate.config.people import people_from, read_groups, read_identity, read_people
from gate.config.places import read_places
from gate.config.reader import Read, Table, wrong
from gate.config.services import read_forges, read_services
from gate.config.tickets import extensions_of, read_tickets
from gate.config.types import NetworkSettings, PeopleFrom, Policy
from gate.config.write_back import read_write_back
from gate.errors import UsageError

MAX_BYTES = 1 << 20
_SECTIONS = (
    *("log", "evidence", "forges", "tickets", "services", "environments"),
    *("groups", "identity", "people", "network", "freeze", "write_back", "ci"),
)

_WHERE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$")


def load_policy(path: Path) -> Policy:
    """Read and parse a policy file, with the export of a directory and trust folders it names.

    Raises ``UsageError``, also where either cannot be read.
    """
    try:
        text = _read(path, MAX_BYTES)
    except FileNotFoundError:
        raise UsageError(
            f"{str(path)!r} does not exist",
            remedy="give the policy with --config, or make one with `gate init`",
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r} cannot be read: {_reason(error)}") from None
    return parse_policy(text, source=ascii(str(path))[1:-1], read=_reader(path.parent))


def _reader(folder: Path) -> Read:
    """Reads files that the policy names relative to its own folder."""

    def read(file: str) -> bytes:
        try:
            return _read(folder / file, MOST_OF_DIRECTORY)
        except (OSError, ValueError) as error:
            raise wrong(file, f"cannot be read: {_reason(error)}") from None

    return read


def _read(path: Path, most: int) -> bytes:
    """The file, or a byte more than ``most`` of a longer one, so that it is seen to be."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "not a file name"


def parse_policy(text: bytes, *, source: str = "gate.toml", read: Read | None = None) -> Policy:
    """Parse a policy. ``source`` names the file in errors, which are all ``UsageError``.

    Without ``read`` a policy that names another file is one of them.
    """
    try:
        return _policy(_toml(text), text, read)
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


def _policy(values: dict[str, object], text: bytes, read: Read | None = None) -> Policy:
    root = Table(values, "")
    root.only(_SECTIONS)
    directory = _directory(root, read)
    if directory is not None:
        # Whoever could edit the list alone would say which accounts are one person's. So its
        # digest is in the text that is pinned, recorded and disclosed.
        text += directory.pinned_line
    log, evidence = read_places(root)
    forges = read_forges(root)
    people = read_people(root, extensions_of(root), directory.people if directory else ())
    groups = read_groups(root, people)
    services = read_services(root, forges)
    environments = read_environments(root, people, groups, read)
    # As with the list of people: whoever could exchange a trust folder alone would say who tested.
    text += b"".join(each.after.pinned_line for each in environments.values() if each.after)
    require_other_logs(environments, log.origin)
    return Policy(
        text=text,
        sha256=hashlib.sha256(text).hexdigest(),
        log=log,
        evidence=evidence,
        forges=forges,
        tickets=read_tickets(root, services, forges),
        services=services,
        environments=environments,
        groups=groups,
        one_account_per_person=read_identity(root),
        people=people,
        network=_network(root.table("network")),
        freezes=read_freezes(root, tuple(services), tuple(environments)),
        people_from=PeopleFrom(directory.file, directory.sha256, len(directory.people))
        if directory
        else None,
        write_back=read_write_back(root),
        jenkins=read_jenkins(root),
    )


def _directory(root: Table, read: Read | None) -> Directory | None:
    file = people_from(root, ENDINGS)
    if file is None:
        return None
    if read is None:
        raise wrong("identity.people_from", "names a file, and only a policy in a file may")
    return parse_directory(file, read(file))


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
