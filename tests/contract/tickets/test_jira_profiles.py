"""What Jira shows of an account, on both flavours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import Desk, open_desk

from gate.demo import faults
from gate.model import Problem, Profile
from gate.tickets.jira.profiles import fetch_profile


@pytest.fixture(params=["cloud", "datacenter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as made:
        yield made


def key_of(desk: Desk, name: str) -> str:
    return desk.jira.users[name].account_id if desk.flavour == "cloud" else name


def test_a_name_and_an_address_are_shown(desk: Desk) -> None:
    found = fetch_profile(desk.reader(), key_of(desk, "alice"))
    assert found == Profile("Alice", "alice@acme.example")


def test_an_address_may_be_hidden(desk: Desk) -> None:
    desk.jira.users["alice"].shows_email = False
    assert fetch_profile(desk.reader(), key_of(desk, "alice")) == Profile("Alice")


def test_an_account_that_there_is_not_is_a_problem(desk: Desk) -> None:
    for key in ("nobody", "../myself", "a&b=c"):
        assert isinstance(fetch_profile(desk.reader(), key), Problem)
    assert {request.path.rsplit("/", 1)[1] for request in desk.jira.requests} == {"user"}


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.reset])
def test_another_reply_is_a_problem(desk: Desk, kind: Any) -> None:
    desk.jira.fault("/user", kind())
    assert isinstance(fetch_profile(desk.reader(), key_of(desk, "alice")), Problem)
