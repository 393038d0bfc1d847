"""Asking one witness for its cosignature, and what to do about each way in which it can fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import MalformedError, TlogError
from gate.tlog.note import Signature, format_note, open_note
from gate.tlog.trust import Witness
from gate.tlog.witness import (
    PATH,
    AddCheckpoint,
    Conflict,
    Cosigned,
    Refusal,
    Refused,
    Reply,
    format_request,
    parse_reply,
)

if TYPE_CHECKING:  # it imports the library that asks, which no reader needs
    from gate.http import Posted

ASKS = 16
"""How often one witness is asked: with a guess, then with each larger size that it names, while
other writers have their heads cosigned."""

_NO_URL = (
    "give the URL of each witness in trust.policy (witness NAME VKEY URL); without one, its "
    "cosignature can only come with the checkpoint"
)
_BAD_URL = "correct the witness's URL in trust.policy"
_UNREACHABLE = "see that the witnesses can be reached from here, and run again"
_NO_WITNESS = (
    "see what answers at the witness's URL in trust.policy: it does not keep to "
    "c2sp.org/tlog-witness"
)
_WRONG_KEY = "compare the witness's key in trust.policy with the one that its operator publishes"
_AGAIN = "run again"
_NEWER = (
    "read the log's head again and have that cosigned; if the log has no newer one, somebody "
    "rolled it back: find out who, and put the newer head back"
)
_BAD_REQUEST = ("says that the request is none (400)", _NO_WITNESS)
_BAD_SIGNATURE = (
    "does not accept the log's signature, or does not know the log (403)",
    "have the witness's operator add the log under the key of trust.policy's log line",
)
_BAD_ORIGIN = (
    "does not know this log (404)",
    "have the witness's operator add the log's origin and key, and check the witness's URL",
)
_BAD_PROOF = (
    "says that this head does not continue the one that it cosigned (422)",
    (
        "compare the log with heads kept elsewhere (gate log verify --kept): it may have been "
        "forked or written anew; append nothing until that is known"
    ),
)
_REFUSALS = {
    Refusal.OLD_SIZE: _BAD_REQUEST,
    Refusal.SIGNATURE: _BAD_SIGNATURE,
    Refusal.ORIGIN: _BAD_ORIGIN,
    Refusal.PROOF: _BAD_PROOF,
}

Prove: TypeAlias = Callable[[int], tuple[bytes, ...]]
"""(a size between 0 and the checkpoint's, both excluded) -> the consistency proof from there."""


class Post(Protocol):
    """Posts ``body``: a ``gate.http.Poster``. Raises ``FetchError`` and ``UsageError``."""

    def __call__(self, service: str, base_url: str, path: str, body: bytes) -> Posted:
        """The reply."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one witness.

    ``signature`` verifies with the key of ``witness``; None where there is none, and then ``told``
    and ``remedy`` say why. ``newer`` is the size of the head that it has cosigned, where that is
    larger than ours.
    """

    witness: Witness
    signature: Signature | None = None
    told: str = ""
    remedy: str = ""
    newer: int | None = None


class Asking:
    """What every witness is asked of one head, and how; threads may share it.

    ``text`` is the checkpoint's. ``prove`` is called by one thread at a time. Once ``over`` is set,
    nobody is asked again.
    """

    def __init__(
        self, checkpoint: bytes, text: str, head: Checkpoint, prove: Prove, post: Post, known: int
    ) -> None:
        self._checkpoint = checkpoint
        self._text = text
        self._head = head
        self._prove = prove
        self._post = post
        self._known = min(known, head.size)
        self._proofs: dict[int, tuple[bytes, ...]] = {0: (), head.size: ()}
        self._lock = threading.Lock()
        self.over = threading.Event()

    def ask(self, witness: Witness) -> Answer:
        """Ask one witness; raises only what ``prove`` does."""
        if witness.url is None:
            return Answer(witness, told="has no URL in trust.policy", remedy=_NO_URL)
        old, named = self._known, -1
        for _ in range(ASKS):
            if self.over.is_set():
                break
            request = AddCheckpoint(old, self._proof(old), self._checkpoint)
            reply = self._exchange(witness, witness.url, request)
            if isinstance(reply, Answer):
                return reply
            if isinstance(reply, Cosigned):
                return self._accepted(witness, reply)
            if isinstance(reply, Refused):
                told, remedy = _REFUSALS[reply.why]
                return Answer(witness, told=told, remedy=remedy)
            if reply.size > self._head.size or reply.size == old:
                return _stuck(witness, reply, old)
            if reply.size < named:
                told = f"went back from size {named} to size {reply.size} (409)"
                return Answer(witness, told=told, remedy=_NO_WITNESS)
            old = named = reply.size
        return Answer(witness, told="had seen another head each time it was asked", remedy=_AGAIN)

    def _exchange(self, witness: Witness, url: str, request: AddCheckpoint) -> Reply | Answer:
        """The witness's reply, or why there is none."""
        from gate.http import FetchError

        try:
            posted = self._post("the witness", url, PATH, format_request(request))
        except FetchError as error:
            return Answer(witness, told=error.problem.cause, remedy=_UNREACHABLE)
        except UsageError as error:
            return Answer(witness, told=error.message, remedy=_BAD_URL)
        try:
            return parse_reply(posted.status, posted.media, posted.body)
        except MalformedError as error:
            return Answer(witness, told=f"gave no answer: {error.message}", remedy=_NO_WITNESS)

    def _proof(self, old: int) -> tuple[bytes, ...]:
        with self._lock:  # what reads a log is not made for several threads
            if old not in self._proofs:
                self._proofs[old] = self._prove(old)
            return self._proofs[old]

    def _accepted(self, witness: Witness, reply: Cosigned) -> Answer:
        """The witness's own signature among those it gave, if it is good; others are ignored."""
        key = witness.key
        for one in reply.signatures:
            if (one.name, one.key_id) != (key.name, key.key_id):
                continue
            try:
                open_note(format_note(self._text, [one]), [key])
            except TlogError:
                told = "gave a cosignature that does not verify with its key, which is not used"
                return Answer(witness, told=told, remedy=_WRONG_KEY)
            return Answer(witness, signature=one)
        return Answer(witness, told="gave no cosignature by its key", remedy=_WRONG_KEY)


def _stuck(witness: Witness, conflict: Conflict, old: int) -> Answer:
    """A conflict that no proof from another size can resolve."""
    if conflict.size == old:
        told = f"says that it has not seen size {old}, but size {old} (409)"
        return Answer(witness, told=told, remedy=_NO_WITNESS)
    told = f"has cosigned a head of {conflict.size} entries (409)"
    return Answer(witness, told=told, remedy=_NEWER, newer=conflict.size)
