from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forges.trailers import co_authors
from gate.model import Account, AccountKind


@pytest.mark.parametrize(
    ("message", "keys"),
    [
        ("Fix", []),
        ("Fix\n\nCo-authored-by: Bob <bob@acme.example>", ["bob@acme.example"]),
        ("Fix\n\nCO-AUTHORED-BY: Bob <BOB@acme.example>", ["bob@acme.example"]),
        ("Fix\r\n\r\nco-authored-by:Bob<bob@acme.example>\r\n", ["bob@acme.example"]),
        ("Co-authored-by: bob@acme.example\n\nin the middle\n\nend", ["bob@acme.example"]),
        ("Fix\n\n* Co-Authored-By: Bob <bob@acme.example>", ["bob@acme.example"]),
        ("Fix\n\nCo-authored-by: Bob\n <bob@acme.example>", ["bob@acme.example"]),
        (
            "Fix\n\nCo-authored-by: B <b@x.example>, C <c@x.example>\nCoauthored-by: <d@x.example>",
            ["b@x.example", "c@x.example", "d@x.example"],
        ),
        (
            "Fix\n\nCo-authored-by: B <b@x.example>\nCo-authored-by: Bee <b@x.example>",
            ["b@x.example"],
        ),
        ("Fix\n\nCo-authored-by: Bob", ["bob"]),
        ("Fix\n\nCo-authored-by:", [""]),
        ("We say co-authored-by: in the docs", []),
    ],
)
def test_who_is_named(message: str, keys: list[str]) -> None:
    assert [account.key for account in co_authors(message)] == keys


def test_a_name_without_address_is_nobody_known() -> None:
    assert co_authors("x\n\nCo-authored-by: Bob") == (
        Account("git", "bob", AccountKind.UNKNOWN, "Bob"),
    )


@given(st.text(), st.text())
def test_no_text_around_a_trailer_hides_it(before: str, after: str) -> None:
    message = f"{before}\n\nCo-authored-by: Bob <bob@acme.example>\n\n{after}"
    assert "bob@acme.example" in {account.key for account in co_authors(message)}
