"""Emergencies in the auditor's lists: reason, deadline, review, and the counts."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from logs import MemoryLog
from records import SIGNER, good_decision, labels, write
from worlds import NOW, github, good_facts, good_history, good_run

from gate.audit.outcomes import Outcomes
from gate.audit.population import Population, population
from gate.audit.tables import header_json, write_population_csv
from gate.errors import InconsistentError
from gate.model import DecisionKind, Emergency, EntryLink, Free
from gate.record.dsse import seal
from gate.record.statement import DecisionRecord
from gate.record.writing import review_statement

HOUR = timedelta(hours=1)
REASON = "Checkout is down"
KINDS = {kind.value: kind for kind in DecisionKind}


def declare(
    log: MemoryLog, *, actor: str = "erin", kind: DecisionKind = DecisionKind.EMERGENCY
) -> EntryLink:
    due = NOW + HOUR if kind is DecisionKind.EMERGENCY else None
    declared = Emergency(Free(REASON), ("approved",) if due else (), due)
    facts = good_facts(run=good_run(actor=github(actor)))
    return log.add(write(facts, good_decision(kind, emergency=declared)))


def review(log: MemoryLog, of: EntryLink, when: datetime, kind: str = "allowed") -> EntryLink:
    record, _ = log.signed_record(of.index)
    assert isinstance(record, DecisionRecord)
    payload = review_statement(
        good_facts(),
        replace(good_decision(KINDS[kind]), at=when),
        (of, record),
        labels=labels(),
        policy=record.predicate.policy,
        judged=good_history(),
        evidence_sha256="d" * 64,
        gate_version="0.1.0",
    )
    return log.append(seal(payload, SIGNER))


def listed(log: MemoryLog, *, after: timedelta = HOUR, **given: Any) -> Population:
    return population(
        log,
        generated_at=NOW + after,
        gate_version="0.1.0",
        evidence=log.bundles.get,
        **given,
    )


def test_a_row_tells_reason_deadline_and_review() -> None:
    log = MemoryLog()
    link = declare(log)
    done = review(log, link, NOW + HOUR)
    (row,) = listed(log).rows()
    assert row.decision == "emergency"
    assert row.emergency_reason.startswith("t")
    assert row.review_due == "2026-01-05T10:30:00.000Z"
    assert (row.review_outcome, row.review_index) == ("approved", str(done.index))
    assert row.review_recorded_at == "2026-01-05T10:30:00.000Z"
    (row,) = listed(log, disclosures=log.disclosures.get).rows()
    assert row.emergency_reason == REASON


def test_an_ordinary_decision_tells_nothing_of_them() -> None:
    log = MemoryLog()
    log.add(write())
    (row,) = listed(log).rows()
    told = (row.emergency_reason, row.review_due, row.review_outcome, row.review_index)
    assert told == ("", "", "", "")


@pytest.mark.parametrize(
    ("reviews", "outcome", "at"),
    [
        ([], "(none recorded)", ""),
        ([("denied", 1)], "denied", "1"),
        ([("denied", 1), ("undetermined", 2)], "undetermined", "2"),
        ([("denied", 1), ("allowed", 2)], "approved (late)", "2"),
        ([("allowed", 0), ("denied", 3)], "approved", "1"),
        ([("allowed", 0), ("allowed", 3)], "approved", "1"),
    ],
)
def test_the_first_that_approves_settles_it_else_the_newest_is_told(
    reviews: list[tuple[str, int]], outcome: str, at: str
) -> None:
    log = MemoryLog()
    link = declare(log)
    for kind, hours in reviews:
        review(log, link, NOW + hours * HOUR + timedelta(minutes=1), kind)
    (row,) = listed(log).rows()
    assert (row.review_outcome, row.review_index) == (outcome, at)


def test_the_header_counts_them() -> None:
    log = MemoryLog()
    links = [declare(log) for _ in range(4)]
    declare(log, actor="carol")
    declare(log, kind=DecisionKind.DENIED)
    log.add(write())
    log.add(write(decision=good_decision(DecisionKind.DENIED)))
    review(log, links[0], NOW + HOUR)
    review(log, links[1], NOW + 2 * HOUR)
    review(log, links[2], NOW, "denied")

    def counted(found: Population) -> dict[str, Any]:
        list(found.rows())
        result = header_json(found.header)["emergencies"]
        assert isinstance(result, dict)
        return result

    assert counted(listed(log)) == {
        "declared": 5,
        "of_permitted": 6,
        "refused": 1,
        "deferred": 0,
        "spooled": 0,
        "reviewed_in_time": 1,
        "reviewed_late": 1,
        "awaiting_review": 3,
        "overdue": 0,
        "by_person": None,
    }
    found = counted(listed(log, after=2 * HOUR, disclosures=log.disclosures.get))
    assert (found["awaiting_review"], found["overdue"]) == (0, 3)
    assert found["by_person"] == {"carol": 1, "erin": 4}
    assert header_json(_read(listed(log)))["records"]["review"] == 3


def _read(found: Population) -> Any:
    list(found.rows())
    return found.header


def test_a_reason_that_a_spreadsheet_would_run_is_inert() -> None:
    log = MemoryLog()
    declared = Emergency(Free('=cmd|"/c calc"!A1'), (), NOW)
    log.add(write(decision=good_decision(DecisionKind.EMERGENCY, emergency=declared)))
    out = io.BytesIO()
    write_population_csv(listed(log, disclosures=log.disclosures.get), out)
    assert b"'=cmd" in out.getvalue()


def test_a_review_of_something_else_gives_no_list() -> None:
    log = MemoryLog()
    link = declare(log)
    review(log, replace(link, leaf="0" * 64), NOW)
    with pytest.raises(InconsistentError, match="entry 1 is the review of entry 0"):
        Outcomes(log)
    assert json.dumps(REASON)
