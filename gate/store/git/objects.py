"""The objects of the temporary repository, read from two processes of git that stay.

An object that is not there is not fetched by this: the caller fetches many at once.
"""

from __future__ import annotations

import os
import subprocess
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Final

from gate.frozen import dataclass
from gate.store.contract import StoreError
from gate.store.git.run import GitRun, end

TREE: Final = "tree"
BLOB: Final = "blob"

_ID = 20  # bytes of a SHA-1
_NAMES_CACHED = (
    300_000  # some 80 MB; those of tiles and index are a twentieth for a million entries
)
_LARGEST = 64 << 20  # bytes; the largest bundle the format allows has 16 MiB
_AT_ONCE = 512  # names asked for before an answer is read: both fit in a pipe


@dataclass(frozen=True, slots=True)
class Node:
    """What a tree holds under a name: ``kind`` is TREE, BLOB or "" for links and the like."""

    kind: str
    oid: str


class GitObjects:
    """Reads objects by their ids (hex). Methods raise ``StoreError`` where git fails."""

    def __init__(self, git: GitRun) -> None:
        self._git = git
        self._talks: dict[tuple[int, str], subprocess.Popen[bytes]] = {}
        self._trees: dict[str, Mapping[str, Node]] = {}
        self._names = 0  # in these trees

    def blob(self, oid: str) -> bytes | None:
        """The bytes of a blob; None where it is not here."""
        return self._read(oid, BLOB)

    def tree(self, oid: str) -> Mapping[str, Node] | None:
        """A tree by its names, in git's order; None where it is not here.

        ``oid`` may be that of a commit with ``^{tree}`` behind it.
        """
        known = self._trees.get(oid)
        if known is None:
            data = self._read(oid, TREE)
            if data is None:
                return None
            known = parse_tree(data)
            self._names += len(known)
            if self._names > _NAMES_CACHED:
                self._trees.clear()
                self._names = len(known)
            self._trees[oid] = known
        return known

    def resolve(self, name: str) -> str:
        """The id of what a reference names."""
        with self._talk("--batch-check") as talk:
            self._say(talk, f"{name}\n")
            words = self._line(talk).split()
        if words[1:] == [b"missing"]:
            raise _ended()
        return words[0].decode()

    def absent(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are not here, each once, in order."""
        wanted = list(dict.fromkeys(oids))
        found: list[str] = []
        for at in range(0, len(wanted), _AT_ONCE):
            some = wanted[at : at + _AT_ONCE]
            with self._talk("--batch-check") as talk:
                self._say(talk, "".join(f"{oid}\n" for oid in some))
                found += [oid for oid in some if self._line(talk).endswith(b" missing\n")]
        return found

    def _read(self, oid: str, kind: str) -> bytes | None:
        with self._talk("--batch") as talk:
            self._say(talk, f"{oid}\n")
            words = self._line(talk).split()
            if words[1:] == [b"missing"]:
                return None
            size = int(words[2])
            if size > _LARGEST:
                end(talk)  # and its answer with it
                raise StoreError("the log's branch holds something impossibly large")
            data = _of(talk.stdout).read(size + 1)
        if len(data) != size + 1:
            raise _ended()
        if words[1].decode() != kind:
            raise StoreError(f"the log's branch has a {words[1].decode()} where a {kind} should be")
        return data[:-1]

    @contextmanager
    def _talk(self, how: str) -> Iterator[subprocess.Popen[bytes]]:
        """The process that reads objects ``how``, which is ended if the answer takes too long."""
        here = os.getpid(), how  # a process that was forked off must not talk in between
        if here not in self._talks or self._talks[here].poll() is not None:
            process = self._talks[here] = self._git.start("cat-file", how)
            weakref.finalize(self, _close, process, here[0])
        limit = threading.Timer(self._git.timeout, end, [self._talks[here]])
        limit.daemon = True
        limit.start()
        try:
            yield self._talks[here]
        finally:
            limit.cancel()

    @staticmethod
    def _say(talk: subprocess.Popen[bytes], text: str) -> None:
        try:
            _of(talk.stdin).write(text.encode())
            _of(talk.stdin).flush()
        except OSError:
            raise _ended() from None

    @staticmethod
    def _line(talk: subprocess.Popen[bytes]) -> bytes:
        line = _of(talk.stdout).readline()
        if not line.endswith(b"\n"):
            raise _ended()
        return line


def _close(process: subprocess.Popen[bytes], starter: int) -> None:
    if os.getpid() != starter:
        return
    end(process)
    _of(process.stdout).close()
    with suppress(OSError):  # what it did not take before it ended is lost on nobody
        _of(process.stdin).close()


def _of(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("git was started without a pipe")
    return pipe


def _ended() -> StoreError:
    return StoreError(
        "git ended while objects of the log were read",
        remedy="check that the disk of TMPDIR has space and that there is memory; run again",
    )


def parse_tree(data: bytes) -> dict[str, Node]:
    """A tree object's names: mode SP name NUL id, again and again; ``StoreError`` for others.

    Names that are no UTF-8 come out with surrogate escapes.
    """
    found: dict[str, Node] = {}
    at = 0
    while at < len(data):
        space, end_of_name = data.find(b" ", at), data.find(b"\0", at)
        if not at < space < end_of_name < len(data) - _ID:
            raise StoreError(
                "the log's branch holds a directory that git cannot have made",
                remedy="check the remote with `git fsck`, and find out who pushed it",
            )
        mode = data[at:space]
        kind = TREE if mode == b"40000" else BLOB if mode.startswith(b"100") else ""
        name = data[space + 1 : end_of_name].decode("utf-8", "surrogateescape")
        at = end_of_name + 1 + _ID
        found[name] = Node(kind, data[end_of_name + 1 : at].hex())
    return found
