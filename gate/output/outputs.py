"""What a CI keeps as variables for later steps: GitHub's outputs, GitLab's dotenv report.

No names of people, and nothing that a line break could turn into another variable.
"""

from __future__ import annotations

import re

from gate.errors import UsageError
from gate.output.view import DecisionView

_DELIMITER = re.compile(r"[A-Za-z0-9_-]{16,100}")
_DOTENV_VALUE = re.compile(r"[A-Za-z0-9._:/@+=~-]*")


def github_outputs(view: DecisionView, delimiter: str) -> str:
    """The lines for the file that ``GITHUB_OUTPUT`` names.

    ``decision``, ``permits``, ``exit-code``, ``index``, ``receipt`` and ``checkpoint``; the last
    three are empty where nothing was recorded. ``emergency`` and, where that is true, ``review-by``
    tell of an emergency that lets the deployment go on. ``delimiter`` must be random and new:
    raises ``ValueError`` where it is short or stands in a value.
    """
    if not _DELIMITER.fullmatch(delimiter):
        raise ValueError("a delimiter has 16 to 100 letters and digits")
    parts = []
    for name, value in _values(view).items():
        if delimiter in value:
            raise ValueError(f"the delimiter stands in the value of {name}")
        if not all(c.isprintable() or c == "\n" for c in value):
            raise UsageError(f"the output {name} would hold a control character")
        parts.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    return "".join(parts)


def dotenv(view: DecisionView) -> str:
    """The lines of a dotenv report.

    ``GATE_DECISION``, ``GATE_PERMITS``, ``GATE_EXIT_CODE``, ``GATE_INDEX``, ``GATE_RECEIPT``,
    ``GATE_EMERGENCY`` and ``GATE_REVIEW_BY``. Raises ``UsageError`` where a value needs quoting.
    """
    lines = []
    for name, value in _values(view).items():
        if name == "checkpoint":  # several lines, which dotenv cannot hold
            continue
        variable = f"GATE_{name.upper().replace('-', '_')}"
        if not _DOTENV_VALUE.fullmatch(value):
            raise UsageError(
                f"{variable} would hold a character that a dotenv report cannot",
                remedy="give --receipt a path of letters, digits and . _ / - only",
            )
        lines.append(f"{variable}={value}\n")
    return "".join(lines)


def _values(view: DecisionView) -> dict[str, str]:
    verdict, recorded, emergency = view.verdict(), view.recorded, view.emergency()
    return {
        "decision": verdict.word,
        "permits": "true" if verdict.permits else "false",
        "exit-code": str(view.exit_code),
        "index": str(recorded.index) if recorded else "",
        "receipt": recorded.receipt if recorded else "",
        "checkpoint": recorded.checkpoint.rstrip("\n") if recorded else "",
        "emergency": "true" if emergency and emergency.granted else "false",
        "review-by": emergency.review_by if emergency and emergency.granted else "",
    }
