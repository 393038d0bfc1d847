"""A decision on a terminal or in a job's log: a table of controls, what to do, the verdict.

Every outcome has a symbol and a word; colour only repeats them. Fits 80 columns, and fewer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from gate.output.escape import inert, inline
from gate.output.message import moment, shortened
from gate.output.view import DecisionView, Mark, RecordedView, Row

NARROWEST = 60
WIDEST = 110  # longer lines are hard to read
_URL_ROOM = 300

_SYMBOLS = {
    Mark.FAIL: "✗",
    Mark.UNDETERMINED: "?",
    Mark.WARNING: "!",
    Mark.WAIVED: "~",
    Mark.PASS: "✓",
    Mark.NOT_APPLICABLE: "-",
    Mark.OFF: "-",
}
_BOLD, _DIM, _RED, _GREEN, _YELLOW = "1", "2", "31", "32", "33"
_COLOURS = {
    Mark.FAIL: _RED,
    Mark.UNDETERMINED: _YELLOW,
    Mark.WARNING: _YELLOW,
    Mark.WAIVED: _YELLOW,
    Mark.PASS: _GREEN,
    Mark.NOT_APPLICABLE: _DIM,
    Mark.OFF: _DIM,
}
_MARK_WIDTH = max(len(mark) for mark in Mark)


def decision_text(view: DecisionView, *, color: bool, width: int) -> str:
    """The whole text, ending in a line break. ``color`` is the caller's to decide (NO_COLOR)."""
    pen = _Pen(color, min(max(width, NARROWEST), WIDEST))
    lines = [*_head(view, pen), "", *_table(view.rows(), pen)]
    told: dict[str, str] = {}
    for row in view.attention():
        lines += ["", *_detail(row, told.get(row.todo, row.todo), pen)]
        told.setdefault(row.todo, f"As for {row.id}, above." if row.todo else "")
    lines += _emergency(view, pen)
    lines += ["", *_verdict(view, pen)]
    if view.recorded:
        lines += _record(view.recorded, pen)
    return "\n".join(inert(line).rstrip() for line in lines) + "\n"


class _Pen:
    """Colours and widths of one terminal."""

    def __init__(self, color: bool, width: int) -> None:
        self.color = color
        self.width = width

    def paint(self, text: str, *codes: str) -> str:
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.color and text else text

    def labelled(self, indent: int, label: str, text: str, room: int) -> Iterator[str]:
        """``text`` wrapped beside a label that is ``room`` columns wide."""
        first = " " * indent + self.paint(f"{label:<{room}}", _DIM)
        rest = " " * (indent + room)
        for number, line in enumerate(wrap(inline(text), self.width - indent - room)):
            yield (rest if number else first) + line


def _head(view: DecisionView, pen: _Pen) -> Iterator[str]:
    deployment, run = view.deployment, view.deployment.run
    title = f"{deployment.service} to {deployment.environment}"
    yield pen.paint(inline(f"gate {view.command}: {title}"), _BOLD)
    yield from pen.labelled(0, "commit", deployment.commit, 9)
    for artifact in deployment.artifacts:
        yield from pen.labelled(0, "artifact", f"{artifact.name}@sha256:{artifact.sha256}", 9)
    for ticket in view.tickets:
        where = ticket.url if ticket.found else "not read"
        yield from pen.labelled(
            0, "ticket", f"{ticket.id}  {shortened(where, _URL_ROOM)}".rstrip(), 9
        )
    attempt = f", attempt {run.attempt}" if run.attempt else ""
    if run.id:
        yield from pen.labelled(0, "run", f"{run.ci} {run.id}{attempt}", 9)
    yield from pen.labelled(0, "judged", moment(view.decision.at), 9)


def _table(rows: tuple[Row, ...], pen: _Pen) -> Iterator[str]:
    id_width = max((len(inline(row.id)) for row in rows), default=0)
    titles = pen.width - (1 + 2 + _MARK_WIDTH + 2 + id_width + 2)
    for row in rows:
        mark = f"{_SYMBOLS[row.mark]} {row.mark:<{_MARK_WIDTH}}"
        start = f" {pen.paint(mark, _COLOURS[row.mark])}  "
        if titles < 20:
            yield start + inline(row.id)
            continue
        start += f"{inline(row.id):<{id_width}}  "
        for number, line in enumerate(wrap(inline(row.title), titles)):
            yield (" " * (pen.width - titles) if number else start) + pen.paint(line, _DIM)


def _detail(row: Row, todo: str, pen: _Pen) -> Iterator[str]:
    note = f" ({row.outcome}; the policy only warns)" if row.mark is Mark.WARNING else ""
    head = pen.paint(f"{_SYMBOLS[row.mark]} {inline(row.id)}", _COLOURS[row.mark], _BOLD)
    yield f"{head}: {row.mark}{note}"
    yield from pen.labelled(2, "seen", row.seen, 10)
    yield from pen.labelled(2, "expected", row.expected, 10)
    if todo:
        yield from pen.labelled(2, "to do", todo, 10)


def _emergency(view: DecisionView, pen: _Pen) -> Iterator[str]:
    emergency = view.emergency()
    if emergency is None:
        return
    yield ""
    yield pen.paint("EMERGENCY", _RED, _BOLD)
    yield from pen.labelled(2, "reason", shortened(emergency.reason, _URL_ROOM), 10)
    yield from pen.labelled(2, "so", emergency.sentence, 10)


def _verdict(view: DecisionView, pen: _Pen) -> Iterator[str]:
    verdict = view.verdict()
    colour = _GREEN if verdict.permits else _YELLOW if verdict.word == "undetermined" else _RED
    word = verdict.word.upper().replace("-", " ")
    lines = wrap(f"{word}: {verdict.sentence}", pen.width)
    yield pen.paint(word, colour, _BOLD) + lines[0][len(word) :]
    yield from lines[1:]
    if view.decision.claims:
        claims = ", ".join(view.decision.claims)
        yield from pen.labelled(0, "claims", f"relied on, as the policy accepts: {claims}", 11)


def _record(recorded: RecordedView, pen: _Pen) -> Iterator[str]:
    yield from pen.labelled(0, "record", f"{recorded.index} in {recorded.origin}", 11)
    yield from pen.labelled(0, "receipt", recorded.receipt, 11)
    yield pen.paint("checkpoint", _DIM)
    for line in recorded.checkpoint.rstrip("\n").split("\n"):
        yield f"  {inline(line)}".rstrip()


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns, broken at spaces.

    A longer word (a URL, a digest) takes a line of its own and runs over: it is to be copied.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width or not line:
            line = joined
        else:
            lines.append(line)
            line = word
    return [*lines, line]


def columns(text: str) -> int:
    """The columns that ``text`` takes on a terminal (UAX 11: wide characters take two)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
