"""Writing once: whatever replies are lost, it stands there once, or it is an error."""

from __future__ import annotations

from itertools import product
from typing import Literal, TypeAlias

import pytest

from gate.http import FetchError, write_once
from gate.http.failure import malformed, unavailable

Fate: TypeAlias = Literal["done", "lost", "reply lost", "refused", "odd reply"]
Sight: TypeAlias = Literal["true", "down"]
FATES: tuple[Fate, ...] = ("done", "lost", "reply lost", "refused", "odd reply")


class Place:
    """Somewhere to write to. ``fates`` are those of the writes, ``sights`` those of the looks."""

    def __init__(self, fates: tuple[Fate, ...], sights: tuple[Sight, ...] = ()) -> None:
        self.fates = list(fates)
        self.sights = list(sights)
        self.written = 0
        self.looks = 0

    def is_there(self) -> bool:
        self.looks += 1
        if self.sights and self.sights.pop(0) == "down":
            raise FetchError(unavailable("x", "GET /", "down"), status=503, transient=True)
        return self.written > 0

    def write(self) -> None:
        fate = self.fates.pop(0)
        self.written += fate in {"done", "reply lost", "odd reply"}
        if fate in {"lost", "reply lost"}:
            raise FetchError(unavailable("x", "POST /", fate), transient=True)
        if fate == "refused":
            raise FetchError(malformed("x", "POST /", fate), status=403)
        if fate == "odd reply":
            raise FetchError(malformed("x", "POST /", fate))


@pytest.mark.parametrize("fates", list(product(FATES, repeat=2)), ids="-".join)
def test_it_stands_there_once_or_is_an_error(fates: tuple[Fate, Fate]) -> None:
    place = Place(fates)
    try:
        assert write_once(place.is_there, place.write)
    except FetchError:
        assert place.written == 0
    assert place.written <= 1
    assert (place.written == 1) is ("refused" not in fates[:1] and fates not in LOST)


LOST = {("lost", "lost"), ("lost", "refused")}


def test_what_is_there_is_not_written_again() -> None:
    place = Place(("done",))
    assert write_once(place.is_there, place.write)
    assert not write_once(place.is_there, place.write)
    assert place.written == 1


def test_a_refusal_is_not_tried_again() -> None:
    place = Place(("refused", "done"))
    with pytest.raises(FetchError, match="refused"):
        write_once(place.is_there, place.write)
    assert (place.written, place.looks) == (0, 1)


@pytest.mark.parametrize("fate", ["lost", "reply lost"])
def test_where_it_cannot_be_told_it_is_not_written_again(fate: Fate) -> None:
    place = Place((fate, "done"), ("true", "down"))
    with pytest.raises(FetchError, match=fate):
        write_once(place.is_there, place.write)
    assert place.fates == ["done"]


def test_where_it_cannot_be_told_before_it_is_not_written() -> None:
    place = Place(("done",), ("down",))
    with pytest.raises(FetchError, match="down"):
        write_once(place.is_there, place.write)
    assert place.written == 0
