"""test-plan: it is written down how the change is tested."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from gate.config.types import Policy
from gate.controls.control import Control, warn
from gate.controls.plans import judge_plan
from gate.model import Facts, Judgement


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """Each ticket has a real test plan."""
    return judge_plan(facts, policy, attrgetter("test_plan"), "test-plan", "test plan")


CONTROL = Control(
    id="test-plan",
    title="It is known how to test it",
    criteria=(
        "SOC 2 CC8.1 (POF 7)",
        "ISO 27001:2022 A.8.29",
        "NIST 800-53r5 CM-3(2), CM-4(1)",
        "PCI DSS 6.5.1",
    ),
    needs=("the ticket's test_plan fields",),
    default=warn,
    integrity=False,
    demands=(
        "Each ticket has, in one of the fields that test_plan lists, a text that says what to do: "
        'not blank, not "n/a", "none", "tbd", "to be done later", "see above" or the like, '
        "not a heading only."
    ),
    satisfy="Write the steps into the ticket before it is approved.",
    judge=judge,
)
