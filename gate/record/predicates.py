"""What records say, as values: the predicates of gate's statements.

Their JSON follows from the annotations (``codec``). Persons are p-labels, what people typed are
t-labels (``labels``); nothing here holds either. ``Unknown`` stands where a fact could not be had,
``Spilled`` where a list was too long for the record and stands in the evidence bundle alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias

from gate.frozen import dataclass
from gate.model import (
    BaseKind,
    DecisionKind,
    Level,
    Outcome,
    PinState,
    ProblemKind,
    TicketSource,
    Verdict,
)
from gate.record.codec import spec_of
from gate.record.grammar import Grammar, list_pattern
from gate.record.specs import SIMPLE, Defs, Form, Path, malformed

PLAIN = 400  # characters; longer names are cut when they are written
HERE = 500  # of a commit's earlier records here, the newest that a record lists

# No control characters (C0, DEL, C1): a name is one line wherever it is shown.
Plain: TypeAlias = Annotated[str, Form(r"[^\u0000-\u001f\u007f-\u009f]*", PLAIN)]
Sha256: TypeAlias = Annotated[str, Form("[0-9a-f]{64}", 64)]
CommitId: TypeAlias = Annotated[str, Form("[0-9a-f]{40}|[0-9a-f]{64}", 64)]
PersonLabel: TypeAlias = Annotated[str, Form("p[1-9][0-9]{0,5}", 7)]
TextLabel: TypeAlias = Annotated[str, Form("t[1-9][0-9]{0,5}", 7)]
Label: TypeAlias = Annotated[str, Form("[pt][1-9][0-9]{0,5}", 7)]
Code: TypeAlias = Annotated[str, Form("[a-z0-9][a-z0-9.-]*", 100)]
# "spilled" alone in an object means that the object stands elsewhere.
ArgumentName: TypeAlias = Annotated[str, Form("(?!spilled$)[A-Za-z_][A-Za-z0-9_]*", 60)]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be had, and why; ``detail`` labels what was asked and seen."""

    TAG: ClassVar[str] = "problem"
    kind: ProblemKind
    service: Plain
    detail: TextLabel


@dataclass(frozen=True, slots=True)
class Spilled:
    """A list (or object) that the evidence bundle holds.

    ``count`` is its length, ``sha256`` the digest of its canonical JSON.
    """

    TAG: ClassVar[str] = "spilled"
    count: int
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class PersonReference:
    """A person where other things could stand too."""

    TAG: ClassVar[str] = "person"
    label: PersonLabel


@dataclass(frozen=True, slots=True)
class TextReference:
    """A text where other things could stand too."""

    TAG: ClassVar[str] = "text"
    label: TextLabel


@dataclass(frozen=True, slots=True)
class TimeValue:
    """A time where other things could stand too."""

    TAG: ClassVar[str] = "time"
    at: datetime


Shown: TypeAlias = Plain | TextReference  # plain where it provably names nobody

_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f\ud800-\udfff]")


def plain(text: str) -> str:
    """A name as one line: control characters become spaces, what is too long is cut."""
    line = _CONTROL.sub(" ", text)
    return line if len(line) <= PLAIN else line[: PLAIN - 1] + "…"


# ---------------------------------------------------------------- arguments of messages

Argument: TypeAlias = (
    "str | int | timedelta | PersonReference | TextReference | TimeValue | tuple[Argument, ...]"
)


class _ArgumentSpec:
    """An argument: text, integer, length of time, person, text label, time, or a list of them."""

    _tagged = spec_of(PersonReference | TextReference | TimeValue)
    _duration = SIMPLE[timedelta]
    _plain = spec_of(Plain)
    _integer = SIMPLE[int]

    def write(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return [self.write(item) for item in value]
        if isinstance(value, timedelta):
            return self._duration.write(value)
        return value if isinstance(value, str | int) else self._tagged.write(value)

    def read(self, value: Any, at: Path, depth: int = 0) -> Argument:
        if isinstance(value, list):
            if depth == 8:
                raise malformed(at, "a list of at most 8 levels")
            return tuple(self.read(v, (at, n), depth + 1) for n, v in enumerate(value))
        spec = self._plain if isinstance(value, str) else self._integer
        if isinstance(value, dict):
            spec = self._duration if "milliseconds" in value else self._tagged
        result: Argument = spec.read(value, at)
        return result

    def schema(self, defs: Defs) -> dict[str, Any]:
        reference = {"$ref": "#/$defs/Argument"}
        if "Argument" not in defs:
            defs["Argument"] = {}
            specs = (self._plain, self._integer, self._duration, self._tagged)
            items = {"type": "array", "items": reference}
            defs["Argument"] = {"anyOf": [*(spec.schema(defs) for spec in specs), items]}
        return reference

    def pattern(self, grammar: Grammar, at: str) -> str:
        specs = (self._plain, self._integer, self._duration, self._tagged)
        one = f"(?>{'|'.join(spec.pattern(grammar, at) for spec in specs)})"
        return f"(?>{one}|{list_pattern(one)})"  # lists in lists are seldom: for ``read``


ARGUMENT = _ArgumentSpec()
Arguments: TypeAlias = Mapping[ArgumentName, Annotated[Any, ARGUMENT]]


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A message's code and arguments."""

    code: Code
    args: Arguments | Spilled


@dataclass(frozen=True, slots=True)
class ControlPart:
    """How a control was judged, under which level."""

    id: Code
    level: Level
    outcome: Outcome
    expected: MessagePart
    observed: MessagePart


# ---------------------------------------------------------------- run, tickets, change


@dataclass(frozen=True, slots=True)
class RunFact:
    """The pipeline run as the CI's API tells it; ``actor`` null where that names nobody."""

    id: Shown
    attempt: int
    repository: Shown
    head_sha: CommitId
    created_at: datetime
    actor: PersonLabel | None
    active: bool
    url: Shown


@dataclass(frozen=True, slots=True)
class ApprovalPart:
    """One person's decision; ``person`` null: the system does not say whose.

    Where ``latest_possible``, ``decided_at`` is an upper bound and ``not_before`` the lower one,
    null where the system tells none.
    """

    person: PersonLabel | None
    verdict: Verdict
    decided_at: datetime | None
    not_before: datetime | None
    latest_possible: bool
    source: Plain
    id: Shown
    commit: CommitId | None


@dataclass(frozen=True, slots=True)
class RunPart:
    """What the environment claims of the run, and the fact: null in a plain shell.

    ``approvals`` are what people decided on its deployment to the forge's environment of that name,
    where the policy counts it: not there where nobody decided, or nobody was asked.
    """

    ci: Code
    id: Shown
    attempt: Shown
    url: Shown
    repository: Shown
    ref: Shown | None
    actor: TextLabel | None
    created_at: datetime | None
    fact: RunFact | Unknown | None
    approvals: tuple[ApprovalPart, ...] | Unknown | None = None


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text of a ticket: where it stands, its last edit, its label.

    ``latest_possible``: there was no history to be read, and it was not edited after that.
    """

    location: Plain
    text: TextLabel
    edited_at: datetime
    edited_by: PersonLabel | None
    latest_possible: bool = False


@dataclass(frozen=True, slots=True)
class WindowPart:
    """When a ticket plans its deployment; null: the ticket does not say."""

    start: datetime | None
    end: datetime | None
    edited_at: datetime
    latest_possible: bool = False


@dataclass(frozen=True, slots=True)
class SentBackPart:
    """When a ticket was last sent back, which took the approvals from before away."""

    at: datetime
    latest_possible: bool = False


@dataclass(frozen=True, slots=True)
class NeighbourPart:
    """A ticket whose number was given out before."""

    key: Plain
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TicketFact:
    """A change request as read live. ``key`` is the ID that came back.

    ``window`` is there where the policy says where tickets have one, ``linked`` where there are
    issues that it is linked to, ``neighbours`` where some of a lower number are known. ``others``
    are further authors, ``template`` what a standard change was made from. ``sent_back`` is there
    where it was sent back, or that cannot be told.
    """

    id: Plain
    key: Plain
    url: Plain
    project: Plain
    type: Plain
    status_id: Plain
    status: Plain
    created_at: datetime
    creator: PersonLabel | None
    reporter: PersonLabel | None
    summary: TextLabel | None
    approvals: tuple[ApprovalPart, ...] | Unknown
    scope: tuple[TextPart, ...] | Unknown
    rollback_plan: tuple[TextPart, ...] | Unknown
    test_plan: tuple[TextPart, ...] | Unknown
    window: WindowPart | Unknown | None = None
    linked: tuple[Plain, ...] | Unknown | None = None
    neighbours: tuple[NeighbourPart, ...] | Unknown | None = None
    others: tuple[PersonLabel | None, ...] = ()
    template: Plain | Unknown | None = None
    sent_back: SentBackPart | Unknown | None = None


@dataclass(frozen=True, slots=True)
class GivenPart:
    """A ticket ID that passed the grammar, and where it was found.

    ``through`` is the story that was named there, and linked to the ticket.
    """

    system: Code
    id: Plain
    source: TicketSource
    through: Plain | None = None


@dataclass(frozen=True, slots=True)
class TicketPart:
    """An ID and what came back for it; ``fact`` null: missing, by a service that shows others."""

    id: Plain
    fact: TicketFact | Unknown | None


@dataclass(frozen=True, slots=True)
class CommitPart:
    """A commit, who made it, and what vouches for it; ``push`` is a place in the direct pushes."""

    sha: CommitId
    parents: tuple[CommitId, ...]
    author: PersonLabel
    committer: PersonLabel
    co_authors: tuple[PersonLabel, ...]
    signer: PersonLabel | None
    merged_by_forge: bool
    push: int | None


@dataclass(frozen=True, slots=True)
class PushPart:
    """A push as the forge saw it."""

    at: datetime
    person: PersonLabel | None
    ref: Shown
    before: CommitId | None
    after: CommitId | None


@dataclass(frozen=True, slots=True)
class OwnCommitPart:
    """A commit as the authors of a pull request pushed it.

    After a squash or rebase it is not in the range, and who it names made what the forge wrote.
    """

    sha: CommitId
    author: PersonLabel
    committer: PersonLabel
    co_authors: tuple[PersonLabel, ...]
    signer: PersonLabel | None


@dataclass(frozen=True, slots=True)
class TreesPart:
    """What the merge and the head of a pull request hold, by the ids of their trees.

    Null: it was not told. ``remerged`` is what merging the head anew gave, null where it was not
    tried or ``conflicts``.
    """

    merge: CommitId | None
    head: CommitId | None
    remerged: CommitId | Unknown | None
    conflicts: bool


@dataclass(frozen=True, slots=True)
class PullRequestPart:
    """A pull or merge request that brought commits of the range; ``commits`` are its own.

    ``others`` wrote or pushed the requests whose work is in this one; null: a deleted account.
    ``landed_at`` is when its first commit came onto a release ref, null where that is not known.
    ``trees`` is there where any of them is known, ``retargeted_at`` where the request was given
    another base.
    """

    number: int
    title: TextLabel
    author: PersonLabel | None
    head_ref: TextLabel
    head_sha: CommitId
    base_ref: Shown
    merge_sha: CommitId | None
    merged_at: datetime | None
    merged_by: PersonLabel | None
    landed_at: datetime | None
    into_release_ref: bool
    brings: tuple[CommitId, ...]
    reviews: tuple[ApprovalPart, ...] | Unknown
    pushes: tuple[PushPart, ...] | Unknown
    commits: tuple[OwnCommitPart, ...] | Unknown
    others: tuple[PersonLabel | None, ...]
    trees: TreesPart | None = None
    retargeted_at: datetime | Unknown | None = None


@dataclass(frozen=True, slots=True)
class BasePart:
    """Where the range starts; ``commit`` null: a first deployment."""

    kind: BaseKind
    commit: CommitId | None
    index: int | None


@dataclass(frozen=True, slots=True)
class ChangePart:
    """The code that the deployment brings.

    ``start`` is the newest commit, along first parents from the head, that the range does not hold:
    null where the range goes back to the repository's beginning, or could not be had.
    """

    repository: Plain
    base: BasePart
    start: CommitId | None
    head: CommitId
    base_is_ancestor: bool
    in_repository: bool | Unknown
    release_refs: tuple[Shown, ...] | Unknown
    commits: tuple[CommitPart, ...] | Spilled | Unknown
    pull_requests: tuple[PullRequestPart, ...] | Spilled | Unknown
    direct_pushes: tuple[PushPart, ...] | Spilled | Unknown


@dataclass(frozen=True, slots=True)
class ForgeDeploymentPart:
    """A deployment of this commit here that the forge itself lists as having succeeded."""

    id: Plain
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockPart:
    """Our clock minus a service's, and what of it proves nothing, in milliseconds."""

    service: Plain
    offset_ms: int
    uncertainty_ms: int


# ---------------------------------------------------------------- policy and log


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """The policy that judged: SHA-256 of its bytes, and how that relates to the pinned digest."""

    sha256: Sha256
    pin: PinState


@dataclass(frozen=True, slots=True)
class HeadPart:
    """The log's head that history was read at: size, and root in hex."""

    size: int
    root: Sha256


@dataclass(frozen=True, slots=True)
class LinkPart:
    """A place in the log: index, and RFC 6962 leaf hash in hex."""

    index: int
    leaf: Sha256


@dataclass(frozen=True, slots=True)
class TicketLink:
    """The newest record of a ticket below the judged head."""

    id: Plain
    index: int
    leaf: Sha256


@dataclass(frozen=True, slots=True)
class OpenPart:
    """An emergency decision of the service that no review below the judged head settles."""

    index: int
    leaf: Sha256
    review_by: datetime


@dataclass(frozen=True, slots=True)
class PriorPart:
    """The newest records below the judged head.

    ``deployment`` is of this service and environment; ``tickets`` has each ticket with a record;
    ``emergencies`` has all of this service, to any environment, that await their review.
    """

    deployment: LinkPart | None
    tickets: tuple[TicketLink, ...]
    emergencies: tuple[OpenPart, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketTerm:
    """From when on a ticket counts as approved anew: a use after that is one too many.

    ``approved_anew`` is the earliest time of the newest approvals that the policy demands, by as
    many people; null where there are not so many, or their times cannot be told.
    """

    id: Plain
    approved_anew: datetime | None


@dataclass(frozen=True, slots=True)
class ElsewherePart:
    """What receipts of another log told: the decision there, and when its success was recorded.

    ``origin`` is that log's. Both others are null where no receipt told of a success.
    """

    origin: Plain
    decision: LinkPart | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class EarlierTermPart:
    """What ``tested-before`` went by.

    The environment that must come first, how long ago its deployment may have ended, and the place
    of the outcome that decided; null: there is none. ``elsewhere``: that place is in another log.
    """

    environment: Plain
    within: timedelta
    ended: LinkPart | None
    elsewhere: ElsewherePart | None = None


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """What history-dependent judgement rested on.

    ``base`` is the range's start by the log alone; ``here`` are the log indexes of the allowed and
    emergency records of this commit for this service and environment: the newest ``HERE``,
    ascending. ``tickets`` has each change request that was looked up. ``tested`` is there where the
    policy has another environment come first.
    """

    base: BasePart
    here: tuple[int, ...]
    tickets: tuple[TicketTerm, ...]
    tested: EarlierTermPart | None = None


@dataclass(frozen=True, slots=True)
class EmergencyPart:
    """An emergency that was declared: its reason, what was waived, when the review is due.

    ``waived`` is empty and ``review_by`` null unless it was granted. ``seconded``: somebody other
    than the deployer had approved, so that an overdue review of another emergency did not count.
    ``deferred`` are those of ``waived`` that a service which was down kept from being judged;
    ``spooled``: so was the log, which it was judged without, at size 0, and recorded in later.
    """

    reason: TextLabel
    waived: tuple[Code, ...]
    review_by: datetime | None
    seconded: bool
    deferred: tuple[Code, ...] = ()
    spooled: bool = False


@dataclass(frozen=True, slots=True)
class ReplacesPart:
    """The record that no longer held at its place in the log.

    ``entry`` is the SHA-256 of its log entry, ``failed`` the codes of what failed there.
    """

    entry: Sha256
    reason: Code
    failed: tuple[Code, ...]


# ---------------------------------------------------------------- predicates


class Assurance(StrEnum):
    """What stands behind a record's claim to be gate's own."""

    SELF_RUN = "self-run"  # the job that deploys ran gate with its own keys
    ISOLATED = "isolated"
    EXTERNAL = "external"


class DeploymentOutcome(StrEnum):
    """How an enforced deployment ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled-back"


class ReviewOutcome(StrEnum):
    """What a review of an emergency came to."""

    APPROVED = "approved"  # somebody independent approved afterwards what was deployed
    DENIED = "denied"
    UNDETERMINED = "undetermined"


class KeyAction(StrEnum):
    """What happened to a key."""

    ADDED = "added"
    RETIRED = "retired"


class KeyRole(StrEnum):
    """What a key signs."""

    RECORD = "record"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class DecisionPredicate:
    """``urn:gate:decision:v1``.

    ``own_accounts`` are those that gate itself read with: they approve nothing.
    """

    at: datetime
    decision: DecisionKind
    service: Plain
    environment: Plain
    repository: Plain
    commit: CommitId
    commit_from_run: bool
    gate: Plain
    assurance: Assurance
    claims: tuple[Plain, ...]
    run: RunPart
    given: tuple[GivenPart, ...] | Unknown
    tickets: tuple[TicketPart, ...] | Spilled
    change: ChangePart | Unknown
    deployed_before: tuple[ForgeDeploymentPart, ...] | Spilled | Unknown
    own_accounts: tuple[PersonLabel, ...]
    clocks: tuple[ClockPart, ...]
    controls: tuple[ControlPart, ...]
    labels: Mapping[Label, Sha256] | Spilled
    policy: PolicyReference
    evidence: Sha256
    judged_at: HeadPart
    prior: PriorPart
    history: HistoryPart
    replaces: ReplacesPart | None
    emergency: EmergencyPart | None = None


@dataclass(frozen=True, slots=True)
class OutcomePredicate:
    """``urn:gate:outcome:v1``: how the deployment that ``decision`` let pass ended."""

    at: datetime
    outcome: DeploymentOutcome
    decision: LinkPart
    service: Plain
    environment: Plain
    repository: Plain
    commit: CommitId
    tickets: tuple[Plain, ...]
    gate: Plain
    assurance: Assurance
    judged_at: HeadPart
    prior: PriorPart


@dataclass(frozen=True, slots=True)
class ReviewPredicate:
    """``urn:gate:review:v1``: what a review of the emergency that ``decision`` let pass came to.

    Controls are judged over approvals that were given after ``decided_at``. ``run`` is the run of
    the emergency, whose actor must not be the approver. ``late``: after ``review_by``.
    """

    at: datetime
    outcome: ReviewOutcome
    late: bool
    decision: LinkPart
    decided_at: datetime
    review_by: datetime
    service: Plain
    environment: Plain
    repository: Plain
    commit: CommitId
    gate: Plain
    assurance: Assurance
    claims: tuple[Plain, ...]
    run: RunPart
    given: tuple[GivenPart, ...] | Unknown
    tickets: tuple[TicketPart, ...] | Spilled
    change: ChangePart | Unknown
    deployed_before: tuple[ForgeDeploymentPart, ...] | Spilled | Unknown
    own_accounts: tuple[PersonLabel, ...]
    clocks: tuple[ClockPart, ...]
    controls: tuple[ControlPart, ...]
    labels: Mapping[Label, Sha256] | Spilled
    policy: PolicyReference
    evidence: Sha256
    judged_at: HeadPart
    prior: PriorPart


@dataclass(frozen=True, slots=True)
class KeyPredicate:
    """``urn:gate:key:v1``: a key of the trust folder came or went. The public key is base64."""

    at: datetime
    action: KeyAction
    role: KeyRole
    keyid: Sha256
    public_key: Annotated[str, Form("[A-Za-z0-9+/]{43}=", 44)]
    not_before: datetime
    not_after: datetime | None
    gate: Plain
