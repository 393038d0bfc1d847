"""``@dataclass(frozen=True, slots=True)``, made in a tenth of the time.

Python compiles six methods for each frozen dataclass when its module is imported, up to 3.12 one at
a time, and gate's words are some hundred such classes: a quarter of the time that a command may
take. Here the methods are the same functions for every class, and read its fields when they run.
An instance takes a few microseconds longer to make.

For type checkers this *is* ``dataclasses.dataclass``, and for ``dataclasses.fields``, ``replace``,
``asdict`` and ``match`` a class made by it is a dataclass. Options other than these two, and fields
kept out of ``__init__``, comparison or representation, are refused: use the original for them.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

_set = object.__setattr__


class _Methods:
    """What every class gets; never made itself."""

    __match_args__: tuple[str, ...]
    __dataclass_fields__: dict[str, dataclasses.Field[Any]]

    def __init__(self, *values: Any, **named: Any) -> None:
        names, kind = self.__match_args__, type(self).__qualname__
        if len(values) > len(names):
            raise TypeError(f"{kind} takes {len(names)} arguments, not {len(values)}")
        for name, value in zip(names, values, strict=False):
            if name in named:
                raise TypeError(f"{kind}: {name} is given twice")
            _set(self, name, value)
        for name in names[len(values) :]:
            if name in named:
                _set(self, name, named.pop(name))
            else:
                _set(self, name, _default(self.__dataclass_fields__[name], kind))
        if named:
            raise TypeError(f"{kind} has no {', '.join(named)}")
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def __repr__(self) -> str:
        pairs = zip(self.__match_args__, _values(self), strict=True)
        shown = ", ".join(f"{name}={value!r}" for name, value in pairs)
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """As copied and pickled: made anew."""
        return type(self), _values(self)


_SHARED = {name: made for name, made in vars(_Methods).items() if callable(made)}


def _default(field: dataclasses.Field[Any], kind: str) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f"{kind} needs {field.name}")


def _values(value: Any) -> tuple[Any, ...]:
    return tuple([getattr(value, name) for name in value.__match_args__])


def _make(cls: type) -> Any:
    # The standard library would write a text for a class that has none, and look three times into
    # each annotation for what it may be beside a field's: that is half of its time.
    told = inspect.get_annotations(cls)
    cls.__annotations__ = {n: one if "ClassVar" in str(one) else object for n, one in told.items()}
    cls.__doc__ = cls.__doc__ or cls.__name__
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    made.__annotations__ = told
    for field in dataclasses.fields(made):
        field.type = told.get(field.name, field.type)
        if not (field.init and field.compare and field.repr) or field.kw_only:
            raise TypeError(f"{cls.__name__}.{field.name}: use dataclasses.dataclass for it")
    for name, method in _SHARED.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Any:
        """A frozen dataclass with slots."""
        if not (frozen and slots):
            raise TypeError("only for frozen=True, slots=True: use dataclasses.dataclass")
        return _make
