"""docs/systems.md and ``gate doctor`` name the same rights: each is held to the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate.forges.github.kind import GITHUB
from gate.forges.gitlab.kind import GITLAB
from gate.forges.kind import ForgeKind

DOCS = Path(__file__).parents[2] / "docs"
SYSTEMS = (DOCS / "systems.md").read_text(encoding="utf-8")
WRITING = (DOCS / "write-back.md").read_text(encoding="utf-8")


def cells(text: str, start: str) -> list[str]:
    """The cells behind the first of the one row that begins so."""
    (row,) = (line for line in text.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in row.split("|")[2:-1]]


def forge_section() -> str:
    return SYSTEMS.split("<!-- forges: begin -->")[1].split("<!-- forges: end -->")[0]


def test_doctor_asks_github_for_just_the_permissions_of_the_table() -> None:
    least = cells(forge_section(), "least rights")[0]
    listed = set(re.findall(r"`([a-z-]+: [a-z]+)`", least))
    assert listed, "the table names permissions"
    assert {name.partition(" (")[0] for name, _ in GITHUB.reads} == listed


def test_doctor_asks_gitlab_for_each_thing_that_the_table_says_it_reads() -> None:
    least = cells(forge_section(), "least rights")[1]
    assert "`read_api`" in least
    assert "Reporter" in least
    named = {name for name, _ in GITLAB.reads}
    assert named == set(re.findall(r"\*([a-z ]+)\*", least)), "by the requests that doctor makes"


@pytest.mark.parametrize("kind", [GITHUB, GITLAB], ids=lambda kind: kind.title)
def test_what_a_status_needs_is_the_right_that_doctor_names(kind: ForgeKind) -> None:
    right = cells(WRITING, kind.title)[1].replace("`", "")
    assert right == kind.status_right
