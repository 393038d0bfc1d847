"""The matrix: each service, each request that it is asked, each fault: never allowed.

What is crossed is generated (``crossing``): the requests are those of a good run, the faults all
that a simulator can show. Which controls need a service is told by the facts that it gives: those
that miss where these facts are taken away. One row or cell alone: ``pytest tests/matrix -k
"gitlab and 429"``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TypeAlias, get_args

import pytest
from cases import CLOCKS, HARMLESS, PARTIAL, UNNEEDED, WORDS, Unneeded, cause_of, remedy_of
from crossing import EVERYWHERE, FAULTS, SHORT, TIMED, Crossing, Place, Told
from sites import SITES, Site, strict_job

from gate.config import load_policy
from gate.demo.faults import Kind
from gate.model import Facts, Lookup, Outcome, Problem, ProblemKind
from gate.policy import evaluate

Crossings: TypeAlias = Callable[[Site], Crossing]
BUDGET = 60.0  # seconds: the default of [network] budget
TRIES = 3
FORMS = ("text", "markdown", "junit")
# What is asked only where something went wrong before is crossed with these.
SECOND = ("401", "404", "500", "html", "empty", "wrong types", "hidden")


@pytest.fixture(scope="module")
def crossings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crossings]:
    """The job of each site, made when it is first wanted."""
    with ExitStack() as stack:

        @functools.cache
        def crossing(site: Site) -> Crossing:
            folder = tmp_path_factory.mktemp(site.name)
            return Crossing(stack.enter_context(strict_job(site, folder)))

        yield crossing


@pytest.fixture
def crossing(crossings: Crossings, site: Site) -> Crossing:
    return crossings(site)


# ---------------------------------------------------------------- what must hold


def faults_of(crossing: Crossing, fault: str, told: Told, *places: Place) -> Iterator[str]:
    """What is wrong with how a case came out; nothing, where all is well."""
    site = crossing.job.site
    yield from (f"leak: {leak}" for leak in sorted(told.leaks))
    if not told.struck:
        yield "the fault struck nothing"
    if told.code not in {0, 10, 11}:
        yield f"ended {told.code}: {told.ended.err[-2000:]}"
    if fault not in TIMED and told.clock.seconds > BUDGET:
        yield f"waited {told.clock.seconds} s"
    if told.code == 0:
        if not is_justified(crossing, fault, told, places):
            yield "ALLOWED"
        return
    if fault in HARMLESS:
        yield f"is no fault, and ended {told.code}"
    for name, control in told.missed.items():
        yield from (f"{name}: {what}" for what in unclear(site, control, told))
    if fault in WORDS and not any(is_told(site, fault, c, *places) for c in told.missed.values()):
        seen = sorted({c["observed"]["text"] for c in told.missed.values()})
        yield f"no message names service, request, cause and fix: {seen[:3]}"


def is_justified(crossing: Crossing, fault: str, told: Told, places: tuple[Place, ...]) -> bool:
    """Whether a run that a fault struck may be allowed all the same.

    That is where the reply was what it is without, where all facts are, or as ``UNNEEDED`` says.
    """
    return (
        fault in HARMLESS
        or not told.changed
        or told.facts == crossing.good.facts
        or any(excuse(crossing.job.site, fault, place) for place in places)
    )


def excuse(site: Site, fault: str, place: Place) -> Unneeded | None:
    """Why nothing rests on a reply; None where something does."""
    excuses = (
        u for u in UNNEEDED if u.is_of(site.name, fault) and re.search(u.request, str(place))
    )
    return next(excuses, None)


def unclear(site: Site, control: dict[str, object], told: Told) -> Iterator[str]:
    """What a message lacks."""
    observed, remedy = control["observed"], control["remedy"]
    assert isinstance(observed, dict)
    if not isinstance(remedy, dict) or len(remedy["text"]) < 10:
        yield "does not say what to do"
    if observed["code"].startswith("problem."):
        args = observed["args"]
        spent_here = (
            f" of {site.service}" in args["cause"]
        )  # on what was slow: nobody else is asked
        if args["service"] not in {site.service, "git", "gate"} and not spent_here:
            yield f"blames {args['service']}"
        if not args["request"] or len(args["cause"]) < 10:
            yield f"does not tell request and cause: {observed['text']}"
    elif "see ticket-" in observed["text"]:
        pointed = observed["text"].partition("; see ")[2].rstrip(".")
        if pointed not in told.missed:
            yield f"points at {pointed}, which passes"


def is_told(site: Site, fault: str, control: dict[str, object], *places: Place) -> bool:
    """Whether the message names the service, the request, the likely cause and the fix."""
    observed, remedy = control["observed"], control["remedy"]
    assert isinstance(observed, dict)
    assert isinstance(remedy, dict)
    text = observed["text"]
    return (
        site.service in text
        and (fault in CLOCKS or any(names(site, text, place) for place in places))
        and cause_of(fault, site.service).search(text) is not None
        and remedy_of(fault, site.service).search(remedy["text"].replace("Let", "let")) is not None
    )


def names(site: Site, text: str, place: Place) -> bool:
    """Whether a message names the request; or the ticket, where that is what is not shown."""
    path = place.target.partition("?")[0]
    short = path.removeprefix("/api/v3").removeprefix("/api/v4")
    asked = (f"{place.method} {path}"[:200], f"{place.method} {short}"[:200])
    return any(each in text for each in asked) or (site.tickets and site.ticket in text)


# ---------------------------------------------------------------- the cross


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("site", SITES, ids=str)
def test_no_fault_of_any_reply_lets_a_deployment_go_on(
    crossing: Crossing, site: Site, fault: str
) -> None:
    wrong: list[str] = []
    missed: set[str] = set()
    known = set(crossing.good.asked)
    excused: set[Unneeded | None] = set()
    for number, place in enumerate(crossing.places):
        # Every fourth is recorded, too: what a fault leaves in a record must hold no secret either.
        command = "enforce" if (number + list(FAULTS).index(fault)) % 4 == 0 else "check"

        def is_well(told: Told, place: Place = place) -> bool:
            return not any(faults_of(crossing, fault, told, place))

        told = crossing.judge(fault, place, is_well, command)
        missed |= told.missed.keys()
        excused |= {excuse(site, fault, place)} if told.code == 0 else set()
        found = faults_of(crossing, fault, told, place)
        wrong += [f"{site} / {fault} / {place}: {what}" for what in found]
        if told.struck > TRIES:
            wrong.append(f"{site} / {fault} / {place}: asked {told.struck} times")
        for more in sorted(set(told.asked) - known):
            known.add(more)
            wrong += [
                f"{site} / {fault} / {place} / {second} / {more}: {what}"
                for second in SECOND
                for what in beyond(crossing, fault, place, second, more)
            ]
    if fault not in PARTIAL | HARMLESS | CLOCKS:
        holes = needed(crossing) - missed
        wrong += [f"{site} / {fault}: {hole} passes whatever fails" for hole in sorted(holes)]
    unused = [u for u in UNNEEDED if u.is_of(site.name, fault) and u not in excused]
    wrong += [f"{site} / {fault}: nothing is excused by {u.request!r} any more" for u in unused]
    assert not wrong, "\n".join(wrong)


def beyond(crossing: Crossing, fault: str, place: Place, second: str, more: Place) -> Iterator[str]:
    """What is wrong where a request fails that is only made since another had failed."""
    told = crossing.run((FAULTS[fault], place), (FAULTS[second], more), command="check")
    if told.code not in {10, 11} and not is_justified(crossing, fault, told, (place, more)):
        yield f"ended {told.code}"
    yield from (f"leak: {leak}" for leak in sorted(told.leaks))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("site", SITES, ids=str)
def test_a_service_that_fails_altogether_blocks_and_tells_no_secret(
    crossing: Crossing, fault: str
) -> None:
    form = FORMS[list(FAULTS).index(fault) % len(FORMS)]
    told = crossing.run((FAULTS[fault], EVERYWHERE), form=form, seconds=SHORT[0] * (fault in TIMED))
    assert told.leaks == frozenset()
    if fault in HARMLESS | PARTIAL:
        return
    assert told.code in {10, 11}, told.ended
    assert crossing.job.site.service in told.ended.out


# ---------------------------------------------------------------- the cross is whole


def needed(crossing: Crossing) -> set[str]:
    """The controls that need this service: those that miss without the facts that it gives."""
    site, facts = crossing.job.site, crossing.good.facts
    assert facts is not None
    policy = load_policy(crossing.job.home / "strict.toml")
    gone = Problem(ProblemKind.UNAVAILABLE, site.service, "GET /", "It is gone.", "Wait for it.")
    worlds: list[Facts] = []
    if site.tickets:
        lookups = tuple(Lookup(each.reference, gone) for each in facts.tickets)
        worlds.append(replace(facts, tickets=lookups))
    if site.forge:
        worlds += [replace(facts, change=gone), replace(facts, run=gone)]
        worlds += [replace(facts, deployed_before=gone)]
    now = crossing.at
    judged = (evaluate(world, policy, now).controls for world in worlds)
    return {
        control.id
        for results in judged
        for control in results
        if control.judgement.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}
    } - {"clock-sane"}


def test_every_kind_of_fault_is_crossed() -> None:
    kinds = {fault.kind for fault in FAULTS.values()}
    assert set(get_args(Kind)) - kinds == {"replace"}  # which is a test's own body
    codes = {fault.code for fault in FAULTS.values() if fault.kind == "status"}
    assert codes == {401, 403, 404, 409, 429, 500, 502, 503}
    assert WORDS.keys() | PARTIAL | HARMLESS == FAULTS.keys()
