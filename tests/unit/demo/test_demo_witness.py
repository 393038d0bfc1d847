"""The witness simulator keeps to the standard: it cosigns what continues, and nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import ORIGIN, OTHER_LOG_KEY
from naive_tree import NaiveTree, entry
from witnesses import LOG_PUBLIC, Tree, make_witness

from gate.demo.witness import Head, Lie, WitnessSimulator
from gate.demo.witness_text import BadRequestError, continues, read_request
from gate.tlog.canonical import encode_base64
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import cosignature_time
from gate.tlog.errors import TlogError
from gate.tlog.keys import parse_vkey
from gate.tlog.note import Ed25519Signer, open_note, parse_note, put_signatures
from gate.tlog.note import parse_signatures as parsed
from gate.tlog.witness import AddCheckpoint, format_request

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
TREE = Tree()


@pytest.fixture
def witness() -> Iterator[WitnessSimulator]:
    made = make_witness(0)
    made.clock = lambda: NOW
    with made:
        yield made


def post(
    witness: WitnessSimulator, body: bytes, path: str = "/add-checkpoint", method: str = "POST"
) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", witness.port)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read()
    finally:
        connection.close()


def ask(witness: WitnessSimulator, old: int, size: int, tree: Tree = TREE) -> tuple[int, bytes]:
    proof = tree.proof(old, size) if 0 < old < size else ()
    status, _, body = post(witness, format_request(AddCheckpoint(old, proof, tree.head(size))))
    return status, body


def test_a_head_is_cosigned_at_the_witness_s_time(witness: WitnessSimulator) -> None:
    status, media, body = post(witness, format_request(AddCheckpoint(0, (), TREE.head(5))))
    assert (status, media) == (200, "text/plain; charset=utf-8")
    note = open_note(put_signatures(TREE.head(5), parsed(body)), [parse_vkey(witness.vkey)])
    (signature,) = note.verified
    assert cosignature_time(signature.signature) == int(NOW.timestamp())
    assert witness.heads == {ORIGIN: Head(5, TREE.naive(5).root(5))}


def test_growth_is_followed_and_the_same_head_is_cosigned_again(
    witness: WitnessSimulator,
) -> None:
    for old, size in [(0, 0), (0, 1), (1, 1), (1, 2), (2, 7), (7, 7), (7, 8), (8, 100)]:
        assert ask(witness, old, size)[0] == 200
        assert witness.heads[ORIGIN].size == size


def test_another_old_size_is_told_the_right_one(witness: WitnessSimulator) -> None:
    assert ask(witness, 3, 5) == (409, b"0\n")
    assert ask(witness, 0, 5)[0] == 200
    for old in (0, 3, 4):
        status, media, body = post(witness, format_request(AddCheckpoint(old, (), TREE.head(8))))
        assert (status, media, body) == (409, "text/x.tlog.size", b"5\n")
    assert ask(witness, 6, 8) == (409, b"5\n")


def test_a_fork_is_refused_at_every_size(witness: WitnessSimulator) -> None:
    assert ask(witness, 0, 6)[0] == 200
    before = witness.heads[ORIGIN]
    for fork in range(6):
        forked = Tree(fork=fork)
        for size in (6, 7, 9, 33):
            assert ask(witness, 6, size, forked)[0] == 422
    assert witness.heads[ORIGIN] == before
    assert ask(witness, 6, 7)[0] == 200


def test_a_rollback_is_refused(witness: WitnessSimulator) -> None:
    assert ask(witness, 0, 6)[0] == 200
    for size in range(6):
        assert ask(witness, size, size) == (409, b"6\n")
        assert ask(witness, 0, size) == (409, b"6\n")
        assert ask(witness, 6, size)[0] == 400
    assert witness.heads[ORIGIN].size == 6


def test_it_remembers_over_a_restart_and_forgets_when_told(witness: WitnessSimulator) -> None:
    assert ask(witness, 0, 6)[0] == 200
    witness.stop()
    witness.start()
    assert ask(witness, 0, 6) == (409, b"6\n")
    witness.forget(ORIGIN)
    assert ask(witness, 0, 3)[0] == 200


def test_who_may_have_signed(witness: WitnessSimulator) -> None:
    stranger = Ed25519Signer("other.example/log", Ed25519PrivateKey.generate())
    assert ask(witness, 0, 2, Tree(signer=stranger))[0] == 404
    assert ask(witness, 0, 2, Tree(signer=OTHER_LOG_KEY))[0] == 403
    good = TREE.head(2)
    at = len(good) - 20
    bad = good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]
    assert post(witness, b"old 0\n\n" + bad)[0] == 403
    both = sign_checkpoint(Checkpoint(ORIGIN, 2, bytes(32)), [OTHER_LOG_KEY])
    assert post(witness, b"old 0\n\n" + both)[0] == 403
    witness.add_log(ORIGIN, LOG_PUBLIC, OTHER_LOG_KEY.verifier.public_key)
    assert ask(witness, 0, 2, Tree(signer=OTHER_LOG_KEY))[0] == 200


def test_a_wrong_proof_is_refused(witness: WitnessSimulator) -> None:
    assert ask(witness, 0, 5)[0] == 200
    right = TREE.proof(5, 9)
    for proof in [
        (),
        right[:-1],
        (*right, bytes(32)),
        tuple(reversed(right)),
        *((*right[:n], bytes(32), *right[n + 1 :]) for n in range(len(right))),
    ]:
        request = AddCheckpoint(5, proof, TREE.head(9))
        assert post(witness, format_request(request))[0] == 422
    same = AddCheckpoint(5, (bytes(32),), TREE.head(5))
    assert post(witness, format_request(same))[0] == 422
    witness.forget(ORIGIN)
    first = AddCheckpoint(0, (bytes(32),), TREE.head(5))
    assert post(witness, format_request(first))[0] == 422


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:0],
        lambda body: body.replace(b"old 0", b"old"),
        lambda body: body.replace(b"old 0", b"new 0"),
        lambda body: body.replace(b"old 0", b"old 00"),
        lambda body: body.replace(b"old 0", b"old +0"),
        lambda body: body.replace(b"old 0", b"old " + b"9" * 5000),
        lambda body: body.replace(b"old 0\n", b"old 0\nAAAA\n"),
        lambda body: body.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 64),
        lambda body: body.replace(b"\n\n", b"\n"),
        lambda body: body[:-1],
        lambda body: body.replace(b"\n3\n", b"\n3\nextension\n"),
        lambda body: body + b"\xff",
        lambda body: body.rsplit(b"\n\n", 1)[0] + b"\n\n",
        lambda body: body.replace("—".encode(), b"-"),
    ],
)
def test_what_is_no_request_is_refused(
    witness: WitnessSimulator, change: Callable[[bytes], bytes]
) -> None:
    body = change(b"old 0\n\n" + TREE.head(3))
    assert post(witness, body)[0] == 400
    with pytest.raises(BadRequestError):
        read_request(body)
    assert witness.heads == {}


def test_nothing_else_is_served(witness: WitnessSimulator) -> None:
    body = b"old 0\n\n" + TREE.head(3)
    assert post(witness, body, path="/")[0] == 404
    assert post(witness, body, path="/add-checkpoints")[0] == 404
    assert post(witness, body, method="PUT")[0] == 405
    assert witness.heads == {}


@pytest.mark.parametrize("lie", get_args(Lie))
def test_each_lie_is_a_line_that_does_not_verify(witness: WitnessSimulator, lie: Lie) -> None:
    witness.lie = lie
    status, body = ask(witness, 0, 3)
    assert status == 200
    assert parsed(body)
    note = put_signatures(TREE.head(3), parsed(body))
    with pytest.raises(TlogError):
        open_note(note, [parse_vkey(witness.vkey)])


def test_a_pretended_size_is_named_whatever_is_asked(witness: WitnessSimulator) -> None:
    witness.pretended = 4
    for old in (0, 4, 5):
        assert ask(witness, old, 6) == (409, b"4\n")


def test_its_consistency_check_agrees_with_the_definition() -> None:
    """Every pair of sizes up to 20: the right proof passes, from a wrong old root nothing does."""
    whole = NaiveTree([entry(n) for n in range(20)])
    for size in range(1, 21):
        root = whole.root(size)
        text = parse_note(sign_checkpoint(Checkpoint("x", size, root), [OTHER]))
        for old in range(1, size + 1):
            proof = whole.proof(old, size)
            lines = "".join(f"{encode_base64(one)}\n" for one in proof)
            body = f"old {old}\n{lines}\n{text.text}\n{text.signatures[0].line}".encode()
            posted = read_request(body)
            assert continues(old, whole.root(old), posted)
            assert not continues(old, bytes(32), posted)


OTHER = Ed25519Signer("x", Ed25519PrivateKey.from_private_bytes(b"\x31" * 32))
