"""What a log says of keys, told in records of a few keys and held against trust folders."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY
from records import OTHER, SIGNER

from gate.log.reading.key_changes import LATE, KeyChanges, KeyFinding
from gate.log.reading.trust import Trust
from gate.record.predicates import KeyAction, KeyPredicate, KeyRole
from gate.record.records import KeyRecord, Record, UnknownRecord
from gate.record.signer import RecordSigner, key_id
from gate.record.signers import SignerEntry, TrustedSigners
from gate.tlog.keys import make_verifier
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import parse_policy

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
THIRD = RecordSigner(Ed25519PrivateKey.from_private_bytes(b"\x31" * 32))
STRANGE_LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x32" * 32))


def at(hours: float) -> datetime:
    return START + HOUR * hours


def period(
    key: RecordSigner, since: float = 0, until: float | None = None, name: str = ""
) -> SignerEntry:
    end = None if until is None else at(until)
    return SignerEntry(key.keyid, key.public_key, name, at(since), end)


def trust(*periods: SignerEntry, logs: Sequence[Ed25519Signer] = (LOG_KEY,)) -> Trust:
    lines = "".join(f"log {one.verifier.vkey}\n" for one in logs)
    return Trust(
        parse_policy(f"{lines}quorum none\n"), TrustedSigners(periods or (period(SIGNER),))
    )


def change(
    action: KeyAction,
    public_key: bytes,
    when: float,
    since: float = 0,
    until: float | None = None,
    role: KeyRole = KeyRole.RECORD,
) -> KeyRecord:
    return KeyRecord(
        KeyPredicate(
            at=at(when),
            action=action,
            role=role,
            keyid=key_id(public_key),
            public_key=base64.b64encode(public_key).decode(),
            not_before=at(since),
            not_after=None if until is None else at(until),
            gate="0.1.0",
        )
    )


def added(key: RecordSigner, when: float, since: float) -> KeyRecord:
    return change(KeyAction.ADDED, key.public_key, when, since)


def retired(key: RecordSigner, when: float, until: float | None) -> KeyRecord:
    return change(KeyAction.RETIRED, key.public_key, when, 0, until)


def log_key(action: KeyAction, key: Ed25519Signer, when: float = 5) -> KeyRecord:
    return change(action, key.verifier.public_key, when, role=KeyRole.LOG)


def other(when: float) -> UnknownRecord:
    """Any record of this time: what is in it does not matter here."""
    return UnknownRecord("urn:gate:exemption:v1", at(when))


def told(
    by: Trust, *records: tuple[RecordSigner, Record]
) -> tuple[KeyChanges, list[KeyFinding], list[KeyFinding]]:
    """Having seen ``records``: the changes, what was found on the way, what at the end."""
    changes = KeyChanges(by)
    found = [
        one
        for index, (signer, record) in enumerate(records)
        for one in changes.see(index, record, signer.keyid)
    ]
    return changes, found, list(changes.finish())


ROTATED = trust(period(SIGNER, 0, 34), period(OTHER, 10))
ROTATION = ((SIGNER, added(OTHER, 10, 10)), (SIGNER, retired(SIGNER, 10, 34)))


# ---------------------------------------------------------------- record keys


def test_a_log_that_never_speaks_of_keys_has_nothing_to_tell() -> None:
    _, found, ended = told(trust(), *((SIGNER, other(n)) for n in range(5)))
    assert (found, ended) == ([], [])


def test_a_rotation_that_the_folder_knows_has_nothing_to_tell() -> None:
    _, found, ended = told(
        ROTATED,
        (SIGNER, other(1)),
        *ROTATION,
        (SIGNER, other(11)),
        (OTHER, other(12)),
        (SIGNER, other(33.99)),
        (OTHER, other(40)),
    )
    assert (found, ended) == ([], [])


def test_a_record_at_or_after_the_end_that_its_key_gave_itself_is_a_fault() -> None:
    for by in (ROTATED, trust(period(SIGNER), period(OTHER))):  # whatever the folder lets live
        for when in (34, 34.01, 100):
            _, found, _ = told(by, *ROTATION, (SIGNER, other(when)))
            assert [(one.index, one.fault) for one in found] == [(2, True)]
            assert found[0].message.startswith("entry 2 gives 2026-01-0")
            assert f"its key {SIGNER.keyid} ended at 2026-01-02T10:00:00.000Z" in found[0].message
            assert "as entry 1 says" in found[0].message


def test_a_record_without_a_time_by_an_ended_key_is_a_fault() -> None:
    record = UnknownRecord("urn:gate:exemption:v1", None)
    _, found, _ = told(ROTATED, (SIGNER, record), *ROTATION, (OTHER, record), (SIGNER, record))
    assert [(one.index, one.fault) for one in found] == [(4, True)]
    assert "gives no time" in found[0].message


def test_an_end_holds_from_its_entry_on_and_not_before() -> None:
    _, found, _ = told(ROTATED, (SIGNER, other(50)), *ROTATION)
    assert found == []  # by the folder it is a fault, which is said elsewhere


def test_an_end_can_come_earlier_and_never_later() -> None:
    again = (SIGNER, retired(SIGNER, 11, 100)), (SIGNER, added(SIGNER, 12, 12))
    _, found, _ = told(ROTATED, *ROTATION, *again, (SIGNER, other(35)))
    assert [(one.index, one.fault) for one in found] == [(4, True)]
    earlier = (SIGNER, retired(SIGNER, 11, 20))
    _, found, _ = told(ROTATED, *ROTATION, earlier, (SIGNER, other(20)))
    assert [(one.index, one.fault) for one in found] == [(3, True)]
    assert "as entry 2 says" in found[0].message


def test_an_end_without_a_time_is_that_of_its_record() -> None:
    ends = (SIGNER, retired(SIGNER, 10, None))
    _, found, _ = told(ROTATED, ends, (SIGNER, other(9.99)), (SIGNER, other(10)))
    assert [(one.index, one.fault) for one in found] == [(2, True)]


def test_what_another_key_says_of_an_end_is_for_the_folder_to_decide() -> None:
    by_other = (OTHER, retired(SIGNER, 10, 11))
    free = trust(period(SIGNER), period(OTHER))
    _, found, ended = told(free, by_other, (SIGNER, other(12)))
    assert found == []
    assert [(one.index, one.fault) for one in ended] == [(0, False)]
    agreed = trust(period(SIGNER, 0, 11), period(OTHER))
    assert told(agreed, by_other)[2] == []


def test_a_record_that_came_late_by_an_ended_key_is_told_of() -> None:
    late = timedelta(hours=34) + LATE
    _, found, _ = told(
        ROTATED, *ROTATION, (OTHER, UnknownRecord("x", START + late)), (SIGNER, other(20))
    )
    assert [(one.index, one.fault) for one in found] == [(3, False)]
    assert "gives 2026-01-01T20:00:00.000Z" in found[0].message
    assert "an old time" in found[0].message
    near = UnknownRecord("x", START + late - SECOND)
    assert told(ROTATED, *ROTATION, (OTHER, near), (SIGNER, other(20)))[1] == []
    # What ended keys say of the time does not count.
    assert told(ROTATED, *ROTATION, (SIGNER, other(33)), (SIGNER, other(20)))[1] == []


def test_a_key_that_the_folder_does_not_name_is_told_of_once_it_is_added() -> None:
    _, found, ended = told(trust(), (SIGNER, added(THIRD, 10, 10)), (SIGNER, retired(OTHER, 1, 2)))
    assert ended == []
    assert [(one.index, one.fault) for one in found] == [(0, False)]
    for words in (f"adds the record key {THIRD.keyid}", "signers.toml does not name", SIGNER.keyid):
        assert words in found[0].message


def test_a_folder_that_lets_a_key_live_longer_than_the_log_is_told_of() -> None:
    for periods, words in (
        ((period(SIGNER), period(OTHER, 10)), "by signers.toml for ever"),
        ((period(SIGNER, 0, 35), period(OTHER, 10)), "signers.toml until 2026-01-02T11:00:00.000Z"),
        (
            (period(SIGNER, 0, 1), period(SIGNER, 2), period(OTHER, 10)),
            "by signers.toml for ever",
        ),
    ):
        _, _, ended = told(trust(*periods), *ROTATION)
        assert [(one.index, one.fault) for one in ended] == [(1, False)]
        assert "counts until 2026-01-02T10:00:00.000Z" in ended[0].message
        assert words in ended[0].message
    assert told(trust(period(SIGNER, 0, 33), period(OTHER, 10)), *ROTATION)[2] == []


def test_a_folder_that_lets_a_key_begin_earlier_than_the_log_is_told_of() -> None:
    _, _, ended = told(trust(period(SIGNER, 0, 34), period(OTHER, 9)), *ROTATION)
    assert [(one.index, one.fault) for one in ended] == [(0, False)]
    assert "counts from 2026-01-01T10:00:00.000Z, by signers.toml from" in ended[0].message
    assert told(trust(period(SIGNER, 0, 34), period(OTHER, 11)), *ROTATION)[2] == []


def test_the_last_word_on_a_key_is_compared() -> None:
    gone = (OTHER, retired(OTHER, 40, 41))
    _, _, ended = told(ROTATED, *ROTATION, gone)
    assert [(one.index, one.fault) for one in ended] == [(2, False)]
    both = trust(period(SIGNER, 0, 34), period(OTHER, 9, 41))  # begins early, and ended since
    assert told(both, *ROTATION, gone)[2] == []


# ---------------------------------------------------------------- log keys and heads

NEW_LOG = trust(logs=(LOG_KEY, OTHER_LOG_KEY))
LOG_ROTATION = (
    (SIGNER, other(1)),
    (SIGNER, log_key(KeyAction.ADDED, OTHER_LOG_KEY)),
    (SIGNER, log_key(KeyAction.RETIRED, LOG_KEY)),
    (SIGNER, other(6)),
)
OLD, NEW = LOG_KEY.verifier, OTHER_LOG_KEY.verifier


def test_a_head_needs_a_key_that_was_not_retired_below_it() -> None:
    changes, found, ended = told(NEW_LOG, *LOG_ROTATION)
    assert (found, ended) == ([], [])
    for size, by in itertools.product(range(6), ([OLD], [NEW], [OLD, NEW], [NEW, OLD])):
        fault = changes.head_fault(size, by)
        assert bool(fault) == (size > 2 and by == [OLD])
    fault = changes.head_fault(3, [OLD])
    assert f"{ORIGIN}+{OLD.key_id.hex()}, which entry 2 says was replaced" in fault
    assert fault.startswith("a head of 3 entries")


def test_of_several_replaced_keys_none_is_enough() -> None:
    three = trust(logs=(LOG_KEY, OTHER_LOG_KEY, STRANGE_LOG_KEY))
    more = (SIGNER, log_key(KeyAction.RETIRED, OTHER_LOG_KEY))
    changes, _, _ = told(three, *LOG_ROTATION, more)
    current = STRANGE_LOG_KEY.verifier
    assert changes.head_fault(4, [OLD, NEW]) == ""
    assert "entry 4" in changes.head_fault(5, [OLD, NEW])
    assert "entry 4" in changes.head_fault(9, [NEW])
    assert changes.head_fault(9, [OLD, NEW, current]) == ""


def test_a_retirement_stays_whatever_is_said_later() -> None:
    later = (
        (SIGNER, log_key(KeyAction.ADDED, LOG_KEY)),
        (SIGNER, log_key(KeyAction.RETIRED, LOG_KEY)),
    )
    changes, _, _ = told(NEW_LOG, *LOG_ROTATION, *later)
    assert "entry 2" in changes.head_fault(5, [OLD])


def test_the_folder_decides_which_key_is_current() -> None:
    """Whoever has the old folder is told to get the new one, and is not told of tampering."""
    changes, found, ended = told(trust(), *LOG_ROTATION)
    assert changes.head_fault(9, [OLD]) == ""
    assert [(one.index, one.fault) for one in found] == [(1, False)]
    assert "adds the log key" in found[0].message
    assert "trust.policy does not name" in found[0].message
    assert [(one.index, one.fault) for one in ended] == [(2, False)]
    assert "was replaced, and trust.policy names no later one" in ended[0].message
    # A folder that names the new key alone, as one for deploy targets may, says no more of the old.
    only_new = trust(logs=(OTHER_LOG_KEY,))
    assert told(only_new, *LOG_ROTATION)[1:] == ([], [])


def test_a_record_key_is_no_log_key() -> None:
    as_record = change(KeyAction.RETIRED, LOG_KEY.verifier.public_key, 5, role=KeyRole.RECORD)
    changes, found, ended = told(NEW_LOG, (SIGNER, as_record))
    assert (found, ended) == ([], [])
    assert changes.head_fault(5, [OLD]) == ""
    as_log = change(KeyAction.RETIRED, SIGNER.public_key, 5, 0, 6, role=KeyRole.LOG)
    assert told(trust(), (SIGNER, as_log), (SIGNER, other(7)))[1:] == ([], [])


def test_a_head_by_nobody_is_for_others_to_refuse() -> None:
    changes, _, _ = told(NEW_LOG, *LOG_ROTATION)
    assert changes.head_fault(9, []) == ""
    assert changes.head_fault(9, [make_verifier(ORIGIN, b"\x55" * 32)]) == ""
