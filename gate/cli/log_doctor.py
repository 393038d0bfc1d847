"""``gate log doctor``: whether the place of the log is fit for one, shown on the place itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from gate.cli.examined import Finding, State, code_of, tell, tried
from gate.cli.inputs import now, open_place
from gate.cli.options import shared
from gate.cli.presigned import headers_by
from gate.errors import GateError
from gate.place import Place, open_store, open_view

if TYPE_CHECKING:
    from gate.log.reading.trust import Trust
    from gate.store.bucket.primitive import Protection
    from gate.store.contract import Store

_SLACK = timedelta(hours=1)  # between the engine's clock and ours, and for the time it took


@click.command("doctor")
@shared("config")
def doctor(config: str) -> int:
    """Examine the store that the log lies in, by writing into it what it removes again.

    In a bucket: that of sixteen who create one object exactly one wins, how objects are protected
    against deletion, and whether that is as long as `[log] retention` says. In every store: that
    the head can be read, how far the index reaches, what waits. Ends 10 if something is wrong.
    """
    from gate.log.reading.trust import load_trust

    place = open_place(config)
    trust = load_trust(place.trust, log=place.log)
    store = open_store(place, trust)
    findings = []
    for finding in (*_head(place, trust, store), *_bucket(place, store)):
        findings.append(finding)
        tell(finding)
    return code_of(findings)


def _head(place: Place, trust: Trust, store: Store) -> Iterator[Finding]:
    def look() -> str:
        view = open_view(place, trust, store, quorum=False)
        return f"{view.origin} has {view.size} entries, root {view.root.hex()}"

    head = tried("head", look)
    yield head
    if head.state is not State.OK:
        return
    view = open_view(place, trust, store, quorum=False)
    behind = view.size - store.indexed()
    yield Finding(
        "index",
        State.OK if behind <= 0 else State.WARNING,
        f"covers {min(store.indexed(), view.size)} of {view.size} entries",
        "the next append brings it up to date; `gate log reindex` does so now",
    )
    waiting = len(store.waiting())
    yield Finding(
        "waiting",
        State.WARNING if waiting else State.OK,
        f"{waiting} records left by writers that did not come to their end, or are at it now",
        "the next append commits them; `gate log sync` does so now",
    )


def _bucket(place: Place, store: Store) -> Iterator[Finding]:
    from gate.store.bucket.store import ObjectStore

    if not isinstance(store, ObjectStore):
        return
    try:
        protection = store.prove(headers_by(place, place.policy.log.ca))
    except GateError as error:
        yield Finding("exclusive creation", State.FAULT, error.message, error.remedy)
        return
    yield Finding("exclusive creation", State.OK, "of sixteen who raced exactly one won")
    yield from protected(protection, place.policy.log.retention, now())


def protected(protection: Protection, wanted: timedelta | None, at: datetime) -> Iterator[Finding]:
    """How objects written ``at`` this time are protected, beside what the policy wants."""
    versions = {True: "kept", False: "not kept", None: "could not be told"}[protection.versioned]
    yield Finding("versions", State.OK, f"old versions of objects are {versions}")
    until = _time(protection.retain_until)
    if until is None:
        seen, length = "objects are not locked", timedelta(0)
    else:
        length = until - at
        seen = f"objects are locked ({protection.lock_mode}) for {length.days} days"
    if wanted is None:
        yield Finding(
            "retention",
            State.WARNING,
            f"{seen}, and the policy does not say how long they must be",
            'say so: [log] retention = "400d"',
        )
    elif length + _SLACK < wanted:
        yield Finding(
            "retention",
            State.FAULT,
            f"{seen}; the policy wants {wanted.days} days",
            "set the bucket's default retention, or copy the log into a bucket that locks "
            "(docs/object-stores.md)",
        )
    elif protection.lock_mode != "COMPLIANCE":
        yield Finding(
            "retention",
            State.WARNING,
            f"{seen}: whoever has the right to bypass it can shorten that",
            "take COMPLIANCE mode where nobody may",
        )
    else:
        yield Finding("retention", State.OK, f"{seen}; the policy wants {wanted.days} days")


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None
