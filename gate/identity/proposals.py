"""What could be added to ``[[people]]`` for accounts that nobody owns. Pure.

Two accounts are *certainly* one person's where the services say of both that the same address is
verified (an address of git metadata is its own). Everything else that looks alike is told as a
reason to ask a human, since a wrong entry lets somebody approve their own change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gate.config.people import MAX_ACCOUNT
from gate.config.types import PersonEntry, Policy
from gate.frozen import dataclass
from gate.identity.gaps import owners_of
from gate.identity.persons import GIT, People
from gate.identity.sightings import Seen, lower
from gate.model import AccountKind

_ADDRESS = re.compile(r"[!$%&'*+./0-9=?A-Z^_`a-z{|}~-]+@[A-Za-z0-9.-]+")
_HIDDEN_ADDRESS = re.compile(r"(?:[0-9]+\+)?([^@]+)@users\.noreply\..+", re.IGNORECASE)
# Names that many share, or that are nobody's own.
_COMMON = frozenset(
    {
        *(
            "admin",
            "administrator",
            "bot",
            "deploy",
            "developer",
            "git",
            "github",
            "gitlab",
            "info",
        ),
        *(
            "jenkins",
            "jira",
            "mail",
            "noreply",
            "nobody",
            "none",
            "null",
            "root",
            "support",
            "system",
        ),
        *("team", "test", "unknown", "user"),
    }
)
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that could be written for one human, or what an entry that is there could get.

    ``person`` is whose entry it is, "" for a new one by ``name``. ``accounts`` are what it gets.
    ``certain``: the services vouch that they are one person's, and nothing hints at another;
    ``reasons`` say why, or why a human must look.
    """

    person: str
    name: str
    accounts: tuple[Seen, ...]
    certain: bool
    reasons: tuple[str, ...]


def proposals(seen: Iterable[Seen], policy: Policy) -> tuple[Proposal, ...]:
    """A proposal for each group of accounts that nobody owns and that may be one person's."""
    people = People(policy)
    everyone = tuple(seen)
    owners = {one: owners_of(one, people) for one in everyone}
    unowned = [one for one in everyone if not owners[one]]
    vouched = _owner_of_address(owners)
    marks = {one: _marks(one) for one in unowned}
    taken = {person.name for person in policy.people} | policy.groups.keys()
    called = _called(policy.people)
    found = []
    for group in _joined(unowned, marks):
        made = _proposal(group, marks, called, vouched, taken)
        taken |= {made.name}
        found.append(made)
    return tuple(found)


def _owner_of_address(owners: Mapping[Seen, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Whose accounts a service verified an address for."""
    found: dict[str, frozenset[str]] = {}
    for one, names in owners.items():
        for address in one.emails:
            found[address] = found.get(address, frozenset()) | set(names)
    return {address: names for address, names in found.items() if names}


def _proposal(
    group: tuple[Seen, ...],
    marks: Mapping[Seen, frozenset[str]],
    called: Mapping[str, tuple[str, ...]],
    vouched: Mapping[str, frozenset[str]],
    taken: Iterable[str],
) -> Proposal:
    addresses = [addresses_of(one) for one in group]
    shared = sorted(frozenset.intersection(*addresses)) if len(group) > 1 else []
    told = {name for part in addresses for a in part for name in vouched.get(a, ())}
    doubts = (*_hints(group, marks, called), *_doubts(group))
    name = _new_name(group, taken)
    if len(told) == 1 and not doubts and all(part & vouched.keys() for part in addresses):
        (person,) = told
        why = f"an account of {person} has the same verified address"
        return Proposal(person, "", group, certain=True, reasons=(why,))
    if shared and not told and not doubts:
        why = f"all have the address {shared[0]!r}, verified by their services"
        return Proposal("", name, group, certain=True, reasons=(why,))
    told_of = (f"an account of {person} has a verified address of its" for person in sorted(told))
    reasons = (*_alike(group, marks), *told_of, *doubts) or ("nothing says whose it is",)
    return Proposal("", name, group, certain=False, reasons=reasons)


def addresses_of(one: Seen) -> frozenset[str]:
    """The addresses that are the account's: verified ones, or the one that it is."""
    own = {lower(one.account.key)} if one.account.system == GIT else set()
    return one.emails | own


# ---------------------------------------------------------------- what looks alike


def _marks(one: Seen) -> frozenset[str]:
    """What an account may be recognised by: addresses as they are, names without punctuation."""
    words = {one.account.key, *one.names} if one.account.system != GIT else set(one.names)
    addresses = addresses_of(one) | one.shown
    return addresses | _plain([*words, *map(_local, addresses)])


def _plain(words: Iterable[str]) -> frozenset[str]:
    plain = {"".join(c for c in word.casefold() if c.isalnum()) for word in words}
    return frozenset(word for word in plain if len(word) >= _SHORTEST and word not in _COMMON)


def _local(address: str) -> str:
    hidden = _HIDDEN_ADDRESS.fullmatch(address)
    return hidden[1] if hidden else address.partition("@")[0]


def _joined(
    unowned: Iterable[Seen], marks: Mapping[Seen, frozenset[str]]
) -> Iterator[tuple[Seen, ...]]:
    """Groups of accounts that share a mark, also by way of others; in the order met."""
    groups: list[tuple[list[Seen], set[str]]] = []
    for one in unowned:
        mine: tuple[list[Seen], set[str]] = ([one], set(marks[one]))
        apart = []
        for group in groups:
            if group[1] & marks[one]:
                mine = (group[0] + mine[0], group[1] | mine[1])
            else:
                apart.append(group)
        groups = [*apart, mine]
    order = {one: position for position, one in enumerate(marks)}
    sorted_groups = [tuple(sorted(members, key=lambda m: order[m])) for members, _ in groups]
    yield from sorted(sorted_groups, key=lambda members: order[members[0]])


def _alike(group: tuple[Seen, ...], marks: Mapping[Seen, frozenset[str]]) -> Iterator[str]:
    """Why the accounts of a group stand together: each shares a mark with another."""
    for other in group[1:]:
        near = next(one for one in group if one is not other and marks[one] & marks[other])
        mark = min(marks[near] & marks[other])
        yield f"{label(other)} is called like {label(near)} ({mark!r})"


def _called(people: Iterable[PersonEntry]) -> dict[str, tuple[str, ...]]:
    """Who of the policy is called so, by mark."""
    found: dict[str, tuple[str, ...]] = {}
    for person in people:
        words = [person.name, *person.accounts.values(), *map(_local, person.emails)]
        for mark in (*person.emails, *_plain(words)):
            found[mark] = (*found.get(mark, ()), person.name)
    return found


def _hints(
    group: tuple[Seen, ...],
    marks: Mapping[Seen, frozenset[str]],
    called: Mapping[str, tuple[str, ...]],
) -> Iterator[str]:
    """Who of the policy it may be."""
    for name in sorted({name for one in group for name in one.known_as}):
        yield f"a record says that it was of {name!r}, by the policy of its day"
    alike: dict[str, str] = {}
    for mark in sorted({mark for one in group for mark in marks[one]}):
        for name in called.get(mark, ()):
            alike.setdefault(name, mark)
    for name, mark in alike.items():
        yield f"it may be of {name}, who is called like it ({mark!r})"


def _doubts(group: tuple[Seen, ...]) -> Iterator[str]:
    """What an entry could not hold."""
    systems = [one.account.system for one in group if one.account.system != GIT]
    for system in dict.fromkeys(systems):
        if systems.count(system) > 1:
            yield f"an entry holds one {system} account, and these are {systems.count(system)}"
    for one in group:
        if one.account.system != GIT and one.account.kind is not AccountKind.PERSON:
            yield f"its service does not say that {label(one)} is a person's"
        if not writable(one):
            yield f"{label(one)} must be written by hand: it has unusual characters"


def is_address(text: str) -> bool:
    """Whether it is a plain e-mail address, which can be written into an entry as it is."""
    return _ADDRESS.fullmatch(text) is not None


def writable(one: Seen) -> bool:
    """Whether the account can be written into an entry as it is."""
    key = one.account.key
    if one.account.system == GIT:
        return is_address(key)
    plain = all(c.isalnum() or " " <= c <= "~" for c in key) and "##" not in key
    return plain and key == key.strip() and len(key) <= MAX_ACCOUNT


def label(one: Seen) -> str:
    """The account in a sentence; its key may be anybody's text."""
    return f"{one.account.system} {one.account.key!r}"


# ---------------------------------------------------------------- a name for a new entry


def _new_name(group: tuple[Seen, ...], taken: Iterable[str]) -> str:
    names = set(taken)
    wanted = next(filter(None, map(_slug, _callings(group))), "person")
    number = 1
    name = wanted
    while name in names:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _callings(group: tuple[Seen, ...]) -> Iterator[str]:
    for one in group:
        yield from (_local(address) for address in sorted(addresses_of(one)))
    yield from (one.account.key for one in group if one.account.system != "jira")
    for one in group:
        yield from sorted(one.names)


def _slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9._-]+", "-", text.lower() if text.isascii() else "")
    return plain[:40].strip("-._")
