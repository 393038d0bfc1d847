"""What a generated log is signed with and laid out as, for those that make it and those that read.

The keys are no secrets: anybody may forge a log that is only measured.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.log.reading.trust import POLICY, SIGNERS, Trust
from gate.record.signer import RecordSigner
from gate.record.signers import SignerEntry, TrustedSigners, format_signers
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import parse_policy

ORIGIN = "bench.example/changes"
LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x61" * 32))
SIGNER = RecordSigner(Ed25519PrivateKey.from_private_bytes(b"\x62" * 32))
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)

LOG, TRUST = "log", "trust"  # below the folder of a generated log

_POLICY = f"log {LOG_KEY.verifier.vkey}\nquorum none\n"
_SIGNERS = TrustedSigners((SignerEntry(SIGNER.keyid, SIGNER.public_key, "", BEGAN),))


def trust() -> Trust:
    """Whom a reader of a generated log believes."""
    return Trust(parse_policy(_POLICY), _SIGNERS)


def write_trust(home: Path) -> None:
    """The same as a folder, for ``--trust``."""
    folder = home / TRUST
    folder.mkdir(parents=True, exist_ok=True)
    (folder / POLICY).write_text(_POLICY)
    (folder / SIGNERS).write_text(format_signers(_SIGNERS))
