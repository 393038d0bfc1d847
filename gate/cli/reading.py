"""What the commands that only read have in common: kept checkpoints, and who is behind a label."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.cli.inputs import Reading
    from gate.log.receipts.kept import Kept

kept_option = click.option(
    "--kept",
    multiple=True,
    metavar="FILE",
    help="A checkpoint kept elsewhere (or a receipt), which the log must extend; repeatable.",
)

beside = click.option(
    "--disclosures",
    metavar="URL",
    help="Where the disclosures lie (dir:PATH or a bucket); default: where the policy says.",
)


def read_all_kept(paths: tuple[str, ...]) -> tuple[Kept, ...]:
    """The kept checkpoints."""
    from gate.log.receipts.kept import read_kept

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
        return _elsewhere(url)
    if reading.disclosures is None:
        raise UsageError(
            "--people needs the disclosures, and only a policy says where they lie",
            remedy="give --disclosures dir:PATH; or --config instead of --log and --trust",
        )
    return reading.disclosures.get


def _elsewhere(url: str) -> Callable[[str], bytes | None]:
    """Disclosures that no policy names; a bucket's endpoint is the environment's, as a log's is."""
    from gate.store.contract import Whereabouts
    from gate.store.disclosure import open_disclosures

    where = Whereabouts(
        Path(),
        os.environ,
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        region=os.environ.get("AWS_REGION", ""),
        section="evidence",
    )
    found = open_disclosures(url, where)
    path = Path(url.removeprefix("dir:"))
    if url.startswith("dir:") and not path.is_dir():
        raise UsageError(f"--disclosures {url}: there is no folder {path}")
    return found.get
