from __future__ import annotations

import threading

from gate.forges.talk import (
    BUNDLE,
    ROUNDS,
    Answer,
    Ask,
    Flow,
    Reply,
    Talk,
    all_of,
    converse,
    every_page,
    path,
    side_by_side,
)
from gate.http.document import Document
from gate.model import Maybe, Problem, ProblemKind

DOWN = Problem(ProblemKind.UNAVAILABLE, "github", "GET /", "down", "wait")


class Server:
    """Answers by path, and counts rounds and requests."""

    def __init__(self, pages: dict[str, Answer] | None = None) -> None:
        self.pages = pages or {}
        self.asked: list[Ask] = []
        self._lock = threading.Lock()

    def get(self, ask: Ask) -> Answer:
        with self._lock:
            self.asked.append(ask)
        return self.pages.get(ask.path + dict(ask.params).get("page", ""), Reply(ask.path, {}))


def chain(talk: Talk, length: int) -> Flow[list[Answer]]:
    found: list[Answer] = []
    for number in range(length):
        found += yield from talk.ask(Ask(f"/{number}"))
    return found


def test_no_chain_is_longer_than_the_rounds() -> None:
    server, talk = Server(), Talk()
    found = converse(chain(talk, 10), talk, server.get)
    assert len(server.asked) == ROUNDS
    assert all(isinstance(answer, Reply) for answer in found[:ROUNDS])
    assert all(isinstance(answer, Problem) for answer in found[ROUNDS:])
    assert {a.kind for a in found if isinstance(a, Problem)} == {ProblemKind.INCOMPLETE}


def test_flows_share_rounds_and_answers() -> None:
    server, talk = Server(), Talk()
    flow = side_by_side(chain(talk, 3), all_of([chain(talk, 2), chain(talk, 4)]))
    three, (two, four) = converse(flow, talk, server.get)
    assert [len(three), len(two), len(four)] == [3, 2, 4]
    assert sorted(ask.path for ask in server.asked) == ["/0", "/1", "/2", "/3"]


def test_what_is_asked_together_goes_out_as_one_request() -> None:
    server, talk = Server(), Talk()
    sent: list[int] = []

    def get_bundle(asks: tuple[Ask, ...]) -> tuple[Answer, ...]:
        assert len({ask.bundle for ask in asks}) == 1
        sent.append(len(asks))
        return tuple(Reply(ask.params, {}) for ask in asks)

    several = [Ask("/q", (("n", str(n)),), bundle="shop") for n in range(BUNDLE + 3)]
    other = Ask("/q", (("n", "0"),), bundle="fork")
    flow = talk.ask(*several, other, Ask("/alone"), several[0])
    found = converse(flow, talk, server.get, get_bundle=get_bundle)
    assert sorted(sent) == [1, 3, BUNDLE]
    assert [a.data for a in found[:-2] if isinstance(a, Reply)] == [
        ask.params for ask in (*several, other)
    ]
    assert [ask.path for ask in server.asked] == ["/alone"]
    assert Ask("/q", bundle="shop").label == "POST /q"


def test_nothing_to_run_needs_no_round() -> None:
    server, talk = Server(), Talk()
    nothing: list[Flow[int]] = []
    assert converse(all_of(nothing), talk, server.get) == []
    assert server.asked == []


def listed(pages: dict[str, Answer]) -> tuple[Maybe[tuple[int, ...]], int]:
    server, talk = Server(pages), Talk()
    return converse(every_page(talk, Ask("/list"), Document.integer), talk, server.get), len(
        server.asked
    )


def links(**pages: int) -> dict[str, tuple[tuple[str, str], ...]]:
    return {rel: (("per_page", "100"), ("page", str(page))) for rel, page in pages.items()}


def test_a_list_of_one_page() -> None:
    assert listed({"/list1": Reply([1, 2], {})}) == ((1, 2), 1)
    assert listed({"/list1": Reply([], {})}) == ((), 1)


def test_a_list_of_several_pages_takes_two_rounds() -> None:
    pages: dict[str, Answer] = {
        "/list1": Reply([1], links(next=2, last=3)),
        "/list2": Reply([2], links(next=3, last=3)),
        "/list3": Reply([3], links(prev=2)),
    }
    assert listed(pages) == ((1, 2, 3), 3)


def test_lists_that_are_not_provably_whole() -> None:
    grown = {
        "/list1": Reply([1], links(next=2, last=2)),
        "/list2": Reply([2], links(next=3)),
    }
    for pages in (
        {"/list1": Reply([1], links(next=2))},
        {"/list1": Reply([1], links(next=2, last=10**5))},
        {"/list1": Reply([1], {"next": (("page", "2"),), "last": (("page", "x"),)})},
        grown,
    ):
        found, _ = listed(dict(pages))
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.INCOMPLETE
        assert found.remedy.startswith("run again")


def test_a_full_page_without_links_is_not_believed_to_be_the_last() -> None:
    full = Reply(list(range(100)), {})
    assert listed({"/list1": full, "/list2": Reply([], {})}) == (tuple(range(100)), 2)
    found, _ = listed({"/list1": full, "/list2": Reply([100], {})})
    assert found == tuple(range(101))


def test_a_page_that_fails_fails_the_list() -> None:
    more = Reply([1], links(next=2, last=2))
    assert listed({"/list1": DOWN})[0] is DOWN
    assert listed({"/list1": more, "/list2": DOWN})[0] is DOWN
    for data in ({"message": "no"}, None, "x"):
        found, _ = listed({"/list1": more, "/list2": Reply(data, {})})
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.MALFORMED


def test_paths_are_encoded() -> None:
    assert path("repos", "acme/shop", "git", "a b?c#d%") == "/repos/acme/shop/git/a%20b%3Fc%23d%25"
    assert Ask("/x").but(a="1").but(a="2", b="3").params == (("a", "2"), ("b", "3"))
    assert len(Ask("/" + "x" * 500).label) == 200
