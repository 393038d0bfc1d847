"""What can go wrong between a writer and a git remote: nothing is lost, doubled or forked."""

from __future__ import annotations

import gc
import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from engines.git_http import make_repository
from faults.git_logs import add, commits_of, entries_of, git, new_log, open_at
from faults.git_wrapper import GitWrapper, Ill
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, filler

from gate.errors import UsageError
from gate.log.reading.view import LogView
from gate.log.receipts.kept import Kept
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended
from gate.log.writing.create import init_log
from gate.store.contract import StoreError
from gate.store.git.store import GitStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the wrapper is a shell script")

ONE, NEW, NEXT = filler(3)


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = new_log(tmp_path)
    add(open_at(made, tmp_path), ONE)
    return made


def hook(tmp_path: Path, text: str) -> Path:
    """A pre-receive hook of the remote."""
    path = tmp_path / "log.git" / "hooks" / "pre-receive"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# ---------------------------------------------------------------- every process of git


def counted(url: str, tmp_path: Path) -> int:
    """How many times an append runs git."""
    wrapper = GitWrapper(tmp_path / "counting")
    home = tmp_path / "copy"
    home.mkdir()
    git(tmp_path, "clone", "--quiet", "--mirror", "log.git", "copy/log.git")
    add(open_at(url.replace("/log.git", "/copy/log.git"), home, path=wrapper.path), NEW)
    assert wrapper.count >= 5
    return wrapper.count


def attempt(store: GitStore, entry: bytes) -> str | None:
    """Append; returns the remedy if that was not recorded."""
    try:
        add(store, entry)
    except StoreError as error:
        return error.remedy
    return None


@pytest.mark.parametrize("ill", ["fail before", "fail after", "full"])
def test_each_run_of_git_fails_undone_or_done_and_nothing_is_lost(
    url: str, tmp_path: Path, ill: Ill
) -> None:
    wanted = [ONE]
    for at in range(1, counted(url, tmp_path) + 1):
        new = filler(1, 100 + at)[0]
        wrapper = GitWrapper(tmp_path / f"at-{at}", ill, at)
        remedy = attempt(open_at(url, tmp_path, path=wrapper.path), new)
        if remedy is not None:
            assert remedy
            add(open_at(url, tmp_path), new)  # as the message says
        assert wrapper.count >= at
        wanted.append(new)
    assert entries_of(url, tmp_path) == wanted


@pytest.mark.parametrize("ill", ["kill before", "kill after"])
def test_a_writer_killed_at_each_run_of_git_loses_and_breaks_nothing(
    url: str, tmp_path: Path, ill: Ill
) -> None:
    wanted = [ONE]
    for at in range(1, counted(url, tmp_path) + 1):
        new = filler(1, 100 + at)[0]
        wrapper = GitWrapper(tmp_path / f"at-{at}", ill, at)
        child = os.fork()
        if child == 0:
            try:
                add(open_at(url, tmp_path, path=wrapper.path), new)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        add(open_at(url, tmp_path), new)
        wanted.append(new)
    assert entries_of(url, tmp_path) == wanted


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_git_that_does_not_come_to_an_end_is_ended(url: str, tmp_path: Path, at: int) -> None:
    wrapper = GitWrapper(tmp_path / "hanging", "hang", at)
    with pytest.raises(StoreError) as caught:
        LogView(open_at(url, tmp_path, path=wrapper.path, timeout=2), TRUST)
    assert caught.value.remedy
    add(open_at(url, tmp_path), NEW)
    assert entries_of(url, tmp_path) == [ONE, NEW]


def test_a_lock_that_a_killed_remote_left_is_named(url: str, tmp_path: Path) -> None:
    lock = tmp_path / "log.git" / "refs" / "heads" / "log.lock"
    lock.touch()
    with pytest.raises(StoreError, match=r"left its lock on the branch .*log\.lock") as caught:
        add(open_at(url, tmp_path), NEW)
    assert "delete the .lock file" in caught.value.remedy
    lock.unlink()  # as the message says
    add(open_at(url, tmp_path), NEW)
    assert entries_of(url, tmp_path) == [ONE, NEW]


# ---------------------------------------------------------------- races


def test_eight_processes_at_once_lose_nothing_and_fork_nothing(url: str, tmp_path: Path) -> None:
    children = []
    for n in range(8):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                for entry in filler(2, 10 + 2 * n):
                    add(open_at(url, tmp_path), entry)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 8
    assert sorted(entries_of(url, tmp_path)) == sorted([ONE, *filler(16, 10)])
    assert commits_of(tmp_path / "log.git") == 18


def test_one_who_is_refused_plans_again_and_steps_back(url: str, tmp_path: Path) -> None:
    pauses: list[float] = []
    store = open_at(url, tmp_path, pause=pauses.append)
    other = open_at(url, tmp_path)
    raced: list[Appended] = []

    def race(data: bytes | None) -> bytes | None:
        """Between reading the head and pushing, another is first."""
        if len(raced) < 2:
            raced.append(add(other, filler(1, 50 + len(raced))[0]))
        return data

    head = store.head
    store.head = lambda: race(head())  # type: ignore[method-assign]
    assert add(store, NEW).index == 3
    assert len(raced) == len(pauses) == 2
    assert entries_of(url, tmp_path) == [ONE, *filler(2, 50), NEW]


# ---------------------------------------------------------------- the remote's rules


def test_a_branch_that_takes_nothing_but_additions_takes_appends(url: str, tmp_path: Path) -> None:
    hook(
        tmp_path,
        "while read old new ref; do\n"
        '  case "$new" in *[!0]*) ;; *) echo "GH006: no deletion" >&2; exit 1;; esac\n'
        '  git merge-base --is-ancestor "$old" "$new" || { echo "GH006: no force" >&2; exit 1; }\n'
        "done",
    )
    add(open_at(url, tmp_path), NEW)
    assert entries_of(url, tmp_path) == [ONE, NEW]


def test_a_refusal_by_a_rule_is_told_at_once_and_is_no_lost_race(url: str, tmp_path: Path) -> None:
    rule = hook(tmp_path, 'echo x >> "$GIT_DIR/asked"; echo "GH006: protected branch" >&2; exit 1')
    store = open_at(url, tmp_path)
    name = sha256(b"evidence").hexdigest()
    store.put_evidence(name, b"evidence")
    with pytest.raises(StoreError, match=r"refuses the push.*GH006: protected branch") as caught:
        add(store, NEW)
    assert "without force" in caught.value.remedy
    assert (tmp_path / "log.git" / "asked").read_text() == "x\n"
    rule.unlink()
    add(store, NEW)
    assert entries_of(url, tmp_path) == [ONE, NEW]
    assert open_at(url, tmp_path).read_evidence(name) == b"evidence"


@pytest.mark.parametrize("granted", ["blob:none", "sparse:oid"])
def test_a_remote_that_grants_other_filters_than_ours_works(
    url: str, tmp_path: Path, granted: str
) -> None:
    git(tmp_path / "log.git", "config", "uploadpackfilter.allow", "false")
    git(tmp_path / "log.git", "config", f"uploadpackfilter.{granted}.allow", "true")
    store = open_at(url, tmp_path)
    add(store, NEW)
    assert store.filtered == (granted == "blob:none")
    assert entries_of(url, tmp_path) == [ONE, NEW]


# ---------------------------------------------------------------- the remote is not what it was


def test_a_remote_that_is_gone_is_no_empty_log(url: str, tmp_path: Path) -> None:
    store = open_at(url, tmp_path)
    assert store.head() is not None
    (tmp_path / "log.git").rename(tmp_path / "elsewhere.git")
    for one in (store, open_at(url, tmp_path)):
        with pytest.raises(StoreError, match="no such repository"):
            one.head()
    (tmp_path / "elsewhere.git").rename(tmp_path / "log.git")
    assert LogView(store, TRUST).size == 1


def test_a_branch_that_is_gone_is_no_log_and_is_not_begun_again_by_an_append(
    url: str, tmp_path: Path
) -> None:
    store = open_at(url, tmp_path)
    assert store.head() is not None
    git(tmp_path / "log.git", "update-ref", "-d", "refs/heads/log")
    with pytest.raises(StoreError, match="there is no log"):
        add(store, NEW)
    assert git(tmp_path / "log.git", "for-each-ref") == ""


def test_an_older_tip_is_noticed_by_a_head_that_was_kept_and_by_nothing_else(
    url: str, tmp_path: Path
) -> None:
    store = open_at(url, tmp_path)
    add(store, NEW)
    newest = store.head()
    assert newest is not None
    git(tmp_path / "log.git", "update-ref", "refs/heads/log", "log~1")
    rolled = open_at(url, tmp_path)
    assert verify_log(rolled, TRUST).faults == ()
    kept = verify_log(rolled, TRUST, kept=[Kept("kept", newest)])
    assert list(kept.fault_counts) == ["kept"]


def test_a_log_in_a_repository_of_another_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.git"
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--object-format=sha256", str(path)], check=True
    )
    tree = git(path, "mktree").strip()
    commit = git(path, "-c", "user.name=x", "-c", "user.email=x", "commit-tree", tree, "-m", "x")
    git(path, "update-ref", "refs/heads/log", commit.strip())
    with pytest.raises(StoreError, match="SHA-256"):
        open_at(f"git+file://{path}#log", tmp_path).head()


# ---------------------------------------------------------------- what else is in the branch


def test_what_else_is_in_the_branch_stays_and_is_named(url: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", "--branch", "log", "log.git", "work")
    (work / "README.md").write_text("a log\n")
    (work / "docs" / "deep").mkdir(parents=True)
    (work / "docs" / "deep" / "note").write_text("x\n")
    (work / "tile" / "0" / "000.p" / "note").write_text("x\n")
    (work / "tile" / "0" / "link").symlink_to("000.p")
    git(work, "add", ".")
    git(work, "-c", "user.name=x", "-c", "user.email=x", "commit", "--quiet", "-m", "more")
    git(work, "push", "--quiet", "origin", "log")
    store = open_at(url, tmp_path)
    for entry in filler(2, 20):
        add(store, entry)
    strays = {"README.md", "docs/deep/note", "tile/0/000.p/note", "tile/0/link"}
    assert strays <= set(open_at(url, tmp_path).names(""))
    assert open_at(url, tmp_path).read("docs/deep/note") == b"x\n"
    assert open_at(url, tmp_path).read("tile/0/link") is None
    report = verify_log(open_at(url, tmp_path), TRUST)
    assert report.faults == ()
    assert {note.place for note in report.notes} == strays


@pytest.mark.parametrize("readme", [b"", b"M 100644 inline README\ndata 1\nx\n"])
def test_a_branch_without_a_log_takes_one(tmp_path: Path, readme: bytes) -> None:
    repository = make_repository(tmp_path / "log.git")
    text = b"commit refs/heads/log\ncommitter x <x> 1 +0000\ndata 1\nx\n" + readme
    git(repository, "fast-import", "--quiet", given=text)
    url = f"git+file://{repository}#log"
    init_log(open_at(url, tmp_path), ORIGIN, LOG_KEY)
    add(open_at(url, tmp_path), NEW)
    assert entries_of(url, tmp_path) == [NEW]
    assert open_at(url, tmp_path).read("README") == (b"x" if readme else None)
    with pytest.raises(UsageError, match="there is a log"):
        init_log(open_at(url, tmp_path), ORIGIN, LOG_KEY)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("index/0/a", b"no row\n"),
        ("index/0/b", b"c" * 32 + b" 0\n"),
        ("index/0/a", b"a" * 32 + b" 0\n" + b"a" * 32 + b" 0\n"),
        ("index/0/zz", b""),
    ],
)
def test_an_index_that_was_tampered_with_is_named_and_can_be_made_anew(
    url: str, tmp_path: Path, path: str, data: bytes
) -> None:
    change(tmp_path / "log.git", path, data)
    store = open_at(url, tmp_path)
    oddities = list(store.examine(1, lambda _: b""))
    assert [oddity.place for oddity in oddities] == [path]
    from gate.log.writing.reindex import reindex

    assert reindex(LogView(store, TRUST))
    assert entries_of(url, tmp_path) == [ONE]


def change(repository: Path, path: str, data: bytes) -> None:
    """Commit one changed file to the log's branch, as anybody who may push can."""
    text = "commit refs/heads/log\ncommitter x <x> 1 +0000\ndata 1\nx\nfrom refs/heads/log^0\n"
    text += f"M 100644 inline {path}\ndata {len(data)}\n"
    git(repository, "fast-import", "--quiet", given=text.encode() + data + b"\n")


@pytest.mark.usefixtures("url")
def test_an_auditors_bare_clone_is_read_like_the_remote(tmp_path: Path) -> None:
    command = ("clone", "--quiet", "--bare", "--single-branch", "--branch", "log")
    git(tmp_path, *command, f"file://{tmp_path}/log.git", "taken.git")
    assert entries_of(f"git+file://{tmp_path}/taken.git#log", tmp_path) == [ONE]


# ---------------------------------------------------------------- the surroundings


def test_no_configuration_hook_or_variable_of_the_caller_reaches_git(
    url: str, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    (tmp_path / ".gitconfig").write_text(
        f'[url "file:///nowhere/"]\n\tinsteadOf = file://{tmp_path}/\n'
        f"[core]\n\thooksPath = {tmp_path}/hooks\n"
        "[fetch]\n\trecurseSubmodules = true\n"
    )
    (tmp_path / "hooks").mkdir()
    for name in ("pre-push", "reference-transaction", "post-commit"):
        (tmp_path / "hooks" / name).write_text(f"#!/bin/sh\ntouch {trap}\nexit 1\n")
        (tmp_path / "hooks" / name).chmod(0o755)
    store = open_at(
        url,
        tmp_path,
        GIT_DIR="/nowhere",
        GIT_CONFIG_GLOBAL=str(tmp_path / ".gitconfig"),
        GIT_CONFIG_PARAMETERS="'remote.log.url=/nowhere'",
        GIT_SSH_COMMAND=f"touch {trap}",
    )
    add(store, NEW)
    assert not trap.exists()


def test_nothing_is_left_behind_once_the_store_is_gone(url: str, tmp_path: Path) -> None:
    store = open_at(url, tmp_path)
    add(store, NEW)
    assert list((tmp_path / "tmp").iterdir()) != []
    del store
    gc.collect()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_temporary_folder_that_is_not_there_says_so(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="temporary folder"):
        open_at(url, tmp_path, TMPDIR=str(tmp_path / "gone")).head()


def test_no_git_at_all_says_so(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="git is not installed"):
        open_at(url, tmp_path, path=str(tmp_path)).head()


def test_ssh_is_asked_to_ask_nobody_and_gets_no_token(url: str, tmp_path: Path) -> None:
    """An ``ssh`` that runs the command here: the transport is git's, the far side as well."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ssh").write_text(
        f'#!/bin/sh\nenv > {tmp_path}/environment\necho "$@" >> {tmp_path}/ssh\n'
        'for last in "$@"; do :; done\nexec sh -c "$last"\n'
    )
    (tools / "ssh").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    over_ssh = f"git+ssh://git@git.example{tmp_path}/log.git#log"
    add(open_at(over_ssh, tmp_path, path=path, GATE_LOG_TOKEN="s3cret-token"), NEW)
    assert entries_of(url, tmp_path) == [ONE, NEW]
    assert "-oBatchMode=yes" in (tmp_path / "ssh").read_text()
    assert "s3cret" not in (tmp_path / "environment").read_text()
    (tools / "ssh").write_text("#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n")
    with pytest.raises(StoreError, match="ssh was not let in"):
        open_at(over_ssh, tmp_path, path=path).head()
