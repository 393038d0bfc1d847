"""A package whose docstring lists its modules lists all of them, and none that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "gate"


def _table(package: Path) -> str:
    """The table between the first and the last rule of ``=`` in the docstring, "" without one."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    return "".join(re.split(r"^=+ +=+$", text, flags=re.MULTILINE)[1:-1])


def _modules(package: Path) -> set[str]:
    inside = {path.stem for path in package.glob("*.py")} - {"__init__"}
    return inside | {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}


TABLES = [one.parent for one in sorted(PACKAGE.rglob("__init__.py")) if _table(one.parent)]


def test_the_log_and_its_stores_have_tables() -> None:
    names = {package.relative_to(PACKAGE).as_posix() for package in TABLES}
    assert names >= {"log", "store", "store/bucket", "store/directory", "store/git", "tlog"}


@pytest.mark.parametrize("package", TABLES, ids=lambda one: one.relative_to(PACKAGE).as_posix())
def test_a_table_names_every_module(package: Path) -> None:
    missing = _modules(package) - set(re.findall(r"``([a-z0-9_]+/?)``", _table(package)))
    assert missing == set()


@pytest.mark.parametrize("package", TABLES, ids=lambda one: one.relative_to(PACKAGE).as_posix())
def test_a_row_begins_with_a_module_that_is_there(package: Path) -> None:
    rows = set(re.findall(r"^``([a-z0-9_]+/?)``", _table(package), flags=re.MULTILINE))
    assert rows
    assert rows <= _modules(package)
