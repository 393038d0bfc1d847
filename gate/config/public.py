"""The policy without its people: what an evidence bundle may hold for ever."""

from __future__ import annotations

import json

from gate.config.types import (
    ApprovalPlace,
    EmergencyRules,
    Environment,
    EvidenceSettings,
    JiraSettings,
    LogSettings,
    Policy,
    Service,
)


def public_view(policy: Policy) -> str:
    """The policy as JSON with sorted keys, without people, groups and the names of ``by``.

    ``sha256`` is the digest of the whole policy as read, to which the record refers too.
    """
    view = {
        "sha256": policy.sha256,
        "log": _log(policy.log),
        "evidence": _evidence(policy.evidence),
        "forges": {
            kind: {"url": forge.url, "api": forge.api_url, "ca": forge.ca}
            for kind, forge in policy.forges.items()
        },
        "tickets": {"jira": _jira(policy.jira)},
        "services": {name: _service(service) for name, service in policy.services.items()},
        "environments": {name: _environment(e) for name, e in policy.environments.items()},
        "identity": {"one_account_per_person": list(policy.one_account_per_person)},
        "network": {
            "budget": policy.network.budget.total_seconds(),
            "clock_tolerance": policy.network.clock_tolerance.total_seconds(),
            "ca": policy.network.ca,
        },
    }
    return json.dumps(view, sort_keys=True, ensure_ascii=False, indent=1)


def _log(log: LogSettings) -> dict[str, object]:
    return {
        "url": log.url,
        "origin": log.origin,
        "trust": log.trust,
        "endpoint": log.endpoint,
        "region": log.region,
        "ca": log.ca,
        "retention": None if log.retention is None else log.retention.total_seconds(),
    }


def _evidence(evidence: EvidenceSettings) -> dict[str, object]:
    return {
        "url": evidence.url,
        "endpoint": evidence.endpoint,
        "region": evidence.region,
        "ca": evidence.ca,
    }


def _jira(jira: JiraSettings) -> dict[str, object]:
    return {
        "url": jira.url,
        "flavour": jira.flavour,
        "projects": list(jira.projects),
        "types": list(jira.types),
        "approvals": [_place(place) for place in jira.approvals],
        "scope": list(jira.scope),
        "deployable": list(jira.deployable),
        "rollback_plan": list(jira.rollback_plan),
        "test_plan": list(jira.test_plan),
        "ca": jira.ca,
    }


def _place(place: ApprovalPlace) -> str | dict[str, str]:
    return {place.kind: place.name} if place.name else place.kind


def _service(service: Service) -> dict[str, object]:
    return {
        "repository": service.repository,
        "release_refs": list(service.release_refs),
        "names": list(service.names),
    }


def _environment(environment: Environment) -> dict[str, object]:
    approvals, ticket = environment.approvals, environment.ticket
    return {
        "controls": dict(environment.controls),
        "approvals": {
            "required": approvals.required,
            "sources": list(approvals.sources),
            "independent_of": list(approvals.independent_of),
            "predates": approvals.predates,
        },
        "ticket": {
            "sources": list(ticket.sources),
            "predates": ticket.predates,
            "minimum_lead": ticket.minimum_lead.total_seconds(),
        },
        "accept_claims": list(environment.accept_claims),
        "emergency": _emergency(environment.emergency),
    }


def _emergency(rules: EmergencyRules | None) -> dict[str, object] | None:
    if rules is None:
        return None
    return {
        "waives": list(rules.waives),
        "review_within": rules.review_within.total_seconds(),
        "offline": rules.offline,
    }
