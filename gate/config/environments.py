"""``[environments.*]``: where one may deploy to, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping

from gate.config import grammar
from gate.config.emergencies import read_emergency
from gate.config.levels import read_levels
from gate.config.people import known_name
from gate.config.reader import Table, join, not_built, wrong
from gate.config.types import ApprovalRules, Environment, PersonEntry, TicketRules
from gate.model import TicketSource

_LATER = ("after", "freeze", "deployers")
_LATER_SOURCES = ("environment", "review", "reviews", "environment-approval")


def read_environments(
    root: Table, people: tuple[PersonEntry, ...], groups: Mapping[str, tuple[str, ...]]
) -> dict[str, Environment]:
    """The environments by name: at least one."""
    environments = {}
    for name, table in root.tables("environments"):
        grammar.name(name, table.path)
        table.only(("controls", "approvals", "ticket", "accept_claims", "emergency"), later=_LATER)
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
        )
    if not environments:
        raise wrong(
            "environments",
            "missing: at least one environment is needed",
            "add [environments.production]",
        )
    return environments


def _claims(table: Table) -> tuple[str, ...]:
    if table.values.get("accept_claims") == []:
        return ()
    return table.choices("accept_claims", ("pipeline-start", "deployer"), ())


def _approvals(
    table: Table, people: tuple[PersonEntry, ...], groups: Mapping[str, tuple[str, ...]]
) -> ApprovalRules:
    table.only(("required", "by", "sources", "independent_of", "predates"))
    by = table.texts("by")
    names = {person.name for person in people}
    for position, name in enumerate(by):
        known_name(name, names | set(groups), join(table.at("by"), position))
    required = table.whole("required", 1)
    approvers = {member for name in by for member in groups.get(name, (name,))}
    if required > len(approvers):
        raise wrong(
            table.at("required"),
            f"{required} approvals can never be had from {len(approvers)} "
            f"{'person' if len(approvers) == 1 else 'people'}",
        )
    return ApprovalRules(
        required=required,
        by=by,
        sources=_sources(table),
        independent_of=_independent_of(table),
        predates=table.choice("predates", ("job", "pipeline"), "job"),
    )


def _sources(table: Table) -> tuple[str, ...]:
    for position, source in enumerate(table.texts("sources", ("change-request",))):
        if source in _LATER_SOURCES:
            raise not_built(join(table.at("sources"), position), "this source of approvals")
    return table.choices("sources", ("change-request", "pull-request"), ("change-request",))


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
