"""The files of a log's branch at its tip, as far as they were fetched.

What is missing is fetched with all that somebody said would be read soon, so that an append needs
four questions to the remote: for the tip, for its trees, for the files, and the push.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.store.contract import StoreError
from gate.store.git.ahead import ReadAhead
from gate.store.git.index import INDEX, shard_path
from gate.store.git.objects import GitObjects
from gate.store.git.remote import TIP, GitRemote
from gate.store.git.run import GitRun
from gate.store.git.tree import GitTree


class GitFiles:
    """Files by their paths. Methods raise ``StoreError`` where the remote does not answer."""

    def __init__(self, git: GitRun, remote: GitRemote, url: str) -> None:
        self._remote = remote
        self._url = url
        self._objects = GitObjects(git)
        self._tree = GitTree(self._objects, remote)
        self._ahead = ReadAhead(self._tree.siblings)
        self._asked = False
        self._wanted_paths: dict[str, None] = {}
        self._wanted_tokens: dict[bytes, None] = {}

    @property
    def commit(self) -> str | None:
        """The commit that these are the files of; None where the branch does not exist."""
        return self._tree.commit

    def refresh(self) -> None:
        """Have these be the files of the remote's tip."""
        known, self._asked = self._asked, False
        if not known or self._tree.commit is None or self._remote.tip() != self._tree.commit:
            fetched = self._remote.fetch_tip()
            self._tree.commit = self._objects.resolve(TIP) if fetched else None
        self._asked = True

    def open(self) -> None:
        """Ask the remote for its tip unless that was done."""
        if not self._asked:
            self.refresh()

    def forget(self) -> None:
        """The tip is another by now, most likely."""
        self._asked = False

    def move_to(self, commit: str) -> None:
        """``commit``, made here, is the tip now."""
        self._tree.commit = commit
        self._asked = True

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._tree.find(path) is not None

    def holds(self, directory: str) -> bool:
        """Whether there is such a directory at the top."""
        return directory in self._tree.directory("")

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted."""
        return self._tree.paths(prefix)

    def want(self, paths: Iterable[str] = (), tokens: Iterable[bytes] = ()) -> None:
        """These files, and the index's files for these tokens, will be read soon."""
        self._wanted_paths.update(dict.fromkeys(paths))
        self._wanted_tokens.update(dict.fromkeys(tokens))

    def read(self, path: str, along: Iterable[str] = ()) -> bytes | None:
        """The file at ``path``; None where there is none. ``along`` are fetched with it."""
        oid = self._tree.find(path)
        if oid is None:
            return None
        data = self._objects.blob(oid)
        if data is None:
            self.fetch([path, *along, *self._ahead.along(path)])
            data = self._objects.blob(oid)
        if data is None:
            raise StoreError(
                f"the remote of the log {self._url} does not send {path}",
                remedy="run again; if it stays, check the remote with `git fsck`",
            )
        return data

    def fetch(self, paths: Iterable[str]) -> None:
        """Fetch those of ``paths``, and of what is wanted, that exist and are not here."""
        wanted = [*paths, *self._wanted_paths]
        blocks = self._tree.directory(INDEX)
        if set(blocks) == {"0"}:  # sixteen files at most: together they save trips
            wanted += self._tree.siblings(f"{INDEX}/0/")
        for block in blocks:
            if block.isdecimal():
                wanted += [shard_path(int(block), one) for one in self._wanted_tokens]
        self._wanted_paths.clear()
        self._wanted_tokens.clear()
        oids = (self._tree.find(path) for path in wanted)
        absent = self._objects.absent(oid for oid in oids if oid is not None)
        if absent:
            self._remote.fetch(absent)
