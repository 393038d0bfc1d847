"""What services may answer: each fault on each request that a good run makes never allows.

The requests are not listed by hand alone: a test holds the list against what a good run really
asks, so that a request added later is spoiled here too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jobs import Job, job, said, spoiled

import gate.http.session
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.server import Simulator

ISSUE = r"/rest/api/\d/issue/CHG-1\b"
MYSELF = r"/rest/api/\d/myself"
APPROVAL = r"/rest/servicedeskapi/request/CHG-1/approval"
RUN = r"/actions/runs/\d+$"
REPOSITORY = r"/repos/acme/shop$"
PULLS_OF_COMMITS = r"/graphql"
MAIN_ACTIVITY = r"/activity\?.*main$"
TOPIC_ACTIVITY = r"/activity\?.*release-1$"
REFS = r"/git/matching-refs/"
COMPARE = r"/compare/"
DEPLOYMENTS = r"/deployments\?"
PULL = r"/pulls/1$"
PULL_COMMITS = r"/pulls/1/commits"
REVIEWS = r"/pulls/1/reviews"
TIMELINE = r"/issues/1/timeline"
USER = r"/user$"

JIRA = (ISSUE, MYSELF, APPROVAL)
GITHUB = (
    *(RUN, REPOSITORY, PULLS_OF_COMMITS, MAIN_ACTIVITY, TOPIC_ACTIVITY, REFS),
    *(COMPARE, DEPLOYMENTS, PULL, PULL_COMMITS, REVIEWS, TIMELINE, USER),
)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """peer-reviewed is required here, as otherwise a warning would be all that reviews can do."""
    with job(tmp_path_factory.mktemp("replies")) as made:
        strict = '[environments.production]\ncontrols = { peer-reviewed = "require" }\n'
        policy = made.home / "gate.toml"
        policy.write_text(policy.read_text().replace("[environments.production]\n", strict))
        yield made


@pytest.fixture(scope="module")
def datacenter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("datacenter"), flavour="datacenter") as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again waits for nothing."""
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def simulator(acme: Job, target: str) -> Simulator:
    return acme.world.jira if "rest" in target else acme.world.github


def judged(acme: Job) -> tuple[int, dict[str, Any], str]:
    """What check answers, as a program reads it."""
    ended = acme.gate("check", "--ticket", "CHG-1", "--format", "json", environment=acme.ci())
    assert ended.code in {0, 10, 11}, said(ended)
    return ended.code, json.loads(ended.out), ended.out


def blocks(acme: Job, *, service: str) -> list[dict[str, str]]:
    """Judge, see it blocked, and return the problems told: service, request, cause, remedy."""
    code, answer, text = judged(acme)
    assert code in {10, 11}, text
    assert answer["permits"] is False
    assert answer["decision"] in {"denied", "undetermined"}
    problems = []
    for control in answer["controls"]:
        seen = control["observed"]
        if seen["code"].startswith("problem."):
            problem = {**seen["args"], "remedy": control["remedy"]["text"]}
            assert problem["service"] in seen["text"]
            assert problem["cause"] in seen["text"]
            assert problem["request"] in seen["text"]
            assert len(problem["remedy"]) > 10
            problems.append(problem)
    assert {p["service"] for p in problems} <= {service, "gate", "git"}
    return problems


# ---------------------------------------------------------------- the list of requests is whole


def test_every_request_of_a_good_run_is_spoiled_here(acme: Job) -> None:
    world = acme.world
    world.jira.forget_requests()
    world.github.forget_requests()
    code, _, text = judged(acme)
    assert code == 0, text
    for known, server in ((JIRA, world.jira), (GITHUB, world.github)):
        asked = [r.path + "?" * bool(r.query) + "&".join(r.query.values()) for r in server.requests]
        unknown = [path for path in asked if not any(re.search(k, path) for k in known)]
        assert unknown == []
        unasked = [k for k in known if not any(re.search(k, path) for path in asked)]
        assert unasked == []


# ---------------------------------------------------------------- faults of the whole reply

WHOLE: dict[str, tuple[Fault, str]] = {
    "HTML": (faults.html(), "HTML page"),
    "empty": (faults.empty(), "empty"),
    "truncated": (faults.truncated(), "broke off"),
    "huge": (faults.huge(), "larger than 10 MB"),
    "reset": (faults.reset(), "could not be reached"),
    "redirect elsewhere": (faults.redirect("https://login.example/"), "redirects to another place"),
    "401": (faults.status(401), "did not accept the credentials"),
    "403": (faults.status(403), "403"),
    "429": (faults.status(429, retry_after=3600), "429"),
    "500": (faults.status(500), "(500)"),
    "a JSON string": (faults.replace("yes"), ""),
    "an empty object": (faults.replace({}), ""),
}


@pytest.mark.parametrize(
    ("target", "fault"),
    # A 403 is what /user answers an app's token in any case.
    [(t, f) for t in (*JIRA, *GITHUB) for f in WHOLE if (t, f) != (USER, "403")],
)
def test_a_reply_that_is_no_answer_blocks_and_says_which_one(
    acme: Job, target: str, fault: str
) -> None:
    made, words = WHOLE[fault]
    server = simulator(acme, target)
    server.fault(target, made)
    try:
        problems = blocks(acme, service=server.name)
    finally:
        server.heal()
    assert problems, "no control says which request failed"
    causes = [p["cause"] for p in problems]
    assert any(words in cause for cause in causes), causes
    assert all(re.match(r"(GET|POST) /|\w", p["request"]) for p in problems)


@pytest.mark.parametrize("target", [ISSUE, COMPARE])
def test_a_service_that_never_answers_blocks_when_the_budget_is_spent(
    acme: Job, target: str
) -> None:
    server = simulator(acme, target)
    extra = acme.rewrite("hasty.toml", more='\n[network]\nbudget = "1s"\n')
    server.fault(target, faults.hang())
    try:
        ended = acme.blocked(
            *("check", "--ticket", "CHG-1"),
            environment=acme.ci(**extra),
            code=11,
            words=("time budget", "UNDETERMINED"),
        )
    finally:
        server.heal()
    assert server.name in ended.out


# ---------------------------------------------------------------- faults inside the reply


def everywhere(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    """``value`` with ``change`` made to each member of each object; what it returns stands."""
    if isinstance(value, dict):
        return {k: everywhere(change(k, v), change, k) for k, v in value.items()}
    if isinstance(value, list):
        return [everywhere(item, change, key) for item in value]
    return value


USERS = re.compile(
    r"author|user|creator|reporter|committer|actor|triggering_actor|approver|merged_by|owner|"
    r"accountId|login|name|key"
)
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def null_users(body: Any) -> Any:
    def change(key: str, value: Any) -> Any:
        known = USERS.fullmatch(key) and isinstance(value, dict)
        return None if known and ("login" in value or "displayName" in value) else value

    return everywhere(body, change)


def nameless_users(body: Any) -> Any:
    """Users are there, and every one of their ids is null."""

    def change(key: str, value: Any) -> Any:
        return None if key in {"accountId", "login"} else value

    return everywhere(body, change)


def no_rows(body: Any) -> Any:
    """Every list is empty: no approvals, no commits, no reviews, no pushes."""
    if isinstance(body, list):
        return []
    counts = {"total", "size", "total_commits", "total_count", "totalCount"}

    def change(key: str, value: Any) -> Any:
        if isinstance(value, list):
            return []
        return 0 if key in counts and isinstance(value, int) else value

    return everywhere(body, change)


def null_lists(body: Any) -> Any:
    if isinstance(body, list):
        return [None]

    def change(_: str, value: Any) -> Any:
        return None if isinstance(value, list) else value

    return everywhere(body, change)


def every_null(body: Any) -> Any:
    def change(_: str, value: Any) -> Any:
        return value if isinstance(value, dict | list) else None

    return everywhere(body, change)


def empty_texts(body: Any) -> Any:
    def change(_: str, value: Any) -> Any:
        return "" if isinstance(value, str) else value

    return everywhere(body, change)


def future(body: Any) -> Any:
    def change(key: str, value: Any) -> Any:
        if key == "epochMillis":
            return 4_102_444_800_000
        if isinstance(value, str) and TIMES.match(value):
            return "2100-" + value[5:]
        return value

    return everywhere(body, change)


def no_times(body: Any) -> Any:
    def change(key: str, value: Any) -> Any:
        if key == "epochMillis" or (isinstance(value, str) and TIMES.match(value)):
            return "yesterday"
        return value

    return everywhere(body, change)


def zoneless(body: Any) -> Any:
    """Times without a zone could mean any hour of a day."""

    def change(_: str, value: Any) -> Any:
        if isinstance(value, str) and TIMES.match(value):
            return value[:19]
        return value

    return everywhere(body, change)


def other_types(body: Any) -> Any:
    return faults.with_wrong_types(body)


INSIDE: dict[str, Callable[[Any], Any]] = {
    f.__name__: f
    for f in (
        *(null_users, nameless_users, no_rows, null_lists, every_null, empty_texts),
        *(future, no_times, zoneless, other_types),
    )
}
CLAIMS = "what a commit says of its author and its dates is a claim, on which nothing rests"
DETAILS = "this list only names pull requests; each is then read by itself"
UNREAD = "this part of the reply is not read"
HARMLESS: dict[tuple[str, str], str] = {
    (APPROVAL, "zoneless"): "the milliseconds beside them are read",
    (RUN, "null_lists"): UNREAD,
    (REPOSITORY, "null_users"): UNREAD,
    (REPOSITORY, "nameless_users"): UNREAD,
    (PULLS_OF_COMMITS, "null_users"): DETAILS,
    (PULLS_OF_COMMITS, "future"): DETAILS,
    (MAIN_ACTIVITY, "null_users"): "who pressed the merge button makes nothing of the change",
    (MAIN_ACTIVITY, "future"): "the merge is no push, and pipeline is the policy's reference",
    (PULL, "future"): "as above; a merge in the future has its own test below",
    (COMPARE, "null_users"): "no account has the author's address, which the policy gives to alice",
    (PULL_COMMITS, "null_users"): "as above",
    **{
        (target, name): CLAIMS
        for target in (COMPARE, PULL_COMMITS)
        for name in ("future", "no_times", "zoneless")
    },
    **{
        (TIMELINE, name): UNREAD
        for name in ("null_users", "nameless_users", "future", "no_times", "zoneless")
    },
}


@pytest.mark.parametrize("name", INSIDE)
# An app's token is refused at /user, and what a refusal says beside its status is not read.
@pytest.mark.parametrize("target", [t for t in (*JIRA, *GITHUB) if t != USER])
def test_a_reply_with_something_wrong_inside_blocks(acme: Job, target: str, name: str) -> None:
    server = simulator(acme, target)
    bodies: list[tuple[Any, Any]] = []

    def spoil(body: Any) -> Any:
        bodies.append((body, INSIDE[name](body)))
        return bodies[-1][1]

    with spoiled(server, target, spoil):
        code, answer, text = judged(acme)
    assert bodies, "nothing was spoiled"
    if all(was == became for was, became in bodies) or (target, name) in HARMLESS:
        return
    assert code in {10, 11}, text
    assert answer["permits"] is False


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("target", [ISSUE, MYSELF])
def test_the_same_of_data_center(datacenter: Job, target: str, name: str) -> None:
    test_a_reply_with_something_wrong_inside_blocks(datacenter, target, name)


@pytest.mark.parametrize("target", [PULL, MAIN_ACTIVITY])
def test_a_merge_in_the_future_does_not_make_a_late_ticket_early(acme: Job, target: str) -> None:
    extra = acme.rewrite("merge.toml", ('predates = "pipeline"', 'predates = "merge"'))
    assert acme.judge("check", "--ticket", "CHG-1", environment=acme.ci(**extra)).code == 0
    with spoiled(acme.world.github, target, future):
        ended = acme.judge("check", "--ticket", "CHG-1", environment=acme.ci(**extra))
    if target == PULL:
        assert ended.code == 11, said(ended)
        assert "later than now" in ended.out


# ---------------------------------------------------------------- each has words of its own

FUTURE = {
    ISSUE: (10, "was created at", "later than now"),
    APPROVAL: (10, "approved CHG-1 at", "later than now"),
    RUN: (11, "the start of the pipeline is", "later than now"),
    REVIEWS: (11, "A review of pull request #1 is of", "later than now"),
}


@pytest.mark.parametrize("target", FUTURE)
def test_a_date_in_the_future_is_called_that(acme: Job, target: str) -> None:
    code, *words = FUTURE[target]
    with spoiled(simulator(acme, target), target, future):
        acme.blocked(
            *("check", "--ticket", "CHG-1"),
            environment=acme.ci(),
            code=int(code),
            words=(*map(str, words), "Compare this machine's clock"),
        )


def test_an_empty_list_of_approvals_is_no_approval(acme: Job) -> None:
    with spoiled(acme.world.jira, APPROVAL, no_rows):
        acme.blocked(
            *("enforce", "--ticket", "CHG-1"),
            environment=acme.ci(),
            code=10,
            words=("CHG-1 has 0 of 1 approvals", "approver-independent"),
        )


def test_a_list_of_approvals_that_is_not_whole_is_unknown(acme: Job) -> None:
    """The total says there is more: an objection may be in the part that is hidden."""

    def cut(body: Any) -> Any:
        return {**body, "isLastPage": False, "values": []}

    with spoiled(acme.world.jira, APPROVAL, cut):
        acme.blocked(
            *("check", "--ticket", "CHG-1"), environment=acme.ci(), code=11, words=("approved",)
        )


@pytest.mark.parametrize(
    ("decision", "code"),
    [("declined", 10), ("pending", 10), ("Approved", 11), ("", 11), (None, 11), (True, 11)],
)
def test_only_the_word_approved_is_an_approval(acme: Job, decision: object, code: int) -> None:
    def change(key: str, value: Any) -> Any:
        return decision if key == "approverDecision" else value

    with spoiled(acme.world.jira, APPROVAL, lambda body: everywhere(body, change)):
        ended = acme.gate("check", "--ticket", "CHG-1", environment=acme.ci())
    assert ended.code in {10, 11}, said(ended)
    assert ended.code == code, said(ended)


@pytest.mark.parametrize("key", ["CHG-2", "OPS-1", "chg-1", "", None, 1, ["CHG-1"]])
def test_an_answer_about_another_ticket_is_no_answer(acme: Job, key: object) -> None:
    with spoiled(acme.world.jira, ISSUE, lambda body: {**body, "key": key}):
        ended = acme.gate("check", "--ticket", "CHG-1", environment=acme.ci())
    assert ended.code in {10, 11}, said(ended)
    assert "ticket-exists" in ended.out


@pytest.mark.parametrize("state", ["COMMENTED", "DISMISSED", "PENDING", "", None])
def test_only_an_approving_review_is_one(acme: Job, state: object) -> None:
    def spoil(body: Any) -> Any:
        return [{**row, "state": state} for row in body]

    with spoiled(acme.world.github, REVIEWS, spoil):
        ended = acme.gate("check", "--ticket", "CHG-1", environment=acme.ci())
    assert ended.code in {10, 11}, said(ended)
    assert "peer-reviewed" in ended.out


@pytest.mark.parametrize("wrong", ["0" * 40, "HEAD", "", None, 7])
def test_a_run_of_another_commit_is_not_ours(acme: Job, wrong: object) -> None:
    with spoiled(acme.world.github, RUN, lambda body: {**body, "head_sha": wrong}):
        ended = acme.gate("check", "--ticket", "CHG-1", environment=acme.ci())
    assert ended.code in {10, 11}, said(ended)


@pytest.mark.parametrize("status", ["queued", "completed", "waiting", "", None, "IN_PROGRESS"])
def test_a_run_that_is_not_running_is_not_ours(acme: Job, status: object) -> None:
    """A status call that says "still waiting" was ignored by others."""
    with spoiled(acme.world.github, RUN, lambda body: {**body, "status": status}):
        acme.blocked(
            *("check", "--ticket", "CHG-1"),
            environment=acme.ci(),
            code=11,
            words=("ticket-predates-deployment", "UNDETERMINED"),
        )


# ---------------------------------------------------------------- credentials, hidden, missing


CREDENTIALS: dict[str, tuple[dict[str, str | None], int, str]] = {
    "wrong": ({"GATE_JIRA_TOKEN": "not-the-token"}, 11, "did not accept the credentials"),
    "of nobody": ({"GATE_JIRA_EMAIL": "x@acme.example"}, 11, "did not accept the credentials"),
    "missing": ({"GATE_JIRA_TOKEN": None}, 11, "GATE_JIRA_TOKEN is not set"),
    "empty": ({"GATE_JIRA_TOKEN": ""}, 11, "GATE_JIRA_TOKEN is not set"),
    "missing e-mail": ({"GATE_JIRA_EMAIL": None}, 11, "GATE_JIRA_EMAIL is not set"),
    "wrong forge token": ({"GITHUB_TOKEN": "not-the-token"}, 11, "(401)"),
}


@pytest.mark.parametrize("what", CREDENTIALS)
def test_credentials_that_are_not_good_are_not_called_a_missing_ticket(
    acme: Job, what: str
) -> None:
    """A 401 was reported as "not found" by others."""
    changes, code, words = CREDENTIALS[what]
    ended = acme.blocked(
        *("enforce", "--ticket", "CHG-1"), environment=acme.ci(**changes), code=code, words=(words,)
    )
    assert "missing or hidden" not in ended.out


def test_wrong_hidden_missing_and_down_are_four_messages(acme: Job) -> None:
    jira, seen = acme.world.jira, {}
    acme.world.change("CHG-41")
    jira.hide("CHG-41")
    cases: dict[str, tuple[str, dict[str, str | None]]] = {
        "wrong": ("CHG-1", {"GATE_JIRA_TOKEN": "not-the-token"}),
        "hidden or missing": ("CHG-41", {}),
        "down": ("CHG-1", {}),
    }
    for name, (key, changes) in cases.items():
        if name == "down":
            jira.fault("/", "reset")
        ended = acme.gate(
            *("check", "--ticket", key, "--format", "json"), environment=acme.ci(**changes)
        )
        jira.heal()
        assert ended.code in {10, 11}
        (exists,) = [c for c in json.loads(ended.out)["controls"] if c["id"] == "ticket-exists"]
        seen[name] = exists["observed"]["code"]
    jira.projects["CHG"].visible_to = set()
    ended = acme.gate("check", "--ticket", "CHG-1", "--format", "json", environment=acme.ci())
    jira.projects["CHG"].visible_to = None
    assert ended.code == 11, said(ended)
    (exists,) = [c for c in json.loads(ended.out)["controls"] if c["id"] == "ticket-exists"]
    seen["project hidden"] = exists["observed"]["code"]
    assert len(set(seen.values())) == 4, seen
