from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import timedelta
from typing import Any

import pytest
import worlds
from logs import ORIGIN, MemoryLog
from records import SIGNER, good_controls, good_decision, result, write, write_outcome
from worlds import MERGE_SHA, NOW, good_deployment, good_facts, good_history, problem

from gate.audit.population import Population, population
from gate.audit.rows import COLUMNS, IN_EVIDENCE, MISSING, UNKNOWN, Row
from gate.audit.tables import population_header, write_population_csv, write_population_json
from gate.audit.tally import LISTED
from gate.errors import InconsistentError, UsageError
from gate.model import (
    DecisionKind,
    EntryLink,
    Facts,
    Level,
    Lookup,
    MissingTicket,
    Outcome,
    ProblemKind,
)
from gate.record.canonical import encode
from gate.record.dsse import seal
from gate.record.errors import AlteredError
from gate.record.signer import SignerEntry
from gate.record.statement import KeyAction, KeyRole, key_statement, superseded_statement

LATER = NOW + timedelta(days=10)
HOUR = timedelta(hours=1)


def listed(log: MemoryLog, **query: Any) -> Population:
    return population(log, generated_at=LATER, gate_version="0.1.0", **query)


def rows(log: MemoryLog, **query: Any) -> list[Row]:
    return list(listed(log, **query).rows())


def decide(
    log: MemoryLog,
    kind: DecisionKind = DecisionKind.ALLOWED,
    facts: Facts | None = None,
    **changes: Any,
) -> EntryLink:
    return log.add(write(facts, good_decision(kind, **changes)))


def finish(log: MemoryLog, link: EntryLink, outcome: str = "succeeded") -> EntryLink:
    record: Any = log.signed_record(link.index)[0]
    return log.append(write_outcome(record, link, outcome))


def unknown_record(at: str = "2026-01-05T09:30:00.000Z") -> bytes:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "urn:gate:review:v1",
        "subject": [{"digest": {"gitCommit": MERGE_SHA}}],
        "predicate": {"at": at},
    }
    return seal(encode(statement), SIGNER)


def test_a_row_tells_the_decision() -> None:
    log = MemoryLog()
    link = decide(log)
    outcome = finish(log, link)
    (row,) = rows(log)
    assert (row.index, row.leaf) == (0, link.leaf)
    assert row.decided_at == "2026-01-05T09:30:00.000Z"
    assert (row.decision, row.service, row.environment) == ("allowed", "shop", "production")
    assert (row.repository, row.commit) == (worlds.REPOSITORY, MERGE_SHA)
    assert row.tickets == ("CHG-1",)
    assert row.ticket_created == ("2026-01-05T08:00:00.000Z",)
    assert row.approved_at == ("2026-01-05T09:00:00.000Z",)
    assert row.run_url == f"{worlds.REPOSITORY}/actions/runs/4711"
    assert (row.outcome, row.outcome_at) == ("succeeded", "2026-01-05T09:35:00.000Z")
    assert row.outcome_index == str(outcome.index)
    assert (row.failed, row.waived, row.exceptions) == ((), (), ("test-plan (fail)",))
    assert (row.claims, row.assurance) == (("pipeline-start",), "self-run")
    assert row.policy_pin == "pinned"
    assert row.entry_sha256 == hashlib.sha256(log.entries[0]).hexdigest()
    assert hashlib.sha256(log.bundles[row.evidence_sha256]).hexdigest() == row.evidence_sha256
    assert (row.keyid, row.replaces, row.notes) == (SIGNER.keyid, "", ())


def test_persons_are_labels_and_the_same_label_in_every_column() -> None:
    log = MemoryLog()
    decide(log)
    (row,) = rows(log)
    (approver,) = row.approvers
    people = {*row.approvers, *row.makers, *row.ticket_authors}
    assert all(label.startswith("p") for label in people)
    assert approver not in row.makers
    assert len(row.makers) == 1  # alice, who wrote and pushed; the merge was the forge's


def test_names_are_joined_where_the_disclosure_is_there_and_labels_where_it_was_erased() -> None:
    log = MemoryLog()
    decide(log, facts=good_facts(worlds.good_ticket(creator=worlds.jira("mallory"))))
    decide(log)
    del log.disclosures[hashlib.sha256(log.entries[1]).hexdigest()]
    first, second = rows(log, disclosures=log.disclosures.get)
    assert (first.approvers, first.makers) == (("bob",), ("alice",))
    assert first.ticket_authors == ("jira:acc-mallory", "dave")
    assert all(label.startswith("p") for label in second.approvers + second.makers)


def test_a_disclosure_or_evidence_that_was_altered_is_never_shown() -> None:
    log = MemoryLog()
    decide(log)
    (name, data) = next(iter(log.disclosures.items()))
    altered = {name: data.replace(b"bob", b"eve")}
    with pytest.raises(AlteredError, match="committed"):
        rows(log, disclosures=altered.get)
    with pytest.raises(AlteredError, match="SHA-256"):
        rows(log, evidence=lambda _: b"{}")


def test_denials_and_undetermined_are_listed_too() -> None:
    log = MemoryLog()
    controls = (
        *good_controls(),
        result("approved", Outcome.FAIL),
        result("freeze", Outcome.UNDETERMINED),
        result("ticket-open", Outcome.WAIVED),
        result("change-window", Outcome.UNDETERMINED, Level.WARN),
        result("deployer", Outcome.FAIL, Level.OFF),
    )
    for kind in DecisionKind:
        decide(log, kind, controls=controls)
    found = listed(log)
    table = list(found.rows())
    assert [row.decision for row in table] == [kind.value for kind in DecisionKind]
    assert table[0].failed == ("approved (fail)", "freeze (undetermined)")
    assert table[0].waived == ("ticket-open",)
    assert table[0].exceptions == ("test-plan (fail)", "change-window (undetermined)")
    assert found.header.counts.by_decision == {kind.value: 1 for kind in DecisionKind}


def test_what_could_not_be_had_is_said_and_never_blank() -> None:
    log = MemoryLog()
    gone = problem(ProblemKind.PERMISSION)
    decide(log, facts=good_facts(given=gone, tickets=(), change=gone, run=gone))
    lookups = (
        Lookup(worlds.reference("CHG-8"), MissingTicket()),
        Lookup(worlds.reference("CHG-9"), gone),
    )
    ticket = worlds.good_ticket(approvals=gone)
    decide(log, facts=good_facts(ticket, change=worlds.good_change(commits=gone)))
    decide(log, facts=good_facts(tickets=lookups, given=tuple(x.reference for x in lookups)))
    first, second, third = rows(log)
    assert (first.tickets, first.makers) == ((UNKNOWN,), (UNKNOWN,))
    assert (second.approvers, second.approved_at) == ((UNKNOWN,), (UNKNOWN,))
    assert second.makers[0] == UNKNOWN
    assert third.tickets == ("CHG-8", "CHG-9")
    assert third.ticket_created == (MISSING, UNKNOWN)
    assert third.approvers == (UNKNOWN,)


def test_lists_that_spilled_come_from_the_evidence_or_are_said_to_be_there() -> None:
    commits = tuple(
        worlds.good_commit(f"{n:040x}", "f" * 40, author=worlds.git(f"maker{n}"))
        for n in range(700)
    )
    facts = good_facts(change=worlds.good_change(commits=commits))
    log = MemoryLog()
    decide(log, facts=facts)
    (bare,) = rows(log, disclosures=log.disclosures.get)
    assert bare.makers[0] == IN_EVIDENCE
    assert bare.approvers[0].startswith("p")
    assert "evidence that vouches for them is missing" in bare.notes[0]
    (whole,) = rows(log, evidence=log.bundles.get, disclosures=log.disclosures.get)
    assert len(whole.makers) == 701
    assert whole.makers[0] == "git:maker0@acme.example"
    assert (whole.approvers, whole.notes) == (("bob",), ())


def test_the_newest_outcome_counts_and_others_are_told() -> None:
    log = MemoryLog()
    first, second = decide(log), decide(log)
    finish(log, second, "failed")
    finish(log, first)
    last = finish(log, first, "rolled-back")
    table = rows(log)
    assert (table[0].outcome, table[0].outcome_index) == ("rolled-back", str(last.index))
    assert table[0].notes == ("the newest of 2 outcomes",)
    assert (table[1].outcome, table[1].notes) == ("failed", ())


def test_an_outcome_of_something_else_is_tampering() -> None:
    log = MemoryLog()
    link = decide(log)
    record: Any = log.signed_record(0)[0]
    elsewhere = write(good_facts(deployment=good_deployment(environment="staging"))).record
    for entry in (
        write_outcome(record, EntryLink(0, "0" * 64)),
        write_outcome(record, EntryLink(7, link.leaf)),
        write_outcome(elsewhere, link),
    ):
        with pytest.raises(InconsistentError, match="entry 1 is the outcome of entry"):
            rows(MemoryLog([*log.entries, entry]))
    outcome = finish(log, link)
    log.append(write_outcome(record, outcome))
    with pytest.raises(InconsistentError, match="entry 2 is the outcome of entry 1"):
        rows(log)


def test_a_denial_in_the_place_of_another_record_uses_that_records_names() -> None:
    log = MemoryLog()
    written = write()
    log.disclosures[written.digest] = written.disclosure.to_json()
    log.bundles[written.record.predicate.evidence] = written.evidence
    payload = superseded_statement(
        written.digest,
        written.record,
        ["base"],
        at=NOW,
        judged=good_history(),
        gate_version="0.1.0",
    )
    log.append(seal(payload, SIGNER))
    (row,) = rows(log, disclosures=log.disclosures.get, evidence=log.bundles.get)
    assert (row.decision, row.approvers, row.replaces) == ("denied", ("bob",), written.digest)
    assert row.notes == ("denied at its place in the log (history-moved: base)",)


def busy() -> MemoryLog:
    """Two places, an outcome, a key and a record of a later version."""
    log = MemoryLog()
    first = decide(log)
    staging = good_facts(deployment=good_deployment(environment="staging"))
    decide(log, facts=staging, at=NOW + HOUR)
    books = good_facts(deployment=good_deployment(service="books"))
    decide(log, facts=books, at=NOW + 2 * HOUR)
    finish(log, first)
    entry = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", NOW)
    key = key_statement(entry, KeyAction.ADDED, KeyRole.RECORD, at=NOW + HOUR, gate_version="0")
    log.append(seal(key, SIGNER))
    log.append(unknown_record())
    decide(log, at=NOW + 3 * HOUR)
    return log


def test_every_record_of_the_log_is_accounted_for() -> None:
    log = busy()
    found = listed(log, start=NOW, end=NOW + 3 * HOUR, environment="production", service="shop")
    assert [row.index for row in found.rows()] == [0]
    counts = found.header.counts
    assert counts.records == log.size == 7
    assert (counts.decisions, counts.outcomes, counts.keys) == (4, 1, 1)
    assert counts.unknown == {"urn:gate:review:v1": 1}
    assert (counts.listed, counts.outside_period) == (1, 1)
    assert (counts.other_environment, counts.other_service) == (1, 1)
    assert counts.by_place == {
        "shop to production": 1,
        "shop to staging": 1,
        "books to production": 1,
    }
    assert any("do not know" in note or "does not know" in note for note in found.header.notes)


def test_the_period_holds_its_start_and_not_its_end() -> None:
    log = busy()
    assert [row.index for row in rows(log, start=NOW, end=NOW + HOUR)] == [0]
    assert [row.index for row in rows(log, start=NOW + HOUR)] == [1, 2, 6]
    assert [row.index for row in rows(log, end=NOW + 2 * HOUR)] == [0, 1]
    with pytest.raises(UsageError, match="before it begins"):
        listed(log, start=NOW, end=NOW)


def test_the_header_says_from_what_and_how() -> None:
    log = busy()
    found = listed(log, start=NOW, end=NOW + HOUR)
    with pytest.raises(ValueError, match="rows have been read"):
        _ = found.header
    list(found.rows())
    header = found.header
    assert (header.origin, header.size, header.root) == (ORIGIN, 7, log.root.hex())
    assert header.checkpoint == log.checkpoint.decode()
    assert (header.generated_at, header.gate_version) == (LATER, "0.1.0")
    assert header.period_ended is True
    assert header.people_joined is False


def test_records_out_of_time_order_are_listed() -> None:
    log = busy()
    found = listed(log)
    list(found.rows())
    assert (found.header.out_of_order, found.header.out_of_order_count) == ((3, 4, 5), 3)
    assert any(note.startswith("3 records give themselves") for note in found.header.notes)


def test_of_very_many_out_of_order_the_first_thousand_are_named() -> None:
    entries = [unknown_record("2026-01-06T00:00:00.000Z")] + [unknown_record()] * (LISTED + 5)
    found = listed(MemoryLog(entries))
    list(found.rows())
    assert len(found.header.out_of_order) == LISTED
    assert found.header.out_of_order_count == LISTED + 5


def test_a_period_that_has_not_ended_is_said() -> None:
    log = busy()
    for end, ended in ((LATER, True), (LATER + HOUR, False), (None, None)):
        found = listed(log, end=end)
        list(found.rows())
        assert found.header.period_ended is ended
        told = any("had not ended" in note for note in found.header.notes)
        assert told == (ended is False)


@pytest.mark.parametrize("log", [MemoryLog(), busy()], ids=["empty log", "empty period"])
def test_an_empty_population_is_a_result(log: MemoryLog) -> None:
    found = listed(log, end=NOW - HOUR)
    out = io.BytesIO()
    digest = write_population_csv(found, out)
    header = json.loads(population_header(found.header, digest))
    assert out.getvalue().decode() == ",".join(COLUMNS) + "\r\n"
    assert header["decisions"]["listed"] == 0
    assert header["records"]["read"] == header["log"]["size"] == log.size
    assert any(note.startswith("No decision was recorded") for note in header["notes"])


def test_a_name_that_the_log_never_heard_of_is_said() -> None:
    found = listed(busy(), environment="Production ", service="shpo")
    assert list(found.rows()) == []
    assert sum("in the whole log" in note for note in found.header.notes) == 2


def test_rows_can_be_read_again_and_are_the_same() -> None:
    found = listed(busy())
    first = list(found.rows())
    digest = found.header.rows_sha256
    assert list(found.rows()) == first
    assert found.header.rows_sha256 == digest


def test_csv_has_rows_only_and_its_digest_stands_beside_it() -> None:
    log = busy()
    found = listed(log, disclosures=log.disclosures.get)
    out = io.BytesIO()
    digest = write_population_csv(found, out)
    assert digest == hashlib.sha256(out.getvalue()).hexdigest()
    table = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert table[0] == list(COLUMNS)
    assert [row[0] for row in table[1:]] == ["0", "1", "2", "6"]
    assert table[1][COLUMNS.index("approvers")] == "bob"
    header = json.loads(population_header(found.header, digest))
    assert header["csv_sha256"] == digest
    assert header["columns"] == list(COLUMNS)
    assert header["log"]["checkpoint"] == log.checkpoint.decode()
    assert (header["log"]["first_index"], header["log"]["last_index"]) == (0, 6)
    assert header["people"] == "joined"


def test_cells_are_no_formulas() -> None:
    hostile = ("=cmd()", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", ' "=1', "a\nb", "a,b")
    log = MemoryLog()
    lookups = tuple(Lookup(worlds.reference(text), MissingTicket()) for text in hostile)
    for lookup in lookups:
        decide(log, facts=good_facts(given=(lookup.reference,), tickets=(lookup,)))
    out = io.BytesIO()
    write_population_csv(listed(log), out)
    table = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    cells = [row[COLUMNS.index("tickets")] for row in table[1:]]
    assert len(cells) == len(hostile)
    assert all(
        not cell.lstrip(" '\"").startswith(("=", "+", "-", "@")) or cell[0] == "'" for cell in cells
    )
    assert all(cell[0] not in "=+-@\t\r" for cell in cells)


def test_json_holds_rows_and_header() -> None:
    log = busy()
    found = listed(log)
    out = io.BytesIO()
    write_population_json(found, out)
    body = json.loads(out.getvalue())
    assert [row["index"] for row in body["rows"]] == [0, 1, 2, 6]
    assert list(body["rows"][0]) == list(COLUMNS)
    assert body["rows"][0]["tickets"] == ["CHG-1"]
    assert body["header"]["decisions"]["listed"] == 4
    digest = hashlib.sha256()
    for row in body["rows"]:
        digest.update(encode(row) + b"\n")
    assert body["header"]["rows_sha256"] == digest.hexdigest()
    empty = io.BytesIO()
    write_population_json(listed(MemoryLog()), empty)
    assert json.loads(empty.getvalue())["rows"] == []


def test_every_column_and_header_field_is_documented(pytestconfig: pytest.Config) -> None:
    text = (pytestconfig.rootpath / "docs/audit/population.md").read_text("utf-8")
    for column in COLUMNS:
        assert f"| `{column}` |" in text
    found = listed(busy())
    list(found.rows())
    for key in json.loads(population_header(found.header, "")):
        assert f"`{key}`" in text
