"""The good world with a standard change of ServiceNow's, made from a template that is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from worlds import (
    JIRA,
    NOW,
    at,
    good_change,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_ticket,
    person,
)

from gate.config.types import PersonEntry, Policy, ServiceNowSettings, StandardTemplate
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    Facts,
    Lookup,
    StandardChange,
    Status,
    TicketReference,
    TicketSource,
)

TEMPLATE = StandardTemplate("a" * 32, ("shop",), NOW + timedelta(days=1))
SERVICENOW = ServiceNowSettings(
    url="https://acme.service-now.com",
    auth="basic",
    projects=("CHG",),
    types=("normal", "standard", "emergency"),
    scope=("cmdb_ci",),
    deployable=("-1",),
    closed=("3", "4"),
    rollback_plan=("backout_plan",),
    test_plan=("test_plan",),
    standard_templates=(TEMPLATE,),
)


def snow(name: str) -> Account:
    return Account("servicenow", name, AccountKind.PERSON, name.capitalize())


def standard_policy(**changes: Any) -> Policy:
    people = tuple(
        PersonEntry(p.name, p.emails, {**p.accounts, "servicenow": p.name})
        for p in map(person, ("alice", "bob", "carol", "dave", "erin"))
    )
    settings = replace(SERVICENOW, **changes)
    return good_policy(tickets={"servicenow": settings, "jira": JIRA}, people=people)


def standard_ticket(**changes: Any) -> ChangeRequest:
    """Opened by dave after the review, nobody asked for approval, and it names nothing."""
    base = good_ticket()
    ticket = replace(
        base,
        system="servicenow",
        id="b" * 32,
        key="CHG0030001",
        project="CHG",
        type="standard",
        status=Status("-1", "Implement"),
        created_at=at("09:05"),
        creator=snow("dave"),
        reporter=snow("dave"),
        approvals=(),
        scope=(),
        rollback_plan=tuple(
            replace(text, edited_at=at("09:05"))
            for text in base.rollback_plan  # type: ignore[union-attr]  # it is there
        ),
        standard=StandardChange(TEMPLATE.id),
    )
    return replace(ticket, **changes)


def facts_of(*tickets: ChangeRequest, **changes: Any) -> Facts:
    given = tuple(TicketReference(t.system, t.key, TicketSource.OPTION) for t in tickets)
    known: dict[str, Any] = {
        "given": given,
        "tickets": tuple(Lookup(g, t) for g, t in zip(given, tickets, strict=True)),
        "history": good_history(uses={t.key: () for t in tickets}),
    }
    return good_facts(**known | changes)


def with_reviews(*reviews: Any, **changes: Any) -> Facts:
    pull = good_pull_request(reviews=reviews, **changes)
    return facts_of(standard_ticket(), change=good_change(pull_requests=(pull,)))
