"""A ``git`` in front of git, which counts how often it is run, keeps what it was given, and at one
of these times kills its caller, or fails: without having done anything, or after it was done."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Ill: TypeAlias = Literal[
    "kill before", "kill after", "fail before", "fail after", "full", "hang", "none"
]

_SCRIPT = """#!/bin/sh
echo x >> {here}/count
n=$(wc -l < {here}/count)
ill={ill}
if [ "$n" -ne {at} ]; then ill=none; fi
case "$ill/$*" in *after/*cat-file*) ill="${{ill% *}} before";; esac  # it goes on for ever
for word in "$@"; do printf '%s\\n' "$word"; done >> {here}/arguments
GIT_TRACE2_EVENT={here}/trace
export GIT_TRACE2_EVENT
case "$ill" in
  "kill before") kill -9 $PPID; exit 1;;
  "fail before") echo "fatal: made to fail" >&2; exit 128;;
  hang) exec sleep 600;;
  full) echo "fatal: write error: No space left on device" >&2; exit 128;;
  "kill after") {git} "$@" > {here}/out; kill -9 $PPID; exit 1;;
  "fail after") {git} "$@" > {here}/out; echo "fatal: made to fail" >&2; exit 128;;
esac
exec {git} "$@"
"""


@dataclass(frozen=True)
class GitWrapper:
    """Stands in ``here``; to be put first on the PATH. ``at`` counts from 1; 0 is never."""

    here: Path
    ill: Ill = "none"
    at: int = 0

    def __post_init__(self) -> None:
        self.here.mkdir(parents=True)
        git = shutil.which("git")
        text = _SCRIPT.format(here=self.here, ill=f"'{self.ill}'", at=self.at, git=git)
        script = self.here / "git"
        script.write_text(text)
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    @property
    def path(self) -> str:
        """The PATH with the wrapper first."""
        return f"{self.here}{os.pathsep}{os.environ['PATH']}"

    @property
    def count(self) -> int:
        """How often git was run by name."""
        counted = self.here / "count"
        return len(counted.read_text().splitlines()) if counted.exists() else 0

    def told(self) -> str:
        """All arguments of git, and of all processes that git started."""
        return "".join((self.here / name).read_text() for name in ("arguments", "trace"))
