"""``gate.toml``: the policy, and the secrets that never stand in it."""

from gate.config.parse import load_policy, parse_policy
from gate.config.public import public_view
from gate.config.secrets import Secrets, read_secrets
from gate.config.types import (
    After,
    ApprovalPlace,
    ApprovalRules,
    Environment,
    EvidenceSettings,
    ExtensionSettings,
    ForgeSettings,
    Freeze,
    JiraSettings,
    LogSettings,
    NetworkSettings,
    PersonEntry,
    Policy,
    Service,
    ServiceNowSettings,
    StandardTemplate,
    TicketRules,
    TicketSettings,
    WindowFields,
)

__all__ = [
    "After",
    "ApprovalPlace",
    "ApprovalRules",
    "Environment",
    "EvidenceSettings",
    "ExtensionSettings",
    "ForgeSettings",
    "Freeze",
    "JiraSettings",
    "LogSettings",
    "NetworkSettings",
    "PersonEntry",
    "Policy",
    "Secrets",
    "Service",
    "ServiceNowSettings",
    "StandardTemplate",
    "TicketRules",
    "TicketSettings",
    "WindowFields",
    "load_policy",
    "parse_policy",
    "public_view",
    "read_secrets",
]
