"""The catalogue of tricks tells the truth: its tests are there, are played, and are all of them."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from tricks.catalogue import FOLDER, LISTS, PAGE, Trick, page

from gate.controls.registry import by_id

TRICKS = [trick for tricks in LISTS.values() for trick in tricks]
CODES = {"0", "1", "2", "10", "11", "12", "13"}


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Top-level functions of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def played() -> set[tuple[Path, str]]:
    """Each test of a trick that there is."""
    files = sorted(FOLDER.glob("test_tricks_*.py"))
    return {(path, name) for path in files for name in functions(path) if name.startswith("test_")}


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.id)
def test_a_trick_has_tests_that_are_there(trick: Trick) -> None:
    nodes = list(trick.nodes())
    assert nodes, f"{trick.id} is played by nothing"
    for path, name in nodes:
        assert path.is_file(), f"{trick.id}: there is no {path.name}"
        assert name in functions(path), f"{trick.id}: {path.name} has no {name}"


def test_every_test_is_of_a_trick() -> None:
    named = {node for trick in TRICKS for node in trick.nodes()}
    assert played() == named


def test_no_test_of_a_trick_may_be_left_out() -> None:
    """A skip at run time fails by the folder's conftest; here no mark says so beforehand."""
    for path, name in played():
        for mark in functions(path)[name].decorator_list:
            assert not re.search(r"\b(skip|skipif|xfail)\b", ast.unparse(mark)), (path.name, name)


def test_a_trick_that_is_skipped_fails(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "conftest.py", tmp_path)
    told = "import pytest\n\n\ndef test_one() -> None:\n    pytest.skip('not today')\n"
    (tmp_path / "test_one.py").write_text(told, encoding="utf-8")
    paths = os.pathsep.join(str(path) for path in (FOLDER.parent, FOLDER.parents[1]))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "was skipped call: the trick was not played" in done.stdout


def test_ids_are_unique_in_their_list() -> None:
    for title, tricks in LISTS.items():
        counted = Counter(trick.id for trick in tricks)
        assert max(counted.values()) == 1, title


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.id)
def test_what_is_said_of_a_trick_is_in_its_tests(trick: Trick) -> None:
    """Each control that is said to speak is asked for in one of its tests, or beside it."""
    told = "".join(path.read_text(encoding="utf-8") for path, _ in trick.nodes())
    for control in trick.controls:
        assert by_id(control).id == control
        assert f'"{control}"' in told, f"{trick.id}: no test names {control}"
    codes = set(re.findall(r"\b\d+\b", trick.ends))
    assert codes, trick.id
    assert codes <= CODES, trick.id


def test_the_threat_model_has_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/reference.py"
