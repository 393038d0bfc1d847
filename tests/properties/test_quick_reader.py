"""Reading quickly says nothing but what the strict reader says, and never reads what it refuses."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from faults.pipelines import TRUST, Pipeline, fill, story
from hypothesis import given
from hypothesis import strategies as st
from properties.test_record_properties import worlds_of_records
from records import OTHER, SIGNER, trusted, write
from worlds import NOW, good_facts

from gate.errors import InconsistentError
from gate.log.reading.keys import QUICK_FROM, keys_of, replaced_by, row_of
from gate.log.writing.create import init_log
from gate.model import Decision, Facts
from gate.record.canonical import digest_of, encode
from gate.record.dsse import open_signed, seal
from gate.record.errors import MalformedRecordError
from gate.record.quick import QuickReader
from gate.record.shapes import read_quickly
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import open_record, parse_statement
from gate.record.summary import Summary, summarise
from gate.record.times import parse_time
from gate.store.contract import DIGEST, token
from gate.store.memory import MemoryStore

READER = QuickReader(trusted())
TEXTS = [
    *("", "x", 'a"b', "a\\b", "\x7f", "\u2028", "p1", "t1000000", "spilled"),
    *("é" * 401, "A" * 401),
]
TIMES = [
    *("2024-02-29T00:00:00.000Z", "2023-02-29T00:00:00.000Z", "2026-04-31T00:00:00.000Z"),
    *("0000-01-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-13-01T00:00:00.000Z"),
    *("2026-01-01T00:00:60.000Z", "2026-01-01T00:00:00Z", "2026-12-31T23:59:59.999Z"),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 10**14, 10**15, 2**53 - 1, 2**53, -(2**53), 1.5, [], {}, [[]]),
    *(*TEXTS, *TIMES),
    *("ab" * 20, "ab" * 32, "AB" * 20, "ab" * 21),
    *({"text": "t1"}, {"person": "p1"}, {"time": TIMES[-1]}, {"milliseconds": 5}, {"text": "p1"}),
    *({"spilled": {"count": 1, "sha256": "ab" * 32}}, {"spilled": 1}),
    {"problem": {"detail": "t1", "kind": "unavailable", "service": "jira"}},
]


def payloads() -> list[bytes]:
    """Of a log with decisions, outcomes, several services and tickets, and of keys."""
    store = MemoryStore()
    pipeline = Pipeline(store)
    from faults.pipelines import LOG_KEY, ORIGIN

    init_log(store, ORIGIN, LOG_KEY)
    fill(store, 1)
    story(pipeline, 24)
    view = pipeline.view()
    return [open_signed(view.entry(n), TRUST.signers)[0] for n in range(view.size)]


PAYLOADS = payloads()


def strictly(payload: bytes) -> Summary | None:
    try:
        return summarise(parse_statement(payload))
    except InconsistentError:
        return None


def compare(payload: bytes) -> bool:
    """Whether it was read quickly; and then to the same."""
    found = read_quickly(payload)
    if found is not None:
        assert found == strictly(payload)
    return found is not None


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a JSON value: its container, and its key or index there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from nodes(inner)


def test_honest_records_of_deployments_are_read_quickly_and_to_the_same() -> None:
    kinds = {"decision": 0, "outcome": 0}
    for payload in PAYLOADS:
        summary = strictly(payload)
        assert summary is not None
        assert compare(payload) == (summary.kind in kinds)
        if summary.kind in kinds:
            kinds[summary.kind] += 1
    assert min(kinds.values()) > 5


@given(worlds_of_records())
def test_whatever_makes_a_record_is_read_to_the_same(world: tuple[Facts, Decision]) -> None:
    compare(open_signed(write(*world).entry, trusted())[0])


@given(st.sampled_from(PAYLOADS[1:]), st.randoms(use_true_random=False), st.sampled_from(VALUES))
def test_a_value_exchanged_anywhere_is_judged_the_same(
    payload: bytes, chance: random.Random, value: Any
) -> None:
    document = json.loads(payload)
    container, key = chance.choice(list(nodes(document)))
    container[key] = value
    compare(encode(document))


@given(st.sampled_from(PAYLOADS[1:]), st.randoms(use_true_random=False))
def test_parts_exchanged_dropped_and_doubled_are_judged_the_same(
    payload: bytes, chance: random.Random
) -> None:
    document = json.loads(payload)
    places = list(nodes(document))
    container, key = chance.choice(places)
    other, at = chance.choice(places)
    what = chance.randrange(4)
    if what == 0:
        container[key] = json.loads(json.dumps(other[at]))
    elif what == 1:
        del container[key]
    elif isinstance(container, list):
        container.insert(key, json.loads(json.dumps(container[key])))
    else:
        container["zz" if what == 2 else "p10"] = json.loads(json.dumps(container[key]))
    compare(encode(document))


@given(st.sampled_from(PAYLOADS[1:]), st.integers(0), st.integers(0, 255))
def test_another_byte_anywhere_is_judged_the_same(payload: bytes, at: int, byte: int) -> None:
    at %= len(payload)
    compare(payload[:at] + bytes([byte]) + payload[at + 1 :])


@given(st.sampled_from(PAYLOADS[1:]), st.integers(0), st.sampled_from([b" ", b"\n", b",", b"0"]))
def test_another_spelling_is_judged_the_same(payload: bytes, at: int, more: bytes) -> None:
    at %= len(payload)
    compare(payload[:at] + more + payload[at:])


def test_keys_of_mappings_out_of_order_or_twice_are_not_read() -> None:
    """The one thing that the expression alone does not see."""
    payload = next(p for p in PAYLOADS if b'"labels":{"p1"' in p and b'"number":' in p)
    assert compare(payload)
    labels = json.loads(payload)["predicate"]["labels"]
    one, two = (f'"{key}":"{labels[key]}"'.encode() for key in ("p1", "p2"))
    arguments = json.loads(payload)["predicate"]["controls"][1]["observed"]["args"]
    first, second = (encode({key: arguments[key]})[1:-1] for key in sorted(arguments)[:2])
    for here, there in ((one, two), (first, second)):
        pair = here + b"," + there
        assert pair in payload
        for other in (there + b"," + here, here + b"," + here, pair + b"," + there):
            changed = payload.replace(pair, other)
            assert strictly(changed) is None
            assert read_quickly(changed) is None


def test_an_artifact_named_twice_is_not_read() -> None:
    document = json.loads(PAYLOADS[-1])
    document["subject"].append({"digest": {"sha256": "ab" * 32}, "name": "shop.tar.gz"})
    assert compare(encode(document))
    document["subject"].append({"digest": {"sha256": "cd" * 32}, "name": "shop.tar.gz"})
    assert compare(encode(document))
    document["subject"].append(document["subject"][1])
    assert strictly(encode(document)) is None
    assert read_quickly(encode(document)) is None


# ---------------------------------------------------------------- envelopes

ENTRY = write(good_facts()).entry


def outcome_of(entry: bytes, signers: TrustedSigners) -> Any:
    try:
        return summarise(open_record(entry, signers)[0])
    except InconsistentError as error:
        return type(error), error.message


def quick_outcome_of(entry: bytes, signers: TrustedSigners) -> Any:
    try:
        return QuickReader(signers).open(entry)
    except InconsistentError as error:
        return type(error), error.message


@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 255))
def test_another_byte_of_an_envelope_gives_the_same_error(at: int, byte: int) -> None:
    mangled = ENTRY[:at] + bytes([byte]) + ENTRY[at + 1 :]
    assert quick_outcome_of(mangled, trusted()) == outcome_of(mangled, trusted())


def test_spare_bits_and_padding_of_base64_are_refused() -> None:
    refused = 0
    for payload in (b'{"a":1}', b'{"a":12}', b'{"a":123}'):
        entry = seal(payload, SIGNER)
        text = base64.b64encode(payload)
        padded = text.rstrip(b"=")
        others = [padded + b"=" * n for n in range(4)]
        others += [padded[:-1] + bytes([padded[-1] + 1]) + b"=" * (len(text) - len(padded))]
        others += [text[:4] + b"\n" + text[4:], text[:4] + b"====" + text[4:], b"=" + text, b""]
        for other in others:
            changed = entry.replace(text, other, 1)
            if changed != entry:
                for reads in (READER.read, READER.open):
                    with pytest.raises(MalformedRecordError):
                        reads(changed)
                refused += 1
    assert refused > 20


def test_strangers_and_keys_out_of_their_period_are_refused() -> None:
    entries = trusted().entries
    late = SignerEntry(
        SIGNER.keyid, SIGNER.public_key, "later", NOW + timedelta(days=1), NOW + timedelta(days=2)
    )
    for signers in (
        trusted(OTHER),
        trusted(not_before=NOW + timedelta(days=1)),
        trusted(not_after=NOW - timedelta(days=1)),
        TrustedSigners((late,)),
        TrustedSigners((late, *entries)),
        TrustedSigners((*trusted(OTHER).entries, *entries)),
    ):
        assert quick_outcome_of(ENTRY, signers) == outcome_of(ENTRY, signers)
    assert isinstance(quick_outcome_of(ENTRY, TrustedSigners((late, *entries))), Summary)


@pytest.mark.parametrize("seed", range(20))
def test_many_at_once_are_opened_as_one_by_one(seed: int) -> None:
    """By keys with several periods, some of whose records are of no period; some bytes mangled."""
    chance = random.Random(seed)
    times = sorted(json.loads(payload)["predicate"]["at"] for payload in PAYLOADS)
    middle = parse_time(times[len(times) // 2])
    mine = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", middle - timedelta(days=9), middle)
    later = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", middle + timedelta(milliseconds=1))
    signers = TrustedSigners((mine, later, *trusted(OTHER).entries))
    entries = [seal(payload, chance.choice((SIGNER, SIGNER, OTHER))) for payload in PAYLOADS]
    entries.append(seal(PAYLOADS[-1].replace(b"succeeded", b"exploded"), SIGNER))
    for n in chance.sample(range(len(entries)), 3):
        at = chance.randrange(len(entries[n]))
        entries[n] = entries[n][:at] + bytes([entries[n][at] ^ 1]) + entries[n][at + 1 :]
    chance.shuffle(entries)
    reader = QuickReader(signers)
    opened = reader.open_quickly(entries)
    assert {*map(type, opened)} == {Summary, type(None)}
    assert reader.read_quickly(entries) == [reader.read_quickly([one])[0] for one in entries]
    for entry, found in zip(entries, opened, strict=True):
        assert found == reader.open_quickly([entry])[0]
        assert found is None or found == outcome_of(entry, signers)
        assert quick_outcome_of(entry, signers) == outcome_of(entry, signers)


# ---------------------------------------------------------------- rows of the index


@cache
def rows_are_quick() -> None:
    """Have this process made so many rows that from now on it reads quickly."""
    for _ in range(QUICK_FROM):
        row_of(0, ENTRY)


def tokens_in(entry: bytes, payload: bytes) -> tuple[bytes, ...] | None:
    """What the index holds by the strict reader's word; None where it refuses the record."""
    try:
        record = parse_statement(payload)
    except InconsistentError:
        return None
    digests = {digest_of(entry), replaced_by(record)} - {""}
    keys = {*((DIGEST, one) for one in digests), *keys_of(record)}
    return tuple(sorted({token(*key) for key in keys}))


def row_tokens(entry: bytes) -> tuple[bytes, ...] | None:
    try:
        row = row_of(7, entry)
    except InconsistentError:
        return None
    assert row.index == 7
    return row.tokens


def enveloped(payload: bytes) -> bytes:
    return ENTRY.replace(ENTRY.split(b'"')[3], base64.b64encode(payload))


def test_the_index_has_of_a_record_what_the_strict_reader_reads_in_it() -> None:
    document = json.loads(next(p for p in PAYLOADS if b'"replaces":null' in p))
    replaces = {"entry": "ab" * 32, "failed": ["history"], "reason": "history-moved"}
    document["predicate"]["replaces"] = replaces
    standing_in = encode(document)
    assert token(DIGEST, "ab" * 32) in (tokens_in(ENTRY, standing_in) or ())
    for _ in range(2):
        for payload in (*PAYLOADS, standing_in):
            entry = enveloped(payload)
            assert row_tokens(entry) == tokens_in(entry, payload)
        rows_are_quick()


@given(st.sampled_from(PAYLOADS), st.integers(0), st.integers(0, 255))
def test_the_index_has_nothing_of_a_mangled_record_that_the_strict_reader_refuses(
    payload: bytes, at: int, byte: int
) -> None:
    rows_are_quick()
    at %= len(payload)
    mangled = payload[:at] + bytes([byte]) + payload[at + 1 :]
    entry = enveloped(mangled)
    assert row_tokens(entry) == tokens_in(entry, mangled)


@given(worlds_of_records())
def test_the_index_has_the_same_of_whatever_makes_a_record(
    world: tuple[Facts, Decision],
) -> None:
    rows_are_quick()
    entry = write(*world).entry
    assert row_tokens(entry) == tokens_in(entry, open_signed(entry, trusted())[0])


def test_a_record_too_long_for_the_log_has_no_row() -> None:
    rows_are_quick()
    document = json.loads(PAYLOADS[-1])
    document["subject"] += [
        {"digest": {"sha256": f"{n:064x}"}, "name": f"shop-{n}.tar.gz"} for n in range(500)
    ]
    assert read_quickly(encode(document)) is not None
    entry = enveloped(encode(document))
    assert row_tokens(entry) is None
    assert tokens_in(entry, encode(document)) is None
