"""Makes docs/controls/ from the controls: `python tests/reference.py` writes it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill

from catalogue import REMEDY, said

from gate.audit.attributes import ATTRIBUTES, LETTERS
from gate.controls.control import Control
from gate.controls.registry import CONTROLS

FOLDER = Path(__file__).parent.parent / "docs" / "controls"
WIDTH = 100
_EXPECTED = ".expected"


def pages() -> Mapping[str, str]:
    """Each page by its file name."""
    return {"README.md": _overview()} | {f"{each.id}.md": _page(each) for each in CONTROLS}


def write() -> None:
    """Write all of them, and take away those of controls that there are no more."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _overview() -> str:
    rows = "\n".join(
        f"| [{'**' * each.integrity}{each.id}{'**' * each.integrity}]({each.id}.md) |"
        f" {each.title} | {_default(each).partition(':')[0]} |"
        for each in CONTROLS
    )
    return f"""\
# Controls

Written by `python tests/reference.py` from the controls themselves; a test holds it against them.

In the order in which they are judged, shown and recorded. Those in bold are integrity controls: no
policy switches them off, and none lists them among what an emergency waives. An emergency may go on
without two of them until its review, in the cases that [emergencies](../emergencies.md) names. All
others can be set to `require`, `warn` or `off` for each environment (`controls` in
[gate.toml](../configuration.md)).

| control | | by default |
|---|---|---|
{rows}

Each is judged `pass`, `fail` or `undetermined`, or is `not-applicable` where the policy switches it
off. All required ones must pass, or be `waived` in an emergency: a fact that could not be had
blocks as a failure does, and the message says which service did not tell it and what to do.
"""


def _page(control: Control) -> str:
    return "\n\n".join(_parts(control)) + "\n"


def _parts(control: Control) -> Iterator[str]:
    yield f"# {control.id}: {control.title[0].lower()}{control.title[1:]}"
    yield _filled(
        "Written by `python tests/reference.py` from the control itself; a test holds it against"
        f" it. `gate explain {control.id}` says the same."
    )
    yield f"By default: {_lower(_default(control))}"
    if control.integrity:
        yield "An integrity control: no policy switches it off or lets `waives` list it."
    yield f"## What it demands\n\n{_filled(control.demands)}"
    yield f"## How to satisfy it\n\n{_filled(control.satisfy)}"
    yield "## What it reads\n\n" + _listed(control.needs)
    yield "## Why\n\n" + _listed(control.criteria) + _attributes(control)
    told = list(_told(control))
    if told:
        yield "## What it may say\n\n| code | seen |\n|---|---|\n" + "\n".join(told)


def _attributes(control: Control) -> str:
    """The attributes of a change test that it answers."""
    letters = LETTERS.get(control.id, ())
    if not letters:
        return ""
    named = _listed(f"{letter}: {ATTRIBUTES[letter]}" for letter in letters)
    link = "[attributes of a change test](../audit/attributes.md)"
    return f"\n\nOf the {link} it answers:\n\n{named}"


def _told(control: Control) -> Iterator[str]:
    """What it observes, in the words of its own module; ``{…}`` stands for what was seen."""
    path = Path(inspect.getfile(control.judge))
    for code, template in sorted(dict(said(ast.parse(path.read_text("utf-8")), path)).items()):
        if not code.endswith((REMEDY, _EXPECTED)):
            yield f"| `{code}` | {template.replace('|', chr(92) + '|')} |"


def _default(control: Control) -> str:
    return " ".join((inspect.getdoc(control.default) or "").split())


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _filled(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _listed(items: Iterator[str] | tuple[str, ...]) -> str:
    return "\n".join(f"- {item}" for item in items)


if __name__ == "__main__":
    sys.exit("run: python tests/reference.py")
