"""What the commands that only read have in common: kept checkpoints, and who is behind a label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.cli.inputs import Reading
    from gate.log.kept import Kept

kept_option = click.option(
    "--kept",
    multiple=True,
    metavar="FILE",
    help="A checkpoint kept elsewhere (or a receipt), which the log must extend; repeatable.",
)

beside = click.option(
    "--disclosures",
    metavar="URL",
    help="Where the disclosures lie (dir:PATH); default: where the policy says.",
)


def read_all_kept(paths: tuple[str, ...]) -> tuple[Kept, ...]:
    """The kept checkpoints."""
    from gate.log.kept import read_kept

    return tuple(read_kept(Path(path)) for path in paths)


def names_of(
    reading: Reading, url: str | None, *, people: bool
) -> Callable[[str], bytes | None] | None:
    """Where disclosures are read; None where names are not asked for. Raises ``UsageError``."""
    if not people:
        if url is not None:
            raise UsageError("--disclosures is given without --people, which joins them")
        return None
    if url is not None:
        return _folder(url)
    if reading.disclosures is None:
        raise UsageError(
            "--people needs the disclosures, and only a policy says where they lie",
            remedy="give --disclosures dir:PATH; or --config instead of --log and --trust",
        )
    return reading.disclosures.get


def _folder(url: str) -> Callable[[str], bytes | None]:
    from gate.store.disclosure import open_disclosures

    found = open_disclosures(url, Path())
    path = Path(url.removeprefix("dir:"))
    if not path.is_dir():
        raise UsageError(f"--disclosures {url}: there is no folder {path}")
    return found.get
