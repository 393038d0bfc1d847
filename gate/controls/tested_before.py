"""tested-before: the same commit ran in an earlier environment first, as the log proves."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import After, Environment, Policy
from gate.controls.change import short
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    environment_of,
    failed,
    passed,
    say,
    unavailable,
    undetermined,
)
from gate.controls.earlier import SUCCEEDED, known_earlier
from gate.model import (
    Deployment,
    Earlier,
    EarlierDeployment,
    Facts,
    Judgement,
    Level,
    Message,
    Problem,
)


def level(_facts: Facts, environment: Environment) -> Level:
    """Required where the policy has another environment come first (after), else off."""
    return Level.OFF if environment.after is None else Level.REQUIRE


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """What ended last in the earlier environment, of this commit and its artifacts, succeeded."""
    after = environment_of(facts, policy).after
    if after is None:
        return conclude(
            say("tested-before.unset.expected", "The policy says which environment comes first."),
            [_unset()],
        )
    return conclude(_expected(facts, after), [_judged(facts, after, policy, now)])


def _expected(facts: Facts, after: After) -> Message:
    if after.origin:
        return say(
            "tested-before.expected-elsewhere",
            "Receipts of {origin} prove that {commit} and its artifacts were deployed to"
            " {environment} and succeeded, at most {within} ago.",
            origin=after.origin,
            commit=short(facts.deployment.commit),
            environment=after.environment,
            within=after.within,
        )
    return say(
        "tested-before.expected",
        "The log proves that {commit} and its artifacts were deployed to {environment} and"
        " succeeded, at most {within} ago.",
        commit=short(facts.deployment.commit),
        environment=after.environment,
        within=after.within,
    )


def _judged(facts: Facts, after: After, policy: Policy, now: datetime) -> Finding:
    history, deployment = facts.history, facts.deployment
    if isinstance(history, Problem):
        return unavailable(history)
    earlier = known_earlier(history, after)
    if earlier is None:
        return undetermined(
            say(
                "tested-before.unread",
                "It is not known what was deployed to {environment}.",
                environment=after.environment,
            ),
            say("tested-before.unread.remedy", "Run again; the log is read for it every time."),
        )
    last = earlier.decisive(deployment.artifacts)
    if last is None:
        return _nowhere(earlier, deployment)
    if earlier.unfit:
        return _mixed(earlier)
    if last.outcome != SUCCEEDED:
        return _ended(last, after, deployment)
    if last.at > now + policy.network.clock_tolerance:
        return undetermined(
            say(
                "tested-before.future",
                "Entry {entry} of the log says that it succeeded at {at}, which is later than now"
                " ({now}).",
                entry=last.ended.index,
                at=last.at,
                now=now,
            ),
            say("tested-before.future.remedy", "Compare this machine's clock; see clock-sane."),
        )
    return _of_age(last, after, deployment, now)


def _of_age(
    last: EarlierDeployment, after: After, deployment: Deployment, now: datetime
) -> Finding:
    if now - last.at > after.within:
        return failed(
            say(
                "tested-before.old",
                "{commit} succeeded in {environment} at {at} (entry {entry} of the log), more than"
                " {within} ago.",
                commit=short(deployment.commit),
                environment=after.environment,
                at=last.at,
                entry=last.ended.index,
                within=after.within,
            ),
            _remedy(after, deployment),
        )
    if after.origin:
        return passed(
            say(
                "tested-before.receipts",
                "{commit} succeeded in {environment} at {at}, by receipts of {origin} (its entries"
                " {decision} and {entry}); what came after is not in them.",
                commit=short(deployment.commit),
                environment=after.environment,
                at=last.at,
                origin=after.origin,
                decision=last.decision.index,
                entry=last.ended.index,
            )
        )
    return passed(
        say(
            "tested-before.succeeded",
            "{commit} succeeded in {environment} at {at} (entry {entry} of the log).",
            commit=short(deployment.commit),
            environment=after.environment,
            at=last.at,
            entry=last.ended.index,
        )
    )


def _mixed(earlier: Earlier) -> Finding:
    """Receipts that tell of something else, or of nothing, beside those that do.

    One that is not believed may be the one that would have ended last.
    """
    return failed(
        say(
            "tested-before.unfit",
            "Of the receipts of {origin}, {unfit}.",
            origin=earlier.origin,
            unfit=earlier.unfit,
        ),
        _hand_along(earlier),
    )


def _hand_along(earlier: Earlier) -> Message:
    return say(
        "tested-before.receipts.remedy",
        "Hand both receipts of the deployment to {environment} along, and no others: --evidence"
        " once for its decision's and once for its outcome's (gate enforce and gate complete write"
        " them).",
        environment=earlier.environment,
    )


def _nowhere(earlier: Earlier, deployment: Deployment) -> Finding:
    told = {"commit": short(deployment.commit), "environment": earlier.environment}
    remedy = _go_first(earlier.environment, deployment)
    if earlier.unfit:
        return _mixed(earlier)
    if earlier.origin and not earlier.deployments:
        return failed(
            say(
                "tested-before.no-receipt",
                "No receipt of {origin} was handed along, that {commit} was deployed to"
                " {environment}.",
                origin=earlier.origin,
                **told,
            ),
            _hand_along(earlier),
        )
    if not earlier.deployments:
        return failed(
            say(
                "tested-before.none",
                "The log knows of no deployment of {commit} to {environment} that has ended.",
                **told,
            ),
            remedy,
        )
    if not deployment.artifacts:
        return failed(
            say(
                "tested-before.unnamed",
                "{commit} was deployed to {environment} with artifacts named by their digests; here"
                " none is named.",
                **told,
            ),
            say(
                "tested-before.unnamed.remedy",
                "Name what is deployed with --artifact NAME@sha256:DIGEST, as in {environment}.",
                environment=earlier.environment,
            ),
        )
    return failed(
        say(
            "tested-before.other",
            "{commit} was deployed to {environment} only without these artifacts.",
            **told,
        ),
        remedy,
    )


def _ended(last: EarlierDeployment, after: After, deployment: Deployment) -> Finding:
    return failed(
        say(
            "tested-before.ended",
            "The last deployment of {commit} to {environment} ended as {outcome} (entry {entry} of"
            " the log).",
            commit=short(deployment.commit),
            environment=after.environment,
            outcome=last.outcome,
            entry=last.ended.index,
        ),
        _remedy(after, deployment),
    )


def _remedy(after: After, deployment: Deployment) -> Message:
    return _go_first(after.environment, deployment)


def _go_first(environment: str, deployment: Deployment) -> Message:
    return say(
        "tested-before.remedy",
        "Deploy {commit} to {environment} with gate, and record how it ended (gate run, or gate"
        " complete).",
        commit=short(deployment.commit),
        environment=environment,
    )


def _unset() -> Finding:
    return undetermined(
        say("tested-before.unset", "The policy does not say which environment comes first."),
        say("tested-before.unset.remedy", "Set after for this environment in gate.toml."),
    )


CONTROL = Control(
    id="tested-before",
    title="It ran elsewhere first",
    criteria=(
        "SOC 2 CC8.1 (POF 7)",
        "ISO 27001:2022 A.8.29, A.8.31",
        "NIST 800-53r5 CM-3(2), CM-4(1)",
        "PCI DSS 6.5.1, 6.5.3",
    ),
    needs=(
        "the log's records of this commit in the environment that after names, or receipts of them",
        "this machine's clock (see clock-sane)",
    ),
    default=level,
    integrity=False,
    demands=(
        "The log proves that a deployment of the same commit to the environment that after names "
        "was permitted, and that it succeeded, no longer ago than after.within. What ended last "
        "there decides: a success that was rolled back, or followed by a failure, is none. The "
        "artifacts deployed must all have been in it, by their digests; where it had some and "
        "none is named now, it fails. Required where after is set, otherwise off. It is judged "
        "again where the record takes its place in the log. Where after names the origin of "
        "another log, receipts of that one prove it (--evidence), by the trust folder that after "
        "names: a decision and its outcome. What came after those they cannot tell."
    ),
    satisfy=(
        "Deploy to the earlier environment with gate first, and record the outcome: gate run, or "
        "gate complete."
    ),
    judge=judge,
)
