"""Which accounts were met, which of them the policy lacks, and what is proposed for them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from worlds import at, git, github, good_facts, good_policy, jira, person, problem

from gate.config import Policy
from gate.config.types import PersonEntry
from gate.identity import People, Relation
from gate.identity.gaps import gaps
from gate.identity.proposals import Proposal, proposals
from gate.identity.sightings import Seen, Sighting, each_once, in_facts
from gate.identity.toml_text import toml_lines
from gate.model import (
    Account,
    AccountKind,
    Change,
    ChangeRequest,
    EditedText,
    Facts,
    Lookup,
    MissingTicket,
    Profile,
)

DAVE = "dave.jones@new.example"


def seen(*accounts: Account, known_as: str = "") -> tuple[Seen, ...]:
    return each_once(Sighting(a, f"place {n}", known_as) for n, a in enumerate(accounts))


def verified(system: str, key: str, email: str, name: str = "") -> Account:
    return Account(system, key, AccountKind.PERSON, name, email)


def proposed(*accounts: Account, policy: Policy | None = None) -> tuple[Proposal, ...]:
    return proposals(seen(*accounts), policy or good_policy())


def text_of(found: tuple[Proposal, ...], policy: Policy | None = None) -> str:
    return "\n".join(
        line for one in found for line in toml_lines(one, People(policy or good_policy()))
    )


def entries(found: tuple[Proposal, ...], policy: Policy | None = None) -> list[dict[str, Any]]:
    """What somebody adds who pastes everything."""
    parsed: list[dict[str, Any]] = tomllib.loads(text_of(found, policy)).get("people", [])
    return parsed


# ---------------------------------------------------------------- what was met


def keys(facts: Facts) -> set[tuple[str, str]]:
    return {(s.account.system, s.account.key) for s in in_facts(facts)}


def test_everybody_in_the_facts_is_met() -> None:
    facts = good_facts()
    found = keys(facts)
    for name in ("dave", "bob"):
        assert ("jira", f"acc-{name}") in found
    for name in ("alice", "carol", "erin"):
        assert ("github", name) in found
    wheres = {s.where for s in in_facts(facts)}
    assert {"creator of CHG-1", "author of pull request 12", "who started the run"} <= wheres


def test_an_editor_a_co_author_a_signer_and_a_direct_pusher_are_met() -> None:
    facts = good_facts()
    assert isinstance(facts.change, Change)
    assert isinstance(facts.change.commits, tuple)
    first, *rest = facts.change.commits
    first = replace(first, co_authors=(git("co"),), signer=github("signer"))
    ticket = facts.tickets[0].result
    assert isinstance(ticket, ChangeRequest)
    edited = replace(ticket, scope=(EditedText("description", "x", at("08:00"), jira("ed")),))
    found = keys(
        replace(
            facts,
            change=replace(facts.change, commits=(first, *rest)),
            tickets=(Lookup(facts.tickets[0].reference, edited),),
        )
    )
    assert {("git", "co@acme.example"), ("github", "signer"), ("jira", "acc-ed")} <= found


def test_what_could_not_be_had_names_nobody() -> None:
    facts = good_facts()
    assert isinstance(facts.change, Change)
    reference = facts.tickets[0].reference
    unknown = replace(
        facts.change, commits=problem(), pull_requests=problem(), direct_pushes=problem()
    )
    for lookup in (problem(), MissingTicket()):
        bare = replace(facts, run=None, change=unknown, tickets=(Lookup(reference, lookup),))
        assert keys(bare) == set()
    assert keys(replace(facts, run=problem(), change=problem(), tickets=())) == set()


def test_an_account_is_met_once_whatever_the_case_of_its_login() -> None:
    one, other = seen(
        github("Dave"), github("dave"), jira("dave"), replace(github("dave"), email="D@x.example")
    )
    assert one.wheres == ("place 0", "place 1", "place 3")
    assert one.emails == {"d@x.example"}
    assert other.account == jira("dave")


def test_apps_and_the_forge_itself_are_nobody() -> None:
    bot = Account("github", "renovate[bot]", AccountKind.APP)
    forge = Account("git", "noreply@github.com")
    assert seen(bot, forge, Account("github", "web-flow")) == ()


# ---------------------------------------------------------------- gaps


def test_accounts_of_nobody_and_of_two_are_told_apart() -> None:
    torn = verified("github", "alice", "bob@acme.example")
    found = gaps(seen(github("mallory"), torn, jira("bob")), good_policy())
    assert [one.account.key for one in found.unowned] == ["mallory"]
    ((one, names),) = found.torn
    assert (one.account.key, names) == ("alice", ("alice", "bob"))
    assert found


def test_two_addresses_of_one_account_may_tear_it() -> None:
    kinds = (
        verified("github", "x", "alice@acme.example"),
        verified("github", "x", "bob@acme.example"),
    )
    ((_, names),) = gaps(seen(*kinds), good_policy()).torn
    assert names == ("alice", "bob")


def test_members_without_an_account_are_named_with_their_groups() -> None:
    bare = PersonEntry("zoe", ("zoe@acme.example",), {})
    groups = {"change-board": ("bob", "zoe"), "sre": ("zoe",), "all": ("alice",)}
    policy = good_policy(people=(*good_policy().people, bare), groups=groups)
    found = gaps((), policy)
    assert found.accountless == (("zoe", ("change-board", "sre")),)
    assert found
    assert not gaps((), good_policy())


# ---------------------------------------------------------------- proposals


def test_what_has_an_owner_is_not_proposed() -> None:
    owned = verified("gitlab", "x", "alice@acme.example")
    assert proposed(jira("alice"), github("bob"), git("carol"), owned) == ()


def test_two_accounts_whose_services_verified_one_address_are_certain() -> None:
    (found,) = proposed(verified("jira", "j-1", DAVE), verified("github", "djones", DAVE.upper()))
    assert found.certain
    assert DAVE in found.reasons[0]
    (entry,) = entries((found,))
    assert entry == {"name": "dave.jones", "emails": [DAVE], "jira": "j-1", "github": "djones"}


def test_an_address_of_git_is_its_own() -> None:
    (found,) = proposed(verified("github", "djones", DAVE), Account("git", DAVE))
    assert found.certain
    assert entries((found,)) == [{"name": "dave.jones", "emails": [DAVE], "github": "djones"}]


def test_one_account_alone_is_left_to_a_human() -> None:
    (found,) = proposed(github("mallory"))
    assert not found.certain
    assert found.reasons == ("nothing says whose it is",)
    assert entries((found,)) == []
    assert '# github = "mallory"' in text_of((found,))


@pytest.mark.parametrize(
    ("other", "mark"),
    [
        (Account("github", "davejones", name="davejones"), "davejones"),
        (Account("git", "dave.jones@home.example", name="D"), "davejones"),
        (Account("git", "77+DaveJones@users.noreply.github.com"), "davejones"),
        (Account("github", "dj", name="DAVE JONES"), "davejones"),
    ],
)
def test_likeness_is_a_reason_to_ask(other: Account, mark: str) -> None:
    (found,) = proposed(Account("jira", "j-1", name="Dave Jones"), other)
    assert not found.certain
    assert f"is called like jira 'j-1' ({mark!r})" in found.reasons[0]
    assert entries((found,)) == []


@pytest.mark.parametrize(
    "alike",
    [
        Account("gitlab", "alice"),
        Account("jira", "j-1", name="Alice"),
        Account("git", "alice@home.example"),
        Account("git", "x@home.example", name="A.lice"),
    ],
)
def test_who_is_called_like_a_person_of_the_policy_may_be_that_person(alike: Account) -> None:
    (found,) = proposed(alike)
    assert not found.certain
    assert "it may be of alice, who is called like it" in found.reasons[0]


def test_certain_accounts_that_are_called_like_a_person_are_left_to_a_human() -> None:
    """Pasted as a new person they would be somebody else than alice, and could approve her work."""
    address = "alice@home.example"
    (found,) = proposed(verified("jira", "j-1", address), verified("github", "al", address))
    assert not found.certain
    assert entries((found,)) == []


def test_an_address_that_a_service_verified_for_an_owned_account_joins() -> None:
    (found,) = proposed(verified("github", "alice", DAVE), verified("jira", "j-2", DAVE))
    assert (found.person, found.certain) == ("alice", True)
    assert entries((found,)) == []
    text = text_of((found,))
    assert '# add to the entry of "alice":' in text
    assert '# jira = "j-2"' in text


def test_an_address_of_two_people_joins_nobody() -> None:
    found = proposed(
        verified("github", "alice", DAVE),
        verified("github", "bob", DAVE),
        verified("jira", "j", DAVE),
    )
    (one,) = found
    assert not one.certain
    assert len([r for r in one.reasons if "verified address of its" in r]) == 2


def test_what_a_record_said_of_an_account_is_a_reason_to_ask() -> None:
    (found,) = proposals(seen(Account("gitlab", "zzz"), known_as="carol"), good_policy())
    assert found.reasons == ("a record says that it was of 'carol', by the policy of its day",)
    (found,) = proposals(seen(Account("gitlab", "zzz"), known_as="gone"), good_policy())
    assert "'gone'" in found.reasons[0], "of somebody who is not listed any more"


def test_two_accounts_of_one_system_fit_in_no_entry() -> None:
    (found,) = proposed(verified("github", "one", DAVE), verified("github", "two", DAVE))
    assert not found.certain
    assert any("an entry holds one github account" in reason for reason in found.reasons)


def test_an_account_whose_service_calls_it_no_person_is_left_to_a_human() -> None:
    odd = replace(verified("github", "djones", DAVE), kind=AccountKind.UNKNOWN)
    (found,) = proposed(verified("jira", "j-1", DAVE), odd)
    assert not found.certain
    assert any("does not say that github 'djones' is a person's" in r for r in found.reasons)


@pytest.mark.parametrize(
    "key", ['x"\n[[people]]', "a##[error]b", "\u202ealice", "\x1b[2J", "a\ufe0fb"]
)
def test_unusual_keys_are_written_by_nobody_but_a_human(key: str) -> None:
    (found,) = proposed(verified("jira", key, DAVE), verified("github", "djones", DAVE))
    assert not found.certain
    assert any("must be written by hand" in reason for reason in found.reasons)
    assert entries((found,)) == []


@pytest.mark.parametrize(
    "key", ["no address", 'a"b@x.example', "a\\b@x.example", "Dave\n@x.example"]
)
def test_what_is_no_address_is_not_written_as_one(key: str) -> None:
    (found,) = proposed(Account("git", key, AccountKind.UNKNOWN))
    assert not found.certain
    assert "emails" not in text_of((found,)).replace("# seen", "")


def test_a_new_name_is_nobodys_yet() -> None:
    policy = good_policy(
        people=(*good_policy().people, person("dave.jones")), groups={"dave.jones-2": ("bob",)}
    )
    first, second = (f"dave.jones@{n}.example" for n in "ab")
    found = proposals(
        seen(
            *(verified("jira", f"j-{n}", address) for n, address in enumerate((first, second))),
            *(verified("github", f"g-{n}", address) for n, address in enumerate((first, second))),
        ),
        policy,
    )
    assert [one.name for one in found] == ["dave.jones-3"]
    named = proposed(Account("jira", "j-1", name="\u738b\u5c0f\u660e"))
    assert [one.name for one in named] == ["person"]


def test_what_a_profile_shows_is_a_reason_to_ask_and_no_proof() -> None:
    one, other = seen(Account("jira", "j-1", name="D"), Account("github", "dj42"))
    named = (one.with_profile(Profile("Dave Jones", DAVE)), other.with_profile(Profile("D. Jones")))
    assert [len(p.accounts) for p in proposals(named, good_policy())] == [1, 1]
    shown = (*named[:1], other.with_profile(Profile("", DAVE.upper())))
    (found,) = proposals(shown, good_policy())
    assert not found.certain
    assert DAVE in found.reasons[0]
    assert entries((found,)) == []
    assert "emails" not in text_of((found,)), "an address that nobody vouches for is not written"
    alike = one.with_profile(Profile("", "alice@acme.example"))
    (found,) = proposals((alike,), good_policy())
    assert "it may be of alice" in found.reasons[0]


def test_common_names_join_nobody() -> None:
    assert len(proposed(Account("jira", "j", name="Admin"), Account("github", "admin"))) == 2
    assert len(proposed(Account("git", "root@a.example"), Account("git", "root@b.example"))) == 2


def test_a_pasted_certainty_makes_one_person_of_both() -> None:
    policy = good_policy()
    one, other = verified("jira", "j-1", DAVE), verified("github", "djones", DAVE)
    (entry,) = entries(proposed(one, other), policy)
    accounts = {system: entry[system] for system in ("jira", "github")}
    added = PersonEntry(entry["name"], tuple(entry["emails"]), accounts)
    people = People(replace(policy, people=(*policy.people, added)))
    assert people.compare(replace(one, email=""), replace(other, email="")) is Relation.SAME
    assert people.compare(one, jira("alice")) is Relation.DIFFERENT
