"""``gate people``: check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import open_place
from gate.cli.options import shared
from gate.cli.printing import say
from gate.errors import FINDING, OK
from gate.model import Account

if TYPE_CHECKING:
    from gate.record.disclosure import Disclosure


@click.group("people")
def command() -> None:
    """Who is who: the accounts of one person across systems."""


@command.command("check")
@shared("config")
def check(config: str) -> int:
    """Name the accounts that the log's records have seen and nobody in the policy owns.

    Ends 10 if there are any: an approval by such an account blocks a deployment. Records whose
    disclosure is not at hand name nobody; they are counted.
    """
    from gate.identity import People
    from gate.place import open_disclosures, open_view
    from gate.record.canonical import digest_of
    from gate.record.disclosure import parse_disclosure
    from gate.record.statement import DecisionRecord

    place = open_place(config)
    people = People(place.policy)
    view = open_view(place)
    disclosures = open_disclosures(place)
    unowned: dict[Account, int] = {}
    absent = 0
    for index in range(view.size):
        entry = view.entry(index)
        data = disclosures.get(digest_of(entry))
        if data is None:
            absent += isinstance(view.record(index), DecisionRecord)
            continue
        for account in accounts_of(parse_disclosure(data)):
            if people.owner(account) is None:
                unowned.setdefault(account, index)
    for account, index in unowned.items():
        say(f"nobody owns {account.system} account {account.key!r} (first seen in entry {index})")
        say(f"  to do: add to gate.toml  {people.line_for(account)}")
    if absent:
        say(f"the disclosures of {absent} decisions are not at hand: their people are unknown")
    if not unowned:
        say("every account that the log's disclosures name is owned by one of the policy's people")
    return FINDING if unowned else OK


def accounts_of(disclosure: Disclosure) -> Iterator[Account]:
    """Every account that a record met."""
    for label in disclosure.openings:
        if label.startswith("p"):
            yield from disclosure.person(label).accounts
