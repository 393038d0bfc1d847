"""ServiceNow's users as accounts: by user name, in lower case as names are one whatever their case.

A reference holds a sys_id, so the user's name and kind are asked for along with it
(``approver.user_name``). ``sys_created_by`` and the like hold a bare user name, which says nothing
of whose it is. E-mail addresses are left out, as ServiceNow does not say which it verified.
"""

from __future__ import annotations

from gate.model import Account, AccountKind
from gate.tickets.servicenow.table import HiddenError, Row

SYSTEM = "servicenow"
OF_USER = ("user_name", "web_service_access_only", "internal_integration_user")


def fields_of(reference: str) -> tuple[str, ...]:
    """The fields to ask for to know whom ``reference`` means."""
    return (reference, *(f"{reference}.{field}" for field in OF_USER))


def parse_person(row: Row, reference: str) -> Account | None:
    """Whom a reference means; None where it is empty, as where the user was deleted.

    Raises HiddenError where it means somebody whom our account may not see.
    """
    if not row.value(reference):
        return None
    name = row.value(f"{reference}.user_name")
    if not name:
        raise HiddenError(f"the user in {reference} is hidden from us, or has no user name")
    machine = [row.flag(f"{reference}.{field}") for field in OF_USER[1:]]
    kind = AccountKind.UNKNOWN
    if True in machine:
        kind = AccountKind.APP
    elif None not in machine:
        kind = AccountKind.PERSON
    return Account(SYSTEM, folded(name), kind, row.shown(reference))


def named(user_name: str) -> Account:
    """An account of which nothing is known but its user name."""
    return Account(SYSTEM, folded(user_name), AccountKind.UNKNOWN, user_name)


def folded(user_name: str) -> str:
    """A user name in the form in which two that mean one account are equal."""
    return user_name.lower() if user_name.isascii() else user_name
