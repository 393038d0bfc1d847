"""policy-pinned: the policy is the one that a protected variable names, not the deployer's own."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Environment, Policy
from gate.controls.control import Control, Finding, conclude, failed, passed, say
from gate.model import Facts, Judgement, Level, PinState


def level(facts: Facts, _environment: Environment) -> Level:
    """Required in CI and wherever a digest is given; a warning in a plain shell without one."""
    in_shell = facts.run is None and facts.deployment.run.ci == "shell"
    if in_shell and facts.pin is PinState.UNPINNED:
        return Level.WARN
    return Level.REQUIRE


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """The digest of the policy is the pinned one."""
    expected = say("policy-pinned.expected", "GATE_POLICY_SHA256 is the digest of the policy.")
    return conclude(expected, [_judged(facts.pin, policy.sha256)])


def _judged(pin: PinState, sha256: str) -> Finding:
    if pin is PinState.PINNED:
        return passed(say("policy-pinned.pinned", "The policy is the pinned one."))
    if pin is PinState.DIFFERENT:
        return failed(
            say(
                "policy-pinned.different",
                "The policy's digest is {sha256}; GATE_POLICY_SHA256 is another.",
                sha256=sha256,
            ),
            say(
                "policy-pinned.different.remedy",
                "Undo the change of gate.toml, or of the list of people that it names; or, once it"
                " is reviewed, have whoever keeps GATE_POLICY_SHA256 set it to {sha256}.",
                sha256=sha256,
            ),
        )
    return failed(
        say("policy-pinned.unpinned", "GATE_POLICY_SHA256 is not set."),
        say(
            "policy-pinned.unpinned.remedy",
            "Set the protected CI variable GATE_POLICY_SHA256={sha256}.",
            sha256=sha256,
        ),
    )


CONTROL = Control(
    id="policy-pinned",
    title="The policy is the agreed one",
    criteria=(
        "SOC 2 CC8.1 (POF 6, 12)",
        "ISO 27001:2022 A.8.9",
        "NIST 800-53r5 CM-5, CM-6",
        "PCI DSS 6.5.1",
    ),
    needs=("the digest of gate.toml", "GATE_POLICY_SHA256"),
    default=level,
    integrity=True,
    demands=(
        "The SHA-256 of gate.toml is the one in GATE_POLICY_SHA256, a CI variable that the people "
        "who deploy cannot change. Required in CI, and wherever a digest is given."
    ),
    satisfy="Set GATE_POLICY_SHA256 as a protected variable, to what `gate doctor` shows.",
    judge=judge,
)
