"""From options and environment to the question that a forward command asks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.printing import read_secrets
from gate.cli.urgency import read_reason, read_wait
from gate.errors import UsageError
from gate.frozen import dataclass
from gate.model import COMMIT_ID, Artifact, Deployment, PinState, RunClaim

if TYPE_CHECKING:
    from gate.config import Policy, Secrets
    from gate.facts import Question
    from gate.log.reading.trust import Trust
    from gate.place import Place
    from gate.store.contract import Store
    from gate.store.disclosure import DisclosureStore

ARTIFACT = re.compile(r"(?P<name>[^\s@=]{1,200})@sha256:(?P<sha256>[0-9a-f]{64})")


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Options:
    """The shared options of check, enforce and run, as click gives them."""

    config: str
    service: str | None
    environment: str | None
    tickets: tuple[str, ...]
    commit: str | None
    base: str | None
    artifacts: tuple[str, ...]
    trust: str | None
    log_url: str | None
    emergency: str | None
    wait: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the policy and the secrets to answer it by, and how long to wait."""

    question: Question
    place: Place
    secrets: Secrets
    wait: timedelta | None = None


def ask(options: Options, environ: Mapping[str, str] | None = None) -> Asked:
    """Read policy, secrets and environment, and put the question.

    Raises ``UsageError`` for anything that is not wholly what the policy lists: nothing is guessed.
    """
    from gate.ci.detect import detect
    from gate.facts import Question

    environ = os.environ if environ is None else environ
    place = open_place(options.config, log_url=options.log_url, trust=options.trust)
    secrets = read_secrets(environ)
    run = detect(environ)
    service = listed("service", options.service, place.policy.services)
    environment = listed("environment", options.environment, place.policy.environments)
    commit, from_run = resolve_commit(options.commit, run)
    deployment = Deployment(
        service=service,
        environment=environment,
        commit=commit,
        run=run,
        artifacts=parse_artifacts(options.artifacts),
        commit_from_run=from_run,
    )
    question = Question(
        deployment=deployment,
        tickets=parse_tickets(options.tickets, place.policy, environment),
        base=resolve(options.base, "--base") if options.base else "",
        checkout=Path.cwd(),
        environ=environ,
        pin=pin_of(place.policy, environ),
        emergency=read_reason(options.emergency, place.policy, environment),
        evidence=parse_evidence(options.evidence, place.policy, environment),
    )
    urgent = options.emergency is not None
    wait = read_wait(options.wait, place.policy, environment, emergency=urgent)
    return Asked(question, place, secrets, wait)


def open_place(
    config: str,
    *,
    log_url: str | None = None,
    trust: str | None = None,
) -> Place:
    """The policy, and the folder that its relative paths start from.

    The policy alone says where records go: an option that names another log or trust folder is a
    ``UsageError`` here. Reading commands do not come this way.
    """
    from gate.config import load_policy
    from gate.place import Place

    path = Path(config)
    policy = load_policy(path)
    for name, given, pinned in (
        ("--log", log_url, policy.log.url),
        ("--trust", trust, policy.log.trust),
    ):
        if given is not None and given != pinned:
            raise UsageError(
                f"{name} {given} differs from the policy's {pinned}",
                remedy=f"leave {name} away; only {config} says where decisions are recorded",
            )
    return Place(policy, path.parent, os.environ)


@dataclass(frozen=True, slots=True)
class Reading:
    """A log to read, whoever's it is, and its disclosures if we know where they lie."""

    store: Store
    trust: Trust
    disclosures: DisclosureStore | None


def open_reading(config: str, log_url: str | None, trust: str | None) -> Reading:
    """The log that --log and --trust name, else the policy's.

    An auditor has no policy: with both options ``config`` is not read. Paths of options start from
    the working directory, paths of the policy from its own folder.
    """
    from gate.config import load_policy
    from gate.log.reading.trust import load_trust
    from gate.place import Place, open_disclosures
    from gate.place import open_store as open_own
    from gate.store.open import folder_of

    if log_url and trust:
        return _elsewhere(log_url, Path(trust))
    policy, root = load_policy(Path(config)), Path(config).parent
    folder = Path(trust) if trust else root / policy.log.trust
    if log_url:
        return _elsewhere(log_url, folder)
    trusted = load_trust(folder, log=folder_of(policy.log.url, root))
    place = Place(policy, root, os.environ)
    return Reading(open_own(place, trusted), trusted, open_disclosures(place))


def _elsewhere(url: str, folder: Path) -> Reading:
    """Anybody's log, with the reader's own trust; a bucket's endpoint is the environment's."""
    from gate.log.reading.reader import log_reader
    from gate.log.reading.trust import load_trust
    from gate.store.contract import Surroundings
    from gate.store.open import folder_of, open_store

    trusted = load_trust(folder, log=folder_of(url, Path()))
    around = Surroundings(
        Path(),
        log_reader(one.key for one in trusted.policy.logs),
        os.environ,
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        region=os.environ.get("AWS_REGION", ""),
    )
    return Reading(open_store(url, around), trusted, None)


def parse_evidence(given: tuple[str, ...], policy: Policy, environment: str) -> tuple[Path, ...]:
    """Receipts of another log, where the policy takes any; ``UsageError`` where it takes none."""
    after = policy.environments[environment].after
    if given and (after is None or not after.origin):
        raise UsageError(
            f"--evidence is given, and {environment} takes no receipts of another log",
            remedy="leave it away, or name that log (origin, trust) in after of this environment",
        )
    if "" in given:
        raise UsageError(
            "--evidence is given and empty",
            remedy="the variable that should hold it may be unset",
        )
    return tuple(Path(each) for each in given)


def listed(kind: str, given: str | None, known: Mapping[str, object]) -> str:
    """``given`` if the policy lists exactly that, the only one listed if none is given."""
    if not given:
        if len(known) == 1:
            return next(iter(known))
        raise UsageError(
            f"no {kind} was named", remedy=f"give --{kind}, one of: {', '.join(known)}"
        )
    if given not in known:
        near = " (names match exactly, spaces and case included)" if given.strip() in known else ""
        raise UsageError(
            f"the policy lists no {kind} {given!r}{near}",
            remedy=f"give one of: {', '.join(known)}; or add it to the policy",
        )
    return given


def parse_artifacts(given: tuple[str, ...]) -> tuple[Artifact, ...]:
    """Artifacts as NAME@sha256:HEX, each name once."""
    artifacts: dict[str, Artifact] = {}
    for text in given:
        match = ARTIFACT.fullmatch(text)
        if not match:
            raise UsageError(
                f"--artifact {text[:100]!r} is not NAME@sha256:HEX",
                remedy="give the artifact's name and its whole SHA-256 in lower-case hex",
            )
        if match["name"] in artifacts:
            raise UsageError(f"--artifact {match['name']} is given twice")
        artifacts[match["name"]] = Artifact(match["name"], match["sha256"])
    return tuple(artifacts.values())


def parse_tickets(given: tuple[str, ...], policy: Policy, environment: str) -> tuple[str, ...]:
    """The IDs of --ticket, each once, each wholly an ID of one of the ticket systems."""
    from gate.facts import TICKETS_AT_MOST
    from gate.model import TicketSource
    from gate.tickets.references import parse_reference
    from gate.tickets.registry import grammars_of

    if given and TicketSource.OPTION not in policy.environments[environment].ticket.sources:
        raise UsageError(
            f"the policy does not take tickets from --ticket for {environment}",
            remedy="name the ticket in the pull request, branch or commit, as ticket.sources says",
        )
    if len(given) > TICKETS_AT_MOST:
        raise UsageError(f"{len(given)} tickets given; at most {TICKETS_AT_MOST} are looked up")
    grammars = grammars_of(policy)
    return tuple(dict.fromkeys(parse_reference(text, grammars)[1] for text in given))


def resolve_commit(given: str | None, run: RunClaim) -> tuple[str, bool]:
    """The commit to judge, and whether it came from the pipeline's environment."""
    if given:
        return resolve(given, "--commit"), False
    if run.commit:
        return run.commit, True
    from gate.forges.git import GitReader

    return GitReader(Path.cwd(), os.environ).head(), False


def resolve(given: str, option: str) -> str:
    """A full commit id as it is; anything shorter or symbolic is asked of local git."""
    if COMMIT_ID.fullmatch(given):
        return given
    from gate.forges.git import GitReader

    try:
        return GitReader(Path.cwd(), os.environ).resolve(given)
    except UsageError as error:
        raise UsageError(
            f"{option} {given[:100]!r}: {error.message}", remedy=error.remedy
        ) from None


def pin_of(policy: Policy, environ: Mapping[str, str]) -> PinState:
    """How the policy relates to GATE_POLICY_SHA256."""
    pinned = environ.get("GATE_POLICY_SHA256")
    if pinned is None:
        return PinState.UNPINNED
    if not re.fullmatch(r"[0-9a-f]{64}", pinned):
        raise UsageError(
            "GATE_POLICY_SHA256 is set and is not 64 lower-case hex digits",
            remedy=f"set it to the digest of the agreed policy (this one: {policy.sha256}), "
            "as a protected variable",
        )
    return PinState.PINNED if pinned == policy.sha256 else PinState.DIFFERENT
