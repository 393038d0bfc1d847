"""A remote on this machine that serves repositories over smart HTTP, and git's own figures."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from writers import Place

BRANCH = "log"
_TESTS = Path(__file__).resolve().parents[1]
_NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@bench.example",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@bench.example",
}


def missing() -> str:
    """Why logs in git cannot be measured; "" if they can."""
    try:
        server = _server()
        importlib.import_module("gate.store.git.store")
    except ModuleNotFoundError as error:
        return f"this version has no {error.name}"
    return "" if server.available() else "git here has no http-backend"


def make_repository(path: Path) -> Path:
    """A bare repository that takes pushes and partial clones."""
    made: Path = _server().make_repository(path)
    return made


@contextmanager
def served(root: Path) -> Iterator[Any]:
    """A server of the repositories below ``root``: ``url``, and ``sent``, the bytes it gave out."""
    server = _server().GitServer(root)
    try:
        yield server
    finally:
        server.close()


def over_http(server: Any, repository: Path) -> Place:
    """The log in ``repository`` as a runner elsewhere sees it."""
    return Place(f"git+{server.url}/{repository.name}#{BRANCH}", _environ())


def on_disk(repository: Path) -> Place:
    """The same by its path, to fill it sooner."""
    return Place(f"git+file://{repository}#{BRANCH}", _environ())


def git(*arguments: str, at: Path, given: bytes = b"") -> str:
    """What a git command prints; it must succeed."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=at,
        env={**_environ(), **_NOBODY},
        input=given,
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout.decode().strip()


def tip_held(repository: Path) -> tuple[int, int]:
    """The bytes and the number of the files at the branch's tip."""
    listed = git("ls-tree", "-r", "-l", BRANCH, at=repository).splitlines()
    return sum(int(line.split(maxsplit=4)[3]) for line in listed), len(listed)


def packed(repository: Path) -> int:
    """Pack what lies loose; the bytes of all packs."""
    git("repack", "-d", "-q", at=repository)
    counted = git("count-objects", "-v", at=repository).splitlines()
    return 1024 * next(int(one.split()[1]) for one in counted if one.startswith("size-pack:"))


def _environ() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}


def _server() -> Any:
    if str(_TESTS) not in sys.path:
        sys.path.append(str(_TESTS))
    return importlib.import_module("engines.git_http")
