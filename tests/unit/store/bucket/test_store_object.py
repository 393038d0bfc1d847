"""What the object store does beyond the contract: its requests, its bytes, and false objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from buckets import CountingBucket, MemoryBucket
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, TRUST, digest, fill, filler

from gate.errors import InconsistentError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append, as_it_is
from gate.log.writing.create import init_log
from gate.store.bucket.chain import VoidError
from gate.store.bucket.commits import Commit, decode_commit, encode_commit, sealed_message
from gate.store.bucket.engine import Bucket
from gate.store.bucket.layout import Hint, commit_key, encode_hint
from gate.store.bucket.store import ObjectStore
from gate.store.contract import DIGEST, Oddity, Plan, StoreError
from gate.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from gate.tlog.note import add_signatures

READER = log_reader([LOG_KEY.verifier])


def connect(bucket: Bucket) -> ObjectStore:
    return ObjectStore(bucket, READER, pause=lambda _: None)


def log_of(size: int) -> MemoryBucket:
    """A bucket with a log of ``size`` entries, most of them committed at once."""
    bucket = MemoryBucket()
    store = connect(bucket)
    init_log(store, ORIGIN, LOG_KEY)
    if size > 2:
        fill(store, size - 2)
    for entry in filler(min(size, 2), max(size - 2, 0)):
        append(store, TRUST, LOG_KEY, entry)
    return bucket


def faults_of(bucket: Bucket) -> list[Oddity]:
    return [one for one in oddities_of(bucket) if one.fault]


def oddities_of(bucket: Bucket) -> list[Oddity]:
    view = LogView(connect(bucket), TRUST)
    return list(view.store.examine(view.size, view.leaf))


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize("size", [0, 1, 5, 254, 255, 256, 257, 511, 700])
def test_an_append_that_meets_nobody_waits_for_at_most_seven_requests(size: int) -> None:
    counting = CountingBucket(log_of(size))
    appended = append(connect(counting), TRUST, LOG_KEY, filler(1, 900)[0], rejudge=as_it_is)
    assert appended.index == size
    assert counting.chain <= 7, counting.requests


def test_a_reader_waits_for_two_requests_to_know_the_head() -> None:
    counting = CountingBucket(log_of(300))
    view = LogView(connect(counting), TRUST)
    assert view.size == 300
    assert counting.chain == 2, counting.requests


def test_a_head_behind_its_hint_is_found_in_few_steps() -> None:
    bucket = log_of(5)
    old = {key: bucket.objects[key] for key in ("index/head", "checkpoint")}
    for entry in filler(30, 100):
        append(connect(bucket), TRUST, LOG_KEY, entry)
    bucket.objects |= old  # as when a late request lands
    counting = CountingBucket(bucket)
    assert LogView(connect(counting), TRUST).size == 35
    assert counting.chain <= 6
    assert append(connect(bucket), TRUST, LOG_KEY, filler(1, 200)[0]).index == 35
    assert faults_of(bucket) == []


def test_publishing_again_does_not_bring_needless_tiles_back() -> None:
    bucket = log_of(253)
    old = {key: bucket.objects[key] for key in ("index/head", "checkpoint")}
    for entry in filler(5, 900):
        append(connect(bucket), TRUST, LOG_KEY, entry)
    before = {key for key in bucket.objects if key.startswith("tile/")}
    assert "tile/0/000" in before
    bucket.objects |= old  # as when a late request lands
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 905)[0])
    added = {key for key in bucket.objects if key.startswith("tile/")} - before
    assert added == {"tile/0/001.p/3", "tile/entries/001.p/3"}
    assert faults_of(bucket) == []


# ---------------------------------------------------------------- bytes


def test_commits_of_one_entry_take_little_more_than_the_entries() -> None:
    bucket = log_of(1)
    padded = [bytes([n]) * 1700 for n in range(1, 40)]
    for entry in padded:
        commit(bucket, entry)
    for key in list(bucket.objects):
        if ".p/" in key and not key.endswith(f".p/{1 + len(padded)}"):
            del bucket.objects[key]  # as if the full tile were there
    stored = sum(map(len, bucket.objects.values()))
    assert stored <= 2.3 * sum(map(len, padded)) + len(filler(1)[0]) * 2.5


def commit(bucket: MemoryBucket, *entries: bytes) -> None:
    """Commit entries that are no records, as the log's key could."""
    store = connect(bucket)
    assert store.commit(store.head(), plan_of(store, entries))


def plan_of(store: ObjectStore, entries: Sequence[bytes], *, root: bytes = b"") -> Plan:
    from gate.tlog.tile import plan_tiles

    view = LogView(store, TRUST)
    tiles = plan_tiles(view.size, store.read, entries)
    head = Checkpoint(ORIGIN, tiles.frontier.size, root or tiles.frontier.root())
    note = sign_checkpoint(head, [LOG_KEY])
    return Plan(tiles.objects, tiles.obsolete, (), note, tuple(entries), seal=LOG_KEY.sign)


def a_commit(bucket: MemoryBucket) -> tuple[int, bytes]:
    """The newest commit and its slot."""
    key = max(key for key in bucket.objects if key.startswith("commits/"))
    return int(key.removeprefix("commits/")), bucket.objects[key]


def test_only_the_canonical_bytes_are_a_commit() -> None:
    _, data = a_commit(log_of(3))
    commit = decode_commit(data)
    assert encode_commit(commit) == data
    head = data[: data.index(b"\n\n") + 2]
    for at in range(len(head)):
        for other in (b"", b" ", b"0", b"\n", head[at : at + 1] * 2):
            changed = head[:at] + other + data[at + 1 :]
            if changed != data and is_commit(changed):
                assert decode_commit(changed) != commit
                assert encode_commit(decode_commit(changed)) == changed
    for end in range(len(data)):
        assert not is_commit(data[:end])
    assert not is_commit(data + b"\0")
    assert not is_commit(data.replace(b"\n", b"\r\n", 1))


def is_commit(data: bytes) -> bool:
    try:
        decode_commit(data)
    except InconsistentError:
        return False
    return True


@pytest.mark.parametrize("count", ["99999999", "9223372036854775807", "65536"])
def test_a_header_cannot_ask_for_more_than_is_there(count: str) -> None:
    _, data = a_commit(log_of(1))
    assert not is_commit(data.replace(b"\nentries 1\n", f"\nentries {count}\n".encode()))
    assert not is_commit(data.replace(b"\ncheckpoint ", f"\ncheckpoint {count}".encode()))


def test_a_bucket_that_lets_another_replace_a_commit_is_found_out() -> None:
    class Overwritten(MemoryBucket):
        def create(self, key: str, data: bytes) -> None:
            super().create(key, data)
            if key == commit_key(5):
                self.objects[key] = b"by another, who won as well"

    bucket = Overwritten()
    bucket.objects = log_of(3).objects
    with pytest.raises(InconsistentError, match="is not what was created there"):
        append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])


# ---------------------------------------------------------------- slots that do not count


def garbage(bucket: MemoryBucket) -> dict[str, bytes]:
    """What somebody without the log's key could put into the next slot, by what is wrong."""
    slot, newest = a_commit(bucket)
    commit = decode_commit(newest)
    older = decode_commit(bucket.objects[commit_key(slot - 1)])
    size = commit.size + len(commit.entries)
    entry = filler(1, 800)[0]
    root = LogView(connect(bucket), TRUST).root

    def made(**changes: object) -> bytes:
        fields = {
            "slot": slot + 1,
            "size": size,
            "root": root,
            "checkpoint": commit.checkpoint,
            "entries": (entry,),
        }
        fields |= changes
        head = open_checkpoint(fields["checkpoint"], [LOG_KEY.verifier, OTHER_LOG_KEY.verifier])  # type: ignore[arg-type]
        message = sealed_message(fields["slot"], fields["size"], fields["root"], head)  # type: ignore[arg-type]
        fields.setdefault("seal", LOG_KEY.sign(message))
        return encode_commit(Commit(**fields))  # type: ignore[arg-type]

    stranger = sign_checkpoint(Checkpoint(ORIGIN, size + 1, bytes(32)), [OTHER_LOG_KEY])
    wrong = sign_checkpoint(Checkpoint(ORIGIN, size + 1, bytes(32)), [LOG_KEY])
    return {
        "random bytes": bytes(range(256)) * 4,
        "nothing": b"",
        "signed by a stranger": made(checkpoint=stranger),
        "signed, with a wrong root": made(checkpoint=wrong),
        "signed, of another size": made(),
        "the same commit again": newest,
        "an older commit again": encode_commit(older),
        "an older commit under this slot": made(
            size=older.size, root=older.root, checkpoint=older.checkpoint, entries=older.entries
        ),
        "the newest under this slot": made(
            size=commit.size, root=commit.root, checkpoint=commit.checkpoint, entries=commit.entries
        ),
        "no entries": made(entries=()),
        "an older commit with this slot written over its own": encode_commit(
            replace(older, slot=slot + 1)
        ),
        "sealed by a stranger": made(seal=OTHER_LOG_KEY.sign(b"gate.commit/v1\n")),
    }


KINDS = tuple(garbage(log_of(4)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_slot_with_garbage_is_passed_over_and_named(kind: str) -> None:
    bucket = log_of(4)
    head = connect(bucket).head()
    slot, _ = a_commit(bucket)
    first_slot = slot + 1
    bucket.objects[commit_key(first_slot)] = garbage(bucket)[kind]
    assert connect(bucket).head() == head
    entry = filler(1, 900)[0]
    assert append(connect(bucket), TRUST, LOG_KEY, entry).index == 4
    bucket.objects[commit_key(slot + 3)] = b"once more"
    assert append(connect(bucket), TRUST, LOG_KEY, filler(1, 901)[0]).index == 5
    faults = faults_of(bucket)
    assert [one.place for one in faults] == [commit_key(first_slot), commit_key(slot + 3)]
    assert all("void" in one.message for one in faults)
    assert verify_log(connect(bucket), TRUST).fault_counts.keys() <= {"commit"}


@pytest.mark.parametrize("back", [1, 2, 3])
def test_old_commits_laid_into_free_slots_lead_nobody_back(back: int) -> None:
    """Whoever may write, and has no key, copies old commits behind the newest, and points there."""
    bucket = log_of(0)
    for entry in filler(6):
        append(connect(bucket), TRUST, LOG_KEY, entry)
    newest = connect(bucket).head()
    slot, _ = a_commit(bucket)
    for n in range(1, back + 1):
        old = decode_commit(bucket.objects[commit_key(slot - back - 1 + n)])
        bucket.objects[commit_key(slot + n)] = encode_commit(replace(old, slot=slot + n))
    size = old.size + len(old.entries)
    bucket.objects["index/head"] = encode_hint(Hint(slot + back, size))
    bucket.objects["checkpoint"] = old.checkpoint
    assert connect(bucket).head() == newest
    appended = append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])
    assert appended.index == 6
    assert LogView(connect(bucket), TRUST).size == 7
    assert {one.kind for one in faults_of(bucket)} == {"commit"}


def test_garbage_in_the_very_first_slot_does_not_prevent_a_log() -> None:
    bucket = MemoryBucket()
    bucket.objects[commit_key(1)] = b"garbage"
    init_log(connect(bucket), ORIGIN, LOG_KEY)
    append(connect(bucket), TRUST, LOG_KEY, filler(1)[0])
    assert [one.place for one in faults_of(bucket)] == [commit_key(1)]


def test_a_plan_that_does_not_make_its_root_is_not_committed() -> None:
    bucket = log_of(2)
    store = connect(bucket)
    before = dict(bucket.objects)
    with pytest.raises(VoidError, match="do not make the root"):
        store.commit(store.head(), plan_of(store, [b"x"], root=bytes(32)))
    assert bucket.objects == before


# ---------------------------------------------------------------- hints that are wrong


@pytest.mark.parametrize("hint", [None, b"", b"garbage", b"3 99\n", b"99 3\n", b"04 3\n", b"1 0\n"])
@pytest.mark.parametrize("with_checkpoint", [True, False])
def test_without_a_good_hint_the_newest_head_is_found(
    hint: bytes | None, with_checkpoint: bool
) -> None:
    bucket = log_of(5)
    head = connect(bucket).head()
    bucket.objects.pop("index/head")
    if hint is not None:
        bucket.objects["index/head"] = hint
    if not with_checkpoint:
        del bucket.objects["checkpoint"]
    assert connect(bucket).head() == head
    assert append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0]).index == 5
    assert oddities_of(bucket) == []
    assert "checkpoint" in bucket.objects


def test_a_hint_that_leads_to_an_old_head_in_a_void_slot_is_seen_through() -> None:
    bucket = log_of(6)
    head = connect(bucket).head()
    slot, _ = a_commit(bucket)
    bucket.objects[commit_key(slot + 1)] = garbage(bucket)["an older commit under this slot"]
    old = decode_commit(bucket.objects[commit_key(slot - 1)])
    bucket.objects["index/head"] = b"%d %d\n" % (slot + 1, old.size + len(old.entries))
    assert connect(bucket).head() == head


def test_a_checkpoint_that_steps_back_is_no_rollback() -> None:
    bucket = log_of(5)
    old = bucket.objects["checkpoint"]
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])
    bucket.objects["checkpoint"] = old
    assert LogView(connect(bucket), TRUST).size == 6


def test_removed_commits_are_reported() -> None:
    bucket = log_of(5)
    slot, _ = a_commit(bucket)
    del bucket.objects[commit_key(slot)]
    with pytest.raises(InconsistentError, match="speaks of 5 entries, its commits/ reach only 4"):
        connect(bucket).head()


def test_a_commit_removed_from_the_middle_is_named() -> None:
    bucket = log_of(5)
    slot, _ = a_commit(bucket)
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])
    del bucket.objects[commit_key(slot)]
    assert [one.message for one in faults_of(bucket)] == [f"{commit_key(slot)} is missing"]


def test_two_signed_heads_of_one_size_are_a_fork() -> None:
    bucket = log_of(5)
    fork = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), [LOG_KEY])
    bucket.objects["checkpoint"] = fork
    with pytest.raises(InconsistentError, match="two heads of 5 entries"):
        connect(bucket).head()


def test_commits_whose_entries_are_not_those_of_the_bundles_are_named() -> None:
    bucket, other = log_of(5), log_of(5)
    view = LogView(connect(other), TRUST)
    leaves = [view.leaf(n) for n in range(5)]
    leaves[3] = bytes(32)
    found = [one for one in connect(bucket).examine(5, leaves.__getitem__) if one.fault]
    assert [one.message for one in found] == [
        f"{commit_key(3)} has another entry 3 than the log's bundles"
    ]


def test_a_checkpoint_that_is_none_is_a_fault_and_is_replaced_by_the_next_append() -> None:
    bucket = log_of(5)
    bucket.objects["checkpoint"] = b"garbage"
    assert [one.place for one in faults_of(bucket)] == ["checkpoint"]
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])
    assert faults_of(bucket) == []


def test_what_waits_or_is_behind_is_noted() -> None:
    bucket = log_of(5)
    connect(bucket).offer(b"an entry")
    bucket.objects["pending/probe-1"] = b""
    bucket.objects["commits/x"] = b""
    bucket.objects["index/head"] = b"2 1\n"
    assert connect(bucket).waiting() == (digest(b"an entry"),)
    assert {(one.fault, one.kind) for one in oddities_of(bucket)} == {
        (False, "pending"),
        (False, "stray"),
        (False, "hint"),
    }


# ---------------------------------------------------------------- publishing


def test_a_tile_that_somebody_put_in_the_way_is_reported_by_the_next_writer() -> None:
    bucket = log_of(3)
    bucket.objects["tile/entries/000.p/4"] = b"garbage"
    # The commit stands, and its receipt is good.
    assert append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0]).index == 3
    assert LogView(connect(bucket), TRUST).size == 4
    with pytest.raises(InconsistentError, match=r"tile/entries/000\.p/4 of s3://memory/log is not"):
        append(connect(bucket), TRUST, LOG_KEY, filler(1, 901)[0])
    del bucket.objects["tile/entries/000.p/4"]
    assert append(connect(bucket), TRUST, LOG_KEY, filler(1, 901)[0]).index == 4
    assert faults_of(bucket) == []


def test_readers_see_a_commit_that_nobody_published() -> None:
    bucket = log_of(3)
    before = set(bucket.objects)
    entry = filler(1, 900)[0]
    append(connect(bucket), TRUST, LOG_KEY, entry)
    slot, _ = a_commit(bucket)
    for key in set(bucket.objects) - before - {commit_key(slot)}:
        del bucket.objects[key]
    bucket.objects["index/head"] = b"%d 3\n" % (slot - 1)
    reader = connect(bucket)
    view = LogView(reader, TRUST)
    assert (view.size, view.entry(3)) == (4, entry)
    assert reader.lookup(DIGEST, digest(entry), 4, 9) == (3,)
    assert reader.indexed() == 4
    assert {place for _, place in reader.rows()} == {0, 1, 2, 3}
    assert "tile/entries/000.p/4" in set(reader.names("tile/"))
    assert connect(bucket).read("tile/entries/000.p/4") == reader.read("tile/entries/000.p/4")
    assert verify_log(connect(bucket), TRUST).faults == ()


def test_a_view_of_a_head_that_nobody_published_lasts_when_the_log_grows() -> None:
    bucket = log_of(3)
    before = dict(bucket.objects)
    for entry in filler(2, 900):
        append(connect(bucket), TRUST, LOG_KEY, entry)
    commits = {key: data for key, data in bucket.objects.items() if key.startswith("commits/")}
    newest = max(commits)
    bucket.objects = before | {key: commits[key] for key in commits if key != newest}
    reader = connect(bucket)
    head = reader.head()
    bucket.objects[newest] = commits[newest]
    assert LogView(reader, TRUST).size == 5
    view = LogView(reader, TRUST, head=head)
    assert (view.size, view.entry(3)) == (4, filler(1, 900)[0])
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 950)[0])
    # Those in between that nobody was shown are not written, and nobody misses them.
    assert "tile/0/000.p/4" not in bucket.objects
    assert "tile/0/000.p/5" in bucket.objects
    assert verify_log(connect(bucket), TRUST).faults == ()


class NoWrites(MemoryBucket):
    """What an auditor is given."""

    def create(self, key: str, data: bytes) -> None:
        raise StoreError(f"may not create {key} of {len(data)} bytes")

    def put(self, key: str, data: bytes) -> None:
        raise StoreError(f"may not write {key} of {len(data)} bytes")


def test_from_the_commits_alone_everything_is_made_anew() -> None:
    bucket = log_of(0)
    store = connect(bucket)
    for _ in range(300):
        fill(store, 1)
    whole = dict(bucket.objects)
    bucket.objects = {key: data for key, data in whole.items() if key.startswith("commits/")}
    reader = NoWrites()
    reader.objects = dict(bucket.objects)
    assert LogView(connect(reader), TRUST).size == 300  # in memory, as long as there is room
    with pytest.raises(StoreError, match=r"too much of the log .* is not published: may not"):
        ObjectStore(reader, READER, most_unpublished=99_999).head()
    restored = ObjectStore(bucket, READER, most_unpublished=99_999)
    assert LogView(restored, TRUST).size == 300
    append(restored, TRUST, LOG_KEY, filler(1, 900)[0])
    lasting = {key: data for key, data in whole.items() if ".p/" not in key}
    assert {key: bucket.objects[key] for key in lasting if key.startswith("tile/")} == {
        key: data for key, data in lasting.items() if key.startswith("tile/")
    }
    assert verify_log(connect(bucket), TRUST).faults == ()


def test_rows_published_on_the_way_to_the_head_are_found_at_it() -> None:
    """They were listed before; a row that is missed hides an earlier use of a ticket."""
    bucket = log_of(1)
    for _ in range(300):
        fill(connect(bucket), 1)
    bucket.objects = {k: v for k, v in bucket.objects.items() if k.startswith("commits/")}
    store = ObjectStore(bucket, READER, most_unpublished=0)
    first = digest(filler(1)[0])
    store.prefetch(keys=[(DIGEST, first)])
    store.head()
    assert any(key.startswith("index/") for key in bucket.objects)
    assert store.lookup(DIGEST, first, 301, 8) == (0,)


def test_more_signatures_are_kept_when_the_hint_is_put_right() -> None:
    bucket = log_of(3)
    store = connect(bucket)
    head = store.head()
    assert head is not None
    signed = add_signatures(head, [OTHER_LOG_KEY])
    assert store.commit(head, Plan({}, (), (), signed))
    slot, _ = a_commit(bucket)
    bucket.objects["index/head"] = b"%d 2\n" % (slot - 1)
    store = connect(bucket)
    store.offer(b"x")
    assert store.head() == signed
    append(connect(bucket), TRUST, LOG_KEY, filler(1, 900)[0])
    assert connect(bucket).head() != signed
    with pytest.raises(InconsistentError, match="this is another"):
        store.commit(store.head(), Plan({}, (), (), head))


def test_an_offer_under_a_false_digest_is_put_right() -> None:
    bucket = log_of(1)
    entry = filler(1, 900)[0]
    bucket.objects[f"pending/{digest(entry)}"] = b"something else"
    connect(bucket).offer(entry)
    assert bucket.objects[f"pending/{digest(entry)}"] == entry


def test_rows_too_many_that_may_not_be_deleted_are_an_error() -> None:
    class NoDeletes(MemoryBucket):
        def delete(self, keys: Sequence[str]) -> None:
            raise StoreError(f"may not delete {keys[0]}")

    bucket = NoDeletes()
    bucket.objects = log_of(3).objects
    bucket.objects[f"index/{'0' * 32}/{10**16 - 1 - 1:016}"] = b""
    store = connect(bucket)
    view = LogView(store, TRUST)
    rows = [READER.row_of(n, view.entry(n)) for n in range(3)]
    with pytest.raises(StoreError, match=r"1 rows too many in the index .* stay") as caught:
        store.reindex(view.checkpoint, rows)
    assert "delete objects below index/" in caught.value.remedy
