"""What a ticket covers: what its own scope fields named when its counted approval was given.

Only the ticket's text counts. That a commit, a branch or a pull request names the ticket is the
maker's word.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, short
from gate.controls.control import (
    Finding,
    environment_of,
    failed,
    say,
    service_of,
    unavailable,
    undetermined,
)
from gate.controls.counted import Vote
from gate.controls.naming import (
    named_commits,
    names_artifacts,
    names_pull_request,
    names_service,
    plain,
)
from gate.controls.tickets import settings_of
from gate.frozen import dataclass
from gate.model import ChangeRequest, EditedText, Facts, Level, Message, Problem

ID = "ticket-covers-change"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a ticket covers: the ``whole`` deployment, or commits by id. ``by`` tells how."""

    whole: bool
    shas: frozenset[str]
    by: tuple[str, ...]

    def has(self, shas: Iterable[str]) -> bool:
        """Whether all of these commits are covered."""
        return self.whole or self.shas.issuperset(shas)


def demanded(facts: Facts, policy: Policy) -> bool:
    """Whether approvals count only for what their ticket covers: where the control is required."""
    return environment_of(facts, policy).controls.get(ID, Level.REQUIRE) is Level.REQUIRE


def coverage(
    ticket: ChangeRequest,
    votes: tuple[Vote, ...],
    facts: Facts,
    policy: Policy,
    change: Range | Finding,
) -> Coverage | Finding:
    """What the ticket covers by its texts as they were at one of ``votes``."""
    if isinstance(ticket.scope, Problem):
        return unavailable(ticket.scope)
    surely = max((v.earliest for v in votes if v.earliest is not None), default=None)
    then = _named(_until(ticket.scope, surely), facts, policy, change)
    if then.by:
        return then
    if isinstance(change, Finding):
        return change
    perhaps = max((vote.latest for vote in votes), default=None)
    if _named(_until(ticket.scope, perhaps), facts, policy, change).by:
        return _inexact(ticket)
    if _named(ticket.scope, facts, policy, change).by:
        if any(text.latest_possible for text in ticket.scope):
            return _inexact(ticket)
        return _edited(ticket, ticket.scope, facts, policy, change)
    return failed(
        say(
            "coverage.other",
            "{ticket} names nothing of this deployment in {places}.",
            ticket=ticket.key,
            places=tuple(text.location for text in ticket.scope) or "its scope fields: all empty",
        ),
        _name_it(ticket, facts, policy),
    )


def by_template(facts: Facts) -> Coverage:
    """What a standard change covers: the policy lists its template for the service deployed."""
    told = (f"service {facts.deployment.service} by its template",)
    return Coverage(whole=True, shas=frozenset(), by=told)


def _until(texts: tuple[EditedText, ...], time: datetime | None) -> list[EditedText]:
    """The texts that were not edited after a time; none where there is no time."""
    return [text for text in texts if time is not None and text.edited_at <= time]


def _inexact(ticket: ChangeRequest) -> Finding:
    texts = () if isinstance(ticket.scope, Problem) else ticket.scope
    if any(text.latest_possible for text in texts):
        return undetermined(
            say(
                "coverage.unseen",
                "{system} shows gate's account no whole history of {ticket}, so what it said when"
                " it was approved is not known.",
                system=ticket.system,
                ticket=ticket.key,
            ),
            say(
                "coverage.unseen.remedy",
                "Let gate's account read that history (gate doctor names what it may not read), or"
                " have {ticket} approved once more.",
                ticket=ticket.key,
            ),
        )
    return undetermined(
        say(
            "coverage.inexact",
            "When {ticket} was approved, and when edited, is not known exactly enough to tell what"
            " it said then.",
            ticket=ticket.key,
        ),
        say("coverage.inexact.remedy", "Have {ticket} approved once more.", ticket=ticket.key),
    )


def _edited(
    ticket: ChangeRequest,
    texts: tuple[EditedText, ...],
    facts: Facts,
    policy: Policy,
    change: Range,
) -> Finding:
    late = [text for text in texts if _named([text], facts, policy, change).by]
    newest = max(late, key=lambda text: text.edited_at)
    return failed(
        say(
            "coverage.edited",
            "{ticket} came to name this deployment in {place} only at {edited_at}, after its"
            " approval.",
            ticket=ticket.key,
            place=newest.location,
            edited_at=newest.edited_at,
        ),
        say("coverage.edited.remedy", "Have {ticket} approved once more.", ticket=ticket.key),
    )


def _name_it(ticket: ChangeRequest, facts: Facts, policy: Policy) -> Message:
    return say(
        "coverage.other.remedy",
        "Use the ticket of this change; or name service {service}, the pull request (its URL) or"
        " the commit in a scope field of {ticket} ({fields}), and have it approved again.",
        service=service_of(facts, policy).name,
        ticket=ticket.key,
        fields=settings.scope if (settings := settings_of(ticket, policy)) else (),
    )


def _named(
    texts: Iterable[EditedText], facts: Facts, policy: Policy, change: Range | Finding
) -> Coverage:
    deployment = facts.deployment
    whole: dict[str, None] = {}
    shas: set[str] = set()
    parts: dict[str, None] = {}
    for edited in texts:
        text = plain(edited.text)
        if names_service(text, service_of(facts, policy), policy.services.values()):
            whole[f"service {deployment.service}"] = None
        if names_artifacts(text, deployment.artifacts):
            whole["the artifacts"] = None
        if named_commits(text, [deployment.commit]):
            whole[f"commit {short(deployment.commit)}"] = None
        if isinstance(change, Range):
            named = _parts(text, change)
            shas |= named
            if named:
                parts[f"{len(named)} commit(s)"] = None
    return Coverage(bool(whole), frozenset(shas), (*whole, *parts))


def _parts(text: str, change: Range) -> frozenset[str]:
    """Commits named themselves, or by their pull request, its head or its merge."""
    shas = set(named_commits(text, [commit.sha for commit in change.commits]))
    for unit in change.units:
        pull = unit.pull_request
        if pull is None:
            continue
        heads = [sha for sha in (pull.head_sha, pull.merge_sha) if sha]
        if names_pull_request(text, pull) or named_commits(text, heads):
            shas |= {commit.sha for commit in unit.commits}
    return frozenset(shas)
