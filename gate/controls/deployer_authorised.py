"""deployer-authorised: who started the deployment is one whom the environment allows to."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Environment, Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    environment_of,
    failed,
    passed,
    say,
    undetermined,
)
from gate.controls.pipeline import deployer
from gate.controls.whose import lines
from gate.identity import People
from gate.model import Account, AccountKind, Facts, Free, Judgement, Level, Message


def level(_facts: Facts, environment: Environment) -> Level:
    """Required where the policy names deployers, else off."""
    return Level.REQUIRE if environment.deployers else Level.OFF


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """The actor of the run's current attempt is somebody of ``deployers``."""
    allowed = environment_of(facts, policy).deployers
    expected = say(
        "deployer-authorised.expected",
        "The run was started by somebody of {deployers}.",
        deployers=_named(allowed),
    )
    started = deployer(facts, policy)
    if isinstance(started, Finding):
        return conclude(expected, [started])
    account, claims = started
    return conclude(expected, [_judged(account, claims, allowed, policy)])


def _judged(
    account: Account, claims: tuple[str, ...], allowed: tuple[str, ...], policy: Policy
) -> Finding:
    people = People(policy)
    if account.kind is AccountKind.APP:
        return failed(
            say(
                "deployer-authorised.app",
                "{actor} started the run, which is no person's account.",
                actor=account,
            ),
            _remedy(allowed),
        )
    is_allowed = people.allowed(account, allowed)
    if is_allowed is None:
        return undetermined(
            say("deployer-authorised.unknown", "Whose {actor} is, is not known.", actor=account),
            lines([account], people),
        )
    if not is_allowed:
        return failed(
            say("deployer-authorised.other", "{actor} started the run.", actor=account),
            _remedy(allowed),
        )
    return passed(say("deployer-authorised.by", "{actor} started the run.", actor=account), *claims)


def _remedy(allowed: tuple[str, ...]) -> Message:
    return say(
        "deployer-authorised.remedy",
        "Have somebody of {deployers} start the run, or this attempt of it.",
        deployers=_named(allowed),
    )


def _named(names: tuple[str, ...]) -> tuple[Free, ...]:
    return tuple(Free(name) for name in names)


CONTROL = Control(
    id="deployer-authorised",
    title="The deployer may deploy here",
    criteria=(
        "SOC 2 CC6.1, CC6.3, CC8.1 (POF 9)",
        "ISO 27001:2022 A.8.2, A.8.19, A.8.31",
        "NIST 800-53r5 CM-5, CM-5(1)",
        "PCI DSS 7.2, 6.5.4",
    ),
    needs=("the actor of the run's current attempt, by the CI's API", "people and groups"),
    default=level,
    integrity=False,
    demands=(
        "The account that started the current attempt of the run belongs to a person whom "
        "deployers names, alone or by a group. An app's account is no person's; one that nobody "
        "owns is undetermined, and so is a plain shell, where nobody vouches for who is at it. "
        "Required where deployers is set, otherwise off."
    ),
    satisfy="Have one of the deployers start the run, and list their accounts in [[people]].",
    judge=judge,
)
