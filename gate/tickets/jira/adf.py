"""Atlassian Document Format, the rich text of Jira Cloud's REST v3: a JSON tree, made plain."""

from __future__ import annotations

from collections.abc import Iterator

from gate.http.document import Document, ShapeError
from gate.tickets.sections import Block

MAX_DEPTH = 60  # what the editor makes is not a tenth as deep

# Nodes that hold a line of inline nodes; all other nodes hold such nodes deeper down.
_LINES = frozenset({"paragraph", "heading", "codeBlock", "taskItem", "decisionItem", "caption"})
# Inline nodes whose text is an attribute.
_ATTRIBUTES = {
    "mention": "text",
    "emoji": "shortName",
    "status": "text",
    "inlineCard": "url",
    "blockCard": "url",
    "embedCard": "url",
}


def is_document(value: Document) -> bool:
    """Whether a field's value is an ADF tree."""
    return isinstance(value.value, dict) and value.value.get("type") == "doc"


def blocks(document: Document) -> tuple[Block, ...]:
    """The tree's blocks in reading order; raises ShapeError for a tree that is not one."""
    return tuple(_blocks(document, 0))


def _blocks(node: Document, depth: int) -> Iterator[Block]:
    if depth > MAX_DEPTH:
        raise ShapeError(f"{node.place[:60]}… is nested too deep")
    kind = node["type"].text()
    if kind == "heading":
        level = node["attrs"]["level"].integer()
        yield Block(_inline(node, depth), min(max(level, 1), 6))
    elif kind in _LINES:
        yield Block(_inline(node, depth))
    elif kind in _ATTRIBUTES or kind == "text":
        yield Block(_leaf(node, kind))
    else:
        title = _attribute(node, "title") if kind in {"expand", "nestedExpand"} else ""
        if title:
            yield Block(title)
        for child in _children(node):
            yield from _blocks(child, depth + 1)


def _inline(node: Document, depth: int) -> str:
    """The text of a line; nodes that are not known inside one count for what text they hold."""
    if depth > MAX_DEPTH:
        raise ShapeError(f"{node.place[:60]}… is nested too deep")
    parts = []
    for child in _children(node):
        kind = child["type"].text()
        known = kind in _ATTRIBUTES or kind in {"text", "hardBreak", "placeholder"}
        parts.append(_leaf(child, kind) if known else _inline(child, depth + 1))
    return "".join(parts)


def _leaf(node: Document, kind: str) -> str:
    if kind == "hardBreak":
        return "\n"
    if kind == "placeholder":  # "write your plan here" is nobody's plan
        return ""
    if kind != "text":
        return _attribute(node, _ATTRIBUTES[kind])
    text = node["text"].string()
    link = _link(node)
    return f"{text} ({link})" if link and link != text else text


def _link(node: Document) -> str:
    """Where a text links to: a scope may name a pull request by its link alone."""
    marks = node.find("marks")
    for mark in marks.each() if marks else ():
        if mark["type"].text() == "link":
            return _attribute(mark, "href")
    return ""


def _attribute(node: Document, name: str) -> str:
    attributes = node.find("attrs")
    value = attributes.find(name) if attributes else None
    return value.string() if value else ""


def _children(node: Document) -> tuple[Document, ...]:
    content = node.find("content")
    return content.each() if content else ()
