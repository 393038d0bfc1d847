"""What checking leaves for later checks, kept on the disk so that memory stays the same.

Each chunk of a log tells many things that belong together by something else than their place: all
records of one ticket, all evidence of one prefix. So it leaves its facts in parts, and later each
part is gathered from all chunks, in log order. A log of one chunk is held in memory.
"""

from __future__ import annotations

import marshal
import os
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gate.store.contract import StoreError

_OFFSET = struct.Struct("<QQ")


class Scratch:
    """Facts by name and part. ``folder`` is a scratch folder of this run; None: memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._held: dict[str, list[bytes]] = {}

    def put(self, name: str, parts: Sequence[bytes]) -> None:
        """Keep ``parts`` under ``name``, in the place of what is there."""
        if self._folder is None:
            self._held[name] = list(parts)
            return
        offsets, at = [], _OFFSET.size // 2 * (len(parts) + 1)
        for part in (*parts, b""):
            offsets.append(at)
            at += len(part)
        try:
            with (self._folder / name).open("wb") as file:
                file.write(struct.pack(f"<{len(offsets)}Q", *offsets))
                file.writelines(parts)
        except OSError as error:
            raise _full(error) from error

    def get(self, name: str, part: int) -> bytes:
        """Part ``part`` of what was put under ``name``; b"" where nothing was."""
        if self._folder is None:
            held = self._held.get(name)
            return held[part] if held else b""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(part * (_OFFSET.size // 2))
                start, end = _OFFSET.unpack(file.read(_OFFSET.size))
                file.seek(start)
                return file.read(end - start)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise _full(error) from error

    def extend(self, name: str, data: bytes) -> None:
        """Add ``data`` to what is kept, as a whole, under ``name``; ``whole`` reads it."""
        if self._folder is None:
            self._held.setdefault(name, []).append(data)
            return
        try:
            with (self._folder / name).open("ab") as file:
                file.write(data)
        except OSError as error:
            raise _full(error) from error

    def whole(self, name: str) -> bytes:
        """All that ``extend`` added under ``name``; b"" where nothing was."""
        if self._folder is None:
            return b"".join(self._held.get(name, ()))
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise _full(error) from error

    def put_facts(self, name: str, parts: Sequence[Sequence[Any]]) -> None:
        """Keep lists of plain values (tuples, texts, bytes, integers)."""
        self.put(name, [marshal.dumps(list(part)) for part in parts])

    def facts(self, name: str, chunks: int, part: int) -> Iterator[Any]:
        """The facts of ``part`` that the ``chunks`` left under ``name-<chunk>``, in log order."""
        for chunk in range(chunks):
            yield from self.chunk_facts(name, chunk, part)

    def chunk_facts(self, name: str, chunk: int, part: int = 0) -> Sequence[Any]:
        """The facts of ``part`` that one chunk left."""
        data = self.get(f"{name}-{chunk}", part)
        # This run wrote it, into a folder that nobody else may enter.
        return marshal.loads(data) if data else ()  # noqa: S302  # see above


class Gathering:
    """Bytes that come in any order of their ``parts``, each part kept under ``name-<part>``."""

    def __init__(self, scratch: Scratch, name: str) -> None:
        self.parts: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._scratch = scratch
        self._name = name

    def finish(self) -> None:
        """Hand over what is held; to be called now and then, so that it does not grow."""
        for part, data in self.parts.items():
            self._scratch.extend(f"{self._name}-{part}", bytes(data))
        self.parts.clear()


def _full(error: OSError) -> StoreError:
    return StoreError(
        f"cannot keep facts for later checks in a scratch folder: {os.strerror(error.errno or 0)}",
        remedy="verifying a million records takes about a gigabyte of scratch space: set TMPDIR to "
        "a folder that has it",
    )
