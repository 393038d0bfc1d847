"""GitHub's paging: numbered pages or cursors, both announced in the Link header (RFC 8288)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from gate.demo.wire import Reply, Request

T = TypeVar("T")
PER_PAGE = 30
MOST = 100


def numbered(
    request: Request,
    url: str,
    rows: Sequence[T],
    show: Callable[[T], object],
    *,
    most: int = MOST,
    default: int = PER_PAGE,
) -> tuple[list[object], dict[str, str]]:
    """The page asked for by ``page`` and ``per_page``, and its headers."""
    size = max(1, request.number("per_page", default, most=most))
    page = max(1, request.number("page", 1, most=10**6))
    last = max(1, -(-len(rows) // size))
    targets: dict[str, int] = {"prev": page - 1} if page > 1 else {}
    if page < last:
        targets |= {"next": page + 1, "last": last}
    if page > 1:
        targets |= {"first": 1}
    links = [
        f'<{url}?{urlencode({**request.query, "page": number})}>; rel="{rel}"'
        for rel, number in targets.items()
    ]
    shown = [show(row) for row in rows[(page - 1) * size : page * size]]
    return shown, {"Link": ", ".join(links)} if links else {}


def listed(
    request: Request, url: str, rows: Sequence[T], show: Callable[[T], object], *, most: int = MOST
) -> Reply:
    """A reply that is one page of a list."""
    shown, headers = numbered(request, url, rows, show, most=most)
    return Reply(shown, headers=headers)


def by_cursor(
    request: Request, url: str, rows: Sequence[T], show: Callable[[T], object], *, most: int = MOST
) -> Reply:
    """A page after (or before) an opaque cursor."""
    size = max(1, request.number("per_page", PER_PAGE, most=most))
    start = 0
    if "after" in request.query:
        start = _position(request.query["after"])
    elif "before" in request.query:
        start = max(0, _position(request.query["before"]) - size)
    kept = {k: v for k, v in request.query.items() if k not in {"after", "before"}}
    links = []
    if start + size < len(rows):
        query = urlencode({**kept, "after": _cursor(start + size)})
        links.append(f'<{url}?{query}>; rel="next"')
    if start:
        query = urlencode({**kept, "before": _cursor(start)})
        links.append(f'<{url}?{query}>; rel="prev"')
    shown = [show(row) for row in rows[start : start + size]]
    return Reply(shown, headers={"Link": ", ".join(links)} if links else {})


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: str) -> int:
    text = base64.urlsafe_b64decode(cursor.encode()).decode(errors="replace")
    found = re.fullmatch(r"cursor:([0-9]{1,9})", text)
    return int(found[1]) if found else 0
