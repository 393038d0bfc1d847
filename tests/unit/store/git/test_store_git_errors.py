"""What is told of git's failures, and what to fetch along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gate.store.git.ahead import ReadAhead
from gate.store.git.errors import explain_git, refused
from gate.tlog.paths import entries_path, tile_path


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (
            "fatal: could not read Username for 'https://h': terminal prompts disabled",
            "credentials",
        ),
        ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'x'", "credentials"),
        (
            "fatal: unable to access 'https://h/': The requested URL returned error: 403",
            "credentials",
        ),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote", "ssh"),
        ("fatal: write error: No space left on device", "disk is full"),
        ("fatal: unable to access 'x': Could not resolve host: h", "cannot be reached"),
        ("fatal: unable to access 'x': SSL certificate problem: self-signed", "not trusted"),
        ("fatal: no answer within 1 s", "in time"),
        ("fatal: repository 'https://h/r/' not found", "no such repository"),
        ("fatal: detected dubious ownership in repository at '/x'", "another user"),
        ("fatal: remote error: upload-pack: not our ref 0123", "by their ids"),
        ("fatal: mismatched algorithms: client sha1; server sha256", "SHA-256"),
        ("", "git failed"),
    ],
)
def test_causes(said: str, means: str) -> None:
    error = explain_git(said, "read", "git+https://h/r#log")
    assert means in error.message
    assert "git+https://h/r#log" in error.message
    assert error.remedy


def test_what_git_says_is_one_short_line_without_user_names_and_passwords() -> None:
    error = explain_git(
        "warning: x\nfatal: bad \x1b[31m thing at https://user:s3cret@h/r " + "y" * 999, "read", "u"
    )
    assert "(git: fatal: bad ?[31m thing at https://h/r yyy" in error.message
    assert "s3cret" not in error.message
    assert len(error.message) < 400
    assert "\n" not in error.message


def test_the_remote_says_why_it_refuses() -> None:
    told = "remote: GitLab: You are not allowed to push code to protected branches on this project."
    error = refused(f"{told}\nTo https://h/r\n", "u")
    assert "protected branches" in error.message
    assert error.remedy


def beside(path: str) -> Iterator[str]:
    return iter([f"beside {path}"])


def test_one_who_reads_in_order_gets_more_each_time_and_no_trip_twice() -> None:
    ahead, here, trips = ReadAhead(beside), set[str](), 0
    for n in range(1000):
        for path in (entries_path(n), tile_path(0, n)):
            if path not in here:
                trips += 1
                along = list(ahead.along(path))
                assert path in along
                assert len(along) <= 128
                here.update(along)
    assert trips < 25


def test_one_who_reads_downwards_too() -> None:
    ahead, here, trips = ReadAhead(beside), set[str](), 0
    for n in reversed(range(1000)):
        if entries_path(n) not in here:
            trips += 1
            here.update(ahead.along(entries_path(n)))
    assert trips < 25


def test_one_who_reads_here_and_there_gets_that_alone() -> None:
    ahead = ReadAhead(beside)
    for n in (700, 3, 411, 90):
        assert list(ahead.along(entries_path(n))) == [tile_path(0, n), entries_path(n)]
    assert list(ahead.along(tile_path(1, 3))) == []
    assert list(ahead.along("checkpoint")) == []


def test_partial_tiles_come_together_and_evidence_after_some_patience() -> None:
    ahead = ReadAhead(beside)
    assert list(ahead.along("tile/0/003.p/7")) == ["beside tile/0/003.p/7"]
    path = f"evidence/ab/ab{'0' * 62}"
    fetched = [list(ahead.along(path)) for _ in range(9)]
    assert fetched == [[]] * 8 + [[f"beside {path}"]]
