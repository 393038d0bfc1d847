"""Annotations of GitHub Actions: workflow commands, one for each thing to be read.

GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from gate.output.escape import command_data, command_property
from gate.output.view import DecisionView, Mark, Row

_LONGEST = 4000  # GitHub cuts a message of more than 4096 characters
_LEVELS = {
    Mark.FAIL: "error",
    Mark.UNDETERMINED: "error",
    Mark.WARNING: "warning",
    Mark.WAIVED: "warning",
}


def github_annotations(view: DecisionView) -> str:
    """An error per required control that does not pass, a warning per warned or waived one.

    One where an emergency was declared. Last the verdict: a notice where the deployment may go on,
    an error where something other than a control blocks it. Each is one line; the text ends in a
    line break.
    """
    lines = [_annotation(row) for row in view.attention()]
    emergency = view.emergency()
    if emergency is not None:
        said = f"{emergency.sentence}\nReason: {emergency.reason}"
        lines.append(_command("warning", "gate: EMERGENCY", said))
    verdict = view.verdict()
    said = f"{verdict.word.upper()}: {verdict.sentence}"
    if verdict.permits:
        lines.append(_command("notice", "gate", said))
    elif verdict.word != view.decision.kind or not any(x.startswith("::error") for x in lines):
        lines.append(_command("error", "gate", said))
    return "\n".join(lines) + "\n"


def _annotation(row: Row) -> str:
    text = f"Seen: {row.seen}\nExpected: {row.expected}"
    if row.todo:
        text += f"\nTo do: {row.todo}"
    return _command(_LEVELS[row.mark], f"gate: {row.id} {row.mark}", text)


def _command(level: str, title: str, text: str) -> str:
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f"::{level} title={command_property(title)}::{command_data(text)}"
