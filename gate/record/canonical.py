"""One spelling of JSON for what is signed or named by its digest.

UTF-8, keys sorted by code point, no white space, no escapes but those that RFC 8259 section 7
demands, no numbers but integers. DSSE signs bytes, so this is no condition of verifying; it makes
two spellings of one record impossible, and lets a reader re-format and compare.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from gate.record.errors import MalformedRecordError


def encode(value: Any) -> bytes:
    """The canonical bytes of a JSON value. Lone surrogates, which UTF-8 cannot hold, become "?"."""
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode("utf-8", "replace")


def digest_of(data: bytes) -> str:
    """What bytes are named by: their SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, *, limit: int, what: str) -> Any:
    """The value of canonical bytes; MalformedRecordError for any other bytes.

    Re-formatting and comparing refuses duplicate keys, spare white space, other escapes and other
    spellings of numbers in one step. ``what`` names the thing in the message.
    """
    if len(data) > limit:
        raise MalformedRecordError(
            f"{what}: {len(data)} bytes, and {limit} are the most it may have"
        )
    try:
        value = json.loads(data.decode("utf-8"))
        again = encode(value)
    except (ValueError, RecursionError) as error:
        raise MalformedRecordError(f"{what}: not JSON ({type(error).__name__})") from error
    if again != data:
        raise MalformedRecordError(f"{what}: JSON, but not in its canonical form")
    return value
