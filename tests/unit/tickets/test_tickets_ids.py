from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import USAGE, UsageError
from gate.tickets.ids import find_ids, parse_id

PROJECTS = ("CHG", "OPS2")


@pytest.mark.parametrize("text", ["CHG-1", "CHG-1234567890", "OPS2-7"])
def test_an_id_is_taken_as_it_is(text: str) -> None:
    assert parse_id(text, PROJECTS) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("\n", "is empty"),
        ("CHG-" + "1" * 10_000, "longer than 100"),
        ("CHG-1\0", "NUL"),
        ("CHG-1\n", "line break"),
        ("CHG-1\nCHG-2", "line break"),
        ("CHG-1\u2028", "line break"),
        ("CHG-1\x1b[0m", "control character"),
        ("null", "the word for nothing"),
        ("None", "the word for nothing"),
        ("undefined", "the word for nothing"),
        (" CHG-1", "blanks around"),
        ("CHG-1^ORnumberISNOTEMPTY", "query operator"),
        ("^OR", "query operator"),
        ("../myself", "path or URL"),
        ("CHG-1/..", "path or URL"),
        ("CHG..1", "path or URL"),
        ("CHG-1%2F", "path or URL"),
        ("https://jira.acme.example/browse/CHG-1", "path or URL"),
        ("CVE-2024-1234", "vulnerability"),
        ("cve-2024-1234", "vulnerability"),
        ("2026-01-05", "is a date"),
        ("2026-01", "is a date"),
        ("2026-01-05T10:00:00Z", "is a date"),
        ("424", "number without a project"),
        ("#424", "number without a project"),
        ("XCHG-1", "not of a configured project"),
        ("CVE-2024", "not of a configured project"),
        ("abc-1", "not of a configured project"),
        ("UTF-8", "not of a configured project"),
        ("chg-1", "in lower case"),
        ("Chg-1", "in lower case"),
        ("CHG", "no ticket ID"),
        ("CHG-", "no ticket ID"),
        ("CHG-0", "no ticket ID"),
        ("CHG-01", "no ticket ID"),
        ("CHG-1a", "no ticket ID"),
        ("CHG-1 CHG-2", "no ticket ID"),
        ("CHG-1,CHG-2", "no ticket ID"),
        ("CHG-12345678901", "no ticket ID"),
        ("CHG\u20111", "no ticket ID"),
        ("CHG-\u0661", "no ticket ID"),
        ("\u0421HG-1", "no ticket ID"),
        ("CHG-1; rm -rf", "no ticket ID"),
        ("::set-env name=x::y", "no ticket ID"),
        ("=cmd()", "no ticket ID"),
    ],
)
def test_each_malformation_has_its_own_words(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_id(text, PROJECTS)
    assert words in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == USAGE
    assert (caught.value.message + caught.value.remedy).isprintable()
    assert len(caught.value.message) < 200


def test_lower_case_says_what_to_write() -> None:
    with pytest.raises(UsageError) as caught:
        parse_id("chg-17", PROJECTS)
    assert caught.value.remedy == "write CHG-17"


def test_a_foreign_project_names_those_that_are_known() -> None:
    with pytest.raises(UsageError, match="CHG, OPS2"):
        parse_id("ABC-1", PROJECTS)


@given(st.text(max_size=120))
def test_nothing_but_an_id_gets_through(text: str) -> None:
    try:
        parsed = parse_id(text, PROJECTS)
    except UsageError as error:
        assert error.message.isprintable()  # noqa: PT017 - the error is one of two right answers
    else:
        assert find_ids(parsed, PROJECTS) == (text,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("CHG-1", ("CHG-1",)),
        ("Fix it (CHG-1), closes [OPS2-3]. See CHG-1 again", ("CHG-1", "OPS2-3")),
        ("feature/CHG-12-new-checkout", ("CHG-12",)),
        ("CHG-2\nCHG-1", ("CHG-2", "CHG-1")),
        ("https://jira.acme.example/browse/CHG-5?x=1", ("CHG-5",)),
        ("XCHG-1 CHG-1a CHG-01 CHG-0 chg-1", ()),
        ("CVE-2024-1234 CHG-2024-1234 CHG-1.5", ()),
        ("CHG-1_x _CHG-1 \u00e4CHG-1 CHG-1\u00e4 CHG-\u0661", ()),
        ("CHG-12345678901", ()),
    ],
)
def test_ids_in_free_text_are_whole_words_of_configured_projects(
    text: str, found: tuple[str, ...]
) -> None:
    assert find_ids(text, PROJECTS) == found


def test_without_projects_nothing_is_found() -> None:
    assert find_ids("CHG-1 -1", ()) == ()
    with pytest.raises(UsageError):
        parse_id("CHG-1", ())


@given(st.text(alphabet="CHGOPS2-01 \n./_a", max_size=60))
def test_what_is_found_is_always_an_id(text: str) -> None:
    for found in find_ids(text, PROJECTS):
        assert parse_id(found, PROJECTS) == found
        assert found in text
