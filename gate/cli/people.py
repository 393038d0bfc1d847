"""``gate people``: check, suggest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gate.cli.inputs import Options, ask, now, open_place
from gate.cli.options import shared
from gate.cli.people_seen import FromLog, seen_in_log
from gate.cli.printing import read_secrets, say, say_raw
from gate.cli.profiles import with_profiles
from gate.errors import FINDING, OK, UNDETERMINED, NotRecordedError
from gate.model import Change, ChangeRequest, Facts, Problem

if TYPE_CHECKING:
    from gate.config import Policy
    from gate.identity.gaps import Gaps
    from gate.identity.sightings import Sighting
    from gate.place import Place

RECENT = 200  # entries; people who did nothing for longer are most likely not missing


@click.group("people")
def command() -> None:
    """Who is who: the accounts of one person across systems."""


@command.command("check")
@shared("config")
def check(config: str) -> int:
    """Say what the policy's list of people lacks, by the accounts that the log's records met.

    It names accounts that nobody owns or that two people own, and people of groups who have no
    account. Ends 10 if there are any: an approval by such an account blocks a deployment. Records
    whose disclosure is not at hand name nobody; they are counted.
    """
    from gate.identity.gaps import gaps
    from gate.identity.sightings import each_once

    place = open_place(config)
    met = seen_in_log(place)
    found = gaps(each_once(met.sightings), place.policy)
    _tell_gaps(found, place.policy)
    if met.absent:
        say(f"the disclosures of {met.absent} records are not at hand: their people are unknown")
    if not found.unowned and not found.torn:
        say("every account that the log's disclosures name is owned by one of the policy's people")
    return FINDING if found else OK


def _tell_gaps(found: Gaps, policy: Policy) -> None:
    from gate.identity import People

    listed = policy.people_from.file if policy.people_from else "gate.toml"
    for one in found.unowned:
        account, where = one.account, one.wheres[0]
        say(f"nobody owns {account.system} account {account.key!r} (first seen in {where})")
        say(f"  to do: add to {listed}  {People(policy).line_for(account)}")
    for one, names in found.torn:
        account = one.account
        say(f"{account.system} account {account.key!r} belongs to {' and '.join(names)}")
        say("  to do: one lists it, another its verified address; take one of them away")
    for name, groups in found.accountless:
        say(f"{name} of {', '.join(groups)} has no account in any system")
        say(f"  to do: add one to the entry of {name}, or take {name} out of the groups")


@command.command("suggest")
@shared("ticket", "service", "environment", "commit", "base", "config")
@click.option(
    "--last",
    type=click.IntRange(min=0),
    default=RECENT,
    show_default=True,
    metavar="N",
    help="Look at the newest N entries of the log.",
)
def suggest(last: int, config: str, **given: Any) -> int:
    """Propose [[people]] entries for accounts that nobody owns, as TOML to paste; writes nothing.

    They come from the log's newest records, and from the deployment that --service, --commit,
    --ticket or the others name. Where there are credentials, Jira and GitHub are asked what they
    show of these accounts. What the services vouch for stands as it is; what a human must
    confirm is commented out, with why. Ends 11 where something could not be read.
    """
    from gate.identity import People
    from gate.identity.proposals import proposals
    from gate.identity.sightings import each_once
    from gate.identity.toml_text import toml_lines

    place = open_place(config)
    sightings: list[Sighting] = []
    lacking: list[str] = []
    if any(given.values()):
        sightings, lacking = _seen_now(config, given)
    met = _seen_before(place, last, lacking)
    seen, failed = with_profiles(
        each_once((*sightings, *met)), place.policy, read_secrets(os.environ)
    )
    found = proposals(seen, place.policy)
    people = People(place.policy)
    for proposal in found:
        for line in toml_lines(proposal, people):
            _print_toml(line)
        say("")
    for what in (*lacking, *failed):
        say(f"gate: not read: {what}", err=True)
    if found and place.policy.people_from is not None:
        say(f"gate: {place.policy.people_from.file} has an owner of its own: tell them", err=True)
    if not found:
        say("gate: every account that was met has an owner", err=True)
    return UNDETERMINED if lacking or failed else OK


def _print_toml(line: str) -> None:
    """A comment may hold anybody's text; an entry holds what was found plain enough."""
    if not line.startswith("#"):
        say_raw(line)
        return
    from gate.output.escape import inline

    say(inline(line))


def _seen_before(place: Place, last: int, lacking: list[str]) -> tuple[Sighting, ...]:
    try:
        met = seen_in_log(place, last)
    except NotRecordedError as error:
        lacking.append(error.message)
        met = FromLog((), 0)
    if met.absent:
        say(f"gate: the disclosures of {met.absent} records are not at hand", err=True)
    return met.sightings


def _seen_now(config: str, given: dict[str, Any]) -> tuple[list[Sighting], list[str]]:
    """The accounts of the deployment that was named, and what of it could not be had."""
    from gate.deploy import check as judge
    from gate.identity.sightings import in_facts

    asked = ask(
        Options(config=config, artifacts=(), trust=None, log_url=None, emergency=None, **given)
    )
    facts = judge(asked.question, asked.place, asked.secrets, now).facts
    return list(in_facts(facts)), list(_lacking(facts))


def _lacking(facts: Facts) -> Iterator[str]:
    parts: list[object] = [facts.run, facts.given, facts.change]
    for lookup in facts.tickets:
        result = lookup.result
        if isinstance(result, ChangeRequest):
            parts += [result.approvals, result.scope]
        elif not isinstance(result, Problem):
            yield f"{lookup.reference.id}, which does not exist or is hidden"
        else:
            parts.append(result)
    if isinstance(facts.change, Change):
        change = facts.change
        parts += [change.commits, change.pull_requests, change.direct_pushes]
    problems = (part for part in parts if isinstance(part, Problem))
    yield from dict.fromkeys(f"{p.service} {p.request}: {p.cause}" for p in problems)
