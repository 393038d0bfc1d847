from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from operator import setitem
from typing import Any

import pytest
import worlds
from jsonschema import Draft202012Validator
from records import SIGNER, everything_known, good_decision, labels, write, write_outcome
from worlds import NOW

from gate.model import DecisionKind, Emergency, EntryLink, Free, OpenEmergency
from gate.record.canonical import encode
from gate.record.dsse import open_signed
from gate.record.errors import MalformedRecordError
from gate.record.predicates import EmergencyPart, KeyAction, KeyRole
from gate.record.schema import FOLDER, PREDICATES, schema_text
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import parse_statement
from gate.record.writing import key_statement, review_statement

ENTRY = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", NOW)


def _outcome() -> bytes:
    entry = write_outcome(write().record, EntryLink(3, "c" * 64))
    return open_signed(entry, TrustedSigners((ENTRY,)))[0]


def _key() -> bytes:
    return key_statement(ENTRY, KeyAction.RETIRED, KeyRole.LOG, at=NOW, gate_version="0.1.0")


def _review() -> bytes:
    part = EmergencyPart("t1", ("approved",), NOW, seconded=True)
    written = write().record
    urgent = replace(
        written,
        predicate=replace(written.predicate, decision=DecisionKind.EMERGENCY, emergency=part),
    )
    return review_statement(
        worlds.good_facts(),
        good_decision(),
        (EntryLink(3, "c" * 64), urgent),
        labels=labels(),
        policy=written.predicate.policy,
        judged=_HISTORY,
        evidence_sha256="d" * 64,
        gate_version="0.1.0",
    )


_HISTORY = worlds.good_history(emergencies=(OpenEmergency(EntryLink(2, "e" * 64), NOW),))
_URGENT = good_decision(
    DecisionKind.EMERGENCY, emergency=Emergency(Free("It burns."), ("approved",), NOW)
)
PAYLOADS: dict[str, list[bytes]] = {
    "decision-v1": [
        write().payload,
        write(*everything_known()).payload,
        write(decision=_URGENT, judged=_HISTORY).payload,
    ],
    "outcome-v1": [_outcome()],
    "key-v1": [_key()],
    "review-v1": [_review()],
}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def test_every_predicate_has_its_file_and_no_other_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PREDICATES) == set(PAYLOADS)


@pytest.mark.parametrize("name", PREDICATES)
def test_the_shipped_file_is_what_the_predicate_declares(name: str) -> None:
    shipped = (FOLDER / f"{name}.json").read_text("utf-8")
    assert shipped == schema_text(name), "write it anew: python -m gate.record.schema"
    Draft202012Validator.check_schema(json.loads(shipped))


@pytest.mark.parametrize("name", PREDICATES)
def test_what_gate_writes_is_valid(name: str) -> None:
    for payload in PAYLOADS[name]:
        validator(name).validate(json.loads(payload)["predicate"])


def test_a_record_that_spilled_is_valid() -> None:
    commits = tuple(worlds.good_commit(f"{n:040x}", "f" * 40) for n in range(500))
    payload = write(worlds.good_facts(change=worlds.good_change(commits=commits))).payload
    assert b"spilled" in payload
    validator("decision-v1").validate(json.loads(payload)["predicate"])


Edit = Callable[[], object]


WRONG: tuple[Any, ...] = (None, 7.5, {"unheard": 1}, "\u0001", True)


def _edits(value: Any, nth: Iterator[int]) -> Iterator[tuple[str, Edit, Edit]]:
    """One way to break each place of a JSON value, each with its undoing."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(places):
        wrong = WRONG[next(nth) % len(WRONG)]
        do, undo = partial(setitem, value, key, wrong), partial(setitem, value, key, item)
        yield f"{key}={wrong!r}", do, undo
        if isinstance(item, dict | list):
            for path, inner, back in _edits(item, nth):
                yield f"{key}.{path}", inner, back


@pytest.mark.parametrize("name", PREDICATES)
def test_schema_and_reader_agree_on_every_broken_place(name: str) -> None:
    check = validator(name)
    broken = 0
    for payload in PAYLOADS[name]:
        statement = json.loads(payload)
        for path, do, undo in _edits(statement["predicate"], count()):
            do()
            valid = check.is_valid(statement["predicate"])
            try:
                parse_statement(encode(statement))
            except MalformedRecordError as error:
                # What a schema cannot say, the reader checks on top of it.
                beyond = error.message.startswith(("record: subject", "record: predicate.keyid"))
                assert not valid or beyond, path
                broken += 1
            else:
                assert valid, path
            undo()
    assert broken > 5


@pytest.mark.parametrize("name", PREDICATES)
def test_missing_and_further_keys_are_invalid(name: str) -> None:
    predicate = json.loads(PAYLOADS[name][0])["predicate"]
    check = validator(name)
    assert not check.is_valid({**predicate, "more": 1})
    for key in predicate:
        assert not check.is_valid({k: v for k, v in predicate.items() if k != key})
