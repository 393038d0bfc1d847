"""When a ticket was last sent back, by Jira's changelog and by ServiceNow's audit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from gate.config.types import ServiceNowSettings
from gate.http.document import Document
from gate.model import Account, SentBack, Status
from gate.tickets.jira.history import History, IncompleteError, Item
from gate.tickets.jira.sent_back import sent_back as of_jira
from gate.tickets.servicenow.audit import Audit, Edit
from gate.tickets.servicenow.change import Change
from gate.tickets.servicenow.sent_back import sent_back as of_servicenow
from gate.tickets.servicenow.table import IncompleteError as IncompleteAudit
from gate.tickets.servicenow.table import Row

IDS = {
    "Open": "1",
    "Waiting": "2",
    "Approved": "3",
    "Queued": "4",
    "Implementing": "5",
    "Declined": "6",
}
LISTED = ("Approved", "5")


def hour(number: int) -> datetime:
    return datetime(2026, 1, 5, 8, tzinfo=UTC) + timedelta(hours=number)


# ---------------------------------------------------------------- Jira


def item(number: int, old: str | None, new: str | None, field: str = "status") -> Item:
    ids = [IDS.get(name, "10") if name else None for name in (old, new)]
    return between(number, (ids[0], old), (ids[1], new), field)


def between(
    number: int, old: tuple[str | None, str | None], new: tuple[str | None, str | None], field: str
) -> Item:
    """The change of a field from one id and name to another."""
    return Item(
        id=str(number),
        at=hour(number),
        author=None,
        field=field,
        field_id=field,
        custom=False,
        old=old[0],
        new=new[0],
        old_name=old[1],
        new_name=new[1],
    )


def moves(*names: str) -> tuple[Item, ...]:
    """A move an hour, along these statuses."""
    return tuple(item(n, *pair) for n, pair in enumerate(pairwise(names), 1))


def jira(
    *names: str, listed: tuple[str, ...] = LISTED, more: tuple[Item, ...] = ()
) -> SentBack | None:
    """What is found where the ticket went along these statuses."""
    status = Status(IDS[names[-1]], names[-1])
    return of_jira(status, History((*moves(*names), *more)), listed)


@pytest.mark.parametrize(
    "names",
    [
        ("Open",),
        ("Approved",),
        ("Open", "Waiting", "Approved"),
        ("Open", "Waiting", "Queued", "Implementing"),  # never deployable on its way
        ("Open", "Waiting", "Approved", "Implementing"),
        ("Open", "Waiting", "Approved", "Implementing", "Approved"),  # both are listed
        ("Open", "Waiting", "Waiting", "Approved", "Approved"),  # where it was is not back
    ],
)
def test_steps_forward_are_none_back(names: tuple[str, ...]) -> None:
    assert jira(*names) is None


@pytest.mark.parametrize(
    ("names", "at"),
    [
        (("Open", "Waiting", "Approved", "Declined", "Approved"), 3),
        (("Open", "Approved", "Open", "Approved"), 2),
        (("Open", "Approved", "Queued", "Implementing"), 2),  # on its way, and not listed
        (("Approved", "Declined"), 1),
        (("Open", "Waiting", "Open", "Queued", "Implementing"), 2),  # never deployable before
        (("Open", "Waiting", "Approved", "Open", "Approved", "Declined", "Approved"), 5),
    ],
)
def test_the_last_way_back_counts(names: tuple[str, ...], at: int) -> None:
    assert jira(*names) == SentBack(hour(at))


def test_what_a_status_is_called_or_its_id_may_be_listed() -> None:
    names = ("Open", "Approved", "Implementing", "Approved")
    assert jira(*names, listed=("3",)) == SentBack(hour(2))
    assert jira(*names, listed=("Approved",)) == SentBack(hour(2))
    assert jira(*names, listed=("3", "Implementing")) is None


def test_a_status_that_was_renamed_is_the_same_one() -> None:
    """It was called Ready when the ticket left it: so to come back is no surely good move."""
    old = between(1, ("3", "Ready"), ("6", "Declined"), "status")
    new = between(2, ("6", "Declined"), ("3", "Approved"), "status")
    assert of_jira(Status("3", "Approved"), History((old, new)), LISTED) == SentBack(hour(2))
    forward = between(1, ("1", "Open"), ("3", "Ready"), "status")
    assert of_jira(Status("3", "Approved"), History((forward,)), LISTED) is None


def test_whoever_takes_its_resolution_away_reopens_it() -> None:
    """Though it never was deployable before, nor in any status twice."""
    resolved = item(4, None, "Won't do", "resolution")
    reopened = item(5, "Won't do", None, "resolution")
    way = ("Open", "Waiting", "Declined", "Implementing")
    assert jira(*way, more=(resolved,)) is None
    assert jira(*way, more=(resolved, reopened)) == SentBack(hour(5))


def test_moves_that_do_not_add_up_tell_nothing() -> None:
    gap = (item(1, "Open", "Waiting"), item(2, "Approved", "Implementing"))
    for broken, status in ((gap, "Implementing"), (moves("Open", "Waiting"), "Approved")):
        with pytest.raises(IncompleteError):
            of_jira(Status(IDS[status], status), History(broken), LISTED)


def test_moves_between_statuses_without_names_tell_nothing() -> None:
    nameless = between(1, ("1", None), ("3", None), "status")
    with pytest.raises(IncompleteError):
        of_jira(Status("3", "Approved"), History((nameless,)), LISTED)


# ---------------------------------------------------------------- ServiceNow

ID = "a" * 32
SETTINGS = ServiceNowSettings(
    url="",
    auth="basic",
    projects=("CHG",),
    types=("normal",),
    scope=(),
    deployable=("-1",),
    closed=("3", "4"),
    rollback_plan=(),
    test_plan=(),
)


def change(state: str, *, updates: int = 5) -> Change:
    author = Account("servicenow", "alice")
    return Change(
        sys_id=ID,
        number="CHG0030001",
        type="normal",
        status=Status(state, state),
        rejected=False,
        created_at=hour(0),
        creator=author,
        reporter=author,
        others=(),
        updated_at=hour(9),
        updates=updates,
        summary="",
        row=Row(Document({"state": {"value": state, "display_value": "?"}})),
    )


def edits(*states: str, field: str = "state", start: int = 1) -> tuple[Edit, ...]:
    pairs = enumerate(pairwise(states), start)
    return tuple(Edit(str(n), ID, field, hour(n), "alice", *pair) for n, pair in pairs)


def servicenow(*states: str, more: tuple[Edit, ...] = ()) -> SentBack | None:
    return of_servicenow(change(states[-1]), Audit((*edits(*states), *more)), SETTINGS)


def test_a_change_that_went_on_was_not_sent_back() -> None:
    assert servicenow("-5", "-4", "-3", "-2", "-1") is None
    assert servicenow("-5", "-4", "-1", more=edits("true", "false", field="on_hold")) is None


@pytest.mark.parametrize(
    ("states", "at"),
    [
        (("-5", "-4", "-1", "-4", "-1"), 3),
        (("-5", "-1", "0", "-1"), 2),
        (("-5", "-4", "-2", "-4", "-1"), 3),  # never deployable before
        (("-5", "-4", "4", "-1"), 2),  # cancelled
    ],
)
def test_a_change_that_was_sent_back_was(states: tuple[str, ...], at: int) -> None:
    assert servicenow(*states) == SentBack(hour(at))


@pytest.mark.parametrize("held", ["true", "1"])
def test_a_change_that_was_on_hold_was_sent_back(held: str) -> None:
    holds = edits("false", held, "false", field="on_hold", start=6)
    assert servicenow("-5", "-4", "-1", more=holds) == SentBack(hour(6))


@pytest.mark.parametrize("audit", [None, Audit()])
def test_without_an_audit_its_last_update_is_the_latest_possible(audit: Audit | None) -> None:
    assert of_servicenow(change("-1"), audit, SETTINGS) == SentBack(hour(9), latest_possible=True)
    assert of_servicenow(change("-1", updates=0), audit, SETTINGS) is None


def test_an_audit_that_leads_elsewhere_tells_nothing() -> None:
    with pytest.raises(IncompleteAudit):
        of_servicenow(change("-1"), Audit(edits("-5", "-4")), SETTINGS)
