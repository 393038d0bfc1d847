"""A log in memory and witnesses on loopback, for the tests of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, vkey
from naive_tree import NaiveTree, entry
from records import trusted

from gate.demo.witness import WitnessSimulator
from gate.http import Budget, Poster
from gate.log.reading.trust import Trust
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import TrustPolicy, parse_policy

LOG_PUBLIC = LOG_KEY.verifier.public_key


def make_witness(number: int) -> WitnessSimulator:
    """A witness, not started, that knows the log; the same key for the same number."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([100 + number]) * 32)
    made = WitnessSimulator(f"w{number}.example", key=key)
    made.add_log(ORIGIN, LOG_PUBLIC)
    return made


def policy_text(rule: str, witnesses: Sequence[WitnessSimulator], silent: str = "") -> str:
    """Witnesses w0, w1 … and the line(s) ``rule``; those with a digit in ``silent`` have no URL."""
    lines = [
        f"witness w{n} {one.vkey}{'' if str(n) in silent else ' ' + one.url}\n"
        for n, one in enumerate(witnesses)
    ]
    return f"log {vkey(LOG_KEY)}\n{''.join(lines)}{rule}\n"


def policy(rule: str, witnesses: Sequence[WitnessSimulator], silent: str = "") -> TrustPolicy:
    return parse_policy(policy_text(rule, witnesses, silent))


def trust(rule: str, witnesses: Sequence[WitnessSimulator], silent: str = "") -> Trust:
    return Trust(policy(rule, witnesses, silent), trusted())


def poster(seconds: float = 60.0) -> Poster:
    """One that does not sleep between its tries."""
    return Poster(budget=Budget(timedelta(seconds=seconds)), sleep=lambda _: None)


@dataclass
class Tree:
    """A log of which only hashes matter; ``fork`` makes all entries from there on others."""

    fork: int | None = None
    signer: Ed25519Signer = LOG_KEY
    asked: list[tuple[int, int]] = field(default_factory=list)

    def naive(self, size: int) -> NaiveTree:
        own = [
            entry(n) if self.fork is None or n < self.fork else b"forked %d" % n
            for n in range(size)
        ]
        return NaiveTree(own)

    def head(self, size: int) -> bytes:
        """The signed checkpoint at ``size``."""
        root = self.naive(size).root(size)
        return sign_checkpoint(Checkpoint(self.signer.name, size, root), [self.signer])

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        self.asked.append((old, size))
        return tuple(self.naive(size).proof(old, size))
