"""ticket-covers-change: the ticket is one of this change, not just any approved ticket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, range_of, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
)
from gate.controls.counted import Teller, no_vote
from gate.controls.coverage import ID, Coverage, by_template, coverage
from gate.controls.independence import votes_on
from gate.controls.tickets import each_ticket
from gate.model import ChangeRequest, Commit, Facts, Judgement


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Every ticket names something of the change, and every commit is covered by a ticket."""
    expected = say(
        "ticket-covers.expected",
        "Each ticket names, in a scope field unchanged since its approval, the service, a pull"
        " request or commit of the change, or its artifacts; together they cover all of it.",
    )
    teller = Teller(facts, policy, now)
    change = range_of(facts)
    covered: list[Coverage] = []

    def ticket_names_change(ticket: ChangeRequest) -> Iterator[Finding]:
        votes = votes_on(ticket, change, teller)
        if not votes:
            # No counted approval, so there is no time at which the text was agreed to.
            tally = teller.of_all(ticket, change)
            yield tally if isinstance(tally, Finding) else no_vote(tally, teller)
            return
        standard = ticket.key in teller.standard
        covers = by_template(facts) if standard else coverage(ticket, votes, facts, policy, change)
        if isinstance(covers, Finding):
            yield covers
            return
        covered.append(covers)
        yield passed(
            say("ticket-covers.named", "{ticket} names {what}.", ticket=ticket.key, what=covers.by)
        )

    findings = list(each_ticket(facts, ticket_names_change))
    if covered and not any(covers.whole for covers in covered):
        findings.append(change if isinstance(change, Finding) else _rest(change, covered))
    return conclude(expected, findings)


def _rest(change: Range, covered: list[Coverage]) -> Finding:
    left = _uncovered(change, covered)
    if not left:
        return passed(say("ticket-covers.all", "Every commit is covered."))
    return failed(
        say(
            "ticket-covers.rest",
            "No ticket covers {count} commit(s) of the change ({commits}).",
            **shown(left),
        ),
        say(
            "ticket-covers.rest.remedy",
            "Give the tickets of all pull requests with --ticket, or name the service in one.",
        ),
    )


def _uncovered(change: Range, covered: list[Coverage]) -> list[Commit]:
    """Commits of pull requests and pushes that no ticket covers as a whole, and loose ones."""
    together = [unit.commits for unit in change.units] + [(commit,) for commit in change.loose]
    return [
        commit
        for commits in together
        if not any(covers.has(c.sha for c in commits) for covers in covered)
        for commit in commits
    ]


CONTROL = Control(
    id=ID,
    title="The change request covers this change",
    criteria=(
        "SOC 2 CC8.1 (POF 4, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the ticket's scope fields and their last edits",
        "its approvals",
        "the commits and pull requests of the change",
    ),
    default=require,
    integrity=False,
    demands=(
        "The ticket itself, in a scope field last edited before a counted approval, names as a "
        "whole word the service (by one of its names), a pull request (its URL, owner/name#12, or "
        "on GitLab group/name!12), "
        "a commit (sixteen or more hex digits) or every artifact by SHA-256. The service, the "
        "artifacts and the deployed commit cover everything; a pull request or another commit "
        "covers itself. That a commit or pull request names the ticket is no evidence. A standard "
        "change covers the services that the policy lists with its template."
    ),
    satisfy="Name the service in a scope field of the ticket before it is approved.",
    judge=judge,
)
