"""A git remote over HTTP: the token, lost replies, and how much goes over the wire."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from contract.store import small_log
from engines import git_http
from engines.git_http import Fault, GitServer
from faults.git_logs import READER, add, commits_of, entries_of, new_log, open_at
from faults.git_wrapper import GitWrapper
from faults.pipelines import LOG_KEY, TRUST, filler

from gate.errors import UsageError
from gate.log.reading.view import LogView
from gate.log.writing.plan import plan_append
from gate.store.contract import StoreError, Surroundings
from gate.store.git.store import GitStore, open_git
from gate.tlog.tile import right_edge

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not git_http.available(), reason="needs git-http-backend"
)

TOKEN = "glpat-T0ken/with+odd=characters"
ONE, NEW, NEXT = filler(3)
PUSH = "git-receive-pack"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    serving = GitServer(tmp_path, credentials=f"x-access-token:{TOKEN}")
    yield serving
    serving.close()


@pytest.fixture
def url(server: GitServer, tmp_path: Path) -> str:
    file = new_log(tmp_path)
    add(open_at(file, tmp_path), ONE)
    return f"git+{server.url}/log.git#log"


def job(url: str, tmp_path: Path, *, path: str = "", timeout: float = 60) -> GitStore:
    return open_at(url, tmp_path, path=path, timeout=timeout, GATE_LOG_TOKEN=TOKEN)


def held(tmp_path: Path) -> list[bytes]:
    return entries_of(f"git+file://{tmp_path}/log.git#log", tmp_path)


def once(
    kind: Fault, method: str, part: str, then: Callable[[], object] | None = None
) -> Callable[[str, str], Fault]:
    """A fault of the first request of this kind; ``then`` comes with the request after it."""
    seen: list[str] = []

    def fault(asked: str, path: str) -> Fault:
        if not seen and asked == method and part in path:
            seen.append(path)
            return kind
        if len(seen) == 1 and then is not None:
            seen.append(path)
            then()
        return ""

    return fault


# ---------------------------------------------------------------- the token


def test_the_token_is_in_no_argument_no_file_and_no_message(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    wrapper = GitWrapper(tmp_path / "wrapper")
    store = job(url, tmp_path, path=wrapper.path)
    add(store, NEW)
    told = wrapper.told()
    assert "remote-http" in told  # the arguments of what git starts are there, too
    files = [path.read_bytes() for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
    assert files
    assert not [data for data in (told.encode(), *files) if TOKEN.encode() in data]
    server.credentials = "x-access-token:another"
    with pytest.raises(StoreError, match="does not accept the credentials") as caught:
        store.head()
    assert "GATE_LOG_TOKEN" in caught.value.remedy
    assert TOKEN not in f"{caught.value.message} {caught.value.remedy} {caught.value!r} {store!r}"


def test_the_token_may_come_from_a_file_and_the_user_name_be_another(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    server.credentials = f"ci-bot:{TOKEN}"
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    file = str(tmp_path / "token")
    add(open_at(url, tmp_path, GATE_LOG_TOKEN_FILE=file, GATE_LOG_USER="ci-bot"), NEW)
    assert held(tmp_path) == [ONE, NEW]


def test_without_a_token_it_says_where_to_put_one(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not accept") as caught:
        open_at(url, tmp_path).head()
    assert "GATE_LOG_TOKEN" in caught.value.remedy


def test_the_token_follows_no_redirect(server: GitServer, url: str, tmp_path: Path) -> None:
    server.fault = lambda _method, _path: "moved"
    with pytest.raises(StoreError, match="moved to another address"):
        job(url, tmp_path).head()
    assert not [path for _, path in server.requests if "elsewhere" in path]


def test_a_token_that_only_reads_is_told_from_a_lost_race(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    server.fault = lambda _method, path: "forbid" if PUSH in path else ""
    with pytest.raises(StoreError, match="credentials"):
        add(job(url, tmp_path), NEW)
    assert held(tmp_path) == [ONE]


# ---------------------------------------------------------------- replies


def test_a_push_that_was_done_and_whose_reply_was_lost_is_won(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    server.fault = once("drop", "POST", PUSH)
    store = job(url, tmp_path)
    head = store.head()
    view = LogView(store, TRUST)
    assert store.commit(head, plan_append(view, [NEW], LOG_KEY))
    assert held(tmp_path) == [ONE, NEW]
    assert commits_of(tmp_path / "log.git") == 3


def test_a_push_whose_reply_was_lost_is_won_though_another_built_upon_it(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    other = open_at(f"git+file://{tmp_path}/log.git#log", tmp_path)
    server.fault = once("drop", "POST", PUSH, lambda: add(other, NEXT))
    store = job(url, tmp_path)
    head = store.head()
    view = LogView(store, TRUST)
    assert store.commit(head, plan_append(view, [NEW], LOG_KEY))
    assert held(tmp_path) == [ONE, NEW, NEXT]


def test_a_push_that_was_not_done_is_tried_again(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    server.fault = once("fail", "POST", PUSH)
    add(job(url, tmp_path), NEW)
    assert held(tmp_path) == [ONE, NEW]


def test_a_remote_that_takes_no_push_ends_not_recorded_after_some_tries(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    server.fault = lambda method, path: "fail" if method == "POST" and PUSH in path else ""
    with pytest.raises(StoreError, match="cannot write"):
        add(job(url, tmp_path), NEW)
    pushes = [path for method, path in server.requests if method == "POST" and PUSH in path]
    assert 2 <= len(pushes) <= 10
    assert held(tmp_path) == [ONE]


@pytest.mark.parametrize("kind", ["fail", "drop"])
def test_a_fetch_that_fails_is_no_empty_log(
    server: GitServer, url: str, tmp_path: Path, kind: Fault
) -> None:
    server.fault = lambda _method, _path: kind
    with pytest.raises(StoreError, match="cannot read"):
        job(url, tmp_path).head()


def test_a_remote_that_hangs_is_given_up(server: GitServer, url: str, tmp_path: Path) -> None:
    server.fault = lambda _method, _path: "hang"
    with pytest.raises(StoreError, match="in time"):
        job(url, tmp_path, timeout=1).head()


# ---------------------------------------------------------------- how much


def test_an_append_to_a_long_log_fetches_little_in_few_trips(
    server: GitServer, tmp_path: Path
) -> None:
    git_http.make_repository(tmp_path / "long.git")
    url = f"git+{server.url}/long.git#log"
    around = Surroundings(
        tmp_path,
        small_log.READER,
        {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "GATE_LOG_TOKEN": TOKEN},
    )
    writer = open_git(url, around)
    assert writer.commit(None, small_log.first())
    size = 70_000
    entries = [
        small_log.entry(sha256(b"%d" % n).hexdigest(), ("ticket", f"CHG-{n}")) for n in range(size)
    ]
    for n in range(1000):
        data = b"bundle %d" % n
        writer.put_evidence(sha256(data).hexdigest(), data)
    assert writer.commit(writer.head(), small_log.plan(writer, *entries))
    del writer

    store = open_git(url, around)
    server.sent = server.received = 0
    new = small_log.entry("new", ("ticket", "CHG-5"))
    head = store.head()
    bundle = sha256(new).hexdigest()
    store.put_evidence(bundle, new)
    store.offer(new)
    store.prefetch(right_edge(size))
    assert store.lookup("ticket", "CHG-5", size, 9) == (5,)
    assert store.commit(head, small_log.plan(store, new, head=head))
    assert store.round_trips == 4  # the tip, its trees, what is needed of the files, the push
    assert store.filtered
    assert server.sent < 400_000
    assert server.received < 60_000
    assert open_git(url, around).lookup("ticket", "CHG-5", size + 1, 9) == (size, 5)


def test_lookups_in_a_short_log_take_no_trip_of_their_own(
    server: GitServer, url: str, tmp_path: Path
) -> None:
    store = job(url, tmp_path)
    LogView(store, TRUST)
    trips = store.round_trips
    for n in range(9):
        assert store.lookup("ticket", f"CHG-{n}", 1, 9) == ()
    assert store.round_trips == trips == 3
    assert server.requests


def test_a_whole_log_is_read_in_few_trips(server: GitServer, tmp_path: Path) -> None:
    git_http.make_repository(tmp_path / "long.git")
    url = f"git+{server.url}/long.git#log"
    around = Surroundings(
        tmp_path,
        small_log.READER,
        {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "GATE_LOG_TOKEN": TOKEN},
    )
    writer = open_git(url, around)
    assert writer.commit(None, small_log.first())
    entries = [small_log.entry(str(n), ("ticket", "CHG-1")) for n in range(30_000)]
    assert writer.commit(writer.head(), small_log.plan(writer, *entries))
    for data in (b"one", b"two"):
        writer.put_evidence(sha256(data).hexdigest(), data)
        small_log.append(writer, small_log.entry(data.decode()))
    reader = open_git(url, around)
    names = list(reader.names(""))
    assert small_log.read_entries(reader, 30_000) == entries
    assert sum(1 for _ in reader.rows()) == 2 * 30_000 + 2
    assert all(reader.read(name) is not None for name in names)
    assert reader.round_trips < 20


# ---------------------------------------------------------------- URLs


def test_credentials_in_the_url_are_refused_and_not_repeated(tmp_path: Path) -> None:
    around, secret = Surroundings(tmp_path, READER, {}), "s3cret"
    with pytest.raises(UsageError, match="holds credentials") as caught:
        open_git(f"git+https://user:{secret}@git.example/log.git#log", around)
    assert secret not in f"{caught.value.message}{caught.value.remedy}"
