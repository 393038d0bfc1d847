"""A secret of gate's that a service, or a person in a ticket, tells back stands in no record."""

from __future__ import annotations

from dataclasses import replace

from records import PUBLIC_POLICY, good_decision, owner_of
from worlds import (
    REPOSITORY,
    at,
    git,
    good_approval,
    good_change,
    good_commit,
    good_facts,
    good_history,
    good_pull_request,
    good_ticket,
    jira,
    problem,
)

from gate.config.secrets import SHORTEST_SECRET, Secrets
from gate.model import (
    Account,
    EditedText,
    Facts,
    Free,
    Judgement,
    Message,
    Outcome,
    PinState,
    Status,
)
from gate.record.disclosure import Disclosure
from gate.record.evidence import evidence_bundle, evidence_name
from gate.record.labels import Labels
from gate.record.predicates import PolicyReference
from gate.record.writing import decision_statement

SECRET = "canary-jira-7d1f"
SECRETS = Secrets(jira_token=SECRET, github_token="a" * (SHORTEST_SECRET - 1))


def told() -> Facts:
    """A world in which whatever somebody may name holds the secret."""
    echo = f"so {SECRET} there"
    mallory = Account("jira", f"key-{SECRET}", name=echo, email=f"{SECRET}@acme.example")
    ticket = good_ticket(
        summary=echo,
        status=Status("3", echo),
        type=echo,
        url=f"https://acme.atlassian.net/browse/{SECRET}",
        project=SECRET,
        reporter=mallory,
        approvals=(good_approval(account=mallory, source=echo),),
        scope=(EditedText(echo, echo, at("08:05"), mallory),),
        test_plan=replace(problem(), cause=echo, request=f"GET /{SECRET}"),
    )
    change = good_change(
        commits=(good_commit("1" * 40, "b" * 40, author=replace(git("mallory"), name=echo)),),
        pull_requests=(good_pull_request(title=echo, head_ref=SECRET),),
    )
    return good_facts(ticket, change=change)


def written(facts: Facts, word: str) -> tuple[bytes, ...]:
    labels = Labels(owner_of, redact=SECRETS.redactor())
    seen = Message("approved.observed", word, {"who": word, "free": Free(word), "n": 2})
    decision = good_decision()
    first = replace(decision.controls[0], judgement=Judgement(Outcome.FAIL, seen, seen))
    decision = replace(decision, controls=(first, *decision.controls[1:]))
    bundle = evidence_bundle(
        facts, decision, labels=labels, repository=REPOSITORY, public_policy=PUBLIC_POLICY
    )
    payload = decision_statement(
        facts,
        decision,
        policy=PolicyReference("e" * 64, PinState.PINNED),
        judged=good_history(),
        evidence_sha256=evidence_name(bundle),
        gate_version="1",
        labels=labels,
        repository=REPOSITORY,
    )
    return bundle, payload, Disclosure.of(b"entry", labels, "").to_json()


def test_record_evidence_and_disclosure_hold_no_secret_that_was_told_back() -> None:
    parts = written(told(), SECRET)
    assert not [part for part in parts if SECRET.encode() in part]
    assert b"so [redacted] there" in parts[0]
    assert b"so [redacted] there" in parts[2]


def test_what_is_too_short_for_a_secret_is_left_alone() -> None:
    assert SECRETS.redactor()("a" * (SHORTEST_SECRET - 1)) == "a" * (SHORTEST_SECRET - 1)
    assert b"[redacted]" not in b"".join(written(good_facts(), "aaaaa"))


def test_two_people_whose_names_hold_the_secret_stay_two() -> None:
    given = Labels(owner_of, redact=SECRETS.redactor())
    one, two = (replace(jira("x"), key=key) for key in (SECRET, f"{SECRET}{SECRET}"))
    assert given.person(one) != given.person(two)
