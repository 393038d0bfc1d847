"""What an emergency at Acme takes: a policy that has emergencies, and an approval afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.demo.world import World

POLICY = "urgent.toml"
REASON = "Checkout answers 500 since noon (INC-77)"
RULES = (
    'emergency = { waives = ["approved", "ticket-open"], review_within = "24h", by = ["oncall"] }'
)


def write_policy(home: Path, plain: str) -> None:
    """Acme's policy with emergencies, declared by carol, who starts the pipelines."""
    text = (home / plain).read_text()
    more = f'{RULES}\n\n[groups]\noncall = ["carol"]'
    (home / POLICY).write_text(text.replace("\n[groups]", more, 1))


def approve_now(world: World, key: str, by: str) -> None:
    """A step of approval that begins and ends now."""
    now = datetime.now(UTC)
    world.jira.add_approval(key, [by], at=now - timedelta(milliseconds=1), name="Afterwards")
    world.jira.approve(key, by=by, at=now)
