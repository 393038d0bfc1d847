"""A bucket that hangs: it takes requests and never answers, before or after it did what was asked.

Through the real client library, against an engine on loopback with a proxy before it. What the
writer is told is "not recorded" within the tries and timeouts that it was given, never a guess.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

import pytest
import s3_server
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, filler
from obstore.store import S3Store

from gate.errors import NotRecordedError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.store.bucket.careful import ATTEMPTS
from gate.store.bucket.cloud import ObstoreBucket
from gate.store.bucket.store import ObjectStore

READER = log_reader([LOG_KEY.verifier])
ONE, NEW, NEXT = filler(3, 700)
WAITED_FOR = "300ms"  # for each answer, in the place of the 30 s that a job waits


class HangingProxy:
    """Passes requests on; from the first whose method and path match, it answers no more.

    "before": that request, and all after it, are not passed on; "after": they are.
    """

    def __init__(self, endpoint: str) -> None:
        self.hung = 0
        self._to = urlsplit(endpoint).netloc
        self._at: tuple[str, str, str] | None = None
        self._released = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                proxy.answer(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def hang(self, when: Literal["before", "after"], method: str, part: str) -> None:
        self._at = when, method, part

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        when, method, part = self._at or ("", "", "")
        hangs = self.hung or (when and method in request.command and part in request.path)
        self.hung += bool(hangs)
        if not hangs or when == "after":
            status, headers, data = self._pass_on(request, body)
        if hangs:
            self._released.wait(60)
            request.close_connection = True
            return
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "date"}:
                request.send_header(name, value)
        request.send_header("content-length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _pass_on(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._to, timeout=60)
        try:
            connection.request(request.command, request.path, body, dict(request.headers))
            told = connection.getresponse()
            return told.status, told.getheaders(), told.read()
        finally:
            connection.close()

    def connect(self, bucket: str) -> ObjectStore:
        host, port = self._server.server_address[:2]
        store = S3Store(
            bucket,
            config={
                "endpoint": f"http://{host!s}:{port}",
                "access_key_id": s3_server.KEYS["AWS_ACCESS_KEY_ID"],
                "secret_access_key": s3_server.KEYS["AWS_SECRET_ACCESS_KEY"],
                "region": "us-east-1",
                "conditional_put": "etag",
            },
            client_options={"allow_http": True, "timeout": WAITED_FOR},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=30)},
        )
        raw = ObstoreBucket(store, "some/log/", f"s3://{bucket}/some/log")
        return ObjectStore(raw, READER, pause=lambda _: None)

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def bucket() -> str:
    name = s3_server.new_bucket(s3_server.moto_endpoint())
    store = direct(name)
    init_log(store, ORIGIN, LOG_KEY)
    append(store, TRUST, LOG_KEY, ONE)
    return name


@pytest.fixture
def proxy() -> Iterator[HangingProxy]:
    made = HangingProxy(s3_server.moto_endpoint())
    yield made
    made.close()


def direct(name: str) -> ObjectStore:
    return s3_server.connect(s3_server.moto_endpoint(), name, READER)


def holds(name: str, entries: list[bytes]) -> None:
    """The log holds just these, and gate finds no fault."""
    store = direct(name)
    view = LogView(store, TRUST)
    assert [view.entry(index) for index in range(view.size)] == entries
    assert verify_log(store, TRUST).faults == ()


@pytest.mark.parametrize(
    ("when", "method", "part", "done"),
    [
        ("before", "", "", False),  # from the very first request
        ("before", "GET", "/index/head", False),
        ("before", "PUT", "/commits/", False),
        ("after", "PUT", "/pending/", False),
        ("after", "PUT", "/commits/", True),
    ],
)
def test_a_bucket_that_hangs_ends_not_recorded_and_says_what_to_do(
    bucket: str,
    proxy: HangingProxy,
    when: Literal["before", "after"],
    method: str,
    part: str,
    *,
    done: bool,
) -> None:
    proxy.hang(when, method, part)
    with pytest.raises(NotRecordedError) as caught:
        append(proxy.connect(bucket), TRUST, LOG_KEY, NEW)
    assert caught.value.exit_code == 12
    assert "run again" in caught.value.remedy
    assert f"s3://{bucket}/some/log" in caught.value.message
    assert 0 < proxy.hung <= 4 * ATTEMPTS
    assert LogView(direct(bucket), TRUST).size == 1 + done
    append(direct(bucket), TRUST, LOG_KEY, NEXT)
    append(direct(bucket), TRUST, LOG_KEY, NEW)  # run again, as it said
    holds(bucket, [ONE, NEW, NEXT] if done else [ONE, NEXT, NEW])


def test_what_is_known_to_be_committed_is_acknowledged_though_the_bucket_hangs_then(
    bucket: str, proxy: HangingProxy
) -> None:
    proxy.hang("before", "PUT", "/tile/")
    appended = append(proxy.connect(bucket), TRUST, LOG_KEY, NEW)
    assert (appended.index, appended.entry, proxy.hung > 0) == (1, NEW, True)
    append(direct(bucket), TRUST, LOG_KEY, NEXT)  # which publishes it
    holds(bucket, [ONE, NEW, NEXT])
