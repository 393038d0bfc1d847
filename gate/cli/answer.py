"""Prints a decision in the format asked for, and hands it to the CI in the CI's own ways."""

from __future__ import annotations

import os
from pathlib import Path

from gate.cli.printing import coloured, redact, say, say_raw
from gate.config import Policy
from gate.deploy import Judged
from gate.errors import FINDING, OK, UNDETERMINED, UsageError
from gate.identity import People
from gate.model import ChangeRequest, Decision, DecisionKind
from gate.output.message import account_name
from gate.output.view import DecisionView, RecordedView, TicketView

_CODES = {
    DecisionKind.ALLOWED: OK,
    DecisionKind.EMERGENCY: OK,
    DecisionKind.DENIED: FINDING,
    DecisionKind.UNDETERMINED: UNDETERMINED,
}


def code_of(decision: Decision) -> int:
    """The exit code that a decision stands for."""
    return _CODES[decision.kind]


def view_of(
    command: str,
    judged: Judged,
    policy: Policy,
    recorded: RecordedView | None,
    exit_code: int,
    *,
    spooled: str = "",
) -> DecisionView:
    """What every surface shows of a decision. People have the names that the policy gives them."""
    people = People(policy)
    tickets = tuple(
        TicketView(
            lookup.reference.id, lookup.result.url, found=True, through=lookup.reference.through
        )
        if isinstance(lookup.result, ChangeRequest)
        else TicketView(lookup.reference.id, "", found=False)
        for lookup in judged.facts.tickets
    )
    return DecisionView(
        decision=judged.decision,
        deployment=judged.facts.deployment,
        tickets=tickets,
        recorded=recorded,
        exit_code=exit_code,
        command=command,
        spooled=spooled,
        name=lambda account: people.owner(account) or account_name(account),
    )


def print_decision(view: DecisionView, output: str, *, quiet: bool) -> None:
    """To stdout in ``output``'s format; ``quiet`` shortens text to the verdict."""
    if output == "json":
        from gate.output.json_v1 import decision_json

        say_raw(decision_json(view))
    elif output == "junit":
        from gate.output.junit import junit

        say_raw(junit(view))
    elif output == "markdown":
        from gate.output.summary import markdown

        say_raw(markdown(view))
    elif quiet:
        say(f"{view.verdict().word} (exit {view.exit_code})")
    else:
        from shutil import get_terminal_size

        from gate.output.terminal import decision_text

        say_raw(decision_text(view, color=coloured(), width=get_terminal_size((80, 24)).columns))


def tell_ci(view: DecisionView, output: str) -> None:
    """Annotations, step summary and outputs of GitHub Actions, where we run in it.

    Annotations go to stderr where stdout is for a program to read; GitHub heeds them in either.
    Raises ``UsageError`` where a file that GitHub names cannot be written: a later step would read
    an old or empty output.
    """
    if view.deployment.run.ci != "github":
        return
    import secrets as random_source  # OpenSSL's hashes come with it

    from gate.output.annotations import github_annotations
    from gate.output.outputs import github_outputs
    from gate.output.summary import markdown

    say_raw(github_annotations(view), err=output != "text")
    _append("GITHUB_STEP_SUMMARY", markdown(view))
    _append("GITHUB_OUTPUT", github_outputs(view, f"gate-{random_source.token_hex(16)}"))


def tell_written(view: DecisionView) -> None:
    """One more output of GitHub Actions, where the policy has the decision told elsewhere."""
    if view.deployment.run.ci == "github" and view.written is not None:
        is_whole = all(place.is_written for place in view.written)
        _append("GITHUB_OUTPUT", f"write-back={'written' if is_whole else 'failed'}\n")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(redact(text))
    except OSError as error:
        raise UsageError(
            f"{variable} names a file that cannot be written: {error.strerror}",
            remedy="let the runner set this variable; a step must not replace it",
        ) from None
