"""The words gate reasons with, as frozen values passed between the layers.

A *fact* was read from a service, or proved by the log. A *claim* is what the environment or git
metadata says, which whoever writes the pipeline can write too. A fact that could not be had is a
``Problem`` in its place: never ``None``, never an empty list, so that it cannot be mistaken for
"there is none". ``None`` means: known to be absent.

Times are aware datetimes in UTC. Nothing here reads a clock, a file or the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, TypeVar

from gate.frozen import dataclass

T = TypeVar("T")

COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # git's, whole: SHA-1 or SHA-256


class ProblemKind(StrEnum):
    """Why a fact could not be had. Each kind has its own remedy."""

    CREDENTIALS = "credentials"  # the service did not accept who we are
    PERMISSION = "permission"  # it knows us and will not show this
    HIDDEN = "hidden"  # it says "not found", and may mean "not for you"
    UNAVAILABLE = "unavailable"  # down, slow, out of budget, rate limited
    MALFORMED = "malformed"  # it answered what it should not
    INCOMPLETE = "incomplete"  # a list that is not provably whole
    CLAIM = "claim"  # only a claim is to be had, and the policy does not accept it
    LOCAL = "local"  # git, a file or the log could not be read


@dataclass(frozen=True, slots=True)
class Problem:
    """A fact that could not be had.

    ``service`` is the system asked ("jira", "github", "git", "log"), ``request`` what was asked of
    it ("GET /rest/api/3/issue/CHG-1"), ``cause`` one sentence on what was seen, ``remedy`` one on
    what to do. None of them holds a secret, a person's name or free text from outside.
    """

    kind: ProblemKind
    service: str
    request: str
    cause: str
    remedy: str


Maybe: TypeAlias = T | Problem  # a fact, or why it could not be had

# ---------------------------------------------------------------- people


class AccountKind(StrEnum):
    """Whether an account is a human's. Only ``PERSON`` can approve."""

    PERSON = "person"
    APP = "app"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Account:
    """One account in one system.

    ``system`` is "jira", "github", "gitlab", "servicenow", "jenkins", or "git" for a bare e-mail
    address of commit metadata; ``key`` is what the system identifies it by (Jira Cloud's accountId,
    Data Center's user name, a GitHub login, an e-mail address in lower case). ``email`` is given
    only where the service says that it verified it. ``name`` is for display and never compared.
    """

    system: str
    key: str
    kind: AccountKind = AccountKind.PERSON
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a service shows of an account and does not vouch for; "" where it shows nothing."""

    name: str = ""
    address: str = ""


# ---------------------------------------------------------------- messages


@dataclass(frozen=True, slots=True)
class Free:
    """Text that people typed. It is shown escaped, and in a record only as a commitment."""

    text: str


Value: TypeAlias = "str | int | datetime | timedelta | Account | Free | tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence as a code and its arguments.

    ``text`` is a ``str.format`` template over ``args``; the record keeps ``code`` and ``args``
    (persons as p-labels and ``Free`` as t-labels), the terminal shows the sentence.
    """

    code: str
    text: str
    args: Mapping[str, Value] = field(default_factory=dict)


# ---------------------------------------------------------------- deployment and run


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is about to run: a name and the SHA-256 of its bytes in lower-case hex."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RunClaim:
    """What the environment says of the pipeline run. Claims, all of it.

    ``ci`` is "github", "gitlab", "jenkins" or "shell"; ``repository`` a URL or empty;
    ``created_at`` the claimed start of the pipeline, where the environment has one.
    """

    ci: str
    id: str = ""
    attempt: str = ""
    url: str = ""
    repository: str = ""
    ref: str = ""
    commit: str = ""
    actor: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is about to be deployed, as asked for: claims, to be held against facts.

    ``commit`` is a full object id in lower-case hex (40 or 64 digits); ``commit_from_run`` is true
    where it came from the pipeline's environment instead of an option.
    """

    service: str
    environment: str
    commit: str
    run: RunClaim
    artifacts: tuple[Artifact, ...] = ()
    commit_from_run: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A pipeline run as the CI's API tells it.

    ``created_at`` is the creation of the *first* attempt; ``actor`` who started the current one,
    None where the service names nobody (a timer, another build); ``active`` whether the service
    says that it is running now.
    """

    ci: str
    id: str
    attempt: int
    repository: str
    head_sha: str
    created_at: datetime
    actor: Account | None
    active: bool
    url: str = ""


# ---------------------------------------------------------------- change requests


class TicketSource(StrEnum):
    """Where a ticket ID may come from."""

    OPTION = "option"
    PULL_REQUEST = "pull-request"
    BRANCH = "branch"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class TicketReference:
    """A ticket ID that passed the grammar, and where it was found.

    ``system`` is that of the policy which the ID is of: "jira", "servicenow" or an extension's.
    ``through`` is the story that was named in its place and links to it; "" where it was named.
    """

    system: str
    id: str
    source: TicketSource
    through: str = ""


class Verdict(StrEnum):
    """One person's decision. ``DECLINED`` is an objection until its giver withdraws it."""

    APPROVED = "approved"
    DECLINED = "declined"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's decision on a change request, a pull request or a run's deployment.

    ``account`` is None where the system recorded a decision without saying whose (a deleted user):
    such an approval counts for nothing, such an objection counts. ``latest_possible`` says that the
    system has no time per person and ``decided_at`` is an upper bound, with ``not_before`` as the
    lower one where it is known. ``decided_at`` is None for PENDING, and of a deployment where there
    is no upper bound either but that it was there when it was read; with no ``not_before``, not
    even which attempt of the run it was of is known. ``source`` is "jsm", "transition:Approved",
    "field:Approvers", "review" or "environment"; ``id`` names the row in it. ``commit`` is what a
    review was given on, or what a run is of.
    """

    account: Account | None
    verdict: Verdict
    decided_at: datetime | None
    source: str
    id: str = ""
    latest_possible: bool = False
    commit: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text of a ticket: the configured location it was read from, and its last edit.

    ``edited_at`` is the ticket's creation where the whole history shows no edit; ``edited_by`` is
    None where the system does not say who. ``text`` is plain: ADF and wiki markup are rendered.
    ``latest_possible``: there is no history of it to be read, and the last edit was not after that.
    """

    location: str
    text: str
    edited_at: datetime
    edited_by: Account | None = None
    latest_possible: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """A ticket's status by id and name, both as the system gives them."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """When a ticket plans its deployment.

    ``start`` or ``end`` is None where the ticket has none; ``edited_at`` is the later one of their
    last edits, the ticket's creation where the whole history shows none; ``latest_possible`` as
    with ``EditedText``.
    """

    start: datetime | None
    end: datetime | None
    edited_at: datetime
    latest_possible: bool = False


@dataclass(frozen=True, slots=True)
class StandardChange:
    """That a ticket was made from a template of standard changes, by the template's id."""

    template: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A ticket whose number was given out before another's, and when it was created."""

    key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SentBack:
    """That a ticket was last sent back at a time: what was approved before is so no longer.

    It was moved out of the statuses in which it may be deployed; or, wherever it was, back to one
    that it had been in before, to a closed one, or on hold. ``latest_possible``: there is no
    history of it to be read, and if it was sent back, it was not after that.
    """

    at: datetime
    latest_possible: bool = False


UNTOLD = Problem(
    ProblemKind.INCOMPLETE,
    "the ticket system",
    "history of the status",
    "what reads the ticket does not tell whether it was sent back since it was approved",
    "use a version of the ticket system's package that sets ChangeRequest.sent_back",
)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A ticket as read live.

    ``approvals``, ``scope`` and the plans are provably complete or a ``Problem``. ``scope``
    holds only locations that exist on the ticket; an empty plan is ``()``. ``window`` is None where
    the policy does not say where tickets have one. ``linked`` are the keys of the tickets that it
    is linked to, as far as the system shows them; ``neighbours`` some of the next lower numbers.
    ``others`` are further authors beside creator and reporter, None where an account is not shown.
    ``standard`` is None for every other change. ``unfinished`` are the ids of approval steps that
    the system itself still waits for, read along with ``approvals``. ``sent_back`` is None only
    where the whole history shows that it never was, or where ``approvals`` has none from before.
    """

    system: str
    id: str
    key: str
    url: str
    project: str
    type: str
    status: Status
    created_at: datetime
    creator: Account | None
    reporter: Account | None
    approvals: Maybe[tuple[Approval, ...]]
    scope: Maybe[tuple[EditedText, ...]]
    rollback_plan: Maybe[tuple[EditedText, ...]]
    test_plan: Maybe[tuple[EditedText, ...]]
    summary: str = ""
    window: Maybe[Window | None] = None
    linked: Maybe[tuple[str, ...]] = ()
    neighbours: Maybe[tuple[Neighbour, ...]] = ()
    others: tuple[Account | None, ...] = ()
    standard: Maybe[StandardChange | None] = None
    unfinished: tuple[str, ...] = ()
    sent_back: Maybe[SentBack | None] = UNTOLD


@dataclass(frozen=True, slots=True)
class MissingTicket:
    """The system, with working credentials, shows the project and not this ticket.

    ``links`` are what a story would be linked to its change request by, where it is one that is
    linked to none.
    """

    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A reference and what came back for it."""

    reference: TicketReference
    result: Maybe[ChangeRequest | MissingTicket]


# ---------------------------------------------------------------- change


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: metadata (claims, which only ever add makers) and what vouches for it (facts).

    ``author``, ``committer`` and ``co_authors`` are forge accounts where the forge matched a
    verified e-mail address, else accounts of system "git". ``signer`` is the account of a signature
    that the forge verified. ``merged_by_forge``: the forge itself wrote this commit when it merged
    an unchanged patch, by its own push history, so its metadata makes no maker. ``tree`` is the id
    of what it holds, "" where that was not told.
    """

    sha: str
    parents: tuple[str, ...]
    author: Account
    committer: Account
    co_authors: tuple[Account, ...]
    message: str
    signer: Account | None = None
    merged_by_forge: bool = False
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """A push as the forge saw it: server time, pusher (None: deleted account), range of the ref."""

    at: datetime
    account: Account | None
    ref: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull or merge request that brought commits of the range.

    ``brings`` are the range's commits that came in by it, its merge commit included. ``pushes`` are
    all pushes to its head branch that led to ``head_sha``, oldest first; ``reviews`` holds each
    person's latest decisive review. ``into_release_ref``: merged into a release ref of the
    service that contains the head, by the forge's own record. ``commits`` are the request's own
    commits as its authors pushed them, provably complete: after a squash or rebase merge none of
    them is in the range, and their authors and co-authors are makers of the commits that the forge
    wrote in their place. ``others`` are authors and pushers of the pull requests whose work is in
    this one, such as those merged into its branch. ``landed_at`` is when the first commit that it
    brings came onto a release ref that contains the head; None where that cannot be told.
    ``remerged`` is the tree that merging ``head_sha`` anew gives, "" where that conflicts, None
    where it was not tried. ``squash_sha`` is the one commit that the forge made of its own ones and
    merged by a merge commit, "" where it did not. ``retargeted_at`` is when it was last given
    another base, by the forge's own record; None where it never was.
    """

    number: int
    url: str
    title: str
    author: Account | None
    head_ref: str
    head_sha: str
    base_ref: str
    merge_sha: str
    merged_at: datetime | None
    merged_by: Account | None
    into_release_ref: bool
    brings: tuple[str, ...]
    reviews: Maybe[tuple[Approval, ...]]
    pushes: Maybe[tuple[Push, ...]]
    retargeted_at: Maybe[datetime | None]  # no default: not told is not never
    commits: Maybe[tuple[Commit, ...]] = ()
    others: tuple[Account | None, ...] = ()
    landed_at: datetime | None = None
    remerged: Maybe[str] | None = None
    squash_sha: str = ""

    def onto(self, commits: Mapping[str, Commit]) -> str:
        """The commit that it was merged onto; "" where its merge is not among ``commits``.

        That is the first below its merge, by first parents, that it does not bring itself.
        """
        place, brought = self.merge_sha, {self.merge_sha, *self.brings}
        while place in brought:
            brought.discard(place)
            parents = commits[place].parents if place in commits else ()
            place = parents[0] if parents else ""
        return place

    def on_top_of(self, commit: str, commits: Mapping[str, Commit]) -> Commit | None:
        """Its head, where the head is known to contain ``commit``; ``commits`` are the range's.

        Merged onto such a commit, it gives just what the head holds.
        """
        merge = commits.get(self.merge_sha)
        below = {} if isinstance(self.commits, Problem) else {c.sha: c for c in self.commits}
        if merge is not None and self.head_sha in merge.parents[1:]:
            # A merge that keeps the request's commits: all that it brings but itself are of these.
            below |= {sha: commits[sha] for sha in self.brings if sha in commits}
            below.pop(self.merge_sha, None)
        is_below = any(commit in each.parents for each in below.values())
        return below.get(self.head_sha) if commit and is_below else None


class BaseKind(StrEnum):
    """What the range starts from."""

    DEPLOYED = "deployed"  # the newest deployment here that the log proves succeeded
    FIRST = "first"  # none yet: the head's own pull request or push
    REDEPLOYED = "redeployed"  # the head succeeded here before: the range of its first success
    WIDENED = "widened"  # --base named an ancestor of the above


@dataclass(frozen=True, slots=True)
class Base:
    """Where the range starts.

    ``commit`` is "" for a first deployment; ``index`` is the log index of the record that
    proves it, None where no record does.
    """

    kind: BaseKind
    commit: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The code that the deployment brings: ``commits`` are base..head, head last.

    ``in_repository`` is False where the service's own repository (not only a fork of it) does not
    contain the head; ``base_is_ancestor`` False where the base is not an ancestor of the head;
    ``release_refs`` are those of the service's release refs that contain the head.
    ``direct_pushes`` are pushes to a release ref that brought commits which no pull request had
    brought there, nor the forge merged elsewhere before; ``push_of`` tells which commits.
    """

    repository: str
    base: Base
    head: str
    base_is_ancestor: bool
    commits: Maybe[tuple[Commit, ...]]
    pull_requests: Maybe[tuple[PullRequest, ...]]
    direct_pushes: Maybe[tuple[Push, ...]]
    push_of: Mapping[str, int]  # commit -> position in direct_pushes
    release_refs: Maybe[tuple[str, ...]]
    in_repository: Maybe[bool] = True


@dataclass(frozen=True, slots=True)
class ForgeDeployment:
    """A deployment that the forge itself lists as having succeeded."""

    id: str
    environment: str
    commit: str
    at: datetime


# ---------------------------------------------------------------- log history


@dataclass(frozen=True, slots=True)
class EntryLink:
    """A place in the log: index and leaf hash (RFC 6962, lower-case hex)."""

    index: int
    leaf: str


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A verified decision record of this service and environment."""

    link: EntryLink
    at: datetime
    commit: str
    decision: str
    base: str


@dataclass(frozen=True, slots=True)
class TicketUse:
    """A decision that let ``commit`` of ``service`` into this environment under a ticket."""

    link: EntryLink
    at: datetime
    service: str
    commit: str


@dataclass(frozen=True, slots=True)
class OpenEmergency:
    """An emergency deployment of a service that no recorded review has settled.

    ``review_by``: after it the review is overdue.
    """

    link: EntryLink
    review_by: datetime


@dataclass(frozen=True, slots=True)
class EarlierDeployment:
    """A deployment that an earlier record permitted, and how it ended.

    ``ended`` is the place of its outcome, recorded ``at``; ``outcome`` is "succeeded" or another.
    """

    decision: EntryLink
    ended: EntryLink
    at: datetime
    outcome: str
    artifacts: tuple[Artifact, ...] = ()

    def covers(self, artifacts: tuple[Artifact, ...]) -> bool:
        """Whether all of ``artifacts`` were in it, by their digests.

        None at all are only covered by none: what was tested had a name then, and has none now.
        """
        there = {artifact.sha256 for artifact in self.artifacts}
        wanted = {artifact.sha256 for artifact in artifacts}
        return wanted <= there if wanted else not there


@dataclass(frozen=True, slots=True)
class Earlier:
    """The finished deployments of a commit to the ``environment`` that must come first.

    Of those that ended after the one that decides, none is missing; but where ``origin`` names
    another log, by whose receipts they are told, nobody knows. ``unfit`` says of each receipt that
    tells nothing why, in a few words.
    """

    environment: str
    deployments: tuple[EarlierDeployment, ...] = ()
    origin: str = ""
    unfit: tuple[str, ...] = ()

    def decisive(self, artifacts: tuple[Artifact, ...]) -> EarlierDeployment | None:
        """The one with these artifacts that ended last, by the log's own order; None: none did."""
        ended = [each for each in self.deployments if each.covers(artifacts)]
        return max(ended, key=lambda each: each.ended.index, default=None)


@dataclass(frozen=True, slots=True)
class History:
    """What the log proves at head (``size``, ``root`` in hex).

    ``base`` is where the range starts by the log alone; ``here`` are this commit's earlier
    decisions for this service and environment, oldest first; ``prior_deployment`` and
    ``prior_tickets`` (by ticket id) are the newest records below the head. ``uses`` has, for each
    ticket that was asked about, what it let into this environment, oldest first: of a ticket that
    is missing there nothing is known. ``earlier`` is None where no environment must come first.
    ``emergencies`` are those of the service, in any environment, that still await their review,
    oldest first. ``offline``: the log could not be read, and an emergency goes on with what is
    known without it, at size 0.
    """

    size: int
    root: str
    base: Base
    here: tuple[PastDecision, ...] = ()
    prior_deployment: EntryLink | None = None
    prior_tickets: Mapping[str, EntryLink] = field(default_factory=dict)
    uses: Mapping[str, tuple[TicketUse, ...]] = field(default_factory=dict)
    earlier: Earlier | None = None
    emergencies: tuple[OpenEmergency, ...] = ()
    offline: bool = False


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Our clock minus a service's Date header, in seconds.

    The header has whole seconds only and the request takes time, so up to ``uncertainty`` seconds
    of ``offset`` prove nothing.
    """

    service: str
    offset: float
    uncertainty: float


class PinState(StrEnum):
    """How the policy's digest relates to ``GATE_POLICY_SHA256``."""

    PINNED = "pinned"
    UNPINNED = "unpinned"  # no digest was given
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on.

    ``run`` is None in a plain shell, where there is no pipeline. ``given`` are the references
    found; ``tickets`` the lookup of each, in the same order. ``deployed_before`` are the
    forge's successful deployments of this commit to this environment. ``gate_accounts`` are
    gate's own accounts, whose approvals never count. ``emergency`` is the reason that was given
    where an emergency was declared. ``environment_approvals`` are what people decided on this very
    run's deployment to the forge's environment of that name, provably all of it; they are asked for
    only where the policy counts them, and there are none without a run.
    """

    deployment: Deployment
    run: Maybe[Run] | None
    given: Maybe[tuple[TicketReference, ...]]
    tickets: tuple[Lookup, ...]
    change: Maybe[Change]
    history: Maybe[History]
    deployed_before: Maybe[tuple[ForgeDeployment, ...]]
    clocks: tuple[ClockReading, ...]
    pin: PinState
    gate_accounts: tuple[Account, ...] = ()
    emergency: Free | None = None
    environment_approvals: Maybe[tuple[Approval, ...]] = ()


# ---------------------------------------------------------------- decision


class Level(StrEnum):
    """What the policy asks of a control."""

    REQUIRE = "require"
    WARN = "warn"
    OFF = "off"


class Outcome(StrEnum):
    """How a control was judged."""

    PASS = "pass"  # noqa: S105 -- an outcome, no password
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one control found.

    Outcome, expected, observed, and the remedy where it is no pass. ``claims`` names the claims
    it relied on because the policy accepts them.
    """

    outcome: Outcome
    expected: Message
    observed: Message
    remedy: Message | None = None
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlResult:
    """A judgement under the level that the policy gives the control."""

    id: str
    title: str
    level: Level
    judgement: Judgement


class DecisionKind(StrEnum):
    """The gate's answer."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDETERMINED = "undetermined"
    EMERGENCY = "emergency"


PERMITTING = frozenset(
    {DecisionKind.ALLOWED, DecisionKind.EMERGENCY}
)  # these let a deployment go on


@dataclass(frozen=True, slots=True)
class Emergency:
    """A declared emergency: its reason, and what the decision made of it.

    ``waived`` are the controls that were done without, ``review_by`` when the review is due: none
    and None unless the decision is ``emergency``. ``against`` are those that it cannot do without.
    ``deferred`` are those of ``waived`` that could not be judged since a service was down, and
    ``spooled`` says that the log was. ``seconded``: somebody other than the deployer
    approved, so that a review of an earlier emergency which is overdue does not block this one.
    """

    reason: Free
    waived: tuple[str, ...] = ()
    review_by: datetime | None = None
    seconded: bool = False
    against: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    spooled: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What receipts of the log ``origin`` told: the decision, and when its success was recorded.

    Both None where none of them told of one.
    """

    origin: str
    decision: EntryLink | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EarlierTerm:
    """What ``tested-before`` went by.

    The environment that must come first, how long ago that may be, and the place of the outcome
    that decided: None where the log has none. ``elsewhere``: where receipts of another log tell it.
    """

    environment: str
    within: timedelta
    ended: EntryLink | None
    elsewhere: Elsewhere | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, when it was given, and each control's result in the registry's order.

    ``claims`` names the claims that a control relied on because the policy accepts them.
    ``approved_anew`` tells, by ticket id, from when on a ticket counts as approved anew: with it
    ``ticket-not-reused`` can be judged again from records alone. ``tested`` is the same for
    ``tested-before``, None where the policy has no environment come first. ``emergency`` is there
    where one was declared, whatever was decided.
    """

    kind: DecisionKind
    at: datetime
    controls: tuple[ControlResult, ...]
    claims: tuple[str, ...] = ()
    approved_anew: Mapping[str, datetime | None] = field(default_factory=dict)
    tested: EarlierTerm | None = None
    emergency: Emergency | None = None


Now: TypeAlias = Callable[[], datetime]  # the clock, handed down by the command line
