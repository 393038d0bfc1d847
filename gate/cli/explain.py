"""``gate explain``: a control: what it demands, why, how to satisfy it."""

from __future__ import annotations

import difflib
import inspect
import textwrap

import click

from gate.cli.printing import say
from gate.errors import UsageError


@click.command("explain")
@click.argument("control", required=False)
def command(control: str | None) -> int:
    """Explain CONTROL, or list all of them: what it demands, why, and how to satisfy it."""
    from gate.controls.registry import CONTROLS

    if control is None:
        width = max(len(c.id) for c in CONTROLS)
        for each in CONTROLS:
            say(f"{each.id.ljust(width)}  {each.title}")
        return 0
    found = {c.id: c for c in CONTROLS}.get(control)
    if found is None:
        near = difflib.get_close_matches(control, [c.id for c in CONTROLS], n=1)
        raise UsageError(
            f"there is no control {control[:60]!r}",
            remedy=f"did you mean {near[0]}?" if near else "`gate explain` lists all of them",
        )
    say(f"{found.id}: {found.title}")
    if found.integrity:
        say("An integrity control: no policy switches it off or lets `waives` list it.")
    parts = (
        ("By default", inspect.getdoc(found.default) or ""),
        ("It demands", found.demands),
        ("To satisfy it", found.satisfy),
    )
    for heading, text in parts:
        say(f"\n{heading}")
        say(textwrap.indent(textwrap.fill(text, 76), "  "))
    say("\nCriteria it serves")
    for criterion in found.criteria:
        say(f"  {criterion}")
    say("\nIt reads")
    for need in found.needs:
        say(f"  {need}")
    return 0
