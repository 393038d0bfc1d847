"""``[identity] people_from``: a list of people that the policy pins and does not hold itself."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import GOOD, PEOPLE

from gate.config import PersonEntry, Policy, load_policy, parse_policy, public_view
from gate.config.directory import (
    ACCOUNTS,
    ENTERPRISE,
    LIST,
    MAX_BYTES,
    MAX_PEOPLE,
    USER,
    parse_directory,
)
from gate.errors import UsageError
from gate.identity import People, Relation
from gate.model import Account

FROM = '[identity]\npeople_from = "{}"\n'
POLICY = GOOD.replace(PEOPLE, "") + FROM.format("people.csv")
CSV = """\
name,emails,jira,github
alice,Alice@acme.example a.smith@acme.example,5b10,alice
bob,,b0b,
"Carol, the third",carol@acme.example,,carol
"""


def user(name: str, *emails: str, **accounts: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {"schemas": [USER], "userName": name}
    if emails:
        made["emails"] = [{"value": email, "type": "work"} for email in emails]
    if accounts:
        made["schemas"].append(ACCOUNTS)
        made[ACCOUNTS] = accounts
    return made


def scim(*users: object, **changes: object) -> bytes:
    response = {
        "schemas": [LIST],
        "totalResults": len(users),
        "startIndex": 1,
        "itemsPerPage": len(users),
        "Resources": list(users),
    }
    return json.dumps({k: v for k, v in {**response, **changes}.items() if v is not ...}).encode()


ALICE = user("alice", "Alice@acme.example", "a.smith@acme.example", jira="5b10", github="alice")
USERS = scim(
    ALICE, user("bob", jira="b0b"), user("Carol, the third", "carol@acme.example", github="carol")
)


def policy_over(data: bytes, ending: str = "csv", text: str = POLICY) -> Policy:
    return parse_policy(
        text.replace("people.csv", f"people.{ending}").encode(), read=lambda _: data
    )


def refused(data: bytes, ending: str = "csv") -> str:
    with pytest.raises(UsageError) as caught:
        policy_over(data, ending)
    assert caught.value.message.isprintable()
    return f"{caught.value.message} | {caught.value.remedy}"


# ---------------------------------------------------------------- what it says


def test_csv_and_scim_say_the_same() -> None:
    found = policy_over(CSV.encode())
    assert found.people == (
        PersonEntry(
            "alice",
            ("alice@acme.example", "a.smith@acme.example"),
            {"jira": "5b10", "github": "alice"},
        ),
        PersonEntry("bob", (), {"jira": "b0b"}),
        PersonEntry("Carol, the third", ("carol@acme.example",), {"github": "carol"}),
    )
    assert policy_over(USERS, "json").people == found.people
    assert found.people_from is not None
    assert (found.people_from.file, found.people_from.count) == ("people.csv", 3)


def test_people_of_both_lists_are_people() -> None:
    found = policy_over(CSV.encode(), text=POLICY + '[[people]]\nname = "dave"\njira = "da"\n')
    assert [person.name for person in found.people] == ["dave", "alice", "bob", "Carol, the third"]
    people = People(found)
    assert people.compare(Account("jira", "da"), Account("jira", "b0b")) is Relation.DIFFERENT
    assert people.compare(Account("jira", "5b10"), Account("github", "alice")) is Relation.SAME


def test_line_ends_of_spreadsheets_are_taken() -> None:
    assert (
        policy_over(CSV.replace("\n", "\r\n").encode()).people == policy_over(CSV.encode()).people
    )


def test_what_a_directory_says_beside_it_is_left_aside() -> None:
    more = ALICE | {"active": False, "displayName": "Alice", ENTERPRISE: {"department": "x"}}
    more |= {"name": {"formatted": "Alice"}, "meta": {"resourceType": "User"}, "id": "7"}
    bob = user("bob", jira="b0b", github="", gitlab=None)
    found = policy_over(scim(more, bob), "json")
    assert found.people[0] == policy_over(USERS, "json").people[0]
    assert found.people[1].accounts == {"jira": "b0b"}


# ---------------------------------------------------------------- the pin


def test_the_digest_of_the_list_is_in_the_digest_that_is_pinned() -> None:
    found, other = policy_over(CSV.encode()), policy_over(CSV.replace("b0b", "b0c").encode())
    listed = hashlib.sha256(CSV.encode()).hexdigest()
    assert found.text == POLICY.encode() + f"\n# identity.people_from sha256:{listed}\n".encode()
    assert found.sha256 == hashlib.sha256(found.text).hexdigest()
    assert found.sha256 != other.sha256
    view = json.loads(public_view(found))
    assert view["sha256"] == found.sha256
    assert view["identity"]["people_from"] == listed
    assert "alice" not in public_view(found)


def test_a_comment_in_the_policy_passes_for_no_list() -> None:
    """The text that is pinned can be had in one way only."""
    found = policy_over(CSV.encode())
    again = policy_over(CSV.encode(), text=found.text.decode())
    assert again.sha256 != found.sha256


def test_the_digest_can_be_computed_without_gate(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text(POLICY)
    (tmp_path / "people.csv").write_text(CSV)
    page = (Path(__file__).parents[3] / "docs" / "people.md").read_text()
    command = page.partition("<!-- digest -->\n```sh\n")[2].partition("```")[0]
    assert command
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == load_policy(tmp_path / "gate.toml").sha256


# ---------------------------------------------------------------- files


def test_the_file_lies_where_the_policy_says(tmp_path: Path) -> None:
    path = tmp_path / "policy" / "gate.toml"
    path.parent.mkdir()
    path.write_text(POLICY.replace("people.csv", "../list/people.csv"))
    with pytest.raises(UsageError, match=r"people\.csv: cannot be read: No such file"):
        load_policy(path)
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "people.csv").write_text(CSV)
    assert len(load_policy(path).people) == 3
    (tmp_path / "list" / "people.csv").unlink()
    (tmp_path / "list" / "people.csv").mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_policy(path)
    path.write_text(POLICY.replace("people.csv", "a\\u0000.csv"))
    with pytest.raises(UsageError, match="cannot be printed"):
        load_policy(path)


def test_a_policy_that_is_in_no_file_names_none() -> None:
    with pytest.raises(UsageError, match=r"identity\.people_from: names a file"):
        parse_policy(POLICY.encode())


def test_another_ending_says_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        policy_over(b"", "xlsx")
    assert "identity.people_from" in caught.value.message
    assert ".csv, .json" in caught.value.message


# ---------------------------------------------------------------- what is refused

WRONG_CSV: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "nothing": ("", ("nobody in it",)),
    "nobody": ("name,jira\n", ("nobody in it",)),
    "an unknown column": (
        "name,jra\na,b\n",
        ('line 1: unknown column "jra"', 'did you mean "jira"', "name, emails, jira, servicenow"),
    ),
    "a column of another case": ("Name,jira\na,b\n", ('unknown column "Name"',)),
    "semicolons": ("name;jira\na;b\n", ('unknown column "name;jira"', "with commas")),
    "a column twice": ("name,jira,jira\na,b,c\n", ('"jira" stands here twice',)),
    "no names": ("jira\na\n", ("no column name",)),
    "a cell too few": ("name,jira\nalice\n", ("line 2: expected 2 cells, found 1",)),
    "a cell too many": ("name,jira\nalice,a,b\n", ("line 2: expected 2 cells, found 3",)),
    "a blank line": ("name,jira\n\nalice,a\n", ("line 2: expected 2 cells, found 0",)),
    "no name": ("name,jira\n,a\n", ("line 2.name: missing",)),
    "a name with a space": ("name,jira\n alice,a\n", ("line 2.name", "no name")),
    "nothing but a name": ("name,jira\nalice,\n", ("line 2", "neither an account nor")),
    "a name twice": ("name,jira\na,b\na,c\n", ("line 3.name", '"a" stands here twice')),
    "an account twice": ("name,jira\na,b\nc,B\n", ("line 3.jira", '"a" and "c"')),
    "an address twice": ("name,emails\na,x@y.example\nb,X@y.example\n", ('"a" and "b"',)),
    "an address of one twice": ("name,emails\na,x@y.example x@y.example\n", ("emails[1]", "twice")),
    "no address": ("name,emails\na,xy.example\n", ("line 2.emails[0]", "no e-mail address")),
    "two spaces": ("name,emails\na,x@y.example  z@y.example\n", ("one space",)),
    "a quote that does not end": ('name,jira\n"alice,a\n', ("not CSV",)),
    "a quote inside": ('name,jira\n"al"ice,a\n', ("not CSV",)),
    "a line break in a name": ('name,jira\n"al\nice",a\n', ("cannot be printed",)),
    "an escape": ("name,jira\n\x1b[31m,a\n", ("cannot be printed",)),
    "a byte order mark": ("\ufeffname,jira\na,b\n", ("byte order mark",)),
}


@pytest.mark.parametrize("what", WRONG_CSV)
def test_a_wrong_csv_is_refused_by_line(what: str) -> None:
    text, words = WRONG_CSV[what]
    message = refused(text.encode())
    for word in ("gate.toml: people.csv", *words):
        assert word in message


BOB = user("bob", jira="b0b")
WRONG_SCIM: Mapping[str, tuple[bytes, tuple[str, ...]]] = {
    "nothing": (b"", ("not JSON",)),
    "another value": (b"[]", ("expected a table, found an array",)),
    "nobody": (scim(), ("nobody in it",)),
    "no schema": (scim(BOB, schemas=...), ("schemas: missing",)),
    "another schema": (scim(BOB, schemas=[USER]), ("schemas", LIST)),
    "an unknown key": (scim(BOB, nextCursor="x"), ("nextCursor: unknown key",)),
    "no total": (scim(BOB, totalResults=...), ("totalResults: expected 1", "into one list")),
    "a page of more": (scim(BOB, totalResults=2), ("totalResults: expected 1", "found 2")),
    "a later page": (scim(BOB, startIndex=101), ("startIndex: expected 1",)),
    "a total that is true": (scim(BOB, totalResults=True), ("totalResults",)),
    "resources of another kind": (scim(BOB, Resources={}), ("Resources: expected an array",)),
    "a person of another kind": (scim("bob"), ("Resources[0]: expected a table",)),
    "a group": (scim(BOB | {"members": []}), ("Resources[0].members: unknown key",)),
    "a user of no schema": (scim(BOB | {"schemas": [ACCOUNTS]}), ("Resources[0].schemas", USER)),
    "a password": (scim(BOB | {"password": "x"}), ("must not hold passwords",)),
    "an extension of another's": (
        scim(BOB | {"urn:acme:accounts:1.0:User": {"github": "bob"}}),
        ("unknown key", ACCOUNTS),
    ),
    "an unknown system": (scim(user("bob", slack="b")), ("slack: unknown key",)),
    "an account that is a number": (scim(BOB | {ACCOUNTS: {"jira": 0}}), ("a whole number",)),
    "no name": (scim({"schemas": [USER], ACCOUNTS: {"jira": "b"}}), ("userName: missing",)),
    "an address of another kind": (scim(BOB | {"emails": ["x@y.example"]}), ("emails[0]",)),
    "an address without one": (scim(BOB | {"emails": [{"type": "work"}]}), ("emails[0].value",)),
    "an address with more": (
        scim(BOB | {"emails": [{"value": "x@y.example", "verified": True}]}),
        ("emails[0].verified: unknown key",),
    ),
    "two of a name": (scim(BOB, user("bob", jira="c")), ("Resources[1].name", "twice")),
    "two of an account": (scim(BOB, user("eve", jira="b0b")), ("Resources[1].jira", '"bob"')),
    "a key twice": (b'{"schemas": [], "schemas": []}', ('"schemas" stands twice',)),
    "a number that is none": (b'{"totalResults": NaN}', ("NaN is no number",)),
    "a depth": (b"[" * 100_000, ("not JSON",)),
    "a long number": (b'{"totalResults": ' + b"9" * 5000 + b"}", ("not JSON",)),
    "half a character": (scim(user("\ud800", jira="b")), ("cannot be printed",)),
}


@pytest.mark.parametrize("what", WRONG_SCIM)
def test_a_wrong_list_is_refused_by_place(what: str) -> None:
    data, words = WRONG_SCIM[what]
    message = refused(data, "json")
    for word in ("gate.toml: people.json", *words):
        assert word in message


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_sizes_are_bounded(ending: str) -> None:
    assert f"at most {MAX_BYTES} bytes" in refused(b" " * (MAX_BYTES + 1), ending)
    assert "not UTF-8" in refused(b"name,jira\n\xff,b\n", ending)


def test_the_number_of_people_is_bounded() -> None:
    rows = "".join(f"p{n},j{n}\n" for n in range(MAX_PEOPLE + 1))
    assert f"more than {MAX_PEOPLE} people" in refused(f"name,jira\n{rows}".encode())


def test_a_person_of_both_lists_is_refused() -> None:
    for entry in ('name = "alice"\njira = "other"', 'name = "eve"\njira = "5b10"'):
        with pytest.raises(UsageError, match=r"people\.csv line 2"):
            policy_over(CSV.encode(), text=f"{POLICY}[[people]]\n{entry}\n")


# ---------------------------------------------------------------- whatever the bytes


@given(st.binary(max_size=300), st.sampled_from(["people.csv", "people.json"]))
def test_any_bytes(data: bytes, file: str) -> None:
    with suppress(UsageError):
        parse_directory(file, data)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6, unique_by=lambda p: p[0]))
def test_what_both_forms_hold_is_read_alike(pairs: list[tuple[str, str]]) -> None:
    """A list that is refused is refused in both forms."""

    def people(data: bytes, ending: str) -> tuple[PersonEntry, ...] | None:
        groups = 'change-board = ["alice", "bob"]'
        text = POLICY.replace(
            groups, f"change-board = [{json.dumps(pairs[0][0], ensure_ascii=False)}]"
        )
        try:
            return policy_over(data, ending, text).people
        except UsageError:
            return None

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    rows = "".join(f"{cell(name)},{cell(key)}\n" for name, key in pairs)
    users = [user(name, jira=key) for name, key in pairs]
    found = people(f"name,jira\n{rows}".encode(), "csv")
    assert found == people(scim(*users), "json")
    if len({key.casefold() for _, key in pairs}) == len(pairs):
        assert found is not None
