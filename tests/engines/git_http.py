"""A git remote over smart HTTP on this machine: git's own ``http-backend`` behind a small server.

It counts bytes and requests, may ask for HTTP Basic credentials, and can be told to misbehave.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

Fault: TypeAlias = Literal["", "drop", "fail", "hang", "forbid", "moved"]
"""After the backend ran, close without a reply; answer 503; never answer; 403; 301 elsewhere."""

_EXEC_PATH = subprocess.run(
    ["git", "--exec-path"], capture_output=True, text=True, check=True
).stdout.strip()
BACKEND = Path(_EXEC_PATH) / "git-http-backend"


def available() -> bool:
    """Whether git here has its HTTP backend."""
    return BACKEND.is_file()


def make_repository(path: Path, *, filters: bool = True) -> Path:
    """A bare repository at ``path`` that takes pushes; ``filters``: partial clones, too."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    for name, value in (
        ("http.receivepack", "true"),
        ("uploadpack.allowFilter", str(filters).lower()),
        ("receive.denyNonFastForwards", "true"),
        ("receive.denyDeletes", "true"),
        ("gc.auto", "0"),
    ):
        subprocess.run(["git", "-C", str(path), "config", name, value], check=True)
    return path


@dataclass
class GitServer:
    """Serves the repositories below ``root``; ``credentials`` is "user:token" or "" for anybody."""

    root: Path
    credentials: str = ""
    fault: Callable[[str, str], Fault] = lambda _method, _path: ""
    received: int = 0
    sent: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one segment

            def do_GET(self) -> None:
                server.answer(self)

            do_POST = do_GET  # noqa: N815  # the base class's name

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128  # many writers come at once

            def handle_error(self, request: Any, client_address: Any) -> None:
                if not isinstance(sys.exception(), ConnectionError):  # of a client that was killed
                    super().handle_error(request, client_address)

        self._http = Server(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        """Stop."""
        self.released.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request by way of the backend."""
        body = _body(request)
        with self._lock:
            self.requests.append((request.command, request.path))
            self.received += len(body)
        if self.credentials and not self._let_in(request):
            _reply(request, 401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        fault = self.fault(request.command, request.path)
        if fault == "hang":
            self.released.wait()
        if fault in {"fail", "forbid"}:
            _reply(request, 503 if fault == "fail" else 403, [], b"not now\n")
            return
        if fault == "moved":
            _reply(request, 301, [("Location", f"{self.url}/elsewhere{request.path}")], b"")
            return
        status, headers, data = self._run(request, body)
        if fault:
            request.close_connection = True
            return
        with self._lock:
            self.sent += len(data)
        _reply(request, status, headers, data)

    def _let_in(self, request: BaseHTTPRequestHandler) -> bool:
        wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
        return request.headers.get("Authorization") == wanted

    def _run(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        parts = urlsplit(request.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": request.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": self.credentials.partition(":")[0],
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            [str(BACKEND)], input=body, stdout=subprocess.PIPE, env=environment, check=False
        )
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        return status, headers, data


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", "0")))
    found = b""
    while size := int(request.rfile.readline().split(b";")[0], 16):
        found += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return found


def _reply(
    request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], data: bytes
) -> None:
    request.send_response(status)
    for name, value in headers:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
    request.wfile.flush()
