"""rollback-plan: it is written down how to go back."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from gate.config.types import Policy
from gate.controls.control import Control, require
from gate.controls.plans import judge_plan
from gate.model import Facts, Judgement


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """Each ticket has a real rollback plan."""
    return judge_plan(facts, policy, attrgetter("rollback_plan"), "rollback-plan", "rollback plan")


CONTROL = Control(
    id="rollback-plan",
    title="There is a way back",
    criteria=("SOC 2 CC7.5", "ISO 27001:2022 A.8.32", "NIST 800-53r5 CM-2(3)", "PCI DSS 6.5.1"),
    needs=("the ticket's rollback_plan fields",),
    default=require,
    integrity=False,
    demands=(
        "Each ticket has, in one of the fields that rollback_plan lists, a text that says what to "
        'do: not blank, not "n/a", "none", "tbd", "to be done later", "see above" or the like, '
        "not a heading only."
    ),
    satisfy="Write the steps into the ticket before it is approved.",
    judge=judge,
)
