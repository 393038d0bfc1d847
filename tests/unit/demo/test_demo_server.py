"""The simulators' server: keep-alive, log, clock, and each fault as a client sees it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from gate.demo import faults
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


class Echo(Simulator):
    """Says what it was asked, and how often it was."""

    name = "echo"
    turns = 0

    def handle(self, request: Request) -> Reply:
        self.turns += 1
        if request.path == "/bug":
            raise LookupError("broken")
        rows = [{"row": n} for n in range(3)]
        return Reply({"path": request.path, "turn": self.turns, "total": 3, "values": rows})


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo(clock=lambda: NOW) as running:
        yield running


def ask(simulator: Simulator, path: str = "/x") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_one_connection_serves_many_requests(echo: Echo) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    for turn in (1, 2, 3):
        connection.request("GET", "/a%20b?x=1")
        body = json.loads(connection.getresponse().read())
        assert body["path"] == "/a b"
        assert body["turn"] == turn
    connection.close()
    assert [(r.method, r.path, r.status, r.query) for r in echo.requests] == [
        ("GET", "/a b", 200, {"x": "1"})
    ] * 3
    assert echo.longest_chain() == 3


def test_the_date_header_follows_clock_and_offset(echo: Echo) -> None:
    echo.clock_offset = timedelta(hours=2)
    response, _ = ask(echo)
    assert parsedate_to_datetime(response.headers["Date"]) == NOW + timedelta(hours=2)
    echo.fault("/x", faults.clock(-60), times=1)
    response, _ = ask(echo)
    assert parsedate_to_datetime(response.headers["Date"]) == NOW + timedelta(minutes=119)


def test_a_fault_strikes_as_often_as_told_and_only_where_told(echo: Echo) -> None:
    echo.fault("^/x", faults.status(500), times=2)
    assert [ask(echo)[0].status for _ in range(3)] == [500, 500, 200]
    echo.fault("^/y", faults.status(503))
    assert ask(echo)[0].status == 200
    assert ask(echo, "/y?z=1")[0].status == 503
    echo.heal()
    assert ask(echo, "/y")[0].status == 200


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (faults.status(429), None),
        (faults.status(429, retry_after=7), "7"),
        (faults.status(429, retry_after="1.5"), "1.5"),
        (faults.status(429, date_in=30), "Mon, 05 Jan 2026 10:00:30 GMT"),
    ],
)
def test_retry_after_in_all_its_forms(echo: Echo, fault: faults.Fault, header: str | None) -> None:
    echo.fault("/x", fault)
    assert ask(echo)[0].headers["Retry-After"] == header


def test_a_fault_may_tell_requests_apart_by_their_bodies(echo: Echo) -> None:
    echo.fault(r"^/graph \{issue\}$", faults.status(500))
    statuses = []
    for body in (b"{issue}", b"{user}", None):
        connection = http.client.HTTPConnection("127.0.0.1", echo.port)
        connection.request("POST", "/graph", body)
        statuses.append(connection.getresponse().status)
        connection.close()
    assert statuses == [500, 200, 200]


def test_html_empty_and_redirect(echo: Echo) -> None:
    echo.fault("/html", "html")
    echo.fault("/empty", "empty")
    echo.fault("/away", faults.redirect("http://elsewhere.example/"))
    response, body = ask(echo, "/html")
    assert (response.status, response.headers.get_content_type()) == (200, "text/html")
    assert body.startswith(b"<!DOCTYPE")
    assert ask(echo, "/empty")[1] == b""
    response, _ = ask(echo, "/away")
    assert (response.status, response.headers["Location"]) == (302, "http://elsewhere.example/")


def test_truncated_and_reset_break_the_connection(echo: Echo) -> None:
    echo.fault("/x", "truncated", times=1)
    with pytest.raises(http.client.IncompleteRead):
        ask(echo)
    echo.fault("/x", "reset", times=1)
    with pytest.raises(ConnectionResetError):
        ask(echo)
    assert ask(echo)[0].status == 200
    assert [r.status for r in echo.requests] == [200, 0, 200]


def test_huge_is_more_than_ten_megabytes_of_json(echo: Echo) -> None:
    echo.fault("/x", "huge")
    response, body = ask(echo)
    assert response.headers["Content-Length"] is None
    assert len(body) > 10 * 1024 * 1024
    assert list(json.loads(body)) == ["padding"]


def test_wrong_types_and_hidden_rows(echo: Echo) -> None:
    echo.fault("/x", "wrong_types", times=1)
    assert json.loads(ask(echo)[1]) == {
        "path": 7,
        "turn": "1-ish",
        "total": "3-ish",
        "values": {"0": {"row": "0-ish"}},
    }
    echo.fault("/x", "hidden", times=1)
    body = json.loads(ask(echo)[1])
    assert body["total"] == 3
    assert body["values"] == [{"row": 0}, {"row": 1}]


def test_stale_repeats_what_the_path_was_answered_with_before(echo: Echo) -> None:
    first = ask(echo, "/list?page=1")[1]
    echo.fault("/list", "stale")
    assert ask(echo, "/list?page=2")[1] == first
    assert json.loads(ask(echo, "/list-never-asked")[1])["path"] == "/list-never-asked"


def test_replace_and_slow_answers(echo: Echo) -> None:
    echo.fault("/x", faults.slow(0.001))
    echo.fault("/x", faults.replace({"values": None}))
    assert json.loads(ask(echo)[1]) == {"values": None}


def test_hang_answers_nothing_and_stopping_ends_it() -> None:
    echo = Echo()
    echo.start()
    echo.fault("/x", "hang")
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    connection.request("GET", "/x")
    echo.stop()
    with pytest.raises(ConnectionError):
        connection.getresponse()
    connection.close()
    assert not [t for t in threading.enumerate() if "echo" in t.name]


def test_stopping_ends_idle_connections_and_frees_the_port() -> None:
    echo = Echo()
    url = echo.start()
    connection = http.client.HTTPConnection("127.0.0.1", echo.port)
    connection.request("GET", "/x")
    connection.getresponse().read()
    echo.stop()
    echo.stop()
    connection.close()
    assert echo.start() == url
    assert ask(echo)[0].status == 200
    echo.stop()


def test_a_bug_of_the_simulator_is_answered_with_500_and_told_at_the_end() -> None:
    echo = Echo()
    with pytest.raises(RuntimeError, match="broken"), echo:
        assert ask(echo, "/bug")[0].status == 500


def test_a_chain_counts_only_requests_that_could_have_waited_for_each_other() -> None:
    echo = Echo()
    for began, ended in ((1, 4), (2, 3), (5, 6)):
        echo._events = ended - 1
        echo.note(Request.of("GET", "/", {}), 200, began)
    assert echo.longest_chain() == 2


def test_a_fault_that_needs_arguments_is_refused_by_its_bare_name(echo: Echo) -> None:
    with pytest.raises(ValueError, match="needs arguments"):
        echo.fault("/x", "slow")
