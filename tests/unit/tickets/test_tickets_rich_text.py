from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.http.document import Document, ShapeError
from gate.tickets import wiki
from gate.tickets.jira import adf
from gate.tickets.sections import plain, under

WIKI = """h2. Scope
Deploys *shop* and my_web_shop, see [PR 7|https://github.com/acme/shop/pull/7]
and [https://github.com/acme/shop/pull/8], build {{1.2.3}}
h2. Rollback:
# redeploy the _last_ version
## check it
{code:bash}
h2. not a heading
a * b * c
{code}
h3. If that fails
|call|carol|
h2. Test plan

----
"""


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content)} | ({"attrs": attrs} if attrs else {})


ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        node("heading", text("Scope"), level=2),
        node(
            "paragraph",
            text("Deploys "),
            {"type": "text", "text": "shop", "marks": [{"type": "strong"}]},
            text(" by "),
            {
                "type": "text",
                "text": "PR 7",
                "marks": [
                    {"type": "link", "attrs": {"href": "https://github.com/acme/shop/pull/7"}}
                ],
            },
            {"type": "hardBreak"},
            {"type": "inlineCard", "attrs": {"url": "https://github.com/acme/shop/pull/8"}},
        ),
        node("heading", text("Rollback"), level=2),
        node("orderedList", node("listItem", node("paragraph", text("redeploy")))),
        node("panel", node("paragraph", text("check it")), panelType="info"),
        node("codeBlock", text("kubectl\nrollout undo")),
        node("heading", text("If that fails"), level=3),
        node("table", node("tableRow", node("tableCell", node("paragraph", text("call"))))),
        node("heading", text("Test plan"), level=2),
        node("paragraph", {"type": "placeholder", "attrs": {"text": "write your plan here"}}),
        {"type": "mediaSingle", "attrs": {"layout": "center"}},
    ],
}


def test_wiki_text_loses_its_markup_and_keeps_names_and_addresses() -> None:
    shown = plain(wiki.blocks(WIKI))
    assert "Deploys shop and my_web_shop" in shown
    assert "PR 7 (https://github.com/acme/shop/pull/7)" in shown
    assert "and https://github.com/acme/shop/pull/8, build 1.2.3" in shown


def test_a_wiki_section_ends_at_the_next_heading_of_its_rank() -> None:
    assert under(wiki.blocks(WIKI), "rollback") == (
        "redeploy the last version\ncheck it\n\nh2. not a heading\na * b * c\n\n"
        "If that fails\n call carol"
    )


def test_an_empty_section_is_empty_and_a_missing_one_is_none() -> None:
    assert under(wiki.blocks(WIKI), "Test plan") == ""
    assert under(wiki.blocks(WIKI), "Tests") is None
    assert under(adf.blocks(Document(ADF)), "Test plan") == ""
    assert under(adf.blocks(Document(ADF)), "Tests") is None


def test_markdown_headings_count_where_there_are_no_others() -> None:
    blocks = wiki.blocks("# Rollback\r\nredeploy\r\n## Then\r\ncheck\r\n# Test plan\r\nnone")
    assert under(blocks, "Rollback") == "redeploy\nThen\ncheck"


def test_sections_of_one_title_are_read_together() -> None:
    assert under(wiki.blocks("h2. Plan\na\nh2. x\nb\nh2. Plan\nc"), "Plan") == "a\nc"


def test_adf_is_read_in_order_links_and_cards_included() -> None:
    assert plain(adf.blocks(Document(ADF))).splitlines()[:3] == [
        "Scope",
        "Deploys shop by PR 7 (https://github.com/acme/shop/pull/7)",
        "https://github.com/acme/shop/pull/8",
    ]
    assert under(adf.blocks(Document(ADF)), "ROLLBACK:") == (
        "redeploy\ncheck it\nkubectl\nrollout undo\nIf that fails\ncall"
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "doc", "content": "x"},
        {"type": "doc", "content": [7]},
        {"type": "doc", "content": [{"no": "type"}]},
        {"type": "doc", "content": [node("paragraph", {"type": "text"})]},
        {"type": "doc", "content": [node("paragraph", {"type": "text", "text": 1})]},
        {"type": "doc", "content": [node("heading", text("x"))]},
        {"type": "doc", "content": [node("heading", text("x"), level="2")]},
        {"type": 7},
    ],
)
def test_a_tree_that_is_none_is_a_shape_error(broken: Any) -> None:
    with pytest.raises(ShapeError):
        adf.blocks(Document(broken))


def test_a_tree_nested_too_deep_is_a_shape_error() -> None:
    for kind in ("panel", "paragraph"):
        tree: dict[str, Any] = node(kind)
        for _ in range(200):
            tree = node(kind, tree)
        with pytest.raises(ShapeError, match="too deep"):
            adf.blocks(Document({"type": "doc", "content": [tree]}))


@given(st.text(alphabet="h12. #*_{}code[]|~-\nab", max_size=200), st.text(max_size=10))
def test_any_text_is_read(value: str, heading: str) -> None:
    blocks = wiki.blocks(value)
    plain(blocks)
    under(blocks, heading)
