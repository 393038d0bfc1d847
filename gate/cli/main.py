"""``gate``: finds the command, runs it, and turns how it ended into the exit code."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from gate import __version__
from gate.cli.authorities import set_aside
from gate.errors import BUG, GateError

# name -> (who uses it, module); a module is imported only when its command is run
COMMANDS = {
    "enforce": "pipeline",
    "check": "pipeline",
    "run": "pipeline",
    "complete": "pipeline",
    "review": "pipeline",
    "verify": "deploy target",
    "log": "auditor",
    "audit": "auditor",
    "init": "set-up",
    "keys": "set-up",
    "people": "set-up",
    "doctor": "set-up",
    "explain": "set-up",
    "demo": "set-up",
}
SUMMARIES = {
    "enforce": "judge, record, print: the pipeline step",
    "check": "judge and print; writes nothing",
    "run": "enforce, run a command, complete",
    "complete": "record what became of an enforced deployment",
    "review": "record that an emergency was approved afterwards",
    "verify": "prove offline that a receipt permits this deployment",
    "log": "init, show, verify, prove",
    "audit": "population, sample",
    "init": "write gate.toml, keys, a log and a trust folder",
    "keys": "new, show",
    "people": "check, suggest",
    "doctor": "what would fail tonight",
    "explain": "a control: what it demands, why, how to satisfy it",
    "demo": "the whole story, offline, in a minute",
}

# Objects made before Python looks for cycles among them: at its own 700 it does so dozens of times
# while libraries are imported, and finds nothing.
GARBAGE = 100_000


class Commands(click.Group):
    """The commands, each imported when it is asked for: start-up time is a feature."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order in which people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"gate.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 -- a bug, not an input
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Whatever in it calls exit(), with whatever code, is a bug."""
        try:
            return super().invoke(ctx)
        except SystemExit as left:
            raise RuntimeError(f"something called exit({left.code!r})") from left

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command named first; where there is none of that name, the nearest is told."""
        near = [] if args[0] in COMMANDS else _nearest(args[0])
        if near:
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {near[0]!r}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Group the commands by who uses them, without importing any."""
        del ctx
        for who in dict.fromkeys(COMMANDS.values()):
            with formatter.section(f"For the {who}" if who != "set-up" else "To set up"):
                formatter.write_dl([(n, SUMMARIES[n]) for n, w in COMMANDS.items() if w == who])


def _nearest(name: str) -> list[str]:
    import difflib

    return difflib.get_close_matches(name, COMMANDS, n=1)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Change control in front of a production deployment, provable afterwards.

    Exit codes: 0 may go on or nothing wrong found; 1 a bug in gate; 2 usage or configuration;
    10 a finding (denied); 11 undetermined (blocked); 12 not durably recorded (blocked);
    13 the log or a receipt is inconsistent.
    """


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: never returns."""
    gc.set_threshold(GARBAGE)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Latin-1 terminal has no check mark
            stream.reconfigure(errors="backslashreplace")
    _end(main(arguments))


def _end(code: int) -> NoReturn:
    """End the process without taking it apart: that would be a tenth of the time it takes.

    Nothing is left to do: what must last is on the disk before a command returns, and no command
    leaves a thread behind. What was printed must have arrived, or nobody was told.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # started with the descriptor closed: nobody was told
            code = code or BUG
            continue
        try:
            stream.flush()
        except (OSError, ValueError):  # the disk is full, the reader gone, the stream closed
            code = code or BUG
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Nothing but a command's own 0 is a 0."""
    set_aside()
    try:
        result: Any = gate.main(args=arguments, prog_name="gate", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return int(ended.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt) as ended:
        if isinstance(ended.__cause__, EOFError):  # click takes it for Ctrl-D, and nothing asked
            return _bug(ended.__cause__)
        click.echo("gate: interrupted", err=True)
        return BUG
    except GateError as error:
        _explain(error)
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # click leaves by the latter where the former is raised
        return _unread()
    except Exception as error:  # noqa: BLE001 -- the last line of defence: a bug must end 1, not 0
        return _bug(error)
    # click hands back a callback's return value, or the code of --help and --version.
    return result if isinstance(result, int) and not isinstance(result, bool) else BUG


def _explain(error: GateError) -> None:
    from gate.cli.printing import say

    say(f"gate: {error.message}", err=True)
    if error.remedy:
        say(f"  to do: {error.remedy}", err=True)


def _unread() -> int:
    """Whoever read our output is gone; Python must not trip over it again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BUG


def _bug(error: BaseException) -> int:
    import traceback

    from gate.cli.printing import say

    say("".join(traceback.format_exception(error)).rstrip(), err=True)
    say(
        "gate: this is a bug in gate, so the deployment must not go on. Please report it.", err=True
    )
    return BUG
