"""A client of the witnesses that a trust policy names (C2SP tlog-witness).

A *witness* signs a head only if it continues every head of this log that it signed before. It keeps
one head a log, elsewhere, under its own key: a log that shows one history to some and another to
others, or goes back to an earlier head, is not cosigned again. ``gate.tlog.witness`` has the bytes.

1. What the head bears already counts; where that is the quorum, nobody is asked. 2. Every witness
that is left and has a URL is asked, side by side (``asking``). One that has seen another size than
we guessed says which, and is asked again with a proof from there. A cosignature counts if it
verifies with the key that the policy names. 3. Once the quorum is met, the others have
``GRACE_SECONDS`` more. 4. Without the quorum the head is not recorded (exit code 12), and each
witness is named.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from gate.errors import NotRecordedError
from gate.log.witnesses.asking import Answer, Asking, Post, Prove
from gate.tlog.canonical import shown
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import QuorumError
from gate.tlog.note import MAX_SIGNATURES, put_signatures
from gate.tlog.trust import TrustPolicy, Witness

GRACE_SECONDS = 1.0
"""How long the others are waited for once the quorum is met."""

_HEED_SECONDS = 0.2  # how late an interrupt may be heeded: it may come in another thread
_LATE = "was not waited for"


class NotCosignedError(NotRecordedError):
    """The quorum cannot be met now. ``answers``: of each witness that did not cosign, why."""

    def __init__(self, message: str, *, remedy: str, answers: tuple[Answer, ...]) -> None:
        super().__init__(message, remedy=remedy)
        self.answers = answers


class NewerHeadError(NotCosignedError):
    """The quorum cannot be met, and a witness has cosigned a larger head: of ``size`` entries.

    Others may have appended meanwhile: read the head again, and ask for that. Where there is no
    newer head, the log was rolled back (or the witness is wrong).
    """

    def __init__(
        self, message: str, *, remedy: str, answers: tuple[Answer, ...], size: int
    ) -> None:
        super().__init__(message, remedy=remedy, answers=answers)
        self.size = size


def cosign(
    checkpoint: bytes,
    policy: TrustPolicy,
    prove: Prove,
    post: Post,
    *,
    known: int = 0,
    grace: float = GRACE_SECONDS,
) -> bytes:
    """The signed ``checkpoint`` with the cosignatures that could be had, the quorum among them.

    ``known`` guesses the size that the witnesses have seen last; a wrong guess costs a request.
    ``grace`` is in seconds. Raises ``NotCosignedError`` where the quorum is not met,
    ``NewerHeadError`` where that may be because there is a newer head, and what
    ``TrustPolicy.open_signed`` and ``prove`` raise.
    """
    head, note = policy.open_signed_note(checkpoint)
    already = policy.cosigned_by(note)
    if policy.meets_quorum(already):  # 1
        return checkpoint

    def enough(answers: Sequence[Answer]) -> bool:
        names = {one.witness.name for one in answers if one.signature is not None}
        return policy.meets_quorum(already | names)

    asking = Asking(checkpoint, note.text, head, prove, post, known)
    left = [one for one in policy.witnesses if one.name not in already]
    answers = _side_by_side(asking, left, enough, grace)
    given = [one.signature for one in answers if one.signature is not None]
    room = MAX_SIGNATURES - len(note.verified) - len(note.unknown)
    cosigned = put_signatures(checkpoint, given[:room])
    try:
        policy.open(cosigned)
    except QuorumError as error:
        raise _not_cosigned(error, head, answers) from None  # 4
    return cosigned


def _side_by_side(
    asking: Asking,
    witnesses: Sequence[Witness],
    enough: Callable[[Sequence[Answer]], bool],
    grace: float,
) -> tuple[Answer, ...]:
    """The answer of each witness, in their order.

    The threads are daemons: one that is not waited for holds up nobody's exit.
    """
    ended: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()

    def run(witness: Witness) -> None:
        try:
            ended.put(asking.ask(witness))
        except BaseException as error:  # noqa: BLE001 it is raised again by who waits
            ended.put(error)

    for one in witnesses:  # 2
        threading.Thread(target=run, args=(one,), name="gate-witness", daemon=True).start()
    answers: dict[str, Answer] = {}
    until: float | None = None
    try:
        while len(answers) < len(witnesses):
            answer = _next(ended, until)
            if answer is None:
                break
            answers[answer.witness.name] = answer
            if until is None and enough(tuple(answers.values())):
                until = time.monotonic() + grace  # 3
    finally:
        asking.over.set()
    return tuple(answers.get(one.name) or Answer(one, told=_LATE) for one in witnesses)


def _next(ended: queue.SimpleQueue[Answer | BaseException], until: float | None) -> Answer | None:
    """The next answer, or None if there is none by ``until``; raises what a thread raised."""
    while True:
        left = _HEED_SECONDS if until is None else until - time.monotonic()
        try:
            answer = ended.get(timeout=max(0.0, min(left, _HEED_SECONDS)))
        except queue.Empty:
            if until is None or left > _HEED_SECONDS:
                continue
            return None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _not_cosigned(
    error: QuorumError, head: Checkpoint, answers: tuple[Answer, ...]
) -> NotCosignedError:
    missing = tuple(one for one in answers if one.signature is None)
    reasons = "".join(f"\n  {shown(one.witness.name)}: {one.told}" for one in missing)
    remedies = "; ".join(dict.fromkeys(one.remedy for one in missing if one.remedy))
    message = f"the head of {head.size} entries is {error.message}:{reasons}"
    newer = max((one.newer for one in missing if one.newer is not None), default=None)
    if newer is not None:
        return NewerHeadError(message, remedy=remedies, answers=missing, size=newer)
    return NotCosignedError(message, remedy=remedies, answers=missing)
