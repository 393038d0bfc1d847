"""Why a record is refused. Each is its own finding, and all of them are evidence of tampering."""

from __future__ import annotations

from gate.errors import InconsistentError


class MalformedRecordError(InconsistentError):
    """The bytes are no record in canonical form."""


class UnsignedRecordError(MalformedRecordError):
    """The envelope carries no signature."""


class UnknownSignerError(InconsistentError):
    """The signature is by a key that the trust folder does not name."""


class SignerNotValidError(InconsistentError):
    """The key is trusted, but not at the time that the record gives itself."""


class BadRecordSignatureError(InconsistentError):
    """The signature by a trusted key does not fit the bytes."""


class AlteredError(InconsistentError):
    """A disclosure or an evidence bundle does not fit the record's digests."""
