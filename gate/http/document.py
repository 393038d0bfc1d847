"""A strict look at a JSON reply: each field is there and of its type, or it is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gate.model import COMMIT_ID

_LONGEST_NUMBER = 20  # digits; beyond it is nobody's counter
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ShapeError(ValueError):
    """A field that is missing, null or of the wrong type; its text names it and what was wanted."""


class Document:
    """One value of a JSON document and its place in it. Each method raises ShapeError."""

    def __init__(self, value: Any, place: str = "") -> None:
        self.value = value
        self.place = place

    def __getitem__(self, name: str) -> Document:
        """The member ``name`` of an object, which must be there and not null."""
        member = self.find(name)
        if member is None:
            raise ShapeError(f"{self._below(name)} is missing or null")
        return member

    def find(self, name: str) -> Document | None:
        """The member ``name`` of an object; None where it is absent or null."""
        value = self.object().get(name)
        return None if value is None else Document(value, self._below(name))

    def has(self, name: str) -> bool:
        """Whether the object has the member, null or not."""
        return name in self.object()

    def object(self) -> Mapping[str, Any]:
        """The members of an object."""
        if not isinstance(self.value, dict):
            raise self._error("an object")
        return self.value

    def each(self) -> tuple[Document, ...]:
        """The items of an array."""
        if not isinstance(self.value, list):
            raise self._error("an array")
        return tuple(
            Document(value, f"{self.place}[{index}]") for index, value in enumerate(self.value)
        )

    def string(self) -> str:
        """A string, which may be empty."""
        if not isinstance(self.value, str):
            raise self._error("a string")
        try:
            self.value.encode()
        except UnicodeEncodeError:  # JSON can spell half of a surrogate pair
            raise self._error("valid Unicode") from None
        return self.value

    def text(self) -> str:
        """A string that is not empty."""
        if not self.string():
            raise self._error("a string with something in it")
        return self.string()

    def identifier(self) -> str:
        """A non-empty string, or an integer as one: services write their ids either way."""
        return str(self.value) if type(self.value) is int else self.text()

    def numeric_identifier(self) -> str:
        """An identifier that is a number, in ASCII digits: services promise that these grow."""
        found = self.identifier()
        if not (found.isascii() and found.isdecimal() and len(found) < _LONGEST_NUMBER):
            raise self._error("a number")
        return found

    def commit_id(self) -> str:
        """A full commit id of git."""
        if not COMMIT_ID.fullmatch(self.string()):
            raise self._error("a commit id")
        return self.string()

    def integer(self) -> int:
        """An integer that is not negative."""
        if type(self.value) is not int or self.value < 0:
            raise self._error("a number that counts")
        return self.value

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self._error("true or false")
        return self.value

    def time(self) -> datetime:
        """An ISO 8601 time with a zone, in UTC."""
        try:
            moment = datetime.fromisoformat(self.text())
            if moment.tzinfo is None:
                raise self._error("a time with a zone")
            return moment.astimezone(UTC)
        except ShapeError:
            raise
        except (ValueError, OverflowError):
            raise self._error("a time") from None

    def epoch_milliseconds(self) -> datetime:
        """Milliseconds since 1970 as a time in UTC."""
        try:
            return _EPOCH + timedelta(milliseconds=self.integer())
        except OverflowError:
            raise self._error("a time") from None

    def _below(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _error(self, wanted: str) -> ShapeError:
        return ShapeError(f"{self.place or 'the reply'} is not {wanted}")
