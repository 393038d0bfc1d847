"""Tricks with reviews and the forge's approvals of a deployment, where they are approvals."""

from __future__ import annotations

from typing import Any

import pytest
from jobs import must_say, said
from tricks.stages import SECTION, Play
from tricks.test_tricks_engineer import hidden_in_a_merge

import gate.http.session
from gate.demo import faults
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import HOUR, MINUTE, Scene

SOURCES = 'sources = ["change-request"]'
OPEN = ('deployable = ["Approved"', 'deployable = ["Awaiting approval", "Approved"')
URGENT = (
    'emergency = { waives = ["approved", "ticket-open"], review_within = "1h", by = ["oncall"],'
    " offline = true }\n"
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is down is not waited for."""
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def count(play: Play, *sources: str, more: tuple[tuple[str, str], ...] = ()) -> None:
    """From now on these sources of approvals count."""
    named = ", ".join(f'"{source}"' for source in sources)
    play.under(play.rewrite("sources.toml", (SOURCES, f"sources = [{named}]"), OPEN, *more))


def in_emergencies(play: Play, *sources: str) -> None:
    """The same where carol may declare emergencies, also while the tickets cannot be read."""
    urgent = ((SECTION, SECTION + URGENT), ("\n[groups]", '\n[groups]\noncall = ["carol"]'))
    count(play, *sources, more=urgent)


def ask_for_changes(play: Play, scene: Scene, *, by: str) -> None:
    """``by`` objects to the scene's request."""
    at = play.now - 2 * HOUR
    if isinstance(play.world, GitLabWorld):
        play.world.project.request_changes(scene.number, by=by, at=at)
    else:
        play.world.shop.review(scene.number, by=by, at=at, state="CHANGES_REQUESTED")


def decide(
    play: Play, scene: Scene, *, by: str, state: str, environment: str = "production"
) -> None:
    """``by`` lets the scene's run into the environment, or not; its job runs on all the same."""
    world = play.world
    if isinstance(world, GitLabWorld):
        made = world.operations.deploys(scene.run_id, environment, at=play.now - 6 * MINUTE)
        world.operations.decide(made, by=by, at=play.now - 5 * MINUTE, status=state)
        return
    world.shop.environments.decide(scene.run_id, environment, by=by, state=state)
    world.shop.runs[scene.run_id].attempts[-1].status = "in_progress"


def test_an_emergency_while_tickets_are_down_hides_no_objection(forge: Play) -> None:
    """Whoever declared it takes the ticket system out of reach; what was objected stands here."""
    in_emergencies(forge, "change-request", "review", "environment")
    declared = ("--emergency", "The shop is down")
    forge.world.jira.fault("/rest/api/", faults.status(503, retry_after=0))
    harmless = forge.tell(approver="")
    ended = forge.enforce(harmless, *declared)
    assert ended.code == 0, said(ended)
    hidden = forge.tell(forge.company.keys[4], approver="")
    simulator = forge.world.gitlab if isinstance(forge.world, GitLabWorld) else forge.world.github
    for place in (r"/reviews|/approvals", "/user"):
        simulator.fault(place, faults.status(503, retry_after=0))
        forge.blocked_by("approved", hidden, *declared, code=11, words=("503",))
        simulator.heal()
    rejected = forge.tell(forge.company.keys[2], approver="")
    decide(forge, rejected, by="bob", state="rejected")
    forge.blocked_by("approved", rejected, *declared, words=("bob",))
    objected = forge.tell(forge.company.keys[3], approver="")
    ask_for_changes(forge, objected, by="dave")
    ended = forge.blocked_by("approved", objected, *declared, words=("dave",))
    must_say(ended, "cannot do without approved")


def token_of(play: Play, person: str) -> dict[str, Any]:
    """A token of a person, which gate asks the forge with: what the job is given."""
    if isinstance(play.world, GitLabWorld):
        return {"GITLAB_TOKEN": play.world.gitlab.add_token(person)}
    return {"GITHUB_TOKEN": play.world.github.add_token(person, f"ghp_{person}")}


def test_the_token_that_gate_asks_with_approves(forge: Play) -> None:
    """The forge's token is an approver's own, so that every job can approve in their name."""
    for source in ("review", "environment"):
        count(forge, source)
        key = forge.company.keys[1 if source == "review" else 2]
        scene = forge.tell(key, approver="", reviewer="bob")
        decide(forge, scene, by="bob", state="approved")
        bobs, daves = token_of(forge, "bob"), token_of(forge, "dave")
        forge.blocked_by("approved", scene, **bobs)
        place = forge.world.gitlab if isinstance(forge.world, GitLabWorld) else forge.world.github
        place.fault("/user", faults.status(403, retry_after=0))
        forge.blocked_by("approved", scene, code=11, **daves)
        place.heal()
        forge.allowed_now(scene, **daves)


def test_the_token_that_gate_asks_with_reviews(forge: Play) -> None:
    """The same where a review is required beside the ticket's approval."""
    forge.demand("peer-reviewed")
    forge.blocked_by("peer-reviewed", forge.tell(reviewer="bob"), **token_of(forge, "bob"))


def test_one_person_in_three_places(forge: Play) -> None:
    """Two must approve: bob does on the ticket, in the request and at the environment."""
    sources = ("change-request", "review", "environment")
    count(forge, *sources, more=(("required = 1", "required = 2"),))
    scene = forge.tell(reviewer="bob")
    decide(forge, scene, by="bob", state="approved")
    forge.blocked_by("approved", scene, words=("1 of 2 approvals",))


@pytest.mark.parametrize("name", ["Production", "production/eu", "prod"])
def test_an_environment_of_nearly_that_name_lets_nothing_in(forge: Play, name: str) -> None:
    """bob lets the run into an environment that asks for less, and is called almost alike."""
    count(forge, "environment")
    scene = forge.tell(approver="")
    decide(forge, scene, by="bob", state="approved", environment=name)
    forge.blocked_by("approved", scene)


def test_a_review_covers_no_merge_by_hand(forge: Play) -> None:
    """bob approves the branch; dave, no maker of it, puts more into the merge that he pushes."""
    count(forge, "review")
    scene = hidden_in_a_merge(forge, by="dave", reviewer="bob")
    forge.blocked_by("approved", scene, words=("the direct push of",))


def test_an_environment_makes_no_used_ticket_good(forge: Play) -> None:
    """Each run is let in anew; the ticket let another commit in."""
    count(forge, "environment")
    first = forge.tell(approver="")
    decide(forge, first, by="bob", state="approved")
    forge.allowed_now(first)
    second = forge.tell(first.key, with_ticket=False)
    decide(forge, second, by="bob", state="approved")
    forge.blocked_by("ticket-not-reused", second)
