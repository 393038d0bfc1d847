"""How figures are printed: each beside the aim it has, and what it was measured against."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured ``value`` in ``unit``: "x" for a ratio; ``beside`` tells of what.

    ``at_most`` and ``at_least`` are the aim, where there is one.
    """

    what: str
    value: float
    unit: str = "x"
    beside: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def line(self) -> str:
        """The figure as one line of a table."""
        shown = f"{self.value:,.2f}" if self.unit == "x" else f"{self.value:,.6g}"
        told = f"{self.what:62} {shown:>10} {self.unit:8} {self._aim:20} {self.beside}"
        return told.rstrip()

    @property
    def _aim(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:g}  {'met' if self.value <= self.at_most else 'MISSED'}"
        if self.at_least is not None:
            return f"≥ {self.at_least:g}  {'met' if self.value >= self.at_least else 'MISSED'}"
        return ""


def show(title: str, figures: Iterable[Figure], notes: Iterable[str] = ()) -> None:
    """Print a bench's figures, and what must be known to read them."""
    say(title, *(f"  {figure.line}" for figure in figures), *(f"  · {note}" for note in notes), "")


def skip(title: str, why: str) -> None:
    """Say that a bench was not run."""
    say(title, f"  NOT MEASURED: {why}", "")


def say(*lines: str) -> None:
    """Print, at once: a bench takes minutes."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def machine() -> str:
    """What the figures were measured on, and when."""
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    return (
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs ({cpu}), {platform.system()} {platform.release()}"
    )


def spread(seconds: list[float], scale: float = 1000.0, unit: str = "ms") -> str:
    """The median with the least and the most, as text."""
    low, middle, high = (scale * one for one in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:.3g} {unit} ({low:.3g} to {high:.3g})"
