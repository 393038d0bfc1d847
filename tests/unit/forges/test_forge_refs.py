from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forges import refs


@pytest.mark.parametrize(
    ("pattern", "ref", "means"),
    [
        ("main", "refs/heads/main", True),
        ("main", "refs/tags/main", False),
        ("main", "refs/heads/main2", False),
        ("main", "refs/heads/Main", False),
        ("main", "refs/heads/feature/main", False),
        ("release/*", "refs/heads/release/1.0", True),
        ("release/*", "refs/heads/release/1.0/evil", False),
        ("release/**", "refs/heads/release/1.0/hotfix", True),
        ("release/*", "refs/heads/release", False),
        ("v?", "refs/heads/v1", False),
        ("refs/heads/release/**", "refs/heads/release/1.0/hotfix", True),
        ("refs/heads/main", "refs/tags/main", False),
        ("refs/tags/v*", "refs/tags/v1/evil", False),
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/tags/v*", "refs/tags/v1", True),
        ("refs/tags/v*", "refs/heads/v1", False),
        ("tags/v1", "refs/tags/v1", False),
        ("ma[i]n", "refs/heads/main", False),
        ("m.in", "refs/heads/main", False),
    ],
)
def test_what_a_pattern_means(pattern: str, ref: str, means: bool) -> None:
    assert refs.matches(pattern, ref) is means


def test_plain_patterns_and_prefixes() -> None:
    assert refs.is_plain("main")
    assert not refs.is_plain("release/*")
    assert refs.literal_prefix("main") == "refs/heads/main"
    assert refs.literal_prefix("release/*") == "refs/heads/release/"
    assert refs.literal_prefix("refs/tags/v*") == "refs/tags/v"
    assert refs.matches_any(("main", "release/*"), "refs/heads/release/2")
    assert not refs.matches_any((), "refs/heads/main")
    assert refs.short_name("refs/heads/main") == "main"
    assert refs.short_name("refs/tags/v1") == "refs/tags/v1"


@given(st.text(min_size=1), st.text())
def test_what_matches_begins_with_the_literal_prefix(pattern: str, name: str) -> None:
    ref = refs.HEADS + name
    if refs.matches(pattern, ref):
        assert ref.startswith(refs.literal_prefix(pattern))
    if refs.is_plain(pattern):
        assert refs.matches(pattern, refs.full_pattern(pattern))
