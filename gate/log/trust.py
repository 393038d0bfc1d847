"""The trust folder: which log key and which record keys are believed.

``trust.policy`` is a C2SP tlog-policy: the log's key, witnesses, the quorum. ``signers.toml`` names
the record keys with the periods in which they count. The folder is the reader's own: it is handed
over by other ways than the log, and never read from the store that it is there to verify.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.record.signer import TrustedSigners, parse_signers
from gate.tlog.trust import TrustPolicy, parse_policy

POLICY = "trust.policy"
SIGNERS = "signers.toml"

_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe. ``warnings`` are sentences about the folder itself, for whoever reads."""

    policy: TrustPolicy
    signers: TrustedSigners
    warnings: tuple[str, ...] = ()


def load_trust(folder: Path, *, log: Path | None = None) -> Trust:
    """The trust folder ``folder``, for exactly one log.

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
    try:
        text = _read(folder, SIGNERS).decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{folder / SIGNERS} is not UTF-8") from None
    return Trust(policy, parse_signers(text, str(folder / SIGNERS)), _warnings(folder))


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
