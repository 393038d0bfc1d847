"""Every system call of an append fails once: not done, or done and reported as failed.

Whatever fails, the next append works, everything acknowledged is in the log, and the whole log
verifies. Appends at a size in the middle of a tile, and at one that fills a tile, where partial
tiles are removed.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from faults import naive_log
from faults.faulty import CountingCalls, FailingCalls
from faults.pipelines import LOG_KEY, TRUST, Pipeline, digest, fill, filler, new_directory

from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.store.contract import StoreError
from gate.store.directory.store import DirectoryStore

SIZES = (0, 3, 255)  # of the log before the append


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    logs = {}
    for size in SIZES:
        path = tmp_path_factory.mktemp("prepared") / "log"
        store = new_directory(path)
        for count in (size - 2, 2) if size > 2 else (size,) if size else ():
            fill(store, count)
        logs[size] = path
    return logs


def calls_of_an_append(log: Path, scratch: Path) -> list[str]:
    shutil.copytree(log, scratch)
    calls = CountingCalls()
    append(DirectoryStore(scratch, calls=calls), TRUST, LOG_KEY, filler(1, 900)[0])
    return calls.names


def holds_together(path: Path, acknowledged: list[bytes]) -> None:
    store = DirectoryStore(path)
    report = verify_log(store, TRUST)
    assert report.faults == ()
    assert report.size >= len(acknowledged)
    view = LogView(store, TRUST)
    entries = [view.entry(index) for index in range(view.size)]
    assert all(entries.count(entry) == 1 for entry in acknowledged)
    assert naive_log.read_entries(path, view.size) == entries
    assert naive_log.is_whole(path)


def try_to_append(path: Path, calls: CountingCalls, entry: bytes) -> bool:
    try:
        append(DirectoryStore(path, calls=calls), TRUST, LOG_KEY, entry)
    except StoreError:
        return False
    return True


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done, reported failed"])
def test_an_append_survives_the_failure_of_any_system_call(
    prepared: dict[int, Path], tmp_path: Path, size: int, done: bool
) -> None:
    names = calls_of_an_append(prepared[size], tmp_path / "count" / "log")
    assert {"sqlite commit", "rename checkpoint", "fsync"} <= set(names)
    if size == 255:
        assert "unlink 255" in names
    outcomes = set()
    for at in range(len(names)):
        path = tmp_path / str(at) / "log"
        shutil.copytree(prepared[size], path)
        calls = FailingCalls(at, done=done)
        first, second = filler(2, 900)
        acknowledged = [first] if try_to_append(path, calls, first) else []
        outcomes.add(bool(acknowledged))
        assert calls.names[at] == names[at]
        # ...and on a disk that works again
        acknowledged.append(append(DirectoryStore(path), TRUST, LOG_KEY, second).entry)
        view = LogView(DirectoryStore(path), TRUST)
        found = {view.find_logged(digest(entry)) for entry in acknowledged}
        assert found <= {(place, False) for place in range(view.size)}
        # the one that was refused may be tried again, whether or not it had gone in
        append(DirectoryStore(path), TRUST, LOG_KEY, first)
        holds_together(path, [first, second])
        shutil.rmtree(path)
    assert outcomes == ({True, False} if done else {False} | outcomes)


def test_a_rename_whose_report_is_lost_is_told_apart_by_reading_back(
    prepared: dict[int, Path], tmp_path: Path
) -> None:
    names = calls_of_an_append(prepared[3], tmp_path / "count" / "log")
    path = tmp_path / "log"
    shutil.copytree(prepared[3], path)
    calls = FailingCalls(names.index("rename checkpoint"), done=True)
    entry = filler(1, 900)[0]
    appended = append(DirectoryStore(path, calls=calls), TRUST, LOG_KEY, entry)
    assert (appended.index, appended.entry) == (3, entry)
    assert calls.names[-1] == "fsync log/"  # and only then acknowledged


@pytest.mark.parametrize("done", [False, True])
def test_evidence_whose_write_fails_is_not_taken_for_kept(tmp_path: Path, done: bool) -> None:
    calls = CountingCalls()
    Pipeline(new_directory(tmp_path / "log", calls)).decide()
    names = calls.names  # those of put_evidence alone
    for at in range(len(names)):
        path = tmp_path / f"{done}{at}"
        new_directory(path)
        failing = Pipeline(DirectoryStore(path, calls=FailingCalls(at, done=done)))
        with pytest.raises(StoreError):
            failing.decide()
        Pipeline(DirectoryStore(path)).append(Pipeline(DirectoryStore(path)).decide())
        holds_together(path, [])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "right to read and write"),
        (errno.EFBIG, "ulimit"),
    ],
)
def test_the_message_says_what_to_do(tmp_path: Path, code: int, words: str) -> None:
    new_directory(tmp_path / "log")
    store = DirectoryStore(tmp_path / "log", calls=FailingCalls(2, done=False, code=code))
    with pytest.raises(StoreError, match="cannot write the log dir:") as caught:
        append(store, TRUST, LOG_KEY, filler(1)[0])
    assert words in caught.value.remedy
    assert os.strerror(code) in caught.value.message
    assert caught.value.exit_code == 12


def test_a_disk_that_stays_full_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    store = new_directory(path)
    fill(store, 3)
    before = (path / "checkpoint").read_bytes()

    class FullDisk(CountingCalls):
        def write(self, descriptor: int, data: bytes) -> None:
            os.write(descriptor, data[:7])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for _ in range(3):
        with pytest.raises(StoreError, match="No space left"):
            append(DirectoryStore(path, calls=FullDisk()), TRUST, LOG_KEY, filler(1, 9)[0])
    assert (path / "checkpoint").read_bytes() == before
    holds_together(path, filler(3))
    append(store, TRUST, LOG_KEY, filler(1, 9)[0])
    holds_together(path, [*filler(3), *filler(1, 9)])
