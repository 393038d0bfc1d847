"""The cross of the matrix: every request that a good run makes, with every fault there can be.

Nothing is listed by hand: the requests are those that the simulator was asked, told apart by
path, query and body, and the faults those of ``FAULTS``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

from jobs import said
from sites import Strict

import gate.deploy
import gate.facts
import gate.http
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.server import Simulator
from gate.demo.stage import Ended
from gate.demo.wire import Reply, Request
from gate.facts import Gathered
from gate.http import Budget
from gate.model import Facts

ELSEWHERE = "https://login.example/sign-in?next=%2F"
# What real time must pass for gets little of it, and more where that was spent before the fault.
SHORT = (0.25, 1.0, 4.0, 16.0)
FAULTS: dict[str, Fault] = {
    "slow": faults.slow(0.01),
    "too slow": faults.slow(5),
    "hang": faults.hang(),
    "reset": faults.reset(),
    "401": faults.status(401),
    "403": faults.status(403),
    "404": faults.status(404),
    "409": faults.status(409),
    "429": faults.status(429),
    "429 for seconds": faults.status(429, retry_after=7),
    "429 until a date": faults.status(429, date_in=9),
    "429 for an hour": faults.status(429, retry_after=3600),
    "500": faults.status(500),
    "502": faults.status(502),
    "503": faults.status(503),
    "html": faults.html(),
    "empty": faults.empty(),
    "truncated": faults.truncated(),
    "wrong types": faults.wrong_types(),
    "huge": faults.huge(),
    "redirect": faults.redirect(ELSEWHERE),
    "stale": faults.stale(),
    "hidden": faults.hidden(),
    "clock ahead": faults.clock(600),
    "clock behind": faults.clock(-600),
}
PAGE = re.compile(r"(?<=[?&]page=)(\d+)")
TIMED = ("too slow", "hang")


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True, order=True)
class Place:
    """A request that is made: method, path, and what tells it from others of the same path."""

    method: str
    path: str
    target: str
    body: str = ""

    @classmethod
    def of(cls, request: Request) -> Place:
        return cls(request.method, request.path, request.target, request.body.decode())

    @property
    def pattern(self) -> str:
        text = f"{self.target} {self.body}" if self.body else self.target
        return f"^{re.escape(text)}$" if text else "."

    def __str__(self) -> str:
        return f"{self.method} {self.target}" + (f" {self.body[:100]}" if self.body else "")


EVERYWHERE = Place("", "", "")


@dataclass(frozen=True)
class Told:
    """What came of a run: its exit code, the controls as JSON tells them, all that was printed."""

    ended: Ended
    controls: Mapping[str, dict[str, Any]]
    struck: int = 0
    asked: tuple[Place, ...] = ()
    clock: Clock = field(default_factory=Clock)
    leaks: frozenset[str] = frozenset()
    facts: Facts | None = None
    changed: bool = True
    at: str = ""

    @property
    def code(self) -> int:
        return self.ended.code

    @property
    def missed(self) -> dict[str, dict[str, Any]]:
        """The controls that did not pass."""
        fine = {"pass", "not-applicable"}
        return {name: one for name, one in self.controls.items() if one["outcome"] not in fine}


def sparse(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Of the pages of one list the first three and the last: those between are like the third."""
    pages: dict[str, list[tuple[int, Place]]] = {}
    for place in places:
        number = PAGE.search(place.target)
        if number is not None:
            pages.setdefault(PAGE.sub("", place.target), []).append((int(number[1]), place))
    spared = {place for found in pages.values() for _, place in sorted(found)[3:-1]}
    return tuple(place for place in places if place not in spared)


class Crossing:
    """A site's job, run again and again, each time with another fault somewhere."""

    def __init__(self, job: Strict) -> None:
        self.job = job
        self.simulator: Simulator = job.site.simulator(job.world)
        job.keep()
        self.canaries = job.canaries()
        self.good = self.run()
        assert self.good.code == 0, said(self.good.ended)
        self.places = sparse(self.good.asked)
        self.at = datetime.fromisoformat(self.good.at)

    def judge(
        self, fault: str, place: Place, is_well: Callable[[Told], bool], command: str
    ) -> Told:
        """Judge once, with a fault of ``FAULTS`` at a place.

        Where real time must pass, again with more of it, until it ``is_well``: on a busy machine
        the time may be spent before the fault is met. What was allowed, or told a secret, stands.
        """
        faulty = (FAULTS[fault], place)
        if fault not in TIMED:
            return self.run(faulty, command=command)
        for seconds in SHORT:
            told = self.run(faulty, command=command, seconds=seconds)
            if told.code == 0 or told.leaks or is_well(told):
                break
        return told

    def run(
        self,
        *faulty: tuple[Fault, Place],
        form: str = "json",
        command: str = "enforce",
        seconds: float = 0,
    ) -> Told:
        """Judge once, with each fault at its request; in real ``seconds``, or virtual time."""
        clock = Clock()
        budget = (
            (lambda _: Budget(timedelta(seconds=seconds)))
            if seconds
            else partial(Budget, monotonic=clock.monotonic, sleep=clock.sleep)
        )
        for fault, place in faulty:
            self.simulator.fault(place.pattern, fault)
        struck = 0
        plain = self.simulator.strike

        def strike(target: str, body: bytes = b"") -> list[Fault]:
            nonlocal struck
            due = plain(target, body)
            struck += bool(due)
            return due

        with (
            echoing(self.simulator) as heard,
            mock.patch.object(self.simulator, "strike", strike),
            mock.patch.object(gate.http, "Budget", budget),
            gathering() as gathered,
        ):
            try:
                receipt = ("--receipt", str(self.job.home / "receipt"))
                ended = self.job.ask(
                    *(command, "--format", form, "--verbose"),
                    *(receipt if command == "enforce" else ()),
                )
            finally:
                self.simulator.heal()
        controls, at = {}, ""
        if form == "json" and ended.out.startswith("{"):
            answer = json.loads(ended.out)
            controls, at = {each["id"]: each for each in answer["controls"]}, answer["at"]
        written = self.job.written() if command != "check" else {}  # which writes nothing
        leaks = self.canaries.heard_in(written, ended)
        self.job.restore(written)
        asked = tuple(sorted(heard))
        facts = replace(gathered[-1], clocks=()) if gathered else None
        changed = struck > 0 and (len(heard.same) < struck)
        return Told(ended, controls, struck, asked, clock, leaks, facts, changed, at)


class Heard(set[Place]):
    """What was asked; ``same`` has one item for each fault that changed nothing of its reply."""

    def __init__(self) -> None:
        super().__init__()
        self.same: list[bool] = []


def content(reply: Reply) -> tuple[Any, ...]:
    return reply.status, reply.body, reply.headers


@contextmanager
def gathering() -> Iterator[list[Facts]]:
    """The facts of each gathering, as they come."""
    found: list[Facts] = []
    plain = gate.facts.gather

    def gather(*arguments: Any) -> Gathered:
        gathered = plain(*arguments)
        found.append(gathered.facts)
        return gathered

    with mock.patch.object(gate.deploy, "gather", gather):
        yield found


@contextmanager
def echoing(simulator: Simulator) -> Iterator[Heard]:
    """While inside, a reply that a fault strikes tells the credentials back; what was asked."""
    plain = simulator.answer
    heard = Heard()

    def answer(request: Request, due: list[Fault]) -> Reply:
        reply = plain(request, due)
        heard.add(Place.of(request))
        if not due:
            return reply
        if any(fault.kind in {"stale", "hidden"} for fault in due):
            heard.same += [True] * (content(reply) == content(simulator._handled(request)))
            return reply
        return echo(reply, request.headers.get("authorization", ""))

    with mock.patch.object(simulator, "answer", answer):
        yield heard


def echo(reply: Reply, secret: str) -> Reply:
    """A reply to a request that failed, with the secret in whatever can hold it."""
    headers = {**reply.headers, "X-Echo": secret, "WWW-Authenticate": f'Basic realm="{secret}"'}
    headers["Set-Cookie"] = f"session={secret}"
    body = reply.body
    if reply.status >= 400 and isinstance(body, dict):
        body = {**body, "message": secret, "error": {"message": secret, "detail": secret}}
        body |= {"errorMessages": [secret], "errors": [{"message": secret}]}
    elif isinstance(body, bytes):
        body += f"<!-- {secret} -->".encode()
    if reply.status == 302:
        headers["Location"] = f"{headers['Location']}&token={secret}"
    return replace(reply, headers=headers, body=body)
