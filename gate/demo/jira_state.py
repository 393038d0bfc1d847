"""What a Jira site remembers: people, projects, issues, their histories and approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

Flavour: TypeAlias = Literal["cloud", "datacenter"]
FieldKind: TypeAlias = Literal[
    "line", "text", "user", "users", "option", "component", "labels", "datetime"
]


@dataclass(slots=True)
class User:
    """An account. ``account_id`` identifies it on Cloud, ``name`` and ``key`` on Data Center.

    ``shows_email`` False is the Cloud default of a private profile: the address is left out.
    """

    account_id: str
    name: str
    display_name: str
    email: str
    key: str = ""
    account_type: str = "atlassian"
    active: bool = True
    shows_email: bool = True


@dataclass(slots=True)
class Project:
    """A project.

    ``visible_to`` None: everybody logged in may browse it; ``public``: anybody. ``commenters``
    None: whoever is logged in may comment. ``agents`` of a service project None: likewise.
    """

    id: str
    key: str
    name: str
    service_desk: bool = False
    visible_to: set[str] | None = None
    public: bool = False
    commenters: set[str] | None = None
    agents: set[str] | None = None


@dataclass(slots=True)
class StatusValue:
    """A workflow status; ``category`` is "new", "indeterminate" or "done"."""

    id: str
    name: str
    category: str = "indeterminate"


@dataclass(slots=True)
class FieldType:
    """A field: ``title`` is what people see, ``kind`` decides shape and changelog items."""

    id: str
    title: str
    kind: FieldKind

    @property
    def custom(self) -> bool:
        """Whether a site administrator made it."""
        return self.id.startswith("customfield_")


@dataclass(slots=True)
class Item:
    """One field's change. ``old`` and ``new`` are ids or None, the texts what people see."""

    field_id: str
    title: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None

    @property
    def custom(self) -> bool:
        """Whether the field is one that a site administrator made."""
        return self.field_id.startswith("customfield_")


@dataclass(slots=True)
class HistoryEntry:
    """One entry of the changelog; ``by`` None: the author's account is gone."""

    id: str
    by: User | None
    at: datetime
    items: list[Item]


@dataclass(slots=True)
class Answer:
    """One approver's decision: "pending", "approved" or "declined"."""

    user: User | None
    decision: str = "pending"


@dataclass(slots=True)
class ApprovalStep:
    """A Jira Service Management approval: several approvers, one final decision."""

    id: str
    name: str
    created: datetime
    answers: list[Answer]
    required: int
    completed: datetime | None = None

    @property
    def decision(self) -> str:
        """One decline decides; else as many approvals as are required."""
        given = [answer.decision for answer in self.answers]
        if "declined" in given:
            return "declined"
        return "approved" if given.count("approved") >= self.required else "pending"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as it was sent: ``body`` is an ADF tree (Cloud) or wiki text (Data Center)."""

    id: str
    by: User
    at: datetime
    body: Any
    properties: list[Any]


LINK_TYPES = {  # name -> how the end of a link is described, and how its beginning
    "Relates": ("relates to", "relates to"),
    "Blocks": ("is blocked by", "blocks"),
    "Deployment": ("deploys", "is deployed by"),
}


@dataclass(slots=True)
class Link:
    """A link to another issue, as seen from this end: ``outward`` where it begins here."""

    id: str
    type: str
    issue: Issue
    outward: bool


@dataclass(slots=True)
class Issue:
    """An issue.

    ``values`` holds what its fields hold: texts as wiki text (or an ADF tree), users
    as ``User``, options, components and labels as texts.
    """

    id: str
    key: str
    project: Project
    type: str
    status: StatusValue
    summary: str
    created: datetime
    updated: datetime
    creator: User | None
    reporter: User | None
    values: dict[str, Any] = field(default_factory=dict)
    history: list[HistoryEntry] = field(default_factory=list)
    approvals: list[ApprovalStep] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    request: bool = False
    visible: bool = True
