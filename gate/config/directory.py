"""``[identity] people_from``: who is who, from an export of a directory, as CSV or SCIM 2.0 JSON.

CSV (RFC 4180, UTF-8): the first line names the columns, of ``name``, ``emails`` (several with one
space between them) and the systems; an empty cell is no account.

    name,emails,jira,github
    alice,alice@acme.example a.smith@acme.example,5b10ac8d82e05b22cc7d4ef5,alice

JSON: one SCIM ListResponse (RFC 7644 3.4.2) of Users (RFC 7643 4.1). ``userName`` is the person's
name, each ``emails[].value`` an address; accounts stand in an extension of gate's own:

    {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
     "Resources": [{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": "alice", "emails": [{"value": "alice@acme.example"}],
                    "urn:gate:scim:schemas:accounts:1.0:User": {"github": "alice"}}]}

Nothing is skipped: what is not known here is an error, and so is a list that is not whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from gate.config.people import SYSTEMS
from gate.config.reader import Table, as_table, join, kind_of, nearest, shown, wrong
from gate.errors import UsageError
from gate.frozen import dataclass

MAX_BYTES = 8 << 20
MAX_PEOPLE = 50_000
COLUMNS = ("name", "emails", *SYSTEMS)
ENDINGS = (".csv", ".json")

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ACCOUNTS = "urn:gate:scim:schemas:accounts:1.0:User"

_OF_LIST = ("schemas", "totalResults", "startIndex", "itemsPerPage", "Resources")
# RFC 7643 3.1 and 4.1, but for "password", which no export may hold.
_OF_USER = (
    *("schemas", "id", "externalId", "meta", "userName", "name", "displayName", "nickName"),
    *("profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "active"),
    *("emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles"),
    *("x509Certificates", ENTERPRISE, ACCOUNTS),
)
_OF_EMAIL = ("value", "display", "type", "primary")


@dataclass(frozen=True, slots=True)
class Directory:
    """An export as read: the file as the policy writes it, its SHA-256 in hex, a table a person."""

    file: str
    sha256: str
    people: tuple[Table, ...]

    @property
    def pinned_line(self) -> bytes:
        """What the list adds to the text whose digest is pinned."""
        return f"\n# identity.people_from sha256:{self.sha256}\n".encode()


def parse_directory(file: str, data: bytes) -> Directory:
    """The people of an export; ``UsageError`` for anything else, and for nobody."""
    if len(data) > MAX_BYTES:
        raise wrong(file, f"an export has at most {MAX_BYTES} bytes, this one has more")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise wrong(file, "not UTF-8", "export it as UTF-8") from None
    if text.startswith("\ufeff"):
        raise wrong(file, "starts with a byte order mark", "export it as UTF-8 without")
    tables = _of_json(file, text) if file.endswith(".json") else _of_csv(file, text)
    people: list[Table] = []
    for table in tables:
        if len(people) == MAX_PEOPLE:
            raise wrong(file, f"more than {MAX_PEOPLE} people")
        people.append(table)
    if not people:
        raise wrong(file, "there is nobody in it", "look at the export: it may have failed")
    return Directory(file, hashlib.sha256(data).hexdigest(), tuple(people))


# ---------------------------------------------------------------- CSV


def _of_csv(file: str, text: str) -> Iterator[Table]:
    import csv
    import io

    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns: list[str] | None = None
        for row in rows:
            path = f"{file} line {rows.line_num}"
            if columns is None:
                _check_columns(row, path)
                columns = row
            else:
                yield _row(columns, row, path)
    except csv.Error:
        raise wrong(f"{file} line {rows.line_num}", "not CSV (RFC 4180)") from None


def _check_columns(columns: Sequence[str], path: str) -> None:
    remedy = f"the columns are {', '.join(COLUMNS)}, with commas between them"
    for position, column in enumerate(columns):
        if column not in COLUMNS:
            said = f"unknown column {shown(column)}{nearest(column, COLUMNS)}"
            raise wrong(path, said, remedy)
        if column in columns[:position]:
            raise wrong(path, f"the column {shown(column)} stands here twice")
    if "name" not in columns:
        raise wrong(path, "there is no column name", remedy)


def _row(columns: Sequence[str], row: Sequence[str], path: str) -> Table:
    if len(row) != len(columns):
        raise wrong(path, f"expected {len(columns)} cells, found {len(row)}")
    values: dict[str, object] = {c: cell for c, cell in zip(columns, row, strict=True) if cell}
    if isinstance(emails := values.get("emails"), str):
        addresses = emails.split(" ")
        if "" in addresses:
            raise wrong(join(path, "emails"), "expected one space between addresses")
        values["emails"] = addresses
    return Table(values, path)


# ---------------------------------------------------------------- SCIM


def _of_json(file: str, text: str) -> Iterator[Table]:
    import json

    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except UsageError as error:
        raise wrong(file, error.message) from None
    except (ValueError, RecursionError):
        raise wrong(file, "not JSON") from None
    response = as_table(value, file)
    response.only(_OF_LIST)
    _require_schema(response, LIST)
    listed = response.values.get("Resources", [])
    if not isinstance(listed, list):
        raise wrong(response.at("Resources"), f"expected an array, found {kind_of(listed)}")
    _require_whole(response, len(listed))
    for position, resource in enumerate(listed):
        yield _user(as_table(resource, f"{file} Resources[{position}]"))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for n, (name, _) in enumerate(pairs) if name in dict(pairs[:n]))
        raise UsageError(f"the key {shown(twice)} stands twice in one object")
    return found


def _no_number(name: str) -> object:
    raise UsageError(f"{name} is no number of JSON")


def _require_schema(table: Table, urn: str) -> None:
    if urn not in table.texts("schemas"):
        raise wrong(table.at("schemas"), f"expected {shown(urn)} among them")


def _require_whole(response: Table, count: int) -> None:
    """One page of several is not the list (RFC 7644 3.4.2.4)."""
    needed = {"totalResults": count, "startIndex": 1, "itemsPerPage": count}
    for name, number in needed.items():
        value = response.values.get(name, None if name == "totalResults" else number)
        if type(value) is not int or value != number:
            raise wrong(
                response.at(name),
                f"expected {number} for the {count} people here, found {shown(value)}",
                "export all people into one list",
            )


def _user(user: Table) -> Table:
    if user.has("password"):
        raise wrong(user.at("password"), "an export must not hold passwords", "leave them out")
    user.only(_OF_USER)
    _require_schema(user, USER)
    values: dict[str, object] = {"name": user.text("userName")}
    if user.values.get("emails", []) != []:
        values["emails"] = [_address(value, path) for value, path in user.items("emails")]
    accounts = user.table(ACCOUNTS)
    accounts.only(SYSTEMS)
    return Table(values | _given(accounts.values), user.path)


def _address(value: object, path: str) -> str:
    email = as_table(value, path)
    email.only(_OF_EMAIL)
    return email.text("value")


def _given(accounts: Mapping[str, object]) -> dict[str, object]:
    """The accounts that there are: directories write an attribute without a value as null or ""."""
    return {system: key for system, key in accounts.items() if key is not None and key != ""}
