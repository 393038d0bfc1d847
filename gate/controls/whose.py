"""Whose an approval is, where the policy does not say: the lines to add, and what else would help.

Accounts are told in an order that does not depend on how they were listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gate.controls.control import say
from gate.controls.run_approvals import ENVIRONMENT
from gate.identity import People
from gate.model import Account, Approval, Free, Message


def whose(possible: Sequence[Approval], people: People) -> Message:
    """The remedy where it is unknown whose an approval is, or of what."""
    accounts = [approval.account for approval in possible if approval.account is not None]
    unowned = [account for account in accounts if people.owner(account) is None]
    if unowned:
        return lines(unowned, people)
    if all(approval.source == ENVIRONMENT for approval in possible):
        return say(
            "approval.attempt",
            "Start a new run (not a re-run), and have its deployment approved: of which attempt of"
            " this run the approval is, the forge does not tell.",
        )
    return say(
        "approval.unclear",
        "Have it approved by somebody under their own account: of {accounts} it cannot be told that"
        " a person decided.",
        accounts=tuple(dict.fromkeys(accounts)),
    )


def lines(accounts: Iterable[Account], people: People) -> Message:
    """The remedy where it is unknown whose accounts are: the lines to add to the policy."""
    different = in_order(accounts)
    return say(
        "people.line",
        "Say whose {accounts} is: in gate.toml, add to that person's [[people]] entry: {lines}",
        accounts=different,
        lines=tuple(Free(line) for line in dict.fromkeys(_lines(different, people))),
    )


def _lines(accounts: Iterable[Account], people: People) -> Iterator[str]:
    for account in accounts:
        yield people.line_for(account)


def in_order(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """Accounts, each once, in an order that does not depend on how they were listed."""
    return tuple(sorted(set(accounts), key=lambda a: (a.system, a.key, a.kind, a.name, a.email)))
