"""GitLab's paging: numbered pages, and by key where it is asked for.

Numbered pages tell the total in ``X-Total`` unless it is over 10,000 rows, or counting is dear (the
commits of a ref); then there is no "last" link either. Pages by key have but a "next" link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from gate.demo.wire import Reply, Request

T = TypeVar("T")
PER_PAGE = 20
MOST = 100
COUNTED = 10_000


def listed(
    request: Request,
    url: str,
    rows: Sequence[T],
    show: Callable[[T], object],
    *,
    most: int = MOST,
    counted: int = COUNTED,
) -> Reply:
    """The page asked for by ``page`` and ``per_page``; totals up to ``counted`` rows."""
    size = max(1, request.number("per_page", PER_PAGE, most=most))
    page = max(1, request.number("page", 1, most=10**6))
    last = max(1, -(-len(rows) // size))
    following = str(page + 1) if page < last else ""
    before = str(page - 1) if page > 1 else ""
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Next-Page": following,
        "X-Prev-Page": before,
    }
    targets = {"prev": before, "next": following, "first": "1"}
    if len(rows) <= counted:
        headers |= {"X-Total": str(len(rows)), "X-Total-Pages": str(last)}
        targets["last"] = str(last)
    links = [
        f'<{url}?{urlencode({**request.query, "page": n, "per_page": size})}>; rel="{rel}"'
        for rel, n in targets.items()
        if n
    ]
    shown = [show(row) for row in rows[(page - 1) * size : page * size]]
    return Reply(shown, headers=headers | {"Link": ", ".join(links)})


def by_key(
    request: Request,
    url: str,
    rows: Sequence[T],
    show: Callable[[T], object],
    key: Callable[[T], int],
    *,
    most: int = MOST,
) -> Reply:
    """The page behind the row whose id is ``cursor``, in the order of the rows."""
    size = max(1, request.number("per_page", PER_PAGE, most=most))
    cursor = request.number("cursor", 0, most=10**9)
    start = next((n + 1 for n, row in enumerate(rows) if key(row) == cursor), 0) if cursor else 0
    page = rows[start : start + size]
    headers = {}
    if start + size < len(rows):
        query = urlencode({**request.query, "cursor": key(page[-1])})
        headers["Link"] = f'<{url}?{query}>; rel="next"'
    return Reply([show(row) for row in page], headers=headers)
