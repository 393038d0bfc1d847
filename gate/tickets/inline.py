"""What a reader sees of Markdown within a line: what an issue covers is only what its page shows.

A word may stand in the text and not on the page: as the address or title of a link, as a picture's
name, in a formula; or as part of another word there, as in ``work**shop**`` and ``work&shy;shop``.
Where sites differ, more is left out.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace

from gate.model import EditedText, Maybe, Problem
from gate.tickets.unrendered import behind

_NOTE = re.compile(r"\[\^[^\[\]]*\]")  # a footnote's mark: a number on the page
_REFERENCE = re.compile(r"\]\[[^\[\]]*\]")
_FORMULA = re.compile(r"\${1,2}[^$]*\${1,2}")
_STRUCK = re.compile(r"(~{1,2})(?=\S)[^~]*(?<=\S)\1")
_MARKS = re.compile(r"[*`]+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BRACKETS = re.compile(r"[\[\]]")


def shown(text: str) -> str:
    """Lines of Markdown without what the page does not show."""
    text = _FORMULA.sub(lambda found: "" if "\\" in found[0] else found[0], text)
    text = _without(_without(text, "![", "[", "]"), "](", "(", ")")
    text = _BRACKETS.sub("", _REFERENCE.sub("]", _NOTE.sub("", text)))
    text = _MARKS.sub("", _STRUCK.sub("", text))
    return html.unescape(_ESCAPED.sub(r"\1", text))


def as_shown(texts: Maybe[tuple[EditedText, ...]]) -> Maybe[tuple[EditedText, ...]]:
    """Texts as a page shows them; in a title nothing is marked up."""
    if isinstance(texts, Problem):
        return texts
    return tuple(
        text if text.location == "title" else replace(text, text=shown(text.text)) for text in texts
    )


def _without(text: str, start: str, opening: str, closing: str) -> str:
    """Without what ``start`` begins, to the bracket that closes it; one bracket stays of each."""
    kept, at = "", 0
    while (found := text.find(start, at)) >= 0:
        kept += text[at:found] + "]"
        at = behind(text, found + len(start), closing, opening)
    return kept + text[at:]
