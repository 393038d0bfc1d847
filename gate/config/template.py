"""The ``gate.toml`` that ``gate init`` writes: commented, and accepted by the parser as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gate.config.types import ApprovalPlace, PersonEntry

_EXAMPLE_PEOPLE = (
    PersonEntry("alice", ("alice@example.com",), {"jira": "REPLACE-alice", "github": "alice"}),
    PersonEntry("bob", ("bob@example.com",), {"jira": "REPLACE-bob", "github": "bob"}),
)

_REMARKS = 40  # the column where remarks begin

_HEAD = """\
# The policy of gate: what a deployment must show before it may start.
# Secrets never stand here; they come from the environment.
# Pin this file: set GATE_POLICY_SHA256 to its digest as a protected variable of the CI.

[log]\t# every decision is appended here, and nothing is ever removed
url    = {log}
origin = {origin}
trust  = {trust}\t# the keys that vouch for the log: keep a copy elsewhere

[evidence]\t# names and texts of people, apart from the log: can be erased
url = {evidence}
"""
_FORGE = """
[forges.github]
url = {url}
"""
_JIRA = """
[tickets.jira]
url           = {url}
projects      = {projects}\t# a ticket of another project is no ticket
approvals     = {approvals}
deployable    = {deployable}\t# status names or ids in which a deployment may go on
scope         = {scope}\t# where a ticket names the service that it covers
rollback_plan = {rollback}
test_plan     = {test}
"""
_SERVICE = """
[services.{service}]\t# only services listed here can be deployed
repository   = {repository}
release_refs = {refs}
names        = {names}\t# as tickets call it
"""
_ENVIRONMENT = """
[environments.{environment}]\t# only environments listed here, matched exactly
approvals = {{ required = 1, by = ["change-board"] }}
{ticket}
# controls = {{ peer-reviewed = "require" }}     # `gate explain` lists the controls

[groups]
change-board = {board}\t# who may approve
"""
_PEOPLE_HEAD = """
# Who is who: gate lets an approval count as somebody else's only where both people stand here.
"""
_PIPELINE = '# ticket = { predates = "pipeline", minimum_lead = "0s" }'
_MERGE = """\
# There is no pipeline whose start an API could prove: the ticket must be older than the merge.
ticket = { predates = "merge" }"""


def policy_template(
    *,
    ci: str,
    jira_url: str,
    projects: Sequence[str],
    repository: str,
    service: str,
    environment: str = "production",
    origin: str = "",
    forge_url: str = "https://github.com",
    release_refs: Sequence[str] = ("main",),
    names: Sequence[str] = (),
    deployable: Sequence[str] = ("Approved",),
    approvals: Sequence[ApprovalPlace] = (ApprovalPlace("jsm"),),
    scope: Sequence[str] = ("component", "description"),
    people: Sequence[PersonEntry] = (),
    approvers: Sequence[str] = (),
    log_url: str = "dir:change-log",
    evidence_url: str = "dir:change-evidence",
    trust: str = "trust",
) -> str:
    """A policy for one service, one environment and one Jira site.

    ``ci`` is "github", "gitlab", "jenkins" or "shell"; but for GitHub, no API proves when the
    pipeline began, so the ticket must predate the merge. ``people`` empty: two examples to replace.
    ``approvers`` empty: everybody in ``people``. ``forge_url`` "": plain git.
    """
    people = tuple(people) or _EXAMPLE_PEOPLE
    parts = [
        _HEAD.format(
            log=_text(log_url),
            origin=_text(origin or default_origin(repository)),
            trust=_text(trust),
            evidence=_text(evidence_url),
        ),
        _FORGE.format(url=_text(forge_url)) if forge_url else "",
        _JIRA.format(
            url=_text(jira_url),
            projects=_array(projects),
            approvals="[" + ", ".join(_place(place) for place in approvals) + "]",
            deployable=_array(deployable),
            scope=_array(scope),
            rollback=_array(("description#Rollback",)),
            test=_array(("description#Test plan",)),
        ),
        _SERVICE.format(
            service=_key(service),
            repository=_text(repository),
            refs=_array(release_refs),
            names=_array(tuple(names) or (service,)),
        ),
        _ENVIRONMENT.format(
            environment=_key(environment),
            ticket=_PIPELINE if ci == "github" else _MERGE,
            board=_array(tuple(approvers) or tuple(person.name for person in people)),
        ),
        _PEOPLE_HEAD,
        *(_person(person) for person in people),
    ]
    return "\n".join(_aligned(line) for line in "".join(parts).rstrip("\n").split("\n")) + "\n"


def _aligned(line: str) -> str:
    """The line with its remark, which follows a tab, in the column of remarks."""
    code, tab, remark = line.partition("\t")
    return f"{code:<{_REMARKS}} {remark}" if tab else line


def default_origin(repository: str) -> str:
    """A log's origin made of a repository's URL: its host and path."""
    rest = repository.partition("://")[2] or repository
    allowed = (c if c.isprintable() and not c.isspace() and c != "+" else "-" for c in rest)
    return "".join(allowed).rpartition("@")[2].strip("/").removesuffix(".git") or "change-log"


def _person(person: PersonEntry) -> str:
    lines = ["[[people]]", f"name   = {_text(person.name)}"]
    if person.emails:
        lines.append(f"emails = {_array(person.emails)}")
    lines += [f"{system:<6} = {_text(key)}" for system, key in person.accounts.items()]
    return "\n".join(lines) + "\n\n"


def _place(place: ApprovalPlace) -> str:
    return f"{{ {place.kind} = {_text(place.name)} }}" if place.name else _text(place.kind)


def _array(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _text(name)


def _text(value: str) -> str:
    """A TOML basic string. TOML has JSON's escapes, but no surrogates, and refuses a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
