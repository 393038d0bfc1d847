"""rollback-plan and test-plan: real texts."""

from __future__ import annotations

import pytest
from worlds import JIRA, at, good_facts, good_ticket, judged, problem

from gate.controls.plans import is_real
from gate.model import EditedText, Outcome

PLANS = [("rollback-plan", "rollback_plan"), ("test-plan", "test_plan")]

REFUSED = """
-|—|.|n/a|N/A|N / A|na|none|None.|NIL|null|no|nope|yes|ok|done|tbd|TBD!|tba|todo|TODO:|to do|wip
to be defined|to be determined|will follow|to follow|pending|later|see above|See below.|as above
as usual|same as above|same as last time|see ticket|see the ticket|See linked ticket|see PR
refer to docs|see description|not applicable|Not needed|none required|nothing needed|no rollback
No rollback needed|rollback not possible|Rollback is not required.|no plan|no test plan
no testing required|not tested|standard|standard procedure|usual process|default|same|Rollback
Roll back|Roll-back plan|Backout plan|Back out plan|Test plan|Test cases|How to roll back
How to test|Rollback plan:|# Rollback plan|## Rollback|h2. Rollback plan|*Rollback plan*
_Rollback_|Rollback plan ====|Steps|Steps:|Lorem ipsum dolor sit amet|placeholder|x|xxx
<describe how to roll back>|[describe how to roll back]|{describe how to roll back}
please describe the rollback plan|insert plan here|Enter your text here|fill in
<!-- how would you put it back? -->|aaaaaaaaaaaaaaaaaaaaaa|1234567890|revert|undo it
"""


@pytest.mark.parametrize(
    "text", [t for line in REFUSED.strip().splitlines() for t in line.split("|")]
)
def test_fillers_templates_and_stubs_are_no_plan(text: str) -> None:
    assert not is_real(text)
    assert not is_real(f"  {text}\n\n")
    assert not is_real(f"# Rollback plan\n\n{text}\n")


PUT_OFF = """
to be done later|To be done later.|to be done|tbd later|TBD - will be added later|to do later
will be added later|Will be provided soon|will be described before the deployment|coming soon
We will add the steps later|We'll write this tomorrow|I will fill it in next week|to come|will do
The rollback plan will follow.|Rollback plan to be defined by the ops team|not yet written
No rollback plan yet, it will be added later|still to be decided|Details to follow|comes later
test plan is still pending|Steps will be worked out in time|nothing has been thought of yet
To be completed once the release is done|yet to be determined|add later|afterwards|tbc|follows soon
"""


@pytest.mark.parametrize(
    "text", [t for line in PUT_OFF.strip().splitlines() for t in line.split("|")]
)
def test_a_plan_that_is_put_off_is_none(text: str) -> None:
    assert not is_real(text)
    assert not is_real(f"## Rollback\n\n- {text}\n- tbd\n")


@pytest.mark.parametrize(
    "text",
    [
        "The old version will be deployed again.",
        "Tests will be run by CI before the release.",
        "Still to be done by hand afterwards: empty the cache.",
        "to be done later\nRedeploy release 41.",
        "Follow the runbook, then come back to the ticket.",
    ],
)
def test_a_deed_that_comes_later_is_a_plan(text: str) -> None:
    assert is_real(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}"])
def test_blanks_are_no_plan(text: str) -> None:
    assert not is_real(text)


@pytest.mark.parametrize(
    "text",
    [
        "Revert the PR and deploy.",
        "helm rollback shop 41",
        "# Rollback plan\n\n1. Deploy the previous tag.\n2. Watch the dashboards.",
        "Steps:\n- redeploy the previous release\n- tell the shop",
        "None of the data changes, so redeploying the old image is enough.",
        "kubectl rollout undo deployment/<name>",
        "前のリリースをもう一度デプロイする",
    ],
)
def test_real_texts_are_plans(text: str) -> None:
    assert is_real(text)


@pytest.mark.parametrize(("control", "field"), PLANS)
def test_a_ticket_needs_one_real_text_in_one_of_the_places(control: str, field: str) -> None:
    def outcome(*texts: str) -> Outcome:
        places = tuple(EditedText(f"f{n}", text, at("08:05")) for n, text in enumerate(texts))
        return judged(control, good_facts(good_ticket(**{field: places}))).outcome

    assert outcome("Deploy the previous release again.") is Outcome.PASS
    assert outcome("n/a", "Deploy the previous release again.") is Outcome.PASS
    assert outcome("n/a", "tbd") is Outcome.FAIL
    assert outcome("") is Outcome.FAIL
    assert outcome() is Outcome.FAIL


@pytest.mark.parametrize(("control", "field"), PLANS)
def test_a_plan_that_could_not_be_read_is_undetermined(control: str, field: str) -> None:
    facts = good_facts(good_ticket(**{field: problem()}))
    assert judged(control, facts).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(("control", "field"), PLANS)
def test_every_ticket_needs_its_plan(control: str, field: str) -> None:
    second = good_ticket(key="CHG-2", **{field: ()})
    judgement = judged(control, good_facts(good_ticket(), second))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["ticket"] == "CHG-2"


@pytest.mark.parametrize(("control", "field"), PLANS)
def test_blank_and_filler_are_told_apart_and_the_fields_named(control: str, field: str) -> None:
    blank = judged(control, good_facts(good_ticket(**{field: ()})))
    filler = (EditedText("f", "tbd", at("08:05")),)
    told = judged(control, good_facts(good_ticket(**{field: filler})))
    assert (blank.observed.code, told.observed.code) == (f"{control}.blank", f"{control}.filler")
    assert told.remedy is not None
    assert told.remedy.args["fields"] == getattr(JIRA, field)
