from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import worlds
from logs import MemoryLog
from records import PUBLIC_POLICY, SIGNER, everything_known, good_decision, write, write_outcome
from worlds import MERGE_SHA, NOW, good_facts, good_history, problem

from gate.audit.dossier_text import dossier_text
from gate.audit.evidence import Dossier, dossier, dossier_json
from gate.audit.lines import entry_line
from gate.audit.outcomes import Outcomes
from gate.audit.source import nothing
from gate.model import (
    Base,
    BaseKind,
    DecisionKind,
    EntryLink,
    Lookup,
    MissingTicket,
    RunClaim,
)
from gate.record.canonical import encode
from gate.record.dsse import seal
from gate.record.errors import AlteredError
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signers import SignerEntry
from gate.record.writing import key_statement, superseded_statement


def one(**written: Any) -> MemoryLog:
    log = MemoryLog()
    log.add(write(**written))
    return log


def whole(log: MemoryLog, index: int = 0) -> Dossier:
    return dossier(log, index, evidence=log.bundles.get, disclosures=log.disclosures.get)


def test_the_dossier_shows_every_control_with_what_was_expected_and_observed() -> None:
    log = one()
    text = dossier_text(whole(log))
    for control in log.signed_record(0)[0].predicate.controls:  # type: ignore[union-attr]
        assert f"{control.id} ({control.level})" in text
        assert control.expected.code in text
        assert control.observed.code in text
    # of codes that this version does not know, what the record holds
    assert "people: bob, github:mallory" in text
    assert 'reason: "because bob said so"' in text
    assert "lead: 30 min" in text
    assert "at: 2026-01-05 09:30:00 UTC" in text


def test_it_shows_ticket_approval_and_change() -> None:
    text = dossier_text(whole(one()))
    assert "CHG-1  Change, Approved" in text
    assert "created     2026-01-05T08:00:00.000Z by dave" in text
    assert "approved    bob at 2026-01-05T09:00:00.000Z, by jsm" in text
    assert "#12 CHG-1 Faster checkout, by alice" in text
    assert f"{MERGE_SHA}  by carol" in text


def test_it_says_what_was_checked() -> None:
    log = one()
    found = whole(log)
    text = dossier_text(found)
    assert "is the one that the record names by digest" in text
    assert "is the one that the record committed to" in text
    body = json.loads(dossier_json(found))
    assert (body["evidence"], body["people"], body["signature"]) == ("match", "match", "valid")
    assert body["entry_sha256"] == hashlib.sha256(log.entries[0]).hexdigest()
    assert (body["index"], body["leaf"]) == (0, log.link(0).leaf)
    assert body["public_policy"] == PUBLIC_POLICY
    assert body["labels"]["p1"] == "erin"
    assert set(body["labels"]) == set(body["predicate"]["labels"])


def test_names_stay_labels_unless_asked_for_and_everything_else_is_there() -> None:
    log = one()
    found = dossier(log, 0, evidence=log.bundles.get)
    text = dossier_text(found)
    assert "persons and texts stay labels" in text
    assert "bob" not in text
    assert "approved    p3 at 2026-01-05T09:00:00.000Z" in text
    body = json.loads(dossier_json(found))
    assert (body["people"], body["labels"]) == ("not-asked", {})


def test_names_that_are_not_at_hand_are_said_to_be_so() -> None:
    found = dossier(one(), 0, disclosures=nothing)
    text = dossier_text(found)
    assert "is not at hand (kept elsewhere, or erased)" in text
    assert "approved    p3 (no name available) at 2026-01-05T09:00:00.000Z" in text
    assert json.loads(dossier_json(found))["people"] == "not-at-hand"


def test_it_begins_with_what_happened_when_and_by_whose_word() -> None:
    log = one()
    record: Any = log.signed_record(0)[0]
    log.append(write_outcome(record, log.link(0)))
    found = dossier(log, 0, disclosures=log.disclosures.get, ended=Outcomes(log).of(0))
    text = dossier_text(found)
    table = text.partition("What happened when")[2].partition("\nControls")[0].splitlines()[1:]
    times = [line.split()[0] for line in table]
    assert times == sorted(times)
    told = [line.split(maxsplit=1)[1] for line in table]
    for line in (
        "ticket CHG-1 created by dave  [jira]",
        "ticket CHG-1 approved by bob  [jira, jsm]",
        "last push to pull request #12 by alice  [the forge]",
        "pull request #12 merged by carol  [the forge]",
        "decided: allowed  [gate, by its machine's clock]",
        "outcome: succeeded (entry 1)  [the deploying job's word, by its clock]",
    ):
        assert line in told
    assert any(line.startswith("run 4711 created; attempt 1 runs gate") for line in told)
    assert any("scope of CHG-1" in line for line in told)
    assert any("pull request #12 reviewed, approved by" in line for line in told)
    assert "deployer      erin" in text
    body = json.loads(dossier_json(found))
    assert [event["at"] for event in body["times"]] == times
    assert body["deployer"] == "erin"


def test_an_upper_bound_and_a_claim_are_said_to_be_such() -> None:
    approval = replace(worlds.good_approval(), latest_possible=True)
    facts = good_facts(worlds.good_ticket(approvals=(approval,)), run=problem())
    claim = RunClaim("gitlab", "7", "2", actor="erin", created_at=NOW)
    facts = replace(facts, deployment=worlds.good_deployment(run=claim))
    text = dossier_text(whole(one(facts=facts)))
    assert "(at the latest)  ticket CHG-1 approved by bob" in text
    assert "run 7 created; attempt 2 runs gate  [a claim of the pipeline's environment]" in text
    assert "deployer      erin (a claim)" in text


def test_no_outcome_is_said_in_text_too() -> None:
    assert "outcome       (none recorded)" in dossier_text(whole(one()))
    denied = one(decision=good_decision(DecisionKind.DENIED))
    assert "nothing was let pass" in dossier_text(whole(denied))


def test_missing_evidence_is_said() -> None:
    log = one()
    found = dossier(log, 0, disclosures=log.disclosures.get)
    assert "not at hand (kept elsewhere, or gone after its retention)" in dossier_text(found)
    assert json.loads(dossier_json(found))["evidence"] == "missing"


def test_what_was_altered_is_never_shown() -> None:
    log = one()
    with pytest.raises(AlteredError):
        dossier(log, 0, evidence=lambda digest: log.bundles[digest] + b" ")
    with pytest.raises(AlteredError):
        dossier(log, 0, disclosures=lambda digest: log.disclosures[digest].replace(b"bob", b"eve"))


def test_long_lists_come_from_the_evidence_or_are_counted() -> None:
    commits = tuple(worlds.good_commit(f"{n:040x}", "f" * 40) for n in range(700))
    log = one(facts=good_facts(change=worlds.good_change(commits=commits)))
    assert f"{699:040x}  by alice" in dossier_text(whole(log))
    assert "700, in the evidence bundle" in dossier_text(dossier(log, 0))


def test_names_that_nothing_vouches_for_are_not_shown() -> None:
    commits = tuple(
        worlds.good_commit(f"{n:040x}", "f" * 40, author=worlds.git(f"m{n}")) for n in range(700)
    )
    log = one(facts=good_facts(change=worlds.good_change(commits=commits)))
    found = dossier(log, 0, disclosures=log.disclosures.get)
    assert "not the evidence that vouches for it" in dossier_text(found)
    assert "bob" not in dossier_text(found)
    assert json.loads(dossier_json(found))["people"] == "unchecked"


def test_facts_that_could_not_be_had_are_told_with_their_reason() -> None:
    text = dossier_text(whole(one(facts=everything_known()[0], decision=everything_known()[1])))
    assert "could not be had" not in text.split("Change")[0]
    gone = good_facts(
        change=problem(service="github"),
        tickets=(
            Lookup(worlds.reference("CHG-8"), MissingTicket()),
            Lookup(worlds.reference("CHG-9"), problem()),
            Lookup(worlds.reference("CHG-1"), worlds.good_ticket(key="OPS-5", approvals=problem())),
        ),
    )
    text = dossier_text(whole(one(facts=gone)))
    assert "CHG-8  not there" in text
    assert "CHG-9  could not be had from jira (unavailable): GET /thing: It did not" in text
    assert "approvals   could not be had from jira" in text
    assert "came back as OPS-5" in text
    assert "could not be had from github" in text
    none = dossier_text(whole(one(facts=good_facts(given=(), tickets=()))))
    assert "Change requests\n  none" in none


def test_the_outcome_stands_beside_the_decision() -> None:
    log = one()
    record: Any = log.signed_record(0)[0]
    log.append(write_outcome(record, log.link(0), "failed"))
    ended = Outcomes(log).of(0)
    found = dossier(log, 0, ended=ended)
    assert (
        "outcome       failed at 2026-01-05T09:35:00.000Z (entry 1), the job's own word"
        in dossier_text(found)
    )
    assert json.loads(dossier_json(found))["outcome"]["index"] == 1
    outcome = dossier(log, 1)
    assert "of            entry 0" in dossier_text(outcome)
    assert json.loads(dossier_json(outcome))["kind"] == "outcome"


def test_other_records_are_shown_too() -> None:
    log = one()
    entry = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", NOW)
    key = key_statement(entry, KeyAction.ADDED, KeyRole.RECORD, at=NOW, gate_version="0")
    log.append(seal(key, SIGNER))
    unknown = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "urn:gate:exemption:v1",
        "subject": [{"digest": {"gitCommit": MERGE_SHA}}],
        "predicate": {"at": "2026-01-05T09:30:00.000Z"},
    }
    log.append(seal(encode(unknown), SIGNER))
    written = write(judged=good_history(base=Base(BaseKind.FIRST, "")))
    superseded = superseded_statement(
        written.digest, written.record, ["base"], at=NOW, judged=good_history(), gate_version="0"
    )
    log.append(seal(superseded, SIGNER))
    assert f"record key {SIGNER.keyid} added" in dossier_text(dossier(log, 1))
    assert "urn:gate:exemption:v1, which this version does not know" in dossier_text(
        dossier(log, 2)
    )
    assert f"replaces      entry sha256:{written.digest}" in dossier_text(dossier(log, 3))
    kinds = [json.loads(dossier_json(dossier(log, index)))["kind"] for index in range(4)]
    assert kinds == ["decision", "key", "unknown", "decision"]
    lines = [entry_line(index, log.signed_record(index)[0]) for index in range(4)]
    assert "allowed       shop to production  333333333333  CHG-1" in lines[0]
    assert "record key added" in lines[1]
    assert "does not know" in lines[2]
    assert "denied" in lines[3]


def test_a_line_for_an_outcome_names_its_decision() -> None:
    log = one(facts=good_facts(given=()))
    record: Any = log.signed_record(0)[0]
    log.append(write_outcome(record, EntryLink(0, log.link(0).leaf)))
    assert entry_line(1, log.signed_record(1)[0]).endswith("333333333333  of entry 0")
    assert entry_line(0, record).endswith("no change request")


def test_nothing_from_outside_reaches_a_terminal_unescaped() -> None:
    ticket = worlds.good_ticket(summary="\x1b[31mred\n::error::x", creator=worlds.jira("\x9b1m"))
    pull = worlds.good_pull_request(title="::set-output name=x::\r\u202e")
    facts = good_facts(ticket, change=worlds.good_change(pull_requests=(pull,)))
    text = dossier_text(whole(one(facts=facts, decision=good_decision(DecisionKind.DENIED))))
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert not any(c in text for c in "\x9b\u202e")
    assert all(not line.lstrip().startswith("::") for line in text.splitlines())
