"""The IDs of issues on GitHub and GitLab, and what labels say on either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.model import Account, AccountKind, Verdict
from gate.tickets.github import names as github
from gate.tickets.gitlab import names as gitlab
from gate.tickets.gitlab.client import IncompleteError
from gate.tickets.gitlab.notes import Note
from gate.tickets.gitlab.order import in_order
from gate.tickets.issues import split
from gate.tickets.labels import Labelling, approvals_of, leave_on, objections_of
from gate.tickets.references import find_references, parse_reference

BOTH = {
    "github": github.issue_ids(("acme/changes",)),
    "gitlab": gitlab.issue_ids(("acme/ops/changes", "acme/other")),
}
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("acme/changes#4", "github"),
        ("acme/ops/changes#4", "gitlab"),
        ("acme/other#1234567890", "gitlab"),
    ],
)
def test_an_id_is_of_the_forge_that_has_its_place(text: str, system: str) -> None:
    assert parse_reference(text, BOTH) == (system, text)
    assert split(text) == (text.partition("#")[0], int(text.partition("#")[2]))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ops/changes#4",
            "acme/ops#4",
            "acme/ops/changes",
            "acme/ops/changes#",
            "#4",
            "changes#4",
        ),
        *("acme/ops/changes#04", "acme/ops/changes#0", "acme/ops/changes#-1", "Acme/ops/changes#4"),
        *("acme/ops/changes#4 ", "acme/ops/changes#4\n", "/acme/ops/changes#4", "acme//changes#4"),
        *("acme/ops/../changes#4", "acme%2Fops%2Fchanges#4", "acme/ops/changes#12345678901"),
        *("acme/ops/changes!4", "acme/ops/changes/-/issues/4", "acme/ops/changes#\u0664"),
    ],
)
def test_nothing_else_is_an_id(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text, BOTH)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deploys acme/ops/changes#4.", ("acme/ops/changes#4",)),
        ("acme/ops/changes#4-release-1", ("acme/ops/changes#4",)),
        ("(acme/ops/changes#4, acme/changes#5)", ("acme/changes#5", "acme/ops/changes#4")),
        ("https://gitlab.com/acme/ops/changes#4", ()),
        ("x/acme/ops/changes#4 and acme/ops/changes#4x", ()),
        ("-acme/ops/changes#4 ./acme/ops/changes#4", ()),
    ],
)
def test_ids_are_found_as_whole_words(text: str, found: tuple[str, ...]) -> None:
    assert tuple(ticket for _, ticket in find_references(text, BOTH)) == found


def test_a_project_that_is_not_listed_is_told_with_those_that_are() -> None:
    error = BOTH["gitlab"].refusal("acme/web#4")
    assert "acme/ops/changes, acme/other" in error.message
    assert "tickets.gitlab.projects" in error.remedy


# ---------------------------------------------------------------- labels

BOB, CAROL = Account("gitlab", "bob"), Account("gitlab", "carol")


@dataclass(frozen=True, slots=True)
class Opened:
    """As much of an issue as labels need."""

    created_at: datetime
    author: Account | None


ISSUE = Opened(NINE - timedelta(hours=1), BOB)


@pytest.mark.parametrize(("minutes", "count"), [(0, 0), (1, 0), (2, 1)])
def test_a_label_that_came_with_the_opening_approves_nothing(minutes: int, count: int) -> None:
    at = ISSUE.created_at + timedelta(minutes=minutes)
    by_author = (Labelling("1", at, BOB, "go", is_on=True),)
    by_another = (Labelling("1", at, CAROL, "go", is_on=True),)
    assert len(approvals_of("go", by_author, ISSUE)) == count
    assert len(approvals_of("go", by_another, ISSUE)) == 1


def events(*told: tuple[Account | None, bool]) -> tuple[Labelling, ...]:
    return tuple(
        Labelling(str(number), NINE + timedelta(hours=number), actor, "go", is_on)
        for number, (actor, is_on) in enumerate(told)
    )


def test_every_history_of_three_events_is_told_as_it_reads() -> None:
    """The naive reading: the last event approves; each person's last event objects."""
    for told in product(product((BOB, CAROL, None), (True, False)), repeat=3):
        history = events(*told)
        approvals = approvals_of("go", history, ISSUE)
        assert leave_on(history) == told[-1][1]
        assert [(a.account, a.decided_at) for a in approvals] == (
            [(told[-1][0], history[-1].at)] if told[-1][1] else []
        )
        standing = {
            who: history[n].id for n, (who, is_on) in enumerate(told) if is_on and who is not None
        }
        for n, (who, is_on) in enumerate(told):
            if who is not None and not is_on and int(standing.get(who, "9")) < n:
                del standing[who]
        nameless = [event.id for event in history if event.actor is None and event.is_on]
        objections = objections_of("go", history)
        assert sorted(each.id for each in objections) == sorted([*standing.values(), *nameless])
        assert {each.verdict for each in objections} <= {Verdict.DECLINED}


def test_what_an_app_does_in_somebodys_name_is_the_apps() -> None:
    put_on = Labelling("1", NINE, BOB, "go", is_on=True, by_app=True)
    (found,) = approvals_of("go", (put_on,), ISSUE)
    assert found.account is not None
    assert found.account.kind is AccountKind.APP


# ---------------------------------------------------------------- order


def note(number: int, minutes: float) -> Note:
    at = NINE + timedelta(minutes=minutes)
    return Note(str(number), at, BOB, "", is_edited=False, is_imported=False)


def test_ids_beyond_nine_are_compared_as_numbers() -> None:
    assert [each.id for each in in_order([note(10, 2), note(9, 1)])] == ["9", "10"]


def test_a_time_that_runs_against_the_ids_is_refused_wherever_it_stands() -> None:
    rows = [note(1, 0), note(2, 10), note(3, 9.5), note(4, 9)]
    assert [each.id for each in in_order(rows[:3])] == ["1", "3", "2"]
    with pytest.raises(IncompleteError):  # against the latest before it, not the one before it
        in_order([*rows, note(5, 8.9)])
    assert in_order([]) == ()
