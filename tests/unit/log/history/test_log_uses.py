"""What tickets let in: one pass in log order against reading everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, sha
from hypothesis import given
from hypothesis import strategies as st
from records import good_controls, good_decision, result, write
from worlds import MERGE_SHA, NOW, at, good_deployment, good_facts, good_history, good_ticket

from gate.log.history.history import read_history
from gate.log.history.standing import no_longer_holds, reused
from gate.log.history.uses import Uses
from gate.log.writing.create import init_log
from gate.model import (
    Base,
    BaseKind,
    DecisionKind,
    EntryLink,
    History,
    Level,
    Outcome,
    TicketUse,
)
from gate.record.predicates import TicketTerm
from gate.record.statement import DecisionRecord, open_record
from gate.store.memory import MemoryStore

TICKETS, COMMITS = ("CHG-1", "CHG-2"), ("a" * 40, "b" * 40, "c" * 40)
PERMIT = ("allowed", "emergency")


def record(
    commit: str = MERGE_SHA,
    *,
    tickets: tuple[str, ...] = ("CHG-1",),
    kind: DecisionKind = DecisionKind.ALLOWED,
    when: datetime = NOW,
    environment: str = "production",
    anew: datetime | None = None,
    level: Level | None = Level.REQUIRE,
    outcome: Outcome = Outcome.PASS,
) -> DecisionRecord:
    control = () if level is None else (result("ticket-not-reused", outcome, level),)
    return write(
        good_facts(
            *(good_ticket(key=key) for key in tickets),
            deployment=good_deployment(commit=commit, environment=environment),
        ),
        replace(
            good_decision(kind),
            at=when,
            controls=(*good_controls(), *control),
            approved_anew=dict.fromkeys(tickets, anew),
        ),
    ).record


@given(
    st.lists(
        st.tuples(
            st.sampled_from(COMMITS),
            st.sampled_from([("CHG-1",), ("CHG-2",), TICKETS]),
            st.sampled_from(list(DecisionKind)),
            st.integers(0, 5),
            st.sampled_from(["production", "staging"]),
        ),
        max_size=8,
    )
)
def test_one_pass_tells_what_reading_everything_tells(
    told: list[tuple[str, tuple[str, ...], DecisionKind, int, str]],
) -> None:
    records = [
        record(commit, tickets=tickets, kind=kind, when=NOW + timedelta(hours=n), environment=where)
        for commit, tickets, kind, n, where in told
    ]
    uses = Uses()
    for place, _ in enumerate([*records, None]):
        for ticket in (*TICKETS, "CHG-3"):
            for where in ("production", "staging"):
                for commit in (*COMMITS, "d" * 40):
                    times = [
                        one.at
                        for one in records[:place]
                        if one.decision.value in PERMIT
                        and ticket in one.tickets
                        and one.environment == where
                        and one.commit != commit
                    ]
                    expected = max(times, default=None)
                    assert uses.last_other(ticket, where, commit) == expected
        if place < len(records):
            uses.add(records[place])


# ---------------------------------------------------------------- standing


def at_place(*uses: TicketUse, base: Base | None = None, ticket: str = "CHG-1") -> History:
    """The history of a record's place, where its base is what it was judged from."""
    return good_history(uses={ticket: uses}, **({"base": base} if base else {}))


def use(clock: str, commit: str = COMMITS[0]) -> TicketUse:
    return TicketUse(EntryLink(3, "0" * 64), at(clock), "shop", commit)


def test_a_decision_stands_where_nothing_came_between() -> None:
    assert no_longer_holds(record(), at_place()) == ()
    assert no_longer_holds(record(), at_place(use("09:10", MERGE_SHA))) == ()


def test_a_use_before_the_approval_anew_is_fine_and_one_at_or_after_it_is_not() -> None:
    approved = record(anew=at("09:00"))
    assert no_longer_holds(approved, at_place(use("08:59:59"))) == ()
    for clock in ("09:00", "09:00:01"):
        assert no_longer_holds(approved, at_place(use(clock))) == ("ticket-reused",)
    assert no_longer_holds(approved, at_place(use("09:10"), use("08:30"))) == ("ticket-reused",)
    assert no_longer_holds(record(anew=None), at_place(use("08:00"))) == ("ticket-reused",)


def test_both_may_fail() -> None:
    moved = Base(BaseKind.DEPLOYED, COMMITS[2], 9)
    assert no_longer_holds(record(), at_place(base=moved)) == ("base",)
    assert no_longer_holds(record(), at_place(use("09:10"), base=moved)) == (
        "base",
        "ticket-reused",
    )


@pytest.mark.parametrize("kind", [DecisionKind.DENIED, DecisionKind.UNDETERMINED])
def test_what_permits_nothing_counts_on_nothing(kind: DecisionKind) -> None:
    moved = Base(BaseKind.DEPLOYED, COMMITS[2], 9)
    assert no_longer_holds(record(kind=kind), at_place(use("09:10"), base=moved)) == ()
    assert reused(record(kind=kind), lambda _: NOW) == ()


def test_it_denies_only_where_the_record_s_own_policy_required_it() -> None:
    for level in (Level.WARN, Level.OFF, None):
        assert no_longer_holds(record(level=level), at_place(use("09:10"))) == ()
    waived = record(kind=DecisionKind.EMERGENCY, outcome=Outcome.WAIVED)
    assert no_longer_holds(waived, at_place(use("09:10"))) == ()
    emergency = record(kind=DecisionKind.EMERGENCY)
    assert no_longer_holds(emergency, at_place(use("09:10"))) == ("ticket-reused",)


def test_each_ticket_is_asked_and_one_without_a_term_was_never_approved_anew() -> None:
    two = record(tickets=TICKETS, anew=at("09:00"))
    assert reused(two, lambda ticket: at("09:10") if ticket == "CHG-2" else None) == ("CHG-2",)
    assert reused(two, lambda _: at("08:00")) == ()
    silent = replace(
        two, predicate=replace(two.predicate, history=replace(two.history, tickets=()))
    )
    assert reused(silent, lambda _: at("08:00")) == TICKETS


def test_a_record_carries_its_terms_in_the_order_of_the_tickets_ids() -> None:
    written = record(tickets=("CHG-2", "CHG-1"), anew=at("09:00"))
    assert written.history.tickets == (
        TicketTerm("CHG-1", at("09:00")),
        TicketTerm("CHG-2", at("09:00")),
    )


# ---------------------------------------------------------------- history


def test_history_tells_each_use_of_a_ticket_in_its_environment_oldest_first() -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    pipeline = Pipeline(store)
    one = pipeline.enforce("one", tickets=("CHG-1",))
    pipeline.enforce("two", tickets=("CHG-1",), kind=DecisionKind.DENIED)
    pipeline.enforce("three", tickets=("CHG-1",), environment="staging")
    four = pipeline.deploy("four", service="billing", tickets=("CHG-9", "CHG-1"))
    urgent = pipeline.enforce("five", tickets=("CHG-1",), kind=DecisionKind.EMERGENCY)
    for tail in (256, 2, 0):
        pipeline.tail = tail
        found = read_history(
            pipeline.view(), "shop", "production", sha("x"), ("CHG-1", "CHG-1", "CHG-7")
        )
        assert set(found.uses) == {"CHG-1", "CHG-7"}
        assert found.uses["CHG-7"] == ()
        seen = [(each.link, each.service, each.commit) for each in found.uses["CHG-1"]]
        assert seen == [
            (one.link, "shop", sha("one")),
            (four.link, "billing", sha("four")),
            (urgent.link, "shop", sha("five")),
        ]
        for each in found.uses["CHG-1"]:
            written, _ = open_record(pipeline.view().entry(each.link.index), TRUST.signers)
            assert each.at == written.at
