"""change-linked: each part of the change names the ticket, or an issue that is linked to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, Unit, range_of, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    environment_of,
    failed,
    passed,
    say,
    unavailable,
    warn,
)
from gate.controls.naming import names_ticket
from gate.controls.tickets import found, unread
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    Commit,
    Facts,
    Judgement,
    Message,
    Problem,
    PullRequest,
)

_BOT = "[bot]"  # how GitHub marks apps; some of its interfaces leave it away


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """Each pull request, and each push beside them, names a ticket or an issue linked to it."""
    expected = say(
        "change-linked.expected",
        "Each pull request names {tickets} or an issue linked to it.",
        tickets=tuple(ticket.key for ticket in found(facts)) or "the ticket",
    )
    unjudged = unread(facts)
    if unjudged:
        return conclude(expected, unjudged)
    change = range_of(facts)
    if isinstance(change, Finding):
        return conclude(expected, [change])
    bots = environment_of(facts, policy).bots
    return conclude(expected, _judged(change, found(facts), bots))


def _judged(
    change: Range, tickets: tuple[ChangeRequest, ...], bots: tuple[str, ...]
) -> Iterator[Finding]:
    for unit in change.landed:
        if unit.pull_request is not None and _is_bots(unit.pull_request, bots):
            yield passed(say("change-linked.bot", "{unit} is by a bot.", unit=unit.name))
        else:
            yield _unit(unit, tickets)
    for commit in change.loose:
        yield _linked(commit.message, Unit((commit,)), tickets)


def _unit(unit: Unit, tickets: tuple[ChangeRequest, ...]) -> Finding:
    pull = unit.pull_request
    texts = [commit.message for commit in unit.commits]
    own: tuple[Commit, ...] | Problem = () if pull is None else pull.commits
    if pull is not None:
        texts += [pull.title, pull.head_ref]
    if not isinstance(own, Problem):
        texts += [commit.message for commit in own]
    finding = _linked("\n".join(texts), unit, tickets)
    return unavailable(own) if finding.remedy and isinstance(own, Problem) else finding


def _linked(text: str, unit: Unit, tickets: tuple[ChangeRequest, ...]) -> Finding:
    for ticket in tickets:
        if names_ticket(text, ticket.key):
            return passed(
                say(
                    "change-linked.named",
                    "{unit} names {ticket}.",
                    unit=_name(unit),
                    ticket=ticket.key,
                )
            )
    for ticket in tickets:
        linked = () if isinstance(ticket.linked, Problem) else sorted(ticket.linked)
        for key in linked:
            if names_ticket(text, key):
                return passed(
                    say(
                        "change-linked.by-link",
                        "{unit} names {issue}, which is linked to {ticket}.",
                        unit=_name(unit),
                        issue=key,
                        ticket=ticket.key,
                    )
                )
    unseen = [ticket.linked for ticket in tickets if isinstance(ticket.linked, Problem)]
    if unseen:
        return unavailable(unseen[0])
    return failed(
        say(
            "change-linked.not",
            "{unit} ({count} commit(s): {commits}) names neither {tickets} nor an issue linked to"
            " it.",
            unit=_name(unit),
            tickets=tuple(ticket.key for ticket in tickets),
            **shown(unit.commits),
        ),
        _remedy(tickets),
    )


def _remedy(tickets: tuple[ChangeRequest, ...]) -> Message:
    keys = tuple(ticket.key for ticket in tickets)
    return say(
        "change-linked.remedy",
        "Name {tickets} in the title of the pull request; or link the issue that it names to the"
        " ticket.",
        tickets=keys,
    )


def _name(unit: Unit) -> str:
    return unit.name if unit.pull_request or unit.push else "what no push is known of"


def _is_bots(pull: PullRequest, bots: tuple[str, ...]) -> bool:
    """Whether it is by an app that the policy names, with nobody else's work in it."""
    if isinstance(pull.pushes, Problem) or not pull.pushes:
        return False
    hands: list[Account | None] = [pull.author, *pull.others]
    hands += [push.account for push in pull.pushes]
    names = {_plain(bot) for bot in bots}
    return all(
        hand is not None and hand.kind is AccountKind.APP and _plain(hand.key) in names
        for hand in hands
    )


def _plain(name: str) -> str:
    return name.casefold().removesuffix(_BOT)


CONTROL = Control(
    id="change-linked",
    title="The change names its ticket",
    criteria=(
        "SOC 2 CC8.1 (POF 4, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(c, e)",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "titles, branches and commit messages of the pull requests",
        "the issues that the ticket is linked to",
    ),
    default=warn,
    integrity=False,
    demands=(
        "Each pull request since the base names one of the tickets, or an issue that is linked to "
        "one, in its title, its branch or the message of a commit; so does each direct push, and "
        "each commit that the forge knows no push of. Pull requests that only apps of bots wrote "
        "and pushed need name none. It shows where the change belongs; that a ticket covers the "
        "change is another control's, ticket-covers-change, and needs more than the maker's word."
    ),
    satisfy="Name the ticket in the title of the pull request, or link the story to the ticket.",
    judge=judge,
)
