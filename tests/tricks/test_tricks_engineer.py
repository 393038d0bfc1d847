"""Tricks of whoever wants a deployment to go on: tickets, persons, commits, names, the policy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jobs import SHOP, must_say, said
from tricks.stages import SECTION, Play, judged

from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import AFTER_RUN, HOUR, MINUTE, Scene
from gate.demo.repository import Author
from gate.demo.servicenow_world import ServiceNowWorld
from gate.model import Outcome

METHODS = pytest.mark.parametrize("method", ["merge", "squash", "rebase"])

# ---------------------------------------------------------------- tickets


def test_late_ticket(anywhere: Play) -> None:
    """The pipeline is begun first; the ticket is opened, and approved, while it waits."""
    scene = anywhere.tell(ticket=AFTER_RUN)
    anywhere.blocked_by(
        "ticket-predates-deployment", scene, words=(scene.key, "Start a new pipeline run")
    )


def test_rerun_after_making_a_ticket(anywhere: Play) -> None:
    """The blocked job is run again once there is a ticket: its newest attempt is younger."""
    scene = anywhere.tell(ticket=AFTER_RUN, rerun=True)
    anywhere.blocked_by(
        "ticket-predates-deployment", scene, words=("a re-run keeps its old start",)
    )


@pytest.mark.parametrize(
    "covers", ["billing", "workshop", "shop-admin", "sh\N{CYRILLIC SMALL LETTER O}p"]
)
def test_borrowed_ticket(anywhere: Play, covers: str) -> None:
    """A colleague's approved ticket for something else, also of a like name, is given for this."""
    scene = anywhere.tell(covers=covers)
    anywhere.blocked_by("ticket-covers-change", scene, words=(scene.key,))


def test_borrowed_ticket_beside_the_own_one(anywhere: Play) -> None:
    """The approved ticket is given along with the one that nobody approved: each is judged."""
    borrowed, own = anywhere.tell(), anywhere.tell(anywhere.company.keys[2], approver="")
    given = ("--ticket", borrowed.key, "--ticket", own.key)
    anywhere.blocked_by("approved", own, *given, words=(f"{own.key} has 0 of 1 approvals",))


def test_sent_back_ticket(desk: Play) -> None:
    """The approver moves the ticket back, or closes it, and the maker moves it on again."""
    scene = desk.tell()
    desk.desk.send_back(scene.key, by="bob", at=desk.now - HOUR)
    desk.desk.move_on(scene.key, at=desk.now - HOUR + MINUTE)
    desk.blocked_by("approved", scene, words=(f"{scene.key} has 0 of 1 approvals",))


def test_sent_back_ticket_without_its_history(service_desk: Play) -> None:
    """Nor is it told any more that it was sent back."""
    scene, world = service_desk.tell(), service_desk.world
    service_desk.desk.send_back(scene.key, by="bob", at=service_desk.now - HOUR)
    service_desk.desk.move_on(scene.key, at=service_desk.now - HOUR + MINUTE)
    assert isinstance(world, ServiceNowWorld)
    world.servicenow.closed_tables.add("sys_audit")
    service_desk.blocked_by(
        "approved", scene, code=11, words=("no whole history", "sent back as late as")
    )


def test_borrowed_ticket_of_the_same_service(anywhere: Play) -> None:
    """The colleague's ticket is for this service, too: by default that is an exception to look at.

    Used once, it is used: the colleague's own deployment is denied, and so comes to light.
    """
    borrowed, own = anywhere.tell(), anywhere.tell(anywhere.company.keys[2], approver="")
    scene = replace(own, key=borrowed.key)
    anywhere.warned_by("change-linked", scene, words=(borrowed.key,))
    late = anywhere.enforce(borrowed)
    assert late.code == 10, said(late)
    must_say(late, "ticket-not-reused", f"let {own.commit[:12]} of shop in")
    anywhere.demand("change-linked")
    anywhere.blocked_by("change-linked", scene)


def test_recycled_ticket(anywhere: Play) -> None:
    """A ticket that let one change in is given again for the next one."""
    first = anywhere.tell()
    anywhere.allowed_now(first)
    second = anywhere.tell(first.key, with_ticket=False)
    anywhere.blocked_by("ticket-not-reused", second, words=(f"let {first.commit[:12]} of shop in",))


@pytest.mark.parametrize("ticket_by", ["alice", "carol"])
def test_own_second_account(anywhere: Play, ticket_by: str) -> None:
    """alice approves her own code as the ticket system knows her, which the forge does not."""
    scene = anywhere.tell(ticket_by=ticket_by, approver="alice", author="alice")
    anywhere.blocked_by("approver-independent", scene, words=("alice",))


def test_second_account_that_nobody_owns(anywhere: Play) -> None:
    """The second account is one of which nobody knows whose it is."""
    scene = anywhere.tell(approver="mallory")
    anywhere.blocked_by("approved", scene, code=11, words=("[[people]]",))


# ---------------------------------------------------------------- authors and dates


@METHODS
def test_forged_author(forge: Play, method: str) -> None:
    """The approver writes the code in alice's name; the push says whose it was."""
    scene = forge.tell(author="alice", pusher="bob", method=method)
    forge.blocked_by("approver-independent", scene, words=("bob",))


@METHODS
def test_forged_pusher(forge: Play, method: str) -> None:
    """The approver's commits are pushed by alice: git's author adds a maker all the same."""
    scene = forge.tell(author="bob", pusher="alice", method=method)
    forge.blocked_by("approver-independent", scene, words=("bob",))


def test_forged_author_whose_push_was_replaced(forge: Play) -> None:
    """alice replaces the branch that the approver pushed by a commit of her own name."""
    told = forge.tell()
    shop, at = forge.repository, forge.now - 5 * HOUR
    bobs = shop.commit("In alice's name", by="alice", at=at, on=told.base)
    shop.push("replaced", bobs, by="bob", at=at)
    forge.open(77, "replaced", by="alice", at=at)
    own = shop.commit("As if it were hers", by="alice", at=at, on=told.base)
    shop.push("replaced", own, by="alice", at=at + 20 * MINUTE)
    forge.review(77, by="carol", at=forge.now - 4 * HOUR)
    merged = shop.merge(77, by="carol", at=forge.now - 50 * MINUTE)
    forge.blocked_by("approver-independent", forge.run_of(merged, told), words=("bob",))


def test_forged_co_author_takes_nobody_away(forge: Play) -> None:
    """The approver's commit names another author; nothing that git says frees the pusher."""
    shop, now = forge.repository, forge.now
    stranger = Author("Carol", "carol@acme.example")
    head = shop.commit("Mine\n\nCo-authored-by: Dave <dave@acme.example>", by=stranger, at=now)
    shop.push("forged", head, by="bob", at=now - 5 * HOUR)
    forge.open(70, "forged", by="bob", at=now - 5 * HOUR)
    forge.review(70, by="carol", at=now - 4 * HOUR)
    merged = shop.merge(70, by="carol", at=now - HOUR)
    forge.blocked_by("approver-independent", forge.run_of(merged), words=("bob",))


def test_forged_dates(forge: Play) -> None:
    """A commit dated before everything is pushed after the approval; only the push counts."""
    shop, now = forge.repository, forge.now
    old = shop.commit("Always been here", by="alice", at=now - 5000 * HOUR, on="main")
    shop.push("old", old, by="alice", at=now - 2 * HOUR)  # the approval is three hours old
    forge.open(71, "old", by="alice", at=now - 2 * HOUR)
    forge.review(71, by="carol", at=now - HOUR)
    merged = shop.merge(71, by="carol", at=now - HOUR)
    forge.blocked_by(
        "approval-covers-change", forge.run_of(merged), words=("The last push to", "approved CHG-1")
    )


@METHODS
def test_push_after_approval(anywhere: Play, method: str) -> None:
    """One more commit goes onto the branch once the ticket is approved, dated before it."""
    scene = anywhere.tell(late_push=True, method=method)
    anywhere.blocked_by("approval-covers-change", scene)


def test_another_base_after_approval(anywhere: Play) -> None:
    """The pull request is to go into a branch that harms nobody until the ticket is approved."""
    scene = anywhere.tell(aimed_at="harmless")
    anywhere.blocked_by("approval-covers-change", scene, words=("given another base",))


# ---------------------------------------------------------------- commits


@pytest.mark.parametrize("tag", ["", "main"], ids=["alone", "tagged as the release ref"])
def test_side_branch_commit(forge: Play, tag: str) -> None:
    """The commit that is deployed was never merged: its branch is a side branch."""
    shop, now = forge.repository, forge.now
    made = shop.commit("Not merged", by="alice", at=now - 5 * HOUR, on="main")
    shop.push("side", made, by="alice", at=now - 5 * HOUR)
    forge.open(72, "side", by="alice", at=now - 5 * HOUR)
    if tag:
        shop.tag(tag, made)
    forge.blocked_by("commit-on-release-ref", forge.run_of(made), words=("main",))


def test_fork_commit(forge: Play) -> None:
    """The commit is a fork's, which the forge shows through the parent's address as well."""
    shop, now = forge.repository, forge.now
    fork = forge.fork("mallory")
    made = shop.commit("From afar", by="mallory", at=now - 5 * HOUR, on="main")
    fork.push("afar", made, by="mallory", at=now - 5 * HOUR)
    forge.open(73, "afar", by="mallory", at=now - 5 * HOUR, source=fork)
    forge.blocked_by("commit-on-release-ref", forge.run_of(made))


def hidden_in_a_merge(
    play: Play, *, by: str, author: Author | None = None, reviewer: str = "carol"
) -> Scene:
    """The reviewed branch is merged by hand, and the merge commit holds more than it.

    The ticket is approved after that, so that nothing is wrong with the order.
    """
    told = play.tell(approval=20 * MINUTE)
    shop, now = play.repository, play.now
    more = shop.commit("More", by="alice", at=now - 5 * HOUR, on=told.base)
    shop.push("more", more, by="alice", at=now - 5 * HOUR)
    play.open(74, "more", by="alice", at=now - 5 * HOUR)
    play.review(74, by=reviewer, at=now - 4 * HOUR)
    files, at = {"backdoor.py": "print('in')\n"}, now - 30 * MINUTE
    message = f"{told.key}: merge branch 'more'"
    bent = shop.commit(message, by=author or by, at=at, on=("main", "more"), files=files)
    shop.push("main", bent, by=by, at=at)
    return play.run_of(bent, told)


def test_hidden_content_in_a_merge(forge: Play) -> None:
    """dave, no maker of the reviewed branch, puts more into the merge than was reviewed."""
    scene = hidden_in_a_merge(forge, by="dave")
    forge.check_out(scene)
    forge.warned_by("merge-matches-review", scene)
    forge.demand("merge-matches-review")
    forge.blocked_by("merge-matches-review", scene, words=(scene.commit[:12],))


def test_hidden_content_in_a_merge_by_the_approver(forge: Play) -> None:
    """The approver of the ticket does it: whoever makes a merge by hand is a maker."""
    scene = hidden_in_a_merge(forge, by="bob")
    forge.blocked_by("approver-independent", scene, words=("bob",))


def test_hidden_content_in_a_merge_that_looks_like_the_forges(forge: Play) -> None:
    """Git names the site itself as who made the merge: that frees nobody who pushed it."""
    site = Author("GitHub", "noreply@github.com")
    scene = hidden_in_a_merge(forge, by="bob", author=site)
    forge.blocked_by("approver-independent", scene, words=("bob",))


def test_base_one_commit_back(forge: Play) -> None:
    """--base HEAD~1 would leave the bad commits of the pull request out of what is judged."""
    shop, now = forge.repository, forge.now
    bad = shop.commit("Bad", by="bob", at=now - 5 * HOUR, on="main")
    good = shop.commit("Good", by="alice", at=now - 5 * HOUR, on=bad)
    shop.push("both", good, by="alice", at=now - 5 * HOUR)
    forge.open(75, "both", by="alice", at=now - 5 * HOUR)
    forge.review(75, by="carol", at=now - 4 * HOUR)
    scene = forge.run_of(shop.merge(75, by="carol", at=now - HOUR))
    forge.blocked_by("approver-independent", scene, words=("bob",))
    narrow = forge.enforce(scene, "--base", good)
    assert narrow.code == 2, said(narrow)
    must_say(narrow, "--base", "to do:")
    assert "ALLOWED" not in narrow.out


# ---------------------------------------------------------------- names and policy


@pytest.mark.parametrize("name", ["shop2", "Shop", "shop ", "acme/shop"])
def test_fresh_service_name(forge: Play, name: str) -> None:
    """A service that the policy does not list has no history, no owner and no rules."""
    forge.unasked(
        *("enforce", "--service", name, "--environment", "production", "--ticket", forge.scene.key),
        environment=forge.ci(),
        words=("the policy lists no service", "to do:"),
    )


@pytest.mark.parametrize("name", ["prod", "Production", "production ", "production\n", "staging"])
def test_fresh_environment_name(forge: Play, name: str) -> None:
    """An environment that the policy does not list asks for nothing."""
    forge.unasked(
        *("enforce", "--service", "shop", "--environment", name, "--ticket", forge.scene.key),
        environment=forge.ci(),
        words=("lists no environment", "to do:"),
    )


def test_edited_policy(anywhere: Play) -> None:
    """gate.toml asks for less in the pull request that profits from it."""
    scene = anywhere.tell(late_push=True)
    weaker = anywhere.rewrite(
        "weaker.toml", (SECTION, SECTION + 'controls = { approval-covers-change = "off" }\n')
    )
    anywhere.blocked_by(
        "policy-pinned", scene, words=("GATE_POLICY_SHA256",), GATE_CONFIG=weaker["GATE_CONFIG"]
    )


def test_policy_that_nothing_pins(anywhere: Play) -> None:
    """The job that edits the policy takes the pin out of its own environment, too."""
    anywhere.blocked_by(
        "policy-pinned", anywhere.scene, words=("GATE_POLICY_SHA256",), GATE_POLICY_SHA256=None
    )


# ---------------------------------------------------------------- beside gate


def test_deploys_beside_the_pipeline(forge: Play) -> None:
    """Somebody brings a build to the target by hand, with no receipt, or with another's."""
    forge.allowed_now(forge.scene, "--receipt", "receipts/own")
    byhand = forge.tell()
    must_say(
        forge.refused_at_the_target(byhand, "receipts/own"), byhand.commit[:12], "does not permit"
    )
    for name, other in (("--service", "till"), ("--environment", "staging")):
        ended = forge.gate(
            *("verify", "--receipt", "receipts/own", "--trust", "trust", *SHOP, name, other),
            *("--commit", forge.scene.commit),
        )
        assert ended.code == 10, said(ended)
    none = forge.refused_at_the_target(byhand, "receipts/there-is-none", 2)
    must_say(none, "receipts/there-is-none")


def test_leaves_gate_out_of_the_job(forge: Play) -> None:
    """The step is deleted: the forge's list has a deployment, and the target sees no receipt.

    Once gate is asked again, a ticket made after that deployment comes too late for it.
    """
    scene = forge.tell(ticket=HOUR, approval=HOUR)
    forge.deployed_elsewhere(scene.commit, forge.now - 2 * HOUR)
    forge.refused_at_the_target(scene, code=2)  # there is no receipt to bring
    forge.blocked_by("ticket-predates-deployment", scene, words=("production",))


def test_answers_for_the_forge(forge: Play) -> None:
    """The job's own variables name another commit or run than the one that is going on."""
    other = forge.tell()
    gitlab = isinstance(forge.world, GitLabWorld)
    name = "CI_PIPELINE_ID" if gitlab else "GITHUB_RUN_ID"
    lie = forge.enforce(forge.scene, **{name: str(other.run_id)})
    assert lie.code == (11 if gitlab else 10), said(lie)
    must_say(lie, "ticket-predates-deployment", "to do")
    part = judged(forge.newest(), "ticket-predates-deployment")
    assert part.outcome is (Outcome.UNDETERMINED if gitlab else Outcome.FAIL)
