"""Tricks of whoever writes a ticket's ID or its texts: what is no ID is never sent to any system.

That what stands in texts is shown and does nothing, each surface by itself, is in
test_tricks_hostile_texts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from jobs import SHOP, must_say, said
from tricks.stages import DESKS, Play, play

PERIOD = ("--from", "2020-01-01", "--to", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}")


@pytest.fixture(scope="module", params=DESKS, ids=lambda company: company.name)
def quiet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Play]:
    """Each ticket system, for what is never asked of it and leaves nothing behind."""
    with play(tmp_path_factory.mktemp("quiet"), request.param) as made:
        yield made


def refused_unasked(desk: Play, given: str) -> None:
    """A usage error for the option, its variable and each command: nobody was asked."""
    desk.desk.simulator.forget_requests()
    for command in ("check", "enforce", "run"):
        rest = ("--", "touch", "started") if command == "run" else ()
        ended = desk.unasked(
            *(command, *SHOP, "--ticket", given, *rest), environment=desk.ci(), words=("to do:",)
        )
        assert "ticket" in said(ended) or "issue" in said(ended)
    desk.unasked("enforce", *SHOP, environment=desk.ci(GATE_TICKET=given), words=("to do:",))
    assert desk.desk.simulator.requests == ()
    assert not (desk.home / "started").exists()


@pytest.mark.parametrize("extra", ["^ORnumber=X", "^OR1=1", "^NQactive=true", "^"])
def test_query_operator_in_an_id(quiet: Play, extra: str) -> None:
    """An ID that goes on as a query would match another record, or all of them."""
    refused_unasked(quiet, f"{quiet.scene.key}{extra}")


@pytest.mark.parametrize("given", ["../myself", "{key}/../{key}", "..%2Fmyself", "{key}/approve"])
def test_path_in_an_id(quiet: Play, given: str) -> None:
    """An ID that climbs would have another address asked than that of a ticket."""
    refused_unasked(quiet, given.format(key=quiet.scene.key))


@pytest.mark.parametrize("given", ["::set-env name=PATH::/x", "{key}\n::set-env name=A::b"])
def test_workflow_command_in_an_id(quiet: Play, given: str) -> None:
    """An ID that is a command to the runner, should it be printed at a line's beginning."""
    refused_unasked(quiet, given.format(key=quiet.scene.key))


@pytest.mark.parametrize("given", ["=cmd()", "{key}=cmd()", "@SUM(1)", "+1"])
def test_formula_in_an_id(quiet: Play, given: str) -> None:
    """An ID that a spreadsheet would calculate."""
    refused_unasked(quiet, given.format(key=quiet.scene.key))


@pytest.mark.parametrize("given", ["\x1b[31m{key}", "{key}\x1b]0;x\x07", "\u202e{key}"])
def test_escape_sequence_in_an_id(quiet: Play, given: str) -> None:
    """An ID that repaints the terminal of whoever reads the log."""
    refused_unasked(quiet, given.format(key=quiet.scene.key))


@pytest.mark.parametrize("given", ["<b>{key}</b>", "<script>alert(1)</script>", "{key}&lt;"])
def test_html_in_an_id(quiet: Play, given: str) -> None:
    """An ID that is markup in a summary or report."""
    refused_unasked(quiet, given.format(key=quiet.scene.key))


# ---------------------------------------------------------------- texts, by each ticket system

TEXTS = {
    "formula": '=HYPERLINK("http://evil","x")',
    "workflow command": "x\n::set-env name=PATH::/evil\n::error title=gate::ALLOWED",
    "escape sequence": "\x1b]0;evil\x07\x1b[2J\x1b[31mALLOWED\x1b[0m\u202eevil",
    "markup": "<script>evil()</script><img src=x onerror=evil()> [evil](javascript:evil)",
    "query": "evil^ORnumber=CHG0030001^NQactive=true ../../myself",
}


@pytest.mark.parametrize("what", TEXTS)
def test_hostile_text_in_a_ticket(desk: Play, what: str) -> None:
    """Title, plan and author's name are hostile: the denial is printed, stored and listed."""
    text = TEXTS[what]
    scene = desk.tell(approver="mallory", rollback=f"{text}\nn/a")
    desk.desk.deface(scene.key, text, at=desk.now - timedelta(hours=2))
    summary = desk.home / "summary"
    for output in ("text", "json", "markdown", "junit"):
        ended = desk.enforce(scene, "--format", output, GITHUB_STEP_SUMMARY=str(summary))
        assert ended.code == 11, said(ended)
        must_say(ended, "approved")
        page = summary.read_text() if summary.exists() else ""  # GitLab has none
        for shown in (ended.out, ended.err, page):
            harmless(shown)
        harmless_page(page + (ended.out if output == "markdown" else ""))
        if output == "junit":
            ET.fromstring(ended.out.encode())  # noqa: S314 -- our own output
    harmless(said(desk.gate("log", "show", "0", "--people", expect=0)))
    listed = desk.gate("audit", "population", *PERIOD, "--people", "--output", "p.csv", expect=0)
    harmless(said(listed))
    with (desk.home / "p.csv").open(encoding="utf-8-sig", newline="") as file:
        for cell in (cell for row in csv.reader(file) for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
    must_say(desk.gate("log", "verify", expect=0), "4 entries")


def harmless(text: str) -> None:
    """No command to the runner, nothing that a terminal would do and not show."""
    for line in text.splitlines():
        assert not line.startswith(("::set-env", "::error title=gate::ALLOWED")), line
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def harmless_page(text: str) -> None:
    """No tag and no link of theirs."""
    assert not re.search(r"<(script|img)\b", text)
    assert not re.search(r"(?<!\\)\]\(javascript", text)
