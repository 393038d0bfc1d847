"""The ``gate.toml`` that ``gate init`` writes: commented, and accepted by the parser as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

_REMARKS = 40  # the column where remarks begin

_HEAD = """\
# The policy of gate: what a deployment must show before it may start.
# Secrets never stand here; they come from the environment.
# Pin this file: set GATE_POLICY_SHA256 to its digest as a protected variable of the CI.

[log]\t# every decision is appended here, and nothing is ever removed
url    = {log}
origin = {origin}
trust  = "trust"\t# the keys that vouch for the log: keep a copy elsewhere

[evidence]\t# names and texts of people, apart from the log: can be erased
url = {disclosures}
"""
_FORGE = """
[forges.{forge}]
url = {url}
"""
_JIRA = """
[tickets.jira]
url           = {url}
projects      = {projects}\t# a ticket of another project is no ticket
approvals     = ["jsm"]
deployable    = ["Approved"]\t# status names or ids in which a deployment may go on
scope         = ["component", "description"]\t# where a ticket names the service that it covers
rollback_plan = ["description#Rollback"]
test_plan     = ["description#Test plan"]
"""
_SERVICENOW = """
[tickets.servicenow]
url           = {url}
deployable    = [-1]\t# values of the states in which a deployment may go on: -1 is Implement
scope         = ["cmdb_ci", "description"]\t# where a change names the service that it covers
rollback_plan = ["backout_plan"]
test_plan     = ["test_plan"]
# standard_templates = [{{ id = "<sys_id>", services = [{service}], expires = … }}]
"""
_SERVICE = """
[services.{service}]\t# only services listed here can be deployed
repository   = {repository}
release_refs = ["main"]
names        = [{name}]\t# as tickets call it
"""
_ENVIRONMENT = """
[environments.{environment}]\t# only environments listed here, matched exactly
approvals = {{ required = 1, by = ["change-board"] }}
{ticket}
# controls = {{ peer-reviewed = "require" }}     # `gate explain` lists the controls
# after = {{ environment = "staging", within = "14d" }}	# staging comes first
# deployers = ["change-board"]	# who may start it

[groups]
change-board = ["alice", "bob"]\t# who may approve

# Who is who: gate lets an approval count as somebody else's only where both people stand here.
[[people]]
name   = "alice"
emails = ["alice@example.com"]
{system:6} = "REPLACE-alice"
{forge} = "alice"

[[people]]
name   = "bob"
emails = ["bob@example.com"]
{system:6} = "REPLACE-bob"
{forge} = "bob"
"""
_PIPELINE = '# ticket = { predates = "pipeline", minimum_lead = "0s" }'
_MERGE = """\
# There is no pipeline whose start an API could prove: the ticket must be older than the merge.
ticket = { predates = "merge" }"""


def policy_template(
    *,
    ci: str,
    jira_url: str = "",
    projects: Sequence[str] = (),
    servicenow_url: str = "",
    repository: str,
    forge_url: str,
    forge: str = "github",
    service: str,
    environment: str,
    origin: str,
    log: str = "dir:change-log",
    disclosures: str = "dir:change-evidence",
) -> str:
    """A policy for one service, one environment and one ticket system, with people to replace.

    The system is a Jira with ``projects``, or the ServiceNow whose URL is given; ``forge`` is
    "github" or "gitlab". ``ci`` is one of these or "shell", where no API proves when the pipeline
    began, so that the ticket must predate the merge.
    """
    parts = [
        _HEAD.format(origin=_text(origin), log=_text(log), disclosures=_text(disclosures)),
        _FORGE.format(forge=forge, url=_text(forge_url)),
        _SERVICENOW.format(url=_text(servicenow_url), service=_text(service))
        if servicenow_url
        else _JIRA.format(url=_text(jira_url), projects=_array(projects)),
        _SERVICE.format(service=_key(service), repository=_text(repository), name=_text(service)),
        _ENVIRONMENT.format(
            environment=_key(environment),
            ticket=_MERGE if ci == "shell" else _PIPELINE,
            system="servicenow" if servicenow_url else "jira",
            forge=forge,
        ),
    ]
    return "\n".join(_aligned(line) for line in "".join(parts).split("\n"))


def _aligned(line: str) -> str:
    """The line with its remark, which follows a tab, in the column of remarks."""
    code, tab, remark = line.partition("\t")
    return f"{code:<{_REMARKS}} {remark}" if tab else line


def default_origin(repository: str) -> str:
    """A log's origin made of a repository's URL: its host and path, and "/changes"."""
    rest = repository.partition("://")[2] or repository
    allowed = (c if c.isprintable() and not c.isspace() and c != "+" else "-" for c in rest)
    return "".join(allowed).rpartition("@")[2].strip("/").removesuffix(".git") + "/changes"


def _array(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _text(name)


def _text(value: str) -> str:
    """A TOML basic string. TOML has JSON's escapes, but no surrogates, and refuses a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
