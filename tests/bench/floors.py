"""What nothing that verifies a log can do without, as bare loops on all cores."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from generated import SIGNER

from gate.record.dsse import PAYLOAD_TYPE, pae
from gate.tlog.tile import WIDTH, decode_bundle, entries_path

CORES = os.cpu_count() or 1
_SAMPLE = 16  # bundles of which signatures are taken
_ENVELOPE = re.compile(rb'\{"payload":"([^"]*)".*"sig":"([^"]*)"')

Signed: TypeAlias = tuple[bytes, bytes]
"""A signature, and the message under it."""


def verify_signatures(log: Path, count: int, cores: int = CORES) -> float:
    """Seconds to verify ``count`` Ed25519 signatures of a log's records, dealt out to ``cores``.

    The messages are decoded before and lie in memory, and each is verified many times over: the
    loop calls ``verify`` of ``cryptography`` and does nothing else.
    """
    signed = _signed(log)
    return _at_once(_verify, [(signed, count // cores) for _ in range(cores)])


def hash_bundles(log: Path, cores: int = CORES) -> float:
    """Seconds to read a log's bundles and hash their bytes with SHA-256, dealt out to ``cores``."""
    bundles = [str(one) for one in sorted((log / "tile/entries").rglob("*")) if one.is_file()]
    return _at_once(_hash, [(bundles[core::cores],) for core in range(cores)])


def hash_trees(log: Path, cores: int = CORES) -> float:
    """Seconds to read a log's bundles and make each one's leaf and node hashes (RFC 6962)."""
    bundles = [str(one) for one in sorted((log / "tile/entries").rglob("*")) if one.is_file()]
    return _at_once(_hash_tree, [(bundles[core::cores],) for core in range(cores)])


def _signed(log: Path) -> Sequence[Signed]:
    signed: list[Signed] = []
    for n in range(_SAMPLE):
        path = log / entries_path(n)
        if not path.is_file():
            break
        for entry in decode_bundle(path.read_bytes(), WIDTH):
            found = _ENVELOPE.match(entry)
            if found is None:
                raise ValueError(f"{path} holds an entry that is no envelope")
            payload, signature = map(base64.b64decode, found.groups())
            signed.append((signature, pae(PAYLOAD_TYPE, payload)))
    return signed


def _verify(signed: Sequence[Signed], count: int) -> None:
    key = Ed25519PublicKey.from_public_bytes(SIGNER.public_key)
    whole, rest = divmod(count, len(signed))
    for _ in range(whole):
        for signature, message in signed:
            key.verify(signature, message)
    for signature, message in signed[:rest]:
        key.verify(signature, message)


def _hash(paths: Sequence[str]) -> None:
    for path in paths:
        hashlib.sha256(Path(path).read_bytes()).digest()


def _hash_tree(paths: Sequence[str]) -> None:
    sha256 = hashlib.sha256
    for path in paths:
        data, at, row = Path(path).read_bytes(), 0, []
        while at < len(data):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            row.append(sha256(b"\x00" + data[start:at]).digest())
        while len(row) > 1:
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]


def _at_once(work: Callable[..., None], shares: Sequence[tuple[object, ...]]) -> float:
    """Seconds from the start of all shares, in a process each, to the end of the last."""
    context = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    processes = []
    for share in shares:
        ours, theirs = context.Pipe()
        processes.append(context.Process(target=_share, args=(theirs, work, share), daemon=True))
        processes[-1].start()
        theirs.close()
        lines.append(ours)
    for line in lines:
        line.recv()
    began = time.perf_counter()
    for line in lines:
        line.send(None)
    for line in lines:
        line.recv()
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return took


def _share(line: Connection, work: Callable[..., None], share: tuple[object, ...]) -> None:
    line.send(None)
    line.recv()
    work(*share)
    line.send(None)
