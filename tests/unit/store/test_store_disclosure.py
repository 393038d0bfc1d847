from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from buckets import MemoryBucket
from s3_server import KEYS, client, moto_endpoint, new_bucket

from gate.errors import UsageError
from gate.log.reading.reader import log_reader
from gate.store.bucket.disclosures import BucketDisclosures
from gate.store.bucket.engine import BusyError, DoubtError
from gate.store.bucket.primitive import Protection
from gate.store.contract import StoreError, Surroundings, Whereabouts
from gate.store.disclosure import DisclosureStore, FolderDisclosures, open_disclosures
from gate.store.durable import Calls, chain, make_directories
from gate.store.memory import MemoryStore
from gate.store.open import open_store

DIGEST = "ab" + "0" * 62
OTHER = "cd" + "1" * 62


Opens = Callable[[], DisclosureStore]


@pytest.fixture(params=["folder", "memory", "moto"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opens:
    """Opens the same, at first empty, place each time."""
    if request.param == "folder":
        return lambda: open_disclosures("dir:evidence", where(tmp_path))
    if request.param == "memory":
        bucket = MemoryBucket()
        return lambda: BucketDisclosures(bucket)
    name = new_bucket(moto_endpoint())
    return lambda: open_disclosures(f"s3://{name}/people", at_moto(tmp_path))


def where(base: Path) -> Whereabouts:
    return Whereabouts(base, {}, section="evidence")


def at_moto(base: Path) -> Whereabouts:
    return Whereabouts(base, KEYS, moto_endpoint(), "us-east-1", section="evidence")


def test_a_disclosure_is_kept_replaced_and_erased(opens: Opens) -> None:
    store = opens()
    assert store.get(DIGEST) is None
    assert not store.erase(DIGEST)
    store.put(DIGEST, b"one")
    store.put(DIGEST, b"two")
    store.put(OTHER, b"another")
    assert store.get(DIGEST) == opens().get(DIGEST) == b"two"
    assert opens().erase(DIGEST)
    assert store.get(DIGEST) is None
    assert not store.erase(DIGEST)
    assert opens().get(OTHER) == b"another"


@pytest.mark.parametrize("digest", ["", "../x", "AB" + "0" * 62, "ab"])
def test_what_is_no_digest_is_no_path(opens: Opens, digest: str) -> None:
    store = opens()
    for use in (store.get, store.erase, lambda d: store.put(d, b"x")):
        with pytest.raises(ValueError, match="not a SHA-256"):
            use(digest)


# ---------------------------------------------------------------- folder


def test_a_folder_is_its_owners_and_made_when_it_is_written(tmp_path: Path) -> None:
    store = open_disclosures("dir:evidence", where(tmp_path))
    assert store.get(DIGEST) is None
    assert list(tmp_path.iterdir()) == []
    store.put(DIGEST, b"one")
    file = tmp_path / "evidence" / "ab" / f"{DIGEST}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store.erase(DIGEST)
    assert not file.exists()


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".scratch").write_bytes(b"half a disclo")
    FolderDisclosures(tmp_path).put(DIGEST, b"whole")
    assert FolderDisclosures(tmp_path).get(DIGEST) == b"whole"
    assert not (tmp_path / ".scratch").exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "not" / "there"):
        with pytest.raises(StoreError, match="cannot write the evidence folder"):
            FolderDisclosures(root).put(DIGEST, b"x")
    (tmp_path / "ab" / f"{DIGEST}.json").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot read the evidence folder"):
        FolderDisclosures(tmp_path).get(DIGEST)
    with pytest.raises(StoreError, match="cannot erase from"):
        FolderDisclosures(tmp_path).erase(DIGEST)


# ---------------------------------------------------------------- bucket


def test_a_bucket_that_is_not_there_has_erased_nothing(tmp_path: Path) -> None:
    """Its answer for an object is the one for an object that is gone."""
    store = open_disclosures("s3://no-such-bucket/people", at_moto(tmp_path))
    for use in (store.get, store.erase, lambda d: store.put(d, b"x")):
        with pytest.raises(StoreError, match="s3://no-such-bucket"):
            use(DIGEST)


@pytest.mark.parametrize("doubt", [DoubtError, BusyError])
def test_a_doubtful_answer_of_a_bucket_is_asked_for_again(doubt: type[DoubtError]) -> None:
    waits: list[float] = []
    store = BucketDisclosures(Stumbling(doubt), waits.append)
    store.put(DIGEST, b"one")
    assert store.get(DIGEST) == b"one"
    assert store.erase(DIGEST)
    assert store.get(DIGEST) is None
    assert len(waits) >= 4


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    bucket = MemoryBucket()
    assert BucketDisclosures(bucket).probe() == Protection(None, "", "")
    assert not bucket.objects
    assert len(bucket.ever) == 1
    name = new_bucket(moto_endpoint())
    store = open_disclosures(f"s3://{name}/people", at_moto(tmp_path))
    assert isinstance(store, BucketDisclosures)
    asked: list[str] = []

    def headers(url: str) -> dict[str, str]:
        asked.append(url)
        return {"X-Amz-Version-Id": "v1", "x-amz-object-lock-mode": "GOVERNANCE"}

    assert store.probe(headers) == Protection(
        versioned=True, lock_mode="GOVERNANCE", retain_until=""
    )
    assert "/people/probe-" in asked[0]
    assert "Contents" not in client(moto_endpoint()).list_objects_v2(Bucket=name)


@pytest.mark.parametrize("how", ["keeps what was deleted", "shows something else"])
def test_a_bucket_that_does_not_forget_is_no_place(how: str) -> None:
    with pytest.raises(UsageError, match="no place for disclosures"):
        BucketDisclosures(Unfit(how)).probe()


class Stumbling(MemoryBucket):
    """Every request of another kind than the last fails once before it is done."""

    def __init__(self, error: type[DoubtError]) -> None:
        super().__init__()
        self.error = error
        self.last = ""

    def stumble(self, request: str) -> None:
        if request != self.last:
            self.last = request
            raise self.error(f"{request}: 503")

    def get(self, key: str) -> bytes | None:
        self.stumble("get")
        return super().get(key)

    def put(self, key: str, data: bytes) -> None:
        self.stumble("put")
        super().put(key, data)

    def delete(self, keys: Sequence[str]) -> None:
        self.stumble("delete")
        super().delete(keys)


class Unfit(MemoryBucket):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def get(self, key: str) -> bytes | None:
        return b"else" if self.how == "shows something else" else super().get(key)

    def delete(self, keys: Sequence[str]) -> None:
        if self.how != "keeps what was deleted":
            super().delete(keys)


# ---------------------------------------------------------------- urls


@pytest.mark.parametrize("url", ["", "evidence", "dir:", "s4://bucket", "dir:a\0b", "/evidence"])
def test_other_urls_of_disclosures_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="names no directory"):
        open_disclosures(url, where(tmp_path))


def test_git_cannot_forget(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its history forgets nothing"):
        open_disclosures("git+https://x.example/r.git#people", where(tmp_path))


def test_an_endpoint_of_the_environment_is_not_the_configured_one(tmp_path: Path) -> None:
    environ = {**KEYS, "AWS_ENDPOINT_URL": "https://s3.evil.example"}
    place = Whereabouts(tmp_path, environ, moto_endpoint(), section="evidence")
    with pytest.raises(UsageError, match="another place than the configuration") as caught:
        open_disclosures("s3://bucket/people", place)
    assert "[evidence] endpoint" in caught.value.remedy


# ---------------------------------------------------------------- open


def around(base: Path) -> Surroundings:
    return Surroundings(base, log_reader(()), {})


def test_a_directory_is_relative_to_the_policy(tmp_path: Path) -> None:
    store = open_store("dir:change-log", around(tmp_path))
    assert store.url == "dir:change-log"
    (tmp_path / "change-log").mkdir()
    (tmp_path / "change-log" / "checkpoint").write_bytes(b"head")
    assert store.head() == b"head"
    elsewhere = around(Path("/nowhere"))
    assert open_store(f"dir:{tmp_path / 'change-log'}", elsewhere).head() == b"head"
    assert isinstance(open_store("memory:", elsewhere), MemoryStore)


@pytest.mark.parametrize("url", ["", "change-log", "file:x", "dir", "Dir:x", "memory", "s4://x"])
def test_urls_that_name_no_store(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="names no store"):
        open_store(url, around(tmp_path))


def test_directories_are_made_from_the_root_down(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    assert chain(tmp_path, deep) == (deep, tmp_path / "a", tmp_path)
    make_directories(Calls(), tmp_path, deep)
    make_directories(Calls(), tmp_path, deep)
    assert deep.is_dir()
