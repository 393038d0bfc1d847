"""How many requests a command makes of each service, and how many follow one another."""

from __future__ import annotations

from dataclasses import dataclass

from scenery import SLOW, Scenery
from timing import Timed, run


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run of a command asked of one service."""

    service: str
    requests: int
    chain: int


def requests_of(timed: Timed, scene: Scenery) -> tuple[Asked, ...]:
    """Run a command once with slow services, and count."""
    for simulator in scene.simulators:
        simulator.latency = SLOW
    try:
        for simulator in scene.simulators:
            simulator.forget_requests()
        run(timed)
        return tuple(Asked(s.name, len(s.requests), s.longest_chain()) for s in scene.simulators)
    finally:
        for simulator in scene.simulators:
            simulator.latency = 0.0
