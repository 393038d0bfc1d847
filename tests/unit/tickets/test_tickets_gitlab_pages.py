"""Lists of GitLab that change while they are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from gate.http.document import Document
from gate.tickets.gitlab.client import Client, IncompleteError, Page, Params
from gate.tickets.gitlab.pages import Listing


class Told:
    """Answers for each page what is told of it, the last time as often as asked."""

    def __init__(self, *pages: list[list[int]]) -> None:
        self._pages = dict(enumerate(pages, 1))

    def page(self, _path: str, params: Params) -> Page:
        number = params["page"]
        assert isinstance(number, int)
        told = self._pages[number]
        rows = told.pop(0) if len(told) > 1 else told[0]
        return Page(Document([{"id": row} for row in rows]), 4, 2, has_next=number == 1)


def listed(told: Told) -> list[int]:
    listing = Listing(cast("Client", told), "/notes")
    with ThreadPoolExecutor(1) as pool:
        listing.begin(pool)
        listing.go_on(pool)
        return [row["id"].integer() for row in listing.rows()]


def test_a_list_that_stays_as_it_is_is_whole() -> None:
    assert listed(Told([[1, 2]], [[3, 4]])) == [1, 2, 3, 4]


def test_a_comment_deleted_for_one_that_is_written_hides_no_edit() -> None:
    """1 and 2 were deleted between the pages, 5 and 6 written: 3 and 4 moved to the first page."""
    with pytest.raises(IncompleteError, match="changed while it was read"):
        listed(Told([[1, 2], [3, 4]], [[5, 6]]))
