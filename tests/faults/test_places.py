"""Folders that are missing, read-only or full, as the operating system really reports them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, filler, new_directory

from gate.errors import GateError
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.store.contract import StoreError
from gate.store.directory.store import DirectoryStore

TESTS = Path(__file__).parents[1]

_APPEND = """
import sys
sys.path.append(sys.argv[1])
from pathlib import Path
from faults.pipelines import LOG_KEY, TRUST, filler
from gate.errors import GateError
from gate.log.writing.append import append
from gate.log.reading.view import LogView
from gate.store.directory.store import DirectoryStore
store = DirectoryStore(Path(sys.argv[2]))
print(LogView(store, TRUST).size)
try:
    append(store, TRUST, LOG_KEY, filler(1, 7)[0])
except GateError as error:
    print(error.exit_code, error.message, "|", error.remedy)
"""


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "nowhere", "dir:nowhere")
    for read in (lambda: LogView(store, TRUST), lambda: verify_log(store, TRUST)):
        with pytest.raises(StoreError, match="there is no log at dir:nowhere") as caught:
            read()
        assert "gate log init" in caught.value.remedy
    with pytest.raises(StoreError, match="there is no log"):
        append(store, TRUST, LOG_KEY, filler(1)[0])
    with pytest.raises(StoreError, match="No such file or directory") as caught:
        store.put_evidence("a" * 64, b"x")
    assert "mounted" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_new_log_is_not_made_where_its_disk_is_not_mounted(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        init_log(DirectoryStore(tmp_path / "not-mounted" / "log"), ORIGIN, LOG_KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("not a log")
    with pytest.raises(StoreError, match="no log"):
        LogView(DirectoryStore(tmp_path / "log"), TRUST)
    with pytest.raises(StoreError, match=r"Not a directory|File exists"):
        init_log(DirectoryStore(tmp_path / "log"), ORIGIN, LOG_KEY)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork(2)")
def test_a_folder_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading works, appending says what is wrong. In a child, which gives up root's powers."""
    path = tmp_path / "log"
    append(new_directory(path), TRUST, LOG_KEY, filler(1)[0])  # and all modules are loaded now
    for folder in (path / ".scratch", path):
        folder.chmod(0o555)
    (path / ".lock").chmod(0o444)
    monkeypatch.chdir(path)  # the folders above are private
    said, saying = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            os.write(saying, _try_to_append(Path()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(saying)
    answer = os.read(said, 10_000).decode()
    os.close(said)
    assert answer.startswith("1\n12 cannot write the log dir:")
    assert "Permission denied" in answer
    assert "right to read and write" in answer
    assert list((path / ".scratch").iterdir()) == []


def _try_to_append(path: Path) -> str:
    store = DirectoryStore(path)
    size = LogView(store, TRUST).size
    try:
        append(store, TRUST, LOG_KEY, filler(1, 7)[0])
    except GateError as error:
        return f"{size}\n{error.exit_code} {error.message} {error.remedy}"
    return f"{size}\nappended"


def test_a_file_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "log"
    store = new_directory(path)
    append(store, TRUST, LOG_KEY, filler(1)[0])

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    result = subprocess.run(
        [sys.executable, "-B", "-c", _APPEND, str(TESTS), str(path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        preexec_fn=limit,  # the only way to limit a child alone
    )
    assert result.stdout.startswith("1\n12 cannot write the log dir:"), result.stderr
    assert "File too large" in result.stdout
    append(store, TRUST, LOG_KEY, filler(1, 8)[0])
    report = verify_log(store, TRUST)
    assert (report.size, report.faults) == (2, ())
