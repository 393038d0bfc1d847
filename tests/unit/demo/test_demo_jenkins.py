"""The simulated Jenkins behaves as the published remote access API does."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from gate.demo.jenkins import JenkinsSimulator
from gate.demo.jenkins_builds import BY_TIMER, by_user
from gate.demo.jenkins_tree import parse_tree, pruned

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
LOGIN = {"Authorization": "Basic " + b64encode(b"gate:tok").decode()}


@pytest.fixture
def jenkins() -> Iterator[JenkinsSimulator]:
    with JenkinsSimulator(clock=lambda: MONDAY) as simulator:
        simulator.add_user("gate", token="tok")
        simulator.build("team/shop/feature%2Fx", by_user("alice"), at=MONDAY)
        yield simulator


PLACE = "/job/team/job/shop/job/feature%252Fx/1/api/json"


def ask(
    jenkins: JenkinsSimulator, path: str = PLACE, headers: dict[str, str] = LOGIN, tree: str = ""
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of a GET."""
    url = f"{jenkins.url}{path}?{urlencode({'tree': tree} if tree else {})}"
    request = Request(url, headers=headers)  # noqa: S310 - loopback
    try:
        with urlopen(request) as reply:  # noqa: S310 - loopback
            return reply.status, json.load(reply), dict(reply.headers)
    except HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_a_tree_keeps_what_it_names_and_the_classes(jenkins: JenkinsSimulator) -> None:
    status, body, headers = ask(jenkins, tree="number,actions[causes[userId]],nothing")
    assert status == 200
    user = {"_class": "hudson.model.Cause$UserIdCause", "userId": "alice"}
    assert body["number"] == 1
    assert body["actions"][0] == {"_class": "hudson.model.CauseAction", "causes": [user]}
    assert {"timestamp", "nothing"}.isdisjoint(body)
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_without_a_tree_all_is_shown(jenkins: JenkinsSimulator) -> None:
    _, body, _ = ask(jenkins)
    assert body["timestamp"] == int(MONDAY.timestamp() * 1000)
    assert (body["building"], body["result"]) == (True, None)
    assert body["url"] == f"{jenkins.url}{PLACE.removesuffix('api/json')}"


@pytest.mark.parametrize("tree", ["a[", "a]", "[a]", "a b", ",a", "a[b]]"])
def test_a_tree_that_is_none_is_refused(jenkins: JenkinsSimulator, tree: str) -> None:
    assert ask(jenkins, tree=tree)[0] == 400


def test_pages_in_place_of_errors(jenkins: JenkinsSimulator) -> None:
    job = "team/shop/feature%2Fx"
    wrong = {"Authorization": "Basic " + b64encode(b"gate:no").decode()}
    assert ask(jenkins, headers=wrong)[0] == 401
    status, page, headers = ask(jenkins, headers={})
    assert status == 403
    assert "Authentication required" in page
    assert "text/html" in headers["Content-Type"]
    jenkins.undisclosed.add(job)
    assert ask(jenkins)[0] == 403
    jenkins.hidden.add(job)
    assert ask(jenkins)[0] == 404
    assert ask(jenkins, PLACE.replace("/1/", "/2/"))[0] == 404
    assert ask(jenkins, "/me/api/json")[1]["id"] == "gate"


def test_a_replay_is_a_build_of_its_own(jenkins: JenkinsSimulator) -> None:
    first = jenkins.build("deploy", BY_TIMER, at=MONDAY)
    first.checkouts.append((("https://github.com/acme/shop",), "a" * 40))
    jenkins.finish(first)
    again = jenkins.replay(first, by="bob", at=MONDAY)
    assert (again.number, again.running, first.running) == (2, True, False)
    assert again.checkouts == first.checkouts
    assert [c["shortDescription"] for c in again.causes] == ["Started by user bob", "Replayed #1"]


def test_pruning_leaves_what_has_no_tree() -> None:
    assert pruned([{"a": {"b": 1, "c": 2}}, 3], parse_tree("a[c]")) == [{"a": {"c": 2}}, 3]
