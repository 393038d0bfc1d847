"""The records of a rotation, how they come into the log, and what they make of a trust folder."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, TRUST, Pipeline, filler, sha, vkey
from faults.waiting_room import WaitingRoom
from records import OTHER, SIGNER, trusted
from worlds import NOW

from gate.errors import UsageError
from gate.log.reading.trust import Trust, load_trust
from gate.log.reading.trust_folder import add_log_key, require_writable, write_signers
from gate.log.reading.view import LogView
from gate.log.verifying.verify import Extent, verify_log
from gate.log.writing.append import append
from gate.log.writing.batch import as_it_is
from gate.log.writing.create import init_log
from gate.log.writing.in_force import require_in_force, retires
from gate.log.writing.plan import plan_append
from gate.log.writing.rotation import (
    Period,
    Rotation,
    format_lines,
    new_rotation,
    parse_rotation,
    record_rotation,
    with_rotation,
)
from gate.log.writing.rotation_files import RotationFiles
from gate.log.writing.sync import sync
from gate.record.canonical import digest_of
from gate.record.predicates import KeyRole
from gate.record.signer import public_bytes
from gate.record.signers import SignerEntry, TrustedSigners, format_signers, parse_signers
from gate.store.contract import Plan, StoreError
from gate.store.memory import MemoryStore
from gate.tlog.errors import ReplacedKeyError, UnknownKeyError
from gate.tlog.note import format_note, parse_note
from gate.tlog.trust import parse_policy

HOUR = timedelta(hours=1)
SINCE = trusted().entries[0].not_before
NEW_TRUST = Trust(
    parse_policy(f"log {vkey(LOG_KEY)}\nlog {vkey(OTHER_LOG_KEY)}\nquorum none\n"), trusted()
)


def record_rotated(until: datetime = NOW + HOUR) -> Rotation:
    old = Period(SIGNER.public_key, SINCE, until)
    return new_rotation(KeyRole.RECORD, old, Period(OTHER.public_key, NOW), SIGNER, NOW, "0.1.0")


def log_rotated() -> Rotation:
    old = Period(LOG_KEY.verifier.public_key, SINCE)
    new = Period(OTHER_LOG_KEY.verifier.public_key, NOW)
    return new_rotation(KeyRole.LOG, old, new, SIGNER, NOW, "0.1.0")


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return store


# ---------------------------------------------------------------- the records


def test_a_rotation_is_read_back_from_its_file() -> None:
    for rotation in (record_rotated(), log_rotated()):
        data = format_lines(rotation.entries)
        assert data.count(b"\n") == 2
        assert parse_rotation(data, SIGNER) == rotation


def test_a_rotation_says_the_same_whenever_it_is_made() -> None:
    assert record_rotated().entries == record_rotated().entries


def broken() -> dict[str, bytes]:
    added, retired = record_rotated().entries
    return {
        "nothing": b"",
        "no last line end": added + b"\n" + retired,
        "a line too many": format_lines((added, retired)) + b"\n",
        "twice": format_lines((added, retired, added, retired)),
        "one": format_lines((added,)),
        "the other way round": format_lines((retired, added)),
        "a signature that is none": format_lines((added, retired)).replace(b"A", b"B", 1),
        "nonsense": b"\xff\n\xfe\n",
        "keys of two roles": format_lines((added, log_rotated().entries[1])),
        "two keys that came": format_lines(filler(2)),
    }


@pytest.mark.parametrize("what", broken())
def test_what_is_no_rotation_is_refused(what: str) -> None:
    with pytest.raises(UsageError, match=r"it (is not by|does not hold)"):
        parse_rotation(broken()[what], SIGNER)


def test_the_rotation_of_another_record_key_is_refused() -> None:
    with pytest.raises(UsageError, match="not by this record key"):
        parse_rotation(format_lines(record_rotated().entries), OTHER)


# ---------------------------------------------------------------- into the log


def test_the_head_that_holds_a_log_keys_end_is_signed_by_both(store: MemoryStore) -> None:
    pipeline = Pipeline(store)
    before = pipeline.enforce("one")
    added, retired = record_rotation(store, TRUST, log_rotated(), LOG_KEY, [OTHER_LOG_KEY])
    assert (added.index, retired.index) == (1, 2)
    signatures = parse_note(LogView(store, TRUST).checkpoint).signatures
    assert [one.key_id for one in signatures] == [LOG_KEY.key_id, OTHER_LOG_KEY.key_id]
    assert LogView(store, NEW_TRUST).root == LogView(store, TRUST).root
    append(store, NEW_TRUST, OTHER_LOG_KEY, filler(1)[0])
    with pytest.raises(UnknownKeyError):
        LogView(store, TRUST)
    view = LogView(store, NEW_TRUST)
    assert [one.key_id for one in parse_note(view.checkpoint).signatures] == [OTHER_LOG_KEY.key_id]
    assert verify_log(store, NEW_TRUST).fault_counts == {}
    for proof in (before.proof, added.proof, retired.proof):
        assert NEW_TRUST.policy.open(proof.checkpoint).origin == ORIGIN


def test_a_rotation_is_recorded_once_however_often_it_is_run(store: MemoryStore) -> None:
    for rotation, successor in ((record_rotated(), []), (log_rotated(), [OTHER_LOG_KEY])):
        first = record_rotation(store, TRUST, rotation, LOG_KEY, successor)
        size = LogView(store, TRUST).size
        again = record_rotation(store, TRUST, rotation, LOG_KEY, successor)
        assert [one.index for one in again] == [one.index for one in first]
        assert LogView(store, TRUST).size == size
    assert size == 4


def test_the_old_log_key_signs_no_head_after_its_end(store: MemoryStore) -> None:
    record_rotation(store, TRUST, log_rotated(), LOG_KEY, [OTHER_LOG_KEY])
    before = dict(store._objects), LogView(store, TRUST).checkpoint
    with pytest.raises(UsageError, match="which entry 1 of the log says was replaced") as caught:
        append(store, TRUST, LOG_KEY, filler(1)[0])
    assert "new trust folder" in caught.value.remedy
    with pytest.raises(UsageError, match="that was replaced"):
        append(store, NEW_TRUST, LOG_KEY, filler(1)[0])
    assert (dict(store._objects), LogView(store, TRUST).checkpoint) == before


def test_a_head_by_the_old_key_alone_is_none_for_whoever_knows_the_new(store: MemoryStore) -> None:
    append(store, TRUST, LOG_KEY, filler(1)[0])
    with pytest.raises(ReplacedKeyError):
        LogView(store, NEW_TRUST)
    for records in (True, False):
        report = verify_log(store, NEW_TRUST, extent=Extent(records=records))
        assert report.fault_counts == {"checkpoint": 1}
        assert "a key that was replaced" in report.faults[0].message
    assert verify_log(store, TRUST).fault_counts == {}


def test_the_end_is_found_also_where_others_were_appended_before_it(store: MemoryStore) -> None:
    view = LogView(store, TRUST)
    batch = [*filler(300), *log_rotated().entries]
    assert store.commit(view.checkpoint, plan_append(view, batch, LOG_KEY, also=[OTHER_LOG_KEY]))
    with pytest.raises(UsageError, match="entry 301 of the log says was replaced"):
        require_in_force(LogView(store, TRUST), LOG_KEY)
    require_in_force(LogView(store, NEW_TRUST), OTHER_LOG_KEY)


def test_the_end_is_found_also_where_the_new_keys_signature_was_taken_away(
    store: MemoryStore,
) -> None:
    record_rotation(store, TRUST, log_rotated(), LOG_KEY, [OTHER_LOG_KEY])
    head = LogView(store, TRUST).checkpoint
    note = parse_note(head)
    stripped = format_note(note.text, note.signatures[:1])
    assert store.commit(head, Plan({}, (), (), stripped))
    with pytest.raises(UsageError, match="entry 1 of the log says was replaced"):
        append(store, TRUST, LOG_KEY, filler(1)[0])


def test_no_head_is_planned_that_nobody_could_append_to(store: MemoryStore) -> None:
    added, retired = log_rotated().entries
    with pytest.raises(ValueError, match="must be the last entry of a head"):
        append(store, TRUST, LOG_KEY, retired)
    view = LogView(store, TRUST)
    for entries, also in (
        ([*filler(2), added, retired], []),
        ([added, retired, *filler(2)], [OTHER_LOG_KEY]),
        ([retired, retired], [OTHER_LOG_KEY]),
    ):
        with pytest.raises(ValueError, match="must be the last entry"):
            plan_append(view, entries, LOG_KEY, also=also)
    plan_append(view, [retired, *filler(1)], OTHER_LOG_KEY)  # the end of another key
    assert LogView(store, TRUST).size == 0


def test_the_end_of_a_log_key_is_committed_by_its_own_writer_alone() -> None:
    room = WaitingRoom()
    init_log(room, ORIGIN, LOG_KEY)
    added, retired = log_rotated().entries
    one, two = filler(2)
    for entry in (added, retired, one):
        room.offer(entry)
    append(
        room, TRUST, LOG_KEY, two, rejudge=as_it_is, pause=lambda _: None
    )  # takes along all but the end
    view = LogView(room, TRUST)
    assert sorted(map(view.entry, range(view.size))) == sorted([two, added, one])
    synced = sync(room, TRUST, LOG_KEY, rejudge=as_it_is, pause=lambda _: None)
    assert (synced.committed, synced.refused) == (0, (digest_of(retired),))
    three, *_ = filler(1, 3)
    room.offer(three)
    append(
        room, TRUST, LOG_KEY, retired, also=[OTHER_LOG_KEY], rejudge=as_it_is, pause=lambda _: None
    )
    view = LogView(room, NEW_TRUST)
    assert (view.size, view.entry(3)) == (4, retired)
    assert room.waiting() == (digest_of(three),)  # for whoever has the new key
    for append_old in (
        lambda: append(
            room, TRUST, LOG_KEY, filler(1, 4)[0], rejudge=as_it_is, pause=lambda _: None
        ),
        lambda: sync(room, TRUST, LOG_KEY, rejudge=as_it_is, pause=lambda _: None),
    ):
        with pytest.raises(UsageError, match="entry 3 of the log says was replaced"):
            append_old()
    append(room, NEW_TRUST, OTHER_LOG_KEY, filler(1, 5)[0], rejudge=as_it_is, pause=lambda _: None)
    view = LogView(room, NEW_TRUST)
    assert view.size == 7
    assert view.find_logged(digest_of(three)) is not None
    assert verify_log(room, NEW_TRUST).fault_counts == {}


def test_only_the_end_of_this_very_log_key_retires_it() -> None:
    added, retired = log_rotated().entries
    assert retires(retired, LOG_KEY)
    assert not retires(retired, OTHER_LOG_KEY)
    for entry in (added, *record_rotated().entries, *filler(2)):
        assert not retires(entry, LOG_KEY)
    as_record = new_rotation(
        KeyRole.RECORD,
        Period(LOG_KEY.verifier.public_key, SINCE),
        Period(OTHER.public_key, NOW),
        SIGNER,
        NOW,
        "0.1.0",
    )
    assert not retires(as_record.entries[1], LOG_KEY)


def test_a_deployment_goes_on_with_either_record_key_in_the_overlap(store: MemoryStore) -> None:
    pipeline = Pipeline(store)
    pipeline.enforce("one")
    rotation = record_rotated()
    record_rotation(store, TRUST, rotation, LOG_KEY)
    both = Trust(TRUST.policy, with_rotation(TRUST.signers, rotation))
    later = Pipeline(store, both)
    later.minutes = pipeline.minutes
    later.enforce("two")
    assert verify_log(store, both).fault_counts == {}
    assert sha("two") == LogView(store, both).record(3).commit


# ---------------------------------------------------------------- the trust folder


def test_a_rotated_folder_ends_the_old_key_and_begins_the_new() -> None:
    old = SignerEntry(SIGNER.keyid, SIGNER.public_key, 'the "shop"', SINCE)
    strange = SignerEntry(sha("x") * 2, b"\x09" * 32, "", SINCE, NOW)
    after = with_rotation(TrustedSigners((strange, old)), record_rotated())
    assert after.entries == (
        strange,
        replace(old, not_after=NOW + HOUR),
        SignerEntry(OTHER.keyid, OTHER.public_key, old.name, NOW),
    )
    assert with_rotation(after, record_rotated()) == after


def test_an_end_that_is_earlier_already_stays() -> None:
    soon = trusted(not_after=NOW + HOUR / 2)
    assert with_rotation(soon, record_rotated()).entries[0] == soon.entries[0]


def test_of_several_periods_the_present_one_ends() -> None:
    past = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", SINCE - 2 * HOUR, SINCE - HOUR)
    present = trusted().entries[0]
    after = with_rotation(TrustedSigners((past, present)), record_rotated()).entries
    assert after[:2] == (past, replace(present, not_after=NOW + HOUR))
    future = replace(past, not_before=NOW + 2 * HOUR, not_after=None)
    with pytest.raises(UsageError, match="another period after"):
        with_rotation(TrustedSigners((present, future)), record_rotated())


def test_a_key_without_a_period_now_cannot_be_replaced() -> None:
    for signers in (trusted(OTHER), trusted(not_after=NOW), trusted(not_before=NOW + HOUR)):
        with pytest.raises(UsageError, match=r"signers\.toml gives .* no period"):
            with_rotation(signers, record_rotated())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "trust.policy").write_text(f"# ours\nlog {vkey(LOG_KEY)}\nquorum none\n")
    (folder / "signers.toml").write_text("# ours\n" + format_signers(trusted()))
    return folder


def test_a_file_of_the_folder_is_replaced_whole_and_keeps_its_mode(folder: Path) -> None:
    path = folder / "signers.toml"
    path.chmod(0o640)
    (folder / ".signers.toml.new").write_text("left by one that was cut short")
    after = with_rotation(trusted(), record_rotated())
    write_signers(folder, after)
    assert parse_signers(path.read_text()) == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(one.name for one in folder.iterdir()) == ["signers.toml", "trust.policy"]


def test_what_the_folder_says_already_is_not_written_again(folder: Path) -> None:
    before = (folder / "signers.toml").read_bytes()
    write_signers(folder, trusted())
    assert (folder / "signers.toml").read_bytes() == before  # its comment, too


def test_a_log_key_is_added_below_the_others(folder: Path) -> None:
    add_log_key(folder, vkey(OTHER_LOG_KEY))
    text = f"# ours\nlog {vkey(LOG_KEY)}\nlog {vkey(OTHER_LOG_KEY)}\nquorum none\n"
    assert (folder / "trust.policy").read_text() == text
    add_log_key(folder, vkey(OTHER_LOG_KEY))
    assert (folder / "trust.policy").read_text() == text
    assert load_trust(folder).policy == NEW_TRUST.policy


def test_a_linked_file_stays_a_link(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.policy"
    (folder / "trust.policy").rename(target)
    (folder / "trust.policy").symlink_to(target)
    add_log_key(folder, vkey(OTHER_LOG_KEY))
    assert (folder / "trust.policy").is_symlink()
    assert target.read_text().count("log ") == 2


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        require_writable(tmp_path / "gone")
    require_writable(tmp_path)


def test_a_folder_where_nothing_can_be_placed_is_told_of(folder: Path) -> None:
    (folder / ".signers.toml.new").mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*signers\.toml"):
        write_signers(folder, with_rotation(trusted(), record_rotated()))
    assert parse_signers((folder / "signers.toml").read_text()) == trusted()


# ---------------------------------------------------------------- the rotation's own folder


def test_a_key_that_was_made_is_made_once(tmp_path: Path) -> None:
    files = RotationFiles(tmp_path / "deep" / "new", "log")
    assert files.key() is None
    made = public_bytes(files.make_key(one_line=True))
    found = files.key()
    assert found is not None
    assert public_bytes(found) == made == public_bytes(files.make_key(one_line=False))
    assert stat.S_IMODE(files.key_path.stat().st_mode) == 0o600


def test_a_rotation_that_was_begun_is_found_again(tmp_path: Path) -> None:
    files = RotationFiles(tmp_path, "signing")
    assert files.rotation(SIGNER) is None
    (tmp_path / ".signing.rotation.new").write_bytes(b"left by one that was cut short")
    files.keep(record_rotated())
    assert files.rotation(SIGNER) == record_rotated()
    with pytest.raises(UsageError, match=r"signing\.rotation: it is not by this record key"):
        files.rotation(OTHER)
