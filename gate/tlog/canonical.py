"""The one spelling of numbers and base64 that is accepted.

If a value had two spellings, somebody could change a stored file without changing what it means,
and two readers could disagree on whether it was changed. So every parser of this package accepts
exactly what its formatter writes:

- base64 is RFC 4648 section 4 with padding, no line breaks, and spare bits zero: ``"AA=="`` is the
  byte 0, ``"AB=="`` (the same byte, spare bits set) and ``"AA"`` are refused;
- numbers are ASCII decimals from 0 to 2**63 - 1 without sign or leading zeros: ``"0"``, ``"42"``,
  never ``"042"``, ``"+42"`` or digits other than ASCII's.
"""

from __future__ import annotations

import base64
import re

from gate.tlog.errors import MalformedError

MAX_NUMBER = 2**63 - 1
HASH_SIZE = 32

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SHOWN = 60


def encode_base64(data: bytes) -> str:
    """``data`` as RFC 4648 section 4 base64."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, what: str) -> bytes:
    """The bytes that ``text`` spells canonically; ``what`` names it in ``MalformedError``."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if encode_base64(data) != text:
        raise MalformedError(f"{what} is not canonical base64: {shown(text)}")
    return data


def decode_hash(text: str, what: str) -> bytes:
    """The SHA-256 hash that ``text`` spells in base64; raises ``MalformedError``."""
    data = decode_base64(text, what)
    if len(data) != HASH_SIZE:
        raise MalformedError(f"{what} is {len(data)} bytes long, not {HASH_SIZE}")
    return data


def decode_number(text: str, what: str) -> int:
    """The number that ``text`` spells canonically; raises ``MalformedError``."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_NUMBER:
        raise MalformedError(
            f"{what} is not a decimal number from 0 to 2^63-1 without leading zeros: {shown(text)}"
        )
    return int(text)


def decode_text(data: bytes, what: str, limit: int) -> str:
    """``data`` as UTF-8 text of at most ``limit`` bytes without control characters but LF."""
    if len(data) > limit:
        raise MalformedError(f"{what} is {len(data)} bytes long; at most {limit} are accepted")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{what} is not UTF-8 at byte {error.start}") from None
    if has_control(text):
        raise MalformedError(f"{what} holds a control character other than a newline")
    return text


def has_control(text: str) -> bool:
    """Whether ``text`` holds a character below U+0020 other than LF."""
    return _CONTROL.search(text) is not None


def shown(text: str) -> str:
    """``text`` quoted for an error message: ASCII only, control characters escaped, cut short."""
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
