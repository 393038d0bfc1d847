"""The decision on a terminal, as a reader sees it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from views import ALL, DENIAL, NOBODYS, PERMISSION, SUPERSEDED, UNRECORDED, view

from gate.model import DecisionKind
from gate.output.terminal import columns, decision_text, wrap
from gate.output.view import DecisionView

DENIED_TEXT = """\
gate enforce: shop to production
commit   1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d
artifact image@sha256:abababababababababababababababababababababababababababababababab
ticket   CHG-1  https://acme.atlassian.net/browse/CHG-1
ticket   CHG-2  not read
run      github 4711, attempt 2
judged   2026-01-05 10:00:00.250 UTC

 ✓ pass          ticket-given                The title of ticket-given
 ✗ fail          ticket-predates-deployment  The title of
                                             ticket-predates-deployment
 ? undetermined  approver-independent        The title of approver-independent
 ! warning       peer-reviewed               The title of peer-reviewed
 - off           test-plan                   The title of test-plan

✗ ticket-predates-deployment: fail
  seen      CHG-1 was created 2026-01-05 10:00:00.250 UTC, 2 h 5 min after the
            run began.
  expected  What should be.
  to do     Start a new run: a re-run keeps the first attempt's time.

? approver-independent: undetermined
  seen      Nobody owns the account Alice (jira 5b10ac8d).
  expected  What should be.
  to do     Add the account to a [[people]] entry.

! peer-reviewed: warning (fail; the policy only warns)
  seen      "a b"
  expected  What should be.

DENIED: 1 control failed, 1 could not be determined. The deployment must not
start.
record     17 in acme.example/changes
receipt    gate-receipts/17.dsse.json
checkpoint
  acme.example/changes
  18
  CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

  \u2014 acme.example/changes Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5
"""


def plain(shown: DecisionView, width: int = 80) -> str:
    return decision_text(shown, color=False, width=width)


def test_a_denial_whole() -> None:
    assert plain(DENIAL) == DENIED_TEXT


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("allowed", "ALLOWED: 2 controls passed, 1 warning. The deployment may go on."),
        ("checked", "ALLOWED: 2 controls passed. Nothing was recorded: this was a check."),
        ("undetermined", "UNDETERMINED: 1 control could not be determined. The deployment must"),
        (
            "emergency",
            "EMERGENCY: 1 control passed, 1 waived for the emergency. The deployment may",
        ),
        ("superseded", "DENIED: The log moved on meanwhile, and what was judged no longer holds"),
        ("not recorded", "NOT RECORDED: The decision (allowed) is not durably in the log. The"),
        ("inconsistent", "INCONSISTENT: The log contradicts itself or its keys: evidence of"),
    ],
)
def test_the_verdict(name: str, verdict: str) -> None:
    assert f"\n{verdict}" in plain(ALL[name])


@pytest.mark.parametrize("blocked", [SUPERSEDED, UNRECORDED])
def test_what_was_not_recorded_is_never_called_allowed(blocked: DecisionView) -> None:
    assert "ALLOWED" not in plain(blocked)
    assert "must not" in plain(blocked).replace("\n", " ")


@pytest.mark.parametrize("name", ALL)
def test_colour_only_repeats(name: str) -> None:
    coloured = decision_text(ALL[name], color=True, width=80)
    assert "\x1b[" in coloured
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [x.rstrip() for x in stripped.split("\n")] == plain(ALL[name]).split("\n")


@pytest.mark.parametrize("width", [0, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", ALL)
def test_lines_fit_but_for_what_is_to_be_copied(name: str, width: int) -> None:
    text, _, _ = plain(ALL[name], width).partition("checkpoint")
    for line in text.split("\n"):
        longest = max((columns(word) for word in line.split()), default=0)
        assert columns(line) <= max(width, 60, 12 + longest + len("✗ undetermined   "))


def test_a_narrow_terminal_has_no_titles() -> None:
    assert "The title of" not in plain(DENIAL, 60)
    assert " ✓ pass          ticket-given\n" in plain(DENIAL, 60)


def test_a_line_that_a_runner_takes_for_a_command_is_made_inert() -> None:
    text = "x " * 40 + "::set-env name=PATH::/tmp and ##[set-env name=PATH;]/tmp"
    shown = plain(replace(PERMISSION, deployment=replace(PERMISSION.deployment, service=text)))
    assert not [line for line in shown.split("\n") if line.lstrip().startswith("::")]
    assert "##[" not in shown


def test_claims_are_told() -> None:
    shown = replace(PERMISSION, decision=replace(PERMISSION.decision, claims=("pipeline-start",)))
    assert "claims     relied on, as the policy accepts: pipeline-start\n" in plain(shown)


def test_wrapping() -> None:
    assert wrap("", 10) == [""]
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("a-word-that-is-too-long b", 5) == ["a-word-that-is-too-long", "b"]
    assert columns("日本e\u0301") == 5


def test_the_same_remedy_is_told_once() -> None:
    twice = replace(NOBODYS, id="approved")
    shown = plain(view(DecisionKind.UNDETERMINED, 11, NOBODYS, twice))
    assert shown.count("Add the account to a [[people]] entry.") == 1
    assert "  to do     As for approver-independent, above.\n" in shown
