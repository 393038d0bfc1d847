from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gate.errors import UsageError
from gate.log.reading import log_reader
from gate.store.contract import StoreError, Surroundings
from gate.store.disclosure import DisclosureStore, open_disclosures
from gate.store.durable import Calls, chain, make_directories
from gate.store.memory import MemoryStore
from gate.store.open import open_store

DIGEST = "ab" + "0" * 62


def test_a_disclosure_is_kept_for_its_owner_only_and_can_be_erased(tmp_path: Path) -> None:
    store = open_disclosures("dir:evidence", tmp_path)
    assert store.get(DIGEST) is None
    assert not store.erase(DIGEST)
    assert list(tmp_path.iterdir()) == []
    store.put(DIGEST, b"one")
    store.put(DIGEST, b"two")
    file = tmp_path / "evidence" / "ab" / f"{DIGEST}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store.get(DIGEST) == b"two"
    assert DisclosureStore(tmp_path / "evidence").get(DIGEST) == b"two"
    assert store.erase(DIGEST)
    assert store.get(DIGEST) is None
    assert not file.exists()


@pytest.mark.parametrize("digest", ["", "../x", "AB" + "0" * 62, "ab"])
def test_what_is_no_digest_is_no_path(tmp_path: Path, digest: str) -> None:
    store = DisclosureStore(tmp_path)
    for use in (store.get, store.erase, lambda d: store.put(d, b"x")):
        with pytest.raises(ValueError, match="not a SHA-256"):
            use(digest)


def test_what_a_crash_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".scratch").write_bytes(b"half a disclo")
    DisclosureStore(tmp_path).put(DIGEST, b"whole")
    assert DisclosureStore(tmp_path).get(DIGEST) == b"whole"
    assert not (tmp_path / ".scratch").exists()


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "not" / "there"):
        with pytest.raises(StoreError, match="cannot write the evidence folder"):
            DisclosureStore(root).put(DIGEST, b"x")
    (tmp_path / "ab" / f"{DIGEST}.json").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot read the evidence folder"):
        DisclosureStore(tmp_path).get(DIGEST)
    with pytest.raises(StoreError, match="cannot erase from"):
        DisclosureStore(tmp_path).erase(DIGEST)


@pytest.mark.parametrize("url", ["", "evidence", "dir:", "s3://bucket", "dir:a\0b", "/evidence"])
def test_other_urls_of_disclosures_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="names no directory"):
        open_disclosures(url, tmp_path)


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
