"""Writing a trust folder: each file replaced whole, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gate.errors import UsageError
from gate.log.reading.trust import POLICY, SIGNERS
from gate.record.signers import TrustedSigners, format_signers, parse_signers
from gate.store.durable import Calls, explain, keep_names, place
from gate.tlog.next_key import with_log_key


def require_writable(folder: Path) -> None:
    """``UsageError`` unless files in ``folder`` can be replaced: asked before anything is done."""
    if not os.access(folder.resolve(), os.W_OK | os.X_OK):
        raise UsageError(
            f"the trust folder {folder} cannot be written",
            remedy="let this user write it, or run this where it can be written",
        )


def write_signers(folder: Path, signers: TrustedSigners) -> None:
    """Have ``signers.toml`` hold ``signers``; comments in it are lost.

    A file that holds them already is not touched. Raises ``UsageError`` where it is no such file,
    ``StoreError`` where it cannot be written.
    """
    path = folder / SIGNERS
    if parse_signers(path.read_text(encoding="utf-8"), str(path)) != signers:
        _replace(path, format_signers(signers).encode())


def add_log_key(folder: Path, vkey: str) -> None:
    """Have ``trust.policy`` name ``vkey`` as the log's current key, all else as it was.

    Raises as ``write_signers`` does.
    """
    path = folder / POLICY
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    changed = with_log_key(text, vkey)
    if changed != text:
        _replace(path, changed.encode("utf-8", "surrogateescape"))


def _replace(path: Path, data: bytes) -> None:
    calls, target = Calls(), path.resolve()
    scratch = target.with_name(f".{target.name}.new")
    try:
        calls.unlink(scratch)  # of one that was cut short
        place(calls, scratch, target, data, stat.S_IMODE(target.stat().st_mode))
        keep_names(calls, target.parent, {target.parent})
    except OSError as error:
        raise explain(error, f"write {path}") from error
