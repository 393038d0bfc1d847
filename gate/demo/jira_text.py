"""Jira's two forms of rich text: wiki text (REST v2) and Atlassian Document Format (REST v3).

The simulator keeps texts as wiki text and renders the small part of it that tickets use: headings
(``h2. Title``), bullet and numbered lists, paragraphs, bold, and mentions (``[~accountid:…]``).
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

HEADING = re.compile(r"h([1-6])\.\s+(.*)")
ITEM = re.compile(r"([*#])\s+(.*)")
INLINE = re.compile(r"\*(?P<strong>[^*\n]+)\*|\[~accountid:(?P<mention>[^\]]+)\]")


def adf(text: str) -> dict[str, Any]:
    """Wiki text as an Atlassian Document Format tree (version 1)."""
    return {"type": "doc", "version": 1, "content": _blocks(text)}


def plain(document: Any) -> str:
    """The text of an ADF tree, one line a block; for values that were given as ADF."""
    if isinstance(document, dict):
        own = str(document.get("text", ""))
        inner = [plain(child) for child in document.get("content", [])]
        joint = "" if document.get("type") in {"paragraph", "heading"} else "\n"
        return own + joint.join(inner)
    return ""


def _blocks(text: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for kind, group in groupby(text.splitlines(), key=_kind):
        lines = list(group)
        if kind == "heading":
            blocks += [_heading(line) for line in lines]
        elif kind in {"*", "#"}:
            blocks.append(_list(kind, lines))
        elif kind == "text":
            blocks.append(_paragraph(lines))
    return blocks


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if HEADING.fullmatch(line):
        return "heading"
    item = ITEM.fullmatch(line)
    return item.group(1) if item else "text"


def _heading(line: str) -> dict[str, Any]:
    level, title = re.fullmatch(HEADING, line).groups()  # type: ignore[union-attr]  # _kind matched
    return {"type": "heading", "attrs": {"level": int(level)}, "content": _inline(title)}


def _list(kind: str, lines: list[str]) -> dict[str, Any]:
    items = [
        {"type": "listItem", "content": [_paragraph([ITEM.sub(r"\2", line)])]} for line in lines
    ]
    return {"type": "bulletList" if kind == "*" else "orderedList", "content": items}


def _paragraph(lines: list[str]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for line in lines:
        if content:
            content.append({"type": "hardBreak"})
        content += _inline(line)
    return {"type": "paragraph", "content": content}


def _inline(text: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    end = 0
    for match in INLINE.finditer(text):
        nodes += _text(text[end : match.start()])
        if match["strong"]:
            nodes.append({"type": "text", "text": match["strong"], "marks": [{"type": "strong"}]})
        else:
            nodes.append({"type": "mention", "attrs": {"id": match["mention"], "text": "@someone"}})
        end = match.end()
    return nodes + _text(text[end:])


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text else []
