"""``gate demo``: the whole story, offline."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from gate.cli.printing import say
from gate.errors import BUG, OK, UsageError


@click.command("demo")
@click.option("--output", metavar="DIR", help="Keep what an auditor would take home, in DIR.")
@click.option(
    "--serve", metavar="DIR", help="Only set the stage in DIR, and keep Jira and GitHub running."
)
def command(output: str | None, serve: str | None) -> int:
    """Tell the whole story: real commands against simulated services, in half a minute.

    Nothing leaves this machine. With --serve, README's walk-through can be followed by hand.
    """
    if output and serve:
        raise click.UsageError("Give --output or --serve, not both.")
    if serve:
        from gate.demo.playground import play

        play(_empty(serve), os.environ, say)
        return OK
    from gate.demo.story import StoryError, tell

    with tempfile.TemporaryDirectory(prefix="gate-demo-") as scratch:
        try:
            tell(_empty(output) if output else Path(scratch), os.environ, say)
        except StoryError as error:
            say(f"gate: the story went wrong, which is a bug: {error}", err=True)
            return BUG
    return OK


def _empty(name: str) -> Path:
    folder = Path(name).resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{name} is there and not an empty folder", remedy="name one that is, or a new one"
        )
    return folder
