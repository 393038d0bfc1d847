"""The policy as values: what ``gate.toml`` says, validated and with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Protocol

from gate.frozen import dataclass
from gate.model import Level, TicketSource


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Where the log is and who vouches for it. ``trust`` is a path as written.

    ``endpoint`` and ``region`` are those of an object store that is not its provider's default,
    ``ca`` is the path of a CA bundle, ``retention`` how long the store must keep what is in it.
    """

    url: str
    origin: str
    trust: str
    endpoint: str = ""
    region: str = ""
    ca: str = ""
    retention: timedelta | None = None


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Where disclosures are; ``endpoint``, ``region`` and ``ca`` as for the log."""

    url: str
    endpoint: str = ""
    region: str = ""
    ca: str = ""


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """A forge. ``url`` is what people browse, ``api_url`` what gate asks; no trailing slash."""

    kind: str
    url: str
    api_url: str
    ca: str = ""


@dataclass(frozen=True, slots=True)
class JenkinsSettings:
    """The Jenkins that is asked about its builds. ``url`` has no trailing slash."""

    url: str
    ca: str = ""


class TicketSettings(Protocol):
    """What the policy says of any ticket system.

    ``projects`` are what the IDs of its tickets begin with, and empty where they begin with nothing
    in particular; ``types`` empty: any. ``scope``, ``rollback_plan`` and ``test_plan`` are the
    places of a ticket that are read for them; ``deployable`` the statuses, by name or id.
    """

    @property
    def url(self) -> str:
        """What people browse, without a trailing slash."""

    @property
    def projects(self) -> tuple[str, ...]:
        """What IDs begin with."""

    @property
    def types(self) -> tuple[str, ...]:
        """The types that are change requests."""

    @property
    def scope(self) -> tuple[str, ...]:
        """Where a ticket names what it covers."""

    @property
    def deployable(self) -> tuple[str, ...]:
        """The statuses in which a deployment may go on."""

    @property
    def rollback_plan(self) -> tuple[str, ...]:
        """Where the way back is written down."""

    @property
    def test_plan(self) -> tuple[str, ...]:
        """Where it is written down how the change is tested."""


@dataclass(frozen=True, slots=True)
class ApprovalPlace:
    """Where approvals of a ticket are read.

    ``kind`` is "jsm", "transition" or "field"; ``name`` is the status name or id entered, or
    the user-picker field's name or id; empty for "jsm". Of issues: "label", with its name, or
    "comment", with the command that is all of its text.
    """

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class WindowFields:
    """Where a ticket's planned window stands: the ids or titles of two fields of date and time."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class StoryLink:
    """A link from a story to its change request.

    ``type`` is the link type's id or name; ``direction`` is "outward" or "inward", as the story
    sees it.
    """

    type: str
    direction: str


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """A Jira site.

    ``flavour`` is "cloud" or "datacenter" ("" = detect). ``scope``, ``rollback_plan`` and
    ``test_plan`` are locations: a field id ("description", "customfield_10070", "component"),
    or "description#Heading" for the section under a heading. ``types`` empty: any. ``window`` is
    None where the policy does not say where a ticket plans its deployment. ``stories`` are projects
    whose issues stand for the change requests that ``story_links`` lead to.
    """

    url: str
    flavour: str
    projects: tuple[str, ...]
    types: tuple[str, ...]
    approvals: tuple[ApprovalPlace, ...]
    scope: tuple[str, ...]
    deployable: tuple[str, ...]
    rollback_plan: tuple[str, ...]
    test_plan: tuple[str, ...]
    ca: str = ""
    window: WindowFields | None = None
    stories: tuple[str, ...] = ()
    story_links: tuple[StoryLink, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardTemplate:
    """A template of standard changes that counts as approved beforehand.

    ``id`` is its sys_id, ``services`` are those that it may be used for, ``expires`` when the
    approval of the template ends.
    """

    id: str
    services: tuple[str, ...]
    expires: datetime


@dataclass(frozen=True, slots=True)
class ServiceNowSettings:
    """A ServiceNow instance.

    ``auth`` is "basic", "oauth" (client credentials), "token" (a bearer) or "api-key";
    ``projects`` are the prefixes of change numbers. ``deployable`` and ``closed`` are values of
    the state ("-1"), never its names, which each reader sees in their own language. ``scope`` and
    the plans are locations: a field ("backout_plan"), or "description#Heading" for a section.
    """

    url: str
    auth: str
    projects: tuple[str, ...]
    types: tuple[str, ...]
    scope: tuple[str, ...]
    deployable: tuple[str, ...]
    closed: tuple[str, ...]
    rollback_plan: tuple[str, ...]
    test_plan: tuple[str, ...]
    standard_templates: tuple[StandardTemplate, ...] = ()
    ca: str = ""


@dataclass(frozen=True, slots=True)
class GitHubIssueSettings:
    """Issues of a GitHub.

    ``projects`` are repositories as ``owner/name``. ``approvals`` are places of kind "label" or
    "comment", ``objections`` names of labels. ``scope`` and the plans are locations: "title",
    "body", or "body#Heading" for a section. What is open may be deployed, and nothing else.
    """

    url: str
    api_url: str
    projects: tuple[str, ...]
    approvals: tuple[ApprovalPlace, ...]
    objections: tuple[str, ...]
    scope: tuple[str, ...]
    rollback_plan: tuple[str, ...]
    test_plan: tuple[str, ...]
    types: tuple[str, ...] = ("issue",)
    deployable: tuple[str, ...] = ("open",)
    ca: str = ""


@dataclass(frozen=True, slots=True)
class GitLabIssueSettings:
    """Issues of a GitLab.

    ``projects`` are whole paths ("group/subgroup/name"). ``approvals`` and ``objections`` are as
    those of GitHub's issues. ``scope`` and the plans are locations: "title", "description", or
    "description#Heading" for a section. What is open may be deployed, and nothing else.
    """

    url: str
    api_url: str
    projects: tuple[str, ...]
    approvals: tuple[ApprovalPlace, ...]
    objections: tuple[str, ...]
    scope: tuple[str, ...]
    rollback_plan: tuple[str, ...]
    test_plan: tuple[str, ...]
    types: tuple[str, ...] = ("issue",)
    deployable: tuple[str, ...] = ("opened",)
    ca: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionSettings:
    """A ticket system that another package brings.

    ``package`` is the distribution that the policy trusts to do so; ``options`` are the system's
    own, as written, which it validates itself.
    """

    package: str
    url: str
    projects: tuple[str, ...]
    types: tuple[str, ...]
    scope: tuple[str, ...]
    deployable: tuple[str, ...]
    rollback_plan: tuple[str, ...]
    test_plan: tuple[str, ...]
    options: Mapping[str, object]
    ca: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A deployable service. ``names`` are how tickets call it; its key is always among them."""

    name: str
    repository: str
    release_refs: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """``by`` are names of groups or people; ``at_least`` says of some how many must be of them.

    ``sources``: "change-request", "review", "environment". ``independent_of``: "change-author"
    (always in force), "ticket-author", "deployer". ``predates``: "job" or "pipeline".
    """

    required: int
    by: tuple[str, ...]
    sources: tuple[str, ...]
    independent_of: tuple[str, ...]
    predates: str
    at_least: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TicketRules:
    """``predates``: "pipeline", "job" or "merge"."""

    sources: tuple[TicketSource, ...]
    predates: str
    minimum_lead: timedelta


@dataclass(frozen=True, slots=True)
class EmergencyRules:
    """What an emergency may do without, and who may declare one.

    ``waives`` are ids of controls, none of them of integrity; ``review_within`` counts from the
    decision; ``by`` are names of groups or people. ``offline``: a ticket system that is down may be
    asked later, and a log that is down be written later.
    """

    waives: tuple[str, ...]
    review_within: timedelta
    by: tuple[str, ...]
    offline: bool = False


@dataclass(frozen=True, slots=True)
class After:
    """Where the same commit must have been deployed before, and how long ago that may be.

    ``origin`` is that of another log, which alone has the records of that environment; ``trust`` is
    the folder that vouches for it, as written, and ``vouching`` what it held when the policy was
    read: the SHA-256 in hex of its ``trust.policy`` and ``signers.toml``. All empty: the records
    are in the policy's own log.
    """

    environment: str
    within: timedelta
    origin: str = ""
    trust: str = ""
    vouching: tuple[str, ...] = ()

    @property
    def pinned_line(self) -> bytes:
        """What the folder adds to the text whose digest is pinned; nothing where there is none."""
        if not self.trust:
            return b""
        return f"\n# after.trust {' '.join(f'sha256:{each}' for each in self.vouching)}\n".encode()


@dataclass(frozen=True, slots=True)
class Environment:
    """A place to deploy to, with its rules.

    ``controls`` holds only the levels that the policy sets; defaults are the controls' own.
    ``accept_claims``: "pipeline-start", "deployer". ``after`` is None where nothing must
    come first. ``deployers`` are names of groups or people; none: anybody.
    ``bots`` are accounts of apps whose pull requests need name no ticket.
    ``emergency`` None: there are none here.
    """

    name: str
    controls: Mapping[str, Level]
    approvals: ApprovalRules
    ticket: TicketRules
    accept_claims: tuple[str, ...] = ()
    after: After | None = None
    deployers: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    emergency: EmergencyRules | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is deployed, from ``start`` up to, not including, ``end``.

    ``services`` and ``environments`` that it is for; none: for all.
    """

    name: str
    start: datetime
    end: datetime
    services: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One ``[[people]]`` entry.

    ``accounts`` maps a system to the key there; e-mail addresses are lower case.
    """

    name: str
    emails: tuple[str, ...]
    accounts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """``budget`` for all gathering; ``clock_tolerance`` for clock-sane; ``ca`` a CA bundle path."""

    budget: timedelta = timedelta(seconds=60)
    clock_tolerance: timedelta = timedelta(seconds=60)
    ca: str = ""


@dataclass(frozen=True, slots=True)
class WriteBack:
    """Whether each recorded decision is also told on its tickets, and on the forge."""

    ticket: bool = False
    forge: bool = False


@dataclass(frozen=True, slots=True)
class PeopleFrom:
    """A directory's export: the file as written, its SHA-256 in hex, how many people it lists."""

    file: str
    sha256: str
    count: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole of ``gate.toml``.

    ``text`` is its bytes as read, ``sha256`` their digest in hex; ``tickets`` are the ticket
    systems by name, at least one. Where ``people_from`` is given, a line with its digest ends
    ``text``, and ``people`` has those of both. ``jenkins`` None: no Jenkins is asked.
    """

    text: bytes
    sha256: str
    log: LogSettings
    evidence: EvidenceSettings
    forges: Mapping[str, ForgeSettings]
    tickets: Mapping[str, TicketSettings]
    services: Mapping[str, Service]
    environments: Mapping[str, Environment]
    groups: Mapping[str, tuple[str, ...]]
    one_account_per_person: tuple[str, ...]
    people: tuple[PersonEntry, ...]
    network: NetworkSettings = field(default_factory=NetworkSettings)
    freezes: tuple[Freeze, ...] = ()
    people_from: PeopleFrom | None = None
    write_back: WriteBack = field(default_factory=WriteBack)
    jenkins: JenkinsSettings | None = None
