"""What checking leaves for later checks, kept on the disk so that memory stays the same.

Each chunk of a log tells many things that belong together by something else than their place: all
records of one ticket, all evidence of one prefix. So it leaves its facts in parts, and later each
part is gathered from all chunks, in log order. A log of one chunk is held in memory.

Facts have names for their fields (``facts``) and are laid down as plain tuples, by ``marshal``: of
a million records there are millions, and nothing else lays them down as quickly.
"""

from __future__ import annotations

import marshal
import os
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from gate.store.contract import StoreError

_OFFSET = struct.Struct("<QQ")
_Fact = TypeVar("_Fact", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Kind(Generic[_Fact]):
    """A kind of fact: its name, and how one is made of the plain tuple that it was laid down as."""

    name: str
    make: Callable[[Iterable[Any]], _Fact]


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

    def put_facts(self, kind: Kind[_Fact], chunk: int, parts: Sequence[Iterable[_Fact]]) -> None:
        """Keep the facts of one kind that a chunk leaves, by parts."""
        self.put(f"{kind.name}-{chunk}", [marshal.dumps(list(map(tuple, one))) for one in parts])

    def facts(self, kind: Kind[_Fact], chunks: int, part: int) -> Iterator[_Fact]:
        """The facts of ``part`` that the ``chunks`` left, in log order."""
        for chunk in range(chunks):
            yield from self.chunk_facts(kind, chunk, part)

    def chunk_facts(self, kind: Kind[_Fact], chunk: int, part: int = 0) -> Iterator[_Fact]:
        """The facts of ``part`` that one chunk left."""
        return map(kind.make, self._laid(kind.name, chunk, part))

    def put_numbers(self, name: str, chunk: int, numbers: Sequence[int]) -> None:
        """Keep numbers that a chunk leaves under ``name``."""
        self.put(f"{name}-{chunk}", [marshal.dumps(list(numbers))])

    def numbers(self, name: str, chunk: int) -> Sequence[int]:
        """The numbers that a chunk left under ``name``."""
        return self._laid(name, chunk, 0)

    def _laid(self, name: str, chunk: int, part: int) -> Sequence[Any]:
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
