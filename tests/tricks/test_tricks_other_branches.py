"""Tricks with other branches: what they hide or date anew must be seen by the whole command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from jobs import Job, job, must_say

from gate.demo.github_state import MergeMethod
from gate.demo.plot import HOUR, MINUTE

CART = ("--service", "cart", "--environment", "production")
RELEASES = ('release_refs = ["main"]', 'release_refs = ["main", "release/*"]')
BY_MERGE = ('predates = "pipeline"', 'predates = "merge"')


class Cart:
    """The cart, deployed two days ago at ``base``; CHG-3, six hours old, approved three hours ago.

    ``commit`` and ``push`` are by the people and at the times before now that a test says.
    """

    def __init__(self, acme: Job) -> None:
        self.acme = acme
        before = acme.world.change(
            *("CHG-2",),
            service="cart",
            ticket=50 * HOUR,
            push=49 * HOUR,
            review=48 * HOUR,
            approval=48 * HOUR,
            merge=47 * HOUR,
        )
        acme.gate(
            *("run", *CART, "--ticket", "CHG-2", "--", "true"),
            environment=acme.ci(before),
            expect=0,
        )
        acme.world.change("CHG-3", covers="cart")  # the ticket is the cart's, the code is not
        self.repository = acme.world.repositories["cart"]
        self.scene = before
        self.base = before.commit

    def at(self, before: timedelta) -> datetime:
        return self.acme.world.now - before

    def commit(self, message: str, *on: str, by: str = "alice") -> str:
        return self.repository.commit(message, by=by, at=self.at(9 * HOUR), on=on or (self.base,))

    def push(self, branch: str, commit: str, before: timedelta, by: str = "alice") -> None:
        self.repository.push(branch, commit, by=by, at=self.at(before))

    def open(self, number: int, head: str, base: str, before: timedelta, by: str = "alice") -> None:
        self.repository.open_pull_request(number, by=by, head=head, base=base, at=self.at(before))

    def merge(self, number: int, before: timedelta, method: MergeMethod = "merge") -> str:
        return self.repository.merge(number, by="alice", at=self.at(before), method=method)

    def deploy(self, commit: str, code: int, *words: str, changes: tuple[str, str] | None) -> None:
        self.repository.workflow_run(9900, commit=commit, by="carol", at=self.at(10 * MINUTE))
        scene = replace(self.scene, key="CHG-3", commit=commit, run_id=9900, actor="carol")
        given = self.acme.rewrite("other.toml", changes) if changes else {}
        enforce = ("enforce", *CART, "--ticket", "CHG-3")
        environment = {**self.acme.ci(scene), **given}
        if code:
            self.acme.blocked(*enforce, environment=environment, code=code, words=words)
        else:
            must_say(self.acme.gate(*enforce, environment=environment, expect=0), *words)


@pytest.fixture
def cart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cart]:
    with job(tmp_path_factory.mktemp("elsewhere"), services=("shop", "cart")) as made:
        yield Cart(made)


@pytest.mark.parametrize(
    ("pusher", "words"),
    [("dave", ("approval-covers-change",)), ("bob", ("approver-independent", "bob approved"))],
)
@pytest.mark.parametrize("scratch", ["scratch", "release/1"])
def test_an_early_merge_by_hand_elsewhere_hides_no_late_push(
    cart: Cart, scratch: str, pusher: str, words: tuple[str, ...]
) -> None:
    cart.push(scratch, cart.base, 5 * HOUR)
    harmless = cart.commit("Harmless")
    cart.push("harmless", harmless, 5 * HOUR)
    cart.open(60, "harmless", scratch, 5 * HOUR)
    cart.push(scratch, cart.commit("Merged by hand", cart.base, harmless), 4 * HOUR)
    evil = cart.commit("After the approval, in alice's name", harmless)
    cart.push("main", evil, HOUR, by=pusher)
    cart.deploy(evil, 10, *words, changes=RELEASES)


def test_an_early_merge_elsewhere_does_not_date_a_push_that_cannot_be_told(cart: Cart) -> None:
    cart.push("scratch", cart.base, 5 * HOUR)
    harmless = cart.commit("Harmless")
    cart.push("harmless", harmless, 5 * HOUR)
    cart.open(60, "harmless", "scratch", 5 * HOUR)
    cart.push("scratch", cart.commit("Merged by hand", cart.base, harmless), 4 * HOUR)
    evil = cart.commit("After the approval, in alice's name", harmless)
    past = cart.commit("Past it", evil)
    cart.push("main", past, HOUR, by="bob")
    cart.push("main", cart.commit("Further", past), HOUR - MINUTE, by="bob")
    cart.deploy(evil, 11, "no push that GitHub shows", changes=None)


def test_an_early_merge_by_the_forge_elsewhere_does_no_harm(cart: Cart) -> None:
    cart.push("release/1", cart.base, 5 * HOUR)
    harmless = cart.commit("Harmless")
    cart.push("harmless", harmless, 5 * HOUR)
    cart.open(60, "harmless", "release/1", 5 * HOUR)
    cart.merge(60, 4 * HOUR + 30 * MINUTE)
    head = cart.commit("On top", harmless)
    cart.push("main", head, 4 * HOUR)
    cart.deploy(head, 0, "1 commit", "pushed directly", changes=RELEASES)


@pytest.mark.parametrize("scratch", ["scratch", "release/1"])
@pytest.mark.parametrize("merged", [False, True])
def test_a_push_before_the_ticket_is_not_dated_by_a_later_merge(
    cart: Cart, scratch: str, merged: bool
) -> None:
    straight = cart.commit("Straight to main")
    cart.push("main", straight, 8 * HOUR)
    if merged:
        cart.push(scratch, cart.base, 5 * HOUR)
        cart.push("again", straight, 5 * HOUR)
        cart.open(60, "again", scratch, 5 * HOUR)
        cart.merge(60, 2 * HOUR)
    words = ("ticket-predates-deployment", "2 h after the merge")
    cart.deploy(straight, 10, *words, changes=BY_MERGE)


@pytest.mark.parametrize(
    ("inner", "outer"), [("merge", "merge"), ("rebase", "merge"), ("merge", "squash")]
)
def test_an_approver_whose_work_was_merged_into_the_branch(
    cart: Cart, inner: MergeMethod, outer: MergeMethod
) -> None:
    """bob writes in alice's name; alice merges it into her branch; bob approves."""
    feature = cart.commit("alice's feature")
    cart.push("feature", feature, 6 * HOUR)
    cart.push("bobs", cart.commit("bob's, in alice's name", feature), 6 * HOUR, by="bob")
    cart.open(60, "bobs", "feature", 5 * HOUR, by="bob")
    cart.merge(60, 5 * HOUR, inner)
    cart.open(61, "feature", "main", 5 * HOUR)
    head = cart.merge(61, HOUR, outer)
    cart.deploy(head, 10, "approver-independent", "bob approved", changes=None)


def test_an_approver_whose_work_was_pulled_into_the_branch(cart: Cart) -> None:
    feature = cart.commit("alice's feature")
    cart.push("feature", feature, 6 * HOUR)
    bobs = cart.commit("bob's, in alice's name", feature)
    cart.push("bobs", bobs, 6 * HOUR, by="bob")
    cart.open(60, "bobs", "feature", 5 * HOUR, by="bob")
    cart.push("feature", bobs, 5 * HOUR)
    cart.open(61, "feature", "main", 5 * HOUR)
    cart.deploy(cart.merge(61, HOUR), 10, "approver-independent", "bob approved", changes=None)


def test_a_colleague_whose_work_was_merged_into_the_branch_is_no_obstacle(cart: Cart) -> None:
    feature = cart.commit("alice's feature")
    cart.push("feature", feature, 6 * HOUR)
    daves = cart.commit("dave's", feature, by="dave")
    cart.push("daves", daves, 6 * HOUR, by="dave")
    cart.open(60, "daves", "feature", 5 * HOUR, by="dave")
    cart.merge(60, 5 * HOUR)
    cart.open(61, "feature", "main", 5 * HOUR)
    cart.repository.review(61, by="carol", at=cart.at(4 * HOUR))
    cart.deploy(cart.merge(61, HOUR), 0, "controls passed, 1 warning", changes=None)
