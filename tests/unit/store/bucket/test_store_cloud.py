"""What an engine's answers become: certain, doubtful, refused; and where a log may lie at all."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from buckets import MemoryBucket
from faults.pipelines import LOG_KEY

from gate.errors import UsageError
from gate.log.reading.reader import log_reader
from gate.store.bucket.careful import ATTEMPTS, Careful
from gate.store.bucket.engine import DoubtError, TakenError
from gate.store.bucket.open import open_object
from gate.store.bucket.store import ObjectStore
from gate.store.contract import StoreError, Surroundings
from gate.store.open import open_store

pytest.importorskip("obstore")

from obstore.store import S3Store  # only where it is installed

from gate.store.bucket.cloud import ObstoreBucket

READER = log_reader([LOG_KEY.verifier])
LISTING = b"""<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix/><KeyCount>0</KeyCount>
<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"""


class Engine:
    """Answers every request with one status; 0 never answers."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.requests: list[tuple[str, str, Mapping[str, str]]] = []
        self.done = threading.Event()
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                engine.requests.append((self.command, self.path, dict(self.headers)))
                if not engine.status:
                    engine.done.wait(30)
                    return
                self.send_response(engine.status)
                self.send_header("etag", '"x"')
                self.send_header("last-modified", "Tue, 03 Mar 2026 10:00:00 GMT")
                self.send_header("content-length", str(len(engine.body)))
                self.end_headers()
                self.wfile.write(engine.body)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def bucket(self) -> ObstoreBucket:
        store = S3Store(
            "b",
            config={"endpoint": self.endpoint, "access_key_id": "k", "secret_access_key": "hush"},
            client_options={"allow_http": True, "timeout": "300ms"},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)},
        )
        return ObstoreBucket(store, "some/log/", "s3://b/some/log")


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.done.set()
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


CALLS: Mapping[str, Any] = {
    "get": lambda bucket: bucket.get("k"),
    "create": lambda bucket: bucket.create("k", b"x"),
    "put": lambda bucket: bucket.put("k", b"x"),
    "list": lambda bucket: list(bucket.keys("")),
}
DOUBTFUL = (408, 429, 500, 502, 503, 504, 0)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", DOUBTFUL)
def test_no_answer_or_one_that_tells_nothing_is_a_doubt(
    engine: Engine, call: str, status: int
) -> None:
    engine.status = status
    with pytest.raises(DoubtError, match="s3://b/some/log"):
        CALLS[call](engine.bucket())
    assert len(engine.requests) == 1  # the library tries nothing again


@pytest.mark.parametrize("status", [409, 412])
def test_a_create_that_meets_a_conflict_is_taken_as_far_as_is_known(
    engine: Engine, status: int
) -> None:
    engine.status = status
    with pytest.raises(TakenError):
        engine.bucket().create("k", b"x")
    ((_, path, headers),) = engine.requests
    assert path == "/b/some/log/k"
    assert {name.lower(): value for name, value in headers.items()}["if-none-match"] == "*"


def test_a_write_carries_the_checksum_that_buckets_with_object_lock_demand(engine: Engine) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "hush"}
    store = open_object("s3://bucket/log", around(environ, endpoint=engine.endpoint))
    store.offer(b"entry")
    ((_, _, headers),) = engine.requests
    checksum = base64.b64encode(sha256(b"entry").digest()).decode()
    assert {name.lower(): value for name, value in headers.items()}[
        "x-amz-checksum-sha256"
    ] == checksum


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_final(engine: Engine, call: str, status: int) -> None:
    engine.status = status
    with pytest.raises(StoreError) as caught:
        CALLS[call](engine.bucket())
    assert type(caught.value) is StoreError
    assert caught.value.remedy
    assert "hush" not in caught.value.message


def test_only_a_get_finds_nothing_the_rest_finds_no_bucket(engine: Engine) -> None:
    engine.status = 404
    bucket = engine.bucket()
    assert bucket.get("k") is None
    for call in ("create", "put", "list"):
        with pytest.raises(StoreError) as caught:
            CALLS[call](bucket)
        assert not isinstance(caught.value, DoubtError)
    with pytest.raises(StoreError, match="cannot list commits/"):
        ObjectStore(bucket, READER, pause=lambda _: None).head()


def test_what_an_engine_says_is_shown_on_one_line_without_queries(engine: Engine) -> None:
    engine.status, engine.body = 403, b"<Error>\x1b[2J\nno " + b"x" * 2000 + b"</Error>"
    with pytest.raises(StoreError) as caught:
        list(engine.bucket().keys("some/"))
    assert "prefix=" not in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 500


def test_an_unreachable_engine_is_a_doubt() -> None:
    engine = Engine()
    bucket = engine.bucket()
    engine.server.shutdown()
    engine.thread.join()
    engine.server.server_close()
    with pytest.raises(DoubtError):
        bucket.get("k")


def test_calls_side_by_side_all_end_before_an_error_is_raised(engine: Engine) -> None:
    ended = []

    def fail() -> None:
        raise DoubtError("first")

    def work() -> None:
        ended.append(1)

    with pytest.raises(DoubtError, match="first"):
        engine.bucket().together([fail, work, work])
    assert len(ended) == 2
    assert engine.bucket().together([partial(int, n) for n in range(50)]) == list(range(50))


# ---------------------------------------------------------------- doubts cleared up


class Failing(MemoryBucket):
    """Fails the first requests of a kind."""

    def __init__(self, kind: str, times: int, error: type[StoreError] = DoubtError) -> None:
        super().__init__()
        self._kind, self._left, self._error = kind, times, error

    def _fail(self, kind: str) -> None:
        if kind == self._kind and self._left:
            self._left -= 1
            raise self._error(kind)

    def get(self, key: str) -> bytes | None:
        self._fail("get")
        return super().get(key)

    def create(self, key: str, data: bytes) -> None:
        self._fail("create")
        super().create(key, data)

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        for key in super().keys(folder, after):
            yield key
            self._fail("list")


def test_pauses_grow_are_spread_and_end() -> None:
    pauses: list[float] = []
    careful = Careful(Failing("get", ATTEMPTS), pauses.append)
    with pytest.raises(DoubtError):
        careful.get("k")
    assert len(pauses) == ATTEMPTS - 1
    for attempt, pause in enumerate(pauses, 1):
        assert min(2, 0.1 * 2**attempt) / 2 <= pause <= min(2, 0.1 * 2**attempt)
    assert Careful(Failing("get", ATTEMPTS - 1), pauses.append).get("k") is None


def test_a_listing_goes_on_where_it_broke_off() -> None:
    bucket = Failing("list", 3)
    keys = [f"a/{n}" for n in range(8)]
    bucket.objects = dict.fromkeys(keys, b"")
    assert list(Careful(bucket, lambda _: None).keys("a/")) == keys


@pytest.mark.parametrize("error", [DoubtError, TakenError])
def test_a_create_that_stays_unclear_is_not_known_to_be_recorded(error: type[StoreError]) -> None:
    careful = Careful(Failing("create", ATTEMPTS, error), lambda _: None)
    with pytest.raises(StoreError, match="not known to be recorded"):
        careful.create("k", b"x")
    assert Careful(Failing("create", ATTEMPTS - 1, error), lambda _: None).create("k", b"x")


def test_a_create_is_ours_by_its_bytes() -> None:
    careful = Careful(MemoryBucket(), lambda _: None)
    assert careful.create("k", b"x")
    assert careful.create("k", b"x")
    assert not careful.create("k", b"y")
    assert careful.get("k") == b"x"


# ---------------------------------------------------------------- where a log may lie


def around(environ: Mapping[str, str] | None = None, **changes: str) -> Surroundings:
    return Surroundings(Path("/nowhere"), READER, environ or {}, **changes)


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/a/b-c.d", "gs://bucket/log"])
def test_a_bucket_is_opened_without_a_request(url: str) -> None:
    store = open_store(url, around(region="eu-central-1"))
    assert isinstance(store, ObjectStore)
    assert store.url == url


def test_azure_needs_its_endpoint() -> None:
    with pytest.raises(UsageError, match="needs the account's endpoint"):
        open_store("az://container/log", around())


@pytest.mark.parametrize(
    "url",
    [
        *("s3://", "s3:bucket/log", "s3://b", "s3://Bucket/log", "s3://bucket/", "s3://bucket//a"),
        *("s3://bucket/../a", "s3://bucket/./a", "s3://user@bucket/log", "s3://bucket/a?b=c"),
        *("s3://bucket/a b", "s3://bucket/a#b", "s3://bucket/é", "s3://bucket/a\n", "s3s://bucket"),
    ],
)
def test_what_names_no_place_in_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        open_object(url, around())


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("http://store.example", "plain http"),
        ("http://127.0.0.1.example:9000", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("https://user:password@store.example", "no URL"),
        ("https://store.example/?x=y", "no URL"),
        ("ftp://store.example", "no URL"),
        ("store.example", "no URL"),
        ("https://", "no URL"),
        ("http://[::1", "no URL"),
    ],
)
def test_plain_http_and_what_is_no_endpoint_are_refused(endpoint: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_object("s3://bucket/log", around(endpoint=endpoint))


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost", "https://x.y/s3"]
)
def test_https_and_loopback_are_endpoints(endpoint: str) -> None:
    open_object("s3://bucket/log", around(endpoint=endpoint))


@pytest.mark.parametrize(
    ("scheme", "name"),
    [
        ("s3", "AWS_ENDPOINT"),
        ("s3", "AWS_ENDPOINT_URL"),
        ("s3", "AWS_ENDPOINT_URL_S3"),
        ("gs", "GOOGLE_BASE_URL"),
        ("az", "AZURE_STORAGE_ENDPOINT"),
        ("az", "AZURE_STORAGE_USE_EMULATOR"),
    ],
)
@pytest.mark.parametrize("configured", ["", "https://right.example"])
def test_the_environment_does_not_say_where_the_log_lies(
    scheme: str, name: str, configured: str
) -> None:
    environ = {name: "https://elsewhere.example"}
    with pytest.raises(UsageError, match=f"{name} in the environment names another place"):
        open_object(f"{scheme}://bucket/log", around(environ, endpoint=configured))


@pytest.mark.parametrize(
    ("scheme", "name"),
    [("s3", "AWS_Endpoint_Url"), ("gs", "GOOGLE_base_url"), ("az", "AZURE_storage_use_emulator")],
)
def test_nor_do_names_that_only_the_library_takes_for_the_same(scheme: str, name: str) -> None:
    environ = {name: "https://elsewhere.example"}
    with pytest.raises(UsageError, match=f"{name} in the environment names another place"):
        open_object(f"{scheme}://bucket/log", around(environ))


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_Region"])
def test_a_region_in_the_environment_is_no_part_of_another_host(name: str) -> None:
    open_object("s3://bucket/log", around({name: "eu-west-1"}))
    with pytest.raises(UsageError, match=f"{name} in the environment is no region"):
        open_object("s3://bucket/log", around({name: "elsewhere.example/#"}))


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_no_proxy_carries_plain_http_away(name: str) -> None:
    endpoint = "http://127.0.0.1:9000"
    environ = {name: "http://elsewhere.example"}
    with pytest.raises(UsageError, match=f"{name} in the environment would carry plain http away"):
        open_object("s3://bucket/log", around(environ, endpoint=endpoint))
    open_object("s3://bucket/log", around({**environ, "NO_PROXY": "127.0.0.1"}, endpoint=endpoint))
    open_object("s3://bucket/log", around(environ, endpoint="https://right.example"))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_does_not_say_whom_to_believe(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} in the environment says whom to believe"):
        open_object("s3://bucket/log", around({name: "mine.pem"}))


def test_a_service_accounts_key_does_not_say_where_the_log_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = '{"gcs_base_url":"https://elsewhere.example","disable_oauth":true,'
    key += '"client_email":"","private_key":"","private_key_id":""}'
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", key)
    store = open_object("gs://bucket/log", around())
    engine = store._raw._store  # type: ignore[attr-defined]  # what the library was told
    assert engine.config["base_url"] == "https://storage.googleapis.com"


def test_an_endpoint_in_the_environment_that_is_the_configured_one_is_fine() -> None:
    environ = {"AWS_ENDPOINT_URL": "https://right.example/"}
    open_object("s3://bucket/log", around(environ, endpoint="https://right.example"))


def test_a_ca_that_cannot_be_read_is_named() -> None:
    with pytest.raises(UsageError, match=r"the CA bundle /nowhere/ca\.pem cannot be read"):
        open_object("s3://bucket/log", around(ca="ca.pem"))


def test_without_the_library_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "gate.store.bucket.cloud")
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError) as caught:
        open_object("s3://bucket/log", around())
    assert caught.value.remedy == 'pip install "change-gate[object]"'
