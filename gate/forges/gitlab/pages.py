"""Lists with numbered pages, provably whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gate.forges.talk import PAGE, Answer, Ask, Flow, Reply, Talk, incomplete, read
from gate.http.document import Document
from gate.model import Maybe, Problem

MOST_PAGES = 100  # GitLab counts no further
WAVES = ((1,), tuple(range(2, 11)), tuple(range(11, 41)))  # of a list that says nothing of its end

T = TypeVar("T")


def page_of(ask: Ask, number: int) -> Ask:
    """One page of a list."""
    return ask.but(per_page=str(PAGE), page=str(number))


def every_page(talk: Talk, ask: Ask, parse: Callable[[Document], T]) -> Flow[Maybe[tuple[T, ...]]]:
    """All rows, as many as GitLab says there are and none of them twice."""
    first_ask = page_of(ask, 1)
    (first,) = yield from talk.ask(first_ask)
    if isinstance(first, Problem):
        return first
    last = int(dict(first.links.get("last", ())).get("page", "0"))
    if first.total is None or last > MOST_PAGES:
        cause = "GitLab does not say how many rows the list has, or there are too many to read"
        return incomplete(ask, cause, "run again; a proxy may have dropped X-Total")
    asks = [first_ask, *(page_of(ask, number) for number in range(2, last + 1))]
    answers = yield from talk.ask(*asks)
    return whole(ask, list(zip(asks, answers, strict=True)), first.total, parse)


def whole(
    ask: Ask, pages: list[tuple[Ask, Answer]], total: int, parse: Callable[[Document], T]
) -> Maybe[tuple[T, ...]]:
    """The rows of all pages, held against their number."""
    found: list[T] = []
    seen: set[str] = set()
    for page_ask, answer in pages:
        rows = read(page_ask, answer, lambda page: [(repr(r.value), parse(r)) for r in page.each()])
        if isinstance(rows, Problem):
            return rows
        found.extend(row for _, row in rows)
        seen.update(text for text, _ in rows)
    if len(found) != total or len(seen) != total:
        cause = f"GitLab says {total} rows and lists {len(seen)}"
        return incomplete(ask, cause, "run again; the list may have changed while it was read")
    return tuple(found)


def has_next(answer: Answer) -> bool:
    """Whether another page follows."""
    return isinstance(answer, Reply) and "next" in answer.links
