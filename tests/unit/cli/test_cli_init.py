"""The step that ``gate init`` prints is one that can be pasted, and the documentation agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate.cli.main import main
from gate.config import parse_policy

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


def answered(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    code = main(
        [
            *("init", "--jira", "https://acme.atlassian.net", "--project", "CHG"),
            *("--repository", "https://github.com/acme/shop", *options),
            *("--directory", str(tmp_path)),
        ]
    )
    assert code == 0
    return capsys.readouterr().out


def test_a_step_for_buckets_has_their_library_and_credentials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answered(
        tmp_path, capsys, "--log", "s3://changes/log", "--disclosures", "s3://people/log"
    )
    assert '"change-gate[object] @ git+https://github.com/OWNER/gate@COMMIT"' in said
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert f"          {name}: ${{{{ secrets.{name} }}}}\n" in said
    assert "gate log doctor" in said
    assert "loses" not in said
    policy = parse_policy((tmp_path / "gate.toml").read_bytes())
    assert (policy.log.url, policy.evidence.url) == ("s3://changes/log", "s3://people/log")


def test_a_log_on_a_branch_takes_a_token_and_disclosures_on_a_disk_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answered(tmp_path, capsys, "--log", "git+https://github.com/acme/log.git#log")
    assert "GATE_LOG_TOKEN: ${{ secrets.GATE_LOG_TOKEN }}" in said
    assert '"change-gate @ git+' in said
    assert "loses dir:change-evidence" in said


def test_a_log_in_a_directory_takes_nothing_more(printed: str) -> None:
    assert "AWS_" not in printed
    assert "GATE_LOG_TOKEN" not in printed


def test_servicenow_in_the_place_of_jira(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = ("--repository", "https://github.com/acme/shop", "--directory", str(tmp_path))
    url = "https://acme.service-now.com"
    assert main(["init", "--servicenow", url, *repository, "--ci", "shell"]) == 0
    out = capsys.readouterr().out
    assert "--ticket CHG0030001" in out
    assert "GATE_SERVICENOW_USER, GATE_SERVICENOW_PASSWORD" in out
    assert "GATE_JIRA" not in out
    assert list(parse_policy((tmp_path / "gate.toml").read_bytes()).tickets) == ["servicenow"]


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ((), "--jira or --servicenow"),
        (("--jira", "https://a.example", "--servicenow", "https://b.example"), "--jira or"),
        (("--jira", "https://a.example"), "--project"),
        (("--servicenow", "https://b.example", "--project", "CHG"), "leave --project away"),
    ],
)
def test_init_wants_one_ticket_system_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], remedy: str
) -> None:
    repository = ("--repository", "https://github.com/acme/shop", "--directory", str(tmp_path))
    assert main(["init", *given, *repository]) == 2
    assert remedy in capsys.readouterr().err
    assert not (tmp_path / "gate.toml").exists()
