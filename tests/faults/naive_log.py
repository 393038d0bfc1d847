"""A second reader of our logs, made of hashlib and nothing of gate: what an outsider would write.

From C2SP tlog-checkpoint and tlog-tiles alone: it takes the checkpoint's size, reads that many
entries from the bundles, and computes the root anew. (Signatures are not its business.)
"""

from __future__ import annotations

import base64
from pathlib import Path

from naive_tree import NaiveTree


def read_checkpoint(folder: Path) -> tuple[str, int, bytes]:
    """Origin, size and root as the checkpoint's first three lines give them."""
    origin, size, root = (folder / "checkpoint").read_text().split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def read_entries(folder: Path, size: int) -> list[bytes]:
    """The first ``size`` entries, from the bundles."""
    entries: list[bytes] = []
    for n in range(-(-size // 256)):
        name = f"{n % 1000:03}" if n < 1000 else f"x{n // 1000:03}/{n % 1000:03}"
        full, width = folder / "tile" / "entries" / name, min(256, size - n * 256)
        data = (full if width == 256 else Path(f"{full}.p") / str(width)).read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    assert len(entries) == size
    return entries


def is_whole(folder: Path) -> bool:
    """Whether the entries make the root."""
    _, size, root = read_checkpoint(folder)
    return NaiveTree(read_entries(folder, size)).root(size) == root
