"""Reading a reply: its bounded body, its JSON, and what its headers say about time."""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from gate.http.failure import FetchError, malformed
from gate.model import ClockReading

MAX_BODY = 10_000_000  # bytes, after decompression
_CHUNK = 65_536
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def read_body(service: str, request: str, response: requests.Response) -> bytes:
    """The body, or a ``FetchError`` as soon as it is seen to exceed ``MAX_BODY``."""
    declared = response.headers.get("Content-Length", "")
    too_big = malformed(service, request, f"the reply is larger than {MAX_BODY // 10**6} MB")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        response.close()
        raise FetchError(too_big, status=response.status_code)
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_BODY:
            response.close()
            raise FetchError(too_big, status=response.status_code)
    return bytes(body)


def check_json(service: str, request: str, response: requests.Response) -> None:
    """Refuse a successful reply that is not one JSON document, each way with its own words."""
    status = response.status_code
    media = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not response.content.strip():
        raise FetchError(malformed(service, request, "the reply is empty"), status=status)
    if "html" in media:
        cause = "the reply is an HTML page, not JSON: a login page, or of an instance that sleeps"
        raise FetchError(malformed(service, request, cause), status=status)
    if media != "application/json" and not media.endswith("+json"):
        cause = "the reply does not say that it is JSON (Content-Type)"
        raise FetchError(malformed(service, request, cause), status=status)
    try:
        parse_json(response.content)
    except (ValueError, RecursionError):
        cause = "the reply is not well-formed JSON; it may have been cut short"
        raise FetchError(malformed(service, request, cause), status=status) from None


def parse_json(body: bytes) -> Any:
    """One JSON document of RFC 8259: no NaN, no Infinity."""
    return json.loads(body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the service asks us to wait, None where it does not say so legibly.

    ``Retry-After`` as seconds or HTTP date; else ``X-RateLimit-Reset`` as Unix seconds (GitHub) or
    ISO 8601 (Jira Cloud), where nothing is left of the limit.
    """
    given = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(given):
        return float(given)
    if (moment := http_date(given)) is not None:
        return max(0.0, (moment - now).total_seconds())
    if headers.get("X-RateLimit-Remaining", "").strip() != "0":
        return None
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if _SECONDS.fullmatch(reset):
        return max(0.0, float(reset) - now.timestamp())
    try:
        moment = datetime.fromisoformat(reset)
    except ValueError:
        return None
    return max(0.0, (moment - now).total_seconds()) if moment.tzinfo else None


def http_date(text: str) -> datetime | None:
    """An HTTP date (RFC 9110 5.6.7) in UTC, or None."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clock_reading(
    service: str, headers: Mapping[str, str], sent: datetime, received: datetime
) -> ClockReading | None:
    """What the Date header says of our clock; None without one, or from a cache (``Age``).

    The service wrote its time cut to whole seconds somewhere between ``sent`` and ``received``, so
    the middle of what is possible is the offset, and half its width the uncertainty.
    """
    date = http_date(headers.get("Date", ""))
    if date is None or "Age" in headers:
        return None
    least = (sent - date).total_seconds() - 1
    most = (received - date).total_seconds()
    return ClockReading(service, (least + most) / 2, abs(most - least) / 2)
