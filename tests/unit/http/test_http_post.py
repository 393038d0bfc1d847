"""Posting bytes for protocols whose error replies say something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gate.demo import faults
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request
from gate.errors import UsageError
from gate.http import Budget, FetchError, Posted, Poster

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


class Scripted(Simulator):
    """Answers in turn with what it was given; the last answer repeats."""

    name = "scripted"

    def __init__(self) -> None:
        super().__init__(clock=lambda: NOW)
        self.replies: list[Reply] = []
        self.seen: list[Request] = []

    def handle(self, request: Request) -> Reply:
        self.seen.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def service() -> Iterator[Scripted]:
    with Scripted() as running:
        yield running


def post(service: Scripted, *replies: Reply, base: str = "") -> Posted:
    service.replies = list(replies)
    budget = Budget(timedelta(minutes=1))
    with closing(Poster(budget=budget, sleep=lambda _: None, now=lambda: NOW)) as poster:
        return poster("the service", service.url + base, "/post", b"\x00bytes\xff")


def test_bytes_are_posted_as_they_are_and_without_credentials(service: Scripted) -> None:
    found = post(service, Reply(b"\xffok", content_type="Text/Plain; charset=utf-8"), base="/a/")
    assert found == Posted(200, "text/plain", b"\xffok")
    (request,) = service.seen
    assert (request.method, request.path, request.body) == ("POST", "/a/post", b"\x00bytes\xff")
    assert request.headers["content-type"] == "application/octet-stream"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418, 422])
def test_an_error_reply_of_the_service_is_a_reply(service: Scripted, status: int) -> None:
    found = post(service, Reply(b"17\n", status, content_type="text/x.tlog.size"))
    assert found == Posted(status, "text/x.tlog.size", b"17\n")
    assert len(service.seen) == 1


@pytest.mark.parametrize("status", [401, 407, 302, 307, 500, 501])
def test_what_the_service_cannot_have_meant_is_none(service: Scripted, status: int) -> None:
    elsewhere = {"Location": service.url + "/elsewhere"}
    with pytest.raises(FetchError) as caught:
        post(service, Reply(b"17\n", status, headers=elsewhere))
    assert caught.value.status == status
    assert {request.path for request in service.seen} == {"/post"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_post_is_tried_like_a_get(service: Scripted, status: int) -> None:
    found = post(service, Reply(b"", status), Reply(b"", status), Reply(b"ok"))
    assert found.body == b"ok"
    service.seen.clear()
    with pytest.raises(FetchError):
        post(service, Reply(b"", status))
    assert len(service.seen) == 3


def test_a_broken_connection_is_tried_again(service: Scripted) -> None:
    service.fault("/post", faults.reset(), times=1)
    service.fault("/post", faults.truncated(), times=2)
    assert post(service, Reply(b"whole")).body == b"whole"


@pytest.mark.parametrize("size", [9_999_999, 10_000_001])
def test_an_error_reply_is_bounded_too(service: Scripted, size: int) -> None:
    found = post(service, Reply(b"x" * size, 409))
    assert len(found.body) == (size if size < 10_000_000 else 0)


@pytest.mark.parametrize(
    "url", ["http://w.example", "ftp://127.0.0.1", "https://a:b@w.example", "nonsense", ""]
)
def test_a_url_that_may_not_be_asked(url: str) -> None:
    with closing(Poster()) as poster, pytest.raises(UsageError):
        poster("the service", url, "/post", b"")


def test_one_connection_is_kept_for_each_address(service: Scripted) -> None:
    service.replies = [Reply(b"ok")]
    with closing(Poster()) as poster:
        for _ in range(3):
            poster("the service", service.url, "/post", b"")
        poster("the service", service.url + "/b", "/post", b"")
        assert len(poster._wires) == 2
