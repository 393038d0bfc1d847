"""Which engines this run of the tests meets; those it does not are named in the summary.

Ceph's object gateway and Go's reader are ``make engines``' own: they are installed for it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import s3_server
from engines import git_http

GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod")


def not_run(engine: str, *, here: bool) -> None:
    """Skip, and say of ``engine`` what is to be done."""
    state = "is here" if here else "is not installed here: `make engines` installs it"
    pytest.skip(f"not run: {engine}, which {state}; run `make engines`")


def test_ceph() -> None:
    programs = ("radosgw", "ceph-mon", "ceph-osd")
    not_run("Ceph's object gateway", here=all(map(shutil.which, programs)))


def test_go() -> None:
    not_run("Go's reader of logs", here=bool(shutil.which("go")) and GO_PACKAGES.is_dir())


def test_git_over_http() -> None:
    if not git_http.available():
        pytest.skip("not run: git over smart HTTP, as git's http-backend is not installed here")
    assert os.access(git_http.BACKEND, os.X_OK)


def test_moto() -> None:
    pytest.importorskip("moto", reason="not run: moto, the stand-in for S3: it is not installed")
    assert s3_server.client(s3_server.moto_endpoint()).list_buckets()["Buckets"] is not None
