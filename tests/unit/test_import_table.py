"""The house's plan: who may import whom, held against the syntax trees of the whole package.

A *room* is the first name below ``gate`` (``gate.config.parse`` is in the room ``config``). Every
import of gate's own counts, also one inside a function, under ``TYPE_CHECKING`` or by
``importlib.import_module("gate…")``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "gate"

BASE = ("errors", "frozen", "model")
TABLE: Mapping[str, tuple[str, ...]] = {
    # An entry is a room, or one module of a room ("log.history.history").
    "errors": (),
    "frozen": (),
    "model": ("errors", "frozen"),
    "tlog": ("errors", "frozen"),
    "config": BASE,
    "identity": (*BASE, "config"),
    "controls": (*BASE, "config", "identity"),
    "policy": (*BASE, "config", "identity", "controls"),
    "http": (*BASE, "config"),
    "ci": (*BASE, "http", "config"),
    "tickets": (*BASE, "http", "config"),
    "forges": (*BASE, "http", "config"),
    "record": BASE,
    "store": (*BASE, "tlog"),
    "log": (
        *(*BASE, "record", "tlog", "store", "http"),
        # the history controls alone: they are judged again at a record's own place
        *("controls.ticket_not_reused", "controls.tested_before", "controls.emergency_reviewed"),
    ),
    "facts": (*BASE, "http", "ci", "tickets", "forges", "log.history.history", "config"),
    "output": BASE,
    "audit": (*BASE, "log", "record", "tlog", "policy", "controls", "identity", "output"),
    "place": (*BASE, "config", "record", "log", "store", "tlog", "http"),
    "past": (*BASE, "facts.question", "config", "place", "log", "store"),
    "deploy": (
        *(*BASE, "facts", "past", "policy", "config", "identity", "place"),
        *("record", "log", "store", "tlog", "tickets", "forges"),
    ),
    "review": (
        *(*BASE, "deploy", "facts", "policy", "config", "identity", "place"),
        *("controls", "record", "log", "store"),
    ),
    "offline": (
        *(*BASE, "deploy", "facts", "config", "place"),
        *("record", "log"),
    ),
    "demo": (),
}
LOG: Mapping[str, tuple[str, ...]] = {
    # The rooms of the log, each with those below it that it may import.
    "reading": (),
    "history": ("reading",),
    "receipts": ("reading",),
    "witnesses": ("reading",),
    "writing": ("reading", "history", "witnesses"),
    "verifying": ("reading", "history", "receipts"),
}
ANYTHING = ("cli", "__main__")  # they compose; nobody imports them
STORY = ("demo.story",)  # not a simulator: it tells what the commands do, and calls them
STORY_MAY = (*BASE, "demo")

_FORBIDDEN_CALLS = {("sys", "exit"), ("os", "_exit"), ("os", "abort")}
_ENVIRONMENT = {
    *(("os", "environ"), ("os", "environb"), ("os", "getenv"), ("os", "getenvb")),
    *(("os", "putenv"), ("os", "unsetenv")),
}


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_package(root: Path) -> dict[str, str]:
    return {module_name(p, root): p.read_text(encoding="utf-8") for p in sorted(root.rglob("*.py"))}


def _targets(node: ast.AST, module: str, is_package: bool, known: Iterable[str]) -> list[str]:
    """Dotted names that an import statement (or ``import_module`` of a constant) asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        source = node.module or ""
        if node.level:
            parts = module.split(".")
            base = parts[: len(parts) - node.level + (1 if is_package else 0)]
            source = ".".join([*base, *filter(None, [source])])
        # "from gate.config import parse" asks for the submodule where there is one.
        names = [f"{source}.{alias.name}" for alias in node.names]
        return [name if name in known else source for name in names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in {"import_module", "__import__", "find_spec"}:
            return [str(node.args[0].value)]
    return []


def imports(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Module -> modules of gate that it imports anywhere in its text."""
    packages = {m.rpartition(".")[0] for m in sources}
    graph: dict[str, set[str]] = {}
    for module, text in sources.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            targets = _targets(node, module, module in packages, sources)
            found.update(t for t in targets if t == "gate" or t.startswith("gate."))
        graph[module] = found - {module}
    return graph


def inner(module: str) -> str:
    return module.removeprefix("gate").removeprefix(".")


def room(module: str) -> str:
    return inner(module).partition(".")[0]


def _within(target: str, allowed: Iterable[str]) -> bool:
    return any(target == entry or target.startswith(f"{entry}.") for entry in allowed)


def breaches(graph: Mapping[str, set[str]]) -> list[str]:
    """Each import that the table does not allow, as "importer imports imported"."""
    found = []
    for module, targets in sorted(graph.items()):
        here = room(module)
        if here in ANYTHING:
            allowed: tuple[str, ...] = (*TABLE, "cli")
        elif inner(module).startswith(STORY):
            allowed = STORY_MAY
        else:
            allowed = (*TABLE.get(here, ()), here) if here else ()
        for target in sorted(targets):
            if target == "gate":  # the version stands there
                continue
            if not _within(inner(target), allowed):
                found.append(f"{module} imports {target}")
    return found


def breaches_in_log(graph: Mapping[str, set[str]]) -> list[str]:
    """Each import between rooms of the log that ``LOG`` does not allow."""
    found = []
    for module, targets in sorted(graph.items()):
        here = _room_of_log(module)
        for target in sorted(targets if here else ()):
            there = _room_of_log(target)
            if there and there not in (here, *LOG.get(here, ())):
                found.append(f"{module} imports {target}")
    return found


def _room_of_log(module: str) -> str:
    below = inner(module).removeprefix("log.")
    return "" if below == inner(module) else below.partition(".")[0]


def circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """One circle per way back that a depth-first walk finds; empty where there is none."""
    done: set[str] = set()
    found: list[tuple[str, ...]] = []

    def visit(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            found.append((*path[path.index(module) :], module))
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                visit(target, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())
    return found


def _dotted(node: ast.AST) -> tuple[str, str] | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    return None


def world_uses(sources: Mapping[str, str]) -> list[str]:
    """Each place outside ``cli`` that reads the process's environment or ends the process."""
    found = []
    for module, text in sorted(sources.items()):
        if room(module) in ANYTHING:
            continue
        for node in ast.walk(ast.parse(text)):
            names: list[tuple[str, str] | None] = [_dotted(node)]
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [(node.module or "", alias.name) for alias in node.names]
            elif isinstance(node, ast.Name) and node.id in {"SystemExit", "exit", "quit"}:
                found.append(f"{module}:{node.lineno} {node.id}")
            found += [
                f"{module}:{getattr(node, 'lineno', 0)} {'.'.join(name)}"
                for name in names
                if name in _ENVIRONMENT or name in _FORBIDDEN_CALLS
            ]
    return found


# ---------------------------------------------------------------- the package


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return read_package(PACKAGE)


def test_every_room_has_a_line_in_the_table(sources: dict[str, str]) -> None:
    rooms = {room(module) for module in sources} - {""}
    assert sorted(rooms - set(TABLE) - set(ANYTHING)) == []


def test_imports_keep_to_the_table(sources: dict[str, str]) -> None:
    found = breaches(imports(sources))
    assert not found, "\n".join(found)


def test_every_room_of_the_log_has_a_line(sources: dict[str, str]) -> None:
    assert {_room_of_log(module) for module in sources} - {""} == set(LOG)


def test_imports_between_the_rooms_of_the_log_go_one_way(sources: dict[str, str]) -> None:
    found = breaches_in_log(imports(sources))
    assert not found, "\n".join(found)


def test_there_is_no_import_circle(sources: dict[str, str]) -> None:
    found = [" -> ".join(circle) for circle in circles(imports(sources))]
    assert not found, "\n".join(found)


def test_only_the_command_line_touches_the_process(sources: dict[str, str]) -> None:
    found = world_uses(sources)
    assert not found, "\n".join(found)


# ---------------------------------------------------------------- the checker itself


def breaches_of(module: str, text: str, *others: str) -> list[str]:
    return breaches(imports({module: text, **dict.fromkeys(others, "")}))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("gate.tlog.note", "from gate.model import Account"),
        ("gate.model", "import gate.config"),
        ("gate.errors", "from gate import model"),
        ("gate.audit.sample", "from gate.ci import detect"),
        ("gate.audit.sample", "import gate.tickets.jira"),
        ("gate.audit.sample", "from gate import forges"),
        ("gate.audit.sample", "from gate.deploy import enforce"),
        ("gate.demo.jira", "from gate.errors import GateError"),
        ("gate.demo.github", "from gate.forges.github import GitHubReader"),
        ("gate.demo.story", "from gate.tickets import jira"),
        ("gate.config.parse", "from gate.identity import People"),
        ("gate.identity", "from gate.controls.registry import CONTROLS"),
        ("gate.controls.approved", "from gate.policy import evaluate"),
        ("gate.controls.approved", "from gate.http import Wire"),
        ("gate.store.directory.store", "from gate.record.dsse import seal"),
        ("gate.record.statement", "from gate.config import Policy"),
        ("gate.output.terminal", "from gate.policy import evaluate"),
        ("gate.facts", "from gate.log.writing.append import append"),
        ("gate.facts", "from gate.log.writing import append"),
        ("gate.facts", "from gate.log.history.standing import no_longer_holds"),
        ("gate.log.writing.append", "from gate.controls.approved import CONTROL"),
        ("gate.deploy", "from gate.cli.main import run"),
        ("gate.http", "def f():\n    from gate.tickets import jira\n"),
        ("gate.http", "if TYPE_CHECKING:\n    from gate.policy import evaluate\n"),
        ("gate.http", "import importlib\nx = importlib.import_module('gate.policy')\n"),
        ("gate.http", "x = __import__('gate.policy')\n"),
        ("gate.store.memory", "from ..record import dsse"),
        ("gate.store.memory", "from .. import record"),
        ("gate", "from gate.policy import evaluate"),
    ],
)
def test_a_planted_breach_is_found(module: str, text: str) -> None:
    submodules = ("gate.model", "gate.forges", "gate.record", "gate.log.writing.append")
    assert breaches_of(module, text, *(m for m in submodules if m != module)) != []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("gate.tlog.note", "from gate.errors import InconsistentError\nimport gate.tlog.merkle"),
        ("gate.policy", "from gate.controls.registry import CONTROLS\nfrom gate.config import X"),
        ("gate.facts", "from gate.log.history.history import read_history\nfrom gate.ci import x"),
        ("gate.demo.jira", "from gate.demo.server import Server\nimport json"),
        ("gate.demo.story", "from gate.errors import GateError\nfrom gate.demo.jira import J"),
        ("gate.cli.enforce", "from gate.deploy import enforce\nfrom gate.cli import options"),
        ("gate.record.dsse", "from gate import __version__"),
        ("gate.store.memory", "from .contract import Store\nfrom ..tlog import note"),
        ("gate.http", "import gatekeeper\nfrom gates import x"),
    ],
)
def test_what_the_table_allows_is_let_be(module: str, text: str) -> None:
    assert breaches_of(module, text) == []


@pytest.mark.parametrize(
    ("module", "text", "is_breach"),
    [
        ("reading.view", "from gate.log.history.track import Track", True),
        ("history.track", "from gate.log.receipts import kept", True),
        ("verifying.verify", "from gate.log.writing.append import append", True),
        ("verifying.verify", "def f():\n    import gate.log.witnesses.witness\n", True),
        ("writing.append", "from gate.log.reading.view import LogView", False),
        ("writing.append", "from gate.log.writing.plan import plan_append", False),
        ("history.track", "from gate.record.statement import Record", False),
    ],
)
def test_a_planted_breach_in_the_log_is_found(module: str, text: str, *, is_breach: bool) -> None:
    graph = imports({f"gate.log.{module}": text, "gate.log.receipts.kept": ""})
    assert bool(breaches_in_log(graph)) is is_breach


def test_a_planted_circle_is_found_also_inside_functions() -> None:
    planted = {
        "gate.config": "from gate.config.parse import p",
        "gate.config.parse": "from gate.config.types import t",
        "gate.config.types": "def f():\n    from gate.config import p\n",
    }
    assert circles(imports(planted)) == [
        ("gate.config", "gate.config.parse", "gate.config.types", "gate.config")
    ]
    del planted["gate.config.types"]
    assert circles(imports(planted)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.environ['A']",
        "import os\nx = os.getenv('A')",
        "from os import environ",
        "def f():\n    from os import getenv as g\n",
        "import sys\nsys.exit(0)",
        "from sys import exit as leave",
        "raise SystemExit(1)",
        "exit()",
        "import os\nos._exit(0)",
    ],
)
def test_a_planted_use_of_the_process_is_found(text: str) -> None:
    assert world_uses({"gate.http": text}) != []
    assert world_uses({"gate.cli.main": text}) == []
