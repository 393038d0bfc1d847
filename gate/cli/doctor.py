"""``gate doctor``: credentials, permissions, clock, log, keys, policy: what would fail tonight."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli.doctor_write_back import write_back
from gate.cli.examined import Finding, State, code_of, tell, tried
from gate.cli.inputs import now, open_place, pin_of
from gate.cli.options import shared
from gate.cli.presigned import headers_by
from gate.cli.printing import read_secrets
from gate.config import Policy, Secrets
from gate.errors import GateError
from gate.http import Budget, Wire
from gate.model import PinState, Problem
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
    for examine in (_policy, _trust, _keys, _log, _evidence, _people, _jira, _github, write_back):
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
    from gate.log.trust import load_trust

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


def _people(place: Place, _: Secrets) -> Iterator[Finding]:
    """Approvers whom no ticket system knows can never approve."""
    from gate.identity import People

    policy = place.policy
    accounts = {person.name: person.accounts for person in policy.people}
    for environment in policy.environments.values():
        members = People(policy).members(environment.approvals.by)
        known = {m for m in members if "jira" in accounts.get(m, {})}
        name = f"approvers of {environment.name}"
        lacking = sorted(members - known)
        if len(known) < environment.approvals.required:
            yield Finding(
                name,
                State.FAULT,
                f"{len(known)} have a Jira account; {environment.approvals.required} must approve",
                "add their Jira accounts to [[people]]",
            )
        elif lacking:
            yield Finding(
                name,
                State.WARNING,
                f"no Jira account is known of {', '.join(lacking)}",
                "add it to [[people]]",
            )
        else:
            yield Finding(name, State.OK, f"{len(known)}, each with a Jira account")


def _jira(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.tickets.jira import JiraReader

    settings, network = place.policy.jira, place.policy.network
    reader = JiraReader(
        settings, secrets.jira_email, secrets.jira_token, network, Budget(network.budget)
    )
    with closing(reader):
        account = reader.myself()
        if isinstance(account, Problem):
            yield _problem("jira", account)
            return
        yield Finding("jira", State.OK, f"knows us ({reader.flavour})")
        for project in settings.projects:
            browsable = reader.browsable(project)
            if isinstance(browsable, Problem):
                yield _problem(f"jira project {project}", browsable)
            else:
                yield Finding(f"jira project {project}", State.OK, "can be browsed")
        yield from _clock(place.policy, reader.wire)


def _github(place: Place, secrets: Secrets) -> Iterator[Finding]:
    settings = place.policy.forges.get("github")
    if settings is None or not secrets.github_token:
        what = "the policy names no forge" if settings is None else "GITHUB_TOKEN is not set"
        yield Finding(
            "github",
            State.FAULT,
            f"{what}: pull requests and pushes stay unknown, so nothing can be allowed",
            "name the forge in gate.toml and give the job its token",
        )
        return
    from gate.forges.github import GitHubReader

    network = place.policy.network
    reader = GitHubReader(settings, secrets.github_token, network, Budget(network.budget))
    with closing(reader):
        for service in place.policy.services.values():
            yield from _repository(reader.wire, reader.slug(service))
        yield from _clock(place.policy, reader.wire)


def _repository(wire: Wire, slug: str) -> Iterator[Finding]:
    """Each permission that enforce needs, by the request that needs it."""
    from gate.http import FetchError, get_json

    for permission, path in (
        ("contents: read", f"/repos/{slug}/branches?per_page=1"),
        ("contents: read (activity)", f"/repos/{slug}/activity?per_page=1"),
        ("pull-requests: read", f"/repos/{slug}/pulls?per_page=1"),
        ("deployments: read", f"/repos/{slug}/deployments?per_page=1"),
        ("actions: read", f"/repos/{slug}/actions/runs?per_page=1"),
    ):
        what = f"github {slug}, {permission}"
        try:
            get_json(wire, path)
        except FetchError as error:
            yield _problem(what, error.problem)
        else:
            yield Finding(what, State.OK, "granted")


def _clock(policy: Policy, wire: Wire) -> Iterator[Finding]:
    for reading in wire.clocks():
        beyond = abs(reading.offset) - reading.uncertainty
        if beyond > policy.network.clock_tolerance.total_seconds():
            yield Finding(
                f"clock against {reading.service}",
                State.FAULT,
                f"{reading.offset:+.0f} s apart",
                "synchronise this machine's clock (NTP)",
            )
        else:
            yield Finding(f"clock against {reading.service}", State.OK, "agrees")


def _problem(what: str, problem: Problem) -> Finding:
    return Finding(what, State.UNKNOWN, f"{problem.cause} ({problem.request})", problem.remedy)
