"""What to fetch along with an object that is not here, so that reading a whole log takes few trips.

One who reads bundle after bundle gets twice as many each time, with their tiles; one who reads here
and there gets what was asked for. The partial tiles of one tile, of which each begins like the one
before, are cheap together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gate.tlog.errors import MalformedError
from gate.tlog.paths import WIDTH, entries_path, parse_path, tile_path

_MOST = 64  # bundles at once: some 30 MB
_PATIENCE = 8  # bundles of evidence one by one, before whole directories


class ReadAhead:
    """Looks at what was missed so far; ``siblings`` gives the files beside a path."""

    def __init__(self, siblings: Callable[[str], Iterator[str]]) -> None:
        self._siblings = siblings
        self._low = self._high = 0  # the bundles that were fetched last
        self._width = 1
        self._evidence = 0

    def along(self, path: str) -> Iterator[str]:
        """The paths to fetch along with ``path``, some of which may not exist."""
        if path.startswith("evidence/"):
            self._evidence += 1
            return self._siblings(path) if self._evidence > _PATIENCE else iter(())
        try:
            name = parse_path(path)
        except MalformedError:
            return iter(())
        if name.width != WIDTH:
            return self._siblings(path)
        return iter(()) if name.level else self._beside(name.n)

    def _beside(self, n: int) -> Iterator[str]:
        if n == self._high:
            self._width = min(_MOST, self._width * 2)
            self._low, self._high = n, n + self._width
        elif n == self._low - 1:
            self._width = min(_MOST, self._width * 2)
            self._low, self._high = max(0, n + 1 - self._width), n + 1
        else:
            self._width, self._low, self._high = 1, n, n + 1
        for one in range(self._low, self._high):
            yield tile_path(0, one)
            yield entries_path(one)
