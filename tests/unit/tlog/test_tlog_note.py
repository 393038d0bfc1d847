from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.errors import UsageError
from gate.tlog import note as note_module
from gate.tlog.canonical import encode_base64
from gate.tlog.errors import (
    BadSignatureError,
    MalformedError,
    NoTrustedSignatureError,
    TlogError,
    UnknownKeyError,
)
from gate.tlog.keys import Verifier
from gate.tlog.note import (
    MAX_NOTE,
    MAX_SIGNATURES,
    Ed25519Signer,
    Signature,
    add_signatures,
    format_note,
    open_note,
    parse_note,
    parse_vkey,
    sign_note,
)

TEXT = "alice met bob.\n\nThey talked.\n"


def signer(name: str, seed: int) -> Ed25519Signer:
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def flips(data: bytes) -> list[tuple[int, bytes]]:
    """``data`` with one bit changed: every bit of every byte, and at which byte."""
    return [
        (at, data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :])
        for at in range(len(data))
        for bit in range(8)
    ]


def test_a_note_says_what_was_signed_and_by_whom(
    log_signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    data = sign_note(TEXT, [stranger, log_signer])
    note = open_note(data, [log_signer.verifier])
    assert note.text == TEXT
    assert [one.name for one in note.verified] == [log_signer.name]
    assert [one.name for one in note.unknown] == [stranger.name]
    assert data.decode().startswith(TEXT + "\n\u2014 mallory.example/log ")


@pytest.mark.parametrize("text", ["\n", "a\n", "\n\n\n", "é\n", TEXT, "\u2014 a AAAAAAAA\n\nb\n"])
def test_any_text_that_ends_in_a_newline_can_be_signed(
    text: str, log_signer: Ed25519Signer
) -> None:
    assert open_note(sign_note(text, [log_signer]), [log_signer.verifier]).text == text


@pytest.mark.parametrize("text", ["", "a", "a\n\r\n", "a\tb\n", "a\x00\n"])
def test_other_text_cannot(text: str, log_signer: Ed25519Signer) -> None:
    with pytest.raises(ValueError, match="ends in LF"):
        sign_note(text, [log_signer])


def test_three_findings_are_three_errors(
    log_signer: Ed25519Signer, impostor: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    trusted = [log_signer.verifier]
    with pytest.raises(NoTrustedSignatureError, match="not signed by any trusted key"):
        open_note(sign_note(TEXT, [stranger]), trusted)
    with pytest.raises(UnknownKeyError, match=impostor.key_id.hex()):
        open_note(sign_note(TEXT, [stranger, impostor]), trusted)
    changed = sign_note(TEXT, [log_signer]).replace(b"bob", b"eve")
    with pytest.raises(BadSignatureError, match="does not verify"):
        open_note(changed, trusted)
    classes = (NoTrustedSignatureError, UnknownKeyError, BadSignatureError, MalformedError)
    assert not any(issubclass(a, b) for a in classes for b in classes if a is not b)


def test_nobody_is_trusted_where_no_key_is_given(log_signer: Ed25519Signer) -> None:
    with pytest.raises(NoTrustedSignatureError, match="nobody"):
        open_note(sign_note(TEXT, [log_signer]), [])


def test_a_bad_signature_by_a_known_key_outweighs_a_good_one(
    log_signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    bad = Signature(stranger.name, stranger.key_id, bytes(64))
    data = format_note(TEXT, [*parse_note(sign_note(TEXT, [log_signer])).signatures, bad])
    assert open_note(data, [log_signer.verifier]).unknown == (bad,)
    with pytest.raises(BadSignatureError):
        open_note(data, [log_signer.verifier, stranger.verifier])


def test_a_signature_of_a_wrong_length_by_a_known_key_is_bad(log_signer: Ed25519Signer) -> None:
    for length in (1, 63, 65, 72):
        data = format_note(TEXT, [Signature(log_signer.name, log_signer.key_id, bytes(length))])
        with pytest.raises(BadSignatureError):
            open_note(data, [log_signer.verifier])


def test_a_key_with_the_same_id_and_another_name_is_unknown(log_signer: Ed25519Signer) -> None:
    signature = log_signer.sign(TEXT.encode())
    data = format_note(TEXT, [Signature("mallory", log_signer.key_id, signature)])
    with pytest.raises(NoTrustedSignatureError):
        open_note(data, [log_signer.verifier])


def test_keys_that_cannot_be_told_apart_are_not_both_trusted(
    monkeypatch: pytest.MonkeyPatch, log_signer: Ed25519Signer, impostor: Ed25519Signer
) -> None:
    data = sign_note(TEXT, [log_signer])
    open_note(data, [log_signer.verifier, log_signer.verifier])  # one key twice is one key
    monkeypatch.setattr("gate.tlog.keys.key_id", lambda *_: b"same")
    twins = [
        Verifier(one.name, b"same", one.algorithm, one.verifier.public_key)
        for one in (log_signer, impostor)
    ]
    with pytest.raises(UsageError, match="two trusted keys"):
        open_note(data, twins)


# ---------------------------------------------------------------- adding signatures


def test_signatures_are_added_and_replaced(
    log_signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    first = sign_note(TEXT, [log_signer])
    both = add_signatures(first, [stranger])
    assert both.startswith(first)
    assert len(open_note(both, [log_signer.verifier, stranger.verifier]).verified) == 2
    assert add_signatures(both, [stranger]) == both
    again = add_signatures(both, [log_signer])
    assert [one.name for one in parse_note(again).signatures] == [stranger.name, log_signer.name]


@pytest.mark.parametrize("count", [1, 16, MAX_SIGNATURES])
def test_many_signatures_are_accepted(count: int) -> None:
    signers = [signer(f"w{i}.example", i + 1) for i in range(count)]
    note = open_note(sign_note(TEXT, signers), [one.verifier for one in signers])
    assert len(note.verified) == count


def test_sixteen_post_quantum_signatures_would_fit(log_signer: Ed25519Signer) -> None:
    large = [Signature(f"pq{i}.example", b"\0\0\0\6", bytes(5000)) for i in range(16)]
    data = format_note(TEXT, [*parse_note(sign_note(TEXT, [log_signer])).signatures, *large])
    assert len(open_note(data, [log_signer.verifier]).unknown) == 16


def test_sizes_are_bounded(log_signer: Ed25519Signer) -> None:
    line = parse_note(sign_note(TEXT, [log_signer])).signatures[0]
    too_many = (TEXT + "\n" + line.line * (MAX_SIGNATURES + 1)).encode()
    with pytest.raises(MalformedError, match="more than 64 signatures"):
        open_note(too_many, [log_signer.verifier])
    with pytest.raises(ValueError, match="1 to 64"):
        format_note(TEXT, [line] * (MAX_SIGNATURES + 1))
    with pytest.raises(ValueError, match="1 to 64"):
        sign_note(TEXT, [])
    with pytest.raises(ValueError, match="at most"):
        sign_note("x" * MAX_NOTE + "\n", [log_signer])
    with pytest.raises(MalformedError, match="at most"):
        open_note(b"x" * (MAX_NOTE + 1), [log_signer.verifier])


# ---------------------------------------------------------------- malformed notes

LINE = "\u2014 acme.example/changes " + encode_base64(bytes(68)) + "\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no empty line"),
        ("\n", "no empty line"),
        ("text\n", "no empty line"),
        ("text\n" + LINE, "no empty line"),
        (LINE, "no empty line"),
        ("text\n\n", "whole signature line"),
        ("\n\n", "whole signature line"),
        ("text\n\n" + LINE.rstrip("\n"), "whole signature line"),
        ("text\n\n" + LINE + "\n", "whole signature line"),
        ("text\n\n\n", "whole signature line"),
        ("text\n\n" + LINE + "more\n", "not a signature line"),
        ("text\n\nmore\n" + LINE, "not a signature line"),
        ("text\n\n" + LINE.replace("\u2014", "-"), "not a signature line"),
        ("text\n\n" + LINE.replace("\u2014", "\u2013"), "not a signature line"),
        ("text\n\n" + LINE.replace("\u2014 ", "\u2014"), "not a signature line"),
        ("text\n\n" + LINE.replace("\u2014 ", "\u2014  "), "not a signature line"),
        ("text\n\n " + LINE, "not a signature line"),
        ("text\n\n" + LINE.replace("acme.example/changes ", ""), "not a signature line"),
        ("text\n\n" + LINE.replace("acme.example/changes", ""), "not a signature line"),
        ("text\n\n" + LINE.replace("acme", "ac+me"), "not a signature line"),
        ("text\n\n" + LINE.replace("acme", "ac\u2003me"), "not a signature line"),
        ("text\n\n" + LINE.replace("changes ", "changes  "), "not canonical base64"),
        ("text\n\n" + LINE.replace("\n", " \n"), "not canonical base64"),
        ("text\n\n" + LINE.replace("=\n", "\n"), "not canonical base64"),
        ("text\n\n" + LINE.replace("AA=\n", "AB=\n"), "not canonical base64"),
        ("text\n\n\u2014 a AAAAAA==\n", "signature is empty"),
        ("text\n\n\u2014 a AAA=\n", "signature is empty"),
        ("text\r\n\r\n" + LINE, "control character"),
        ("te\tt\n\n" + LINE, "control character"),
    ],
)
def test_what_is_not_a_note(text: str, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        parse_note(text.encode())


def test_a_note_is_utf8() -> None:
    for bad in (b"\xff", b"\xed\xa0\x80", b"\xc0\x8a"):
        with pytest.raises(MalformedError, match="not UTF-8"):
            parse_note(b"te" + bad + b"t\n\n" + LINE.encode())


# ---------------------------------------------------------------- mangling


def test_every_bit_of_a_signed_note_counts(log_signer: Ed25519Signer) -> None:
    data = sign_note(TEXT, [log_signer])
    for at, changed in flips(data):
        with pytest.raises(TlogError):
            open_note(changed, [log_signer.verifier])
        if at < len(TEXT.encode()) - 1:  # but in its last LF, which divides
            with pytest.raises((BadSignatureError, MalformedError)):
                open_note(changed, [log_signer.verifier])


def test_a_strangers_line_can_be_changed_and_changes_nothing(
    log_signer: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    own = sign_note(TEXT, [log_signer])
    data = add_signatures(own, [stranger])
    opened = open_note(data, [log_signer.verifier])
    for at, changed in flips(data):
        try:
            note = open_note(changed, [log_signer.verifier])
        except TlogError:
            continue
        assert at >= len(own)
        assert (note.text, note.verified) == (opened.text, opened.verified)
        assert note.unknown != opened.unknown


def test_no_prefix_suffix_or_continuation_of_a_note_is_one(log_signer: Ed25519Signer) -> None:
    data = sign_note(TEXT, [log_signer])
    for at in range(len(data)):
        with pytest.raises(TlogError):
            open_note(data[:at], [log_signer.verifier])
        if at:
            with pytest.raises(TlogError):
                open_note(data[at:], [log_signer.verifier])
    for more in (b"\n", b" ", b"x", b"\xe2\x80\x94 ", b"\0"):
        with pytest.raises(TlogError):
            open_note(data + more, [log_signer.verifier])


# ---------------------------------------------------------------- the rest


def test_the_docstrings_note_opens_with_the_docstrings_key() -> None:
    doc = note_module.__doc__ or ""
    indented = re.findall(r"^    (.*)$", doc, re.MULTILINE)[:2]
    vkey = re.search(r"``(example\.com/foo\+.*?)``", doc)
    assert vkey is not None
    data = f"{indented[0]}\n\n{indented[1]}\n".encode()
    assert open_note(data, [parse_vkey(vkey[1])]).text == "This is an example message.\n"


def test_a_signers_name_must_be_a_keys_name() -> None:
    with pytest.raises(UsageError, match="cannot name a key"):
        signer("acme example", 1)
