"""The policy as values: what ``gate.toml`` says, validated and with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

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
class ApprovalPlace:
    """Where approvals of a ticket are read.

    ``kind`` is "jsm", "transition" or "field"; ``name`` is the status name or id entered, or
    the user-picker field's name or id; empty for "jsm".
    """

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """A Jira site.

    ``flavour`` is "cloud" or "datacenter" ("" = detect). ``scope``, ``rollback_plan`` and
    ``test_plan`` are locations: a field id ("description", "customfield_10070", "component"),
    or "description#Heading" for the section under a heading. ``types`` empty: any.
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


@dataclass(frozen=True, slots=True)
class Service:
    """A deployable service. ``names`` are how tickets call it; its key is always among them."""

    name: str
    repository: str
    release_refs: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """``by`` are names of groups or people.

    ``sources``: "change-request", "pull-request". ``independent_of``: "change-author" (always
    in force), "ticket-author", "deployer". ``predates``: "job" or "pipeline".
    """

    required: int
    by: tuple[str, ...]
    sources: tuple[str, ...]
    independent_of: tuple[str, ...]
    predates: str


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
class Environment:
    """A place to deploy to, with its rules.

    ``controls`` holds only the levels that the policy sets; defaults are the controls' own.
    ``accept_claims``: "pipeline-start", "deployer". ``emergency`` None: there are none here.
    """

    name: str
    controls: Mapping[str, Level]
    approvals: ApprovalRules
    ticket: TicketRules
    accept_claims: tuple[str, ...] = ()
    emergency: EmergencyRules | None = None


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
class Policy:
    """The whole of ``gate.toml``. ``text`` is its bytes as read, ``sha256`` their digest in hex."""

    text: bytes
    sha256: str
    log: LogSettings
    evidence: EvidenceSettings
    forges: Mapping[str, ForgeSettings]
    jira: JiraSettings
    services: Mapping[str, Service]
    environments: Mapping[str, Environment]
    groups: Mapping[str, tuple[str, ...]]
    one_account_per_person: tuple[str, ...]
    people: tuple[PersonEntry, ...]
    network: NetworkSettings = field(default_factory=NetworkSettings)
