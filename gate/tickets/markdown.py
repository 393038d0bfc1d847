"""Markdown as issues are written in it, made plain as far as a scope or a plan needs it.

What a template says to whoever fills it in is nobody's plan: comments (``<!-- -->``) are left out,
and so is the ``_No response_`` that an issue form writes for an empty field.
"""

from __future__ import annotations

import re

from gate.tickets.sections import Block

_HEADING = re.compile(r" {0,3}(?P<level>#{1,6})[ \t]+(?P<title>\S.*)")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_NOTHING = "_No response_"
_LONGEST_HEADING = 300


def blocks(text: str) -> tuple[Block, ...]:
    """Each line as a block; headings are those with ``#``, outside fenced code."""
    lines = _uncommented(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    found: list[Block] = []
    fence = ""
    for line in lines:
        edge = _FENCE.fullmatch(line)
        if fence:
            if edge and edge["mark"].startswith(fence) and not edge["rest"].strip():
                fence = ""
            else:
                found.append(Block(line.rstrip()))
        elif edge:
            fence = edge["mark"]
        elif line.strip() != _NOTHING:
            found.append(_line(line))
    return tuple(found)


def _line(line: str) -> Block:
    heading = _HEADING.fullmatch(line) if len(line) <= _LONGEST_HEADING else None
    if heading is None:
        return Block(line.rstrip())
    return Block(_CLOSING.sub("", heading["title"]).strip(), len(heading["level"]))


def _uncommented(text: str) -> str:
    """Without comments; one that is not closed hides all that follows, as on the site."""
    shown, rest = "", text
    while rest:
        before, mark, after = rest.partition("<!--")
        shown += before
        rest = after.partition("-->")[2] if mark else ""
    return shown
