"""commit-on-release-ref: what is deployed is on a branch that the service is released from."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Policy, Service
from gate.controls.change import short
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    service_of,
    unavailable,
    undetermined,
)
from gate.model import Change, Facts, Free, Judgement, Message, Problem


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """The head is on a release ref of the service's own repository."""
    service = service_of(facts, policy)
    expected = say(
        "release-ref.expected",
        "The commit is on one of {refs} of {repository}.",
        refs=service.release_refs,
        repository=service.repository,
    )
    remedy = say(
        "release-ref.remedy",
        "Merge it into one of {refs} of {repository}, then deploy the merged commit.",
        refs=service.release_refs,
        repository=service.repository,
    )
    change = facts.change
    if isinstance(change, Problem):
        return conclude(expected, [unavailable(change)])
    return conclude(expected, [_judged(change, facts.deployment.commit, service, remedy)])


def _judged(change: Change, commit: str, service: Service, remedy: Message) -> Finding:
    if change.head != commit:
        return undetermined(
            say(
                "release-ref.other", "Another commit than {commit} was read.", commit=short(commit)
            ),
            say("release-ref.other.remedy", "Run gate again; if it stays, report it as a bug."),
        )
    if isinstance(change.in_repository, Problem):
        return unavailable(change.in_repository)
    if change.in_repository is not True:
        return failed(
            say(
                "release-ref.fork",
                "{commit} is not in the service's own repository; at most in a fork of it.",
                commit=short(commit),
            ),
            remedy,
        )
    if isinstance(change.release_refs, Problem):
        return unavailable(change.release_refs)
    if not change.release_refs:
        return failed(
            say("release-ref.none", "{commit} is on no release ref.", commit=short(commit)), remedy
        )
    return passed(
        say(
            "release-ref.on",
            "{commit} is on {refs}.",
            commit=short(commit),
            refs=tuple(_named(ref, service) for ref in sorted(change.release_refs)),
        )
    )


def _named(ref: str, service: Service) -> str | Free:
    """A ref in clear where the policy itself names it; one that a pattern means may name people."""
    named = {pattern.removeprefix("refs/heads/") for pattern in service.release_refs}
    return ref if ref.removeprefix("refs/heads/") in named else Free(ref)


CONTROL = Control(
    id="commit-on-release-ref",
    title="The commit is on a release ref",
    criteria=(
        "SOC 2 CC8.1 (POF 8), CC6.8",
        "ISO 27001:2022 A.8.32, A.8.31",
        "NIST 800-53r5 CM-5, SA-10",
        "PCI DSS 6.5.1",
    ),
    needs=("the forge's branches and tags that contain the commit",),
    default=require,
    integrity=False,
    demands=(
        "The commit to deploy is contained in one of the service's release_refs, in its own "
        "repository and not only in a fork."
    ),
    satisfy="Merge the change, and deploy the merged commit.",
    judge=judge,
)
