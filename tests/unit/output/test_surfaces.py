"""Annotations, summary, JUnit, JSON, outputs: their exact form; nothing breaks out of any."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from defusedxml import ElementTree  # type: ignore[import-untyped]  # it has no stubs
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from views import (
    ALL,
    CHECKED,
    CHECKPOINT,
    DENIAL,
    PERMISSION,
    RECORDED,
    SUPERSEDED,
    UNRECORDED,
    UNSURE,
    hostile,
    message,
    result,
    view,
)

from gate.errors import UsageError
from gate.model import DecisionKind, Free, Outcome
from gate.output.annotations import github_annotations
from gate.output.json_v1 import decision_json
from gate.output.junit import junit
from gate.output.outputs import dotenv, github_outputs
from gate.output.summary import MAX_BYTES, markdown
from gate.output.terminal import decision_text
from gate.output.view import DecisionView

SCHEMA = json.loads(files("gate.output").joinpath("schemas/decision-v1.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
DELIMITER = "gate-0123456789abcdef"

NASTY = st.text() | st.sampled_from(
    [
        "::set-env name=PATH::/tmp",
        "a\n::set-output name=decision::allowed",
        "%0A::error::x",
        "\x1b[2J\x1b[1;1H",
        "##[set-env name=PATH]/tmp",
        "</pre></details><script>alert(1)</script>",
        "| a | b |\n|---|---|",
        "]]> <!-- \x00 \ufffe --> & \"'",
        "@alice ![x](https://e.example) `c`",
        "=cmd()",
        "\u202e\u200b\ud800",
        "{x} {0} {x.__class__}",
        "gate-0123456789abcdef",
    ]
)


# ---------------------------------------------------------------- annotations


def test_annotations_of_a_denial() -> None:
    assert github_annotations(DENIAL) == (
        "::error title=gate%3A ticket-predates-deployment fail::Seen: CHG-1 was created "
        "2026-01-05 10:00:00.250 UTC, 2 h 5 min after the run began.%0AExpected: What should be."
        "%0ATo do: Start a new run: a re-run keeps the first attempt's time.\n"
        "::error title=gate%3A approver-independent undetermined::Seen: Nobody owns the account "
        "Alice (jira 5b10ac8d).%0AExpected: What should be."
        "%0ATo do: Add the account to a [[people]] entry.\n"
        '::warning title=gate%3A peer-reviewed warning::Seen: "a b"%0AExpected: What should be.\n'
    )


def test_a_permission_is_a_notice() -> None:
    assert github_annotations(PERMISSION).splitlines()[-1] == (
        "::notice title=gate::ALLOWED: 2 controls passed, 1 warning. The deployment may go on."
    )


@pytest.mark.parametrize("blocked", [SUPERSEDED, UNRECORDED])
def test_a_block_without_a_failed_control_is_an_error_too(blocked: DecisionView) -> None:
    assert github_annotations(blocked).splitlines()[-1].startswith("::error title=gate::")


@given(NASTY)
def test_annotations_stay_the_commands_they_are(text: str) -> None:
    lines = github_annotations(hostile(text)).removesuffix("\n").split("\n")
    assert len(lines) == len(hostile(text).attention())
    for line in lines:
        assert re.match(r"::(error|warning) title=gate%3A approved [a-z]+::Seen: ", line)
        assert line.isprintable()


def test_a_long_annotation_is_cut() -> None:
    many = tuple(Free("x" * 300) for _ in range(10))
    long = result(
        "approved",
        Outcome.FAIL,
        seen=message("s", "{t}", t=many),
        todo=message("t", "{t} {t}", t=many),
    )
    text = github_annotations(view(DecisionKind.DENIED, 10, long))
    assert max(map(len, text.splitlines())) < 4096


# ---------------------------------------------------------------- summary


def test_summary_of_a_denial() -> None:
    assert markdown(DENIAL) == (
        f"""\
## ❌ DENIED: shop to production

1 control failed, 1 could not be determined. The deployment must not start.

- Commit <code>1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d</code>
- Artifact <code>image@<!-- -->sha256:{"ab" * 32}</code>
- Change request <a href="https://acme.atlassian.net/browse/CHG-1">CHG-1</a>
- Change request CHG-2 (not read)
- Judged 2026-01-05 10:00:00.250 UTC

### ❌ ticket-predates-deployment: fail

- **Seen:** CHG-1 was created 2026-01-05 10:00:00.250 UTC, 2 h 5 min after the run began.
- **Expected:** What should be.
- **To do:** Start a new run: a re-run keeps the first attempt's time.

### ❓ approver-independent: undetermined

- **Seen:** Nobody owns the account Alice (jira 5b10ac8d).
- **Expected:** What should be.
- **To do:** Add the account to a \\[\\[people\\]\\] entry.

### ⚠️ peer-reviewed: fail (warning)

- **Seen:** "a b"
- **Expected:** What should be.

| | Control | Outcome | Seen |
|---|---|---|---|
| ✅ | ticket-given | pass | What is. |
| ❌ | ticket-predates-deployment | fail | CHG-1 was created 2026-01-05 10:00:00.250 UTC, """
        """2 h 5 min after the run began. |
| ❓ | approver-independent | undetermined | Nobody owns the account Alice (jira 5b10ac8d). |
| ⚠️ | peer-reviewed | fail (warning) | "a b" |
| - | test-plan | off | What is. |

Record 17 in acme.example/changes, receipt gate-receipts/17.dsse.json

<details><summary>Signed checkpoint</summary>

<pre>
"""
        f"{CHECKPOINT}</pre>\n</details>\n"
    )


OUR_TAGS = re.compile(
    r'<code>|</code>|<a href="https?://[^"<>]*">|</a>|<!-- -->|</?details>|</?summary>|</?pre>'
)


@given(NASTY)
def test_summary_holds_only_our_own_markup(text: str) -> None:
    shown = markdown(hostile(text))
    assert "<" not in OUR_TAGS.sub("", shown)
    assert shown.replace("\n", "").replace("\ufe0f", "").isprintable()
    assert shown.count("</pre>") == 1
    body = shown.partition("<details>")[0]
    table = [line for line in body.split("\n") if line.startswith("| ")]
    assert len(table) == 13
    for line in table:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 5


def test_summary_stays_below_the_limit() -> None:
    long = result("approved", Outcome.FAIL, seen=message("s", "{t}", t="é" * 5000))
    shown = markdown(view(DecisionKind.DENIED, 10, *[long] * 2000))
    assert len(shown.encode()) <= MAX_BYTES
    assert shown.startswith("## ❌ DENIED")
    assert "This summary was too long and has been cut." in shown
    assert CHECKPOINT in shown


def test_a_link_goes_to_http_only() -> None:
    ticket = replace(DENIAL.tickets[0], url="javascript:alert(1)")
    assert "javascript" not in markdown(replace(DENIAL, tickets=(ticket,)))


# ---------------------------------------------------------------- JUnit


def suite(shown: DecisionView) -> Any:
    root = ElementTree.fromstring(junit(shown).encode())
    assert root.tag == "testsuites"
    return root[0]


def test_junit_of_a_denial() -> None:
    found = suite(DENIAL)
    assert {k: found.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    assert [(case.get("name"), [child.tag for child in case]) for case in found] == [
        ("ticket-given", ["system-out"]),
        ("ticket-predates-deployment", ["failure"]),
        ("approver-independent", ["error"]),
        ("peer-reviewed", ["skipped", "system-out"]),
        ("test-plan", ["skipped", "system-out"]),
        ("decision", ["system-out"]),
    ]
    assert {case.get("classname") for case in found} == {"gate.production.shop"}
    assert "To do: Start a new run" in found[1][0].text


@pytest.mark.parametrize("name", ALL)
def test_junit_is_green_exactly_where_the_deployment_may_go_on(name: str) -> None:
    found = suite(ALL[name])
    tags = [child.tag for case in found for child in case]
    assert found.get("failures") == str(tags.count("failure"))
    assert found.get("errors") == str(tags.count("error"))
    assert (not {"failure", "error"} & set(tags)) is ALL[name].verdict().permits


@given(NASTY)
def test_junit_is_valid_xml_whatever_is_in_it(text: str) -> None:
    found = suite(hostile(text))
    assert len(found) == 13
    assert {child.tag for case in found for child in case} == {
        *("failure", "error", "skipped", "system-out"),
    }


# ---------------------------------------------------------------- JSON


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", ALL)
def test_json_keeps_to_its_schema(name: str) -> None:
    shown = json.loads(decision_json(ALL[name]))
    VALIDATOR.validate(shown)
    assert shown["permits"] is (shown["exit_code"] == 0)


def test_json_of_a_denial() -> None:
    shown = json.loads(decision_json(DENIAL))
    assert shown["schema"] == "gate/decision/v1"
    assert (shown["decision"], shown["judged"], shown["exit_code"]) == ("denied", "denied", 10)
    late, nobodys = shown["controls"][1], shown["controls"][2]
    assert late["observed"]["args"] == {
        "ticket": "CHG-1",
        "created": "2026-01-05T10:00:00.250Z",
        "late": 7500.0,
    }
    assert nobodys["observed"]["args"]["account"] == {
        "system": "jira",
        "key": "5b10ac8d",
        "name": "Alice (jira 5b10ac8d)",
    }
    assert shown["record"]["checkpoint"] == CHECKPOINT
    assert shown["change_requests"][1] == {
        "id": "CHG-2",
        "url": None,
        "found": False,
        "through": None,
    }


def test_the_schema_refuses_what_contradicts_itself() -> None:
    shown = json.loads(decision_json(PERMISSION))
    for change in ({"exit_code": 10}, {"permits": False}, {"decision": "denied"}):
        assert not VALIDATOR.is_valid(shown | change)


@given(NASTY)
def test_json_is_safe_to_print(text: str) -> None:
    written = decision_json(hostile(text))
    assert written.replace("\n", "").isascii()
    assert written.replace("\n", "").isprintable()
    VALIDATOR.validate(json.loads(written))


# ---------------------------------------------------------------- outputs


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads the file: name<<delimiter, lines, delimiter."""
    lines = iter(text.split("\n"))
    found = {}
    for head in lines:
        if not head:
            continue
        name, delimiter = head.split("<<")
        value = []
        while (line := next(lines)) != delimiter:
            value.append(line)
        found[name] = "\n".join(value)
    return found


def test_outputs() -> None:
    assert read_outputs(github_outputs(PERMISSION, DELIMITER)) == {
        "decision": "allowed",
        "permits": "true",
        "exit-code": "0",
        "index": "17",
        "receipt": "gate-receipts/17.dsse.json",
        "checkpoint": CHECKPOINT.rstrip("\n"),
        "emergency": "false",
        "review-by": "",
    }


@pytest.mark.parametrize(
    ("shown", "decision"),
    [
        (CHECKED, "allowed"),
        (UNSURE, "undetermined"),
        (SUPERSEDED, "denied"),
        (UNRECORDED, "not-recorded"),
        (ALL["inconsistent"], "inconsistent"),
        (ALL["emergency"], "emergency"),
    ],
)
def test_the_decision_as_an_output(shown: DecisionView, decision: str) -> None:
    assert read_outputs(github_outputs(shown, DELIMITER))["decision"] == decision
    assert f"GATE_DECISION={decision}\n" in dotenv(shown)
    assert f"GATE_PERMITS={str(shown.exit_code == 0).lower()}\n" in dotenv(shown)


@pytest.mark.parametrize("delimiter", ["", "EOF", "a b c d e f g h i j", "x" * 15, "a\n" * 10])
def test_a_weak_delimiter_is_refused(delimiter: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        github_outputs(PERMISSION, delimiter)


def test_a_value_that_holds_the_delimiter_is_refused() -> None:
    shown = replace(PERMISSION, recorded=replace(RECORDED, receipt=f"a\n{DELIMITER}\nx=y"))
    with pytest.raises(ValueError, match="stands in the value of receipt"):
        github_outputs(shown, DELIMITER)


def test_outputs_hold_no_control_characters() -> None:
    shown = replace(PERMISSION, recorded=replace(RECORDED, receipt="a\x1bb"))
    with pytest.raises(UsageError, match="receipt"):
        github_outputs(shown, DELIMITER)


def test_dotenv() -> None:
    assert dotenv(PERMISSION) == (
        "GATE_DECISION=allowed\nGATE_PERMITS=true\nGATE_EXIT_CODE=0\nGATE_INDEX=17\n"
        "GATE_RECEIPT=gate-receipts/17.dsse.json\nGATE_EMERGENCY=false\nGATE_REVIEW_BY=\n"
    )


@pytest.mark.parametrize("receipt", ["a b", "a\nGATE_DECISION=allowed", "$(x)", '"x"', "ü"])
def test_dotenv_is_strict(receipt: str) -> None:
    shown = replace(DENIAL, recorded=replace(RECORDED, receipt=receipt))
    with pytest.raises(UsageError, match="GATE_RECEIPT"):
        dotenv(shown)


# ---------------------------------------------------------------- people, terminal


@given(NASTY)
def test_the_terminal_shows_nothing_active(text: str) -> None:
    shown = decision_text(hostile(text), color=False, width=80)
    for line in shown.split("\n"):
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_names_stand_where_people_read_and_nowhere_else() -> None:
    named = replace(DENIAL, name=lambda account: f"Person-{account.key}")
    for written in (
        decision_text(named, color=False, width=80),
        markdown(named),
        junit(named),
        github_annotations(named),
        decision_json(named),
    ):
        assert "Person-5b10ac8d" in written
    for written in (github_outputs(named, DELIMITER), dotenv(named)):
        assert "Person" not in written
