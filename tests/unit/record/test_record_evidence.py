from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import worlds
from records import PUBLIC_POLICY, good_controls, good_decision, result, write
from worlds import good_facts, good_history, problem

from gate.errors import UsageError
from gate.model import Artifact, EntryLink, Facts, PastDecision
from gate.record.canonical import encode
from gate.record.dsse import MAX_ENVELOPE, MAX_PAYLOAD
from gate.record.errors import AlteredError
from gate.record.evidence import check_evidence
from gate.record.predicates import Spilled
from gate.record.statement import DecisionRecord, parse_statement
from gate.record.writing import superseded_statement


def _sha(number: int) -> str:
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def many(commits: int, pulls: int = 1) -> Facts:
    """A deployment that brings many commits by different authors."""
    change = worlds.good_change(
        commits=tuple(
            worlds.good_commit(
                _sha(n), _sha(n - 1), author=worlds.git(f"somebody{n}"), committer=worlds.git("bob")
            )
            for n in range(commits)
        ),
        pull_requests=tuple(
            worlds.good_pull_request(number=n, title=f"Change {n}") for n in range(1, pulls + 1)
        ),
    )
    return good_facts(change=change)


def test_a_usual_record_spills_nothing() -> None:
    written = write()
    assert b"spilled" not in written.payload
    assert check_evidence(written.record, written.evidence).predicate == written.record.predicate


def test_the_bundle_is_canonical_and_holds_the_public_policy() -> None:
    written = write()
    body = json.loads(written.evidence)
    assert encode(body) == written.evidence
    assert sorted(body) == ["policy", "record", "version"]
    assert body["version"] == "gate/evidence/v1"
    assert check_evidence(written.record, written.evidence).policy == PUBLIC_POLICY


@pytest.mark.parametrize(("commits", "pulls"), [(100, 1), (300, 40), (2_000, 500)])
def test_long_lists_spill_and_come_back(commits: int, pulls: int) -> None:
    written = write(many(commits, pulls))
    assert len(written.entry) < MAX_ENVELOPE
    change: Any = written.record.predicate.change
    whole: Any = check_evidence(written.record, written.evidence).predicate.change
    assert len(whole.commits) == commits
    assert len(whole.pull_requests) == pulls
    if commits > 100:
        assert isinstance(change.commits, Spilled)
        assert change.commits.count == commits
        body = json.loads(written.evidence)["record"]["change"]["commits"]
        assert change.commits.sha256 == hashlib.sha256(encode(body)).hexdigest()


def test_the_longest_goes_first_and_no_more_than_must() -> None:
    fewer: Any = write(many(300)).record.predicate
    assert isinstance(fewer.change.commits, Spilled)
    assert not isinstance(fewer.labels, Spilled)
    more: Any = write(many(700)).record.predicate
    assert isinstance(more.change.commits, Spilled)
    assert isinstance(more.labels, Spilled)
    for predicate in (fewer, more):
        assert not isinstance(predicate.change.pull_requests, Spilled)
        assert not isinstance(predicate.tickets, Spilled)


def test_long_arguments_of_a_control_spill() -> None:
    shas = tuple(_sha(n) for n in range(3_000))
    decision = good_decision(controls=(*good_controls(), result("covered", commits=shas, n=1)))
    written = write(decision=decision)
    args = written.record.predicate.controls[-1].observed.args
    assert isinstance(args, Spilled)
    assert args.count == 2
    whole = check_evidence(written.record, written.evidence).predicate.controls[-1]
    assert whole.observed.args == {"commits": shas, "n": 1}


def test_the_rule_is_the_same_for_everyone() -> None:
    facts = many(400, 100)
    shapes = set()
    for _ in range(3):
        record = json.loads(write(facts).payload)["predicate"]
        shapes.add(str(sorted(k for k, v in record["change"].items() if "spilled" in str(v))))
    assert len(shapes) == 1


def test_what_must_stay_may_be_too_much() -> None:
    artifacts = tuple(Artifact(f"artifact-{n}", f"{n:064x}") for n in range(500))
    with pytest.raises(UsageError, match="too long") as caught:
        write(good_facts(deployment=worlds.good_deployment(artifacts=artifacts)))
    assert "artifacts" in caught.value.remedy


def test_problems_never_spill() -> None:
    written = write(good_facts(change=problem()), good_decision())
    assert check_evidence(written.record, written.evidence).predicate == written.record.predicate


@pytest.mark.parametrize("facts", [None, many(300, 40)], ids=["short", "spilled"])
def test_evidence_that_is_not_the_records_own_is_altered(facts: Facts | None) -> None:
    written = write(facts)
    for bundle in (b"", b"{}", written.evidence + b" ", write(facts).evidence):
        with pytest.raises(AlteredError, match="SHA-256"):
            check_evidence(written.record, bundle)


def _named(record: DecisionRecord, bundle: bytes) -> DecisionRecord:
    """The record, as if it had named that bundle."""
    digest = hashlib.sha256(bundle).hexdigest()
    return replace(record, predicate=replace(record.predicate, evidence=digest))


def test_a_bundle_that_says_something_else_is_altered_even_where_its_digest_fits() -> None:
    written = write(many(300, 40))
    body = json.loads(written.evidence)
    edits: list[Any] = [
        lambda b: b["record"]["change"]["commits"].pop(),
        lambda b: b["record"]["change"]["commits"].reverse(),
        lambda b: b["record"]["labels"].pop("p1"),
        lambda b: b["record"]["controls"].pop(),
        lambda b: b["record"]["controls"][0].update(outcome="fail"),
        lambda b: b["record"]["change"].update(baseIsAncestor=False),
        lambda b: b["record"].update(change={"problem": {}}),
        lambda b: b["record"].update(decision="denied"),
        lambda b: b["record"].update(more=1),
        lambda b: b.update(record=[]),
        lambda b: b.update(version="gate/evidence/v2"),
        lambda b: b.update(policy=None),
        lambda b: b.pop("policy"),
        lambda b: b.update(more=1),
    ]
    for edit in edits:
        other = json.loads(json.dumps(body))
        edit(other)
        bundle = encode(other)
        with pytest.raises(AlteredError):
            check_evidence(_named(written.record, bundle), bundle)
    spaced = json.dumps(body).encode()
    with pytest.raises(AlteredError, match="canonical"):
        check_evidence(_named(written.record, spaced), spaced)


def test_a_bundle_without_what_spilled_is_altered() -> None:
    written = write(many(300, 40))
    body = json.loads(written.evidence)
    body["record"]["change"]["commits"] = json.loads(written.payload)["predicate"]["change"][
        "commits"
    ]
    bundle = encode(body)
    with pytest.raises(AlteredError, match="commits"):
        check_evidence(_named(written.record, bundle), bundle)


def test_what_replaces_a_full_record_still_fits_the_log() -> None:
    here = tuple(
        PastDecision(EntryLink(10**9 + n, "c" * 64), worlds.NOW, "", "allowed", "")
        for n in range(500)
    )
    full = good_history(here=here)
    for commits in range(120, 160):
        written = write(many(commits), judged=full)
        payload = superseded_statement(
            written.digest,
            written.record,
            ("base-moved", "here-moved"),
            at=worlds.NOW,
            judged=full,
            gate_version="0.1.0",
        )
        assert len(payload) <= MAX_PAYLOAD
        record = parse_statement(payload)
        assert isinstance(record, DecisionRecord)
        assert check_evidence(record, written.evidence).policy == PUBLIC_POLICY
