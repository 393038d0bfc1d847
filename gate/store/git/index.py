"""The index of a git store: small text files, of which an append changes a handful.

A line is a token (32 lower-case hex digits), a space and a place in decimal; lines stand in the
order of places. Which file a line is in depends on both. Places are divided into blocks, each 16
times as long as all before it::

    block 0   places 0 to 4,095                files by the first hex digit of the token
    block 1   places 4,096 to 65,535           by the first two
    block 2   places 65,536 to 1,048,575       by the first three
    …

so ``index/1/c3`` holds the lines of block 1 whose tokens begin with c3. Names of more than two
digits are divided after the second: ``index/2/c3/a``. So a file holds the rows of about 256 entries
whatever the size of the log, a lookup reads one file a block, three for a million entries, and the
number of files stays far below that of the tiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gate.store.contract import IndexRow

INDEX = "index"

_FIRST = 4096
_BASE = 16
_SHARD = re.compile(rb"(?:[0-9a-f]{32} (?:0|[1-9][0-9]{0,17})\n)*")
_NAME = re.compile(r"index/(0|[1-9][0-9]?)/([0-9a-f]{1,2}(?:/[0-9a-f]+)?)")


def block_of(place: int) -> int:
    """The block that a place is in."""
    block, end = 0, _FIRST
    while place >= end:
        block, end = block + 1, end * _BASE
    return block


def blocks_below(size: int) -> range:
    """The blocks of the places before ``size``, newest first."""
    return range(block_of(size - 1), -1, -1) if size > 0 else range(0)


def shard_path(block: int, token: bytes) -> str:
    """The file of a token's rows in a block."""
    digits = token.hex()[: block + 1]
    first, rest = digits[:2], digits[2:]
    return f"{INDEX}/{block}/{first}/{rest}" if rest else f"{INDEX}/{block}/{first}"


def is_shard(path: str) -> bool:
    """Whether a path is that of one of these files."""
    found = _NAME.fullmatch(path)
    if found is None:
        return False
    block, digits = int(found[1]), found[2].replace("/", "")
    return len(digits) == block + 1 and path == shard_path(block, bytes.fromhex(f"{digits:0<32}"))


def parse_shard(data: bytes) -> list[tuple[bytes, int]] | None:
    """The lines of a file as (token, place); None for what is not in this form."""
    if not _SHARD.fullmatch(data):
        return None
    words = (line.split(b" ") for line in data.splitlines())
    return [(bytes.fromhex(token.decode()), int(place)) for token, place in words]


def places_of(data: bytes, token: bytes) -> list[int] | None:
    """The places of ``token`` in a file, in order; None for what is not in this form."""
    if not _SHARD.fullmatch(data):
        return None
    return [int(m) for m in re.findall(rb"(?m)^" + token.hex().encode() + rb" ([0-9]+)$", data)]


def shards_of(rows: Iterable[IndexRow]) -> Mapping[str, bytearray]:
    """The lines of ``rows``, by the files that they go to."""
    lines: dict[str, bytearray] = {}
    for row in rows:
        block = block_of(row.index)
        for token in row.tokens:
            line = f"{token.hex()} {row.index}\n".encode()
            lines.setdefault(shard_path(block, token), bytearray()).extend(line)
    return lines


def before(data: bytes, place: int) -> bytes:
    """A file without its lines for ``place`` and what comes after; a malformed one as it is."""
    rows = parse_shard(data)
    if rows is None:
        return data
    return "".join(f"{token.hex()} {at}\n" for token, at in rows if at < place).encode()


def faults_of(path: str, data: bytes) -> Iterator[str]:
    """What is wrong with the file at ``path``, in words."""
    rows = parse_shard(data)
    if rows is None:
        yield "has lines that are no rows of an index"
        return
    if any(shard_path(block_of(place), token) != path for token, place in rows):
        yield "has rows that belong to another file, where nobody finds them"
    if [place for _, place in rows] != sorted(place for _, place in rows):
        yield "has its rows out of order"
    if len(set(rows)) != len(rows):
        yield "has a row twice"
