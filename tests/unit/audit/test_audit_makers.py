"""Who made a change, by its record: also those whose commits a squash left out of the range."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import worlds
from records import write

from gate.audit.cells import UNKNOWN
from gate.audit.change_cells import makers
from gate.model import PullRequest
from gate.record.disclosure import Disclosure


def squash(**changes: Any) -> PullRequest:
    own = replace(
        worlds.good_commit(worlds.SECOND_SHA, worlds.BASE_SHA),
        co_authors=(worlds.git("erin"),),
        signer=worlds.github("dave"),
    )
    return worlds.good_pull_request(brings=(worlds.MERGE_SHA,), commits=(own,), **changes)


def owners(pull: PullRequest) -> list[str | None]:
    commit = worlds.good_commit(worlds.MERGE_SHA, worlds.BASE_SHA, merged_by_forge=True)
    change = worlds.good_change(commits=(commit,), pull_requests=(pull,))
    written = write(worlds.good_facts(change=change))
    return [_owner(written.disclosure, label) for label in makers(written.record.predicate)]


def _owner(disclosure: Disclosure, label: str | None) -> str | None:
    return label if label is None or label == UNKNOWN else disclosure.person(label).owner


def test_the_authors_of_a_squashed_pull_request_are_makers() -> None:
    assert set(owners(squash())) == {"alice", "erin", "dave"}


def test_who_wrote_what_was_merged_into_the_pull_request_is_a_maker_too() -> None:
    assert "carol" in owners(squash(others=(worlds.github("carol"),)))
    assert UNKNOWN in owners(squash(others=(None,)))


def test_own_commits_that_could_not_be_had_leave_the_makers_unknown() -> None:
    found = owners(replace(squash(), commits=worlds.problem()))
    assert UNKNOWN in found
    assert "erin" not in found
