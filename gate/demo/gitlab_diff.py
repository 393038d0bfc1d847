"""Diffs as GitLab shows them: one row a file, its hunks as git writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gate.demo.repository import Repository

_MODE = re.compile(r"index [0-9a-f]+\.\.[0-9a-f]+ ([0-7]{6})")


@dataclass(slots=True)
class FileDiff:
    """One file that differs."""

    old_path: str
    new_path: str
    a_mode: str = "0"
    b_mode: str = "0"
    new_file: bool = False
    renamed_file: bool = False
    deleted_file: bool = False
    diff: str = ""

    def shown(self, most: int) -> dict[str, Any]:
        """The row; a diff of more than ``most`` characters is left out, and said to be."""
        too_large = len(self.diff) > most
        return {
            "diff": "" if too_large else self.diff,
            "collapsed": False,
            "too_large": too_large,
            "new_path": self.new_path,
            "old_path": self.old_path,
            "a_mode": self.a_mode,
            "b_mode": self.b_mode,
            "new_file": self.new_file,
            "renamed_file": self.renamed_file,
            "deleted_file": self.deleted_file,
            "generated_file": None,
        }


def between(git: Repository, base: str, head: str) -> list[FileDiff]:
    """What differs from ``base`` ("": nothing at all) to ``head``."""
    empty = git.git("hash-object", "-t", "tree", "--stdin", stdin="")
    printed = git.git("diff", "-M", "--no-color", "--no-ext-diff", base or empty, head)
    return [_file(part) for part in re.split(r"^diff --git ", printed, flags=re.MULTILINE)[1:]]


def _file(part: str) -> FileDiff:
    first, _, rest = part.partition("\n")
    old, new = first.split(" ", 1)
    found = FileDiff(old.removeprefix("a/"), new.removeprefix("b/"))
    head, at, hunks = rest.partition("@@ ")
    for line in head.splitlines():
        _header(found, line)
    if at:
        found.diff = at + hunks + ("" if hunks.endswith("\n") else "\n")
    elif "Binary files" in head:
        found.diff = next(x for x in head.splitlines() if x.startswith("Binary")) + "\n"
    return found


def _header(found: FileDiff, line: str) -> None:
    word, _, value = line.rpartition(" ")
    match word:
        case "new file mode":
            found.new_file, found.b_mode = True, value
        case "deleted file mode":
            found.deleted_file, found.a_mode = True, value
        case "old mode":
            found.a_mode = value
        case "new mode":
            found.b_mode = value
        case "rename from":
            found.renamed_file, found.old_path = True, value
        case "rename to":
            found.new_path = value
        case _:
            mode = _MODE.fullmatch(line)
            if mode:
                found.a_mode = found.b_mode = mode[1]
