"""The guard of ``tests/conftest.py`` is really on."""

from __future__ import annotations

import os
import socket

import pytest


@pytest.mark.parametrize(
    "address", [("192.0.2.1", 443), ("::ffff:192.0.2.1", 443), ("8.8.8.8", 53)]
)
def test_a_connection_to_the_outside_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(Exception, match="loopback only"):
        sock.connect(address)


def test_connect_ex_and_datagrams_are_refused() -> None:
    with socket.socket() as sock, pytest.raises(Exception, match="loopback only"):
        sock.connect_ex(("192.0.2.1", 443))
    with (
        socket.socket(type=socket.SOCK_DGRAM) as sock,
        pytest.raises(Exception, match="loopback only"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 53))


def test_a_name_is_not_looked_up() -> None:
    with pytest.raises(Exception, match="loopback only"):
        socket.create_connection(("jira.example", 443), timeout=1)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_the_environment_is_clean() -> None:
    prefixes = ("GATE_", "GITHUB_", "GITLAB_", "CI_", "JENKINS_")
    assert [n for n in os.environ if n == "CI" or n.startswith(prefixes)] == []
