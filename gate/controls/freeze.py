"""freeze: nothing is deployed while the policy says so."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Freeze, Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
)
from gate.model import Deployment, Facts, Free, Judgement


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """No freeze for this service and environment has begun and not ended."""
    deployment = facts.deployment
    expected = say(
        "freeze.expected",
        "No freeze holds for {service} in {environment}.",
        service=deployment.service,
        environment=deployment.environment,
    )
    holding = [each for each in policy.freezes if _holds(each, deployment, now)]
    free = passed(say("freeze.none", "No freeze holds at {now}.", now=now))
    return conclude(expected, [_frozen(each) for each in holding] or [free])


def _holds(freeze: Freeze, deployment: Deployment, now: datetime) -> bool:
    concerned = (not freeze.services or deployment.service in freeze.services) and (
        not freeze.environments or deployment.environment in freeze.environments
    )
    return concerned and freeze.start <= now < freeze.end


def _frozen(freeze: Freeze) -> Finding:
    return failed(
        say(
            "freeze.holds",
            "The freeze {name} holds from {start} to {end}.",
            name=Free(freeze.name),
            start=freeze.start,
            end=freeze.end,
        ),
        say(
            "freeze.holds.remedy",
            "Deploy after {end}; or have whoever keeps the policy change its [[freeze]] {name}.",
            end=freeze.end,
            name=Free(freeze.name),
        ),
    )


CONTROL = Control(
    id="freeze",
    title="No freeze holds",
    criteria=(
        "SOC 2 CC8.1 (POF 9)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3, CM-5",
        "PCI DSS 6.5.1",
    ),
    needs=("the [[freeze]] tables of the policy", "this machine's clock (see clock-sane)"),
    default=require,
    integrity=False,
    demands=(
        "Now lies outside every [[freeze]] of the policy that is for this service and environment; "
        "one that names neither services nor environments is for all. A freeze holds from its "
        "first moment up to, not including, its last."
    ),
    satisfy="Wait until the freeze ends, or have the policy changed by whoever keeps it.",
    judge=judge,
)
