"""Git's trees as bytes, and objects of a repository."""

from __future__ import annotations

import pytest

from gate.store.contract import StoreError
from gate.store.git.objects import BLOB, TREE, Node, parse_tree

ID = bytes(range(20))
GOOD = b"100644 checkpoint\0" + ID + b"40000 tile\0" + ID + b"120000 link\0" + ID


def test_a_tree() -> None:
    assert parse_tree(b"") == {}
    assert parse_tree(GOOD) == {
        "checkpoint": Node(BLOB, ID.hex()),
        "tile": Node(TREE, ID.hex()),
        "link": Node("", ID.hex()),
    }


@pytest.mark.parametrize("cut", [1, 10, 19, 20, 21, 30, len(GOOD) - 5])
def test_a_tree_that_ends_early_is_none(cut: int) -> None:
    with pytest.raises(StoreError, match="cannot have made"):
        parse_tree(GOOD[:-cut])


@pytest.mark.parametrize("data", [b"x", b"100644name\0" + ID, b" \0" + ID, b"100644 \0 " + ID[:5]])
def test_what_is_no_tree(data: bytes) -> None:
    with pytest.raises(StoreError, match="cannot have made"):
        parse_tree(data)
