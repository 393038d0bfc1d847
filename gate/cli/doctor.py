"""``gate doctor``: credentials, permissions, clock, log, keys, policy: what would fail tonight."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.doctor_ci import jenkins
from gate.cli.doctor_forges import forges
from gate.cli.doctor_tickets import approvers, tickets
from gate.cli.doctor_write_back import write_back
from gate.cli.examined import Finding, State, code_of, tell, tried
from gate.cli.inputs import now, open_place, pin_of
from gate.cli.options import shared
from gate.cli.presigned import headers_by
from gate.cli.printing import read_secrets
from gate.config import Secrets
from gate.errors import GateError
from gate.model import PinState
from gate.place import Place

if TYPE_CHECKING:
    from gate.store.bucket.primitive import Protection

SOON = timedelta(days=7)  # how long before its end a record key is warned of


@click.command("doctor")
@shared("config")
def command(config: str) -> int:
    """Examine policy, keys, log, credentials, permissions and clocks, and say what to put right.

    Writes nothing, but a probe into a bucket of disclosures, which it removes again. Ends 10 if
    something is wrong, 11 if something could not be told.
    """
    place = open_place(config)
    secrets = read_secrets(os.environ)
    findings = []
    examinations = (_policy, _trust, _keys, _log, _evidence, approvers, tickets, forges)
    for examine in (*examinations, jenkins, write_back):
        for finding in examine(place, secrets):
            findings.append(finding)
            tell(finding)
    return code_of(findings)


def _policy(place: Place, _: Secrets) -> Iterator[Finding]:
    pin = pin_of(place.policy, os.environ)
    digest = place.policy.sha256
    match pin:
        case PinState.PINNED:
            yield Finding("policy", State.OK, f"is the pinned one, {digest}")
        case PinState.DIFFERENT:
            yield Finding(
                "policy",
                State.FAULT,
                f"{digest} is not the one that GATE_POLICY_SHA256 pins",
                "deploy the agreed policy, or have the new one's digest agreed and set",
            )
        case _:
            yield Finding(
                "policy",
                State.WARNING,
                f"{digest} is not pinned; a pipeline that does not pin it is denied",
                "set GATE_POLICY_SHA256 to it as a protected variable of the CI",
            )
    if (listed := place.policy.people_from) is not None:
        seen = f"{listed.count} people of {listed.file}, in the policy's digest ({listed.sha256})"
        yield Finding("people", State.OK, seen)


def _trust(place: Place, _: Secrets) -> Iterator[Finding]:
    """Warnings about the folder itself; that it cannot be read is told of keys and log."""
    from gate.log.reading.trust import load_trust

    with suppress(GateError):
        for warning in load_trust(place.trust, log=place.log).warnings:
            yield Finding(
                "trust",
                State.WARNING,
                warning,
                "let only its owner change it: whoever can, decides whom to believe (chmod o-w)",
            )


def _keys(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.place import open_keys

    at = now()
    try:
        keys = open_keys(place, secrets, at)
    except GateError as error:
        yield Finding("keys", State.FAULT, error.message, error.remedy)
        return
    yield Finding("keys", State.OK, "both are the trusted ones")
    period = keys.trust.signers.find(keys.signer.keyid, at)
    if period is not None and period.not_after is not None and period.not_after - at < SOON:
        yield Finding(
            "record key",
            State.WARNING,
            f"GATE_SIGNING_KEY counts until {period.not_after:%Y-%m-%d %H:%M:%S} UTC only",
            "store the key that replaces it; `gate keys rotate signing` makes one",
        )


def _log(place: Place, _: Secrets) -> Iterator[Finding]:
    from gate.place import open_view

    def look() -> str:
        view = open_view(place)
        return f"{view.origin} has {view.size} entries under a trusted signature"

    yield tried("log", look)
    url = place.policy.log.url
    if url.startswith("dir:"):
        folder = place.root / url.removeprefix("dir:")
        if folder.is_dir() and not os.access(folder, os.W_OK):
            yield Finding(
                "log", State.FAULT, "its folder cannot be written", f"let this user write {folder}"
            )
        if not Path(url.removeprefix("dir:")).is_absolute():
            yield Finding(
                "log's place",
                State.WARNING,
                "is relative to gate.toml, so a copy of both in another folder has another log",
                "write the whole path into log.url, evidence.url and log.trust",
            )


def _evidence(place: Place, _: Secrets) -> Iterator[Finding]:
    from gate.place import open_disclosures
    from gate.store.bucket.disclosures import BucketDisclosures

    try:
        disclosures = open_disclosures(place)
        if isinstance(disclosures, BucketDisclosures):
            protection = disclosures.probe(headers_by(place, place.policy.evidence.ca))
    except GateError as error:
        yield Finding("evidence", State.FAULT, error.message, error.remedy)
        return
    if isinstance(disclosures, BucketDisclosures):
        yield forgetful(protection)
        return
    folder = place.root / place.policy.evidence.url.removeprefix("dir:")
    near = folder if folder.exists() else folder.parent
    if near.is_dir() and os.access(near, os.W_OK):
        yield Finding("evidence", State.OK, "disclosures can be written")
    else:
        yield Finding(
            "evidence", State.FAULT, f"{near} cannot be written", "let this user write it"
        )


def forgetful(protection: Protection) -> Finding:
    """Whether a bucket that took, showed and deleted a probe forgets what is deleted."""
    did = "a probe was written, read back and deleted"
    if protection.lock_mode or protection.retain_until:
        return Finding(
            "evidence",
            State.FAULT,
            f"{did}, and the bucket locks its objects ({protection.lock_mode or 'retention'}): "
            "it cannot forget",
            "keep disclosures in a bucket without Object Lock",
        )
    if protection.versioned is None:
        return Finding(
            "evidence",
            State.WARNING,
            f"{did}; whether old versions are kept could not be told",
            "look it up: what is erased must be gone for good",
        )
    if protection.versioned:
        return Finding(
            "evidence",
            State.WARNING,
            f"{did}, and the bucket keeps old versions: what is erased is gone when they expire",
            "take a bucket without versions, or let old versions expire within days",
        )
    return Finding("evidence", State.OK, f"{did}; the bucket keeps no old versions")
