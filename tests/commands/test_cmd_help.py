"""Help and documents: each command and shared option has both, and they say what it does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from jobs import Job, job, must_say

from gate import __version__
from gate.cli.main import COMMANDS, SUMMARIES
from gate.cli.main import gate as program
from gate.cli.options import _OPTIONS

ROOT = Path(__file__).parents[2]


def commands() -> Iterator[tuple[str, ...]]:
    """Every command there is, subcommands too."""
    context = click.Context(program, info_name="gate")
    for name in COMMANDS:
        yield (name,)
        command = program.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.list_commands(context))


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command | None = program
    context = click.Context(program, info_name="gate")
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(context, name)
    assert command is not None
    return command


ALL = tuple(commands())


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("help")) as made:
        yield made


@pytest.fixture(scope="module")
def documents() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help"])
def test_every_command_has_help_that_says_what_it_does(
    acme: Job, path: tuple[str, ...], flag: str
) -> None:
    ended = acme.gate(*path, flag, environment={"COLUMNS": "100"})
    assert ended.code == 0
    must_say(ended, f"Usage: gate {' '.join(path)}")
    text = command_of(path).help or ""
    assert len(text) > 20
    must_say(ended, text.split("\n")[0])


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_says_what_it_is(path: tuple[str, ...]) -> None:
    for option in command_of(path).params:
        if isinstance(option, click.Option):
            assert option.help, option.name


def test_help_wins_over_whatever_else_is_wrong(acme: Job) -> None:
    """Somebody who asks for help has a broken setting already."""
    given = {"GATE_FORMAT": "text", "GATE_CONFIG": "gone.toml", "GITHUB_ACTIONS": "maybe"}
    for name in COMMANDS:
        assert acme.gate(name, "--help", environment=given).code == 0


def test_the_first_page_names_each_command_by_who_uses_it(acme: Job) -> None:
    for flag in ("-h", "--help"):
        ended = acme.gate(flag, expect=0)
        must_say(ended, *SUMMARIES.values(), "For the pipeline", "For the auditor", "To set up")
        for code in (" 0 ", " 1 ", " 2 ", " 10 ", " 11 ", " 12 ", " 13 "):
            must_say(ended, code.strip())


def test_the_version(acme: Job) -> None:
    assert acme.gate("--version", expect=0).out == f"gate {__version__}\n"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_a_place_in_the_documents(documents: str, path: tuple[str, ...]) -> None:
    assert f"gate {' '.join(path)}" in documents


@pytest.mark.parametrize("name", sorted(_OPTIONS))
def test_every_shared_option_and_its_variable_has_a_place_in_the_documents(
    documents: str, name: str
) -> None:
    assert f"--{name}" in documents
    if name != "emergency":
        assert f"GATE_{name.upper()}" in documents


@pytest.mark.parametrize("code", [0, 1, 2, 10, 11, 12, 13])
def test_every_exit_code_stands_in_the_readme(code: int) -> None:
    assert f"\n| {code} | " in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_shared_option_has_one_variable_whatever_the_command() -> None:
    """And none but --emergency is without: a variable cannot declare an emergency."""
    seen: dict[str, set[object]] = {}
    for path in ALL:
        for option in command_of(path).params if path != ("init",) else ():  # it makes the policy
            if isinstance(option, click.Option) and option.opts[0][2:] in _OPTIONS:
                seen.setdefault(option.opts[0], set()).add(str(option.envvar))
    for name, variables in seen.items():
        expected = "None" if name == "--emergency" else f"GATE_{name[2:].upper()}"
        assert variables == {expected}, name


def test_a_variable_of_one_commands_name_is_not_heeded(acme: Job) -> None:
    """click's own prefix would make GATE_ENFORCE_TICKET of it, another for each command."""
    given = acme.ci(GATE_ENFORCE_TICKET="null", GATE_CHECK_TICKET="null")
    assert acme.gate("check", environment=given).code == 0


@pytest.mark.parametrize("path", [("--version",), ("--help",), ("explain",), ("enforce", "--help")])
def test_it_starts_where_nothing_is_as_usual(path: tuple[str, ...], tmp_path: Path) -> None:
    """No HOME, a Latin-1 terminal that knows no check mark, an unwritable bytecode cache."""
    done = subprocess.run(
        [sys.executable, "-m", "gate.cli", *path],
        cwd=tmp_path,
        env={"PATH": "/nowhere", "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
