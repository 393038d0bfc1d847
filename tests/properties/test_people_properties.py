"""Whatever accounts are met: what is proposed can be pasted, and joins nobody without proof."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from policies import GOOD

from gate.config import parse_policy
from gate.identity import People, Relation, same_account
from gate.identity.proposals import proposals
from gate.identity.sightings import Sighting, each_once
from gate.identity.toml_text import toml_lines
from gate.model import Account, AccountKind

POLICY = parse_policy(GOOD.encode())
WORDS = st.sampled_from(["alice", "Bob", "dave", "eve.smith", "Eve Smith", "b0b", "5b10", "zoe"])
ANY = st.text(min_size=1, max_size=8)
EMAILS = st.sampled_from(
    ["", "alice@acme.example", "dave@x.example", "E@x.example", 'q"@x.example']
)
ACCOUNTS = st.lists(
    st.builds(
        Account,
        st.sampled_from(["jira", "github", "gitlab", "servicenow", "git"]),
        WORDS | ANY | WORDS.map(lambda word: f"{word}@home.example"),
        st.sampled_from(AccountKind),
        WORDS | ANY | st.just(""),
        EMAILS,
    ),
    max_size=8,
    unique_by=lambda account: (account.system, account.key.casefold()),
)


@given(ACCOUNTS)
def test_all_of_it_can_be_pasted_and_only_proof_joins(accounts: list[Account]) -> None:
    met = each_once(Sighting(account, "entry 0", "alice") for account in accounts[:1]) + each_once(
        Sighting(account, "entry 1") for account in accounts[1:]
    )
    found = proposals(met, POLICY)
    lines = [line for one in found for line in toml_lines(one, People(POLICY))]
    assert all("\n" not in line for line in lines)
    pasted = parse_policy("\n".join([GOOD, *lines]).encode())
    assert len(pasted.people) - len(POLICY.people) == sum(p.certain and not p.person for p in found)
    before, after = People(POLICY), People(pasted)
    for one, other in combinations(accounts, 2):
        was, now = before.compare(one, other), after.compare(one, other)
        if was is not Relation.UNKNOWN:
            assert now is was
        elif now is Relation.SAME:
            raise AssertionError(f"{one} and {other} were joined, and no address is of both")


@given(ACCOUNTS, st.randoms(use_true_random=False))
def test_the_order_in_which_accounts_were_met_joins_nobody(
    accounts: list[Account], rng: object
) -> None:
    met = [Sighting(account, "entry 0") for account in accounts]
    other = list(met)
    rng.shuffle(other)  # type: ignore[attr-defined]  # a Random

    def groups(sightings: list[Sighting]) -> set[tuple[frozenset[Account], str, bool]]:
        return {
            (frozenset(seen.account for seen in one.accounts), one.person, one.certain)
            for one in proposals(each_once(sightings), POLICY)
        }

    assert groups(met) == groups(other)


@given(ACCOUNTS)
def test_each_account_without_an_owner_is_proposed_once(accounts: list[Account]) -> None:
    met = each_once(Sighting(account, "entry 0") for account in accounts)
    people = People(POLICY)
    wanted = [one.account for one in met if not people.owners(one.account)]
    found = [seen.account for one in proposals(met, POLICY) for seen in one.accounts]
    assert len(found) == len(wanted)
    assert all(any(same_account(one, other) for other in found) for one in wanted)
