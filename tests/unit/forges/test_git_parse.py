from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forges.git_parse import (
    GitFormatError,
    parse_batch,
    parse_commit,
    without_credentials,
)
from gate.model import AccountKind

RAW = (
    b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
    b"parent " + b"1" * 40 + b"\nparent " + b"2" * 40 + b"\n"
    b"author Alice A. <Alice@acme.example> 1767600000 +0100\n"
    b"committer Bob <bob@acme.example> 1767600001 -0000\n"
    b"gpgsig -----BEGIN PGP SIGNATURE-----\n author Mallory <mallory@acme.example> 1 +0000\n"
    b" -----END PGP SIGNATURE-----\n"
    b"\nSubject\n\nauthor Mallory <mallory@acme.example> 1 +0000\n"
)


def test_a_raw_commit() -> None:
    commit = parse_commit("a" * 40, RAW)
    assert commit.parents == ("1" * 40, "2" * 40)
    assert (commit.author.key, commit.author.name) == ("alice@acme.example", "Alice A.")
    assert commit.committer.key == "bob@acme.example"
    assert commit.message.startswith("Subject\n\n")
    assert commit.signer is None
    assert not commit.merged_by_forge


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"author Alice A. <Alice@acme.example> 1767600000 +0100\n", b""),
        (b"author Alice", b"author Mallory <m@x.example> 1 +0000\nauthor Alice"),
        (b"<Alice@acme.example>", b"Alice@acme.example"),
        (b"1767600000 +0100", b""),
        (b"parent " + b"1" * 40, b"parent 1234"),
    ],
)
def test_a_commit_that_is_not_well_formed_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(GitFormatError):
        parse_commit("a" * 40, RAW.replace(old, new, 1))


def test_an_empty_address_is_nobody_known() -> None:
    commit = parse_commit("a" * 40, RAW.replace(b"Alice@acme.example", b""))
    assert (commit.author.key, commit.author.kind) == ("", AccountKind.UNKNOWN)


def test_other_encodings() -> None:
    raw = RAW.replace(b"\n\nSubject", b"\nencoding ISO-8859-1\n\nGr\xfc\xdfe", 1)
    assert parse_commit("a" * 40, raw).message.startswith("Grüße")
    raw = RAW.replace(b"\n\nSubject", b"\nencoding nonsense\n\nGr\xfc\xdfe", 1)
    assert parse_commit("a" * 40, raw).message.startswith("Gr")


def batch(*bodies: bytes) -> bytes:
    ids = ("a" * 40, "b" * 40)
    return b"".join(
        f"{sha} commit {len(body)}\n".encode() + body + b"\n"
        for sha, body in zip(ids, bodies, strict=False)
    )


def test_a_batch() -> None:
    assert parse_batch(b"") == ()
    assert [c.sha for c in parse_batch(batch(RAW, RAW))] == ["a" * 40, "b" * 40]


@pytest.mark.parametrize(
    "data",
    [
        b"a" * 40 + b" missing\n",
        b"a" * 40 + b" tree 0\n\n",
        b"a" * 40 + b" commit x\n",
        b"no newline",
        batch(RAW)[:-40],
    ],
)
def test_a_batch_that_is_not_whole_is_refused(data: bytes) -> None:
    with pytest.raises(GitFormatError):
        parse_batch(data)


@given(st.binary())
def test_no_bytes_make_it_stumble(data: bytes) -> None:
    for parse in (parse_batch, lambda raw: parse_commit("a" * 40, raw)):
        try:
            parse(data)
        except GitFormatError:
            continue


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:token@host.example:8443/a/b?token=x#y", "https://host.example:8443/a/b"),
        ("https://host.example/a", "https://host.example/a"),
        ("git@host.example:a/b", "git@host.example:a/b"),
        ("/srv/git/a", "/srv/git/a"),
        ("https://[", ""),
        ("ssh://user:secret@host.example/a", "ssh://host.example/a"),
        ("ssh://git@[::1]:22/a", "ssh://[::1]:22/a"),
        ("git+https://user:se@cret@host.example/a#b", "git+https://host.example/a"),
        ("ftp://:secret@host.example", "ftp://host.example"),
        ("ext::https://user:secret@host.example/a", "ext::https://host.example/a"),
        ("http::https://user:secret@host.example/a", "http::https://host.example/a"),
        ("ssh://user:secret@", "ssh://"),
        ("https://host.example/a/@scope/b", "https://host.example/a/@scope/b"),
        ("file:///srv/git/a", "file:///srv/git/a"),
        ("", ""),
    ],
)
def test_remotes_are_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
