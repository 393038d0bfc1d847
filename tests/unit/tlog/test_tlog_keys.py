from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.errors import UsageError
from gate.tlog.canonical import encode_base64
from gate.tlog.keys import (
    COSIGNATURE,
    MAX_NAME,
    Verifier,
    format_vkey,
    key_id,
    make_verifier,
    parse_vkey,
    public_bytes,
    valid_name,
    verify_ed25519,
)

KEY = bytes(range(32))


@pytest.mark.parametrize("name", ["a", "acme.example/log", "é", "名", "a-b_c:d", "x" * MAX_NAME])
def test_names(name: str) -> None:
    assert valid_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a b", "a+b", "a\tb", "a\nb", "\x00", "\x1f", "x" * (MAX_NAME + 1), "é" * 128),
        *(f"a{space}b" for space in "\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"),
        *("\ud800", "a\udcffb"),
    ],
)
def test_what_cannot_be_a_name(name: str) -> None:
    assert not valid_name(name)
    with pytest.raises(UsageError, match="cannot name a key"):
        make_verifier(name, KEY)


def test_a_verifier_key_round_trips_also_where_its_base64_has_a_plus() -> None:
    plus = b"\0\0" + b"\xfb\xef\xbe" * 10  # after the type byte: "+++++…"
    vkey = format_vkey("acme.example/log", plus)
    assert vkey.count("+") > 2
    assert parse_vkey(vkey) == make_verifier("acme.example/log", plus)
    assert parse_vkey(vkey).vkey == vkey


def test_name_type_and_key_all_count_for_the_key_id() -> None:
    ids = {
        key_id("a", 1, KEY),
        key_id("b", 1, KEY),
        key_id("a", 4, KEY),
        key_id("a", 1, KEY[::-1]),
    }
    assert len(ids) == 4
    assert all(len(one) == 4 for one in ids)


def vkey_of(name: str, algorithm: int, key: bytes) -> str:
    """A verifier key whose ID is right, whatever else is wrong."""
    return f"{name}+{key_id(name, algorithm, key).hex()}+{encode_base64(bytes([algorithm]) + key)}"


@pytest.mark.parametrize(
    ("vkey", "why"),
    [
        ("", "not a verifier key"),
        ("a", "not a verifier key"),
        ("a+b", "not a verifier key"),
        ("+00000000+AAAA", "not a verifier key"),
        ("a b+00000000+AAAA", "not a verifier key"),
        ("a\udcff+00000000+AAAA", "not a verifier key"),
        ("a+" + "0" * 2000 + "+AAAA", "not a verifier key"),
        (vkey_of("a", 1, KEY)[:-1], "not canonical base64"),
        (vkey_of("a", 1, KEY) + "\n", "not canonical base64"),
        (vkey_of("a", 2, KEY), "signature type is not supported"),
        (vkey_of("a", 6, KEY), "signature type is not supported"),
        ("a+00000000+", "signature type is not supported"),
        (vkey_of("a", 1, KEY[:-1]), "wrong key length"),
        (vkey_of("a", 4, KEY + b"\0"), "wrong key length"),
        (vkey_of("a", 1, KEY).replace("a+", "b+"), "key ID is not the key's"),
        (vkey_of("a", 1, KEY).replace("a+", "a+0"), "key ID is not the key's"),
    ],
)
def test_a_verifier_key_that_is_wrong_is_the_readers_mistake(vkey: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_vkey(vkey)


def test_every_mangled_character_and_every_part_of_a_verifier_key_is_refused() -> None:
    vkey = vkey_of("acme.example/log", 1, KEY)
    for at, character in enumerate(vkey):
        for other in {chr(ord(character) ^ (1 << bit)) for bit in range(7)}:
            with pytest.raises(UsageError):
                parse_vkey(vkey[:at] + other + vkey[at + 1 :])
    for start in range(len(vkey)):
        for end in range(start, len(vkey) + (start > 0)):
            with pytest.raises(UsageError):
                parse_vkey(vkey[start:end])


def test_a_verifier_whose_parts_disagree_cannot_be_made() -> None:
    for name, ident, algorithm, key in [
        ("a", b"\0\0\0\0", 1, KEY),
        ("a", key_id("a", 1, KEY), 4, KEY),
        ("a", key_id("a", 2, KEY), 2, KEY),
        ("a", key_id("a", 1, KEY[1:]), 1, KEY[1:]),
        ("a b", key_id("a b", 1, KEY), 1, KEY),
    ]:
        with pytest.raises(ValueError, match="key"):
            Verifier(name, ident, algorithm, key)
    assert Verifier("a", key_id("a", COSIGNATURE, KEY), COSIGNATURE, KEY).name == "a"


def test_verification_never_raises() -> None:
    private = Ed25519PrivateKey.from_private_bytes(KEY)
    public, signature = public_bytes(private), private.sign(b"text")
    assert verify_ed25519(public, b"text", signature)
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(signature[32:], "little") + order
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    for key, message, bad in [
        (public, b"Text", signature),
        (public, b"text", signature[:-1]),
        (public, b"text", signature + b"\0"),
        (public, b"text", b""),
        (public, b"text", malleable),  # RFC 8032 5.1.7: S below the group's order
        (public[:-1], b"text", signature),
        (b"\xff" * 32, b"text", signature),
        (b"", b"text", signature),
    ]:
        assert not verify_ed25519(key, message, bad)
