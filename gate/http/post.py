"""Posting bytes to addresses that are given one by one, for protocols that are not JSON."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import datetime

from gate.config.types import NetworkSettings
from gate.frozen import dataclass
from gate.http.budget import Budget
from gate.http.failure import FetchError
from gate.http.session import SAFE, utc_now
from gate.http.wire import Wire

_NO_ANSWER = frozenset({401, 407, 429})  # of a proxy, a login or a limit: not of the protocol
_REPEATABLE = SAFE | {"POST"}


@dataclass(frozen=True, slots=True)
class Posted:
    """A reply that the service itself gave, an error reply too.

    ``media`` is the Content-Type in lower case without parameters, "" where there is none.
    """

    status: int
    media: str
    body: bytes


class Poster:
    """Posts to any base URL by the policy of this package, without credentials.

    Only for what a service takes twice without harm, as each request is tried like a GET. One
    connection is kept for each service and base URL; threads may share a ``Poster``. ``budget``
    bounds all that it posts together; without one, the settings' begins with the first post.
    """

    def __init__(
        self,
        network: NetworkSettings | None = None,
        budget: Budget | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._network = network or NetworkSettings()
        self._budget = budget
        self._sleep, self._now, self._jitter = sleep, now, jitter
        self._wires: dict[tuple[str, str], Wire] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str, base_url: str, path: str, body: bytes) -> Posted:
        """Post ``body`` to ``path`` (with its slash) below ``base_url``.

        A 2xx or 4xx reply is returned. Raises ``FetchError`` where none came that the service can
        have meant, ``UsageError`` for a base URL that may not be asked.
        """
        wire = self._wire(service, base_url)
        headers = {"Accept": "*/*", "Content-Type": "application/octet-stream"}
        try:
            response = wire.session.post(wire.url(path), data=body, headers=headers)
        except FetchError as error:
            if (
                error.status is None
                or not 400 <= error.status < 500
                or error.status in _NO_ANSWER
                or error.transient
            ):
                raise
            return Posted(error.status, _media(error.headers.get("Content-Type")), error.content)
        return Posted(
            response.status_code, _media(response.headers.get("Content-Type")), response.content
        )

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            for wire in self._wires.values():
                wire.close()
            self._wires.clear()

    def _wire(self, service: str, base_url: str) -> Wire:
        with self._lock:
            if self._budget is None:
                self._budget = Budget(self._network.budget)
            if (service, base_url) not in self._wires:
                self._wires[service, base_url] = Wire(
                    service,
                    base_url,
                    auth=None,
                    network=self._network,
                    budget=self._budget,
                    sleep=self._sleep,
                    now=self._now,
                    jitter=self._jitter,
                    repeatable=_REPEATABLE,
                )
            return self._wires[service, base_url]


def _media(content_type: str | None) -> str:
    return (content_type or "").split(";")[0].strip().lower()
