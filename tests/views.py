"""Views of decisions for the tests of the surfaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gate.model import (
    Account,
    Artifact,
    ControlResult,
    Decision,
    DecisionKind,
    Deployment,
    Free,
    Judgement,
    Level,
    Message,
    Outcome,
    RunClaim,
    Value,
)
from gate.output.view import DecisionView, RecordedView, TicketView

AT = datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=UTC)
COMMIT = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
CHECKPOINT = (
    "acme.example/changes\n18\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 acme.example/changes Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5\n"
)
ALICE = Account("jira", "5b10ac8d", name="Alice")
PASSED, FAILED, OPEN, WAIVED = Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED, Outcome.WAIVED
NOT_APPLICABLE = Outcome.NOT_APPLICABLE


def message(code: str, text: str, **args: Value) -> Message:
    return Message(code, text, args)


def result(
    control: str,
    outcome: Outcome,
    level: Level = Level.REQUIRE,
    *,
    seen: Message | None = None,
    todo: Message | None = None,
) -> ControlResult:
    return ControlResult(
        control,
        f"The title of {control}",
        level,
        Judgement(
            outcome,
            message("expected", "What should be."),
            seen or message("seen", "What is."),
            todo,
        ),
    )


LATE = result(
    "ticket-predates-deployment",
    FAILED,
    seen=message(
        "late",
        "{ticket} was created {created}, {late} after the run began.",
        ticket="CHG-1",
        created=AT,
        late=timedelta(minutes=125),
    ),
    todo=message("late.remedy", "Start a new run: a re-run keeps the first attempt's time."),
)
NOBODYS = result(
    "approver-independent",
    OPEN,
    seen=message("nobodys", "Nobody owns the account {account}.", account=ALICE),
    todo=message("nobodys.remedy", "Add the account to a [[people]] entry."),
)
WARNED = result("peer-reviewed", FAILED, Level.WARN, seen=message("s", "{t}", t=Free("a  b")))
ALLOWED = (
    result("ticket-given", PASSED),
    result("approved", PASSED),
    result("test-plan", PASSED, Level.OFF),
)
RECORDED = RecordedView(17, "gate-receipts/17.dsse.json", CHECKPOINT, "acme.example/changes")


def view(
    kind: DecisionKind,
    exit_code: int,
    *controls: ControlResult,
    command: str = "enforce",
    recorded: RecordedView | None = RECORDED,
) -> DecisionView:
    return DecisionView(
        decision=Decision(kind, AT, controls),
        deployment=Deployment(
            "shop",
            "production",
            COMMIT,
            RunClaim("github", "4711", "2"),
            (Artifact("image", "ab" * 32),),
        ),
        tickets=(
            TicketView("CHG-1", "https://acme.atlassian.net/browse/CHG-1", found=True),
            TicketView("CHG-2", "", found=False),
        ),
        recorded=recorded,
        exit_code=exit_code,
        command=command,
    )


DENIAL = view(DecisionKind.DENIED, 10, ALLOWED[0], LATE, NOBODYS, WARNED, ALLOWED[2])
PERMISSION = view(DecisionKind.ALLOWED, 0, *ALLOWED, WARNED)
CHECKED = view(DecisionKind.ALLOWED, 0, *ALLOWED, command="check", recorded=None)
UNSURE = view(DecisionKind.UNDETERMINED, 11, ALLOWED[0], NOBODYS)
EMERGENCY = view(DecisionKind.EMERGENCY, 0, ALLOWED[0], result("approved", WAIVED))
SUPERSEDED = view(DecisionKind.ALLOWED, 10, *ALLOWED, recorded=replace(RECORDED, superseded=True))
UNRECORDED = view(DecisionKind.ALLOWED, 12, *ALLOWED, recorded=None)
TAMPERED = view(DecisionKind.ALLOWED, 13, *ALLOWED, recorded=None)

ALL = {
    "denied": DENIAL,
    "allowed": PERMISSION,
    "checked": CHECKED,
    "undetermined": UNSURE,
    "emergency": EMERGENCY,
    "superseded": SUPERSEDED,
    "not recorded": UNRECORDED,
    "inconsistent": TAMPERED,
}


def hostile(text: str) -> DecisionView:
    """A view in which everything that comes from outside is ``text``."""
    seen = message(
        "seen",
        "{free} {account} {plain} {several}",
        free=Free(text),
        account=Account("jira", text, name=text),
        plain=text,
        several=(text, Free(text)),
    )
    controls = tuple(
        result("approved", outcome, level, seen=seen, todo=seen)
        for outcome in (PASSED, FAILED, OPEN, WAIVED)
        for level in Level
    )
    made = view(DecisionKind.DENIED, 10, *controls)
    return replace(
        made,
        deployment=replace(
            made.deployment,
            service=text,
            environment=text,
            run=RunClaim("github", text, text, text),
            artifacts=(Artifact(text, "ab" * 32),),
        ),
        tickets=(
            TicketView(text, text, found=True),
            TicketView(text, f"https://{text}", found=True),
        ),
        recorded=RecordedView(1, text, text, text),
    )
