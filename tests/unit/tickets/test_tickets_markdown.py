"""Markdown as issues are written in it: sections, and what is nobody's text."""

from __future__ import annotations

import pytest

from gate.tickets.markdown import blocks
from gate.tickets.sections import plain, under


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("## Rollback\nback", "back"),
        ("## Rollback ##\r\nback\r\n# Next\nmore", "back"),
        ("### Rollback:\nback\n#### How\nso", "back\nHow\nso"),
        ("### Rollback\n\n_No response_\n", ""),
        ("### Rollback\n<!-- how do we\nget back? -->\n", ""),
        ("### Rollback\n<!-- never closed\nback", ""),
        ("```\n# Rollback\nback\n```", None),
        ("~~~~\n~~~\n# Rollback\n~~~~\nx", None),
        ("```a```\n# Rollback\nback", "back"),
        ("#Rollback\nback", None),
        ("    # Rollback\nback", None),
        ("<!-- # Rollback -->\nback", None),
        ("", None),
    ],
)
def test_the_section_under_a_heading(text: str, found: str | None) -> None:
    assert under(blocks(text), "Rollback") == found


def test_the_whole_text_keeps_code_and_loses_comments() -> None:
    assert plain(blocks("a<!-- b -->c\n```\n# d\n```\n_No response_\ne")) == "ac\n# d\ne"
