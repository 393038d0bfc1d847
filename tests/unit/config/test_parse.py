"""``gate.toml``: defaults, errors that name the key, and totality."""

from __future__ import annotations

import hashlib
import json
import random
import tomllib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from policies import GOOD, RIGHT, WRONG, Wrong, edited

import gate.config
from gate.config import (
    ApprovalPlace,
    GitHubIssueSettings,
    GitLabIssueSettings,
    JiraSettings,
    Policy,
    load_policy,
    parse_policy,
    public_view,
)
from gate.config.grammar import url
from gate.config.parse import MAX_BYTES, _policy
from gate.config.services import github_api
from gate.errors import UsageError
from gate.model import Level, TicketSource

SCHEMA = json.loads((Path(gate.config.__file__).parent / "schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


SIGNERS = "trust-staging/signers.toml"


def held(file: str) -> bytes:
    """What each file holds that a policy names."""
    return f"what {file} holds".encode()


def policy(text: str = GOOD) -> Policy:
    return parse_policy(text.encode(), read=held)


def refused(data: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse_policy(data, read=held)
    return caught.value


# ---------------------------------------------------------------- what a policy says


def test_the_least_policy_has_every_default() -> None:
    found = policy()
    assert found.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert found.text == GOOD.encode()
    assert found.log.trust == "trust"
    assert found.forges["github"].api_url == "https://api.github.com"
    environment = found.environments["production"]
    assert environment.controls == {}
    assert environment.accept_claims == ()
    approvals, ticket = environment.approvals, environment.ticket
    assert (approvals.required, approvals.predates) == (1, "job")
    assert approvals.sources == ("change-request",)
    assert approvals.independent_of == ("ticket-author", "change-author")
    assert ticket.sources == tuple(TicketSource)
    assert (ticket.predates, ticket.minimum_lead) == ("pipeline", timedelta(0))
    assert found.services["shop"].names == ("shop",)
    assert found.services["shop"].release_refs == ("main",)
    jira = found.tickets["jira"]
    assert isinstance(jira, JiraSettings)
    assert jira.approvals == (ApprovalPlace("jsm"),)
    assert found.network.budget == timedelta(seconds=60)
    assert found.people[0].emails == ("alice@acme.example",)
    assert found.people[0].accounts["github"] == "alice"


def test_what_is_written_is_what_holds() -> None:
    environment = policy(RIGHT["all of an environment"]).environments["production"]
    assert environment.controls == {
        "peer-reviewed": Level.REQUIRE,
        "test-plan": Level.OFF,
        "approved": Level.WARN,
    }
    assert environment.approvals.required == 2
    assert environment.approvals.by == ("alice", "bob")
    # the makers of the change are always among them
    assert environment.approvals.independent_of == ("deployer", "change-author")
    assert environment.ticket.sources == (TicketSource.BRANCH, TicketSource.OPTION)
    assert environment.ticket.minimum_lead == timedelta(days=14)
    jira = policy(RIGHT["all of jira"]).tickets["jira"]
    assert isinstance(jira, JiraSettings)
    assert jira.approvals[1:] == (
        ApprovalPlace("transition", "Approved"),
        ApprovalPlace("field", "Approvers"),
    )


def test_a_services_names_always_include_its_own() -> None:
    assert policy(RIGHT["all of a service"]).services["shop"].names == ("shop", "Web shop")


def test_release_refs_may_be_written_out() -> None:
    refs = policy(RIGHT["release refs written out"]).services["shop"].release_refs
    assert refs[:3] == ("refs/heads/main", "refs/heads/release/**", "refs/tags/v*")


def test_a_repository_is_written_without_dot_git() -> None:
    found = policy(GOOD.replace("acme/shop", "acme/shop.git/"))
    assert found.services["shop"].repository == "https://github.com/acme/shop"


@pytest.mark.parametrize(
    ("forge", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://git.acme.example", "https://git.acme.example/api/v3"),
        ("https://acme.example:8443/git", "https://acme.example:8443/git/api/v3"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://github.com.evil.example", "https://github.com.evil.example/api/v3"),
    ],
)
def test_the_api_is_derived_from_the_forge(forge: str, api: str) -> None:
    assert github_api(forge) == api


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://acme.example/", "https://acme.example"),
        ("https://ACME.example:443/jira/", "https://acme.example/jira"),
        ("HTTPS://acme.example", "https://acme.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://127.1.2.3", "http://127.1.2.3"),
    ],
)
def test_two_ways_to_write_a_url_are_one(written: str, meant: str) -> None:
    assert url(written, "x") == meant


def test_the_public_view_names_nobody() -> None:
    text = public_view(policy())
    assert json.loads(text)["sha256"] == policy().sha256
    for private in ("alice", "bob", "b0b", "5b10", "change-board"):
        assert private not in text
    assert json.loads(text)["environments"]["production"]["approvals"]["required"] == 1


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_policy_is_taken(name: str) -> None:
    assert isinstance(policy(RIGHT[name]), Policy)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.new[:60])
def test_a_wrong_policy_is_refused_by_name(case: Wrong) -> None:
    error = refused(edited(case.old, case.new).encode())
    assert error.exit_code == 2
    for word in ("gate.toml: ", *case.says):
        assert word in error.message
    assert error.message.isprintable()


@pytest.mark.parametrize("name", RIGHT)
def test_the_schema_takes_what_the_parser_takes(name: str) -> None:
    VALIDATOR.validate(tomllib.loads(RIGHT[name]))


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.new[:60])
def test_the_schema_refuses_what_the_parser_refuses(case: Wrong) -> None:
    values = tomllib.loads(edited(case.old, case.new))
    assert VALIDATOR.is_valid(values) is not case.in_schema


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_same_controls() -> None:
    from gate.config.levels import CONTROL_IDS, INTEGRITY_IDS

    environment = SCHEMA["properties"]["environments"]["additionalProperties"]
    controls = environment["properties"]["controls"]["properties"]
    assert tuple(controls) == CONTROL_IDS
    fixed = tuple(name for name, rule in controls.items() if rule == {"const": "require"})
    assert fixed == INTEGRITY_IDS


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[log\n", "line 1, column 5: not TOML"),
        (b"[log]\nurl = \n", "line 2, column 7: not TOML"),
        (b'[log]\nurl = "x', "not TOML"),
        (b"[log]\n[log]\n", "line 2"),
        (b"[log]\nurl = '\xff'\n", "line 2: not UTF-8"),
        (b"\xef\xbb\xbf[log]\n", "byte order mark"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "not TOML"),
        (b"x" * (MAX_BYTES + 1), "at most 1048576 bytes"),
        (b"", "log.url: missing"),
        (b"a = '\x1b[31m'", "not TOML"),
        (b'"\\u001b" = 1', "unknown key"),
        (b"people_from = 'okta.csv'", "people_from: unknown key"),
    ],
    ids=range(13),
)
def test_bad_files_have_their_own_messages(data: bytes, says: str) -> None:
    message = refused(data).message
    assert says in message
    assert message.isprintable()


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    with pytest.raises(UsageError, match="does not exist"):
        load_policy(path)
    path.write_text(GOOD)
    assert load_policy(path) == policy()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_policy(tmp_path)
    with pytest.raises(UsageError, match="not a file name"):
        load_policy(Path("a\0b"))
    path.write_text("[lag]")
    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert caught.value.message == (f'{path}: lag: unknown key; did you mean "log"?')


# ---------------------------------------------------------------- whatever the bytes


def total(data: bytes) -> Policy | UsageError:
    try:
        return parse_policy(data)
    except UsageError as error:
        return error


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    found = total(data)
    assert isinstance(found, UsageError)
    assert found.message.isprintable()


VALUES = ("1", "0", "-1", "true", '""', '"x"', "[]", "[[]]", "{}", "[1]", "1.5", "2026-01-05")


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_mutation_of_lines(rng: random.Random, edits: int) -> None:
    lines = "\n".join(RIGHT.values()).splitlines() if rng.random() < 0.2 else GOOD.split("\n")
    for _ in range(edits):
        at = rng.randrange(len(lines))
        kind = rng.randrange(5)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, rng.choice(lines))
        elif kind == 2 and " = " in lines[at]:
            lines[at] = f"{lines[at].split(' = ')[0]} = {rng.choice(VALUES)}"
        elif kind == 3 and lines[at]:
            cut = rng.randrange(len(lines[at]))
            lines[at] = lines[at][:cut] + chr(rng.choice([0, 27, 34, 91, 0x202E])) + lines[at][cut:]
        else:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    found = total("\n".join(lines).encode())
    assert isinstance(found, Policy) or found.message.isprintable()


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(range(200)), JSONISH)
def test_any_value_at_any_key(which: int, value: object) -> None:
    """Every place of a good policy, one after the other, holds something else."""
    tree: Any = tomllib.loads(RIGHT["all of an environment"])
    places: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            places.append((node, key))
            if isinstance(node[key], dict | list):
                collect(node[key])

    collect(tree)
    node, key = places[which % len(places)]
    node[key] = value
    with suppress(UsageError):
        _policy(tree, b"")


@pytest.mark.parametrize("name", ["all of servicenow", "another package's system"])
def test_the_public_view_tells_how_tickets_are_judged_and_no_options(name: str) -> None:
    view = json.loads(public_view(policy(RIGHT[name])))["tickets"]
    if name == "all of servicenow":
        assert view["servicenow"]["deployable"] == ["-2", "-1"]
        assert view["servicenow"]["closed"] == ["3", "4", "7"]
        assert view["servicenow"]["standard_templates"] == [
            {
                "id": "0123456789abcdef0123456789abcdef",
                "services": ["shop"],
                "expires": "2027-01-31T00:00:00+00:00",
            }
        ]
    else:
        assert view["desk"]["package"] == "acme-desk"
        assert "options" not in view["desk"]


def test_what_approves_an_issue_is_in_the_public_view() -> None:
    view = json.loads(public_view(parse_policy(RIGHT["all of github issues"].encode())))
    github = view["tickets"]["github"]
    assert github["approvals"] == [{"label": "go"}, {"comment": "/approve"}]
    assert (github["objections"], github["deployable"]) == (["no go"], ["open"])


def test_what_approves_an_issue_of_gitlab_is_in_the_public_view() -> None:
    view = json.loads(public_view(parse_policy(RIGHT["all of gitlab issues"].encode())))
    gitlab = view["tickets"]["gitlab"]
    assert gitlab["approvals"] == [{"label": "go"}, {"comment": "!go"}]
    assert (gitlab["objections"], gitlab["deployable"]) == (["no go"], ["opened"])


def test_issues_of_gitlab_have_defaults() -> None:
    settings = parse_policy(RIGHT["gitlab issues"].encode()).tickets["gitlab"]
    assert isinstance(settings, GitLabIssueSettings)
    assert (settings.url, settings.api_url) == ("https://gitlab.com", "https://gitlab.com/api/v4")
    assert settings.approvals == (ApprovalPlace("comment", "!approve"),)
    assert settings.objections == ("rejected",)
    assert (settings.types, settings.deployable) == (("issue",), ("opened",))


def test_issues_are_where_the_code_is() -> None:
    """Unless the policy has no such forge: an account's name means one person on one site only."""
    forge = (
        '[forges.gitlab]\nurl = "https://git.acme.example"\napi = "https://api.acme.example/v4"\n'
    )
    text = RIGHT["gitlab issues"].replace(
        "[tickets.gitlab]", f'{forge}ca = "a.pem"\n[tickets.gitlab]'
    )
    settings = parse_policy(text.encode()).tickets["gitlab"]
    assert isinstance(settings, GitLabIssueSettings)
    assert settings.url == "https://git.acme.example"
    assert (settings.api_url, settings.ca) == ("https://api.acme.example/v4", "a.pem")


def test_issues_of_github_have_defaults() -> None:
    settings = parse_policy(RIGHT["github issues"].encode()).tickets["github"]
    assert isinstance(settings, GitHubIssueSettings)
    assert (settings.url, settings.api_url) == ("https://github.com", "https://api.github.com")
    assert settings.approvals == (ApprovalPlace("label", "approved"),)
    assert settings.objections == ("rejected",)
    assert (settings.types, settings.deployable) == (("issue",), ("open",))


# ---------------------------------------------------------------- what is pinned with it


def test_what_a_trust_folder_holds_is_in_the_digest_that_is_pinned() -> None:
    """Whoever exchanges the folder alone would else say who has tested."""
    text = RIGHT["staging in another log"].encode()
    digests = [
        hashlib.sha256(held(f"trust-staging/{name}")).hexdigest()
        for name in ("trust.policy", "signers.toml")
    ]
    found = parse_policy(text, read=held)
    line = f"\n# after.trust sha256:{digests[0]} sha256:{digests[1]}\n"
    assert found.text == text + line.encode()
    assert found.sha256 == hashlib.sha256(found.text).hexdigest()
    for name in ("trust.policy", "signers.toml"):
        files = {each: held(each) for each in ("trust-staging/trust.policy", SIGNERS)}
        files[f"trust-staging/{name}"] += b"x"
        assert parse_policy(text, read=files.__getitem__).sha256 != found.sha256
    assert parse_policy(found.text, read=held).sha256 != found.sha256


def test_a_policy_in_no_file_names_no_trust_folder() -> None:
    with pytest.raises(UsageError, match=r"after\.trust: names a folder"):
        parse_policy(RIGHT["staging in another log"].encode())
