"""What the list of people lacks: owners of accounts, and accounts of group members. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from gate.config.types import Policy
from gate.frozen import dataclass
from gate.identity.persons import People
from gate.identity.sightings import Seen


@dataclass(frozen=True, slots=True)
class Gaps:
    """What there is to do.

    ``unowned`` accounts are nobody's; ``torn`` ones are of several people, who are named: one lists
    the account and another an address that its service verified. ``accountless`` are people of
    groups, each with the groups, whom no system knows.
    """

    unowned: tuple[Seen, ...]
    torn: tuple[tuple[Seen, tuple[str, ...]], ...]
    accountless: tuple[tuple[str, tuple[str, ...]], ...]

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.unowned or self.torn or self.accountless)


def gaps(seen: Iterable[Seen], policy: Policy) -> Gaps:
    """What the policy lacks for these accounts, and for its own groups."""
    people = People(policy)
    owners = [(one, owners_of(one, people)) for one in seen]
    return Gaps(
        tuple(one for one, names in owners if not names),
        tuple((one, names) for one, names in owners if len(names) > 1),
        _accountless(policy),
    )


def owners_of(seen: Seen, people: People) -> tuple[str, ...]:
    """Everybody whom the account belongs to, by name, over all addresses it was seen with."""
    return tuple(sorted({name for kind in seen.all_kinds() for name in people.owners(kind)}))


def _accountless(policy: Policy) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """An address alone approves nothing: no system that approvals are read from gives it one."""
    groups: dict[str, list[str]] = {}
    for group, members in policy.groups.items():
        for member in members:
            groups.setdefault(member, []).append(group)
    without = {person.name for person in policy.people if not person.accounts}
    return tuple((name, tuple(of)) for name, of in groups.items() if name in without)
