"""``[[people]]``, ``[groups]`` and ``[identity]``: who is who."""

from __future__ import annotations

from collections.abc import Iterable

from gate.config import grammar
from gate.config.reader import Table, as_table, join, kind_of, nearest, shown, wrong
from gate.config.types import PersonEntry

SYSTEMS = ("jira", "servicenow", "github", "gitlab", "jenkins")
MAX_ACCOUNT = 200  # characters


def read_people(
    root: Table, extensions: tuple[str, ...] = (), listed: Iterable[Table] = ()
) -> tuple[PersonEntry, ...]:
    """The people: no name twice, no account and no e-mail address of two of them.

    Accounts of ``extensions`` stand in a person's ``accounts``. ``listed`` are those of a
    directory's export, each as a table of the same keys.
    """
    value = root.values.get("people", [])
    if not isinstance(value, list):
        raise wrong("people", f"expected [[people]] tables, found {kind_of(value)}")
    tables = [as_table(item, join("people", position)) for position, item in enumerate(value)]
    people: dict[str, PersonEntry] = {}
    owners: dict[tuple[str, str], str] = {}
    for table in (*tables, *listed):
        person = _person(table, extensions)
        if person.name in people:
            raise wrong(f"{table.path}.name", f"{shown(person.name)} stands here twice")
        _claim(person, table.path, owners)
        people[person.name] = person
    return tuple(people.values())


def _person(table: Table, extensions: tuple[str, ...]) -> PersonEntry:
    table.only(("name", "emails", "accounts", *SYSTEMS))
    name = grammar.name(table.text("name"), table.at("name"))
    # Only ASCII has a lower case that all systems agree on.
    emails = tuple(e.lower() if e.isascii() else e for e in table.texts("emails", ()))
    for position, email in enumerate(emails):
        local, at, domain = email.partition("@")
        if not (local and at and domain) or "@" in domain or " " in email:
            raise wrong(join(table.at("emails"), position), f"{shown(email)} is no e-mail address")
    accounts = {system: table.text(system) for system in SYSTEMS if table.has(system)}
    other = table.table("accounts")
    other.only(extensions)
    accounts |= {system: other.text(system) for system in other.values}
    for system, key in accounts.items():
        if key != key.strip() or len(key) > MAX_ACCOUNT:
            where = (other if system in extensions else table).at(system)
            raise wrong(where, f"{shown(key)} is too long, or has a space at an end")
    if not emails and not accounts:
        raise wrong(table.path, f"{shown(name)} has neither an account nor an e-mail address")
    return PersonEntry(name, emails, accounts)


def _claim(person: PersonEntry, path: str, owners: dict[tuple[str, str], str]) -> None:
    # Compared without case: no service has two accounts that differ in nothing else.
    claims = [
        (system, key, f"{path}.{system if system in SYSTEMS else f'accounts.{system}'}")
        for system, key in person.accounts.items()
    ]
    claims += [("email", e, join(f"{path}.emails", i)) for i, e in enumerate(person.emails)]
    for system, key, where in claims:
        slot = (system, key.casefold())
        if slot not in owners:
            owners[slot] = person.name
        elif owners[slot] == person.name:
            raise wrong(where, f"{shown(key)} stands here twice")
        else:
            raise wrong(
                where,
                f"{shown(key)} belongs to both {shown(owners[slot])} and {shown(person.name)}",
                "one account is one person's: remove it from the other",
            )


def read_groups(root: Table, people: tuple[PersonEntry, ...]) -> dict[str, tuple[str, ...]]:
    """The groups: their members are people of the policy, and no group is called like a person."""
    names = {person.name for person in people}
    table = root.table("groups")
    groups = {}
    for group in table.values:
        path = table.at(group)
        grammar.name(group, path)
        if group in names:
            raise wrong(path, f"{shown(group)} is also a person's name")
        groups[group] = table.texts(group)
    for group, members in groups.items():
        for position, member in enumerate(members):
            path = join(table.at(group), position)
            if member in groups:
                raise wrong(path, f"{shown(member)} is a group: groups hold people only")
            known_name(member, names, path)
    return groups


def known_name(name: str, known: set[str], path: str) -> None:
    """Refuse a name that is nobody's."""
    if name not in known:
        hint = nearest(name, known) if len(known) <= 50 else ""
        raise wrong(path, f"nobody is called {shown(name)}{hint}", "add a [[people]] entry")


def read_identity(root: Table) -> tuple[str, ...]:
    """The systems where single sign-on guarantees one account per person."""
    table = root.table("identity")
    table.only(("one_account_per_person", "people_from"))
    if table.values.get("one_account_per_person") == []:
        return ()
    return table.choices("one_account_per_person", SYSTEMS, ())


def people_from(root: Table, endings: tuple[str, ...]) -> str | None:
    """The file that a directory is exported to; None where the policy names none."""
    table = root.table("identity")
    if not table.has("people_from"):
        return None
    file = table.text("people_from")
    if not file.endswith(endings):
        raise wrong(
            table.at("people_from"),
            f"{shown(file)} ends in neither of {', '.join(endings)}",
            "its ending says how to read it: CSV, or a SCIM 2.0 list as JSON",
        )
    return file
