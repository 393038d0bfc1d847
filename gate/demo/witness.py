"""A stateful stand-in for a witness on loopback (C2SP tlog-witness, ``add-checkpoint``).

Like a real one it keeps the newest head that it cosigned of each log it knows, and cosigns only a
head that the log signed and whose tree continues that one's: never a fork, never a rollback. It
forgets nothing while the object lives, also over ``stop`` and ``start``.

It can be told to misbehave: with the faults of every simulator (``fault("/add-checkpoint", …)``:
slow, hang, reset, status, html, empty, truncated, stale …), and with ``lie``.

Example::

    with WitnessSimulator("w1.example") as witness:
        witness.add_log("acme.example/changes", log_public_key)
        policy = f"witness w1 {witness.vkey} {witness.url}"
        ...
        witness.lie = "wrong-signature"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request
from gate.demo.witness_text import (
    COSIGNATURE,
    EMPTY,
    BadRequestError,
    Posted,
    continues,
    cosignature,
    read_request,
    signed_by,
    verifier_key,
)

PATH = "/add-checkpoint"

Lie: TypeAlias = Literal["wrong-signature", "another-key", "another-name", "another-head"]
"""A cosignature that is none: one bit of it is wrong; by a key that nobody knows, in this witness's
name or in another's; on a head of one entry more."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a log that was cosigned last."""

    size: int
    root: bytes


class WitnessSimulator(Simulator):
    """A witness as a server; see the module's example.

    ``heads`` are the newest cosigned heads by origin. ``lie`` spoils each cosignature given while
    it is set; ``pretended`` is named as the size seen last (409), whatever that really is.
    """

    def __init__(
        self,
        name: str = "witness.example",
        *,
        key: Ed25519PrivateKey | None = None,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(port=port, clock=clock)
        self.name = name
        self.heads: dict[str, Head] = {}
        self.lie: Lie | None = None
        self.pretended: int | None = None
        self._key = key or Ed25519PrivateKey.generate()
        self._logs: dict[str, tuple[bytes, ...]] = {}

    @property
    def vkey(self) -> str:
        """The witness's verifier key."""
        return verifier_key(self.name, COSIGNATURE, self._key.public_key().public_bytes_raw())

    def add_log(self, origin: str, *public_keys: bytes) -> None:
        """Cosign the log ``origin``, whose checkpoints these keys (32 bytes each) sign."""
        with self.lock:
            self._logs[origin] = public_keys

    def forget(self, origin: str) -> None:
        """Lose what was seen of a log, as a witness that was set up anew."""
        with self.lock:
            self.heads.pop(origin, None)

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error reply: its status says all."""
        return Reply(f"{status}\n".encode(), status, content_type="text/plain; charset=utf-8")

    def handle(self, request: Request) -> Reply:
        """Cosign, or say why not."""
        if request.path != PATH:
            return self.error(404)
        if request.method != "POST":
            return self.error(405)
        try:
            return self._add_checkpoint(read_request(request.body))
        except BadRequestError:
            return self.error(400)

    def _add_checkpoint(self, posted: Posted) -> Reply:
        """The checks, in the standard's order, and the new state before the reply."""
        keys = self._logs.get(posted.origin)
        if keys is None:
            return self.error(404)
        if not signed_by(posted, posted.origin, keys):
            return self.error(403)
        if posted.old > posted.size:
            return self.error(400)
        last = self.heads.get(posted.origin, Head(0, EMPTY))
        seen = last.size if self.pretended is None else self.pretended
        if posted.old != seen or self.pretended is not None:
            return Reply(f"{seen}\n".encode(), 409, content_type="text/x.tlog.size")
        if not continues(last.size, last.root, posted):
            return self.error(422)
        self.heads[posted.origin] = Head(posted.size, posted.root)
        return Reply(self._cosigned(posted).encode(), content_type="text/plain; charset=utf-8")

    def _cosigned(self, posted: Posted) -> str:
        name, key, text = self.name, self._key, posted.text
        match self.lie:
            case "another-key":
                key = Ed25519PrivateKey.generate()
            case "another-name":
                name, key = f"not.{self.name}", Ed25519PrivateKey.generate()
            case "another-head":
                text = text.replace(f"\n{posted.size}\n", f"\n{posted.size + 1}\n", 1)
        line = cosignature(name, key, text, int(self.now().timestamp()))
        if self.lie == "wrong-signature":
            at = len(line) - 20
            line = line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1 :]
        return line
