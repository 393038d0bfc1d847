"""A decision as GitHub Flavored Markdown: the step summary, and ``--format markdown``."""

from __future__ import annotations

from collections.abc import Iterator

from gate.output.escape import html
from gate.output.escape import markdown as escaped
from gate.output.message import moment, shortened
from gate.output.view import DecisionView, Mark, RecordedView, Row, TicketView

MAX_BYTES = 1_000_000  # GitHub refuses a step summary of more than 1 MiB
_CELL = 600
_TICKETS = 50

_SYMBOLS = {
    Mark.FAIL: "❌",
    Mark.UNDETERMINED: "❓",
    Mark.WARNING: "⚠️",
    Mark.WAIVED: "⚠️",
    Mark.PASS: "✅",
    Mark.NOT_APPLICABLE: "-",
    Mark.OFF: "-",
}


def markdown(view: DecisionView) -> str:
    """The verdict first, then what to do, the table of controls, and where the record stands.

    At most ``MAX_BYTES`` in UTF-8: verdict and record are always whole, the rest is cut first.
    """
    head = "\n".join(_head(view))
    body = "\n".join([*_todo(view.attention()), *_table(view.rows())])
    foot = "\n".join(_record(view.recorded)) if view.recorded else ""
    room = MAX_BYTES - len(f"{head}\n{foot}\n".encode())
    if len(body.encode()) > room:
        note = "\n\nThis summary was too long and has been cut.\n"
        kept = body.encode()[: max(0, room - len(note))].decode("utf-8", "ignore")
        body = kept.rpartition("\n")[0] + note
    return f"{head}\n{body}\n{foot}".rstrip("\n") + "\n"


def _head(view: DecisionView) -> Iterator[str]:
    verdict, deployment = view.verdict(), view.deployment
    symbol = "✅" if verdict.permits else "❌"
    word = verdict.word.upper().replace("-", " ")
    service, environment = _text(deployment.service), _text(deployment.environment)
    yield f"## {symbol} {word}: {service} to {environment}"
    yield ""
    yield f"{verdict.sentence}"
    yield ""
    emergency = view.emergency()
    if emergency is not None:
        yield f"> 🚨 **Emergency:** {_text(emergency.reason)}"
        yield f"> {_text(emergency.sentence)}"
        yield ""
    yield f"- Commit <code>{_text(deployment.commit)}</code>"
    for artifact in deployment.artifacts:
        yield f"- Artifact <code>{_text(f'{artifact.name}@sha256:{artifact.sha256}')}</code>"
    yield from (f"- Change request {_ticket(ticket)}" for ticket in view.tickets[:_TICKETS])
    if len(view.tickets) > _TICKETS:
        yield f"- and {len(view.tickets) - _TICKETS} more change requests"
    yield f"- Judged {moment(view.decision.at)}"
    if view.decision.claims:
        claims = _text(", ".join(view.decision.claims))
        yield f"- Relied on claims that the policy accepts: {claims}"
    yield ""


def _ticket(ticket: TicketView) -> str:
    label = _text(ticket.id)
    if not ticket.found:
        return f"{label} (not read)"
    if not ticket.url.startswith(("https://", "http://")):
        return label
    return f'<a href="{html(shortened(ticket.url, _CELL))}">{label}</a>'


def _todo(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        yield f"### {_SYMBOLS[row.mark]} {_text(row.id)}: {_word(row)}"
        yield ""
        yield f"- **Seen:** {_text(row.seen)}"
        yield f"- **Expected:** {_text(row.expected)}"
        if row.todo:
            yield f"- **To do:** {_text(row.todo)}"
        yield ""


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "| | Control | Outcome | Seen |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| {_SYMBOLS[row.mark]} | {_text(row.id)} | {_word(row)} | {_text(row.seen)} |"
    yield ""


def _word(row: Row) -> str:
    return f"{row.outcome} (warning)" if row.mark is Mark.WARNING else str(row.mark)


def _record(recorded: RecordedView) -> Iterator[str]:
    yield f"Record {recorded.index} in {_text(recorded.origin)}, receipt {_text(recorded.receipt)}"
    yield ""
    yield "<details><summary>Signed checkpoint</summary>"
    yield ""
    yield "<pre>"
    for line in recorded.checkpoint.rstrip("\n").split("\n"):
        yield html(line)  # exactly, to be copied: only </pre> ends such a block
    yield "</pre>"
    yield "</details>"


def _text(text: str) -> str:
    return escaped(shortened(text, _CELL))
