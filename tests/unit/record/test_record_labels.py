from __future__ import annotations

import hashlib
import json

import pytest
from records import POLICY_TEXT, labels, owner_of, write
from worlds import git, github, jira

from gate.model import Account, AccountKind, Free
from gate.record.disclosure import Disclosure, Person, parse_disclosure
from gate.record.errors import AlteredError
from gate.record.labels import Labels


def test_one_label_for_each_person_whatever_the_system() -> None:
    given = labels()
    assert given.person(jira("alice")) == "p1"
    assert given.person(github("bob")) == "p2"
    assert given.person(git("alice")) == "p1"
    assert given.person(github("alice")) == "p1"
    assert given.text("hello") == "t1"
    assert given.text(Free("hello")) == "t1"
    assert given.text("Hello") == "t2"


def test_an_account_that_nobody_owns_is_somebody_of_its_own() -> None:
    given = labels()
    assert given.person(jira("mallory")) == "p1"
    assert given.person(github("mallory")) == "p2"
    assert given.person(jira("mallory")) == "p1"
    assert given.person(Account("jira", "mallory")) == "p3"


def test_an_owner_is_never_taken_for_an_account() -> None:
    given = Labels(lambda account: "jira" if account.key == "a" else None)
    assert given.person(Account("x", "a")) != given.person(Account("jira", "b"))


def test_a_commitment_is_the_digest_of_salt_and_bytes() -> None:
    salts = iter([b"\x01" * 32, b"\x02" * 32])
    given = Labels(owner_of, lambda: next(salts))
    given.person(jira("alice"))
    given.text("grün")
    person = (
        b'{"accounts":[{"email":"","key":"acc-alice","kind":"person","name":"Alice",'
        b'"system":"jira"}],"owner":"alice"}'
    )
    assert given.commitments() == {
        "p1": hashlib.sha256(b"\x01" * 32 + person).hexdigest(),
        "t1": hashlib.sha256(b"\x02" * 32 + "grün".encode()).hexdigest(),
    }


def test_salts_are_fresh_so_records_cannot_be_joined_by_them() -> None:
    first, second = labels(), labels()
    for given in (first, second):
        given.person(jira("alice"))
        given.text("")
    assert set(first.commitments().values()).isdisjoint(second.commitments().values())
    assert all(len(opening.salt) == 32 for opening in first.openings().values())


def test_text_that_utf8_cannot_hold_is_still_committed_to() -> None:
    given = labels()
    given.text("\ud800")
    assert given.openings()["t1"].content == b"\\ud800"


WRITTEN = write()
RECORD = WRITTEN.record.predicate
COMMITMENTS = WRITTEN.labels.commitments()


def test_a_disclosure_is_written_read_and_fits_its_record() -> None:
    disclosure = parse_disclosure(WRITTEN.disclosure.to_json())
    assert disclosure == WRITTEN.disclosure
    assert RECORD.labels == COMMITMENTS
    disclosure.check(WRITTEN.digest, COMMITMENTS, RECORD.policy.sha256)


def test_it_opens_persons_and_texts() -> None:
    disclosure = WRITTEN.disclosure
    people = {label: disclosure.person(label) for label in COMMITMENTS if label.startswith("p")}
    assert {person.owner for person in people.values()} == {
        *("alice", "bob", "carol", "dave", "erin"),
        None,
    }
    assert people["p1"] == Person("erin", (github("erin"),))
    texts = {disclosure.text(label) for label in COMMITMENTS if label.startswith("t")}
    assert {"Faster checkout", "because bob said so", "refs/heads/main"} <= texts
    assert disclosure.policy == POLICY_TEXT
    with pytest.raises(KeyError):
        disclosure.person("p99")


def _tampered(**changes: object) -> Disclosure:
    body = json.loads(WRITTEN.disclosure.to_json())
    body.update(changes)
    return parse_disclosure(
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_what_was_altered_is_named() -> None:
    digest, policy = WRITTEN.digest, RECORD.policy.sha256
    body = json.loads(WRITTEN.disclosure.to_json())["labels"]
    with pytest.raises(AlteredError, match="another log entry"):
        WRITTEN.disclosure.check("0" * 64, COMMITMENTS, policy)
    with pytest.raises(AlteredError, match="policy"):
        _tampered(policy="").check(digest, COMMITMENTS, policy)
    for label in ("p2", "t1"):
        for change in ({"bytes": body[label]["bytes"] + " "}, {"salt": "0" * 64}):
            altered = {**body, label: {**body[label], **change}}
            with pytest.raises(AlteredError, match=label):
                _tampered(labels=altered).check(digest, COMMITMENTS, policy)
    fewer = {key: value for key, value in body.items() if key != "p2"}
    for labels_ in (fewer, {**body, "p99": body["p1"]}, {}):
        with pytest.raises(AlteredError, match="labels"):
            _tampered(labels=labels_).check(digest, COMMITMENTS, policy)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "gate/disclosure/v2"},
        {"more": 1},
        {"entry": "A" * 64},
        {"labels": {"x1": {"bytes": "", "salt": "0" * 64}}},
        {"labels": {"p1": {"bytes": "", "salt": "0"}}},
        {"labels": {"p1": {"bytes": 7, "salt": "0" * 64}}},
        {"labels": []},
        {"policy": None},
    ],
)
def test_what_is_no_disclosure_is_altered(changes: dict[str, object]) -> None:
    with pytest.raises(AlteredError):
        _tampered(**changes)


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"[" * 9_000, b"\xff"])
def test_what_is_no_json_is_altered(data: bytes) -> None:
    with pytest.raises(AlteredError):
        parse_disclosure(data)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"owner":"alice"}',
        '{"owner":7,"accounts":[]}',
        '{"owner":null,"accounts":[{}]}',
        '{"owner":null,"accounts":[{"system":1,"key":"","name":"","email":"","kind":"person"}]}',
        '{"owner":null,"accounts":[{"system":"","key":"","name":"","email":"","kind":"x"}]}',
    ],
)
def test_bytes_that_are_no_person_are_altered(content: str) -> None:
    disclosure = _tampered(labels={"p1": {"bytes": content, "salt": "0" * 64}})
    with pytest.raises(AlteredError, match="p1 holds no person"):
        disclosure.person("p1")


def test_a_person_reads_back_with_every_account() -> None:
    given = labels()
    app = Account("github", "web-flow", AccountKind.APP, "Web", "web@acme.example")
    given.person(app)
    disclosure = Disclosure.of(b"entry", given, "")
    assert disclosure.person("p1") == Person(None, (app,))
    assert disclosure.entry == hashlib.sha256(b"entry").hexdigest()
