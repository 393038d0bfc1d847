"""Writing what must stand somewhere once, over a wire on which replies get lost."""

from __future__ import annotations

from collections.abc import Callable

from gate.http.failure import FetchError


def write_once(is_there: Callable[[], bool], write: Callable[[], object]) -> bool:
    """Write, unless it is there; whether it was written now.

    A reply that did not come proves nothing, so it is looked for before it is written a second
    time, and not written again where that cannot be told. Raises ``FetchError`` where it is not
    there, or may not be.
    """
    if is_there():
        return False
    try:
        write()
    except FetchError as error:
        if _arrived(is_there, error):
            return True
        if not error.transient:
            raise
    else:
        return True
    try:
        write()
    except FetchError as error:
        if not _arrived(is_there, error):
            raise
    return True


def _arrived(is_there: Callable[[], bool], error: FetchError) -> bool:
    """Whether it was written although the reply says otherwise; raises ``error`` if unknown."""
    if error.status is not None and 400 <= error.status < 500:
        return False
    try:
        return is_there()
    except FetchError:
        raise error from None
