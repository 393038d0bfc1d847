"""What the services show of accounts that nobody owns, so that people recognise each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from gate.config import Policy, Secrets
from gate.model import Maybe, Problem, Profile

if TYPE_CHECKING:
    from gate.identity.sightings import Seen

AT_MOST = 100  # accounts; more are not looked through by hand

Ask: TypeAlias = "Callable[[str], Maybe[Profile]]"


def with_profiles(
    seen: tuple[Seen, ...], policy: Policy, secrets: Secrets
) -> tuple[tuple[Seen, ...], tuple[str, ...]]:
    """The accounts with their profiles, where there are credentials to ask by, and what failed.

    Only accounts that nobody owns are asked for, within the policy's budget.
    """
    from gate.identity.gaps import owners_of
    from gate.identity.persons import People

    people = People(policy)
    found = dict(zip(seen, seen, strict=True))
    failed: list[str] = []
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=8) as pool:
        asks = _asks(policy, secrets, stack)
        wanted = [o for o in seen if o.account.system in asks and not owners_of(o, people)]
        given = pool.map(lambda o: asks[o.account.system](o.account.key), wanted[:AT_MOST])
        for one, profile in zip(wanted, given, strict=False):
            if isinstance(profile, Problem):
                failed.append(f"{profile.service} {profile.request}: {profile.cause}")
            else:
                found[one] = one.with_profile(profile)
    return tuple(found[one] for one in seen), tuple(dict.fromkeys(failed))


def _asks(policy: Policy, secrets: Secrets, stack: ExitStack) -> dict[str, Ask]:
    """What tells of one account, by its system."""
    from gate.forges.registry import kinds_of
    from gate.http import Budget
    from gate.tickets.registry import open_profiles

    network = policy.network
    budget = Budget(network.budget)
    asks: dict[str, Ask] = {}
    for system, profiles in open_profiles(policy, secrets, budget).items():
        stack.callback(profiles.close)
        asks[system] = profiles.fetch_profile
    for name, kind, settings in kinds_of(policy):
        if kind.profiles is not None and (token := kind.token(secrets)):
            forge = kind.open(settings, token, network, budget)
            stack.callback(forge.close)
            asks[name] = partial(kind.profiles, forge.wire)
    return asks
