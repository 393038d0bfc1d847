"""Records hold codes and arguments; the auditor reads sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import catalogue
import pytest
from records import Written, write
from worlds import NOW, good_deployment, good_facts, good_policy, good_ticket, jira, problem

from gate.audit.attributes import ATTRIBUTES, LETTERS
from gate.audit.names import Names
from gate.audit.sentences import sentence
from gate.controls.control import say, together
from gate.controls.registry import CONTROLS
from gate.model import Account, Decision, Facts, Message
from gate.output.message import render
from gate.policy import evaluate
from gate.record.drafting import Drafting
from gate.record.labels import Labels
from gate.record.predicates import MessagePart


def test_the_catalogue_is_what_the_controls_say() -> None:
    assert catalogue.FILE.read_text("utf-8") == catalogue.text(), "run: python tests/catalogue.py"


def judged(facts: Facts) -> tuple[Decision, Written]:
    decision = evaluate(facts, good_policy(), NOW)
    return decision, write(facts, decision)


@pytest.mark.parametrize(
    "facts",
    [
        good_facts(),
        good_facts(good_ticket(created_at=NOW), good_ticket(key="CHG-2", id="2", approvals=())),
        good_facts(given=problem(), tickets=(), change=problem(), run=problem()),
        good_facts(deployment=good_deployment(environment="production"), clocks=()),
    ],
)
def test_a_record_is_read_as_the_words_that_the_pipeline_was_told(facts: Facts) -> None:
    decision, written = judged(facts)
    names = Names(written.disclosure)
    predicate = written.record.predicate

    def name(account: Account) -> str:
        label = written.labels.person(account)
        return names.person(label)

    for control, result in zip(predicate.controls, decision.controls, strict=True):
        for part, message in (
            (control.expected, result.judgement.expected),
            (control.observed, result.judgement.observed),
        ):
            assert _plain(sentence(part, names)) == _plain(render(message, name=name)), part


def _plain(text: str) -> str:
    """Without the quotes that mark texts of people, of which records label more."""
    return re.sub(r"[\"']", "", text)


def _part(message: Message) -> MessagePart:
    labels = Labels(lambda _: None)
    return Drafting(labels, "https://github.com/acme/shop")._message(message)


def told(code: str, args: Mapping[str, Any]) -> str:
    return sentence(_part(Message(code, "", args)), Names(None))


def test_a_code_of_another_version_is_shown_as_the_record_has_it() -> None:
    assert told("later.control", {"n": 3, "by": jira("bob")}) == "later.control (by: p1, n: 3)"
    assert told("later.control", {}) == "later.control"
    # a known code with other arguments
    assert told("approved.by", {"place": "CHG-1"}) == "approved.by (place: CHG-1)"


def test_lengths_times_and_lists_are_for_people() -> None:
    args = {
        "lead": timedelta(minutes=90),
        "at": NOW,
        "who": (jira("bob"), jira("dave")),
        "none": (),
    }
    shown = told("later.control", args)
    assert "lead: 1 h 30 min" in shown
    assert "at: 2026-01-05 09:30:00 UTC" in shown
    assert "who: p1, p2" in shown
    assert "none: none" in shown


def test_several_messages_in_one_are_told_apart() -> None:
    found = [
        say("ticket-exists.found", "", ticket="CHG-1"),
        say("ticket-exists.found", "", ticket="CHG-2"),
        say("nothing-judged", ""),
    ]
    joined = sentence(_part(together(found)), Names(None))
    assert joined == "CHG-1 exists. CHG-2 exists. There was nothing to judge."
    many = [say("ticket-exists.found", "", ticket=f"CHG-{n}") for n in range(7)]
    joined = sentence(_part(together(many)), Names(None))
    assert joined.endswith("CHG-3 exists. And 3 more.")


def test_where_it_is_not_recorded_which_sentence_it_was_none_is_made_up() -> None:
    # both have the arguments ticket and what, and the record has the codes without their order
    found = [
        say("nothing-judged", ""),
        say("rollback-plan.blank", "", ticket="CHG-1", what="rollback plan"),
        say("rollback-plan.filler", "", ticket="CHG-2", what="rollback plan"),
    ]
    shown = sentence(_part(together(found)), Names(None))
    assert shown.startswith("nothing-judged (")
    assert "ticket_2: CHG-1" in shown


def test_every_control_has_its_letters_or_is_known_to_have_none(
    pytestconfig: pytest.Config,
) -> None:
    assert {control.id for control in CONTROLS} - set(LETTERS) == {"freeze", "policy-pinned"}
    assert set(LETTERS) <= {control.id for control in CONTROLS}
    text = (pytestconfig.rootpath / "docs/audit/attributes.md").read_text("utf-8")
    for letter, attribute in ATTRIBUTES.items():
        (row,) = re.findall(
            rf"^\| {letter} \| {re.escape(attribute)} \| (.*) \|$", text, re.MULTILINE
        )
        answering = {control for control, letters in LETTERS.items() if letter in letters}
        assert answering == set(re.findall(r"`([a-z-]+)`", row)) & set(LETTERS)
