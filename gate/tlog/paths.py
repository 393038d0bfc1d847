"""The paths of tiles and entry bundles (C2SP tlog-tiles; ``tile`` says what they hold).

::

    tile/<L>/<N>            full tile N of level L, 0 to 63
    tile/<L>/<N>.p/<W>      a partial tile of width W, 1 to 255
    tile/entries/<N>        full entry bundle N
    tile/entries/<N>.p/<W>  a partial bundle of W entries

N is in groups of three digits, all but the last with an x before them. Tile 5 of level 0 is
``tile/0/005``, bundle 1234067 with 7 entries is ``tile/entries/x001/x234/067.p/7``.
"""

from __future__ import annotations

from dataclasses import replace

from gate.frozen import dataclass
from gate.tlog.canonical import MAX_NUMBER, decode_number, shown
from gate.tlog.errors import MalformedError

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""
MAX_LEVEL = 63


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    """The path of tile ``n`` of ``level``; below 256, ``width`` names a partial tile."""
    if not 0 <= level <= MAX_LEVEL:
        raise ValueError(f"there is no tile level {level}")
    return f"tile/{level}/{_index_path(n, width)}"


def entries_path(n: int, width: int = WIDTH) -> str:
    """The path of entry bundle ``n``; below 256, ``width`` names a partial bundle."""
    return f"tile/entries/{_index_path(n, width)}"


@dataclass(frozen=True, slots=True)
class TileName:
    """What a path names: ``level`` is None for an entry bundle."""

    level: int | None
    n: int
    width: int

    @property
    def full(self) -> TileName:
        """The full tile or bundle that takes this one's place once there is one."""
        return replace(self, width=WIDTH)

    @property
    def path(self) -> str:
        """The path, as ``tile_path`` or ``entries_path`` writes it."""
        if self.level is None:
            return entries_path(self.n, self.width)
        return tile_path(self.level, self.n, self.width)


def parse_path(path: str) -> TileName:
    """The tile or bundle that a canonical ``path`` names; raises ``MalformedError``."""
    bare, partial, width = path.partition(".p/")
    first, _, rest = bare.partition("/")
    kind, _, groups = rest.partition("/")
    digits = groups.replace("/x", "").removeprefix("x").replace("/", "")
    try:
        name = TileName(
            level=None if kind == "entries" else decode_number(kind, "tile level"),
            n=decode_number(digits.lstrip("0") or "0", "tile index"),
            width=decode_number(width, "tile width") if partial else WIDTH,
        )
        if first == "tile" and name.path == path:
            return name
    except (MalformedError, ValueError):
        pass
    raise MalformedError(f"not the path of a tile: {shown(path)}", place=path)


def _index_path(n: int, width: int) -> str:
    if not 0 <= n <= MAX_NUMBER or not 1 <= width <= WIDTH:
        raise ValueError(f"there is no tile {n} of width {width}")
    path = f"{n % 1000:03}"
    while n := n // 1000:
        path = f"x{n % 1000:03}/{path}"
    return path if width == WIDTH else f"{path}.p/{width}"
