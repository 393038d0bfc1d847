"""``[environments.*]``: where one may deploy to, and by which rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from gate.config import grammar
from gate.config.emergencies import read_emergency
from gate.config.levels import read_levels, require_settings
from gate.config.people import known_name
from gate.config.reader import Read, Table, join, nearest, shown, wrong
from gate.config.types import After, ApprovalRules, Environment, PersonEntry, TicketRules
from gate.model import TicketSource

_KEYS = (
    *("controls", "approvals", "ticket", "accept_claims", "after", "deployers", "bots"),
    "emergency",
)
_SOURCES = ("change-request", "review", "environment")
_VOUCHING = ("trust.policy", "signers.toml")  # of a trust folder: all that is believed by it
_OTHERWISE_CALLED = {  # none of which resembles the right name most
    **dict.fromkeys(("pull-request", "merge-request", "reviews", "peer-review"), "review"),
    **dict.fromkeys(("environment-approval", "deployment", "run"), "environment"),
    **dict.fromkeys(("ticket", "issue", "change"), "change-request"),
}


def read_environments(
    root: Table,
    people: tuple[PersonEntry, ...],
    groups: Mapping[str, tuple[str, ...]],
    read: Read | None = None,
) -> dict[str, Environment]:
    """The environments by name: at least one. ``read`` reads the files of trust folders."""
    environments = {}
    for name, table in root.tables("environments"):
        grammar.name(name, table.path)
        table.only(_KEYS)
        if not table.has("approvals"):
            raise wrong(
                table.at("approvals"),
                "missing: who may approve must be said",
                'approvals = { by = ["<group or person>"] }',
            )
        environments[name] = Environment(
            name=name,
            controls=read_levels(table.table("controls")),
            approvals=_approvals(table.table("approvals"), people, groups),
            ticket=_ticket(table.table("ticket")),
            accept_claims=_claims(table),
            emergency=read_emergency(table, people, groups),
            after=_after(table.table("after"), read) if table.has("after") else None,
            deployers=_names(table, "deployers", people, groups) if table.has("deployers") else (),
            bots=table.texts("bots", ()),
        )
        require_settings(environments[name], table)
    if not environments:
        raise wrong(
            "environments",
            "missing: at least one environment is needed",
            "add [environments.production]",
        )
    for environment in environments.values():
        _require_start(environment, environments)
    return environments


def require_other_logs(environments: Mapping[str, Environment], origin: str) -> None:
    """Refuse an ``after`` that takes receipts of the policy's own log, which is read anyway."""
    for name, environment in environments.items():
        if environment.after is not None and environment.after.origin == origin:
            path = join(join(join("environments", name), "after"), "origin")
            raise wrong(path, f"{shown(origin)} is this policy's own log", "leave it and trust out")


def _require_start(environment: Environment, environments: Mapping[str, Environment]) -> None:
    """Refuse an ``after`` that leads nowhere, or back to where it started."""
    passed, here = [environment.name], environment
    while here.after is not None:
        path = join(join(join("environments", here.name), "after"), "environment")
        name = here.after.environment
        if here.after.origin:
            return  # it is another log's, and what comes before it there is another policy's
        if name not in environments:
            raise wrong(path, f"there is no environment {shown(name)}{nearest(name, environments)}")
        if name in passed:
            raise wrong(path, f"{shown(name)} comes after itself, so that nothing could come first")
        passed.append(name)
        here = environments[name]


def _after(table: Table, read: Read | None) -> After:
    table.only(("environment", "within", "origin", "trust"))
    within = grammar.duration(table.text("within"), table.at("within"))
    if not within:
        raise wrong(table.at("within"), "must be more than 0s")
    for one, other in (("origin", "trust"), ("trust", "origin")):
        if table.has(one) and not table.has(other):
            raise wrong(
                table.at(other),
                f"missing: {one} is given",
                "receipts of another log need both its origin and the folder that vouches for it",
            )
    name = grammar.name(table.text("environment"), table.at("environment"))
    if not table.has("origin"):
        return After(name, within)
    origin = grammar.origin(table.text("origin"), table.at("origin"))
    trust = table.text("trust")
    if read is None:
        raise wrong(table.at("trust"), "names a folder, and only a policy in a file may")
    vouching = tuple(hashlib.sha256(read(f"{trust}/{name}")).hexdigest() for name in _VOUCHING)
    return After(name, within, origin, trust, vouching)


def _claims(table: Table) -> tuple[str, ...]:
    if table.values.get("accept_claims") == []:
        return ()
    return table.choices("accept_claims", ("pipeline-start", "deployer"), ())


def _approvals(
    table: Table, people: tuple[PersonEntry, ...], groups: Mapping[str, tuple[str, ...]]
) -> ApprovalRules:
    table.only(("required", "by", "at_least", "sources", "independent_of", "predates"))
    by = _names(table, "by", people, groups)
    required = table.whole("required", 1)
    approvers = {member for name in by for member in groups.get(name, (name,))}
    if required > len(approvers):
        raise wrong(
            table.at("required"),
            f"{required} approvals can never be had from {len(approvers)} "
            f"{'person' if len(approvers) == 1 else 'people'}",
        )
    sources, predates = _sources(table), table.choice("predates", ("job", "pipeline"), "job")
    if "environment" in sources and predates != "job":
        raise wrong(
            table.at("predates"),
            "the forge asks who lets a deployment in when the pipeline has begun, so that no "
            "approval of source environment could come first",
            'predates = "job"',
        )
    return ApprovalRules(
        required=required,
        by=by,
        sources=sources,
        independent_of=_independent_of(table),
        predates=predates,
        at_least=_at_least(table, required, by, groups) if table.has("at_least") else {},
    )


def _at_least(
    table: Table, required: int, by: tuple[str, ...], groups: Mapping[str, tuple[str, ...]]
) -> dict[str, int]:
    """How many must be of each of some groups: of those in ``by``, and all within ``required``."""
    counts = table.table("at_least")
    least = {}
    for name in counts.values:
        if name not in by:
            raise wrong(counts.at(name), f"{shown(name)} is not one of by{nearest(name, by)}")
        least[name] = counts.whole(name, 1)
        members = len(groups.get(name, (name,)))
        if least[name] > members:
            raise wrong(counts.at(name), f"{least[name]} can never be had: it has {members}")
    total = sum(least.values())
    if total > required:
        raise wrong(
            counts.path,
            f"asks for {total} in all, which is more than required = {required}",
            f"write required = {total}, or ask for fewer",
        )
    return least


def _names(
    table: Table, key: str, people: tuple[PersonEntry, ...], groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Names of people and groups that the policy has."""
    names = table.texts(key)
    known = {person.name for person in people} | set(groups)
    for position, name in enumerate(names):
        known_name(name, known, join(table.at(key), position))
    return names


def _sources(table: Table) -> tuple[str, ...]:
    for position, source in enumerate(table.texts("sources", ("change-request",))):
        if (meant := _OTHERWISE_CALLED.get(source)) is not None:
            path = join(table.at("sources"), position)
            raise wrong(path, f'unknown value {shown(source)}; did you mean "{meant}"?')
    return table.choices("sources", _SOURCES, ("change-request",))


def _independent_of(table: Table) -> tuple[str, ...]:
    chosen = table.choices(
        "independent_of",
        ("ticket-author", "change-author", "deployer"),
        ("ticket-author", "change-author"),
    )
    # The makers of the change are always among them: approver-independent is an integrity control.
    return chosen if "change-author" in chosen else (*chosen, "change-author")


def _ticket(table: Table) -> TicketRules:
    table.only(("sources", "predates", "minimum_lead"))
    sources = table.choices("sources", tuple(TicketSource), tuple(TicketSource))
    return TicketRules(
        sources=tuple(TicketSource(source) for source in sources),
        predates=table.choice("predates", ("pipeline", "job", "merge"), "pipeline"),
        minimum_lead=grammar.duration(table.text("minimum_lead", "0s"), table.at("minimum_lead")),
    )
