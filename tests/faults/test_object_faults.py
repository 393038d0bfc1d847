"""Every request of an append to a bucket goes wrong once, in every way that requests go wrong.

Whatever fails, the next append works, everything acknowledged is in the log exactly once, the whole
log and its commits hold together, and a reader who knows only the layout reads the same entries.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from buckets import MemoryBucket
from faults import naive_log
from faults.faulty_buckets import Crash, FaultyBucket, copy_of, write_out
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, filler

from gate.errors import InconsistentError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended, append, as_it_is
from gate.log.writing.create import init_log
from gate.store.bucket.careful import ATTEMPTS
from gate.store.bucket.engine import Bucket
from gate.store.bucket.store import ObjectStore
from gate.store.contract import StoreError

FEW = ("not done", "done", "crash before", "crash after")
READER = log_reader([LOG_KEY.verifier])
SIZES = (0, 3, 255)  # of the log before the append
WAYS = ("not done", "done", "crash before", "crash after", "late", "twice", "conflict", "refused")


def connect(bucket: Bucket) -> ObjectStore:
    return ObjectStore(bucket, READER, pause=lambda _: None)


def add(bucket: Bucket, entry: bytes) -> Appended:
    return append(connect(bucket), TRUST, LOG_KEY, entry, rejudge=as_it_is, pause=lambda _: None)


def make_log(size: int) -> MemoryBucket:
    bucket = MemoryBucket()
    store = connect(bucket)
    init_log(store, ORIGIN, LOG_KEY)
    for count in (size - 2, 1, 1) if size > 2 else (1,) * size:
        fill(store, count)
    return bucket


@pytest.fixture(scope="module")
def prepared() -> dict[int, MemoryBucket]:
    return {size: make_log(size) for size in SIZES}


def requests_of_an_append(bucket: MemoryBucket) -> list[str]:
    counting = FaultyBucket(copy_of(bucket), -1, "")
    add(counting, filler(1, 900)[0])
    return counting.names


def holds_together(bucket: MemoryBucket, folder: Path, acknowledged: Sequence[bytes]) -> None:
    store = connect(bucket)
    report = verify_log(store, TRUST)
    assert report.faults == ()
    view = LogView(store, TRUST)
    entries = [view.entry(index) for index in range(view.size)]
    assert len(set(entries)) == len(entries)
    assert all(entries.count(entry) == 1 for entry in acknowledged)
    assert [one for one in store.examine(view.size, view.leaf) if one.fault] == []
    if view.size > 99:
        return  # the naive reader takes long, and has seen it at smaller sizes
    shutil.rmtree(folder, ignore_errors=True)
    write_out(bucket, folder)
    assert naive_log.read_entries(folder, view.size) == entries
    assert naive_log.is_whole(folder)


def tried(bucket: FaultyBucket, entry: bytes) -> str:
    """How an append ended: "done", "error" or "crash"."""
    try:
        appended = add(bucket, entry)
    except StoreError:
        return "error"
    except Crash:
        return "crash"
    assert appended.entry == entry
    return "done"


@pytest.mark.parametrize(
    ("size", "how"),
    [(size, how) for size in SIZES for how in WAYS if size < 99 or how in FEW],
)
def test_an_append_survives_the_failure_of_any_request(
    prepared: dict[int, MemoryBucket], tmp_path: Path, size: int, how: str
) -> None:
    names = requests_of_an_append(prepared[size])
    outcomes = set()
    first, second = filler(2, 900)
    for at, name in enumerate(names):
        bucket = copy_of(prepared[size])
        faulty = FaultyBucket(bucket, at, how)
        outcomes.add(tried(faulty, first))
        assert faulty.hit == name
        faulty.land()
        assert LogView(connect(bucket), TRUST).size <= size + 1
        # What was refused may be tried again, whether or not it had gone in.
        add(bucket, first)
        faulty.land()
        add(bucket, second)
        holds_together(bucket, tmp_path / "log", [first, second])
        assert list(bucket.keys("pending/")) == []
    if how in {"not done", "done", "late", "twice", "conflict"}:
        assert outcomes == {"done"}  # one failure is nothing
    elif how == "refused":
        assert outcomes == {"done", "error"}
    else:
        assert outcomes == {"crash"}


@pytest.mark.parametrize("how", ["not done", "done", "conflict", "late"])
def test_a_bucket_that_fails_for_long_is_an_error_and_no_guess(
    prepared: dict[int, MemoryBucket], tmp_path: Path, how: str
) -> None:
    names = requests_of_an_append(prepared[3])
    first, second = filler(2, 900)
    refused = 0
    for at in range(len(names)):
        bucket = copy_of(prepared[3])
        faulty = FaultyBucket(bucket, at, how, times=10 * ATTEMPTS)
        ended = tried(faulty, first)
        refused += ended == "error"
        faulty.land()
        acknowledged = [first] if ended == "done" else []
        acknowledged.append(add(bucket, second).entry)
        # Offered and not refused for certain: whoever comes next may bring it in.
        add(bucket, first)
        holds_together(bucket, tmp_path / "log", [first, *acknowledged])
    assert refused


def test_after_the_commit_nothing_turns_it_into_an_error(
    prepared: dict[int, MemoryBucket], tmp_path: Path
) -> None:
    names = requests_of_an_append(prepared[3])
    point = next(at for at, name in enumerate(names) if name.startswith("create commits/"))
    entry = filler(1, 900)[0]
    for at in range(point + 1, len(names)):
        bucket = copy_of(prepared[3])
        assert tried(FaultyBucket(bucket, at, "not done", times=10_000), entry) == "done"
        assert LogView(connect(bucket), TRUST).entry(3) == entry
        add(bucket, filler(1, 901)[0])
        holds_together(bucket, tmp_path / "log", [entry])


def test_before_the_commit_a_lasting_failure_is_not_recorded(
    prepared: dict[int, MemoryBucket],
) -> None:
    names = requests_of_an_append(prepared[3])
    point = next(at for at, name in enumerate(names) if name.startswith("create commits/"))
    for at in range(point + 1):
        bucket = copy_of(prepared[3])
        faulty = FaultyBucket(bucket, at, "not done", times=10_000)
        with pytest.raises(StoreError) as caught:
            add(faulty, filler(1, 900)[0])
        assert caught.value.exit_code == 12
        assert LogView(connect(bucket), TRUST).size == 3


def test_an_offer_of_a_writer_that_died_is_brought_in_by_the_next(
    prepared: dict[int, MemoryBucket], tmp_path: Path
) -> None:
    bucket = copy_of(prepared[3])
    entries = filler(5, 900)
    for entry in entries[:4]:
        assert tried(FaultyBucket(bucket, 1, "crash before"), entry) == "crash"
    assert len(connect(bucket).waiting()) == 4
    assert add(bucket, entries[4]).index == 3
    assert LogView(connect(bucket), TRUST).size == 8
    assert connect(bucket).waiting() == ()
    holds_together(bucket, tmp_path / "log", entries)


def test_several_commits_left_unpublished_are_published_by_the_next(
    prepared: dict[int, MemoryBucket], tmp_path: Path
) -> None:
    bucket = copy_of(prepared[255])
    entries = filler(4, 900)
    names = requests_of_an_append(prepared[255])
    point = next(at for at, name in enumerate(names) if name.startswith("create commits/"))
    assert tried(FaultyBucket(bucket, point, "crash after"), entries[0]) == "crash"
    assert "tile/entries/000" not in bucket.objects
    assert "tile/entries/000" in set(connect(bucket).names("tile/"))
    add(bucket, entries[1])
    assert "tile/entries/000" in bucket.objects
    assert not [key for key in bucket.objects if key.startswith("tile/entries/000.p/")]
    holds_together(bucket, tmp_path / "log", entries[:2])


def test_evidence_is_kept_or_refused(prepared: dict[int, MemoryBucket]) -> None:
    for how in WAYS:
        bucket = copy_of(prepared[3])
        counting = FaultyBucket(copy_of(bucket), -1, "")
        Pipeline(connect(counting)).decide()
        last = len(counting.names) - 1
        assert counting.names[last].startswith("create evidence/")
        faulty = FaultyBucket(bucket, last, how)
        try:
            Pipeline(connect(faulty)).decide()
        except (StoreError, Crash):
            assert how in {"refused", "crash before", "crash after"}
        else:
            assert any(key.startswith("evidence/") for key in bucket.objects)
        faulty.land()
        Pipeline(connect(bucket)).enforce()
        assert verify_log(connect(bucket), TRUST).counts["evidence"] == 1


def test_partial_tiles_that_may_not_be_deleted_stay(
    prepared: dict[int, MemoryBucket], tmp_path: Path
) -> None:
    class NoDeletes(MemoryBucket):
        def delete(self, keys: Sequence[str]) -> None:
            raise StoreError(f"may not delete {keys[0]}")

    bucket = NoDeletes()
    bucket.objects = dict(prepared[255].objects)
    for n, entry in enumerate(filler(3, 900)):
        assert add(bucket, entry).index == 255 + n
    assert "tile/entries/000.p/255" in bucket.objects
    assert len(connect(bucket).waiting()) == 3
    holds_together(bucket, tmp_path / "log", filler(3, 900))


def test_the_commit_of_a_writer_that_was_thought_dead_changes_nothing(
    prepared: dict[int, MemoryBucket], tmp_path: Path
) -> None:
    """Its request to create the slot arrives when another has committed its offer already."""
    bucket = copy_of(prepared[3])
    names = requests_of_an_append(prepared[3])
    point = next(at for at, name in enumerate(names) if name.startswith("create commits/"))
    entry, other = filler(2, 900)
    faulty = FaultyBucket(bucket, point, "late", times=10_000)
    assert tried(faulty, entry) == "error"
    add(bucket, other)
    assert LogView(connect(bucket), TRUST).size == 5
    faulty.land()
    holds_together(bucket, tmp_path / "log", [entry, other])
    # ...or before anybody noticed: then it counts.
    bucket = copy_of(prepared[3])
    faulty = FaultyBucket(bucket, point, "late", times=10_000)
    assert tried(faulty, entry) == "error"
    faulty.land()
    assert LogView(connect(bucket), TRUST).entry(3) == entry
    add(bucket, other)
    holds_together(bucket, tmp_path / "log", [entry, other])


def test_a_writer_of_garbage_does_not_stop_the_others(
    prepared: dict[int, MemoryBucket],
) -> None:
    """Garbage in every second slot: each append goes on to the next."""
    bucket = copy_of(prepared[3])
    slots = []
    for n, entry in enumerate(filler(6, 900)):
        slot = int(max(key for key in bucket.objects if key.startswith("commits/"))[8:]) + 1
        bucket.objects[f"commits/{slot:020}"] = b"garbage %d" % n
        slots.append(f"commits/{slot:020}")
        assert add(bucket, entry).index == 3 + n
    store = connect(bucket)
    view = LogView(store, TRUST)
    assert [one.place for one in store.examine(9, view.leaf) if one.fault] == slots


def test_a_broken_tree_is_not_signed_over(prepared: dict[int, MemoryBucket]) -> None:
    bucket = copy_of(prepared[3])
    bucket.objects["tile/0/000.p/3"] = bytes(96)
    before = {key: data for key, data in bucket.objects.items() if not key.startswith("pending/")}
    with pytest.raises(InconsistentError, match="do not make the root"):
        add(bucket, filler(1, 900)[0])
    after = {key: data for key, data in bucket.objects.items() if not key.startswith("pending/")}
    assert after == before
