"""HTML in Markdown, which no page shows: comments, tags with their attributes, declarations.

Where sites differ in what they take for HTML, more is left out: what a page shows may be missing,
what it does not show is never there. What is opened and not closed hides all that follows.
"""

from __future__ import annotations

import re

_START = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"<https?://[^\s<>]+>")
_ENDS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", "?>"))


def without_html(text: str) -> str:
    """The text without HTML.

    An address in angle brackets is shown, but not among HTML, where it is a tag like any other.
    """
    shown, at, is_plain = "", 0, True
    while start := _START.search(text, at):
        shown += text[at : start.start()]
        link = _LINK.match(text, start.start()) if is_plain else None
        if link:
            at = link.end()
            shown += link[0]
            continue
        if text[start.end()] not in "!?":
            if text.find(">", start.end()) < 0:
                return shown + text[start.start() :]
            is_plain = False
        at = _end(text, start.start())
    return shown + text[at:]


def _end(text: str, start: int) -> int:
    """Where the HTML that begins at ``start`` ends."""
    for opening, closing in _ENDS:
        if text.startswith(opening, start):
            found = text.find(closing, start + len(opening))
            return len(text) if found < 0 else found + len(closing)
    return behind(text, start + 1, ">")


def behind(text: str, at: int, closing: str, opening: str = "") -> int:
    """Behind the next ``closing`` that is not in quotes; the end of the text where there is none.

    A quote is opened behind a blank or an equals sign; each ``opening`` is closed as well.
    """
    quote, depth = "", 1
    for place in range(at, len(text)):
        mark = text[place]
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'" and text[place - 1] in "= \t\r\n\f":
            quote = mark
        elif mark == opening:
            depth += 1
        elif mark == closing:
            depth -= 1
            if not depth:
                return place + 1
    return len(text)
