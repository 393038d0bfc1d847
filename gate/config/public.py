"""The policy without its people: what an evidence bundle may hold for ever."""

from __future__ import annotations

import json

from gate.config.types import (
    ApprovalPlace,
    EmergencyRules,
    Environment,
    EvidenceSettings,
    ExtensionSettings,
    Freeze,
    GitHubIssueSettings,
    GitLabIssueSettings,
    JenkinsSettings,
    JiraSettings,
    LogSettings,
    Policy,
    Service,
    ServiceNowSettings,
    StandardTemplate,
    TicketSettings,
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
        "tickets": {system: _tickets(one) for system, one in policy.tickets.items()},
        "services": {name: _service(service) for name, service in policy.services.items()},
        "environments": {name: _environment(e) for name, e in policy.environments.items()},
        "identity": {
            "one_account_per_person": list(policy.one_account_per_person),
            "people_from": None if policy.people_from is None else policy.people_from.sha256,
        },
        "ci": {"jenkins": _jenkins(policy.jenkins)},
        "write_back": {"ticket": policy.write_back.ticket, "forge": policy.write_back.forge},
        "network": {
            "budget": policy.network.budget.total_seconds(),
            "clock_tolerance": policy.network.clock_tolerance.total_seconds(),
            "ca": policy.network.ca,
        },
        "freeze": [_freeze(freeze) for freeze in policy.freezes],
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


def _jenkins(settings: JenkinsSettings | None) -> dict[str, object] | None:
    return None if settings is None else {"url": settings.url, "ca": settings.ca}


def _tickets(settings: TicketSettings) -> dict[str, object]:
    """Of an extension not its own options: what may stand in them, nobody here knows."""
    of_any: dict[str, object] = {
        "url": settings.url,
        "projects": list(settings.projects),
        "types": list(settings.types),
        "scope": list(settings.scope),
        "deployable": list(settings.deployable),
        "rollback_plan": list(settings.rollback_plan),
        "test_plan": list(settings.test_plan),
    }
    match settings:
        case JiraSettings():
            places = [_place(place) for place in settings.approvals]
            of_any |= {"flavour": settings.flavour, "approvals": places, "ca": settings.ca}
            window = settings.window
            of_any["stories"] = list(settings.stories)
            links = settings.story_links
            of_any["story_links"] = [{"type": o.type, "direction": o.direction} for o in links]
            of_any["window"] = {"start": window.start, "end": window.end} if window else None
        case ServiceNowSettings():
            of_any |= {"auth": settings.auth, "closed": list(settings.closed), "ca": settings.ca}
            of_any["standard_templates"] = [_template(t) for t in settings.standard_templates]
        case GitHubIssueSettings() | GitLabIssueSettings():
            places = [_place(place) for place in settings.approvals]
            of_any |= {"api": settings.api_url, "approvals": places, "ca": settings.ca}
            of_any["objections"] = list(settings.objections)
        case ExtensionSettings():
            of_any |= {"package": settings.package, "ca": settings.ca}
    return of_any


def _template(template: StandardTemplate) -> dict[str, object]:
    return {
        "id": template.id,
        "services": list(template.services),
        "expires": template.expires.isoformat(),
    }


def _place(place: ApprovalPlace) -> str | dict[str, str]:
    return {place.kind: place.name} if place.name else place.kind


def _freeze(freeze: Freeze) -> dict[str, object]:
    """Without its name, which may be somebody's."""
    return {
        "from": freeze.start.isoformat(),
        "to": freeze.end.isoformat(),
        "services": list(freeze.services),
        "environments": list(freeze.environments),
    }


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
            "at_least": sorted(approvals.at_least.values()),
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
        "bots": list(environment.bots),
        "after": None
        if environment.after is None
        else {
            "environment": environment.after.environment,
            "within": environment.after.within.total_seconds(),
            "origin": environment.after.origin,
            "trust": environment.after.trust,
            "vouching": list(environment.after.vouching),
        },
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
