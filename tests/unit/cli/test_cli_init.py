"""The step that ``gate init`` prints is one that can be pasted, and the documentation agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SETUP = (ROOT / "docs" / "setup.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
USES = re.compile(r"uses: \S+@\S+(?: # \S+)?")


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    code = main(
        [
            *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
            *("--repository", "https://github.com/acme/shop", "--service", "web shop"),
            *("--directory", str(tmp_path)),
        ]
    )
    assert code == 0
    return capsys.readouterr().out


def test_actions_are_pinned_by_commit_as_in_our_own_workflow(printed: str) -> None:
    used = USES.findall(printed)
    assert len(used) == 2
    assert set(used) <= set(USES.findall(WORKFLOW))
    for line in used:
        assert re.fullmatch(r"uses: [\w/-]+@[0-9a-f]{40} # v[\d.]+", line)


def test_gate_is_installed_from_a_commit_and_never_by_a_name_that_anybody_may_claim(
    printed: str,
) -> None:
    (line,) = (line for line in printed.splitlines() if "pip install" in line)
    assert "git+https://github.com/OWNER/gate@COMMIT" in line
    assert "reviewed" in printed
    assert line in SETUP
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for text in (printed, SETUP, readme):
        assert not re.search(r"pip install change-gate\b", text)


def test_the_permissions_are_those_of_the_documentation(printed: str) -> None:
    shape = re.compile(r"^ *permissions:\n(?: +[a-z-]+: read .*\n)+", re.MULTILINE)
    asked, documented = (
        [line.strip() for line in shape.findall(text)[0].splitlines()] for text in (printed, SETUP)
    )
    assert asked == documented
    assert len(asked) == 5


def test_names_are_quoted_for_the_shell(printed: str) -> None:
    assert "gate enforce --service 'web shop' --environment production" in printed
