"""Secrets come from the environment, each as a value or in a file, and are never shown."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from gate.config import Secrets, read_secrets
from gate.config.secrets import SECRET_VARIABLES
from gate.errors import UsageError

PEM = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAA\n"
    "-----END PRIVATE KEY-----\n"
)


def test_nothing_given() -> None:
    assert read_secrets({}) == Secrets()
    assert read_secrets({"GATE_JIRA_TOKEN": "", "GATE_JIRA_TOKEN_FILE": ""}) == Secrets()
    assert Secrets().values() == ()
    assert repr(Secrets()) == "Secrets(given: none)"


def test_a_value_and_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("s3cret\r\n")
    found = read_secrets({"GATE_JIRA_TOKEN_FILE": str(path), "GITHUB_TOKEN": "ghs_x\n"})
    assert (found.jira_token, found.github_token) == ("s3cret", "ghs_x")


def test_a_key_may_have_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(PEM)
    found = read_secrets({"GATE_SIGNING_KEY_FILE": str(path), "GATE_LOG_KEY": PEM})
    assert found.signing_key == found.log_key == PEM.rstrip("\n")


@pytest.mark.parametrize("token", ["a b", "a\nb", "a\rb", "a\tb", "tökén", "a\x00b"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="GATE_JIRA_TOKEN holds a space") as caught:
        read_secrets({"GATE_JIRA_TOKEN": token})
    assert token not in caught.value.message


def test_both_are_too_many(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GITHUB_TOKEN and GITHUB_TOKEN_FILE are both set"):
        read_secrets({"GITHUB_TOKEN": "x", "GITHUB_TOKEN_FILE": str(tmp_path)})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xff\xfe", "is not text"),
        (b"x" * 70_000, "more than 65536 bytes"),
    ],
    ids=["missing", "empty", "blank", "binary", "huge"],
)
def test_a_bad_file_is_named_by_its_variable(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=f"GATE_LOG_KEY_FILE names a file .*{says}"):
        read_secrets({"GATE_LOG_KEY_FILE": str(path)})


def test_a_directory_and_a_name_that_is_none(tmp_path: Path) -> None:
    for name in (str(tmp_path), "a\0b"):
        with pytest.raises(UsageError, match="GATE_LOG_KEY_FILE names a file that cannot be read"):
            read_secrets({"GATE_LOG_KEY_FILE": name})


def test_repr_never_shows_a_value() -> None:
    secrets = Secrets(jira_email="alice@acme.example", jira_token="s3cret", signing_key=PEM)
    assert repr(secrets) == "Secrets(given: jira_email, jira_token, signing_key)"
    assert "s3cret" not in f"{secrets} {secrets!r}"


def test_values_hold_all_that_must_not_be_printed() -> None:
    secrets = Secrets(jira_email="alice@acme.example", jira_token="s3cret", signing_key=PEM)
    values = secrets.values()
    assert "s3cret" in values
    assert "alice@acme.example" not in values  # who we are is no secret, and errors name it
    assert base64.b64encode(b"alice@acme.example:s3cret").decode() in values
    assert PEM.splitlines()[1] in values
    assert "-----BEGIN PRIVATE KEY-----" not in values
    assert list(values) == sorted(values, key=len, reverse=True)


def test_what_a_url_makes_of_a_secret_is_hidden_too() -> None:
    redact = Secrets(github_token="a/b+c=d").redactor()
    told = "a/b+c=d a%2Fb%2Bc%3Dd a/b%2Bc%3Dd"
    assert redact(told) == "[redacted] [redacted] [redacted]"


def test_the_variables_are_known_by_name() -> None:
    assert "GATE_JIRA_TOKEN" in SECRET_VARIABLES
    assert "GATE_LOG_KEY_FILE" in SECRET_VARIABLES
    assert len(SECRET_VARIABLES) == 26


def test_jenkins_token_is_hidden_in_each_form() -> None:
    secrets = read_secrets({"GATE_JENKINS_USER": "gate", "GATE_JENKINS_TOKEN": "11a"})
    basic = base64.b64encode(b"gate:11a").decode()
    assert {"11a", basic, quote(basic)} == set(secrets.values())


def test_a_password_may_hold_spaces_and_is_hidden_in_each_form() -> None:
    given = {"GATE_SERVICENOW_USER": "gate user", "GATE_SERVICENOW_PASSWORD": "pass word"}
    secrets = read_secrets(given | {"GATE_SERVICENOW_TOKEN": "t0k", "GATE_TICKETS_TOKEN": "d3sk"})
    assert (secrets.servicenow_user, secrets.servicenow_password) == ("gate user", "pass word")
    basic = base64.b64encode(b"gate user:pass word").decode()
    assert {"pass word", basic, "t0k", "d3sk"} <= set(secrets.values())
    assert "gate user" not in secrets.values()
    for name in ("GATE_SERVICENOW_PASSWORD", "GATE_SERVICENOW_TOKEN"):
        with pytest.raises(UsageError, match=name):
            read_secrets({name: "two\nlines"})
    with pytest.raises(UsageError, match="GATE_SERVICENOW_TOKEN"):
        read_secrets({"GATE_SERVICENOW_TOKEN": "to ken"})
