"""What may be given as a ticket, and that nothing else is ever sent to Jira."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs import Job, job, must_say


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("ids")) as made:
        yield made


BAD_IDS = {
    "empty, as of an unset variable": ("", "the ticket ID is empty"),
    "blank": ("   ", "the ticket ID is empty"),
    "no hyphen": ("CHG1", "CHG1 is no ticket ID"),
    "no number": ("CHG-", "CHG- is no ticket ID"),
    "a leading zero": ("CHG-01", "CHG-01 is no ticket ID"),
    "zero": ("CHG-0", "CHG-0 is no ticket ID"),
    "a number alone": ("1234", "a number without a project"),
    "a number with a hash": ("#1234", "a number without a project"),
    "two at once": ("CHG-1,CHG-2", "is no ticket ID"),
    "two with a blank between": ("CHG-1 CHG-2", "is no ticket ID"),
    "text around it": ("fixes CHG-1", "is no ticket ID"),
    "blanks around it": (" CHG-1 ", "there are blanks around the ticket ID"),
    "of a foreign project": ("ACME-1", "ACME-1 is not of a configured project (configured: CHG)"),
    "of a project that exists and is not configured": ("OPS-9", "not of a configured project"),
    "of a project that only begins alike": ("CHGX-1", "not of a configured project"),
    "in lower case": ("chg-1", "chg-1 is written in lower case"),
    "in mixed case": ("Chg-1", "Chg-1 is written in lower case"),
    "CVE-like": ("CVE-2024-1234", "the name of a vulnerability (CVE), not a ticket ID"),
    "CVE-like, lower case": ("cve-2024-1234", "the name of a vulnerability (CVE)"),
    "date-like": ("2026-01-05", "that is a date, not a ticket ID"),
    "a timestamp": ("2026-01-05T10:00:00Z", "that is a date, not a ticket ID"),
    "path traversal": ("../myself", "holds a path or URL"),
    "traversal behind an ID": ("CHG-1/../CHG-2", "holds a path or URL"),
    "an encoded traversal": ("CHG-1%2F..%2Fmyself", "holds a path or URL"),
    "a URL": ("https://acme.atlassian.net/browse/CHG-1", "holds a path or URL"),
    "a ServiceNow query": ("CHG-1^ORnumber=CHG-2", "a query operator (^)"),
    "a bare query": ("^OR", "a query operator (^)"),
    "a query string": ("CHG-1?fields=x", "is no ticket ID"),
    "JQL": ('key = "CHG-1"', "is no ticket ID"),
    "a line break": ("CHG-1\nCHG-2", "holds a line break"),
    "a line break behind it": ("CHG-1\n", "holds a line break"),
    "a carriage return": ("CHG-1\r", "holds a line break"),
    "a Unicode line separator": ("CHG-1\u2028", "holds a line break"),
    "NUL": ("CHG-1\0", "holds a NUL character"),
    "an escape sequence": ("\x1b[31mCHG-1", "holds a control character"),
    "10,000 characters": ("CHG-" + "1" * 9_996, "longer than 100 characters"),
    "10,000 characters of anything": ("A" * 10_000, "longer than 100 characters"),
    "the word null": ("null", "the word for nothing"),
    "the word undefined": ("undefined", "the word for nothing"),
    "the word None": ("None", "the word for nothing"),
    "full-width letters": ("\uff23\uff28\uff27-1", "is no ticket ID"),
    "digits of another script": ("CHG-\u0661", "is no ticket ID"),
    "a Cyrillic look-alike": ("\u0421HG-1", "is no ticket ID"),
    "a minus sign for the hyphen": ("CHG\u22121", "is no ticket ID"),
    "a zero-width space inside": ("CHG-\u200b1", "is no ticket ID"),
    "a workflow command": ("::set-env name=A::b", "is no ticket ID"),
    "a shell command": ("$(id)", "is no ticket ID"),
    "HTML": ("<b>CHG-1</b>", "holds a path or URL"),
    "a formula": ("=cmd()", "is no ticket ID"),
}


@pytest.mark.parametrize("command", ["check", "enforce"])
@pytest.mark.parametrize("bad", BAD_IDS)
def test_a_ticket_that_is_not_wholly_an_id_is_refused_unasked(
    acme: Job, command: str, bad: str
) -> None:
    given, words = BAD_IDS[bad]
    ended = acme.unasked(command, "--ticket", given, environment=acme.ci(), words=(words,))
    assert "to do:" in ended.err
    assert len(ended.err) < 500, "a bad ID is not echoed at length"
    assert "\x1b" not in ended.err
    assert "\n::" not in "\n" + ended.err


def test_run_refuses_a_bad_ticket_and_never_starts_the_command(acme: Job) -> None:
    acme.unasked(
        *("run", "--ticket", "../myself", "--", "touch", "started"),
        environment=acme.ci(),
        words=("holds a path or URL",),
    )
    assert not (acme.home / "started").exists()


@pytest.mark.parametrize("value", ["CVE-2024-1234", "chg-1", "CHG-1,CHG-2", "../x", "CHG-1 null"])
def test_the_variable_is_held_to_the_same_grammar(acme: Job, value: str) -> None:
    acme.unasked("enforce", environment=acme.ci(GATE_TICKET=value), words=("gate:",))


def test_one_bad_among_good_ones_is_refused_before_the_good_ones_are_asked(acme: Job) -> None:
    acme.unasked(
        *("enforce", "--ticket", "CHG-1", "--ticket", "CHG-2^ORx"),
        environment=acme.ci(),
        words=("a query operator (^)",),
    )


def test_more_tickets_than_one_change_can_have_are_refused(acme: Job) -> None:
    many = [word for n in range(1, 22) for word in ("--ticket", f"CHG-{n}")]
    acme.unasked("enforce", *many, environment=acme.ci(), words=("21 tickets given; at most 20",))


def test_no_ticket_anywhere_is_a_denial_that_says_where_to_name_one(acme: Job) -> None:
    scene = acme.world.change("tidy", with_ticket=False)
    acme.world.jira.forget_requests()
    ended = acme.blocked(
        "enforce", environment=acme.ci(scene), code=10, words=("ticket-given", "DENIED")
    )
    must_say(ended, "Open a change request in CHG, and give its ID in one of")
    assert not any("/issue/" in request.path for request in acme.world.jira.requests)


@pytest.mark.parametrize(
    "word", ["CVE-2024-1234", "2026-01-05", "chg-1", "XCHG-1", "CHG-01", "CHG-1a", "null", "OPS-1"]
)
def test_text_that_only_looks_like_a_ticket_is_none(acme: Job, word: str) -> None:
    """It stands in title, branch and merge commit; a CVE or a date was taken for a ticket once."""
    scene = acme.world.change(word, with_ticket=False)
    acme.world.jira.forget_requests()
    acme.blocked("check", environment=acme.ci(scene), code=10, words=("ticket-given", "DENIED"))
    assert not any("/issue/" in request.path for request in acme.world.jira.requests)


def test_a_ticket_that_does_not_exist_is_a_finding_of_its_own(acme: Job) -> None:
    acme.blocked(
        *("enforce", "--ticket", "CHG-999"),
        environment=acme.ci(),
        code=10,
        words=("ticket-exists", "CHG-999"),
    )


def test_good_ids_are_asked_for_each_once(acme: Job) -> None:
    scene = acme.world.change("CHG-90")
    acme.world.jira.forget_requests()
    ended = acme.judge(
        "check", "--ticket", "CHG-90", "--ticket", "CHG-90", environment=acme.ci(scene)
    )
    assert ended.code == 0
    asked = [r.path for r in acme.world.jira.requests if "/issue/CHG" in r.path]
    assert asked == ["/rest/api/3/issue/CHG-90"]
