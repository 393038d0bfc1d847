"""The deployments that the story tells, and how each must end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.demo.plot import AFTER_RUN


@dataclass(frozen=True, slots=True)
class Act:
    """One deployment to tell: the plot's twists, what it must end with, which control speaks.

    Each blocked one is of a service of its own, so that none inherits another's code; a ticket is
    recycled in its own service, last.
    """

    key: str
    title: str
    code: int
    control: str = ""
    service: str = "shop"
    twists: Mapping[str, Any] = field(default_factory=dict)


GOOD = Act("CHG-2", "A ticket, approved and early", 0)
ROUTINE = tuple(Act(f"CHG-{n}", "An ordinary release", 0) for n in (3, 4, 6, 8))
TRICKS = (
    Act(
        "CHG-11",
        "A ticket created after the run began",
        10,
        "ticket-predates-deployment",
        "cart",
        {"ticket": AFTER_RUN},
    ),
    Act(
        "CHG-12",
        "… and the job is run again, now that the ticket exists",
        10,
        "ticket-predates-deployment",
        "search",
        {"ticket": AFTER_RUN, "rerun": True},
    ),
    Act(
        "CHG-13",
        "A colleague's approved ticket, for something else",
        10,
        "ticket-covers-change",
        "mail",
        {"covers": "billing"},
    ),
    Act(
        "CHG-14",
        "Approved by its own author, under another account",
        10,
        "approver-independent",
        "stock",
        {"ticket_by": "carol", "approver": "alice"},
    ),
    Act(
        "CHG-15",
        "Approved by an account that nobody owns",
        11,
        "approved",
        "prices",
        {"approver": "mallory"},
    ),
    Act(
        "CHG-16",
        "An objection beside the approval",
        10,
        "approved",
        "login",
        {"objector": "dave"},
    ),
    Act(
        "CHG-17",
        "Pushed after the approval, the commit's date forged to look older",
        10,
        "approval-covers-change",
        "images",
        {"late_push": True},
    ),
    Act(
        "CHG-18",
        "A ticket that was moved away",
        10,
        "ticket-exists",
        "reviews",
        {"moved_to": "OPS-9"},
    ),
    Act(
        GOOD.key,
        "A ticket that has let another commit in before",
        10,
        "ticket-not-reused",
        "shop",
        {"with_ticket": False},
    ),
)
DOWN = Act("CHG-19", "Jira is down", 11, "ticket-exists", "feeds")
WRONG_TOKEN = Act("CHG-20", "A wrong Jira token", 11, "ticket-exists", "labels")
NO_STORE = Act("CHG-21", "The disk with the log is gone", 12, "", "stats")
COSIGNED = Act("CHG-7", "A release whose head a witness cosigned", 0, "", "ledger")
ROLLED_BACK = Act("CHG-22", "Somebody lays yesterday's log over today's", 12, "", "quotes")
NO_WITNESS = Act("CHG-23", "The witness is down", 12, "", "claims")
URGENT = Act(
    "CHG-24",
    "Nobody has approved it, and it cannot wait: an emergency, by somebody on call",
    0,
    "",
    "alarms",
    {"approver": ""},
)
_ALL = (GOOD, *TRICKS, DOWN, WRONG_TOKEN, NO_STORE, COSIGNED, ROLLED_BACK, NO_WITNESS, URGENT)
SERVICES = tuple(dict.fromkeys(act.service for act in _ALL))
