"""gate/audit/messages.json, made from the controls: `python tests/catalogue.py` writes it anew.

Records hold a message's code and arguments. The sentences stand in the controls, which say them by
``say("code", "template", …)``; this collects the two from their syntax trees.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from gate.model import ProblemKind

ROOT = Path(__file__).parent.parent
FILE = ROOT / "gate" / "audit" / "messages.json"
# What stands in the braces of codes that are put together.
PARTS = {
    "problem.kind": tuple(kind.value for kind in ProblemKind),
    "code": ("rollback-plan", "test-plan"),
}
REMEDY = ".remedy"  # remedies are for the moment, and in no record


def text() -> str:
    """The whole file."""
    found: dict[str, str] = {}
    gate = ROOT / "gate"
    for path in (*sorted((gate / "controls").glob("*.py")), gate / "policy.py"):
        for code, template in said(ast.parse(path.read_text(encoding="utf-8")), path):
            if found.setdefault(code, template) != template:
                raise ValueError(f"{path}: {code} has two sentences")
    return json.dumps(dict(sorted(found.items())), indent=2) + "\n"


def said(tree: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    """Codes and sentences that a module says, remedies left out."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id != "say" or len(node.args) < 2:
            continue
        for code in _codes(node.args[0], path):
            if code.endswith(REMEDY):
                continue
            template = node.args[1]
            if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
                raise TypeError(f"{path}:{node.lineno}: the sentence of {code} is no constant")
            yield code, template.value


def _codes(node: ast.expr, path: Path) -> list[str]:
    match node:
        case ast.Constant(str(code)):
            return [code]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_codes(body, path), *_codes(orelse, path)]
        case ast.JoinedStr(values=values):
            codes = [""]
            for value in values:
                parts = (
                    PARTS[ast.unparse(value.value)]
                    if isinstance(value, ast.FormattedValue)
                    else (ast.literal_eval(value),)
                )
                codes = [code + part for code in codes for part in parts]
            return codes
    raise TypeError(f"{path}:{node.lineno}: the code {ast.unparse(node)} cannot be told")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
