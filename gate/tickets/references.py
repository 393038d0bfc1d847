"""Which ticket of which system a text means."""

from __future__ import annotations

from collections.abc import Mapping

from gate.errors import UsageError
from gate.tickets.refusals import odd, shown
from gate.tickets.system import Grammar


def parse_reference(text: str, grammars: Mapping[str, Grammar]) -> tuple[str, str]:
    """System and ID of a text that is wholly an ID of one of the systems.

    UsageError where none claims it, which says why, and where two do: nobody could tell which
    ticket is meant.
    """
    systems = _claimants(text, grammars)
    if len(systems) == 1:
        return systems[0], text
    if systems:
        raise _disputed(text, systems)
    if len(grammars) == 1:
        raise next(iter(grammars.values())).refusal(text)
    form = "; or ".join(grammar.form for grammar in grammars.values())
    raise odd(text, form) or UsageError(
        f"{shown(text)} is no ticket ID of {', '.join(grammars)}", remedy=f"write it as {form}"
    )


def find_references(text: str, grammars: Mapping[str, Grammar]) -> tuple[tuple[str, str], ...]:
    """System and ID of each ticket that a text names, each once; UsageError as above."""
    found = []
    for system, grammar in grammars.items():
        for ticket in grammar.find(text):
            if len(claimants := _claimants(ticket, grammars)) > 1:
                raise _disputed(ticket, claimants)
            found.append((system, ticket))
    return tuple(dict.fromkeys(found))


def _claimants(text: str, grammars: Mapping[str, Grammar]) -> list[str]:
    return [system for system, grammar in grammars.items() if grammar.claims(text)]


def _disputed(text: str, systems: list[str]) -> UsageError:
    return UsageError(
        f"{shown(text)} may be a ticket of {' and of '.join(systems)}",
        remedy="narrow the projects of one of them in gate.toml, so that only one claims the ID",
    )
