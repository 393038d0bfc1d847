"""Acme's ``gate.toml``, as a template over the addresses of its services."""

from __future__ import annotations

from collections.abc import Mapping

POLICY = """\
[log]
url = "{log}"
origin = "acme.example/changes"
trust = "{trust}"

[evidence]
url = "{evidence}"

[forges.{forge}]
url = "{forge_url}"

[tickets.jira]
url = "{jira}"
flavour = "{flavour}"
projects = ["CHG"]
approvals = {approvals}
scope = ["component", "description"]
deployable = ["Approved", "Implementing"]
rollback_plan = ["customfield_10080", "description#Rollback"]
test_plan = ["description#Tests"]
window = {{ start = "customfield_10008", end = "customfield_10009" }}

[environments.production]
approvals = {{ required = 1, by = ["change-board"], sources = ["change-request"] }}
ticket = {{ sources = ["option", "pull-request", "branch", "commit"], predates = "pipeline" }}

[groups]
change-board = ["alice", "bob"]

[identity]
one_account_per_person = ["jira"]
"""

SERVICE = """
[services.{name}]
repository = "{repository}"
release_refs = ["main"]
names = ["{name}"]
"""

PERSON = """
[[people]]
name = "{name}"
emails = ["{email}"]
jira = "{jira}"
{forge} = "{name}"
"""


def policy_text(
    places: Mapping[str, str],
    services: Mapping[str, str],
    people: Mapping[str, tuple[str, str]],
) -> str:
    """The file: ``services`` with their repositories, ``people`` with e-mail and Jira account."""
    parts = [POLICY.format_map(places)]
    parts += [SERVICE.format(name=name, repository=url) for name, url in services.items()]
    parts += [
        PERSON.format(name=name, email=email, jira=account, forge=places["forge"])
        for name, (email, account) in people.items()
    ]
    return "".join(parts)
