from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from hypothesis import given
from hypothesis import strategies as st
from records import SIGNER, good_decision, owner_of, result, trusted, write

from gate.errors import InconsistentError
from gate.model import Account, Decision, DecisionKind, Facts, Free, Status
from gate.record.canonical import decode, encode
from gate.record.disclosure import parse_disclosure
from gate.record.dsse import MAX_ENVELOPE, open_signed, seal
from gate.record.errors import MalformedRecordError
from gate.record.evidence import check_evidence
from gate.record.labels import Labels
from gate.record.statement import open_record, parse_statement
from gate.record.times import format_time, parse_time

TEXTS = st.text(st.characters(codec=None), max_size=40)
ACCOUNTS = st.builds(
    Account,
    st.sampled_from(["jira", "github", "git"]),
    st.sampled_from(["alice", "acc-bob", "mallory", "eve@else.example"]) | TEXTS,
    name=TEXTS,
    email=TEXTS,
)
TIMES = st.datetimes(timezones=st.just(UTC))
VALUES = st.recursive(
    TEXTS
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | TIMES
    | st.timedeltas(min_value=-timedelta(days=9_999), max_value=timedelta(days=9_999))
    | ACCOUNTS
    | st.builds(Free, TEXTS),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b_c", "people", "Spilled"]), VALUES, max_size=3)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@st.composite
def worlds_of_records(draw: st.DrawFn) -> tuple[Facts, Decision]:
    commits = tuple(
        worlds.good_commit(f"{n:040x}", "f" * 40, author=draw(ACCOUNTS), message=draw(TEXTS))
        for n in range(draw(st.integers(0, 5)))
    )
    change = worlds.good_change(
        commits=draw(st.sampled_from([commits, worlds.problem()])),
        pull_requests=(worlds.good_pull_request(title=draw(TEXTS), head_ref=draw(TEXTS)),),
    )
    ticket = worlds.good_ticket(
        type=draw(TEXTS), status=Status(draw(TEXTS), draw(TEXTS)), summary=draw(TEXTS)
    )
    facts = worlds.good_facts(ticket, change=change)
    drawn: list[dict[str, Any]] = [draw(ARGUMENTS) for _ in range(3)]
    controls = tuple(result(f"control-{n}", **args) for n, args in enumerate(drawn))
    return facts, good_decision(draw(st.sampled_from(DecisionKind)), controls=controls)


@given(worlds_of_records())
def test_whatever_was_read_makes_a_record_that_reads_back(world: tuple[Facts, Decision]) -> None:
    facts, decision = world
    written = write(facts, decision)
    assert len(written.entry) < MAX_ENVELOPE
    record = written.record
    assert (record.decision, record.commit) == (decision.kind, facts.deployment.commit)
    assert check_evidence(record, written.evidence).predicate == record.predicate
    disclosure = parse_disclosure(written.disclosure.to_json())
    labels: Any = record.predicate.labels
    disclosure.check(written.digest, labels, record.predicate.policy.sha256)


@given(st.lists(ACCOUNTS, max_size=12))
def test_labels_join_owners_and_keep_strangers_apart(accounts: list[Account]) -> None:
    labels = Labels(owner_of)
    given_out = [labels.person(account) for account in accounts]
    for first, one in zip(accounts, given_out, strict=True):
        for second, other in zip(accounts, given_out, strict=True):
            owners = owner_of(first), owner_of(second)
            if owners == (None, None):
                assert (one == other) == ((first.system, first.key) == (second.system, second.key))
            else:
                assert (one == other) == (owners[0] == owners[1])
    assert list(dict.fromkeys(given_out)) == [f"p{n + 1}" for n in range(len(set(given_out)))]


@given(JSON)
def test_canonical_json_reads_back_and_has_one_spelling(value: Any) -> None:
    data = encode(value)
    assert decode(data, limit=10**6, what="x") == value
    for other in (json.dumps(value), json.dumps(value, indent=1), json.dumps(value) + " "):
        if other.encode() != data:
            with pytest.raises(MalformedRecordError):
                decode(other.encode(), limit=10**6, what="x")


@given(st.binary(min_size=1, max_size=300))
def test_any_payload_seals_and_opens(payload: bytes) -> None:
    assert open_signed(seal(payload, SIGNER), trusted()) == (payload, SIGNER.keyid)


ENTRY = write().entry


@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 255))
def test_another_byte_anywhere_is_refused(place: int, byte: int) -> None:
    mangled = ENTRY[:place] + bytes([byte]) + ENTRY[place + 1 :]
    if mangled != ENTRY:
        with pytest.raises(InconsistentError):
            open_record(mangled, trusted())


@given(st.binary(max_size=200) | JSON.map(encode))
def test_no_bytes_break_the_readers(data: bytes) -> None:
    for read in (parse_statement, parse_disclosure, lambda d: open_record(d, trusted())):
        with pytest.raises(InconsistentError):
            read(data)


@given(TIMES)
def test_times_read_back_to_the_millisecond(at: datetime) -> None:
    text = format_time(at)
    assert parse_time(text) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert format_time(parse_time(text)) == text
