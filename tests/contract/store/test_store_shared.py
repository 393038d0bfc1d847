"""Stores that other processes open to verify a part of the log, and those that none can."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from engines import git_http
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, story

from gate.log.reading.reader import log_reader
from gate.log.verifying.crew import can_share
from gate.log.verifying.verify import verify_log
from gate.log.writing.create import init_log
from gate.store.contract import Store, Surroundings
from gate.store.git.store import open_git
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.merkle import EMPTY_ROOT

READER = log_reader([LOG_KEY.verifier])


def filled(store: Store) -> None:
    """A log of more than two bundles, with records of each kind."""
    init_log(store, ORIGIN, LOG_KEY)
    fill(store, 560)
    story(Pipeline(store), 568)


def test_what_a_store_knows_of_its_log_can_be_pickled() -> None:
    copy = pickle.loads(pickle.dumps(READER))  # noqa: S301  # made here
    assert copy.row_of is READER.row_of
    assert copy.sealed_by(b"", bytes(64)) == -1
    head = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), [LOG_KEY])
    assert copy.open_head(head) == READER.open_head(head)
    assert copy.generation(head) == READER.generation(head) == 0


def test_a_bucket_is_verified_by_several_processes_to_the_same() -> None:
    pytest.importorskip("moto")
    import s3_server

    endpoint = s3_server.moto_endpoint()
    name = s3_server.new_bucket(endpoint)
    filled(s3_server.connect(endpoint, name, READER))
    store = s3_server.connect(endpoint, name, READER)
    assert can_share(store)
    alone = verify_log(store, TRUST, jobs=1)
    assert (alone.faults, alone.notes) == ((), ())
    assert alone.size >= 568
    assert verify_log(store, TRUST, jobs=2) == alone
    s3_server.client(endpoint).delete_object(Bucket=name, Key="some/log/tile/entries/001")
    broken = verify_log(s3_server.connect(endpoint, name, READER), TRUST, jobs=1)
    assert broken.faults
    assert verify_log(s3_server.connect(endpoint, name, READER), TRUST, jobs=2) == broken


def test_a_git_branch_is_verified_by_one_process_however_many_are_asked_for(
    tmp_path: Path,
) -> None:
    url = f"git+file://{git_http.make_repository(tmp_path / 'log.git')}#log"
    environ = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    store = open_git(url, Surroundings(tmp_path, READER, environ))
    filled(store)
    assert not can_share(store)
    report = verify_log(store, TRUST, jobs=2)
    assert (report.faults, report.notes) == ((), ())
    assert report == verify_log(store, TRUST, jobs=1)
