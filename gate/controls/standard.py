"""Standard changes: which tickets count as approved beforehand, by their template.

The policy lists templates, for which services and until when. A change made from one of them needs
no approval of its own; that the code was reviewed by somebody who had no part in it stays required,
and it is those reviews that every control of approvals looks at then. That holds only where every
ticket of the deployment is such a change: beside an ordinary one it needs approval like that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gate.config.types import Policy, ServiceNowSettings, StandardTemplate
from gate.controls.tickets import found, settings_of
from gate.model import ChangeRequest, Facts, StandardChange

TYPE = "standard"


def approved_beforehand(
    facts: Facts, policy: Policy, now: datetime
) -> Mapping[str, StandardTemplate]:
    """The template of each ticket by its key, where all of them count; else none."""
    tickets = found(facts)
    templates = {ticket.key: _template(ticket, facts, policy, now) for ticket in tickets}
    listed = {key: template for key, template in templates.items() if template is not None}
    asked = {lookup.reference.id for lookup in facts.tickets}
    return listed if asked and listed.keys() == asked else {}


def _template(
    ticket: ChangeRequest, facts: Facts, policy: Policy, now: datetime
) -> StandardTemplate | None:
    """The template that the policy lists for the service, if it has not expired."""
    settings, made_from = settings_of(ticket, policy), ticket.standard
    if not isinstance(settings, ServiceNowSettings) or not isinstance(made_from, StandardChange):
        return None
    if ticket.type != TYPE or not made_from.template:
        return None
    service = facts.deployment.service
    for template in settings.standard_templates:
        if template.id == made_from.template and service in template.services:
            return template if now < template.expires else None
    return None
