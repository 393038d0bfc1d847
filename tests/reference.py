"""Makes docs/commands.md from the commands, and docs/controls/ from the controls, themselves.

And the tables of docs/threat-model.md from the catalogue of tricks.

`python tests/reference.py` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import catalogue
import click
import control_pages
from tricks import catalogue as tricks

from gate.cli.main import COMMANDS, gate

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"
INTRODUCTION = """\
# Commands

Written by `python tests/reference.py` from the commands themselves; a test holds it against them.

Every shared option but `--emergency` has one environment variable, the same for every command. Exit
codes stand in the [README](../README.md#exit-codes).
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(_sections())


def _sections() -> Iterator[str]:
    context = click.Context(gate, info_name="gate", terminal_width=88, max_content_width=88)
    for name in COMMANDS:
        command = gate.get_command(context, name)
        assert command is not None
        yield from _command(command, f"gate {name}")


def _command(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(
        command,
        info_name=path,
        terminal_width=88,
        max_content_width=88,
        help_option_names=["-h", "--help"],  # as a command has them below `gate`
    )
    yield f"\n## `{path}`\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    variables = [
        f"`{option.opts[0]}` {option.envvar}"
        for option in command.params
        if isinstance(option, click.Option) and option.envvar
    ]
    if variables:
        yield "\nVariables: " + ", ".join(variables) + "\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, f"{path} {name}")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    control_pages.write()
    tricks.write()
    catalogue.FILE.write_text(catalogue.text(), encoding="utf-8")  # the controls' sentences
