"""Formats: what programs, pages and CI systems read of an answer, whatever the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jobs import Job, job, must_say, said
from jsonschema import Draft202012Validator

from gate.demo.stage import Ended

ANSWERS: dict[str, tuple[str, dict[str, str | None], int]] = {
    "allowed": ("CHG-1", {}, 0),
    "denied": ("CHG-999", {}, 10),
    "undetermined": ("CHG-1", {"GATE_JIRA_TOKEN": "not-the-token"}, 11),
}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("formats")) as made:
        yield made


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    text = (files("gate.output") / "schemas" / "decision-v1.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def answered(acme: Job, command: str, answer: str, output: str, **more: str) -> Ended:
    ticket, changes, code = ANSWERS[answer]
    ended = acme.judge(
        command, "--ticket", ticket, "--format", output, environment=acme.ci(**changes, **more)
    )
    assert ended.code == code, said(ended)
    return ended


@pytest.mark.parametrize("command", ["check", "enforce"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_json_is_all_of_stdout_and_fits_the_shipped_schema(
    acme: Job, schema: Draft202012Validator, command: str, answer: str
) -> None:
    ended = answered(acme, command, answer, "json")
    document = json.loads(ended.out)
    schema.validate(document)
    assert document["schema"] == "gate/decision/v1"
    assert document["decision"] == answer
    assert document["permits"] is (answer == "allowed")
    assert document["exit_code"] == ended.code
    assert (document["record"] is None) is (command == "check")
    assert ended.out.isascii()


@pytest.mark.parametrize("command", ["check", "enforce"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_junit_is_well_formed_and_counts_what_it_holds(
    acme: Job, command: str, answer: str
) -> None:
    ended = answered(acme, command, answer, "junit")
    suites = ET.fromstring(ended.out.encode())  # noqa: S314 -- our own output
    (suite,) = suites.findall("testsuite")
    cases = suite.findall("testcase")
    counted = {
        "tests": len(cases),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": len(suite.findall("testcase/skipped")),
    }
    assert {name: int(suite.attrib[name]) for name in counted} == counted
    assert (counted["failures"] + counted["errors"] == 0) is (answer == "allowed")
    if answer == "denied":
        assert counted["failures"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_markdown_is_all_of_stdout(acme: Job, answer: str) -> None:
    ended = answered(acme, "enforce", answer, "markdown")
    assert ended.out.startswith("## ")
    assert "::" not in ended.out
    assert answer.upper() in ended.out.splitlines()[0]


@pytest.mark.parametrize("answer", ANSWERS)
def test_quiet_says_the_verdict_alone(acme: Job, answer: str) -> None:
    ticket, changes, code = ANSWERS[answer]
    ended = acme.judge(*("check", "--ticket", ticket, "--quiet"), environment=acme.ci(**changes))
    assert ended.out == f"{answer} (exit {code})\n"


@pytest.mark.parametrize("output", ["json", "junit", "markdown"])
def test_what_goes_wrong_before_an_answer_leaves_stdout_empty(acme: Job, output: str) -> None:
    """A report of nothing is no report: who reads it must not find an old or half one."""
    ended = acme.judge("enforce", "--ticket", "null", "--format", output)
    assert (ended.code, ended.out) == (2, "")


def test_verbose_logs_each_request_to_stderr_as_json(acme: Job) -> None:
    ended = acme.judge("check", "--ticket", "CHG-1", "--format", "json", "--verbose")
    json.loads(ended.out)
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {line["service"] for line in lines} == {"jira", "github"}
    assert all({"method", "path", "status", "milliseconds"} <= set(line) for line in lines)


@pytest.mark.parametrize("columns", ["1", "20", "40", "200", "0", "-5", "wide", ""])
def test_a_terminal_of_any_width(acme: Job, columns: str) -> None:
    ended = acme.judge("check", "--ticket", "CHG-1", environment=acme.ci(COLUMNS=columns))
    assert ended.code == 0, said(ended)
    must_say(ended, "ALLOWED")


# ---------------------------------------------------------------- what GitHub is told


def outputs(path: Path) -> dict[str, str]:
    """The file of GITHUB_OUTPUT as the runner reads it."""
    found, lines = {}, iter(path.read_text().splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        assert delimiter, f"not a heredoc: {line!r}"
        value = []
        for each in lines:
            if each == delimiter:
                break
            value.append(each)
        else:
            pytest.fail("a value without an end")
        found[name] = "\n".join(value)
    return found


@pytest.mark.parametrize("answer", ANSWERS)
def test_outputs_summary_and_annotations_say_one_thing(
    acme: Job, tmp_path: Path, answer: str
) -> None:
    out, summary = tmp_path / "out", tmp_path / "summary"
    out.write_text("before<<x\nkept\nx\n")
    summary.write_text("before\n")
    ended = answered(
        acme, "enforce", answer, "text", GITHUB_OUTPUT=str(out), GITHUB_STEP_SUMMARY=str(summary)
    )
    told = outputs(out)
    assert told.pop("before") == "kept"
    assert set(told) == {
        *("decision", "permits", "exit-code", "index", "receipt", "checkpoint"),
        *("emergency", "review-by"),
    }
    assert told["decision"] == answer
    assert told["permits"] == ("true" if answer == "allowed" else "false")
    assert told["exit-code"] == str(ended.code)
    assert (acme.home / told["receipt"]).exists()
    assert told["checkpoint"].startswith("acme.example/changes\n")
    assert summary.read_text().startswith("before\n## ")
    assert answer.upper() in summary.read_text()
    assert told["checkpoint"].splitlines()[2] in summary.read_text(), "the head travels"
    assert told["checkpoint"].splitlines()[2] in ended.out
    commands = [line for line in ended.out.splitlines() if line.startswith("::")]
    assert all(re.match(r"::(error|warning|notice) title=gate", line) for line in commands)
    assert any(line.startswith("::error") for line in commands) is (answer != "allowed")


def test_check_tells_no_later_step_anything(acme: Job, tmp_path: Path) -> None:
    """It judges and writes nothing: an output of it could be taken for a permission."""
    out, summary = tmp_path / "out", tmp_path / "summary"
    given = acme.ci(GITHUB_OUTPUT=str(out), GITHUB_STEP_SUMMARY=str(summary))
    assert acme.judge("check", "--ticket", "CHG-1", environment=given).code == 0
    assert not out.exists()
    assert not summary.exists()


def test_a_shell_is_told_nothing_of_github(acme: Job, tmp_path: Path) -> None:
    given = acme.shell(GITHUB_OUTPUT=str(tmp_path / "out"))
    ended = acme.judge(
        *("enforce", "--ticket", "CHG-1", "--commit", acme.scene.commit), environment=given
    )
    assert not (tmp_path / "out").exists()
    assert "::" not in ended.out


def test_the_summary_stays_below_githubs_limit(acme: Job, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    many = [w for n in range(1, 21) for w in ("--ticket", f"CHG-{n + 900}")]
    given: dict[str, Any] = acme.ci(GITHUB_STEP_SUMMARY=str(summary))
    assert acme.judge("enforce", *many, environment=given).code == 10
    assert summary.stat().st_size < 1_000_000
