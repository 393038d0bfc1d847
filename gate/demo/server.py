"""A small HTTP/1.1 server on loopback for simulators: keep-alive, a request log, faults, a clock.

A simulator subclasses ``Simulator`` and answers ``Request`` with ``Reply``; everything about
sockets, threads and faults is here. The server listens on 127.0.0.1 only. ``stop`` ends every
connection and thread before it returns.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from gate.demo import faults
from gate.demo.connection import LoopbackServer
from gate.demo.faults import Fault, Kind
from gate.demo.wire import Logged, Reply, Request


@dataclass(slots=True)
class _Trap:
    pattern: re.Pattern[str]
    fault: Fault
    left: int | None


class Simulator:
    """A stateful stand-in for one service. Start it, tell it what happened, point a client at it.

    ``latency`` (seconds) delays every reply; ``clock_offset`` moves the Date header against
    ``clock``, which tells the present. All methods may be called from any thread.
    """

    name = "service"

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] | None = None) -> None:
        self.port = port
        self.latency = 0.0
        self.clock: Callable[[], datetime] = clock or _utc_now
        self.clock_offset = timedelta(0)
        self.lock = threading.RLock()
        self._server: LoopbackServer | None = None
        self._log: list[Logged] = []
        self._events = 0
        self._traps: list[_Trap] = []
        self._given: dict[str, Reply] = {}
        self.stopping = threading.Event()
        self.bugs: list[str] = []

    # ---------------------------------------------------------------- life

    def start(self) -> str:
        """Listen, and return the base URL (no trailing slash)."""
        if self._server is None:
            self.stopping.clear()
            self._server = LoopbackServer(self, self.port)
            self.port = self._server.port
        return self.url

    def stop(self) -> None:
        """End every connection and thread. Harmless if not started."""
        self.stopping.set()
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if self.bugs and error is None:
            raise RuntimeError(f"the {self.name} simulator failed:\n{self.bugs[0]}")

    @property
    def url(self) -> str:
        """The base URL, ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    # ---------------------------------------------------------------- faults

    def fault(self, path: str, fault: Fault | Kind, times: int | None = None) -> None:
        """Show ``fault`` on requests whose target matches the regular expression ``path``.

        The target is path and query as sent, followed by a space and the body where there is one:
        that tells GraphQL queries apart. ``times`` is how often, None for always. Of several that
        match, all strike, and the first that replaces the answer decides it.
        """
        made = fault if isinstance(fault, Fault) else faults.plain(fault)
        with self.lock:
            self._traps.append(_Trap(re.compile(path), made, times))

    def heal(self) -> None:
        """Take all faults away."""
        with self.lock:
            self._traps.clear()

    def strike(self, target: str, body: bytes = b"") -> list[Fault]:
        """The faults due for one request, each counted as shown."""
        said = {target, f"{target} {body.decode(errors='replace')}" if body else target}
        with self.lock:
            due = [
                trap
                for trap in self._traps
                if trap.left != 0 and any(trap.pattern.search(text) for text in said)
            ]
            for trap in due:
                if trap.left is not None:
                    trap.left -= 1
            return [trap.fault for trap in due]

    # ---------------------------------------------------------------- log

    @property
    def requests(self) -> tuple[Logged, ...]:
        """Every finished request, in the order they began."""
        with self.lock:
            return tuple(sorted(self._log, key=lambda logged: logged.began))

    def forget_requests(self) -> None:
        """Empty the request log."""
        with self.lock:
            self._log.clear()

    def longest_chain(self) -> int:
        """The most requests that followed one another, each begun after the one before it ended.

        Without ``latency`` requests sent side by side may well be answered one by one, so that this
        counts too many: set some tens of milliseconds first.
        """
        depth: list[tuple[Logged, int]] = []
        for request in self.requests:
            before = [length for earlier, length in depth if earlier.ended < request.began]
            depth.append((request, 1 + max(before, default=0)))
        return max((length for _, length in depth), default=0)

    def tick(self) -> int:
        """The number of the next event of this server."""
        with self.lock:
            self._events += 1
            return self._events

    def note(self, request: Request, status: int, began: int) -> None:
        """Enter a request into the log."""
        with self.lock:
            self._log.append(
                Logged(
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    status=status,
                    began=began,
                    ended=self.tick(),
                    authorised="authorization" in request.headers,
                    agent=request.headers.get("user-agent", ""),
                )
            )

    # ---------------------------------------------------------------- answering

    def now(self) -> datetime:
        """What the service believes the time to be."""
        return self.clock() + self.clock_offset

    def http_date(self, ahead: float = 0.0) -> str:
        """The service's time as an HTTP date (RFC 9110 5.6.7), ``ahead`` seconds from now."""
        return format_datetime(self.now() + timedelta(seconds=ahead), usegmt=True)

    def answer(self, request: Request, due: list[Fault]) -> Reply:
        """The reply to a request, spoiled by the faults that change replies."""
        for fault in due:
            if fault.kind in {"status", "html", "empty", "redirect", "replace"}:
                return self._spoiled(fault)
        with self.lock:
            before = self._given.get(request.path)
            reply = self._handled(request)
            if any(fault.kind == "stale" for fault in due):
                return before or reply
            self._given[request.path] = reply
        for fault in due:
            if fault.kind == "wrong_types":
                reply = Reply(faults.with_wrong_types(reply.body), reply.status, reply.headers)
            elif fault.kind == "hidden":
                reply = Reply(faults.with_hidden_rows(reply.body), reply.status, reply.headers)
        return reply

    def _handled(self, request: Request) -> Reply:
        try:
            return self.handle(request)
        except Exception:  # noqa: BLE001 - whatever it is, the test that caused it must hear of it
            self.bugs.append(traceback.format_exc())
            return Reply({"message": "the simulator has a bug", "trace": self.bugs[-1]}, 500)

    def _spoiled(self, fault: Fault) -> Reply:
        match fault.kind:
            case "status":
                return self._error(fault)
            case "html":
                page = b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>"
                return Reply(page, content_type="text/html;charset=UTF-8")
            case "redirect":
                return Reply(status=302, headers={"Location": fault.target})
            case "replace":
                return Reply(fault.body)
            case _:
                return Reply()

    def _error(self, fault: Fault) -> Reply:
        reply = self.error(fault.code)
        wait = fault.retry_after
        if not wait:
            return reply
        if wait.startswith("date:"):
            wait = self.http_date(float(wait.removeprefix("date:")))
        return Reply(
            reply.body, reply.status, {**reply.headers, "Retry-After": wait}, reply.content_type
        )

    def handle(self, request: Request) -> Reply:
        """Answer one request; called under the lock. For subclasses."""
        raise NotImplementedError

    def error(self, status: int) -> Reply:
        """An error reply in the service's own shape. For subclasses."""
        return Reply({"message": f"error {status}"}, status)


def _utc_now() -> datetime:
    return datetime.now(UTC)
