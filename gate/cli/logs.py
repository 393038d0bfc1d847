"""Logs, to stderr: by structlog, JSON unless stderr is a terminal, secrets redacted by value."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from gate.cli.printing import redact

if TYPE_CHECKING:
    from gate.http import Request


def log_requests(requests: Sequence[Request], *, verbose: bool) -> None:
    """One line a request that was made, if ``verbose``. structlog is imported only then."""
    if not verbose:
        return
    import structlog

    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _redact,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log = structlog.get_logger()
    for request in requests:
        log.info(
            "request",
            service=request.service,
            method=request.method,
            path=request.path,
            status=request.status,
            milliseconds=round(request.seconds * 1000),
        )


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {k: redact(v) if isinstance(v, str) else v for k, v in event.items()}
