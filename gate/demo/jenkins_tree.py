"""The ``tree`` parameter of Jenkins's remote access API: which fields a reply keeps.

``number,actions[causes[userId]]`` keeps two members of the object, and of each of ``actions`` one.
``_class`` is told of what has one, whether it was asked for or not.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

Tree: TypeAlias = "dict[str, Tree]"

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\*|[\[\],]")


def parse_tree(text: str) -> Tree:
    """The tree as nested members; ValueError for what Jenkins would refuse."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(text)
    found = _members(tokens)
    if tokens:
        raise ValueError(text)
    return found


def pruned(value: Any, tree: Tree) -> Any:
    """What the tree keeps of a value; members without a list of their own are kept whole."""
    if isinstance(value, list):
        return [pruned(one, tree) for one in value]
    if not isinstance(value, dict) or not tree:
        return value
    kept = {"_class": value["_class"]} if "_class" in value else {}
    return kept | {
        name: pruned(value[name], inner) for name, inner in tree.items() if name in value
    }


def _members(tokens: list[str]) -> Tree:
    found: Tree = {}
    while tokens and tokens[0] != "]":
        name = tokens.pop(0)
        if name in {"[", ","}:
            raise ValueError(name)
        found[name] = {}
        if tokens and tokens[0] == "[":
            tokens.pop(0)
            found[name] = _members(tokens)
            if not tokens or tokens.pop(0) != "]":
                raise ValueError(name)
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    return found
