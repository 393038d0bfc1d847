"""``gate.frozen.dataclass`` does what the original does, and refuses what it does not."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from gate.frozen import dataclass as ours


def declare(decorator: Any) -> Any:
    """The same class by either decorator."""

    @decorator(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        tags: tuple[str, ...] = dataclasses.field(default_factory=lambda: ("new",))
        ORIGIN: ClassVar[str] = "here"

        @property
        def sum(self) -> int:
            return self.x + self.y

    return Point


Ours, Original = declare(ours), declare(dataclasses.dataclass)
GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, 5), {}),
    ((1, 5, ("a",)), {}),
    ((), {"x": 1}),
    ((1,), {"tags": ()}),
    ((), {"tags": ("t",), "y": 0, "x": -1}),
]
REFUSED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((), {"y": 1}),
    ((1, 2, (), 4), {}),
    ((1,), {"x": 1}),
    ((1,), {"z": 1}),
    ((1,), {"ORIGIN": "there"}),
]


@pytest.mark.parametrize(("values", "named"), GIVEN)
def test_is_made_shown_and_compared_as_the_original(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    made, other = Ours(*values, **named), Original(*values, **named)
    assert dataclasses.astuple(made) == dataclasses.astuple(other)
    assert dataclasses.asdict(made) == dataclasses.asdict(other)
    assert repr(made) == repr(other)
    assert hash(made) == hash(other)
    assert made == Ours(*values, **named)
    assert made != Ours(99)
    assert made != other
    assert made != dataclasses.astuple(made)
    assert made.sum == other.sum


@pytest.mark.parametrize(("values", "named"), REFUSED)
def test_refuses_the_arguments_that_the_original_refuses(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    for kind in (Ours, Original):
        with pytest.raises(TypeError):
            kind(*values, **named)


def test_never_changes_and_has_no_room_for_more() -> None:
    made = Ours(1)
    for name in ("x", "z"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.x
    assert not hasattr(made, "__dict__")
    assert Ours.__slots__ == Original.__slots__
    assert made.x == 1


def test_is_a_dataclass_to_the_standard_library() -> None:
    made = Ours(1, 2, ("t",))
    assert [f.name for f in dataclasses.fields(Ours)] == ["x", "y", "tags"]
    assert dataclasses.replace(made, y=7) == Ours(1, 7, ("t",))
    with pytest.raises(TypeError):
        dataclasses.replace(made, z=1)
    assert Ours.__match_args__ == Original.__match_args__
    assert copy.copy(made) == made
    assert copy.deepcopy(made) == made


@ours(frozen=True, slots=True)
class Checked:
    """At the top of a module, as pickle wants it; with methods of its own."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative")

    def __repr__(self) -> str:
        return "hidden"


def test_pickles_checks_itself_and_keeps_its_own_methods() -> None:
    assert pickle.loads(pickle.dumps(Checked(3))) == Checked(3)  # noqa: S301 -- our own bytes
    assert repr(Checked(3)) == "hidden"
    with pytest.raises(ValueError, match="negative"):
        Checked(-1)


def test_a_hash_needs_hashable_fields_as_in_the_original() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours([]))


@pytest.mark.parametrize("options", [{"frozen": False, "slots": True}, {"frozen": True}])
def test_refuses_other_options(options: dict[str, bool]) -> None:
    with pytest.raises(TypeError):
        ours(**options)


@pytest.mark.parametrize("option", ["init", "repr", "compare"])
def test_refuses_fields_that_are_kept_out_of_something(option: str) -> None:
    kept_out: Any = {option: False}

    class Odd:
        x: int = dataclasses.field(default=1, **kept_out)

    with pytest.raises(TypeError, match=r"Odd\.x"):
        ours(frozen=True, slots=True)(Odd)


def test_annotations_stay_as_they_were_written() -> None:
    @ours(frozen=True, slots=True)
    class Bare:
        x: int
        ORIGIN: ClassVar[str] = "here"

    assert [(field.name, field.type) for field in dataclasses.fields(Bare)] == [("x", "int")]
    assert Bare.__annotations__ == {"x": "int", "ORIGIN": "ClassVar[str]"}
    assert Bare.__doc__ == "Bare"


def test_a_class_that_follows_another_has_its_fields_first() -> None:
    @ours(frozen=True, slots=True)
    class Link:
        x: int

    @ours(frozen=True, slots=True)
    class Row(Link):
        y: str = ""

    assert [(field.name, field.type) for field in dataclasses.fields(Row)] == [
        ("x", "int"),
        ("y", "str"),
    ]
    assert Row(1, "a") == Row(x=1, y="a")
    assert Row(1) != Link(1)
