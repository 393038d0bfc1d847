"""Jira's wiki text (REST v2) made plain, Markdown headings understood where people write those.

Only markup that stands around words is taken away; what looks like an address or an identifier
stays as it is, since a scope may name a service by it.
"""

from __future__ import annotations

import re

from gate.tickets.sections import Block

_HEADING = re.compile(r"\s*h(?P<level>[1-6])\.\s+(?P<title>.*\S)\s*")
_MARKDOWN = re.compile(r"(?P<level>#{1,6})\s+(?P<title>.*?\S)(\s+#+)?\s*")
_FENCE = re.compile(r"\{(code|noformat)(:[^}\n]*)?\}")
_MACRO = re.compile(r"\{(quote|panel|color|anchor|expand|info|note|tip|warning)(:[^}\n]*)?\}")
_LIST = re.compile(r"^\s*([*#-]+)\s+")
_RULE = re.compile(r"\s*-{4,}\s*")
_QUOTE = re.compile(r"^\s*bq\.\s+")
_NAMED_LINK = re.compile(r"\[([^|\]\n]+)\|([^|\]\n]+)(?:\|[^\]\n]*)?\]")
_LINK = re.compile(r"\[(https?://[^\]|\s]+|~[^\]\n]+)\]")
_MONO = re.compile(r"\{\{(.+?)\}\}")
_MARKS = re.compile(r"(?<![\w/:.])([*_+])(?=\S)([^\n]{0,200}?\S)\1(?![\w/])")
_LONGEST_HEADING = 300


def blocks(text: str) -> tuple[Block, ...]:
    """Each line as a block; headings are ``h2. Title``, or ``## Title`` where there are none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # In wiki text a line that starts with # is a list item, so Markdown is only the second guess.
    markdown = not any(_HEADING.fullmatch(line) for line in lines if len(line) <= _LONGEST_HEADING)
    found: list[Block] = []
    verbatim = False
    for line in lines:
        fences = len(_FENCE.findall(line))
        if verbatim or fences:
            found.append(Block(_FENCE.sub("", line).rstrip()))
            verbatim ^= fences % 2 == 1
            continue
        shape = _MARKDOWN if markdown else _HEADING
        heading = shape.fullmatch(line) if len(line) <= _LONGEST_HEADING else None
        if heading:
            level = heading["level"]
            found.append(Block(_inline(heading["title"]), len(level) if markdown else int(level)))
        else:
            found.append(Block(_line(line)))
    return tuple(found)


def _line(line: str) -> str:
    if _RULE.fullmatch(line):
        return ""
    line = _QUOTE.sub("", line)
    line = _LIST.sub("", line, count=1)
    if line.lstrip().startswith("|"):
        line = re.sub(r"\|+", " ", line)
    return _inline(line).rstrip()


def _inline(text: str) -> str:
    text = _MACRO.sub("", text)
    text = _NAMED_LINK.sub(r"\1 (\2)", text)
    text = _LINK.sub(r"\1", text)
    text = _MONO.sub(r"\1", text)
    return _MARKS.sub(r"\2", text)
