"""Lists, provably whole: as many rows as GitLab says there are, and none of them twice.

GitLab takes rows that we may not see out of a page and leaves them in the total, so what is hidden
is noticed. All pages behind the first are asked for side by side. A comment that is deleted
meanwhile draws others onto a page that was read already, and one that is written makes up for it in
the total: so all pages but the last are read once more.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from gate.http.document import Document
from gate.tickets.gitlab.client import Client, IncompleteError, Page, Params

SIZE = 100  # the most that GitLab gives at once
MOST_PAGES = 20


class Listing:
    """A list that is being read. ``begin`` and ``go_on`` ask, ``rows`` waits for the answers.

    Only ``rows`` raises: FetchError, ShapeError, IncompleteError.
    """

    def __init__(self, client: Client, path: str, params: Params | None = None) -> None:
        self._client = client
        self._params = params or {}
        self._pages: list[Future[Page]] = []
        self.path = path

    def begin(self, pool: ThreadPoolExecutor) -> None:
        """Ask for the first page."""
        self._ask(pool, 1)

    def go_on(self, pool: ThreadPoolExecutor) -> None:
        """Ask for all others, as soon as the first says how many there are."""
        first = self._pages[0]
        if first.exception() is not None:
            return
        for number in range(2, min(first.result().pages or 1, MOST_PAGES) + 1):
            self._ask(pool, number)

    def rows(self) -> tuple[Document, ...]:
        """All rows."""
        pages = [page.result() for page in self._pages]
        total = pages[0].total
        if total is None or pages[0].pages is None:
            raise IncompleteError(
                "GitLab does not say how many rows the list has (X-Total); a proxy may have "
                "dropped it"
            )
        if pages[0].pages > MOST_PAGES:
            raise IncompleteError(f"there are more than the {SIZE * MOST_PAGES} rows that are read")
        rows = [row for page in pages for row in page.rows.each()]
        different = len({row["id"].numeric_identifier() for row in rows})
        agreed = all(page.total == total for page in pages) and not pages[-1].has_next
        if not agreed or not len(rows) == different == total:
            raise IncompleteError(f"GitLab says {total} rows and shows {different}")
        self._check_still(pages[:-1])
        return tuple(rows)

    def _ask(self, pool: ThreadPoolExecutor, number: int) -> None:
        self._pages.append(pool.submit(self._client.page, self.path, self._of_page(number)))

    def _check_still(self, pages: list[Page]) -> None:
        for number, before in enumerate(pages, 1):
            now = self._client.page(self.path, self._of_page(number))
            if _ids(now) != _ids(before):
                raise IncompleteError("the list changed while it was read")

    def _of_page(self, number: int) -> Params:
        return {**self._params, "per_page": SIZE, "page": number}


def _ids(page: Page) -> list[str]:
    return [row["id"].numeric_identifier() for row in page.rows.each()]
