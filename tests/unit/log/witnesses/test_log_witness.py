"""Asking witnesses, with every reply scripted: what counts, what is asked again, what is told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, OTHER_LOG_KEY, vkey
from witnesses import Tree

from gate.errors import NOT_RECORDED, UsageError
from gate.http import FetchError, Posted
from gate.http.failure import unavailable
from gate.log.witnesses.witness import NewerHeadError, NotCosignedError, cosign
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import BadSignatureError, ProofError, UnknownKeyError
from gate.tlog.note import (
    MAX_SIGNATURES,
    Ed25519Signer,
    Signature,
    add_signatures,
    parse_note,
    put_signatures,
)
from gate.tlog.trust import TrustPolicy, parse_policy

SIZE = 6
TREE = Tree()
NOTE = TREE.head(SIZE)
TEXT = parse_note(NOTE).text


def witness_signer(number: int, seconds: int = 1_000) -> CosignatureSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([100 + number]) * 32)
    return CosignatureSigner(f"w{number}.example", key, seconds)


def line_of(number: int, text: str = TEXT) -> bytes:
    signer = witness_signer(number)
    return Signature(signer.name, signer.key_id, signer.sign(text.encode())).line.encode()


def policy(rule: str, count: int = 1, silent: str = "") -> TrustPolicy:
    lines = [
        f"witness w{n} {witness_signer(n).verifier.vkey}"
        f"{'' if str(n) in silent else f' https://w{n}.example'}\n"
        for n in range(count)
    ]
    return parse_policy(f"log {vkey(LOG_KEY)}\n{''.join(lines)}{rule}\n")


Say = Posted | Exception


@dataclass
class Script:
    """Each witness's replies in turn, by its number; the last one repeats."""

    replies: Mapping[int, list[Say]]
    asked: list[tuple[int, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, service: str, base_url: str, path: str, body: bytes) -> Posted:
        assert (service, path) == ("the witness", "/add-checkpoint")
        number = int(base_url.removeprefix("https://w").removesuffix(".example"))
        with self.lock:
            self.asked.append((number, body))
            replies = self.replies[number]
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def olds(self, number: int) -> list[bytes]:
        return [body.split(b"\n")[0] for n, body in self.asked if n == number]


def said(body: bytes, status: int = 200, media: str = "text/plain") -> Posted:
    return Posted(status, media, body)


def conflict(size: int) -> Posted:
    return said(b"%d\n" % size, 409, "text/x.tlog.size")


def good(number: int) -> list[Say]:
    return [said(line_of(number))]


def down() -> Say:
    cause = "the witness could not be reached: no connection, or it was reset"
    return FetchError(unavailable("the witness", "POST /add-checkpoint", cause))


def run(
    replies: Mapping[int, list[Say]],
    rule: str = "quorum w0",
    *,
    known: int = 0,
    note: bytes = NOTE,
    silent: str = "",
) -> tuple[bytes, Script]:
    script = Script(replies)
    asked = policy(rule, max(replies, default=0) + 1, silent)
    prove = lambda old: TREE.proof(old, SIZE)  # noqa: E731 - it is that
    return cosign(note, asked, prove, script, known=known), script


def fails(
    replies: Mapping[int, list[Say]], rule: str = "quorum w0", *, known: int = 0, silent: str = ""
) -> NotCosignedError:
    with pytest.raises(NotCosignedError) as caught:
        run(replies, rule, known=known, silent=silent)
    assert caught.value.exit_code == NOT_RECORDED
    assert caught.value.remedy
    assert caught.value.message.isprintable() or "\n" in caught.value.message
    return caught.value


# ---------------------------------------------------------------- what is asked


def test_the_first_guess_is_the_size_last_known() -> None:
    cosigned, script = run({0: good(0)}, known=4)
    assert cosigned == NOTE + line_of(0)
    (number, body) = script.asked[0]
    head, note = body.split(b"\n\n", 1)
    assert (number, note) == (0, NOTE)
    assert head.split(b"\n")[0] == b"old 4"
    assert len(head.split(b"\n")) - 1 == len(TREE.naive(SIZE).proof(4, SIZE))


@pytest.mark.parametrize(("known", "old"), [(0, b"old 0"), (SIZE, b"old 6"), (99, b"old 6")])
def test_from_nothing_and_from_our_own_size_no_proof_is_made(known: int, old: bytes) -> None:
    _, script = run({0: good(0)}, known=known)
    assert script.asked == [(0, old + b"\n\n" + NOTE)]


def test_a_conflict_is_answered_with_a_proof_from_the_size_it_names() -> None:
    for size in range(SIZE + 1):
        known = 5 if size == 0 else 0
        cosigned, script = run({0: [conflict(size), *good(0)]}, known=known)
        assert cosigned == NOTE + line_of(0)
        assert script.olds(0) == [b"old %d" % known, b"old %d" % size][: len(script.asked)]


def test_a_size_that_moves_is_followed_as_long_as_it_grows() -> None:
    moving = [conflict(size) for size in range(1, SIZE)]
    _, script = run({0: [*moving, *good(0)]})
    assert script.olds(0) == [b"old %d" % size for size in range(SIZE)]


def test_a_witness_that_goes_back_is_not_followed() -> None:
    error = fails({0: [conflict(3), conflict(2), *good(0)]})
    assert "went back from size 3 to size 2" in error.message
    assert "does not keep to" in error.remedy


def test_a_quorum_that_the_head_bears_is_asked_nobody_for() -> None:
    done = NOTE + line_of(0)
    cosigned, script = run({0: []}, note=done)
    assert (cosigned, script.asked) == (done, [])
    cosigned, script = run({0: [], 1: good(1)}, "group g all w0 w1\nquorum g", note=done)
    assert cosigned == done + line_of(1)
    assert [number for number, _ in script.asked] == [1]


def test_with_quorum_none_nobody_is_asked() -> None:
    cosigned, script = run({0: []}, "quorum none")
    assert (cosigned, script.asked) == (NOTE, [])


def test_signatures_of_others_stay_under_the_head() -> None:
    stranger = Ed25519Signer("other.example/x", Ed25519PrivateKey.from_private_bytes(b"\x55" * 32))
    note = add_signatures(NOTE, [stranger])
    cosigned, _ = run({0: good(0)}, note=note)
    assert cosigned == note + line_of(0)


def test_a_note_that_is_full_takes_no_more_and_misses_the_quorum() -> None:
    many = [Signature("x.example", n.to_bytes(4, "big"), b"x") for n in range(MAX_SIGNATURES - 1)]
    full = put_signatures(NOTE, many)
    with pytest.raises(NotCosignedError):
        run({0: good(0)}, note=full)
    almost = put_signatures(NOTE, many[:-1])
    assert run({0: good(0)}, note=almost)[0] == almost + line_of(0)


def test_what_the_log_did_not_sign_is_shown_to_nobody() -> None:
    script = Script({0: good(0)})
    for note, error in [
        (Tree(signer=OTHER_LOG_KEY).head(SIZE), UnknownKeyError),
        (NOTE + line_of(0, TEXT.replace("6", "7", 1)), BadSignatureError),
    ]:
        with pytest.raises(error):
            cosign(note, policy("quorum w0"), lambda _: (), script)
    assert script.asked == []


def test_a_broken_log_is_not_taken_for_a_broken_witness() -> None:
    def broken(_: int) -> tuple[bytes, ...]:
        raise ProofError("the tiles do not make the root")

    with pytest.raises(ProofError, match="the tiles"):
        cosign(NOTE, policy("quorum w0"), broken, Script({0: good(0)}), known=3)


# ---------------------------------------------------------------- what each answer means


@pytest.mark.parametrize(
    ("reply", "told", "remedy"),
    [
        (said(b"", 400), "400", "tlog-witness"),
        (said(b"", 403), "does not accept the log's signature", "trust.policy's log line"),
        (said(b"", 404), "does not know this log (404)", "add the log"),
        (said(b"", 422), "does not continue", "append nothing until that is known"),
        (said(b"<html></html>", 200, "text/html"), "gave no answer", "tlog-witness"),
        (said(b""), "gave no answer", "tlog-witness"),
        (said(b"6\n"), "gave no answer", "tlog-witness"),
        (said(b"7\n", 409), "text/x.tlog.size", "tlog-witness"),
        (said(b"", 201), "status 201", "tlog-witness"),
        (conflict(0), "size 0", "tlog-witness"),
        (said(line_of(1)), "no cosignature by its key", "compare the witness's key"),
        (said(line_of(0, TEXT.replace("6", "7", 1))), "does not verify", "compare the witness's"),
        (said(line_of(0)[:-6] + b"AAA==\n"), "does not verify", "compare the witness's"),
        (down(), "could not be reached", "can be reached"),
        (UsageError("the URL of the witness is not one"), "is not one", "trust.policy"),
    ],
)
def test_each_failure_is_named_with_its_remedy(reply: Say, told: str, remedy: str) -> None:
    error = fails({0: [reply]})
    assert f"\n  'w0': {error.answers[0].told}" in error.message
    assert told in error.message
    assert remedy in error.remedy
    assert not isinstance(error, NewerHeadError)


def test_a_witness_without_url_cosigns_only_with_the_checkpoint() -> None:
    error = fails({0: []}, silent="0")
    assert "'w0': has no URL in trust.policy" in error.message
    assert "can only come with the checkpoint" in error.remedy
    done = NOTE + line_of(0)
    assert run({0: []}, note=done, silent="0")[0] == done


def test_a_newer_head_is_told_apart() -> None:
    error = fails(
        {0: [conflict(9)], 1: [conflict(7)], 2: [down()]}, "group g all w0 w1 w2\nquorum g"
    )
    assert isinstance(error, NewerHeadError)
    assert error.size == 9
    assert "'w0': has cosigned a head of 9 entries" in error.message
    assert "read the log's head again" in error.remedy


def test_a_newer_head_is_no_matter_once_the_quorum_is_met() -> None:
    cosigned, _ = run({0: [conflict(9)], 1: good(1)}, "group g any w0 w1\nquorum g")
    assert cosigned == NOTE + line_of(1)


def test_of_several_signatures_only_the_witness_s_own_is_taken() -> None:
    stranger = Ed25519Signer("other.example/x", Ed25519PrivateKey.from_private_bytes(b"\x55" * 32))
    other = Signature(stranger.name, stranger.key_id, stranger.sign(TEXT.encode()))
    own = line_of(0)
    cosigned, _ = run({0: [said(other.line.encode() + line_of(1) + own + own)]})
    assert cosigned == NOTE + own


def test_the_error_names_each_missing_witness_and_no_other() -> None:
    rule = "group g 4 w0 w1 w2 w3\nquorum g"
    error = fails({0: good(0), 1: [down()], 2: [said(b"", 404)], 3: good(3)}, rule)
    assert [one.witness.name for one in error.answers] == ["w1", "w2"]
    assert "cosigned by 'w0', 'w3', which does not meet the quorum 'g'" in error.message


# ---------------------------------------------------------------- quorums


@pytest.mark.parametrize("needed", [1, 2, 3, 4])
def test_k_of_n_is_met_by_any_k_and_by_no_fewer(needed: int) -> None:
    everyone = range(4)
    rule = f"group g {needed} w0 w1 w2 w3\nquorum g"
    for up in (set(some) for k in range(5) for some in combinations(everyone, k)):
        replies = {n: good(n) if n in up else [down()] for n in everyone}
        if len(up) < needed:
            error = fails(replies, rule)
            assert {int(one.witness.name[1]) for one in error.answers} == set(everyone) - up
            continue
        cosigned, script = run(replies, rule)
        _, note = policy(rule, 4).open_with_signatures(cosigned)
        assert len(note.verified) == 1 + len(up)  # nobody who answered in time is left out
        assert {number for number, _ in script.asked} == set(everyone)


def test_a_witness_outside_the_quorum_is_asked_too_and_needed_by_nobody() -> None:
    assert run({0: good(0), 1: good(1)})[0] == NOTE + line_of(0) + line_of(1)
    assert run({0: good(0), 1: [down()]})[0] == NOTE + line_of(0)
    fails({0: [down()], 1: good(1)})


def test_all_are_asked_at_once_and_who_hangs_holds_up_nobody() -> None:
    meeting = threading.Barrier(3, timeout=60)  # passed only by three who are there together
    release = threading.Event()

    def post(service: str, base_url: str, path: str, body: bytes) -> Posted:
        assert (service, path, bool(body)) == ("the witness", "/add-checkpoint", True)
        number = int(base_url.removeprefix("https://w").removesuffix(".example"))
        meeting.wait()
        if number == 2:
            release.wait()
        return said(line_of(number))

    rule = policy("group g 2 w0 w1 w2\nquorum g", 3)
    try:
        cosigned = cosign(NOTE, rule, lambda _: (), post, grace=0.05)
    finally:
        release.set()
    assert cosigned == NOTE + line_of(0) + line_of(1)


def test_who_comes_too_late_is_not_asked_again() -> None:
    """The head is done with: a proof for the straggler would read a log that has moved on."""
    ended, answered = threading.Event(), threading.Event()
    asked: list[int] = []

    def post(service: str, base_url: str, path: str, body: bytes) -> Posted:
        assert (service, path, bool(body)) == ("the witness", "/add-checkpoint", True)
        number = int(base_url.removeprefix("https://w").removesuffix(".example"))
        asked.append(number)
        if number == 0:
            return said(line_of(0))
        ended.wait()
        answered.set()
        return conflict(SIZE)

    rule = policy("group g any w0 w1\nquorum g", 2)
    assert cosign(NOTE, rule, lambda _: (), post, grace=0) == NOTE + line_of(0)
    threads = [one for one in threading.enumerate() if one.name == "gate-witness"]
    ended.set()
    for one in threads:
        one.join()
    assert answered.is_set()
    assert sorted(asked) == [0, 1]


def test_what_a_thread_raises_is_raised() -> None:
    with pytest.raises(LookupError, match="a bug"):
        run({0: [LookupError("a bug")]})
