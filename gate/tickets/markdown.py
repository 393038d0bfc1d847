"""Markdown as issues are written in it, made plain as far as a scope or a plan needs it.

What a template says to whoever fills it in is nobody's plan: comments (``<!-- -->``) are left out,
and so is the ``_No response_`` that an issue form writes for an empty field. What the page does not
show is left out as well: HTML, definitions of links, and code that is drawn as a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gate.tickets.sections import Block
from gate.tickets.unrendered import without_html

_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})[ \t]+(?P<title>\S.*)")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_DRAWN = {"math", "mermaid", "geojson", "topojson", "stl", "plantuml", "kroki"}
_NOTHING = "_No response_"
_LONGEST_HEADING = 300


def blocks(text: str) -> tuple[Block, ...]:
    """Each line as a block; headings are those with ``#``, outside fenced code."""
    lines = _undefined(without_html(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n"))
    found: list[Block] = []
    fence, is_drawn = "", False
    for line in lines:
        edge = _FENCE.fullmatch(line)
        if fence:
            if edge and edge["mark"].startswith(fence) and not edge["rest"].strip():
                fence = ""
            elif not is_drawn:
                found.append(Block(line.rstrip()))
        elif edge:
            fence = edge["mark"]
            is_drawn = edge["rest"].strip().lower().partition(" ")[0] in _DRAWN
        elif line.strip() != _NOTHING:
            found.append(_line(line))
    return tuple(found)


def _line(line: str) -> Block:
    heading = _HEADING.fullmatch(line) if len(line) <= _LONGEST_HEADING else None
    if heading is None:
        return Block(line.rstrip())
    return Block(_CLOSING.sub("", heading["title"]).strip(), len(heading["level"]))


def _undefined(lines: Sequence[str]) -> Iterator[str]:
    """Without definitions, each of which goes on to the end of its paragraph at most."""
    is_in_one = False
    for line in lines:
        if not line.strip() or _FENCE.fullmatch(line) or _HEADING.fullmatch(line):
            is_in_one = False
        elif _is_definition(line):
            is_in_one = True
        if not is_in_one:
            yield line


def _is_definition(line: str) -> bool:
    """Whether a link's address may be defined, be it in a list; its label may begin earlier."""
    label, end, _ = line.partition("]:")
    return bool(end) and (label.lstrip(" \t>*+-0123456789.)").startswith("[") or "[" not in label)
