"""What an examination found, how it is told, and the exit code that it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from gate.cli.printing import say
from gate.config import Policy
from gate.errors import FINDING, OK, UNDETERMINED, GateError, worst
from gate.frozen import dataclass
from gate.model import ClockReading, Problem


class State(StrEnum):
    """How one examination came out."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"


_CODES = {State.OK: OK, State.WARNING: OK, State.FAULT: FINDING, State.UNKNOWN: UNDETERMINED}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was examined, how it came out, what was seen, what to do."""

    what: str
    state: State
    seen: str
    remedy: str = ""


def tell(finding: Finding) -> None:
    """Print it, with what to do unless it is well."""
    say(f"{finding.state.value:8} {finding.what}: {finding.seen}")
    if finding.state is not State.OK and finding.remedy:
        say(f"{'':8} to do: {finding.remedy}")


def code_of(findings: Iterable[Finding]) -> int:
    """The exit code that stands for all of them."""
    return worst([_CODES[finding.state] for finding in findings])


def tried(what: str, look: Callable[[], str]) -> Finding:
    """What ``look`` saw, or the error that it met."""
    try:
        return Finding(what, State.OK, look())
    except GateError as error:
        return Finding(what, State.FAULT, error.message, error.remedy)


def clocks(policy: Policy, readings: tuple[ClockReading, ...]) -> Iterator[Finding]:
    """Whether our clock agrees with those of the services."""
    for reading in readings:
        beyond = abs(reading.offset) - reading.uncertainty
        if beyond > policy.network.clock_tolerance.total_seconds():
            yield Finding(
                f"clock against {reading.service}",
                State.FAULT,
                f"{reading.offset:+.0f} s apart",
                "synchronise this machine's clock (NTP)",
            )
        else:
            yield Finding(f"clock against {reading.service}", State.OK, "agrees")


def problem(what: str, seen: Problem, state: State = State.UNKNOWN) -> Finding:
    """Something that could not be told."""
    return Finding(what, state, f"{seen.cause} ({seen.request})", seen.remedy)
