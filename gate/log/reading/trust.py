"""The trust folder: which log key and which record keys are believed.

``trust.policy`` is a C2SP tlog-policy: the log's key, witnesses, the quorum. ``signers.toml`` names
the record keys with the periods in which they count. The folder is the reader's own: it is handed
over by other ways than the log, and never read from the store that it is there to verify.

Whoever writes holds two keys, and both must be those of the folder: ``require_keys``.
"""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import datetime
from pathlib import Path

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.record.errors import SignerNotValidError, UnknownSignerError
from gate.record.signer import RecordSigner
from gate.record.signers import TrustedSigners, parse_signers
from gate.record.statement import open_record
from gate.tlog.keys import Signer, Verifier, make_verifier
from gate.tlog.trust import TrustPolicy, parse_policy

POLICY = "trust.policy"
SIGNERS = "signers.toml"
LOG_KEY, SIGNING_KEY = "GATE_LOG_KEY", "GATE_SIGNING_KEY"

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe. ``warnings`` are sentences about the folder itself, for whoever reads.

    ``files`` are the SHA-256 in hex of its ``trust.policy`` and ``signers.toml``, as read.
    """

    policy: TrustPolicy
    signers: TrustedSigners
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def load_trust(folder: Path, *, log: Path | None = None) -> Trust:
    """The trust folder ``folder``, for exactly one log, which may have had several keys.

    ``log`` is the log's own folder, if it has one: trust inside it is refused, since whoever can
    change the log could then change whom to believe. Raises ``UsageError``.
    """
    if log is not None and _inside(folder, log):
        raise UsageError(
            f"the trust folder {folder} lies inside the log {log}: it would vouch for itself",
            remedy="keep the trust folder where those who write the log cannot change it",
        )
    data = _read(folder, POLICY)
    try:
        policy = parse_policy(data)
        policy.log  # noqa: B018  # raises UsageError where the policy trusts several logs
    except UsageError as error:
        raise UsageError(f"{folder / POLICY}: {error.message}", remedy=error.remedy) from None
    signers = _read(folder, SIGNERS)
    try:
        text = signers.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{folder / SIGNERS} is not UTF-8") from None
    files = tuple(hashlib.sha256(each).hexdigest() for each in (data, signers))
    return Trust(policy, parse_signers(text, str(folder / SIGNERS)), _warnings(folder), files)


def require_keys(
    trust: Trust, log_key: Signer, record_key: RecordSigner, at: datetime | None = None
) -> None:
    """``UsageError`` unless both keys are those that ``trust`` believes, the record key at ``at``.

    To be asked before anything else is: a wrong key is found out in the end, and by then a
    deployment has been judged and its evidence been written.
    """
    trusted = trust.policy.log
    swapped = make_verifier(trusted.name, record_key.public_key).key_id
    if log_key.key_id != trusted.key_id == swapped:
        raise UsageError(
            f"{SIGNING_KEY} holds the log's key: {SIGNING_KEY} and {LOG_KEY} are swapped",
            remedy="swap the two secrets",
        )
    require_log_key(trust, log_key)
    if trust.signers.public_key(record_key.keyid) is None:
        raise _no_record_key(f"{SIGNERS} does not name {record_key.keyid}")
    if at is not None and trust.signers.find(record_key.keyid, at) is None:
        raise _not_now(f"{at.isoformat()} lies in no period of {record_key.keyid}")


def require_log_key(trust: Trust, key: Signer) -> None:
    """``UsageError`` unless ``key``, named as the log it is meant for, is its current key."""
    trusted = trust.policy.log
    if key.name != trusted.name:
        raise UsageError(
            f"the policy's log is {key.name!a} and the trust folder vouches for {trusted.name!a}",
            remedy="correct log.origin or log.trust in gate.toml",
        )
    if key.key_id in {one.key_id for one in trust.policy.replaced}:
        raise UsageError(
            f"{LOG_KEY} holds {_named(key)}, a key of the log that was replaced: the current "
            f"one is {_named(trusted)}",
            remedy=f"store the new key as {LOG_KEY}, then run again: nothing was recorded",
        )
    if (key.algorithm, key.key_id) != (trusted.algorithm, trusted.key_id):
        raise UsageError(
            f"{LOG_KEY} is not the key that the trust folder believes: it is {_named(key)}, and "
            f"{POLICY} names {_named(trusted)}",
            remedy="give the log's own key (`gate keys show` names the one you gave); if it was "
            f"replaced, update {POLICY} first",
        )


def require_signed(trust: Trust, entry: bytes) -> None:
    """``UsageError`` unless the record ``entry`` is by a key that counts at the record's time.

    Raises ``InconsistentError`` for what is no record.
    """
    try:
        open_record(entry, trust.signers)
    except UnknownSignerError as error:
        raise _no_record_key(error.message) from error
    except SignerNotValidError as error:
        raise _not_now(error.message) from error


def _no_record_key(why: str) -> UsageError:
    return UsageError(
        f"{SIGNING_KEY} is not a record key that the trust folder believes now: {why}",
        remedy=f"add its public key to {SIGNERS}, or give the key that is there",
    )


def _not_now(why: str) -> UsageError:
    return UsageError(
        f"{SIGNING_KEY} is not a record key that the trust folder believes now: {why}",
        remedy=f"set this machine's clock if it is wrong; else give the key whose period in "
        f"{SIGNERS} is now",
    )


def _named(key: Signer | Verifier) -> str:
    return f"{key.name}+{key.key_id.hex()}"


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {os.strerror(error.errno or 0)}",
            remedy="--trust names a folder with trust.policy and signers.toml; `gate init` makes "
            "one, and whoever runs the log hands out copies",
        ) from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is larger than a megabyte: not a {name}")
    return data


def _inside(folder: Path, log: Path) -> bool:
    inner, outer = folder.resolve(), log.resolve()
    return inner == outer or outer in inner.parents


def _warnings(folder: Path) -> tuple[str, ...]:
    if os.name == "nt":
        return ()
    return tuple(
        f"{path} may be changed by any user of this machine"
        for path in (folder, folder / POLICY, folder / SIGNERS)
        if path.stat().st_mode & stat.S_IWOTH
    )
