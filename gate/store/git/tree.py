"""The files of a commit, of which only what is asked for is on this machine.

A tip arrives with its own tree and those directly below it. The trees of ``tile`` and ``index`` are
a few hundred kilobytes even for a million entries, so they are fetched whole, in one go. Those of
``evidence`` may be a hundred times as much, so of them only the one that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gate.store.contract import StoreError
from gate.store.git.index import INDEX
from gate.store.git.objects import BLOB, TREE, GitObjects, Node
from gate.store.git.remote import GitRemote

_WHOLE = ("tile", INDEX)


class GitTree:
    """The files of ``commit``, or none. Methods raise ``StoreError`` where they cannot be had."""

    def __init__(self, objects: GitObjects, remote: GitRemote) -> None:
        self.commit: str | None = None
        self._objects = objects
        self._remote = remote
        self._complete: set[str] = set()  # trees that are here with all trees below them

    def find(self, path: str) -> str | None:
        """The id of the file at ``path``; None where there is none."""
        above, _, name = path.rpartition("/")
        node = self.directory(above).get(name)
        return node.oid if node is not None and node.kind == BLOB else None

    def directory(self, path: str) -> Mapping[str, Node]:
        """What the directory at ``path`` holds, "" being the root; nothing where there is none."""
        root = self._root()
        if not path:
            return root
        parts = path.split("/")
        if parts[0] in root:
            self._need(parts)
        here = root
        for part in parts:
            node = here.get(part)
            if node is None or node.kind != TREE:
                return {}
            here = self._tree(node.oid)
        return here

    def siblings(self, path: str) -> Iterator[str]:
        """The paths of all that is in the directory of ``path``."""
        above = path.rpartition("/")[0]
        return (f"{above}/{name}" for name in self.directory(above))

    def paths(self, prefix: str) -> Iterator[str]:
        """The paths of all that is no directory and begins with ``prefix``, sorted."""
        start, _, _ = prefix.rpartition("/")
        if start:
            self.directory(start)
        else:
            self._fetch(
                one
                for name, node in self._root().items()
                if node.kind == TREE and name.startswith(prefix.partition("/")[0])
                for one in self._absent(node.oid)
            )
        return (path for path in self._walk(start) if path.startswith(prefix))

    def _walk(self, start: str) -> Iterator[str]:
        here = self.directory(start) if start else self._root()
        for name, node in here.items():  # git sorts them as the paths that they make
            path = f"{start}/{name}" if start else name
            if node.kind == TREE:
                yield from self._walk(path)
            else:
                yield path

    def _root(self) -> Mapping[str, Node]:
        return {} if self.commit is None else self._tree(f"{self.commit}^{{tree}}")

    def _need(self, parts: list[str]) -> None:
        """Fetch what is missing of ``tile`` and ``index``, and of the directory ``parts``."""
        root = self._root()
        absent = [one for name in _WHOLE for one in self._below(root, [name])]
        if parts[0] not in _WHOLE:
            absent += self._below(root, parts)
        self._fetch(absent)

    def _below(self, here: Mapping[str, Node], parts: list[str]) -> list[str]:
        """The trees to fetch so that the directory ``parts`` below ``here`` is complete."""
        node = here.get(parts[0])
        if node is None or node.kind != TREE:
            return []
        inside = self._objects.tree(node.oid) if len(parts) > 1 else None
        return self._absent(node.oid) if inside is None else self._below(inside, parts[1:])

    def _absent(self, oid: str) -> list[str]:
        """The topmost trees at or below ``oid`` that are not here."""
        if oid in self._complete:
            return []
        tree = self._objects.tree(oid)
        if tree is None:
            return [oid]
        inside = (node.oid for node in tree.values() if node.kind == TREE)
        found = [one for below in inside for one in self._absent(below)]
        if not found:
            self._complete.add(oid)
        return found

    def _fetch(self, oids: Iterator[str] | list[str]) -> None:
        wanted = list(dict.fromkeys(oids))
        if wanted:
            self._remote.fetch(wanted)
            self._complete.update(wanted)

    def _tree(self, oid: str) -> Mapping[str, Node]:
        tree = self._objects.tree(oid)
        if tree is None:
            raise StoreError(
                "the remote of the log did not send a part that its newest commit names",
                remedy="run again; if it stays, check the remote with `git fsck`",
            )
        return tree
