from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import worlds
from logs import ORIGIN, MemoryLog
from records import SIGNER, good_controls, good_decision, result, write, write_outcome
from worlds import MERGE_SHA, NOW, good_deployment, good_facts, good_history, problem

from gate.audit.cells import IN_EVIDENCE, MISSING, NONE_RECORDED, NOT_MERGED, UNKNOWN
from gate.audit.notes import NO_KEPT
from gate.audit.population import Population, Verified, population, row_json
from gate.audit.rows import COLUMNS, Row
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
    RunClaim,
    Verdict,
)
from gate.record.canonical import encode
from gate.record.dsse import seal
from gate.record.errors import AlteredError
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signers import SignerEntry
from gate.record.writing import key_statement, superseded_statement
from gate.tlog.checkpoint import Checkpoint

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
        "predicateType": "urn:gate:exemption:v1",
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


def test_makers_are_all_whom_git_and_forge_name() -> None:
    log = MemoryLog()
    commit = worlds.good_commit(
        MERGE_SHA,
        worlds.BASE_SHA,
        author=worlds.git("alice"),
        committer=worlds.git("dave"),
        co_authors=(worlds.git("carol"),),
        signer=worlds.github("erin"),
    )
    change = worlds.good_change(
        commits=(commit,),
        pull_requests=(worlds.good_pull_request(author=worlds.github("bob"), commits=()),),
    )
    decide(log, facts=good_facts(change=change))
    (row,) = rows(log, disclosures=log.disclosures.get)
    assert row.makers == ("alice", "dave", "carol", "erin", "bob")


def test_the_run_the_base_and_the_pull_request_are_told() -> None:
    log = MemoryLog()
    decide(log)
    (row,) = rows(log, disclosures=log.disclosures.get)
    assert (row.run_created_at, row.run_attempt) == ("2026-01-05T09:15:00.000Z", "1")
    assert row.deployer == "erin"
    assert (row.base, row.base_kind, row.base_index) == (worlds.BASE_SHA, "deployed", "6")
    assert row.last_push_at == "2026-01-05T08:30:00.000Z"
    assert row.merged_at == ("2026-01-05T09:10:00.000Z",)
    assert len(row.reviewers) == len(row.reviewed_at) == 1
    assert row.ticket_status == ("Approved",)
    assert row.gate_version == "0.1.0"


def test_what_only_the_environment_says_of_the_run_is_a_claim() -> None:
    log = MemoryLog()
    claim = RunClaim("gitlab", "7", "2", actor="erin", created_at=NOW)
    for run in (None, problem()):
        facts = good_facts(deployment=good_deployment(run=claim))
        decide(log, facts=replace(facts, run=run))
    decide(
        log, facts=replace(good_facts(deployment=good_deployment(run=RunClaim("shell"))), run=None)
    )
    decide(log, facts=good_facts(deployment=good_deployment(run=RunClaim("github")), run=problem()))
    *claimed, shell, silent = rows(log, disclosures=log.disclosures.get)
    for row in claimed:
        assert row.run_created_at == "2026-01-05T09:30:00.000Z (a claim)"
        assert (row.run_attempt, row.deployer) == ("2 (a claim)", "erin (a claim)")
    assert (shell.run_created_at, shell.run_attempt, shell.deployer) == ("", "", "")
    assert (silent.run_created_at, silent.deployer) == (UNKNOWN, UNKNOWN)


def test_objections_are_listed_with_their_times_and_upper_bounds_are_said() -> None:
    log = MemoryLog()
    objection = replace(worlds.good_approval(), verdict=Verdict.DECLINED, latest_possible=True)
    nameless = replace(worlds.good_review(), verdict=Verdict.DECLINED, account=None)
    facts = good_facts(
        worlds.good_ticket(
            approvals=(replace(worlds.good_approval(), latest_possible=True), objection)
        ),
        change=worlds.good_change(
            pull_requests=(worlds.good_pull_request(reviews=(nameless,), merged_at=None),)
        ),
    )
    decide(log, facts=facts)
    (row,) = rows(log, disclosures=log.disclosures.get)
    assert row.approved_at == ("2026-01-05T09:00:00.000Z (at the latest)",)
    assert row.objections == ("bob", UNKNOWN)
    assert row.objected_at[0] == "2026-01-05T09:00:00.000Z (at the latest)"
    assert (row.reviewers, row.merged_at) == ((), (NOT_MERGED,))


def test_a_ticket_that_came_back_under_another_key_says_so() -> None:
    log = MemoryLog()
    moved = Lookup(worlds.reference("CHG-1"), worlds.good_ticket(key="OPS-9"))
    decide(log, facts=good_facts(tickets=(moved,), given=(moved.reference,)))
    assert rows(log)[0].tickets == ("CHG-1 (came back as OPS-9)",)


def test_what_was_let_pass_without_an_outcome_is_said_and_counted() -> None:
    log = MemoryLog()
    for kind in DecisionKind:
        decide(log, kind)
    finish(log, decide(log))
    found = listed(log)
    outcomes = {row.decision: row.outcome for row in list(found.rows())[:-1]}
    assert outcomes == {
        "allowed": NONE_RECORDED,
        "emergency": NONE_RECORDED,
        "denied": "",
        "undetermined": "",
    }
    assert found.header.beside.allowed_without_outcome == 2


def test_kept_checkpoints_are_in_the_header_and_their_absence_is_noted() -> None:
    log = busy()
    bare = listed(log)
    list(bare.rows())
    assert NO_KEPT in bare.header.notes
    held = Verified((Checkpoint(ORIGIN, 2, b"\x01" * 32),), beyond=3)
    found = listed(log, verified=held)
    out = io.BytesIO()
    header = json.loads(population_header(found.header, "")) if list(found.rows()) else {}
    write_population_json(found, out)
    assert header["kept_checkpoints"] == [{"origin": ORIGIN, "size": 2, "root": "01" * 32}]
    assert header["files_beyond_head"] == 3
    assert NO_KEPT not in found.header.notes
    assert found.header.notes[0].startswith("3 files reach beyond this head")


def test_what_the_records_times_do_not_show_of_the_period_is_noted() -> None:
    log = busy()
    last = NOW + 3 * HOUR

    def noted(**query: Any) -> str:
        found = listed(log, **query)
        list(found.rows())
        return "\n".join(found.header.notes)

    inside = noted(start=NOW + HOUR, end=last)
    assert "nothing here shows" not in inside
    assert "nothing is shown about the part" not in inside
    assert "nothing here shows that this copy was taken after it" in noted(end=last + HOUR)
    before = noted(start=NOW - HOUR)
    assert "first record is of 2026-01-05T09:30:00.000Z: nothing is shown" in before
    assert "nothing is shown about the part" in noted(start=NOW)
    empty = listed(MemoryLog(), start=NOW, end=NOW + HOUR)
    list(empty.rows())
    assert any("no record with a time" in note for note in empty.header.notes)
    assert empty.header.first_record_at is empty.header.last_record_at is None


def test_names_are_joined_where_the_disclosure_is_there_and_labels_where_it_was_erased() -> None:
    log = MemoryLog()
    decide(log, facts=good_facts(worlds.good_ticket(creator=worlds.jira("mallory"))))
    decide(log)
    del log.disclosures[hashlib.sha256(log.entries[1]).hexdigest()]
    first, second = rows(log, disclosures=log.disclosures.get)
    assert (first.approvers, first.makers) == (("bob",), ("alice",))
    assert first.ticket_authors == ("jira:acc-mallory", "dave")
    joined = second.approvers + second.makers
    assert all(cell.startswith("p") and "(no name available)" in cell for cell in joined)
    assert second.notes == ("no names: this record's disclosure is not at hand",)


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
    assert (table[0].failed, table[0].undetermined) == (("approved",), ("freeze",))
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
    assert counts.unknown == {"urn:gate:exemption:v1": 1}
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
    assert header.made_after_period_end is True
    assert header.people_asked is False
    assert header.first_record_at == NOW
    assert header.last_record_at == NOW + 3 * HOUR


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
        assert found.header.made_after_period_end is ended
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
    assert header["people"] == {"asked": True, "joined": 4, "not_available": 0}
    assert header["evidence"] == {"present": 0, "absent": 4}
    assert header["allowed_without_outcome"] == 3
    assert "word of the job that deployed" in header["outcomes"]


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
        assert f"| `{key}` |" in text


def test_the_documents_script_computes_the_digest_of_the_rows(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    text = (pytestconfig.rootpath / "docs/audit/population.md").read_text("utf-8")
    (script,) = re.findall(r"```python script\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(script, names)  # noqa: S102 -- the script of our own document
    log = busy()
    ticket = worlds.good_ticket(type='Änderung "\\ \u2028')
    decide(log, facts=good_facts(ticket), at=NOW + 4 * HOUR)
    found = listed(log, disclosures=log.disclosures.get)
    path = tmp_path / "population.json"
    with path.open("wb") as out:
        write_population_json(found, out)
    assert names["rows_sha256"](path) == found.header.rows_sha256
    path.write_text(path.read_text("utf-8").replace("bob", "eve"), "utf-8")
    assert names["rows_sha256"](path) != found.header.rows_sha256


def test_the_document_names_the_columns_that_are_lists(pytestconfig: pytest.Config) -> None:
    text = (pytestconfig.rootpath / "docs/audit/population.md").read_text("utf-8")
    told = text.partition("`index` is a number.")[2].partition("are lists")[0]
    log = MemoryLog()
    decide(log)
    row = row_json(rows(log)[0])
    lists = [column for column, value in row.items() if isinstance(value, list)]
    assert re.findall(r"`(\w+)`", told) == lists
    assert [column for column, value in row.items() if isinstance(value, int)] == ["index"]
