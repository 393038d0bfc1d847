from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import worlds
from records import (
    OTHER,
    SIGNER,
    everything_known,
    good_decision,
    labels,
    trusted,
    write,
    write_outcome,
)
from worlds import MERGE_SHA, NOW, REPOSITORY, good_deployment, good_facts, good_history, problem

from gate.model import (
    Artifact,
    Base,
    BaseKind,
    Decision,
    DecisionKind,
    EntryLink,
    Facts,
    Lookup,
    MissingTicket,
    Outcome,
    PastDecision,
    PinState,
    ProblemKind,
    Run,
    Status,
)
from gate.record.canonical import encode
from gate.record.dsse import seal
from gate.record.errors import MalformedRecordError, SignerNotValidError
from gate.record.evidence import check_evidence
from gate.record.predicates import (
    KeyAction,
    KeyRole,
    PersonReference,
    PolicyReference,
    TextReference,
    TicketFact,
    TimeValue,
    Unknown,
)
from gate.record.signers import SignerEntry
from gate.record.statement import (
    DecisionRecord,
    KeyRecord,
    OutcomeRecord,
    UnknownRecord,
    open_record,
    parse_statement,
)
from gate.record.writing import (
    decision_statement,
    key_statement,
    outcome_statement,
    superseded_statement,
)

LEAF = "c" * 64
ARTIFACTS = (Artifact("shop.tar.gz", "d" * 64), Artifact("image", "e" * 64))


def test_a_decision_links_deployment_commit_ticket_and_time() -> None:
    facts = good_facts(deployment=good_deployment(artifacts=ARTIFACTS))
    record = write(facts).record
    assert record.kind == "decision"
    assert record.at == NOW
    assert record.decision is DecisionKind.ALLOWED
    assert (record.service, record.environment) == ("shop", "production")
    assert (record.repository, record.commit) == (REPOSITORY, MERGE_SHA)
    assert record.artifacts == ARTIFACTS
    assert record.tickets == ("CHG-1",)
    assert record.predicate.policy.pin is PinState.PINNED
    assert record.predicate.claims == ("pipeline-start",)
    assert (record.judged_at.size, record.judged_at.root) == (7, "a" * 64)


def test_the_payload_is_an_in_toto_statement() -> None:
    facts = good_facts(deployment=good_deployment(artifacts=ARTIFACTS))
    statement = json.loads(write(facts).payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:gate:decision:v1"
    assert statement["subject"] == [
        {"name": REPOSITORY, "digest": {"gitCommit": MERGE_SHA}},
        {"name": "shop.tar.gz", "digest": {"sha256": "d" * 64}},
        {"name": "image", "digest": {"sha256": "e" * 64}},
    ]


def test_controls_keep_level_outcome_codes_and_arguments() -> None:
    record = write().record
    given, approved, test_plan = record.predicate.controls
    assert (given.id, given.outcome) == ("ticket-given", Outcome.PASS)
    assert given.observed.args == {"ids": ("CHG-1",)}
    args: Any = approved.observed.args
    assert args["at"] == TimeValue(NOW)
    assert args["lead"] == timedelta(minutes=30)
    assert args["number"] == 1
    assert isinstance(args["reason"], TextReference)
    assert [type(person) for person in args["people"]] == [PersonReference, PersonReference]
    assert (test_plan.level, test_plan.outcome) == ("warn", "fail")


def test_a_person_is_the_same_label_everywhere() -> None:
    written = write()
    predicate = written.record.predicate
    tickets: Any = predicate.tickets
    ticket = tickets[0].fact
    change: Any = predicate.change
    approver = ticket.approvals[0].person
    assert written.disclosure.person(approver).owner == "bob"
    assert predicate.controls[1].observed.args["people"][0] == PersonReference(approver)  # type: ignore[index]
    author = change.pull_requests[0].author
    assert {commit.author for commit in change.commits[:2]} == {author}
    assert written.disclosure.person(author).owner == "alice"


def _squashed() -> Facts:
    """alice's pull request, written with erin and mallory, squashed by the forge."""
    own = (
        replace(
            worlds.good_commit(worlds.SECOND_SHA, worlds.BASE_SHA),
            co_authors=(worlds.git("erin"), worlds.git("mallory")),
            signer=worlds.github("alice"),
        ),
    )
    squash = worlds.good_commit(
        MERGE_SHA, worlds.BASE_SHA, author=worlds.github("carol"), merged_by_forge=True
    )
    pull = worlds.good_pull_request(brings=(MERGE_SHA,), commits=own)
    return good_facts(change=worlds.good_change(commits=(squash,), pull_requests=(pull,)))


def test_who_wrote_what_the_forge_squashed_is_in_record_and_evidence() -> None:
    written = write(_squashed())
    evidence = check_evidence(written.record, written.evidence).predicate
    for predicate in (written.record.predicate, evidence):
        change: Any = predicate.change
        (own,) = change.pull_requests[0].commits
        assert own.sha == worlds.SECOND_SHA
        people = [written.disclosure.person(label) for label in own.co_authors]
        assert [person.owner for person in people] == ["erin", None]
        assert people[1].accounts == (worlds.git("mallory"),)
        assert own.signer == own.author == own.committer == change.pull_requests[0].author
    assert {c.sha for c in change.commits} == {MERGE_SHA}
    for data in (written.payload, written.evidence):
        assert b"mallory" not in data


def test_own_commits_that_could_not_be_had_are_unknown() -> None:
    pull = worlds.good_pull_request(commits=problem(service="github"))
    change: Any = write(
        good_facts(change=worlds.good_change(pull_requests=(pull,)))
    ).record.predicate.change
    assert isinstance(change.pull_requests[0].commits, Unknown)


def test_who_had_a_hand_in_what_was_merged_before_and_when_it_landed_is_kept() -> None:
    pull = worlds.good_pull_request(
        others=(worlds.github("erin"), None), landed_at=worlds.at("09:05")
    )
    written = write(good_facts(change=worlds.good_change(pull_requests=(pull,))))
    change: Any = written.record.predicate.change
    (part,) = change.pull_requests
    assert part.landed_at == worlds.at("09:05")
    assert (written.disclosure.person(part.others[0]).owner, part.others[1]) == ("erin", None)


def test_both_bounds_of_an_inexact_approval_are_kept() -> None:
    vague = worlds.good_approval(latest_possible=True, not_before=worlds.at("08:31"))
    tickets: Any = write(
        good_facts(worlds.good_ticket(approvals=(vague,)))
    ).record.predicate.tickets
    (approval,) = tickets[0].fact.approvals
    assert (approval.not_before, approval.decided_at) == (worlds.at("08:31"), worlds.at("09:00"))
    assert approval.latest_possible
    tickets = write().record.predicate.tickets
    assert tickets[0].fact.approvals[0].not_before is None


@pytest.mark.parametrize(
    ("ref", "is_plain"),
    [
        ("main", True),
        ("refs/heads/main", True),
        ("refs/heads/stable", True),
        ("refs/tags/latest", True),
        ("latest", False),
        ("release/1.2-for-alice", False),  # a pattern means it, and does not tell it
        ("release/*", False),
        ("refs/tags/main", False),
        ("Main", False),
        ("alice/main", False),
    ],
)
def test_refs_stand_in_clear_where_the_policy_names_them(ref: str, is_plain: bool) -> None:
    refs = ("main", "refs/heads/stable", "refs/tags/latest", "release/*", "a\nb")
    claim = replace(good_deployment().run, ref=ref)
    change = worlds.good_change(
        release_refs=(ref,),
        pull_requests=(worlds.good_pull_request(base_ref=ref, head_ref=ref),),
        direct_pushes=(worlds.good_push(ref=ref),),
    )
    facts = good_facts(change=change, deployment=good_deployment(run=claim))
    written = write(facts, release_refs=refs)
    part: Any = written.record.predicate.change
    for shown in (
        written.record.predicate.run.ref,
        part.release_refs[0],
        part.pull_requests[0].base_ref,
        part.direct_pushes[0].ref,
    ):
        if is_plain:
            assert shown == ref
        else:
            assert isinstance(shown, TextReference)
            assert written.disclosure.text(shown.label) == ref
    assert written.disclosure.text(part.pull_requests[0].head_ref) == ref
    labelled: Any = write(facts).record.predicate.change
    assert isinstance(labelled.release_refs[0], TextReference)


PERSONAL = (
    *("alice", "bob", "carol", "dave", "erin", "mallory", "acc-", "acme.example", "web-flow"),
    *("faster", "Faster", "checkout", "Checkout", "because", "staging", "refs/", '"main"'),
    *("Merge pull", "Web shop", "dashboards", "GET /thing", "answer"),
)


@pytest.mark.parametrize("world", [lambda: (good_facts(), good_decision()), everything_known])
def test_no_name_and_no_text_of_people_is_in_record_or_evidence(
    world: Callable[[], tuple[Facts, Decision]],
) -> None:
    written = write(*world())
    disclosed = written.disclosure.to_json().decode()
    assert all(word in disclosed for word in ("alice", "Faster checkout", "because"))
    for data in (written.payload, written.evidence):
        text = data.decode()
        assert [word for word in PERSONAL if word in text] == []


def test_addresses_below_the_services_repository_are_plain_and_others_labels() -> None:
    facts, decision = everything_known()
    run = write(facts, decision).record.predicate.run
    fact: Any = run.fact
    for shown in (run.id, run.attempt, run.url, run.repository, fact.id, fact.repository, fact.url):
        assert isinstance(shown, TextReference)
    good: Any = write().record.predicate.run.fact
    assert good.url == f"{REPOSITORY}/actions/runs/4711"
    assert write(good_facts(run=worlds.good_run(repository="acme/shop"))).record.predicate.run.fact
    sneaky = worlds.good_run(url=f"{REPOSITORY}-of-alice")
    sneaked: Any = write(good_facts(run=sneaky)).record.predicate.run.fact
    assert isinstance(sneaked.url, TextReference)


def test_what_could_not_be_had_is_unknown_and_never_empty() -> None:
    everywhere = problem(ProblemKind.PERMISSION, "github")
    facts = good_facts(
        run=everywhere,
        given=everywhere,
        tickets=(),
        change=everywhere,
        deployed_before=everywhere,
    )
    written = write(facts, good_decision(DecisionKind.UNDETERMINED))
    predicate = written.record.predicate
    for part in (predicate.run.fact, predicate.given, predicate.change, predicate.deployed_before):
        assert isinstance(part, Unknown)
        assert (part.kind, part.service) == (ProblemKind.PERMISSION, "github")
        assert written.disclosure.text(part.detail) == "GET /thing: It did not answer."
    assert written.record.tickets == ()


def test_a_missing_ticket_and_a_shell_without_a_run_are_null() -> None:
    lookup = Lookup(worlds.reference("CHG-9"), MissingTicket())
    facts = good_facts(
        run=None, deployment=worlds.shell_deployment(), given=(lookup.reference,), tickets=(lookup,)
    )
    record = write(facts, good_decision(DecisionKind.DENIED)).record
    assert record.predicate.run.fact is None
    assert record.tickets == ("CHG-9",)
    ticket: Any = record.predicate.tickets
    assert ticket[0].fact is None


def test_a_moved_ticket_keeps_both_ids() -> None:
    lookup = Lookup(worlds.reference("CHG-1"), worlds.good_ticket(key="OPS-5"))
    record = write(good_facts(tickets=(lookup,))).record
    ticket: Any = record.predicate.tickets
    fact = ticket[0].fact
    assert isinstance(fact, TicketFact)
    assert (ticket[0].id, fact.key) == ("CHG-1", "OPS-5")


def test_hostile_names_become_one_short_line() -> None:
    ticket = worlds.good_ticket(
        type="Chan\nge\x1b[31m\x85",
        status=Status("3", "x" * 10_000),
        project="\ud800",
    )
    fact: Any = write(good_facts(ticket)).record.predicate.tickets
    assert fact[0].fact.type == "Chan ge [31m "
    assert len(fact[0].fact.status) == 400
    assert fact[0].fact.project == " "


def _past(index: int, decision: str) -> PastDecision:
    return PastDecision(EntryLink(index, LEAF), NOW, MERGE_SHA, decision, "")


def test_history_and_prior_links_are_those_of_the_judged_head() -> None:
    judged = good_history(
        base=Base(BaseKind.FIRST, ""),
        here=(_past(1, "allowed"), _past(2, "denied"), _past(5, "emergency")),
        prior_deployment=EntryLink(5, LEAF),
        prior_tickets={"CHG-2": EntryLink(4, LEAF), "CHG-1": EntryLink(3, LEAF)},
    )
    record = write(judged=judged).record
    assert record.history.here == (1, 5)
    assert (record.history.base.kind, record.history.base.commit) == (BaseKind.FIRST, None)
    assert record.prior.deployment is not None
    assert record.prior.deployment.index == 5
    assert [(link.id, link.index) for link in record.prior.tickets] == [("CHG-1", 3), ("CHG-2", 4)]


def test_of_many_earlier_records_the_newest_500_are_listed() -> None:
    judged = good_history(here=tuple(_past(index, "allowed") for index in range(700)))
    assert write(judged=judged).record.history.here == tuple(range(200, 700))


def test_milliseconds_are_kept_and_microseconds_are_not() -> None:
    at = NOW + timedelta(microseconds=123_999)
    assert write(decision=good_decision(at=at)).record.at == NOW + timedelta(milliseconds=123)


def test_an_outcome_names_the_decision_by_place() -> None:
    decision = write(good_facts(deployment=good_deployment(artifacts=ARTIFACTS))).record
    entry = write_outcome(decision, EntryLink(3, LEAF), "rolled-back")
    record, keyid = open_record(entry, trusted())
    assert isinstance(record, OutcomeRecord)
    assert keyid == SIGNER.keyid
    assert (record.kind, record.outcome) == ("outcome", "rolled-back")
    assert record.of == EntryLink(3, LEAF)
    assert record.artifacts == ARTIFACTS
    assert (record.service, record.environment) == ("shop", "production")
    assert (record.repository, record.commit) == (REPOSITORY, MERGE_SHA)
    assert record.tickets == ("CHG-1",)
    assert record.at == NOW + timedelta(minutes=5)
    assert (record.judged_at.size, record.prior.deployment) == (7, None)
    with pytest.raises(ValueError, match="done"):
        write_outcome(decision, EntryLink(3, LEAF), "done")


def test_what_replaces_a_record_is_a_denial_that_names_its_digest() -> None:
    written = write()
    later = good_history(size=9, root="f" * 64, prior_deployment=EntryLink(8, LEAF))
    record = parse_statement(
        superseded_statement(
            written.digest,
            written.record,
            ("base-moved",),
            at=NOW + timedelta(seconds=2),
            judged=later,
            gate_version="0.1.0",
        )
    )
    assert isinstance(record, DecisionRecord)
    assert record.decision is DecisionKind.DENIED
    replaces = record.predicate.replaces
    assert replaces is not None
    assert (replaces.entry, replaces.reason) == (written.digest, "history-moved")
    assert replaces.failed == ("base-moved",)
    assert record.at == NOW + timedelta(seconds=2)
    assert (record.judged_at.size, record.judged_at.root) == (9, "f" * 64)
    assert record.prior.deployment is not None
    assert record.predicate.controls == written.record.predicate.controls
    labels_: Any = record.predicate.labels
    written.disclosure.check(replaces.entry, labels_, record.predicate.policy.sha256)


def test_a_key_record_names_the_key_and_not_its_holder() -> None:
    entry = SignerEntry(OTHER.keyid, OTHER.public_key, "alice's", NOW, NOW + timedelta(days=1))
    payload = key_statement(entry, KeyAction.ADDED, KeyRole.RECORD, at=NOW, gate_version="0.1.0")
    record = parse_statement(payload)
    assert isinstance(record, KeyRecord)
    assert (record.kind, record.at, record.predicate.keyid) == ("key", NOW, OTHER.keyid)
    assert (record.service, record.tickets) == ("", ())
    assert b"alice" not in payload
    statement = json.loads(payload)
    statement["predicate"]["publicKey"] = statement["predicate"]["publicKey"][:-2] + "B="
    with pytest.raises(MalformedRecordError, match="publicKey is not canonical"):
        parse_statement(encode(statement))
    statement = json.loads(payload)
    statement["predicate"]["keyid"] = SIGNER.keyid
    with pytest.raises(MalformedRecordError, match="keyid"):
        parse_statement(encode(statement))


@pytest.mark.parametrize("kind", ["urn:gate:exemption:v1", "urn:gate:decision:v2", "\u0007"])
def test_an_unknown_type_is_listed_and_never_dropped(kind: str) -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": kind,
        "subject": [{"digest": {"gitCommit": MERGE_SHA}}],
        "predicate": {"at": "2026-01-05T09:30:00.000Z", "more": [1]},
    }
    record, _ = open_record(seal(encode(statement), SIGNER), trusted())
    assert isinstance(record, UnknownRecord)
    assert (record.kind, record.at) == ("unknown", NOW)
    assert record.predicate_type == kind.replace("\u0007", " ")
    assert (record.service, record.environment, record.commit, record.tickets) == ("", "", "", ())
    for at in ("2026-01-05", None, 7):
        timeless = seal(encode({**statement, "predicate": {"at": at}}), SIGNER)
        with pytest.raises(SignerNotValidError, match="names no time"):
            open_record(timeless, trusted())


COMMIT = {"name": REPOSITORY, "digest": {"gitCommit": MERGE_SHA}}


def _edited(edit: Callable[[Any], object], payload: bytes | None = None) -> bytes:
    statement = json.loads(payload or write().payload)
    edit(statement)
    return encode(statement)


def _set(path: str, value: Any) -> Callable[[Any], object]:
    *steps, last = [int(s) if s.isdigit() else s for s in path.split(".")]

    def edit(statement: Any) -> None:
        for step in steps:
            statement = statement[step]
        statement[last] = value

    return edit


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1"),
        ("more", 1),
        ("predicateType", 7),
        ("predicateType", None),
        ("predicate", None),
        ("predicate", []),
        ("subject", []),
        ("subject", {}),
        ("subject.0.digest.gitCommit", "0" * 40),
        ("subject.0.name", "https://github.com/acme/other"),
        ("subject.0.more", 1),
        ("subject", [COMMIT, {"name": "x"}]),
        ("subject", [COMMIT, {"name": "x", "digest": {"sha256": "A" * 64}}]),
        ("subject", [COMMIT, {"name": "x", "digest": {"sha512": "a" * 64}}]),
        ("subject", [COMMIT, COMMIT]),
        ("predicate.more", 1),
        ("predicate.at", "2026-01-05T09:30:00Z"),
        ("predicate.at", "2026-01-05T09:30:00.000+00:00"),
        ("predicate.at", "2026-13-05T09:30:00.000Z"),
        ("predicate.at", "\uff12\uff1026-01-05T09:30:00.000Z"),
        ("predicate.at", None),
        ("predicate.at", 1),
        ("predicate.decision", "Allowed"),
        ("predicate.decision", None),
        ("predicate.decision", ["allowed"]),
        ("predicate.commitFromRun", 1),
        ("predicate.commitFromRun", None),
        ("predicate.judgedAt.size", True),
        ("predicate.judgedAt.size", 7.0),
        ("predicate.judgedAt.size", "7"),
        ("predicate.judgedAt.size", 2**53),
        ("predicate.environment", None),
        ("predicate.environment", "production\n"),
        ("predicate.environment", "x" * 401),
        ("predicate.commit", "3" * 39),
        ("predicate.commit", "3" * 40 + "\n"),
        ("predicate.controls", {}),
        ("predicate.controls", None),
        ("predicate.controls.0.outcome", "passed"),
        ("predicate.controls.0.observed.args", []),
        ("predicate.controls.0.observed.args", {"1x": 1}),
        ("predicate.controls.0.observed.args", {"x": None}),
        ("predicate.controls.0.observed.args", {"x": 1.5}),
        ("predicate.controls.0.observed.args", {"x": True}),
        ("predicate.controls.0.observed.args", {"x": {"person": "t1"}}),
        ("predicate.controls.0.observed.args", {"x": {"name": "p1"}}),
        ("predicate.controls.0.observed.args", {"x": [[[[[[[[[[]]]]]]]]]]}),
        ("predicate.controls.0.observed.args", {"x": {"milliseconds": 2**52, "more": 1}}),
        ("predicate.controls.0.observed.args", {"x": {"milliseconds": -(2**53)}}),
        ("predicate.controls.0.observed.args", {"spilled": 1}),
        ("predicate.labels", []),
        ("predicate.labels", {"p0": "a" * 64}),
        ("predicate.labels", {"p1": "a" * 63}),
        ("predicate.change", None),
        ("predicate.change", {"problem": None}),
        ("predicate.change.commits", None),
        ("predicate.change.commits.0.author", "alice"),
        ("predicate.change.commits.0.author", None),
        ("predicate.change.commits.0.author", "t1"),
        ("predicate.replaces", {}),
    ],
)
def test_anything_but_the_known_shape_is_refused(path: str, value: Any) -> None:
    with pytest.raises(MalformedRecordError):
        parse_statement(_edited(_set(path, value)))


def test_every_key_must_be_there() -> None:
    payload = write().payload
    for key in json.loads(payload)["predicate"]:
        with pytest.raises(MalformedRecordError, match="predicate is not an object with the keys"):
            parse_statement(_edited(lambda s, key=key: s["predicate"].pop(key), payload))  # type: ignore[misc]


def test_the_place_of_what_is_wrong_is_named() -> None:
    with pytest.raises(MalformedRecordError, match=r"predicate\.change\.commits\[1\]\.sha"):
        parse_statement(_edited(_set("predicate.change.commits.1.sha", "x")))


@pytest.mark.parametrize(
    "spelling",
    [
        lambda p: p + b"\n",
        lambda p: b" " + p,
        lambda p: p.replace(b'"gate":', b'"gate": '),
        lambda p: p.replace(b'"shop"', b'"\\u0073hop"'),
        lambda p: p.replace(b'"decision":"allowed"', b'"decision":"denied","decision":"allowed"'),
        lambda p: p.replace(b'"size":7', b'"size":7e0'),
        lambda p: p.replace(b'"size":7', b'"size":NaN'),
        lambda p: p.replace(b'"size":7', b'"size":' + b"7" * 5_000),
        lambda p: p.replace(b"shop", b"sh\xffop"),
        lambda p: b"\xef\xbb\xbf" + p,
        lambda p: p[:-1],
        lambda _: b"",
        lambda _: b"[" * 40_000,
        lambda _: b"[]",
        lambda _: b"null",
        lambda p: p + b" " * 60_000,
    ],
)
def test_another_spelling_of_the_same_record_is_refused(
    spelling: Callable[[bytes], bytes],
) -> None:
    payload = write().payload
    with pytest.raises(MalformedRecordError):
        parse_statement(spelling(payload))


def test_an_artifact_is_named_once() -> None:
    artifact = {"name": "x", "digest": {"sha256": "a" * 64}}
    with pytest.raises(MalformedRecordError, match="once"):
        parse_statement(_edited(lambda s: s["subject"].extend([artifact, artifact])))


@pytest.mark.parametrize("sha", ["", "HEAD", "3" * 39, "3" * 41, "Z" * 40])
def test_facts_that_fit_no_record_are_never_signed(sha: str) -> None:
    with pytest.raises(ValueError, match="fit no record"):
        write(good_facts(deployment=good_deployment(commit=sha)))


def test_a_time_without_a_zone_is_never_written() -> None:
    naive = datetime(2026, 1, 5)  # noqa: DTZ001  # the point of the test
    with pytest.raises(ValueError, match="zone"):
        write(decision=good_decision(at=naive))


def test_drafting_twice_gives_the_same_labels() -> None:
    given = labels()
    arguments: dict[str, Any] = {
        "labels": given,
        "repository": REPOSITORY,
        "policy": PolicyReference("a" * 64, PinState.UNPINNED),
        "judged": good_history(),
        "evidence_sha256": hashlib.sha256().hexdigest(),
        "gate_version": "0.1.0",
    }
    first = decision_statement(good_facts(), good_decision(), **arguments)
    assert decision_statement(good_facts(), good_decision(), **arguments) == first


def test_a_sha256_repository_has_longer_commits() -> None:
    long = "4" * 64
    record = write(good_facts(deployment=good_deployment(commit=long))).record
    assert record.commit == long


def test_an_outcome_of_another_shape_is_refused() -> None:
    decision = write().record
    payload = outcome_statement(
        EntryLink(3, LEAF), decision, "failed", at=NOW, judged=good_history(), gate_version="0"
    )
    for path, value in (
        ("predicate.outcome", "ok"),
        ("predicate.decision", None),
        ("predicate.decision.leaf", "x"),
        ("predicate.tickets", "CHG-1"),
        ("predicate.commit", "0" * 40),
    ):
        with pytest.raises(MalformedRecordError):
            parse_statement(_edited(_set(path, value), payload))


def test_the_run_fact_is_the_services() -> None:
    run: Run = worlds.good_run(attempt=3, active=False)
    fact: Any = write(good_facts(run=run)).record.predicate.run.fact
    assert (fact.attempt, fact.active, fact.head_sha) == (3, False, MERGE_SHA)
