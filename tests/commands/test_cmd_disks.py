"""Disks that are full, read-only or not what they were: decided is not recorded, and ends 12.

Root may write anywhere, so a place that cannot be written is made in ways that hold for root too: a
file where a folder should be, a limit on file sizes, a device that is always full, a tiny disk.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jobs import PROCESS, SHOP, Job, job, must_say, said

from gate.demo.stage import Ended

ENFORCE = ("enforce", *SHOP, "--ticket", "CHG-1")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("disks")) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def begun(acme: Job) -> None:
    """A log with an entry has all its folders."""
    acme.gate(*ENFORCE, environment=acme.ci(), expect=0)


def swap(path: Path, other: Callable[[Path], None]) -> Callable[[], None]:
    """Put something else where ``path`` is; returns what puts it back."""
    away = path.with_name(path.name + ".away")
    there = path.exists()
    if there:
        path.rename(away)
    other(path)

    def back() -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if there:
            away.rename(path)

    return back


def a_file(path: Path) -> None:
    path.write_text("in the way")


def nothing(_: Path) -> None:
    pass


def an_empty_folder(path: Path) -> None:
    path.mkdir()


def a_dead_link(path: Path) -> None:
    path.symlink_to("nowhere/at/all")


@pytest.mark.parametrize("command", ["enforce", "run"])
@pytest.mark.parametrize("put", [a_file, nothing, a_dead_link, an_empty_folder])
def test_a_log_that_is_not_there(acme: Job, put: Callable[[Path], None], command: str) -> None:
    """And no new one is begun in its place: that would be a second history."""
    before = acme.view().size
    back = swap(acme.home / "log", put)
    rest = ("--", "touch", "started") if command == "run" else ()
    try:
        ended = acme.gate(command, *ENFORCE[1:], *rest, environment=acme.ci())
        made = sorted(p.name for p in (acme.home / "log").glob("*")) if put is not a_file else []
    finally:
        back()
    assert ended.code == 12, said(ended)
    must_say(ended, "dir:log", "to do:")
    assert "ALLOWED" not in ended.out
    assert made == []
    assert not (acme.home / "started").exists()
    assert acme.view().size == before


def test_a_log_that_cannot_be_read_leaves_check_undetermined(acme: Job) -> None:
    back = swap(acme.home / "log", nothing)
    try:
        ended = acme.judge("check", "--ticket", "CHG-1")
    finally:
        back()
    assert ended.code == 11, said(ended)
    must_say(ended, "log:", "UNDETERMINED")


@pytest.mark.parametrize(
    "name", ["tile", "tile/entries", "tile/0", "evidence", ".scratch", ".lock"]
)
def test_a_file_in_the_way_inside_the_log(acme: Job, name: str) -> None:
    path = acme.home / "log" / name
    size = acme.view().size
    before = acme.allowed()
    back = swap(path, an_empty_folder if name == ".lock" else a_file)
    try:
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    finally:
        back()
    assert ended.code in {12, 13}, said(ended)
    assert "ALLOWED" not in ended.out
    assert (acme.view().size, acme.allowed()) == (size, before)


def test_a_file_where_disclosures_go(acme: Job) -> None:
    before = acme.allowed()
    back = swap(acme.home / "change-evidence", a_file)
    try:
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    finally:
        back()
    assert ended.code == 12, said(ended)
    must_say(ended, "change-evidence", "to do:")
    assert acme.allowed() == before


@pytest.mark.parametrize("receipt", ["gate.toml/r", "/dev/full/r", "a" * 300])
def test_a_receipt_that_cannot_be_written(acme: Job, receipt: str) -> None:
    """Without it the deploy target could not tell that the deployment is permitted."""
    ended = acme.gate(*ENFORCE, "--receipt", receipt, environment=acme.ci())
    assert ended.code in {2, 12}, said(ended)
    must_say(ended, "receipt", "to do:")
    assert "ALLOWED" not in ended.out


@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
@pytest.mark.parametrize("path", ["/dev/full", "gate.toml/x", "."])
def test_an_output_that_the_runner_does_not_take(acme: Job, variable: str, path: str) -> None:
    """A later step would read an old or an empty answer."""
    ended = acme.gate(*ENFORCE, environment=acme.ci(**{variable: path}))
    assert ended.code == 2, said(ended)
    must_say(ended, variable, "cannot be written")


# ---------------------------------------------------------------- real limits, in real processes


def in_process(
    acme: Job,
    *arguments: str,
    limit: Callable[[], None] | None = None,
    stdout: int = subprocess.PIPE,
    home: Path | None = None,
) -> Ended:
    done = subprocess.run(
        [*PROCESS, *arguments],
        cwd=home or acme.home,
        # Python itself may leave half a .pyc behind, where it may write only so much of one.
        env=acme.environ(acme.ci(PYTHONDONTWRITEBYTECODE="1")),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limit,
    )
    return Ended("gate " + " ".join(arguments), done.returncode, done.stdout or "", done.stderr)


@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_limit_on_file_sizes_is_told_as_such(acme: Job, size: int) -> None:
    before, allowed = acme.view().size, acme.allowed()
    ended = in_process(
        acme,
        *ENFORCE,
        limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert ended.code == 12, said(ended)
    must_say(ended, "to do:", "ulimit -f")
    assert "ALLOWED" not in ended.out
    assert (acme.view().size, acme.allowed()) == (before, allowed)


def test_an_answer_that_cannot_be_printed_is_no_zero(acme: Job) -> None:
    """The disk that takes the job's log is full: nobody saw the answer."""
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        ended = in_process(acme, *ENFORCE, stdout=full)
        shown = in_process(acme, "explain", stdout=full)
        version = in_process(acme, "--version", stdout=full)
    finally:
        os.close(full)
    assert ended.code not in {0, 10, 11}, said(ended)
    assert shown.code != 0
    assert version.code != 0


def test_an_answer_that_nobody_reads_is_no_zero(acme: Job) -> None:
    """Its reader is gone before anything is written (`gate enforce | true`)."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = in_process(acme, *ENFORCE, stdout=writing)
    finally:
        os.close(writing)
    assert ended.code != 0
    assert "Traceback" not in ended.err


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, where this machine lets us mount one."""
    place = tmp_path / "tiny"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(place)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("what", ["full", "read-only"])
def test_a_log_on_a_disk_that_takes_nothing(acme: Job, tiny: Path, what: str) -> None:
    shutil.copytree(acme.home / "log", tiny / "log")
    if what == "full":
        subprocess.run(
            ["dd", "if=/dev/zero", f"of={tiny}/filler"], capture_output=True, check=False
        )
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    head = (tiny / "log" / "checkpoint").read_bytes()
    given = acme.rewrite("tiny.toml", ('url = "dir:log"', f'url = "dir:{tiny}/log"'))
    ended = acme.gate(*ENFORCE, environment=acme.ci(**given))
    assert ended.code == 12, said(ended)
    words = "the disk is full" if what == "full" else "mounted read-only"
    must_say(ended, words, "to do:")
    assert "ALLOWED" not in ended.out
    assert (tiny / "log" / "checkpoint").read_bytes() == head
    acme.gate("log", "verify", "--log", f"dir:{tiny}/log", "--trust", "trust", expect=0)
