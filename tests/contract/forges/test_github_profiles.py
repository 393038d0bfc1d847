"""What GitHub shows of an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from shops import Shop

from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.forges.github.profiles import fetch_profile
from gate.model import Problem, Profile


@pytest.fixture
def shop() -> Iterator[Shop]:
    with GitHubSimulator() as github:
        yield Shop(github)


def test_what_is_public_is_shown(shop: Shop) -> None:
    assert fetch_profile(shop.reader().wire, "alice") == Profile("Alice")
    shop.github.users["alice"].public_email = "alice@acme.example"
    assert fetch_profile(shop.reader().wire, "alice") == Profile("Alice", "alice@acme.example")


def test_an_account_that_there_is_not_is_a_problem(shop: Shop) -> None:
    assert isinstance(fetch_profile(shop.reader().wire, "nobody"), Problem)


@pytest.mark.parametrize("login", ["", "../user", "a/b", "alice?x", "al ice", "renovate[bot]", "é"])
def test_what_is_no_login_is_not_asked_for(shop: Shop, login: str) -> None:
    assert isinstance(fetch_profile(shop.reader().wire, login), Problem)
    assert shop.github.requests == ()


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.reset])
def test_another_reply_is_a_problem(shop: Shop, kind: Any) -> None:
    shop.github.fault("/users/", kind())
    assert isinstance(fetch_profile(shop.reader().wire, "alice"), Problem)
