from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests.auth

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request
from gate.errors import UNDETERMINED, UsageError
from gate.http import Bearer, Budget, FetchError, Wire, get_json
from gate.model import Problem, ProblemKind

SECRET = "s3cr3t-t0ken"
OK = Reply({"ok": True})


class VirtualClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 10, tzinfo=UTC) + timedelta(seconds=self.at)


class Scripted(Simulator):
    """Answers in turn with what it was given; the last answer repeats."""

    name = "scripted"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self.replies: list[Reply] = [Reply({"ok": True})]
        self.seen: list[Request] = []

    def handle(self, request: Request) -> Reply:
        self.seen.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@dataclass
class Line:
    """A scripted service, a virtual clock, and wires to it."""

    service: Scripted
    clock: VirtualClock = field(default_factory=VirtualClock)

    def wire(self, *, seconds: float = 60, real_time: bool = False, **options: Any) -> Wire:
        total = timedelta(seconds=seconds)
        return Wire(
            "jira",
            options.pop("base_url", self.service.url + "/site"),
            auth=options.pop("auth", None),
            network=NetworkSettings(),
            budget=Budget(total) if real_time else Budget(total, self.clock.monotonic),
            sleep=self.clock.sleep,
            now=self.clock.now,
            jitter=lambda: 1.0,
            **options,
        )

    def answers(self, *replies: Reply) -> None:
        self.service.replies = list(replies)


@pytest.fixture
def line() -> Iterator[Line]:
    clock = VirtualClock()
    with Scripted(clock.now) as service:
        yield Line(service, clock)


def fails(wire: Wire, path: str = "/thing?key=" + SECRET) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get_json(wire, path)
    error = caught.value
    problem = error.problem
    assert isinstance(problem, Problem)
    assert problem.service == "jira"
    assert problem.request == "GET /site/thing"
    assert problem.cause
    assert problem.remedy
    assert SECRET not in f"{error!r} {error} {error.message} {error.remedy} {problem}"
    assert error.exit_code == UNDETERMINED
    return error


def test_a_reply_is_parsed_and_the_request_is_told(line: Line) -> None:
    wire = line.wire(auth=Bearer(SECRET))
    assert get_json(wire, "/thing", {"a": 1}) == {"ok": True}
    (request,) = wire.trace
    assert (request.service, request.method, request.path) == ("jira", "GET", "/site/thing")
    assert request.status == 200
    assert line.service.seen[0].headers["authorization"] == f"Bearer {SECRET}"
    assert line.service.seen[0].query == {"a": "1"}


@pytest.mark.parametrize(
    ("reply", "kind", "cause"),
    [
        (Reply({}, 401), ProblemKind.CREDENTIALS, "did not accept the credentials"),
        (Reply({}, 403), ProblemKind.PERMISSION, "forbids this"),
        (Reply({}, 404), ProblemKind.HIDDEN, "does not exist (404)"),
        (Reply({}, 409), ProblemKind.MALFORMED, "refused the request (409)"),
        (Reply({}, 418), ProblemKind.MALFORMED, "refused the request (418)"),
        (Reply(b"<html>", content_type="text/html"), ProblemKind.MALFORMED, "HTML page"),
        (Reply(b"ok", content_type="text/plain"), ProblemKind.MALFORMED, "Content-Type"),
        (Reply(b""), ProblemKind.MALFORMED, "is empty"),
        (Reply(b"  \n"), ProblemKind.MALFORMED, "is empty"),
        (Reply(b'{"a": [1,'), ProblemKind.MALFORMED, "well-formed"),
        (Reply(b'{"a": NaN}'), ProblemKind.MALFORMED, "well-formed"),
        (Reply(b'{"a": "\xff"}'), ProblemKind.MALFORMED, "well-formed"),
        (Reply(b"[" * 200_000), ProblemKind.MALFORMED, "well-formed"),
        (Reply(b'{"a": ' + b"9" * 5000 + b"}"), ProblemKind.MALFORMED, "well-formed"),
    ],
)
def test_each_bad_reply_has_its_own_words_and_is_not_asked_for_again(
    line: Line, reply: Reply, kind: ProblemKind, cause: str
) -> None:
    line.answers(reply)
    error = fails(line.wire(auth=Bearer(SECRET)))
    assert error.problem.kind is kind
    assert cause in error.problem.cause
    assert error.status == reply.status
    assert len(line.service.seen) == 1
    assert line.clock.slept == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_three_times_at_most(line: Line, status: int) -> None:
    line.answers(Reply({}, status))
    error = fails(line.wire())
    assert error.problem.kind is ProblemKind.UNAVAILABLE
    assert len(line.service.seen) == 3
    assert line.clock.slept == [0.25, 0.5]
    line.answers(Reply({}, status), Reply({}, status), OK)
    assert get_json(line.wire(), "/thing") == {"ok": True}


@pytest.mark.parametrize("fault", [faults.reset(), faults.truncated()])
def test_a_broken_connection_is_tried_again(line: Line, fault: Fault) -> None:
    line.service.fault("/thing", fault, times=2)
    assert get_json(line.wire(), "/thing") == {"ok": True}
    line.service.fault("/thing", fault)
    assert fails(line.wire()).problem.kind is ProblemKind.UNAVAILABLE


def test_refused_connections_are_unavailable(line: Line) -> None:
    wire = line.wire()
    line.service.stop()
    assert "could not be reached" in fails(wire).problem.cause
    assert [request.status for request in wire.trace] == [None, None, None]


def test_what_changes_things_is_sent_once(line: Line) -> None:
    line.answers(Reply({}, 503))
    with pytest.raises(FetchError):
        line.wire().session.post(line.service.url + "/site/thing", json={"a": 1})
    assert len(line.service.seen) == 1


@pytest.mark.parametrize(
    ("given", "waited"), [("7", 7.0), ("1.5", 1.5), ("0", 0.0), ("nan", 0.25), ("-3", 0.25)]
)
def test_retry_after_in_seconds(line: Line, given: str, waited: float) -> None:
    line.answers(Reply({}, 429, {"Retry-After": given}), OK)
    get_json(line.wire(), "/thing")
    assert line.clock.slept == [waited]


def test_retry_after_as_a_date_and_reset_times(line: Line) -> None:
    soon = line.clock.now() + timedelta(seconds=20)
    spent = {"X-RateLimit-Remaining": "0"}
    for headers in (
        {"Retry-After": format_datetime(soon, usegmt=True)},
        {**spent, "X-RateLimit-Reset": str(int(soon.timestamp()))},
        {**spent, "X-RateLimit-Reset": soon.isoformat()},
    ):
        line.clock.at, line.clock.slept = 0.0, []
        line.answers(Reply({}, 429, headers), OK)
        get_json(line.wire(), "/thing")
        assert line.clock.slept == [20.0]


def test_a_limit_hidden_behind_403_is_a_limit(line: Line) -> None:
    line.answers(Reply({}, 403, {"Retry-After": "3"}), OK)
    assert get_json(line.wire(), "/thing") == {"ok": True}
    line.answers(Reply({}, 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}))
    assert fails(line.wire()).problem.kind is ProblemKind.UNAVAILABLE


def test_a_wait_beyond_the_budget_is_not_begun(line: Line) -> None:
    line.answers(Reply({}, 429, {"Retry-After": "61"}))
    error = fails(line.wire())
    assert error.problem.kind is ProblemKind.UNAVAILABLE
    assert "time budget" in error.problem.cause
    assert error.status == 429
    assert line.clock.slept == []


def test_nothing_is_sent_once_the_budget_is_spent(line: Line) -> None:
    wire = line.wire(seconds=10)
    line.clock.at = 10.0
    assert "time budget was spent" in fails(wire).problem.cause
    assert line.service.seen == []


def test_a_wait_beyond_the_budget_is_told_with_its_length(line: Line) -> None:
    line.answers(Reply({}, 429, {"Retry-After": "90"}))
    problem = fails(line.wire()).problem
    assert "leaves no room to wait the 90 s that it asks for" in problem.cause
    assert problem.remedy.startswith("run again in 90 s, or raise the rate limit")


def test_a_limit_that_says_for_how_long_is_told_so(line: Line) -> None:
    line.answers(Reply({}, 429, {"Retry-After": "7"}))
    assert "run again in 7 s, or" in fails(line.wire()).problem.remedy
    line.answers(Reply({}, 429))
    assert "run again later, or" in fails(line.wire()).problem.remedy


def test_what_is_not_asked_any_more_names_what_the_budget_was_spent_on(line: Line) -> None:
    line.service.fault("/thing", "hang")
    wire = line.wire(seconds=0.2, real_time=True)
    first = fails(wire).problem
    assert "not asked" not in first.cause
    with pytest.raises(FetchError) as caught:
        get_json(wire, "/other")
    cause = caught.value.problem.cause
    assert cause.endswith("the time budget was spent on GET /site/thing of jira")


@pytest.mark.parametrize(
    "auth", [Bearer(SECRET), requests.auth.HTTPBasicAuth("gate", SECRET)], ids=["bearer", "basic"]
)
def test_a_redirect_to_a_host_that_holds_the_secret_does_not_tell_it(line: Line, auth: Any) -> None:
    line.answers(Reply(status=302, headers={"Location": f"https://x.{SECRET}.evil.example/"}))
    problem = fails(line.wire(auth=auth)).problem
    assert "redirects to another place" in problem.cause
    assert SECRET not in str(problem)
    line.answers(Reply(status=302, headers={"Location": "https://login.example/"}))
    assert "(login.example)" in fails(line.wire(auth=auth)).problem.cause


def test_a_wire_sleeps_by_the_clock_of_its_budget(line: Line) -> None:
    budget = Budget(timedelta(seconds=60), line.clock.monotonic, line.clock.sleep)
    network = NetworkSettings()
    wire = Wire("jira", line.service.url, auth=None, network=network, budget=budget)
    line.answers(Reply({}, 503), OK)
    assert get_json(wire, "/thing") == {"ok": True}
    assert len(line.clock.slept) == 1


def test_a_service_that_hangs_is_left_when_the_budget_ends(line: Line) -> None:
    line.service.fault("/thing", "hang")
    error = fails(line.wire(seconds=0.2, real_time=True))
    assert error.problem.kind is ProblemKind.UNAVAILABLE


def test_a_reply_over_10_megabytes_is_refused(line: Line) -> None:
    line.service.fault("/thing", "huge")
    assert "larger than 10 MB" in fails(line.wire()).problem.cause
    line.service.heal()
    line.answers(Reply(b'"' + b"x" * 10_000_000 + b'"'))
    assert "larger than 10 MB" in fails(line.wire()).problem.cause


def test_redirects_stay_at_the_same_origin(line: Line) -> None:
    line.answers(Reply({}, 302, {"Location": "/site/other"}), OK)
    assert get_json(line.wire(auth=Bearer(SECRET)), "/thing", {"a": "b"}) == {"ok": True}
    assert line.service.seen[1].path == "/site/other"
    assert line.service.seen[1].query == {}


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:1/x",
        "https://127.0.0.1/x",
        "//evil.example/x",
        "http://127.0.0.1:99999/x",
        "",
        "/site/thing?key=" + SECRET,
    ],
)
def test_redirects_elsewhere_are_refused(line: Line, location: str) -> None:
    line.answers(Reply({}, 302, {"Location": location}))
    error = fails(line.wire(auth=Bearer(SECRET)))
    assert error.problem.kind is ProblemKind.MALFORMED
    assert "redirects" in error.problem.cause
    assert len(line.service.seen) == 1


def test_redirects_in_a_circle_end(line: Line) -> None:
    hops = [Reply({}, 301, {"Location": f"/site/{n % 2}"}) for n in range(9)]
    line.answers(*hops)
    with pytest.raises(FetchError, match="more than 3 times"):
        get_json(line.wire(), "/thing")


def test_another_host_is_not_asked_even_if_a_library_wants_it(line: Line) -> None:
    with pytest.raises(FetchError, match="another host"):
        line.wire().session.get("http://127.0.0.1:1/site/thing")
    with pytest.raises(FetchError, match="another host"):
        line.wire().session.get("https://evil.example/", verify=False, timeout=1)


def test_the_date_header_tells_the_clocks_offset(line: Line) -> None:
    wire = line.wire()
    line.service.clock_offset = timedelta(seconds=-90)
    get_json(wire, "/thing")
    (reading,) = wire.clocks()
    assert reading.service == "jira"
    assert abs(reading.offset - 90) <= reading.uncertainty
    assert 0 < reading.uncertainty < 1


def test_of_several_readings_the_one_that_proves_most_is_told(line: Line) -> None:
    wire = line.wire()
    get_json(wire, "/thing")
    line.service.clock_offset = timedelta(hours=1)
    get_json(wire, "/thing")
    line.service.clock_offset = timedelta(0)
    get_json(wire, "/thing")
    (reading,) = wire.clocks()
    assert reading.offset < -3000


def test_a_cached_reply_proves_nothing_of_the_clock(line: Line) -> None:
    wire = line.wire()
    line.answers(Reply({}, headers={"Age": "100"}))
    get_json(wire, "/thing")
    assert wire.clocks() == ()


def test_cookies_are_neither_kept_nor_sent(line: Line) -> None:
    wire = line.wire()
    line.answers(Reply({}, headers={"Set-Cookie": "JSESSIONID=1; Path=/"}), OK)
    get_json(wire, "/thing")
    get_json(wire, "/thing")
    assert "cookie" not in line.service.seen[1].headers


def test_neither_netrc_nor_a_proxy_touches_loopback(
    line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password x\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    get_json(line.wire(auth=None), "/thing")
    get_json(line.wire(auth=Bearer(SECRET)), "/thing")
    assert "authorization" not in line.service.seen[0].headers
    assert line.service.seen[1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://jira.example", "plain http is for loopback only"),
        ("ftp://jira.example", "plain http"),
        ("jira.example", "is not one"),
        ("https://", "is not one"),
        ("https://alice:secret@jira.example", "holds credentials"),
        ("https://jira.example/?x=1", "is not one"),
        ("https://jira.example:99999", "is not one"),
    ],
)
def test_base_urls_that_are_refused(line: Line, url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        line.wire(base_url=url)
    assert "secret" not in caught.value.message


def test_a_ca_bundle_that_is_not_there_is_a_usage_error(line: Line) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        line.wire(ca="/nowhere/ca.pem")
    with pytest.raises(UsageError, match="does not exist"):
        Wire(
            "jira",
            "https://jira.example",
            auth=None,
            network=NetworkSettings(ca="/nowhere/ca.pem"),
            budget=Budget(timedelta(seconds=1)),
        )


def test_replies_other_than_json_are_for_whom_asks_for_them(line: Line) -> None:
    line.answers(Reply(b"diff", content_type="text/plain"))
    session = line.wire().session
    reply = session.get(line.service.url + "/site/x", headers={"Accept": "text/plain"})
    assert reply.text == "diff"
    line.answers(Reply(None, 204))
    assert session.get(line.service.url + "/site/x").status_code == 204
