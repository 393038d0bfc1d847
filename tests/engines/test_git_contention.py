"""Many processes append at once to a log on a git remote that is served over smart HTTP."""

from __future__ import annotations

import os
import time
import traceback
from pathlib import Path

import pytest
from engines import git_http
from faults.git_logs import commits_of, entries_of, new_log, open_at
from faults.pipelines import LOG_KEY, TRUST, filler

from gate.log.writing.append import append

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not git_http.available(), reason="needs git-http-backend"
)

WRITERS = 32
TOKEN = "s3cret"
PATIENCE = 300  # seconds for a command: on a busy machine the last of so many waits for long


def test_all_of_them_come_through_and_nothing_forks(tmp_path: Path) -> None:
    file = new_log(tmp_path)
    server = git_http.GitServer(tmp_path, credentials=f"x-access-token:{TOKEN}")
    url = f"git+{server.url}/log.git#log"
    entries = filler(WRITERS)
    children = []
    for entry in entries:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                store = open_at(
                    url, tmp_path, timeout=PATIENCE, pause=time.sleep, GATE_LOG_TOKEN=TOKEN
                )
                append(store, TRUST, LOG_KEY, entry)
                code = 0
            except BaseException:
                traceback.print_exc()  # all that is ever seen of it
                raise
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WRITERS
    server.close()
    assert sorted(entries_of(file, tmp_path)) == sorted(entries)
    assert commits_of(tmp_path / "log.git") == WRITERS + 1
