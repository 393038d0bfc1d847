"""Whether a merge commit brings just what was to be merged: diffs held against diffs. Pure.

M merges X into B. Three diffs tell: ``own``, what X changed since the two parted; ``brought``, what
M changes in B; and ``beneath``, what B changed since they parted. M is plainly the merge if each
file that is ``brought`` is ``own``, line by line: the same lines replaced by the same, in places
that differ only by what B added and removed above them. Everything is compared as runs of replaced
lines with their place, so that from B and the runs M follows, and nothing rests on context.

Example: X replaces line 3 by "c"; B puts two lines before line 1. Then M must replace line 5 of B
by "c", and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError

_HUNK = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@.*")
_NO_NEWLINE = "\\"


class Sameness(StrEnum):
    """What comparing showed."""

    SAME = "same"
    DIFFERENT = "different"  # or not shown to be the same
    UNREADABLE = "unreadable"  # nothing differs that can be read, and not all can be


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's diff. ``readable`` is False where GitLab left it out, or it is no text."""

    old_path: str
    new_path: str
    mode: str
    kind: tuple[bool, bool, bool]  # new, renamed, deleted
    text: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two commits; ``whole`` is False where GitLab does not list all of it."""

    files: tuple[FileDiff, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Lines replaced together. ``at`` is the first, in the old file, or what is inserted before."""

    at: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


def file_diff(row: Document) -> FileDiff:
    """A row of a commit's diff, or of a comparison's."""
    text = row["diff"].string()
    kind = tuple(row[f"{name}_file"].boolean() for name in ("new", "renamed", "deleted"))
    flags = [row.find(name) for name in ("collapsed", "too_large")]
    left_out = any(flag is not None and flag.boolean() for flag in flags)
    is_told = all(flag is not None for flag in flags)
    mode = row.find("b_mode")
    plain = text.startswith("@@") and "\ufffd" not in text
    nothing = not text and (kind[1] or is_told)
    return FileDiff(
        old_path=row["old_path"].text(),
        new_path=row["new_path"].text(),
        mode=mode.string() if mode else "",
        kind=(kind[0], kind[1], kind[2]),
        text=text,
        readable=not left_out and (plain or nothing),
    )


def comparison(reply: Document) -> Changes:
    """``GET …/repository/compare``, which says "timeout" where it left files out."""
    files = tuple(file_diff(row) for row in reply["diffs"].each())
    return Changes(files, whole=not reply["compare_timeout"].boolean())


def sameness(own: Changes, brought: Changes, beneath: Changes | None) -> Sameness | None:
    """How ``brought`` stands to ``own``; None where ``beneath`` is needed to tell."""
    mine, theirs = _by_path(own.files), _by_path(brought.files)
    under = None if beneath is None else _by_path(beneath.files)
    if mine is None or theirs is None or (beneath is not None and under is None):
        return Sameness.DIFFERENT
    if not theirs:
        return Sameness.DIFFERENT
    if not (own.whole and brought.whole):
        return Sameness.UNREADABLE
    worst: Sameness | None = Sameness.SAME
    for path in sorted(mine.keys() | theirs.keys()):
        found = _file(mine.get(path), theirs.get(path), under, path)
        if found is Sameness.DIFFERENT:
            return found
        if found is None or (found is Sameness.UNREADABLE and worst is not None):
            worst = found
    return worst


def _by_path(diffs: tuple[FileDiff, ...]) -> Mapping[tuple[str, str], FileDiff] | None:
    found = {(diff.old_path, diff.new_path): diff for diff in diffs}
    return found if len(found) == len(diffs) else None


def _file(
    mine: FileDiff | None,
    theirs: FileDiff | None,
    under: Mapping[tuple[str, str], FileDiff] | None,
    path: tuple[str, str],
) -> Sameness | None:
    if mine is None:
        return Sameness.DIFFERENT  # the merge changes a file that was not to be changed
    if theirs is not None and not (mine.readable and theirs.readable):
        is_alike = (mine.mode, mine.kind) == (theirs.mode, theirs.kind)
        return Sameness.UNREADABLE if is_alike else Sameness.DIFFERENT
    if theirs is not None and _plain(mine) == _plain(theirs):
        return Sameness.SAME
    if under is None:
        return None
    base = under.get(path)
    if base is None or not base.readable:
        return Sameness.DIFFERENT
    if theirs is None:  # both sides made the same change, so the merge adds nothing to it
        return Sameness.SAME if _plain(base) == _plain(mine) else Sameness.DIFFERENT
    return _moved(mine, theirs, base)


def _plain(diff: FileDiff) -> object:
    try:
        return diff.mode, diff.kind, runs(diff.text)
    except ShapeError:
        return object()  # equal to nothing


def _moved(mine: FileDiff, theirs: FileDiff, base: FileDiff) -> Sameness:
    """Whether ``theirs`` is ``mine`` in the places where ``base`` has put its lines."""
    if (mine.mode, mine.kind) != (theirs.mode, theirs.kind) or any(base.kind):
        return Sameness.DIFFERENT
    try:
        expected = _placed(runs(mine.text), runs(base.text))
        return Sameness.SAME if expected == runs(theirs.text) else Sameness.DIFFERENT
    except ShapeError:
        return Sameness.DIFFERENT


def _placed(mine: tuple[Run, ...], base: tuple[Run, ...]) -> tuple[Run, ...] | None:
    """The runs by the line numbers of the other side; None where the two sides touch."""
    placed: list[Run] = []
    for run in mine:
        shift = 0
        for other in base:
            if other.at + len(other.removed) < run.at:
                shift += len(other.added) - len(other.removed)
            elif other.at <= run.at + len(run.removed):
                return None
        placed.append(Run(run.at + shift, run.removed, run.added))
    return tuple(placed)


def runs(text: str) -> tuple[Run, ...]:
    """The runs of a diff. Raises ShapeError for what is no diff, or too long or short a hunk."""
    found: list[Run] = []
    lines = text.split("\n")
    if lines.pop():
        raise ShapeError("a diff does not end with its last line")
    place = 0
    while place < len(lines):
        head = _HUNK.fullmatch(lines[place])
        if head is None:
            raise ShapeError("a diff has a line that belongs to no hunk")
        old, new = (1 if head[n] is None else int(head[n]) for n in (2, 4))
        start = int(head[1]) + (0 if old else 1)  # "-0,0" and "-5,0" are places behind a line
        place, more = _hunk(lines, place + 1, start, old, new)
        found.extend(more)
    return tuple(found)


def _hunk(lines: list[str], place: int, at: int, old: int, new: int) -> tuple[int, list[Run]]:
    """The runs of one hunk, whose lines begin at ``place``; and the place behind it."""
    found: list[Run] = []
    removed: list[str] = []
    added: list[str] = []

    def end() -> None:
        if removed or added:
            found.append(Run(at - len(removed), tuple(removed), tuple(added)))
            removed.clear()
            added.clear()

    last = removed
    while place < len(lines) and (old or new or lines[place].startswith(_NO_NEWLINE)):
        mark, line = lines[place][:1], lines[place][1:]
        place += 1
        if mark == "-" and old:
            old, at, last = old - 1, at + 1, removed
            removed.append(line)
        elif mark == "+" and new:
            new, last = new - 1, added
            added.append(line)
        elif mark == " " and old and new:
            end()
            old, new, at, last = old - 1, new - 1, at + 1, []
        elif mark == _NO_NEWLINE and last is not None:
            if last:
                last[-1] += "\n\\"
        else:
            raise ShapeError("a hunk is not as long as it says")
    if old or new:
        raise ShapeError("a hunk is not as long as it says")
    end()
    return place, found
