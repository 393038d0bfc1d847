from __future__ import annotations

import pytest

from gate.tlog.canonical import encode_base64
from gate.tlog.checkpoint import (
    Checkpoint,
    format_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from gate.tlog.errors import (
    MalformedError,
    NoTrustedSignatureError,
    OriginError,
    TlogError,
    UnknownKeyError,
)
from gate.tlog.merkle import EMPTY_ROOT, leaf_hash
from gate.tlog.note import Ed25519Signer, sign_note

ROOT = leaf_hash(b"entry")
HEAD = Checkpoint("acme.example/changes", 7, ROOT)
TEXT = f"acme.example/changes\n7\n{encode_base64(ROOT)}\n"


def test_a_checkpoint_is_three_lines() -> None:
    assert format_checkpoint(HEAD) == TEXT
    assert parse_checkpoint(TEXT) == HEAD


def test_an_empty_log_has_the_empty_trees_root() -> None:
    empty = Checkpoint("a", 0, EMPTY_ROOT)
    text = "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert format_checkpoint(empty) == text
    assert parse_checkpoint(text) == empty
    with pytest.raises(MalformedError, match="size 0"):
        parse_checkpoint(TEXT.replace("\n7\n", "\n0\n"))
    with pytest.raises(ValueError, match="size 0"):
        format_checkpoint(Checkpoint("a", 0, ROOT))


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "\n\n\n", TEXT[:-1], TEXT + "\n", "\n" + TEXT, TEXT + "extension\n"),
        *(TEXT.replace("\n", "\r\n"), TEXT.replace("acme.example/changes", "")),
        *(
            TEXT.replace("\n7\n", f"\n{size}\n")
            for size in ("07", "+7", "-7", "7 ", " 7", "7.0", "")
        ),
        *(TEXT.replace("\n7\n", f"\n{size}\n") for size in ("0x7", "1_0", "\u0667", str(2**63))),
        *(TEXT.replace("=", end) for end in ("", "==", "=\n\n", " =")),
        TEXT.replace(encode_base64(ROOT), encode_base64(ROOT[:-1])),
        TEXT.replace(encode_base64(ROOT), encode_base64(ROOT + b"\0")),
        TEXT.replace("acme", "ac\tme"),
        TEXT.replace("acme", "x" * 256),
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        *(Checkpoint(origin, 7, ROOT) for origin in ("", "a\nb", "a\rb", "\n", "x" * 256)),
        *(Checkpoint("a", size, ROOT) for size in (-1, 2**63)),
        *(Checkpoint("a", 7, root) for root in (b"", ROOT[:-1], ROOT + b"\0")),
    ],
)
def test_what_is_never_signed(checkpoint: Checkpoint, log_signer: Ed25519Signer) -> None:
    with pytest.raises(ValueError, match="checkpoint"):
        sign_checkpoint(checkpoint, [log_signer])


def test_origins_are_any_one_line() -> None:
    for origin in ("go.sum database tree", "a+b", "é"):
        head = Checkpoint(origin, 1, ROOT)
        assert parse_checkpoint(format_checkpoint(head)) == head


def test_a_signed_checkpoint_opens(log_signer: Ed25519Signer, stranger: Ed25519Signer) -> None:
    data = sign_checkpoint(HEAD, [log_signer, stranger])
    assert open_checkpoint(data, [log_signer.verifier]) == HEAD
    assert open_checkpoint(data, [log_signer.verifier, stranger.verifier]) == HEAD


def test_only_the_log_it_speaks_of_can_sign_it(
    log_signer: Ed25519Signer, impostor: Ed25519Signer, stranger: Ed25519Signer
) -> None:
    with pytest.raises(OriginError, match=r"acme\.example/changes.*mallory"):
        open_checkpoint(sign_checkpoint(HEAD, [stranger]), [stranger.verifier])
    with pytest.raises(NoTrustedSignatureError):
        open_checkpoint(sign_checkpoint(HEAD, [stranger]), [log_signer.verifier])
    with pytest.raises(UnknownKeyError):
        open_checkpoint(sign_checkpoint(HEAD, [impostor]), [log_signer.verifier])


def test_a_signed_text_that_is_no_checkpoint_is_refused(log_signer: Ed25519Signer) -> None:
    with pytest.raises(MalformedError, match="three lines"):
        open_checkpoint(sign_note("hello\n", [log_signer]), [log_signer.verifier])
    with pytest.raises(MalformedError, match="three lines"):
        open_checkpoint(sign_note(TEXT + "extension\n", [log_signer]), [log_signer.verifier])


def test_every_bit_of_a_signed_checkpoint_counts(log_signer: Ed25519Signer) -> None:
    data = sign_checkpoint(HEAD, [log_signer])
    for at in range(len(data)):
        for bit in range(8):
            changed = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
            with pytest.raises(TlogError):
                open_checkpoint(changed, [log_signer.verifier])
