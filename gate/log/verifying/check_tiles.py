"""What is stored of one tile, in whatever widths, held against the hashes that belong there."""

from __future__ import annotations

from collections.abc import Collection

from gate.log.verifying.findings import TREE, Findings
from gate.log.verifying.known_tree import HASH
from gate.tlog.paths import WIDTH, TileName
from gate.tlog.tile import Read


def check_tile(
    read: Read,
    name: TileName,
    expected: bytes,
    widths: Collection[int],
    findings: Findings,
    known: tuple[TileName, bytes] | None = None,
) -> None:
    """Check what is stored in ``widths`` of the tile ``name``, whose hashes are ``expected``.

    ``name`` is the one that the head needs; ``known`` is one that was read already.
    """
    first = (name.n * WIDTH) << (8 * (name.level or 0))
    for width in sorted(widths):
        tile = TileName(name.level, name.n, width)
        beyond = width > name.width
        if beyond:
            findings.note("beyond", tile.path, "reaches beyond the head", (first, TREE))
        if beyond and name.width in widths:
            continue  # what an append that did not come to its end left behind
        data = known[1] if known is not None and known[0] == tile else read(tile.path) or b""
        if len(data) != width * HASH or data[: len(expected)] != expected[: len(data)]:
            findings.fault(
                "tile",
                tile.path,
                f"{tile.path} is not the tile that its entries make",
                (first, TREE),
            )
        findings.count("tiles")
