"""The socket side of a simulator: threads, keep-alive, and the faults that strike on the wire."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from gate.demo.faults import HUGE_BYTES, Fault
from gate.demo.wire import Reply, Request

NO_LINGER = struct.pack("ii", 1, 0)
CHUNK = b"x" * (1 << 16)
NO_BODY = {204, 304}


class Backend(Protocol):
    """What the socket side needs of a simulator."""

    name: str
    latency: float
    stopping: threading.Event

    def tick(self) -> int:
        """The number of the next event."""

    def strike(self, target: str, body: bytes = b"") -> list[Fault]:
        """The faults due for a request, each counted as shown."""

    def answer(self, request: Request, due: list[Fault]) -> Reply:
        """The reply, spoiled by the faults that change replies."""

    def note(self, request: Request, status: int, began: int) -> None:
        """Enter a request into the log."""

    def http_date(self, ahead: float = 0.0) -> str:
        """The Date header."""


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1, one thread a connection, and can end them all at once."""

    daemon_threads = False  # so that server_close joins every handler's thread
    request_queue_size = 128

    def __init__(self, backend: Backend, port: int) -> None:
        self.backend = backend
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.01,), name=f"{backend.name}-simulator"
        )
        self._thread.start()

    def server_bind(self) -> None:
        """Bind without the standard server's reverse name look-up, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then hand it to its thread."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; a bug in the simulator is answered with 500."""

    def close(self) -> None:
        """Stop listening, cut every connection, join every thread."""
        self.shutdown()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, asks the backend, writes replies or worse."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Take every HTTP method: the standard server looks for ``do_`` and its name."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing goes to stderr."""

    def _serve(self) -> None:
        backend = self.server.backend
        began = backend.tick()
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request.of(self.command, self.path, headers, self.rfile.read(length))
        due = backend.strike(request.target, request.body)
        delay = backend.latency + sum(f.seconds for f in due if f.kind == "slow")
        kinds = {fault.kind for fault in due}
        if delay and backend.stopping.wait(delay):
            self.close_connection = True
        elif "hang" in kinds:
            backend.stopping.wait()
            backend.note(request, 0, began)
            self.close_connection = True
        elif "reset" in kinds:
            backend.note(request, 0, began)
            self._reset()
        elif "huge" in kinds:
            backend.note(request, 200, began)
            self._stream_huge()
        else:
            reply = backend.answer(request, due)
            backend.note(request, reply.status, began)
            skew = sum(f.seconds for f in due if f.kind == "clock")
            self._write(reply, skew, whole="truncated" not in kinds)

    def _head(self, reply: Reply, skew: float) -> None:
        self.send_response_only(reply.status)
        self.send_header("Date", self.server.backend.http_date(skew))
        if reply.status not in NO_BODY:
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)

    def _write(self, reply: Reply, skew: float, *, whole: bool) -> None:
        payload = reply.payload()
        self._head(reply, skew)
        if reply.status not in NO_BODY:
            self.send_header("Content-Length", str(len(payload)))
        if not whole:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD" and reply.status not in NO_BODY:
            self.wfile.write(payload if whole else payload[: len(payload) // 2])

    def _stream_huge(self) -> None:
        self.close_connection = True
        self._head(Reply(), 0.0)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b'{"padding":"')
        for _ in range(HUGE_BYTES // len(CHUNK) + 1):
            if self.server.backend.stopping.is_set():
                return
            self.wfile.write(CHUNK)
        self.wfile.write(b'"}')

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.connection.close()
