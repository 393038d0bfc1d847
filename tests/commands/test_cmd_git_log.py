"""The commands on a log in a git repository: made, written, read and proved like any other."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import git_http
from jobs import SHOP, Job, job, must_say, said


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("git-log")) as made:
        yield made


def test_a_log_on_a_branch_is_used_like_any_other(acme: Job, tmp_path: Path) -> None:
    repository = git_http.make_repository(tmp_path / "changes.git")
    url = f"git+file://{repository}#log"
    given = acme.rewrite("git.toml", ('"dir:log"', f'"{url}"'))
    environment = acme.ci(**given)
    enforce = ("enforce", *SHOP, "--ticket", "CHG-1", "--config", "git.toml")
    ended = acme.gate(*enforce, environment=environment)
    assert ended.code == 12, said(ended)
    must_say(ended, "there is no log")
    acme.gate("log", "init", "--config", "git.toml", environment=environment, expect=0)
    assert acme.gate("log", "init", "--config", "git.toml", environment=environment).code == 2
    receipt = tmp_path / "receipt"
    acme.gate(*enforce, "--receipt", str(receipt), environment=environment, expect=0)
    acme.gate(
        *("verify", "--receipt", str(receipt), "--trust", "trust", *SHOP),
        *("--commit", acme.scene.commit),
        expect=0,
    )
    acme.gate(
        *("complete", "--receipt", str(receipt), "--outcome", "succeeded", "--config", "git.toml"),
        environment=environment,
        expect=0,
    )
    ended = acme.gate("log", "verify", "--log", url, "--trust", "trust", "--json", expect=0)
    assert json.loads(ended.out)["counts"]["evidence"] == 1
    log = ["git", "-C", str(repository), "log", "--format=%s", "log"]
    subjects = subprocess.run(log, capture_output=True, text=True, check=True).stdout.splitlines()
    assert subjects == ["append 1 entry, size 2", "append 1 entry, size 1", "begin the log"]
