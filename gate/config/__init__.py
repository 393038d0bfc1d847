"""``gate.toml``: the policy, and the secrets that never stand in it."""

from gate.config.parse import load_policy, parse_policy
from gate.config.public import public_view
from gate.config.secrets import Secrets, read_secrets
from gate.config.types import (
    ApprovalPlace,
    ApprovalRules,
    Environment,
    EvidenceSettings,
    ForgeSettings,
    JiraSettings,
    LogSettings,
    NetworkSettings,
    PeopleFrom,
    PersonEntry,
    Policy,
    Service,
    TicketRules,
    WriteBack,
)

__all__ = [
    "ApprovalPlace",
    "ApprovalRules",
    "Environment",
    "EvidenceSettings",
    "ForgeSettings",
    "JiraSettings",
    "LogSettings",
    "NetworkSettings",
    "PeopleFrom",
    "PersonEntry",
    "Policy",
    "Secrets",
    "Service",
    "TicketRules",
    "WriteBack",
    "load_policy",
    "parse_policy",
    "public_view",
    "read_secrets",
]
