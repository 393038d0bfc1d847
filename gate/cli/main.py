"""``gate``: finds the command, runs it, and turns how it ended into the exit code."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from gate import __version__
from gate.errors import BUG, GateError

# name -> (who uses it, module); a module is imported only when its command is run
COMMANDS = {
    "enforce": "pipeline",
    "check": "pipeline",
    "run": "pipeline",
    "complete": "pipeline",
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
    "verify": "prove offline that a receipt permits this deployment",
    "log": "init, show, verify, prove",
    "audit": "population, sample",
    "init": "write gate.toml, keys, a log and a trust folder",
    "keys": "new, show",
    "people": "check",
    "doctor": "what would fail tonight",
    "explain": "a control: what it demands, why, how to satisfy it",
    "demo": "the whole story, offline, in a minute",
}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Group the commands by who uses them, without importing any."""
        del ctx
        for who in dict.fromkeys(COMMANDS.values()):
            with formatter.section(f"For the {who}" if who != "set-up" else "To set up"):
                formatter.write_dl([(n, SUMMARIES[n]) for n, w in COMMANDS.items() if w == who])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Change control in front of a production deployment, provable afterwards.

    Exit codes: 0 may go on or nothing wrong found; 1 a bug in gate; 2 usage or configuration;
    10 a finding (denied); 11 undetermined (blocked); 12 not durably recorded (blocked);
    13 the log or a receipt is inconsistent.
    """


def run(arguments: Sequence[str] | None = None) -> None:
    """The console script: never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Latin-1 terminal has no check mark
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Nothing but a command's own 0 is a 0."""
    try:
        result: Any = gate.main(args=arguments, prog_name="gate", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return int(ended.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("gate: interrupted", err=True)
        return BUG
    except GateError as error:
        _explain(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output is gone; Python must not trip over it again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BUG
    except Exception as error:  # noqa: BLE001 -- the last line of defence: a bug must end 1, not 0
        return _bug(error)
    # click hands back a callback's return value, or the code of --help and --version.
    return result if isinstance(result, int) and not isinstance(result, bool) else BUG


def _explain(error: GateError) -> None:
    from gate.cli.printing import say

    say(f"gate: {error.message}", err=True)
    if error.remedy:
        say(f"  to do: {error.remedy}", err=True)


def _bug(error: Exception) -> int:
    import traceback

    from gate.cli.printing import say

    say("".join(traceback.format_exception(error)).rstrip(), err=True)
    say("gate: this is a bug in gate; nothing was allowed. Please report it.", err=True)
    return BUG
