"""clock-sane: our clock and the services' clocks agree, so that times can be compared."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    undetermined,
)
from gate.model import ClockReading, Facts, Judgement, Message


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """No reading is off by more than the tolerance and what the reading cannot tell."""
    tolerance = policy.network.clock_tolerance
    expected = say(
        "clock-sane.expected",
        "This machine's clock is within {tolerance} of the services'.",
        tolerance=tolerance,
    )
    if not facts.clocks:
        none = undetermined(
            say("clock-sane.none", "No service told its time."),
            say("clock-sane.none.remedy", "Put right why no service answered, then run again."),
        )
        return conclude(expected, [none])
    return conclude(expected, [_reading(each, tolerance) for each in facts.clocks])


def _reading(reading: ClockReading, tolerance: timedelta) -> Finding:
    allowed = tolerance.total_seconds()
    readable = math.isfinite(reading.offset) and 0 <= reading.uncertainty <= max(allowed, 1.0)
    if not readable and not abs(reading.offset) > allowed + max(reading.uncertainty, 0):
        return undetermined(
            say(
                "clock-sane.vague",
                "What {service} told of its time is too vague to compare.",
                service=reading.service,
            ),
            say(
                "clock-sane.vague.remedy",
                "{service} answered slowly; run again.",
                service=reading.service,
            ),
        )
    observed = _off(reading)
    if abs(reading.offset) <= allowed + reading.uncertainty:
        return passed(observed)
    return failed(
        observed,
        say("clock-sane.remedy", "Set this machine's clock (NTP), then run again."),
    )


def _off(reading: ClockReading) -> Message:
    seconds = abs(reading.offset)
    return say(
        "clock-sane.off",
        "{off} {direction} {service}.",
        off=timedelta(seconds=round(min(seconds, 1e9), 1)),
        direction="ahead of" if reading.offset > 0 else "behind",
        service=reading.service,
    )


CONTROL = Control(
    id="clock-sane",
    title="The clocks agree",
    criteria=("SOC 2 CC7.2", "ISO 27001:2022 A.8.17", "NIST 800-53r5 AU-8", "PCI DSS 10.6"),
    needs=("the Date headers of every service asked",),
    default=require,
    integrity=True,
    demands=(
        "This machine's clock agrees with the Date header of every service asked, within "
        "[network] clock_tolerance plus what the header's whole seconds and the request's duration "
        "leave open. No header at all is undetermined."
    ),
    satisfy="Keep the runner's clock synchronised (NTP).",
    judge=judge,
)
