"""A decision for programs: the format ``gate/decision/v1``, described by a JSON Schema.

The schema is ``gate/output/schemas/decision-v1.json``. It is a contract: a field may be added, none
changes its meaning. It says what the terminal says, so it names people as the terminal does: keep
it where the job's log is kept. All text is ASCII, and what cannot be seen is made visible, so that
a script can print it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from gate.model import ControlResult, Message
from gate.output.escape import inline, json_document
from gate.output.message import arguments, render, rfc3339
from gate.output.view import DecisionView, RecordedView

SCHEMA = "gate/decision/v1"


def decision_json(view: DecisionView) -> str:
    """The decision as one JSON object, indented, ending in a line break."""
    verdict = view.verdict()
    document = {
        "schema": SCHEMA,
        "command": view.command,
        "decision": verdict.word,
        "permits": verdict.permits,
        "exit_code": view.exit_code,
        "judged": str(view.decision.kind),
        "sentence": verdict.sentence,
        "at": rfc3339(view.decision.at),
        "deployment": _deployment(view),
        "change_requests": [
            {
                "id": ticket.id,
                "url": ticket.url or None,
                "found": ticket.found,
                "through": ticket.through or None,
            }
            for ticket in view.tickets
        ],
        "controls": [_control(result, view) for result in view.decision.controls],
        "claims": list(view.decision.claims),
        "emergency": _emergency(view),
        "write_back": _written(view),
    }
    shown = {key: _visible(value) for key, value in document.items()}
    shown["record"] = _record(view.recorded) if view.recorded else None
    return json_document(json.dumps(shown, indent=2)) + "\n"


def _written(view: DecisionView) -> list[dict[str, object]] | None:
    if view.written is None:
        return None
    return [
        {"where": each.where, "written": each.is_written, "failure": each.failure or None}
        for each in view.written
    ]


def _emergency(view: DecisionView) -> dict[str, object] | None:
    emergency = view.emergency()
    if emergency is None:
        return None
    return {
        "reason": emergency.reason,
        "granted": emergency.granted,
        "waived": list(emergency.waived),
        "review_by": emergency.review_by or None,
        "deferred": list(emergency.deferred),
        "spooled": emergency.spooled or None,
    }


def _deployment(view: DecisionView) -> dict[str, object]:
    deployment, run = view.deployment, view.deployment.run
    return {
        "service": deployment.service,
        "environment": deployment.environment,
        "commit": deployment.commit,
        "artifacts": [{"name": a.name, "sha256": a.sha256} for a in deployment.artifacts],
        "run": {"ci": run.ci, "id": run.id, "attempt": run.attempt, "url": run.url},
    }


def _control(result: ControlResult, view: DecisionView) -> dict[str, object]:
    judgement = result.judgement
    return {
        "id": result.id,
        "title": result.title,
        "level": str(result.level),
        "outcome": str(judgement.outcome),
        "expected": _message(judgement.expected, view),
        "observed": _message(judgement.observed, view),
        "remedy": _message(judgement.remedy, view) if judgement.remedy else None,
        "claims": list(judgement.claims),
    }


def _message(message: Message, view: DecisionView) -> dict[str, object]:
    return {
        "code": message.code,
        "text": render(message, name=view.name),
        "args": arguments(message.args, name=view.name),
    }


def _record(recorded: RecordedView) -> dict[str, object]:
    return {
        "index": recorded.index,
        "origin": inline(recorded.origin),
        "receipt": inline(recorded.receipt),
        "checkpoint": "\n".join(map(inline, recorded.checkpoint.split("\n"))),
        "superseded": recorded.superseded,
    }


def _visible(value: object) -> object:
    """``value`` with all strings in it made visible."""
    if isinstance(value, str):
        return inline(value)
    if isinstance(value, Mapping):
        return {key: _visible(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_visible(item) for item in value]
    return value
