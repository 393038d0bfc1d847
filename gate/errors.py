"""What can go wrong, and the exit code each kind of wrong ends with.

The exit codes are a documented interface: scripts branch on them, so each class owns exactly one.
Where several apply, ``PRECEDENCE`` decides (13 before 12 before 10 before 11).
"""

from __future__ import annotations

from typing import ClassVar

OK = 0
BUG = 1
USAGE = 2
FINDING = 10
UNDETERMINED = 11
NOT_RECORDED = 12
INCONSISTENT = 13

PRECEDENCE = (INCONSISTENT, NOT_RECORDED, FINDING, UNDETERMINED, USAGE, BUG, OK)


class GateError(Exception):
    """An end that gate foresaw: what happened, and what the reader can do about it.

    ``message`` says what was seen; ``remedy`` what to do, if the message does not.
    Neither may hold a secret or text that somebody outside typed unescaped.
    """

    exit_code: ClassVar[int] = BUG

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(GateError):
    """The command line or the configuration is wrong; nothing was judged."""

    exit_code = USAGE


class FindingError(GateError):
    """Something was found: a denial, a receipt that does not permit."""

    exit_code = FINDING


class UndeterminedError(GateError):
    """A fact could not be had, so the deployment is blocked."""

    exit_code = UNDETERMINED


class NotRecordedError(GateError):
    """Decided, but the record is not durably in the log, so the deployment is blocked."""

    exit_code = NOT_RECORDED


class InconsistentError(GateError):
    """The log or a receipt contradicts itself or its keys: evidence of tampering."""

    exit_code = INCONSISTENT


def worst(codes: list[int]) -> int:
    """The exit code that stands for several, by ``PRECEDENCE``; 0 for none."""
    return min(codes, key=PRECEDENCE.index, default=OK)
