"""A record that nobody has appended yet: a first decision on a service of its own."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

from generated import SIGNER
from record_template import Templates, make_templates

from gate.log.reading.view import LogView
from gate.record.dsse import seal
from gate.record.times import format_time


def fresh_record(view: LogView, number: int, now: datetime | None = None) -> bytes:
    """The entry, judged at the head of ``view``; another for each ``number`` and head."""
    at = now or datetime.now(UTC)
    templates = _templates()
    name = f"{view.size}-{number}"
    drawn = hashlib.shake_256(name.encode()).hexdigest(32 * (2 + templates.labels))
    values: dict[str, str | int] = {
        "size": view.size,
        "root": view.root.hex(),
        "at": format_time(at),
        "created": format_time(at - timedelta(hours=2)),
        "approved": format_time(at - timedelta(hours=1)),
        "service": f"fresh-{name}",
        "environment": "production",
        "ticket": f"NEW-{name}",
        "ticket_id": "1",
        "commit": drawn[:40],
        "evidence": drawn[64:128],
    }
    for n in range(templates.labels):
        values[f"label{n}"] = drawn[64 * (2 + n) : 64 * (3 + n)]
    return seal((templates.first % values).encode(), SIGNER)


@cache
def _templates() -> Templates:
    return make_templates()
