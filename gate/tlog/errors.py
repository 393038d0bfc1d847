"""What can be wrong with a log or a proof, one class for each finding.

All but ``QuorumError`` are evidence: a log or a receipt that contradicts itself, its format or its
keys. A mistake in the *reader's own* trust settings is ``gate.errors.UsageError`` instead, and a
call that can only be a bug in the caller is ``ValueError``.
"""

from __future__ import annotations

from gate.errors import InconsistentError, NotRecordedError

COSIGN = (
    "the next append to the log asks the witnesses again; take the head or receipt from the log "
    "after that, or see whether trust.policy still names the log's witnesses (docs/witnesses.md)"
)


class TlogError(InconsistentError):
    """Something about a log is wrong. ``place`` is the path of the object it was seen in, or ""."""

    def __init__(self, message: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.place = place


class MalformedError(TlogError):
    """Bytes that are not the one canonical form of what they should be."""


class UnknownKeyError(TlogError):
    """Signed in the name of a trusted key, by a key that is not the trusted one."""


class ReplacedKeyError(TlogError):
    """What a log shows now, signed only by keys that it had before its current one."""


class BadSignatureError(TlogError):
    """A signature that claims a trusted key and does not verify with it."""


class NoTrustedSignatureError(TlogError):
    """No signature in the name of any trusted key."""


class OriginError(TlogError):
    """A checkpoint that speaks of another log than the one whose key signed it."""


class ProofError(TlogError):
    """A proof, or a stored tree, that does not lead to the root it was said to lead to."""


class MissingTileError(TlogError):
    """A tile or entry bundle that the checkpoint says must exist is not there."""


class QuorumError(NotRecordedError):
    """Signed by the log, and cosigned by too few of the witnesses the policy asks for.

    No ``TlogError``: nothing contradicts anything, as a head is signed first and cosigned after.
    Until it is, nobody but the log vouches that it is the same head for all, so it is not believed.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy or COSIGN)
