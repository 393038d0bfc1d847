"""The record keys that an auditor trusts: ``signers.toml``.

Each entry is a key with a period in which a record may give itself as its time:

    [[signer]]
    keyid = "<64 hex digits>"
    public_key = "<base64 of 32 bytes>"
    name = "shop"                          # optional, for people
    not_before = 2026-01-05T10:00:00Z
    not_after = 2027-01-05T10:00:00Z       # optional

The id of a key is the SHA-256 of its raw 32-byte public key in lower-case hex.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.record.signer import key_id

PUBLIC_SIZE = 32
_KEYS = {"keyid", "public_key", "name", "not_before", "not_after"}


@dataclass(frozen=True, slots=True)
class SignerEntry:
    """A trusted record key and the period in which records by it count; ends excluded."""

    keyid: str
    public_key: bytes
    name: str
    not_before: datetime
    not_after: datetime | None = None

    def valid_at(self, at: datetime) -> bool:
        """Whether a record that gives ``at`` as its time may be signed by this key."""
        return self.not_before <= at and (self.not_after is None or at < self.not_after)


@dataclass(frozen=True, slots=True)
class TrustedSigners:
    """The record keys that the trust folder names. A key may have several periods."""

    entries: tuple[SignerEntry, ...]

    def find(self, keyid: str, at: datetime) -> SignerEntry | None:
        """The entry of ``keyid`` whose period holds ``at``; None: unknown, or not valid then."""
        for entry in self.entries:
            if entry.keyid == keyid and entry.valid_at(at):
                return entry
        return None

    def public_key(self, keyid: str) -> bytes | None:
        """The public key of ``keyid``, whatever its period; None: unknown."""
        for entry in self.entries:
            if entry.keyid == keyid:
                return entry.public_key
        return None


def parse_signers(text: str, source: str = "signers.toml") -> TrustedSigners:
    """The trusted keys of a ``signers.toml``; UsageError names ``source`` and the entry."""
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not TOML: {error}") from error
    rows = document.get("signer")
    if set(document) != {"signer"} or not isinstance(rows, list) or not rows:
        raise UsageError(f"{source}: holds [[signer]] entries, at least one, and nothing else")
    return TrustedSigners(
        tuple(_parse_entry(row, f"{source}: signer {n}") for n, row in enumerate(rows, 1))
    )


def _parse_entry(row: Any, where: str) -> SignerEntry:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: not a table")
    for key in row:
        if key not in _KEYS:
            raise UsageError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(_KEYS))}")
    public_key = _public_key(_text(row, "public_key", where), where)
    keyid = _text(row, "keyid", where)
    if keyid != key_id(public_key):
        raise UsageError(f"{where}: keyid is not the SHA-256 of public_key")
    not_before = _time(row, "not_before", where)
    if not_before is None:
        raise UsageError(f"{where}: not_before is missing")
    not_after = _time(row, "not_after", where)
    if not_after is not None and not_after <= not_before:
        raise UsageError(f"{where}: not_after is not later than not_before")
    name = _text(row, "name", where) if "name" in row else ""
    return SignerEntry(keyid, public_key, name, not_before, not_after)


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} must be a text")
    return value


def _time(row: Mapping[str, Any], key: str, where: str) -> datetime | None:
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise UsageError(f"{where}: {key} must be a time with its zone, as 2026-01-05T10:00:00Z")
    return value.astimezone(UTC)


def _public_key(text: str, where: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"{where}: public_key is not base64") from error
    if len(raw) != PUBLIC_SIZE or base64.b64encode(raw).decode("ascii") != text:
        raise UsageError(f"{where}: public_key must be the base64 of 32 bytes")
    return raw


def format_signers(signers: TrustedSigners) -> str:
    """The ``signers.toml`` of the entries, which ``parse_signers`` reads back to the same."""
    return "\n".join(_format_entry(entry) for entry in signers.entries)


def _format_entry(entry: SignerEntry) -> str:
    lines = [
        "[[signer]]",
        f'keyid = "{entry.keyid}"',
        f'public_key = "{base64.b64encode(entry.public_key).decode("ascii")}"',
    ]
    if entry.name:
        lines.append(f"name = {_toml_text(entry.name)}")
    lines.append(f"not_before = {_toml_time(entry.not_before)}")
    if entry.not_after is not None:
        lines.append(f"not_after = {_toml_time(entry.not_after)}")
    return "\n".join(lines) + "\n"


def _toml_time(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _toml_text(text: str) -> str:
    # A TOML basic string (TOML 1.0): everything that needs an escape gets its \U form.
    special = {'"', "\\", "\x7f"}
    return '"' + "".join(f"\\U{ord(c):08x}" if c in special or c < " " else c for c in text) + '"'
