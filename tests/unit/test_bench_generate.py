"""A generated log is a log like any other: measured is what really happens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from append_directory import linked_copy
from fresh_record import fresh_record
from generated import LOG, LOG_KEY, SIGNER, TRUST, trust
from tile_stream import TileStream
from worlds import NOW

from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.judge_again import judge_again
from gate.record.statement import DecisionRecord, OutcomeRecord
from gate.store.directory.store import DirectoryStore
from gate.tlog.merkle import leaf_hash
from gate.tlog.tile import plan_tiles

COMMAND = Path(__file__).parents[1] / "bench" / "generate.py"
SIZE = 2_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("generated") / "home"
    subprocess.run(
        [sys.executable, COMMAND, "--size", str(SIZE), "--output", to],
        check=True,
        capture_output=True,
    )
    return to


def test_gate_log_verify_finds_nothing_wrong_with_it(home: Path) -> None:
    where = ("--log", f"dir:{home / LOG}", "--trust", str(home / TRUST), "--json")
    gate = [sys.executable, "-c", "from gate.cli.main import run; run()"]
    done = subprocess.run([*gate, "log", "verify", *where], check=False, capture_output=True)
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    counts = report["counts"]
    assert report["faults"] == []
    assert report["size"] == counts["entries"] == counts["index rows"] == SIZE
    assert counts["decision"] + counts["outcome"] == SIZE
    assert abs(counts["decision"] - SIZE // 2) <= 40
    assert {note["kind"] for note in report["notes"]} == {"evidence"}


def test_its_records_follow_one_another_as_a_pipelines_do(home: Path) -> None:
    view = LogView(DirectoryStore(home / LOG), trust())
    hits = list(view.find("deployment", "service-07\nproduction"))
    kinds = [type(hit.record) for hit in reversed(hits)]
    assert set(kinds[::2]) == {DecisionRecord}
    assert set(kinds[1::2]) == {OutcomeRecord}
    assert {len(hit.record.tickets) for hit in hits if isinstance(hit.record, OutcomeRecord)} == {1}


def test_a_copy_of_it_takes_an_append_and_the_original_stays(home: Path, tmp_path: Path) -> None:
    linked_copy(home / LOG, tmp_path / "copy")
    store = DirectoryStore(tmp_path / "copy")
    entry = fresh_record(LogView(store, trust()), 1)
    done = append(store, trust(), LOG_KEY, entry, rejudge=judge_again(SIGNER, lambda: NOW, "0"))
    assert (done.index, done.superseded) == (SIZE, False)
    assert not verify_log(store, trust(), evidence=False).faults
    original = DirectoryStore(home / LOG)
    assert (LogView(original, trust()).size, original.indexed()) == (SIZE, SIZE)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 256 * 256 + 257])
def test_the_stream_writes_the_tiles_that_an_append_plans(size: int) -> None:
    entries = [b"%d" % n for n in range(size)]
    written: dict[str, bytes] = {}
    stream = TileStream(written.__setitem__)
    for at in range(0, size, 100):
        some = entries[at : at + 100]
        stream.add(some, [leaf_hash(one) for one in some])
    stream.finish()
    assert written == plan_tiles(0, lambda _: None, entries).objects
