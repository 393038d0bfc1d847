"""Whatever a witness answers, only its own good signature on this very head is ever taken."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, vkey
from hypothesis import given
from hypothesis import strategies as st
from naive_tree import NaiveTree, entry
from witnesses import Tree

from gate.demo.witness_text import BadRequestError, continues, read_request, signed_by
from gate.http import Posted
from gate.log.witnesses.witness import NotCosignedError, cosign
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import MalformedError
from gate.tlog.note import Signature, parse_note
from gate.tlog.trust import parse_policy
from gate.tlog.witness import (
    SIZE_MEDIA,
    AddCheckpoint,
    Conflict,
    Cosigned,
    format_request,
    parse_reply,
)

NOTE = Tree().head(6)
TEXT = parse_note(NOTE).text
WITNESS = CosignatureSigner("w.example", Ed25519PrivateKey.from_private_bytes(b"\x21" * 32), 77)
LINE = Signature(WITNESS.name, WITNESS.key_id, WITNESS.sign(TEXT.encode())).line.encode()
POLICY = parse_policy(
    f"log {vkey(LOG_KEY)}\nwitness w {WITNESS.verifier.vkey} https://w.example\nquorum w\n"
)


def outcome(reply: bytes, status: int = 200, media: str = "text/plain") -> bytes | None:
    """The cosigned note, None where there is none."""

    def post(service: str, base_url: str, path: str, body: bytes) -> Posted:
        assert (service, base_url, path) == ("the witness", "https://w.example", "/add-checkpoint")
        assert body.endswith(NOTE)
        return Posted(status, media, reply)

    try:
        return cosign(NOTE, POLICY, lambda _: (bytes(32),), post)
    except NotCosignedError:
        return None


def test_the_unmangled_reply_is_taken() -> None:
    assert outcome(LINE) == NOTE + LINE


def test_no_mangled_byte_yields_an_accepted_cosignature() -> None:
    for at in range(len(LINE)):
        for changed in (
            LINE[:at] + LINE[at + 1 :],
            LINE[:at] + LINE[at : at + 1] * 2 + LINE[at + 1 :],
            *(LINE[:at] + bytes([LINE[at] ^ (1 << bit)]) + LINE[at + 1 :] for bit in range(8)),
        ):
            assert changed == LINE or outcome(changed) is None, changed
    for length in range(len(LINE)):
        assert outcome(LINE[:length]) is None


@given(
    st.binary(max_size=300), st.integers(0, 600), st.sampled_from([SIZE_MEDIA, "text/plain", ""])
)
def test_no_reply_at_random_yields_one(body: bytes, status: int, media: str) -> None:
    assert outcome(body, status, media) is None


@given(
    st.lists(
        st.sampled_from([LINE, b"\n", b"x\n", LINE[:-1], LINE.replace(b"w.", b"v.")]), max_size=5
    )
)
def test_what_is_taken_is_the_good_line_and_nothing_beside(parts: list[bytes]) -> None:
    assert outcome(b"".join(parts)) in {None, NOTE + LINE}


@given(st.binary(max_size=40), st.sampled_from([200, 409]))
def test_a_reply_has_one_spelling(body: bytes, status: int) -> None:
    try:
        reply = parse_reply(status, SIZE_MEDIA, body)
    except MalformedError:
        return
    if isinstance(reply, Conflict):
        assert body == b"%d\n" % reply.size
    else:
        assert isinstance(reply, Cosigned)
        assert body == "".join(one.line for one in reply.signatures).encode()


@given(st.data())
def test_a_request_says_the_same_to_both_sides(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    old = data.draw(st.integers(0, size))
    tree = NaiveTree([entry(n) for n in range(size)])
    proof = tuple(tree.proof(old, size)) if old else ()
    note = sign_checkpoint(Checkpoint(ORIGIN, size, tree.root(size)), [LOG_KEY])
    posted = read_request(format_request(AddCheckpoint(old, proof, note)))
    assert (posted.old, posted.proof, posted.size, posted.origin) == (old, proof, size, ORIGIN)
    assert signed_by(posted, ORIGIN, (LOG_KEY.verifier.public_key,))
    assert continues(old, tree.root(old), posted)


@given(st.data())
def test_no_other_tree_is_said_to_continue(data: st.DataObject) -> None:
    """Any proof at all, the right one among them, from a tree that is forked below the old size."""
    size = data.draw(st.integers(2, 24))
    old = data.draw(st.integers(1, size - 1))
    fork = Tree(fork=data.draw(st.integers(0, old - 1)))
    honest, forked = Tree().naive(size), fork.naive(size)
    hashes = [*forked.proof(old, size), *honest.proof(old, size), honest.root(old)]
    proof = data.draw(
        st.one_of(st.just(forked.proof(old, size)), st.lists(st.sampled_from(hashes), max_size=8))
    )
    posted = read_request(format_request(AddCheckpoint(old, tuple(proof), fork.head(size))))
    assert not continues(old, honest.root(old), posted)


@given(st.binary(max_size=300))
def test_what_is_no_request_is_refused(body: bytes) -> None:
    for given_body in (body, b"old 0\n\n" + body, body + b"\n\n" + NOTE):
        try:
            posted = read_request(given_body)
        except BadRequestError:
            continue
        assert given_body.startswith(b"old %d\n" % posted.old)
