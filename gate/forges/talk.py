"""Asking in rounds: what is asked one after the other is bounded by construction.

A *flow* is a generator that yields the requests it needs now and is sent their answers. Flows run
side by side in lock step: each round sends the requests of all of them together. ``converse``
drives one flow to its end, and after ``ROUNDS`` rounds answers whatever is still asked with a
Problem, so that no list, however long, makes a chain of requests longer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar, cast, overload
from urllib.parse import quote

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.http.failure import credentials_of
from gate.model import Maybe, Problem, ProblemKind

ROUNDS = 4
AT_ONCE = 32  # connections side by side; the session keeps as many open
PAGE = 100  # rows, the most that GitHub and GitLab give
BUNDLE = 100  # questions in one request
MOST_PAGES = 30
RUN_AGAIN = "run again; if it stays, report it as a bug"
AGAIN = "run again"  # for what may have changed while it was read

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

Params: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Host:
    """Which forge is asked, as messages call it and what it calls a pull request."""

    service: str
    title: str
    pull: str


GITHUB = Host("github", "GitHub", "pull request")
GITLAB = Host("gitlab", "GitLab", "merge request")


@dataclass(frozen=True, slots=True)
class Ask:
    """A GET: a path below the API's base URL, percent-encoded, and its query.

    With a ``bundle`` it is part of one: what is asked in one round under the same name goes out
    together, as a POST of as many as ``BUNDLE``.
    """

    path: str
    params: Params = ()
    host: Host = GITHUB
    bundle: str = ""

    @property
    def label(self) -> str:
        """How messages call it; never the query."""
        return f"{'POST' if self.bundle else 'GET'} {self.path}"[:200]

    def but(self, **params: str) -> Ask:
        """The same with parameters added or replaced."""
        return replace(self, params=tuple({**dict(self.params), **params}.items()))


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON document of a reply, and the query of each page that its headers name.

    ``total``: how many rows the whole list has, None where the forge does not say.
    """

    data: Any
    links: Mapping[str, Params]
    total: int | None = None


Answer: TypeAlias = Maybe[Reply]
Flow: TypeAlias = Generator[tuple[Ask, ...], None, T]


class Talk:
    """What was asked so far and answered. A request is sent once, however many flows want it."""

    def __init__(self, host: Host = GITHUB) -> None:
        self.host = host
        self.known: dict[Ask, Answer] = {}

    def ask(self, *asks: Ask) -> Flow[tuple[Answer, ...]]:
        """The answers to ``asks``, sent together; no round is spent if all are known."""
        missing = tuple(dict.fromkeys(ask for ask in asks if ask not in self.known))
        if missing:
            yield missing
        return tuple(self.known[ask] for ask in asks)

    def one(self, ask: Ask, parse: Callable[[Document], T]) -> Flow[Maybe[T]]:
        """A single document, parsed."""
        (answer,) = yield from self.ask(ask)
        return read(ask, answer, parse)


def read(ask: Ask, answer: Answer, parse: Callable[[Document], T]) -> Maybe[T]:
    """The parsed answer; a reply of another shape than documented is a Problem."""
    if isinstance(answer, Problem):
        return answer
    try:
        return parse(Document(answer.data))
    except ShapeError as error:
        return Problem(
            ProblemKind.MALFORMED,
            ask.host.service,
            ask.label,
            f"the reply is not what {ask.host.title} documents: {error}",
            f"check that forges.{ask.host.service}.url is {ask.host.title}, of a supported version,"
            " and no proxy answers",
        )


def incomplete(ask: Ask, cause: str, remedy: str = RUN_AGAIN) -> Problem:
    """A list that is not provably whole.

    The default remedy is for what the forge does not document: there is no better one to tell.
    ``AGAIN`` does not help where rows are hidden from gate's account, so that is said with it.
    """
    if remedy == AGAIN:
        who = credentials_of(ask.host.service)
        remedy = f"{AGAIN}; if it stays so, check that the account behind {who} may see all of it"
    return Problem(ProblemKind.INCOMPLETE, ask.host.service, ask.label, cause, remedy)


def done(value: T) -> Flow[T]:
    """A flow that asks nothing."""
    yield from ()
    return value


def path(*parts: str | int) -> str:
    """A path of literal parts, each percent-encoded but for its slashes."""
    return "/" + "/".join(quote(str(part), safe="/") for part in parts)


@overload
def side_by_side(one: Flow[A], two: Flow[B], /) -> Flow[tuple[A, B]]: ...
@overload
def side_by_side(one: Flow[A], two: Flow[B], three: Flow[C], /) -> Flow[tuple[A, B, C]]: ...
def side_by_side(*flows: Flow[Any]) -> Flow[tuple[Any, ...]]:
    """Run different flows in lock step; their results in order."""
    results = yield from all_of(flows)
    return tuple(results)


def all_of(flows: Sequence[Flow[T]]) -> Flow[list[T]]:
    """Run flows of one kind in lock step; their results in order."""
    results: dict[int, T] = {}
    live = dict(enumerate(flows))
    while live:
        wanted: list[Ask] = []
        for number, flow in list(live.items()):
            try:
                wanted.extend(next(flow))
            except StopIteration as end:
                results[number] = cast("T", end.value)
                del live[number]
        if live:
            yield tuple(dict.fromkeys(wanted))
    return [results[number] for number in range(len(flows))]


def converse(
    flow: Flow[T],
    talk: Talk,
    get: Callable[[Ask], Answer],
    rounds: int = ROUNDS,
    get_bundle: Callable[[tuple[Ask, ...]], tuple[Answer, ...]] | None = None,
) -> T:
    """Drive ``flow``: each round's requests are sent side by side.

    ``get`` sends one, ``get_bundle`` what is asked together; neither ever raises.
    """

    def send(asks: tuple[Ask, ...]) -> tuple[Answer, ...]:
        return get_bundle(asks) if get_bundle and asks[0].bundle else tuple(map(get, asks))

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="forge") as pool:
        while True:
            try:
                asks = tuple(ask for ask in next(flow) if ask not in talk.known)
            except StopIteration as end:
                return cast("T", end.value)
            if asks and rounds <= 0:
                talk.known.update((ask, _too_long(ask)) for ask in asks)
            elif asks:
                rounds -= 1
                requests = _requests(asks)
                for sent, answers in zip(requests, pool.map(send, requests), strict=True):
                    talk.known.update(zip(sent, answers, strict=True))


def _requests(asks: tuple[Ask, ...]) -> list[tuple[Ask, ...]]:
    """What goes out as one request each, in order."""
    bundles: dict[str, list[Ask]] = {}
    for ask in asks:
        bundles.setdefault(ask.bundle, []).append(ask)
    alone = [(ask,) for ask in bundles.pop("", [])]
    together = [
        tuple(bundle[start : start + BUNDLE])
        for bundle in bundles.values()
        for start in range(0, len(bundle), BUNDLE)
    ]
    return [*together, *alone]


def _too_long(ask: Ask) -> Problem:
    return incomplete(
        ask,
        f"it would take more than {ROUNDS} requests one after the other",
        "deploy smaller ranges, or close branches and pull requests that are no longer used",
    )


def first_page(ask: Ask) -> Ask:
    """The first request of ``every_page``."""
    return ask.but(per_page=str(PAGE), page="1")


def every_page(talk: Talk, ask: Ask, parse: Callable[[Document], T]) -> Flow[Maybe[tuple[T, ...]]]:
    """All rows of a list with numbered pages, provably: the last page named is the last there is.

    Without Link header a full page may have lost it on the way, so the next one is asked for.
    """

    def parse_page(page: Document) -> tuple[T, ...]:
        return tuple(parse(row) for row in page.each())

    first_ask = first_page(ask)
    (first,) = yield from talk.ask(first_ask)
    page = read(first_ask, first, parse_page)
    if isinstance(first, Problem) or isinstance(page, Problem):
        return page
    last = _last_page(first, len(page))
    if last is None or last > MOST_PAGES:
        return incomplete(ask, "the list has too many pages, or does not say how many")
    asks = [ask.but(per_page=str(PAGE), page=str(n)) for n in range(2, last + 1)]
    answers = yield from talk.ask(*asks)
    found = list(page)
    for later_ask, answer in zip(asks, answers, strict=True):
        later = read(later_ask, answer, parse_page)
        if isinstance(later, Problem):
            return later
        found.extend(later)
    if answers and isinstance(answers[-1], Reply) and "next" in answers[-1].links:
        return incomplete(ask, "the list grew while it was read", "run again")
    return tuple(found)


def _last_page(first: Reply, count: int) -> int | None:
    if "next" not in first.links:
        return 1 if count < PAGE else 2
    number = dict(first.links.get("last", ())).get("page", "")
    return int(number) if number.isdecimal() and len(number) < 6 else None
