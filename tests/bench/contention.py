"""Many writers at once on one log: what is lost or forked, and how fast it goes.

Beside it the same store and the same number of writers, each of which commits its own record only
and tries again when another was first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import git_scene
from copy_log import copy_log
from figures import Figure, show, skip
from generated import trust
from s3_engine import missing, s3_engine
from writers import Place, Wrote, write_at_once

from gate.errors import GateError
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log

BEFORE = 300  # records in the log before the writers come
_WAYS = ("together", "alone")
PATIENCE = 300.0  # seconds, for those who try alone


def measure_object(home: Path, writers: int) -> None:
    """Measure on the engine of ``s3_engine``; the log in ``home`` gives the records before."""
    title = f"{writers} writers at once on an object store"
    why = missing()
    if why:
        skip(title, why)
        return
    with s3_engine() as engine:
        place = Place("", engine.environ, engine.endpoint, engine.region)
        places = [
            replace(place, url=f"{engine.make_bucket(f'contention-{way}-{home.name}')}/log")
            for way in _WAYS
        ]
        measure(title, home, (places[0], places[1]), writers, (engine.name,), faster=10)


def measure_git(home: Path, writers: int) -> None:
    """The same on branches of a remote on this machine, over smart HTTP."""
    title = f"{writers} writers at once on a branch of a git remote"
    why = git_scene.missing()
    if why:
        skip(title, why)
        return
    with tempfile.TemporaryDirectory(prefix="gate-git-", dir=home.parent) as root:
        ways = [git_scene.make_repository(Path(root) / f"{way}.git") for way in _WAYS]
        with git_scene.served(Path(root)) as server:
            together, alone = (git_scene.over_http(server, way) for way in ways)
            measure(title, home, (together, alone), writers, ("smart HTTP on this machine",))


def measure(
    title: str,
    home: Path,
    places: tuple[Place, Place],
    writers: int,
    notes: Sequence[str],
    faster: float | None = None,
) -> None:
    """Measure on two empty stores, and print; ``faster`` is the aim beside those who try alone."""
    try:
        for place in places:
            copy_log(home, place.open(), BEFORE, BEFORE)
    except GateError as error:
        skip(title, error.message)
        return
    together = write_at_once(places[0], writers, alone=False, patience=PATIENCE)
    alone = write_at_once(places[1], writers, alone=True, patience=PATIENCE)
    figures = [*_kept(places[0], together), *_speed(together, alone, faster)]
    show(title, figures, [*notes, *_notes(together, alone)])


def _kept(place: Place, wrote: Sequence[Wrote]) -> Iterator[Figure]:
    """What the log holds afterwards of what was acknowledged."""
    store = place.open()
    view = LogView(store, trust())
    told = [one for one in wrote if one.index is not None]
    there = sum(view.find_logged(one.digest) == (one.index, False) for one in told)
    heads = [trust().policy.open(one.checkpoint) for one in told]
    forks = sum(view.root_at(head.size) != head.root for head in heads)
    faults = verify_log(store, trust(), evidence=False).fault_counts
    yield Figure("records acknowledged", len(told), "", f"of {len(wrote)}", at_least=len(wrote))
    yield Figure("acknowledged and not in the log at their place", len(told) - there, "", at_most=0)
    doubled = view.size - BEFORE - len({one.digest for one in told})
    yield Figure("records in the log too many", doubled, "", at_most=0)
    yield Figure("receipts whose head the log does not extend", forks, "", at_most=0)
    yield Figure("faults that gate log verify finds", sum(faults.values()), "", at_most=0)
    yield Figure("most lost rounds of a writer", max(one.lost for one in wrote), "", at_most=2)


def _speed(
    together: Sequence[Wrote], alone: Sequence[Wrote], faster: float | None
) -> Iterator[Figure]:
    ours, theirs = _throughput(together), _throughput(alone)
    yield Figure(
        "throughput to plain retry on conflict",
        ours / theirs if theirs else float("inf"),
        beside=f"{ours:.1f} records/s to {theirs:.2f} records/s",
        at_least=faster,
    )
    yield Figure(
        "processor's time of a writer, median",
        median(one.cpu for one in together),
        "s",
        f"alone {median(one.cpu for one in alone):.3g} s, and "
        f"{median(one.lost for one in alone):g} lost rounds",
    )


def _throughput(wrote: Sequence[Wrote]) -> float:
    done = sum(one.index is not None for one in wrote)
    return done / max(one.seconds for one in wrote)


def _notes(together: Sequence[Wrote], alone: Sequence[Wrote]) -> Iterator[str]:
    for name, wrote in zip(_WAYS, (together, alone), strict=True):
        failed = [one for one in wrote if one.error]
        if failed:
            yield f"{name}: {len(failed)} writers failed, one of them with {failed[0].error[:300]}"
    through = sum(one.index is not None for one in alone)
    if through < len(alone):
        yield (
            f"of those who tried alone {through} came through in {PATIENCE:.0f} s, with up to "
            f"{max(one.lost for one in alone)} lost rounds; their throughput is that of this time"
        )
