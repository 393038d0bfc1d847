"""emergency-reviewed: no emergency of the service is left without its review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    unavailable,
    undetermined,
)
from gate.controls.emergency import is_seconded
from gate.model import Facts, Judgement, OpenEmergency, Problem

OPEN_AT_MOST = 100
"""Emergencies without review that a service may have: every record of it lists them."""


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """No emergency deployment of the service, to any environment, is past its deadline."""
    expected = say(
        "emergency-reviewed.expected",
        "No emergency deployment of {service} is past the deadline of its review.",
        service=facts.deployment.service,
    )
    return conclude(expected, _findings(facts, policy, now))


def _findings(facts: Facts, policy: Policy, now: datetime) -> Iterator[Finding]:
    history = facts.history
    if isinstance(history, Problem):
        yield unavailable(history)
        return
    if history.offline:
        yield undetermined(
            say(
                "emergency-reviewed.unread",
                "It is not known which emergencies await their review: the log cannot be read.",
            ),
            say("emergency-reviewed.unread.remedy", "Run again once the log can be read."),
        )
        return
    late = overdue(history.emergencies, now)
    if len(history.emergencies) >= OPEN_AT_MOST and facts.emergency is not None:
        yield _too_many(history.emergencies)
    elif not late:
        yield _none_late(history.emergencies)
    elif facts.emergency is not None and is_seconded(facts, policy, now):
        yield passed(
            say(
                "emergency-reviewed.seconded",
                "The review of entry {entries} of the log is overdue; this emergency was approved"
                " by somebody else than its deployer.",
                entries=_places(late),
            )
        )
    else:
        yield _late(late)


def overdue(emergencies: tuple[OpenEmergency, ...], now: datetime) -> tuple[OpenEmergency, ...]:
    """Those whose review is overdue at ``now``."""
    return tuple(each for each in emergencies if each.review_by < now)


def _none_late(emergencies: tuple[OpenEmergency, ...]) -> Finding:
    if not emergencies:
        return passed(say("emergency-reviewed.none", "No emergency awaits its review."))
    return passed(
        say(
            "emergency-reviewed.due",
            "{count} emergency deployment(s) await their review, the first by {review_by}.",
            count=len(emergencies),
            review_by=min(each.review_by for each in emergencies),
        )
    )


def _late(late: tuple[OpenEmergency, ...]) -> Finding:
    return failed(
        say(
            "emergency-reviewed.overdue",
            "The review of entry {entries} of the log, an emergency deployment, was due by"
            " {review_by} and is not recorded.",
            entries=_places(late),
            review_by=min(each.review_by for each in late),
        ),
        say(
            "emergency-reviewed.remedy",
            "Have what was deployed approved by somebody who had no part in it, then run: gate"
            " review --index {entry}. An emergency may go on once somebody else than the deployer"
            " has approved its ticket.",
            entry=late[0].link.index,
        ),
    )


def _too_many(emergencies: tuple[OpenEmergency, ...]) -> Finding:
    return failed(
        say(
            "emergency-reviewed.too-many",
            "{count} emergency deployments await their review.",
            count=len(emergencies),
        ),
        say(
            "emergency-reviewed.too-many.remedy",
            "Have them reviewed, beginning with: gate review --index {entry}.",
            entry=emergencies[0].link.index,
        ),
    )


def _places(emergencies: tuple[OpenEmergency, ...]) -> tuple[int, ...]:
    return tuple(each.link.index for each in emergencies[:5])


CONTROL = Control(
    id="emergency-reviewed",
    title="Earlier emergencies were reviewed in time",
    criteria=(
        "SOC 2 CC8.1 (POF 11, 13)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
    ),
    needs=("the log's records of the service's emergencies and their reviews",),
    default=require,
    integrity=False,
    demands=(
        "No emergency deployment of the service, to any environment, is past its deadline without "
        "a recorded review that cites an independent approval given afterwards. It is judged again "
        "where the record takes its place in the log. No emergency waives it; one goes on "
        "nevertheless where somebody else than its deployer has approved each of its tickets."
    ),
    satisfy="Have the emergency approved afterwards, and record that with gate review.",
    judge=judge,
)
