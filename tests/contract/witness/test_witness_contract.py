"""The client against a witness on loopback: what goes wrong there is named, and never a quorum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import get_args

import pytest
from faults.pipelines import ORIGIN, OTHER_LOG_KEY
from witnesses import Tree, make_witness, policy, policy_text, poster

from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.witness import Lie, WitnessSimulator
from gate.errors import NOT_RECORDED
from gate.log.witnesses.witness import NewerHeadError, NotCosignedError, cosign
from gate.tlog.trust import TrustPolicy, parse_policy

TREE = Tree()
PATH = "/add-checkpoint"


@pytest.fixture
def witnesses() -> Iterator[tuple[WitnessSimulator, ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(make_witness(n)) for n in range(3))


def ask(
    trusted: TrustPolicy, size: int, known: int = 0, tree: Tree = TREE, seconds: float = 60.0
) -> bytes:
    def prove(old: int) -> tuple[bytes, ...]:
        return tree.proof(old, size)

    with closing(poster(seconds)) as post:
        return cosign(tree.head(size), trusted, prove, post, known=known, grace=30.0)


def refused(trusted: TrustPolicy, size: int, *words: str, tree: Tree = TREE) -> NotCosignedError:
    with pytest.raises(NotCosignedError) as caught:
        ask(trusted, size, tree=tree)
    assert caught.value.exit_code == NOT_RECORDED
    for word in words:
        assert word in caught.value.message
    assert caught.value.remedy
    return caught.value


def one_of(witnesses: tuple[WitnessSimulator, ...]) -> TrustPolicy:
    return policy("quorum w0", witnesses[:1])


def cosigners(trusted: TrustPolicy, note: bytes) -> frozenset[str]:
    _, opened = trusted.open_with_signatures(note)
    return trusted.cosigned_by(opened)


# ---------------------------------------------------------------- growth


def test_every_growth_is_cosigned_from_a_right_a_wrong_and_no_guess(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    trusted = policy("group g all w0 w1 w2\nquorum g", witnesses)
    last = 0
    for size, known in [(0, 0), (1, 0), (2, 1), (3, 0), (9, 4), (9, 9), (10, 9), (64, 0), (65, 99)]:
        note = ask(trusted, size, known)
        assert cosigners(trusted, note) == {"w0", "w1", "w2"}
        assert all(one.heads[ORIGIN].size == size for one in witnesses)
        assert all(old == last for old, _ in TREE.asked[-1:] if 0 < last < size)
        last = size


def test_a_right_guess_takes_one_request_and_a_wrong_one_two(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    trusted, witness = one_of(witnesses), witnesses[0]
    for size, known, statuses in [(4, 0, [200]), (7, 4, [200]), (9, 0, [409, 200])]:
        witness.forget_requests()
        ask(trusted, size, known)
        assert [one.status for one in witness.requests] == statuses


def test_witnesses_that_have_seen_different_heads_are_each_met_where_they_are(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    for size, one in zip((3, 5, 8), witnesses, strict=True):
        ask(policy("quorum w0", [one]), size)
    trusted = policy("group g all w0 w1 w2\nquorum g", witnesses)
    assert cosigners(trusted, ask(trusted, 8, known=5)) == {"w0", "w1", "w2"}


# ---------------------------------------------------------------- what is never cosigned


def test_a_forked_log_is_never_cosigned(witnesses: tuple[WitnessSimulator, ...]) -> None:
    trusted = one_of(witnesses)
    ask(trusted, 6)
    for fork in range(6):
        for size in (6, 7, 8, 20):
            error = refused(trusted, size, "does not continue", tree=Tree(fork=fork))
            assert "forked" in error.remedy
    assert witnesses[0].heads[ORIGIN].size == 6


def test_a_rolled_back_log_is_never_cosigned(witnesses: tuple[WitnessSimulator, ...]) -> None:
    trusted = one_of(witnesses)
    ask(trusted, 6)
    for size in range(6):
        error = refused(trusted, size, "has cosigned a head of 6 entries")
        assert isinstance(error, NewerHeadError)
        assert error.size == 6


def test_a_log_that_the_witness_does_not_know_or_under_another_key(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    witness = witnesses[0]
    witness.add_log(ORIGIN, OTHER_LOG_KEY.verifier.public_key)
    refused(one_of(witnesses), 3, "does not accept the log's signature")
    witness._logs.clear()
    refused(one_of(witnesses), 3, "does not know this log (404)")


@pytest.mark.parametrize("lie", get_args(Lie))
def test_a_cosignature_that_is_none_is_named_and_not_used(
    witnesses: tuple[WitnessSimulator, ...], lie: Lie
) -> None:
    witnesses[0].lie = lie
    refused(one_of(witnesses), 3, "'w0': gave", "cosignature")
    both = policy("group g any w0 w1\nquorum g", witnesses[:2])
    note = ask(both, 4)
    assert cosigners(both, note) == {"w1"}
    assert note.count(b"w0.example") == 0


# ---------------------------------------------------------------- faults

LASTING = {
    "reset": (faults.reset(), "reset"),
    "500": (faults.status(500), "failed to answer (500)"),
    "502": (faults.status(502), "failed to answer (502)"),
    "503": (faults.status(503, retry_after=1), "failed to answer (503)"),
    "503 for long": (faults.status(503, retry_after=3600), "no room to wait"),
    "429": (faults.status(429, retry_after=1), "limits how often"),
    "401": (faults.status(401), "401"),
    "400": (faults.status(400), "400"),
    "403": (faults.status(403), "403"),
    "404": (faults.status(404), "404"),
    "405": (faults.status(405), "405"),
    "409": (faults.status(409), "text/x.tlog.size"),
    "422": (faults.status(422), "422"),
    "html": (faults.html(), "gave no answer"),
    "empty": (faults.empty(), "gave no answer"),
    "truncated": (faults.truncated(), "broke off"),
    "huge": (faults.huge(), "larger than 10 MB"),
    "json": (faults.replace({"signatures": []}), "gave no answer"),
    "elsewhere": (faults.redirect("https://evil.example/add-checkpoint"), "redirects"),
    "at home": (faults.redirect("/add-checkpoint"), "redirects"),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_is_named(witnesses: tuple[WitnessSimulator, ...], name: str) -> None:
    fault, words = LASTING[name]
    witnesses[0].fault(PATH, fault)
    refused(one_of(witnesses), 3, "'w0': ", words)
    two = policy("group g 2 w0 w1 w2\nquorum g", witnesses)
    assert cosigners(two, ask(two, 3)) == {"w1", "w2"}


@pytest.mark.parametrize(
    "fault",
    [faults.reset(), faults.status(500), faults.status(503, retry_after=1), faults.truncated()],
)
def test_a_fault_that_passes_is_outlasted_whether_or_not_it_was_done(
    witnesses: tuple[WitnessSimulator, ...], fault: Fault
) -> None:
    """A reply that broke off was given all the same: the witness has moved, and says so."""
    trusted, witness = one_of(witnesses), witnesses[0]
    ask(trusted, 2)
    witness.fault(PATH, fault, times=2)
    assert cosigners(trusted, ask(trusted, 5, known=2)) == {"w0"}
    assert witness.heads[ORIGIN].size == 5


def test_a_slow_witness_is_waited_for(witnesses: tuple[WitnessSimulator, ...]) -> None:
    witnesses[0].fault(PATH, faults.slow(0.2))
    trusted = policy("group g any w0 w1\nquorum g", witnesses[:2])
    assert cosigners(trusted, ask(trusted, 3)) == {"w0", "w1"}


def test_a_witness_that_hangs_ends_with_the_budget(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    witnesses[0].fault(PATH, "hang")
    with pytest.raises(NotCosignedError, match=r"time budget|in time"):
        ask(one_of(witnesses), 3, seconds=0.5)


def test_a_witness_that_is_down_is_named(witnesses: tuple[WitnessSimulator, ...]) -> None:
    trusted = one_of(witnesses)
    witnesses[0].stop()
    refused(trusted, 3, "'w0': the witness could not be reached")


def test_an_old_answer_is_not_taken_for_a_new_one(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    trusted = one_of(witnesses)
    ask(trusted, 3)
    witnesses[0].fault(PATH, "stale")  # its last reply: the cosignature of the head of 3 entries
    refused(trusted, 5, "does not verify with its key")


def test_a_size_that_is_pretended(witnesses: tuple[WitnessSimulator, ...]) -> None:
    trusted, witness = one_of(witnesses), witnesses[0]
    witness.pretended = 2
    refused(trusted, 5, "has not seen size 2, but size 2")
    witness.pretended = 10**18
    error = refused(trusted, 5, "has cosigned a head of 1000000000000000000 entries")
    assert isinstance(error, NewerHeadError)


def test_plain_http_to_another_machine_is_not_asked(
    witnesses: tuple[WitnessSimulator, ...],
) -> None:
    elsewhere = policy_text("quorum w0", witnesses[:1]).replace(
        witnesses[0].url, "http://w0.example"
    )
    refused(parse_policy(elsewhere), 3, "plain http is for loopback only")


def test_a_url_may_end_in_a_slash(witnesses: tuple[WitnessSimulator, ...]) -> None:
    url = witnesses[0].url
    trusted = parse_policy(policy_text("quorum w0", witnesses[:1]).replace(url, url + "/"))
    assert cosigners(trusted, ask(trusted, 3)) == {"w0"}
