"""What gate.tlog writes it reads back; what it reads it would have written exactly so."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import UsageError
from gate.tlog.canonical import decode_base64, decode_number, encode_base64
from gate.tlog.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import MalformedError
from gate.tlog.keys import COSIGNATURE, ED25519, MAX_NAME, make_verifier, parse_vkey, valid_name
from gate.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    append_only_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_append_only,
    verify_inclusion,
)
from gate.tlog.note import (
    Ed25519Signer,
    Signature,
    add_signatures,
    format_note,
    open_note,
    parse_note,
    sign_note,
)
from gate.tlog.proof import TlogProof, format_proof, parse_proof
from gate.tlog.tile import (
    TileName,
    TreeReader,
    decode_bundle,
    encode_bundle,
    parse_path,
    plan_tiles,
)
from gate.tlog.trust import format_policy, parse_policy

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = Ed25519Signer("acme.example/changes", KEY)

printable = st.characters(exclude_categories=["Cs"], min_codepoint=0x20)
names = st.text(printable, min_size=1, max_size=40).filter(valid_name)
texts = st.text(st.one_of(printable, st.just("\n")), max_size=200).map(lambda text: text + "\n")
numbers = st.integers(0, 2**63 - 1)
hashes = st.binary(min_size=32, max_size=32)
signatures = st.builds(
    Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=100)
)
notes = st.builds(format_note, texts, st.lists(signatures, min_size=1, max_size=16))
origins = st.text(printable, min_size=1, max_size=60)
checkpoints = st.builds(Checkpoint, origins, st.integers(1, 2**63 - 1), hashes)
proofs = st.builds(
    TlogProof,
    numbers,
    st.lists(hashes, max_size=63).map(tuple),
    notes,
    st.none() | st.binary(min_size=1, max_size=100),
)
tile_names = st.builds(TileName, st.none() | st.integers(0, 63), numbers, st.integers(1, 256))


def mangled(whole: bytes, data: st.DataObject) -> bytes:
    """``whole`` with a stretch of it replaced."""
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 4)))
    pieces = st.sampled_from([b"\n", b"\n\n", b" ", b"0", b"+", b"=", "— ".encode(), b"\x00"])
    return whole[:start] + data.draw(st.binary(max_size=4) | pieces) + whole[end:]


# ---------------------------------------------------------------- written, then read


@given(st.binary(max_size=100), numbers)
def test_base64_and_numbers(data: bytes, number: int) -> None:
    assert decode_base64(encode_base64(data), "it") == data
    assert decode_number(str(number), "it") == number


@given(names, hashes, st.sampled_from([ED25519, COSIGNATURE]))
def test_verifier_keys(name: str, public_key: bytes, algorithm: int) -> None:
    verifier = make_verifier(name, public_key, algorithm)
    assert parse_vkey(verifier.vkey) == verifier


@given(texts, st.lists(signatures, min_size=1, max_size=16))
def test_notes(text: str, signed: list[Signature]) -> None:
    note = parse_note(format_note(text, signed))
    assert (note.text, list(note.signatures)) == (text, signed)


@given(texts, numbers)
def test_signed_notes(text: str, seconds: int) -> None:
    witness = CosignatureSigner("w.example", KEY, seconds)
    data = add_signatures(sign_note(text, [LOG]), [witness])
    note = open_note(data, [LOG.verifier, witness.verifier])
    assert (note.text, len(note.verified)) == (text, 2)


@given(checkpoints)
def test_checkpoints(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(proofs)
def test_proofs(proof: TlogProof) -> None:
    assert parse_proof(format_proof(proof)) == proof


@given(tile_names)
def test_tile_paths(name: TileName) -> None:
    assert parse_path(name.path) == name


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


@given(names.filter(lambda name: "\x7f" not in name), hashes)  # tlog-policy has no DEL
def test_policies(name: str, public_key: bytes) -> None:
    verifier = make_verifier(name, public_key)
    assert parse_policy(format_policy(verifier.vkey)).log == verifier


# ---------------------------------------------------------------- read, then written again


@given(st.text(max_size=40) | st.text("0123456789+- ", max_size=22))
def test_a_number_that_is_read_is_written_so(text: str) -> None:
    try:
        number = decode_number(text, "it")
    except MalformedError:
        return
    assert str(number) == text


@given(st.text(max_size=40) | st.text("ABZaz09+/=", max_size=12))
def test_base64_that_is_read_is_written_so(text: str) -> None:
    try:
        data = decode_base64(text, "it")
    except MalformedError:
        return
    assert encode_base64(data) == text


@given(st.data())
def test_a_note_that_is_read_is_written_so(data: st.DataObject) -> None:
    changed = mangled(data.draw(notes), data)
    try:
        note = parse_note(changed)
    except MalformedError:
        return
    assert format_note(note.text, note.signatures) == changed


@given(st.data())
def test_a_checkpoint_that_is_read_is_written_so(data: st.DataObject) -> None:
    changed = mangled(format_checkpoint(data.draw(checkpoints)).encode(), data)
    text = changed.decode(errors="replace")
    try:
        checkpoint = parse_checkpoint(text)
    except MalformedError:
        return
    assert format_checkpoint(checkpoint) == text


@given(st.data())
def test_a_proof_that_is_read_is_written_so(data: st.DataObject) -> None:
    changed = mangled(format_proof(data.draw(proofs)), data)
    try:
        proof = parse_proof(changed)
    except MalformedError:
        return
    assert format_proof(proof) == changed


@given(st.data())
def test_a_path_that_is_read_is_written_so(data: st.DataObject) -> None:
    changed = mangled(data.draw(tile_names).path.encode(), data)
    path = changed.decode(errors="replace")
    try:
        name = parse_path(path)
    except MalformedError:
        return
    assert name.path == path


@given(st.data())
def test_a_bundle_that_is_read_is_written_so(data: st.DataObject) -> None:
    entries = data.draw(st.lists(st.binary(max_size=20), min_size=1, max_size=5))
    changed = mangled(encode_bundle(entries), data)
    width = data.draw(st.integers(1, 6))
    try:
        read = decode_bundle(changed, width)
    except MalformedError:
        return
    assert encode_bundle(read) == changed


# ---------------------------------------------------------------- anything at all


@given(st.binary(max_size=300) | texts.map(str.encode))
def test_anything_else_is_malformed_and_no_crash(data: bytes) -> None:
    for parse in (parse_note, parse_proof, lambda it: decode_bundle(it, 3)):
        with suppress(MalformedError):
            parse(data)
    text = data.decode("utf-8", "surrogateescape")
    for read in (parse_checkpoint, parse_path, lambda it: decode_number(it, "it")):
        with suppress(MalformedError):
            read(text)


words = st.sampled_from(
    [
        *("log", "witness", "group", "quorum", "none", "any", "all", "1", "2", "a", "b", "#", "\t"),
        *(LOG.verifier.vkey, make_verifier("w", bytes(32), COSIGNATURE).vkey),
    ]
)
lines = st.lists(words, max_size=6).map(" ".join)


@given(st.lists(lines | st.text(max_size=20), max_size=12), st.binary(max_size=100))
def test_a_policy_is_read_or_refused_and_nothing_else(policy: list[str], data: bytes) -> None:
    for text in ("".join(f"{line}\n" for line in policy), data):
        with suppress(UsageError):
            assert parse_policy(text).logs
    with suppress(UsageError):
        assert parse_vkey(data.decode("utf-8", "surrogateescape")).vkey == data.decode()


def test_the_longest_name_can_be_read() -> None:
    verifier = make_verifier("x" * MAX_NAME, bytes(32))
    assert parse_policy(format_policy(verifier.vkey)).log == verifier


# ---------------------------------------------------------------- growing logs


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.data())
def test_a_log_grown_in_any_steps_is_one_log(steps: list[int], data: st.DataObject) -> None:
    objects: dict[str, bytes] = {}
    leaves: list[bytes] = []
    sizes, roots = [0], [EMPTY_ROOT]
    for step in steps:
        entries = [b"%d" % i for i in range(len(leaves), len(leaves) + step)]
        plan = plan_tiles(len(leaves), objects.get, entries, old_root=roots[-1])
        leaves += [leaf_hash(entry) for entry in entries]
        assert plan.frontier == Frontier.empty().extend(leaves)
        objects |= plan.objects
        for path in plan.obsolete:
            objects.pop(path, None)
        sizes.append(len(leaves))
        roots.append(plan.frontier.root())
    size, root = sizes[-1], roots[-1]
    assert root == tree_root(leaves)
    node = TreeReader(objects.get, size).node
    if size:
        index = data.draw(st.integers(0, size - 1))
        verify_inclusion(leaves[index], index, size, inclusion_proof(index, size, node), root)
    for old, old_root in zip(sizes, roots, strict=True):
        verify_append_only(old, old_root, size, root, append_only_proof(old, size, node))
    assert all(old <= new for old, new in pairwise(sizes))
