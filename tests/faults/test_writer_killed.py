"""A writer is killed at every system call of an append: before it, halfway through, or after it.

Whatever it left, the next append works, everything acknowledged is in the log, and all of it
verifies. (What a loss of power does beyond that is a matter of the order of the system calls,
which ``test_everything_is_synced_before_the_head_moves`` fixes.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faults import naive_log
from faults.faulty import CountingCalls, KillingCalls
from faults.pipelines import LOG_KEY, TRUST, fill, filler, new_directory

from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.store.directory.store import DirectoryStore

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork(2)")

NEW, NEXT = filler(2, 900)


def killed_append(path: Path, at: int, moment: str) -> None:
    """Append in a child process that is killed at its system call number ``at``."""
    child = os.fork()
    if child == 0:
        try:
            append(DirectoryStore(path, calls=KillingCalls(at, moment)), TRUST, LOG_KEY, NEW)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


@pytest.mark.parametrize("moment", ["before", "halfway", "after"])
@pytest.mark.parametrize("size", [0, 3, 255])
def test_a_killed_writer_loses_and_breaks_nothing(tmp_path: Path, size: int, moment: str) -> None:
    prepared = tmp_path / "prepared"
    store = new_directory(prepared)
    if size:
        fill(store, size - 1)
        fill(store, 1)
    shutil.copytree(prepared, tmp_path / "count")
    calls = CountingCalls()
    append(DirectoryStore(tmp_path / "count", calls=calls), TRUST, LOG_KEY, NEW)
    for at in range(len(calls.names)):
        path = tmp_path / str(at)
        shutil.copytree(prepared, path)
        killed_append(path, at, moment)
        held = LogView(DirectoryStore(path), TRUST)  # readers never see anything half done
        assert held.size in {size, size + 1}
        appended = append(DirectoryStore(path), TRUST, LOG_KEY, NEXT)
        assert appended.index == held.size
        report = verify_log(DirectoryStore(path), TRUST)
        assert report.faults == ()
        entries = naive_log.read_entries(path, report.size)
        assert entries == [*filler(size), *([NEW] if held.size > size else []), NEXT]
        assert naive_log.is_whole(path)
        assert list((path / ".scratch").iterdir()) == []
        shutil.rmtree(path)


def test_everything_is_synced_before_the_head_moves(tmp_path: Path) -> None:
    """The bytes of each object before its name, every name before the checkpoint, the checkpoint's
    own name before anything goes that the old head needs."""
    store = new_directory(tmp_path / "log")
    fill(store, 255)
    calls = CountingCalls()
    append(DirectoryStore(tmp_path / "log", calls=calls), TRUST, LOG_KEY, NEW)
    names = calls.names
    commit = names.index("rename checkpoint")
    for at, name in enumerate(names):
        if name.startswith("rename"):
            assert names[at - 1] == "fsync"
            assert at <= commit
        if name.startswith("unlink"):
            assert at > commit + 1
    assert names[commit + 1] == "fsync log/"
    synced = names[names.index("sqlite commit") : commit]
    assert {
        "fsync log/",
        "fsync tile/",
        "fsync entries/",
        "fsync 0/",
        "fsync 1/",
        "fsync 000.p/",
    } <= set(synced)
    assert max(i for i, n in enumerate(names[:commit]) if n.startswith(("rename", "sqlite"))) < min(
        i for i, n in enumerate(names) if n.endswith("/")
    )


_WRITER = """
import sys
sys.path.append(sys.argv[1])
from pathlib import Path
from faults.pipelines import LOG_KEY, TRUST, filler
from gate.log.writing.append import append
from gate.store.directory.store import DirectoryStore
store = DirectoryStore(Path(sys.argv[2]))
entries = filler(20, int(sys.argv[3]))
print("ready", flush=True)
sys.stdin.readline()
for entry in entries:
    print(append(store, TRUST, LOG_KEY, entry).index, flush=True)
"""


def test_two_processes_at_once_are_both_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    new_directory(path)
    tests = Path(__file__).parents[1]
    starts = (1000, 2000)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tests), str(path), str(start)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=tests.parent,
        )
        for start in starts
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    indexes = [[int(line) for line in writer.communicate()[0].split()] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sorted(indexes[0] + indexes[1]) == list(range(40))
    report = verify_log(DirectoryStore(path), TRUST)
    assert (report.size, report.faults) == (40, ())
    entries = naive_log.read_entries(path, 40)
    for start, places in zip(starts, indexes, strict=True):
        assert [entries[place] for place in places] == filler(20, start)
