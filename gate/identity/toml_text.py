"""Proposals as TOML to paste: what is certain as it is, the rest commented out. Pure.

Whatever comes of it can be pasted at the end of a policy whole: it parses, and adds nobody but
those whom a service vouches for. What an existing entry could get is a comment too, since a table
cannot be continued elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.identity.persons import GIT, People
from gate.identity.proposals import Proposal, addresses_of, is_address, writable

_SEEN_AT_MOST = 4
_CHECK = "see that it is nobody who is listed already: two entries are two persons"


def toml_lines(proposal: Proposal, people: People) -> Iterator[str]:
    """The lines of one proposal. Comments quote anybody's text as Python writes it."""
    kind = "certain" if proposal.certain else "to confirm"
    yield from (f"# {kind}: {reason}" for reason in proposal.reasons)
    for one in proposal.accounts:
        where = list(one.wheres[:_SEEN_AT_MOST])
        more = len(one.wheres) - len(where)
        where += [f"{more} more places"] if more else []
        named = f" ({', '.join(map(repr, sorted(one.names)))})" if one.names else ""
        yield f"# seen: {one.account.system} {one.account.key!r}{named}: {'; '.join(where)}"
    entry = list(_entry(proposal, people))
    if proposal.person:
        yield f'# add to the entry of "{proposal.person}":'
        yield from (f"# {line}" for line in entry)
        return
    yield f"# {_CHECK}"
    bare = ["[[people]]", f'name = "{proposal.name}"', *entry]
    yield from bare if proposal.certain else (f"# {line}" for line in bare)


def _entry(proposal: Proposal, people: People) -> Iterator[str]:
    addresses = {a for one in proposal.accounts for a in addresses_of(one) if is_address(a)}
    if addresses:
        listed = ", ".join(f'"{address}"' for address in sorted(addresses))
        yield f"emails = [{listed}]"
    for one in proposal.accounts:
        if one.account.system != GIT and writable(one):
            yield people.line_for(one.account)
