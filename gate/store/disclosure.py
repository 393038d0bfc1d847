"""Where disclosures live: in a place that can forget.

A record names people only by commitments. The bytes that open them stand here, apart from the log,
so that they can be erased and every proof stays whole: in a folder, or in a bucket
(``bucket.disclosures``). Copies, backups and snapshots of it are the reader's to erase too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from gate.errors import UsageError
from gate.store.contract import Whereabouts, check_digest
from gate.store.durable import PRIVATE, Calls, explain, keep_names, make_directories, place
from gate.store.lock import only_writer
from gate.store.open import folder


class DisclosureStore(Protocol):
    """Disclosures, each under the digest (SHA-256, lower-case hex) of its log entry.

    All methods raise ``StoreError`` where they cannot answer, ``ValueError`` for what is no digest.
    """

    def put(self, digest: str, data: bytes) -> None:
        """Keep the disclosure of this entry, durably, in the place of one that is there."""
        ...

    def get(self, digest: str) -> bytes | None:
        """The disclosure of this entry; None where it was erased or never kept."""
        ...

    def erase(self, digest: str) -> bool:
        """Erase the disclosure of this entry; False where there was none."""
        ...


class FolderDisclosures:
    """Disclosures in a folder, each under the digest of its log entry: ``<xx>/<digest>.json``.

    Files are readable by their owner only. Methods raise ``StoreError`` where the folder cannot be
    read or written, ``ValueError`` for what is no SHA-256 in lower-case hex.
    """

    def __init__(self, root: Path, calls: Calls | None = None) -> None:
        self._root = root
        self._calls = calls or Calls()

    def put(self, digest: str, data: bytes) -> None:
        """Keep the disclosure of the entry with this digest, durably."""
        target = self._path(digest)
        try:
            if not self._root.is_dir():
                self._calls.make_directory(self._root)
                self._calls.sync_directory(self._root.absolute().parent)
            with only_writer(self._root / ".lock"):
                make_directories(self._calls, self._root, target.parent)
                scratch = self._root / ".scratch"
                self._calls.unlink(scratch)  # of a writer that did not come to its end
                place(self._calls, scratch, target, data, PRIVATE)
                keep_names(self._calls, self._root, {target.parent})
        except OSError as error:
            raise explain(error, f"write the evidence folder {self._root}") from error

    def get(self, digest: str) -> bytes | None:
        """The disclosure of the entry with this digest; None where it was erased or never kept."""
        try:
            return self._path(digest).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise explain(error, f"read the evidence folder {self._root}") from error

    def erase(self, digest: str) -> bool:
        """Erase the disclosure of the entry with this digest; False where there was none."""
        target = self._path(digest)
        try:
            if not target.exists():
                return False
            self._calls.unlink(target)
            self._calls.sync_directory(target.parent)
        except OSError as error:
            raise explain(error, f"erase from the evidence folder {self._root}") from error
        return True

    def _path(self, digest: str) -> Path:
        check_digest(digest)
        return self._root / digest[:2] / f"{digest}.json"


def open_disclosures(url: str, where: Whereabouts) -> DisclosureStore:
    """The disclosures at ``url``: ``dir:PATH``, ``s3://bucket/prefix`` (gs, az).

    Nothing is read or written yet. Raises ``UsageError`` for any other URL, and what
    ``open_bucket`` raises.
    """
    if url.startswith("git+"):
        raise UsageError(
            "disclosures cannot lie in a git repository: its history forgets nothing",
            remedy="give a directory (dir:PATH) or a bucket (s3://bucket/prefix)",
        )
    if url.startswith(("s3:", "gs:", "az:")):
        from gate.store.bucket.disclosures import BucketDisclosures
        from gate.store.bucket.open import open_bucket

        return BucketDisclosures(open_bucket(url, where))
    return FolderDisclosures(folder(url, where.base))
