"""What a git store's URL may name, and where the token comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.errors import UsageError
from gate.store.git.url import Credentials, parse_place, read_credentials


@pytest.mark.parametrize(
    ("url", "scheme", "remote", "ref"),
    [
        ("git+https://h.example/r.git#log", "https", "https://h.example/r.git", "refs/heads/log"),
        ("git+https://h:8443/a/b#x/y-1", "https", "https://h:8443/a/b", "refs/heads/x/y-1"),
        ("git+ssh://git@h/r#log", "ssh", "ssh://git@h/r", "refs/heads/log"),
        ("git+file:///srv/log.git#a", "file", "file:///srv/log.git", "refs/heads/a"),
        ("git+http://127.0.0.1:80/r#a", "http", "http://127.0.0.1:80/r", "refs/heads/a"),
        ("git+http://[::1]:80/r#a", "http", "http://[::1]:80/r", "refs/heads/a"),
    ],
)
def test_places(url: str, scheme: str, remote: str, ref: str) -> None:
    place = parse_place(url)
    assert (place.scheme, place.remote, place.ref) == (scheme, remote, ref)


@pytest.mark.parametrize(
    "url",
    [
        *("git+", "https://h/r#log", "git+https://h/r", "git+https://h/r#", "git+https://h#log"),
        *("git+https:///r#log", "git+https://h/#log", "git+ftp://h/r#log", "git+ext::sh -c x#log"),
        *("git+git://h/r#log", "git+http://h.example/r#log", "git+file://host/r#log"),
        *("git+ssh://-oProxyCommand=x/r#log", "git+https://h/r?x=y#log", "git+https://h /r#log"),
        *("git+https://h:port/r#log", "git+https://h/r#-f", "git+https://h/r#a..b"),
        *("git+https://h/r#a//b", "git+https://h/r#/a", "git+https://h/r#a/", "git+https://h/r#a."),
        *("git+https://h/r#a.lock", "git+https://h/r#a.lock/b", "git+https://h/r#a b"),
        *("git+https://h/r#a:b", "git+https://h/r#é", f"git+https://h/r#{'a' * 201}"),
        *("git+https://h/r\n#log", "git+https://h/r#log\n", "git+https://h\\r#log", "git+file:#a"),
    ],
)
def test_what_names_no_place(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_place(url)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        *(
            "git+https://s3cret@h/r#log",
            "git+https://u:s3cret@h/r#log",
            "git+https://:s3cret@h/r#a",
        ),
        *("git+ssh://git:s3cret@h/r#log", "git+http://u:s3cret@localhost/r#log"),
        *("git+ssh://-s3cret@h/r#log", "git+https://@h/r#log"),
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="credentials") as caught:
        parse_place(url)
    assert "s3cret" not in caught.value.message + caught.value.remedy


def test_the_token_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    assert read_credentials({}) == Credentials("x-access-token", "")
    assert read_credentials({"GATE_LOG_TOKEN": "t"}) == Credentials("x-access-token", "t")
    (tmp_path / "token").write_text("t\n")
    given = {"GATE_LOG_TOKEN_FILE": str(tmp_path / "token"), "GATE_LOG_USER": "bot"}
    assert read_credentials(given) == Credentials("bot", "t")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"GATE_LOG_TOKEN": "s3cret", "GATE_LOG_TOKEN_FILE": "x"}, "both set"),
        ({"GATE_LOG_TOKEN": "s3cret\nx"}, "GATE_LOG_TOKEN holds"),
        ({"GATE_LOG_TOKEN": "s3 cret"}, "GATE_LOG_TOKEN holds"),
        ({"GATE_LOG_TOKEN_FILE": "/nowhere/token"}, "GATE_LOG_TOKEN_FILE names cannot"),
        ({"GATE_LOG_TOKEN_FILE": "/dev/null"}, "GATE_LOG_TOKEN_FILE holds no token"),
        ({"GATE_LOG_USER": "a:b"}, "GATE_LOG_USER"),
    ],
)
def test_what_is_no_token(given: dict[str, str], names: str) -> None:
    with pytest.raises(UsageError, match=names) as caught:
        read_credentials(given)
    assert "s3" not in caught.value.message + caught.value.remedy


def test_a_token_is_hidden_in_every_form_it_is_sent_in() -> None:
    import base64
    from urllib.parse import quote

    one = Credentials("bot", "a/b=c+d")
    basic = base64.b64encode(b"bot:a/b=c+d").decode()
    text = f"x {one.token} {quote(one.token, safe='')} {basic} y"
    assert one.hide(text) == "x *** *** *** y"
    assert one.token not in repr(one)
    assert Credentials("bot", "").hide("text") == "text"
