from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.tlog.canonical import decode_hash, encode_base64
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import MalformedError
from gate.tlog.merkle import leaf_hash
from gate.tlog.note import Ed25519Signer, Signature, parse_note, put_signatures
from gate.tlog.witness import (
    MAX_HASHES,
    MAX_REPLY,
    SIZE_MEDIA,
    AddCheckpoint,
    Conflict,
    Cosigned,
    Refusal,
    Refused,
    format_request,
    parse_reply,
)

HEAD = Checkpoint("acme.example/changes", 1, leaf_hash(b"entry"))
LINE = "— w.example AAAAAQAAAAA=\n"
TEXT = "text/plain"

# The example of C2SP tlog-witness.
EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501 - a signature line is as long as it is
# The example reply: two keys of one witness, and a third of another.
REPLY = """\
— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
"""  # noqa: E501 - as above


def test_the_standards_example_request() -> None:
    head, checkpoint = EXAMPLE.encode().split(b"\n\n", 1)
    hashes = tuple(decode_hash(line, "a hash") for line in head.decode().split("\n")[1:])
    assert format_request(AddCheckpoint(20852014, hashes, checkpoint)) == EXAMPLE.encode()


def test_the_standards_example_reply() -> None:
    reply = parse_reply(200, TEXT, REPLY.encode())
    assert isinstance(reply, Cosigned)
    assert [one.name for one in reply.signatures] == [
        *("witness.example/w1", "witness.example/w1", "witness.example/w2")
    ]
    assert "".join(one.line for one in reply.signatures) == REPLY
    assert {len(one.signature) for one in reply.signatures} == {72}


def test_from_nothing_and_from_the_same_size_there_are_no_hashes(
    log_signer: Ed25519Signer,
) -> None:
    note = sign_checkpoint(HEAD, [log_signer])
    assert format_request(AddCheckpoint(0, (), note)) == b"old 0\n\n" + note
    assert format_request(AddCheckpoint(1, (), note)) == b"old 1\n\n" + note


def test_a_request_out_of_bounds_is_a_bug(log_signer: Ed25519Signer) -> None:
    note = sign_checkpoint(HEAD, [log_signer])
    format_request(AddCheckpoint(2**63 - 1, (bytes(32),) * MAX_HASHES, note))
    for old, proof in [
        (-1, ()),
        (2**63, ()),
        (1, (bytes(32),) * (MAX_HASHES + 1)),
        (1, (bytes(31),)),
        (1, (b"",)),
    ]:
        with pytest.raises(ValueError, match=r"bounds|32 bytes"):
            format_request(AddCheckpoint(old, proof, note))
    with pytest.raises(MalformedError):
        format_request(AddCheckpoint(0, (), b"no note\n"))


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (400, Refusal.OLD_SIZE),
        (403, Refusal.SIGNATURE),
        (404, Refusal.ORIGIN),
        (422, Refusal.PROOF),
    ],
)
def test_refusals_are_told_by_their_status_alone(status: int, why: Refusal) -> None:
    for body in (b"", b"whatever\x00", b"\xff"):
        assert parse_reply(status, TEXT, body) == Refused(why)


@pytest.mark.parametrize("size", [0, 1, 9, 10, 20852163, 2**63 - 1])
def test_a_conflict_names_the_size_seen_last(size: int) -> None:
    assert parse_reply(409, SIZE_MEDIA, b"%d\n" % size) == Conflict(size)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\n", b"1", b"01\n", b"+1\n", b"-1\n", b" 1\n", b"1 \n", b"1\n\n", b"1\r\n"),
        *(b"1\n2\n", b"1_0\n", b"1.0\n", b"1e3\n", b"x\n", b"\xff\n", b"\xd9\xa1\n", b"0x1\n"),
        *(b"9223372036854775808\n", b"9" * 1000 + b"\n", b"1\x00\n", b"<html>\n"),
    ],
)
def test_only_a_decimal_and_a_newline_is_a_size(body: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_reply(409, SIZE_MEDIA, body)


@pytest.mark.parametrize("media", ["", "text/plain", "text/html", "text/x.tlog.sizes"])
def test_a_conflict_of_another_media_type_is_none(media: str) -> None:
    with pytest.raises(MalformedError, match=r"text/x\.tlog\.size"):
        parse_reply(409, media, b"1\n")


@pytest.mark.parametrize("status", [100, 199, 201, 202, 204, 206, 301, 401, 405, 418, 429, 500, 0])
def test_other_statuses_are_none_of_the_protocol(status: int) -> None:
    with pytest.raises(MalformedError, match=f"status {status}"):
        parse_reply(status, TEXT, LINE.encode())


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\n", b"\n\n", b"signed\n", b"<!DOCTYPE html><html></html>", b"{}", b"\xff"),
        LINE.rstrip("\n").encode(),
        ("\n" + LINE).encode(),
        (LINE + "\n").encode(),
        (LINE + "\n" + LINE).encode(),
        LINE.replace("\n", "\r\n").encode(),
        LINE.replace("—", "-").encode(),
        LINE.replace(" w", "  w").encode(),
        LINE.replace("AA=", "AB=").encode(),
        LINE.replace("AA=", "A=").encode(),
        LINE.replace("AAAAAQAAAAA=", "AAAAAQ==").encode(),
        LINE.replace("w.example", "w+example").encode(),
        (HEAD.origin + "\n\n" + LINE).encode(),
        (LINE * 65).encode(),
        LINE.encode() + b"\x00",
    ],
)
def test_what_is_not_wholly_signature_lines_is_no_cosignature(body: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_reply(200, TEXT, body)


def test_a_reply_is_bounded_and_room_is_for_sixty_four_lines() -> None:
    whole = LINE.encode() * 64
    reply = parse_reply(200, "", whole)
    assert isinstance(reply, Cosigned)
    assert len(reply.signatures) == 64
    long = "— w.example " + encode_base64(bytes(MAX_REPLY)) + "\n"
    with pytest.raises(MalformedError, match="longer"):
        parse_reply(200, TEXT, long.encode())


# ---------------------------------------------------------------- signatures into a note


def test_signatures_of_others_are_put_under_a_note(log_signer: Ed25519Signer) -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"\x21" * 32)
    note = sign_checkpoint(HEAD, [log_signer])
    text = parse_note(note).text
    early, late = (
        Signature(one.name, one.key_id, one.sign(text.encode()))
        for one in (CosignatureSigner("w.example", key, n) for n in (1, 2))
    )
    once = put_signatures(note, [early])
    assert once == note + early.line.encode()
    assert put_signatures(once, [late]) == note + late.line.encode()  # the newer replaces
    assert put_signatures(once, [early]) == once
    assert put_signatures(note, []) == note
