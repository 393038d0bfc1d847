"""``gate run -- CMD``: enforce, run the command, record its outcome."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

import click

from gate.cli.authorities import for_others
from gate.cli.complete import write_outcome
from gate.cli.enforce import enforce_and_print
from gate.cli.inputs import Options, ask, now
from gate.cli.options import ANSWER, PLACE, QUESTION, shared
from gate.cli.printing import say
from gate.cli.reading import kept_option, read_all_kept
from gate.config.secrets import SECRET_VARIABLES
from gate.errors import NOT_RECORDED, OK, USAGE, GateError

LOOK = 60.0  # seconds; within them Python looks every few hundredths, and heeds signals
PASSED_ON = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
OURS = frozenset({"GATE_LOG_USER", *(n for n in SECRET_VARIABLES if n.startswith("GATE_"))})


@click.command("run", context_settings={"ignore_unknown_options": False})
@shared(*QUESTION, "receipt", *PLACE, *ANSWER)
@kept_option
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    cmd: tuple[str, ...],
    receipt: str | None,
    output: str,
    quiet: bool,
    verbose: bool,
    kept: tuple[str, ...],
    **given: Any,
) -> int:
    """Enforce; if the deployment may go on, run CMD; then record whether it succeeded.

    Ends with gate's code if CMD never started, with CMD's otherwise, and with 12 if CMD succeeded
    and its outcome could not be recorded. CMD is not given gate's keys.
    """
    from gate.deploy import complete

    heads = read_all_kept(kept)
    asked = ask(Options(**given))
    enforced = enforce_and_print(asked, receipt, output, quiet=quiet, verbose=verbose, kept=heads)
    if enforced.view.exit_code != OK:
        return enforced.view.exit_code
    try:
        code = _run(cmd)
        outcome = "succeeded" if code == 0 else "failed"
    except OSError as error:
        code, outcome = USAGE, "cancelled"
        say(f"gate: {cmd[0]} could not be started: {error.strerror}", err=True)
    if enforced.receipt is None:
        say(f"gate: {cmd[0]} ended {code}; its outcome is not recorded: the log is down", err=True)
        say(f"  to do: gate log sync --spool, then gate complete --outcome {outcome}", err=True)
        return code or NOT_RECORDED
    try:
        appended = complete(enforced.receipt, outcome, asked.place, asked.secrets, now)
    except GateError as error:
        say(f"gate: {cmd[0]} ended {code}; its outcome is not recorded: {error.message}", err=True)
        say(f"  to do: gate complete --receipt {enforced.receipt} --outcome {outcome}", err=True)
        return code or NOT_RECORDED
    write_outcome(enforced.receipt, appended)
    return code


def _run(cmd: tuple[str, ...]) -> int:
    """Run CMD without gate's own secrets; its exit code, or 128 + n where signal n ended it.

    The forge's token stays: it is the pipeline's, and deployments use it. Raises ``OSError`` where
    CMD cannot be started.
    """
    environment = {k: v for k, v in os.environ.items() if k not in OURS} | for_others()
    # The terminal sends Ctrl-C to CMD too, and a runner that cancels sends us SIGTERM: CMD decides
    # how to take either, and we stay to record how it ended. A signal that comes before CMD is
    # there is passed on as soon as it is.
    waiting: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: object) -> None:
        if process is None:
            waiting.append(number)
        else:
            process.send_signal(number)

    previous = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    previous[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = subprocess.Popen(cmd, env=environment)  # noqa: S603 -- what run is for
        for number in waiting:
            process.send_signal(number)
        code = _ended(process)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process, once it has ended.

    Looked for again and again: the system may hand a signal to another thread than this one, and a
    wait without end would keep Python from heeding it.
    """
    while True:
        try:
            return process.wait(timeout=LOOK)
        except subprocess.TimeoutExpired:
            continue
