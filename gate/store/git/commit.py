"""A commit that git's own importer makes: it needs only the trees on the way to what changes.

Everything else of the parent's tree stays as it is, also what is not on this machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from gate.store.git.errors import explain_git
from gate.store.git.run import GitRun

NEW: Final = "refs/gate/new"
AUTHOR: Final = "gate <gate@localhost>"

Changes: TypeAlias = Mapping[str, bytes | bytearray | None]
"""path -> the bytes that it holds from now on; None for a file or directory that goes."""


def make_commit(
    git: GitRun, parent: str | None, changes: Changes, message: str, seconds: int, url: str
) -> str:
    """Make a commit and return its id; ``seconds`` (POSIX) is its date."""
    given = stream(parent, changes, message, seconds, secrets.token_hex(8))
    answer = git.local("fast-import", "--quiet", "--force", "--done", given=given)
    if answer.code:
        raise explain_git(answer.error, "prepare a commit for", url)
    return answer.out.decode("ascii").strip()


def stream(
    parent: str | None, changes: Changes, message: str, seconds: int, nonce: str
) -> Iterator[bytes | bytearray]:
    """What git-fast-import(1) reads. The nonce keeps two writers' commits from being one."""
    text = f"{message}\n\nWriter: {nonce}\n".encode()
    yield f"commit {NEW}\nmark :1\ncommitter {AUTHOR} {seconds} +0000\n".encode()
    yield f"data {len(text)}\n".encode() + text
    yield f"from {parent}\n".encode() if parent else b""
    for path, data in changes.items():
        if data is None:
            yield f"D {path}\n".encode()
    for path, data in changes.items():
        if data is not None:
            yield f"M 100644 inline {path}\ndata {len(data)}\n".encode()
            yield data
            yield b"\n"
    yield b"get-mark :1\ndone\n"
