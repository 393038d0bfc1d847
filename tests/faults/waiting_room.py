"""A store in memory where entries wait for whoever commits next, as in a bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gate.record.canonical import digest_of
from gate.store.contract import Plan
from gate.store.memory import MemoryStore


class WaitingRoom(MemoryStore):
    """A store whose writers leave their entries for whoever commits next."""

    def __init__(self) -> None:
        super().__init__()
        self.room: dict[str, bytes] = {}

    def offer(self, entry: bytes) -> None:
        self.room[digest_of(entry)] = entry

    def waiting(self) -> tuple[str, ...]:
        return tuple(sorted(self.room))

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        return {one: self.room[one] for one in digests if one in self.room}

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        if not super().commit(expected, plan):
            return False
        for one in plan.settled:
            self.room.pop(one, None)
        return True
