"""The line to one service: where it is, and the session that asks it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import requests.auth

from gate.config.grammar import is_loopback
from gate.config.types import NetworkSettings
from gate.errors import UsageError
from gate.http.budget import Budget
from gate.http.reply import parse_json
from gate.http.session import SAFE, PolicySession, Request, World, utc_now
from gate.model import ClockReading


class Wire:
    """A service at ``base_url``, asked by the policy of this package.

    ``service`` is its name in messages ("jira"); ``auth`` sets the credentials on each request
    (None: none are sent). ``ca`` goes before ``network.ca``, and both before certifi's.
    ``sleep`` (None: the budget's), ``now`` and ``jitter`` (0.0 to 1.0) stand for the world;
    ``repeatable`` is the session's. Raises UsageError for a base URL that is neither https nor
    loopback, and for a CA bundle that is not there.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        auth: requests.auth.AuthBase | None,
        network: NetworkSettings,
        budget: Budget,
        ca: str = "",
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = random.random,
        repeatable: frozenset[str] = SAFE,
    ) -> None:
        base = _checked(service, base_url)
        bundle = ca or network.ca
        if bundle and not Path(bundle).exists():
            raise UsageError(
                f"the CA bundle for {service} does not exist: {bundle}",
                remedy="correct the path of ca in gate.toml",
            )
        self.service = service
        self.base_url = base_url.rstrip("/")
        self.budget = budget
        self.session = PolicySession(
            service,
            base,
            auth=auth,
            ca=bundle,
            budget=budget,
            world=World(sleep=sleep or budget.sleep, now=now, jitter=jitter),
            repeatable=repeatable,
        )

    def url(self, path: str) -> str:
        """The whole URL of ``path``, which starts with a slash."""
        return self.base_url + path

    def clocks(self) -> tuple[ClockReading, ...]:
        """The one reading, of all replies so far, that proves the most; empty before any."""
        readings = self.session.clocks
        if not readings:
            return ()
        return (max(readings, key=lambda reading: abs(reading.offset) - reading.uncertainty),)

    @property
    def trace(self) -> tuple[Request, ...]:
        """Each request that was sent, redirects and further tries included."""
        return self.session.trace

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()


def get_json(wire: Wire, path: str, params: Mapping[str, str | int] | None = None) -> Any:
    """The JSON document at ``path``; raises FetchError."""
    return parse_json(wire.session.get(wire.url(path), params=params).content)


def _checked(service: str, url: str) -> SplitResult:
    """The parsed base URL, if it may be asked with a secret in hand."""
    try:
        base = urlsplit(url)
        port_is_legible = base.port is None or base.port > 0
    except ValueError:
        base, port_is_legible = urlsplit(""), False
    if not base.hostname or not port_is_legible or base.query or base.fragment:
        raise UsageError(
            f"the URL of {service} is not one: https://host or https://host/path is wanted",
            remedy="correct it in gate.toml",
        )
    if base.username is not None or base.password is not None:
        raise UsageError(
            f"the URL of {service} holds credentials",
            remedy="take them out of gate.toml and set the environment variables instead",
        )
    if base.scheme != "https" and not (base.scheme == "http" and is_loopback(base.hostname)):
        raise UsageError(
            f"{service} would be asked over {base.scheme or 'no scheme'} at {base.hostname}; "
            "plain http is for loopback only",
            remedy="use https:// in gate.toml",
        )
    return base
