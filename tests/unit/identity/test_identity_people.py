from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from worlds import git, github, good_policy, jira, person

from gate.config.types import PersonEntry
from gate.identity import People, Relation, same_account
from gate.model import Account, AccountKind


@pytest.fixture
def people() -> People:
    return People(good_policy())


def test_accounts_of_one_person_in_two_systems_are_the_same(people: People) -> None:
    assert people.compare(jira("alice"), github("alice")) is Relation.SAME


def test_accounts_of_two_people_differ_also_in_one_system(people: People) -> None:
    assert people.compare(jira("alice"), jira("bob")) is Relation.DIFFERENT
    assert people.compare(jira("alice"), github("bob")) is Relation.DIFFERENT


def test_an_account_that_nobody_owns_may_be_anybodys(people: People) -> None:
    assert people.owner(github("mallory")) is None
    assert people.compare(github("mallory"), jira("bob")) is Relation.UNKNOWN
    assert people.compare(github("mallory"), github("bob")) is Relation.UNKNOWN
    assert people.compare(github("mallory"), github("mallory-2")) is Relation.UNKNOWN


def test_two_accounts_of_a_system_differ_where_the_policy_says_so() -> None:
    people = People(good_policy(one_account_per_person=("github", "git")))
    assert people.compare(github("mallory"), github("bob")) is Relation.DIFFERENT
    assert people.compare(github("mallory"), jira("bob")) is Relation.UNKNOWN
    assert people.compare(git("mallory"), git("mal")) is Relation.UNKNOWN  # addresses are many


def test_one_account_per_person_does_not_part_the_accounts_that_one_person_lists() -> None:
    twice = replace(person("alice"), emails=("alice@acme.example", "a@acme.example"))
    people = People(good_policy(people=(twice,), one_account_per_person=("github",)))
    other = Account("github", "alice-2", email="a@acme.example")
    assert people.compare(github("alice"), other) is Relation.SAME


@pytest.mark.parametrize(
    ("system", "one", "other", "same"),
    [
        ("github", "Alice", "alice", True),
        ("gitlab", "Alice", "alice", True),
        ("git", "Alice@ACME.example", "alice@acme.example", True),
        ("jira", "Alice", "alice", False),
        ("servicenow", "Alice", "alice", True),
        ("github", "Kelvin", "\N{KELVIN SIGN}elvin", False),
        ("github", "", "", False),
    ],
)
def test_keys_are_exact_except_logins_and_addresses(
    system: str, one: str, other: str, same: bool
) -> None:
    assert same_account(Account(system, one), Account(system, other)) is same


def test_a_verified_address_joins_and_an_unverified_name_does_not(people: People) -> None:
    verified = Account("jira", "other-key", email="Bob@acme.example")
    named = Account("jira", "other-key", name="Bob")
    assert people.owner(verified) == "bob"
    assert people.owner(named) is None


def test_an_address_in_git_belongs_to_whoever_lists_it(people: People) -> None:
    assert people.owner(Account("git", "ALICE@acme.example")) == "alice"
    assert people.compare(git("alice"), jira("alice")) is Relation.SAME
    assert people.compare(git("mallory"), jira("alice")) is Relation.UNKNOWN


def test_one_verified_address_on_two_accounts_is_one_person_even_where_unlisted(
    people: People,
) -> None:
    one = Account("jira", "x", email="x@home.example")
    assert people.compare(one, Account("github", "y", email="x@home.example")) is Relation.SAME
    assert people.compare(one, Account("git", "x@home.example")) is Relation.SAME


def test_contradicting_owners_make_the_account_nobodys(people: People) -> None:
    both = Account("github", "alice", email="bob@acme.example")
    assert people.owner(both) is None
    assert people.compare(both, jira("carol")) is Relation.UNKNOWN
    assert people.compare(both, jira("bob")) is Relation.UNKNOWN


def test_a_key_that_two_people_list_is_nobodys() -> None:
    other = PersonEntry("bob", (), {"github": "alice"})
    people = People(good_policy(people=(person("alice"), other)))
    assert people.owner(github("alice")) is None
    assert people.compare(github("alice"), jira("alice")) is Relation.UNKNOWN


def test_an_account_without_a_key_is_nobodys_and_like_none(people: People) -> None:
    nobody = Account("jira", "")
    assert people.owner(nobody) is None
    assert people.compare(nobody, nobody) is Relation.UNKNOWN


def test_members_are_those_of_the_groups_and_single_people(people: People) -> None:
    assert people.members(("change-board", "dave")) == {"bob", "carol", "dave"}
    assert people.members(()) == frozenset()


def test_a_group_that_is_called_like_a_person_is_the_group() -> None:
    people = People(good_policy(groups={"bob": ("carol",)}))
    assert people.members(("bob",)) == {"carol"}


def test_allowed_tells_no_from_nobodys(people: People) -> None:
    assert people.allowed(jira("bob"), ("change-board",)) is True
    assert people.allowed(jira("dave"), ("change-board",)) is False
    assert people.allowed(jira("mallory"), ("change-board",)) is None


@pytest.mark.parametrize(
    ("account", "line"),
    [
        (jira("mallory"), 'jira = "acc-mallory"'),
        (github("Mallory"), 'github = "Mallory"'),
        (Account("git", "M@home.example", AccountKind.UNKNOWN), 'emails = ["m@home.example"]'),
        (Account("odd one", "x"), 'accounts."odd one" = "x"'),
        (Account("desk", "x"), 'accounts.desk = "x"'),
        (Account("servicenow", "alice.smith"), 'servicenow = "alice.smith"'),
    ],
)
def test_the_line_to_add_is_toml(account: Account, line: str) -> None:
    assert People(good_policy()).line_for(account) == line


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "a\x1b[31m", "a\u202eb", 'x"]\n[log]\n'])
def test_the_line_to_add_says_the_key_and_nothing_more(key: str) -> None:
    line = People(good_policy()).line_for(Account("jira", key))
    assert tomllib.loads(line) == {"jira": key}
    assert line.isprintable()
