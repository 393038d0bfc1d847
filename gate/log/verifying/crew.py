"""Many processes for the many parts of a log; or this one alone.

A process that joins opens the store anew: a store that can be pickled is opened by being unpickled.
One that cannot is looked at by this process alone: a log in memory, and one on a git branch, of
which every process would have to fetch all again, and might find another tip.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, NamedTuple, Self

from gate.log.verifying.scope import Scope
from gate.store.contract import Store, StoreError

_AHEAD = 64
"""Calls that are under way or done and not taken yet."""

_scope: Scope | None = None  # of a process that joined: what it was given once, for all its calls


class Call(NamedTuple):
    """A function at the top of a module, which takes the scope and these arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


def available() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_share(store: Store) -> bool:
    """Whether other processes can open ``store``."""
    try:
        pickle.dumps(store)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True


class Crew:
    """Makes calls on ``scope`` in ``jobs`` processes; one is this process itself."""

    def __init__(self, scope: Scope, jobs: int) -> None:
        self._scope = scope
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            from multiprocessing import get_context

            # Not by forking: a store's library may have threads, which a fork would not have.
            self._pool = ProcessPoolExecutor(
                jobs, get_context("spawn"), initializer=_join, initargs=(scope,)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def run(self, calls: Iterable[Call]) -> Iterator[Any]:
        """What the calls return, in their order. Raises what they raise."""
        if self._pool is None:
            for call in calls:
                yield call.function(self._scope, *call.arguments)
            return
        waiting: deque[Future[Any]] = deque()
        try:
            for call in calls:
                waiting.append(self._pool.submit(_do, call))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StoreError(
                "a process that verifies a part of the log was ended from outside",
                remedy="there may be too little memory: try again with --jobs 1",
            ) from error


def _join(scope: Scope) -> None:
    import gc

    global _scope  # noqa: PLW0603  # a process that joined serves one scope
    _scope = scope
    gc.disable()  # a chunk's facts are many and in no circle: counting references frees them


def _do(call: Call) -> Any:
    if _scope is None:
        raise AssertionError("called before it joined")
    return call.function(_scope, *call.arguments)
