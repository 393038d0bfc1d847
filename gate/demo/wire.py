"""What passes between a simulator and its server: requests, replies, and the log of both."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    ``path`` is percent-decoded and without query, ``target`` as it was sent. Header names are lower
    case; a query parameter sent twice keeps its last value.
    """

    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Self:
        """A request from its parts on the wire."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(method, target, unquote(parts.path), query, headers, body)

    def number(self, name: str, default: int, *, most: int) -> int:
        """A query parameter as a whole number up to ``most``; ``default`` where it is none."""
        text = self.query.get(name, "")
        return min(int(text), most) if re.fullmatch(r"[0-9]{1,9}", text) else default


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: ``body`` is sent as JSON, bytes as they are, None as nothing at all."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"

    def payload(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Logged:
    """One request in the log.

    ``began`` and ``ended`` count the events of this server: of two requests, B can have waited for
    A only if ``A.ended < B.began``. ``status`` is 0 where no answer was given. ``authorised`` says
    whether credentials were sent, ``agent`` is the User-Agent; ``target`` and ``body`` are as they
    were sent.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int
    began: int
    ended: int
    authorised: bool
    agent: str
    target: str = ""
    body: bytes = b""
