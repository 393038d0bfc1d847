from __future__ import annotations

import pytest

from gate.tlog import canonical
from gate.tlog.errors import MalformedError


@pytest.mark.parametrize("text", ["", "AA==", "AAA=", "AAAA", "+/+/"])
def test_base64_has_one_spelling(text: str) -> None:
    assert canonical.encode_base64(canonical.decode_base64(text, "it")) == text


@pytest.mark.parametrize(
    "text",
    [
        *("A", "AA", "AAA", "AB==", "AAB=", "AA=", "AA===", "AA==\n", " AA==", "AA ==", "-_-_"),
        *("=", "====", "AA==AA==", "AAAA\x00", "AAAAé", "\uff21" * 4),
    ],
)
def test_base64_has_no_other(text: str) -> None:
    with pytest.raises(MalformedError, match="it is not canonical base64"):
        canonical.decode_base64(text, "it")


@pytest.mark.parametrize("text", ["0", "1", "9", "10", "123456789012", str(2**63 - 1)])
def test_numbers_have_one_spelling(text: str) -> None:
    assert str(canonical.decode_number(text, "it")) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "00", "01", "+1", "-0", "-1", " 1", "1 ", "1\n", "1_0", "0x1", "1.0", "1e3", "None"),
        *(str(2**63), "9" * 19, "9" * 5000, "\u0663", "\uff11", "\u00b2"),
    ],
)
def test_numbers_have_no_other(text: str) -> None:
    with pytest.raises(MalformedError, match="it is not a decimal number"):
        canonical.decode_number(text, "it")


def test_a_hash_has_32_bytes() -> None:
    text = canonical.encode_base64(bytes(32))
    assert canonical.decode_hash(text, "it") == bytes(32)
    for size in (0, 31, 33, 64):
        with pytest.raises(MalformedError, match=f"{size} bytes long, not 32"):
            canonical.decode_hash(canonical.encode_base64(bytes(size)), "it")


def test_text_is_utf8_without_control_characters_and_bounded() -> None:
    assert canonical.decode_text("é\n".encode(), "it", 3) == "é\n"
    for data, why in [
        (b"1234", "4 bytes long; at most 3"),
        (b"a\xff", "not UTF-8 at byte 1"),
        (b"\xed\xa0\x80", "not UTF-8"),  # a surrogate
        (b"\xc0\xaf", "not UTF-8"),  # an overlong slash
    ]:
        with pytest.raises(MalformedError, match=why):
            canonical.decode_text(data, "it", 3)
    for code in [*range(10), *range(11, 32)]:
        with pytest.raises(MalformedError, match="control character"):
            canonical.decode_text(bytes([code]), "it", 3)


def test_what_is_shown_of_foreign_text_is_short_and_harmless() -> None:
    shown = canonical.shown("\x1b[31m::set-env\n" + "é" * 1000)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) < 400
