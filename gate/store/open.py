"""From a URL of the configuration to a store."""

from __future__ import annotations

from pathlib import Path

from gate.errors import UsageError
from gate.store.contract import Store, Surroundings


def open_store(url: str, around: Surroundings) -> Store:
    """The store that ``url`` names; nothing is read or written yet.

    ``dir:PATH``, ``git+https://…#branch`` (git+ssh, git+file), ``s3://bucket/prefix`` (gs, az) and
    ``memory:``. Raises ``UsageError`` for anything else.
    """
    if url == "memory:":
        from gate.store.memory import MemoryStore

        return MemoryStore()
    if url.startswith("dir:"):
        from gate.store.directory.store import DirectoryStore

        return DirectoryStore(folder(url, around.base), url)
    if url.startswith("git+"):
        from gate.store.git.store import open_git

        return open_git(url, around)
    if url.startswith(("s3:", "gs:", "az:")):
        from gate.store.bucket.open import open_object

        return open_object(url, around)
    raise UsageError(
        f"{url[:200]!r} names no store",
        remedy='give a directory (url = "dir:change-log"), a git branch '
        "(git+https://host/repository#branch) or a bucket (s3://bucket/prefix)",
    )


def folder(url: str, base: Path) -> Path:
    """The path of a ``dir:`` URL. Raises ``UsageError`` if it names none."""
    path = url.removeprefix("dir:")
    if path == url or not path or "\0" in path:
        raise UsageError(
            f"{url[:200]!r} names no directory", remedy='write it as "dir:PATH", without slashes'
        )
    return base / path


def folder_of(url: str, base: Path) -> Path | None:
    """The folder of a ``dir:`` URL, None for a store that is no folder here."""
    return folder(url, base) if url.startswith("dir:") else None
