"""Records as readers see them: what every kind has in common, and the predicate of its kind."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TypeAlias

from gate.frozen import dataclass
from gate.model import Artifact, DecisionKind, EntryLink
from gate.record.predicates import (
    DecisionPredicate,
    DeploymentOutcome,
    HeadPart,
    HistoryPart,
    KeyPredicate,
    OutcomePredicate,
    PriorPart,
    ReviewOutcome,
    ReviewPredicate,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class _OfDeployment:
    """A record that belongs to a deployment: its predicate and its subject's artifacts."""

    predicate: DecisionPredicate | OutcomePredicate | ReviewPredicate
    artifacts: tuple[Artifact, ...]

    @property
    def at(self) -> datetime:
        """When it was recorded, by the clock of whoever signed."""
        return self.predicate.at

    @property
    def service(self) -> str:
        """The service deployed."""
        return self.predicate.service

    @property
    def environment(self) -> str:
        """Where it was deployed to."""
        return self.predicate.environment

    @property
    def repository(self) -> str:
        """The service's repository."""
        return self.predicate.repository

    @property
    def commit(self) -> str:
        """The commit deployed."""
        return self.predicate.commit

    @property
    def judged_at(self) -> HeadPart:
        """The head that history and ``prior`` were read at."""
        return self.predicate.judged_at

    @property
    def prior(self) -> PriorPart:
        """The newest records below that head."""
        return self.predicate.prior


@dataclass(frozen=True, slots=True)
class DecisionRecord(_OfDeployment):
    """A decision."""

    predicate: DecisionPredicate

    @property
    def kind(self) -> str:
        """Always ``decision``."""
        return "decision"

    @property
    def decision(self) -> DecisionKind:
        """The answer."""
        return self.predicate.decision

    @property
    def tickets(self) -> tuple[str, ...]:
        """The ids of the change requests given, in order; none where they could not be had."""
        given = self.predicate.given
        return () if isinstance(given, Unknown) else tuple(dict.fromkeys(t.id for t in given))

    @property
    def review_by(self) -> datetime:
        """When the review of an emergency is due: at once where the record does not say."""
        emergency = self.predicate.emergency
        return (emergency.review_by if emergency is not None else None) or self.at

    @property
    def history(self) -> HistoryPart:
        """What judgement took from history."""
        return self.predicate.history


@dataclass(frozen=True, slots=True)
class OutcomeRecord(_OfDeployment):
    """How the deployment of a decision ended."""

    predicate: OutcomePredicate

    @property
    def kind(self) -> str:
        """Always ``outcome``."""
        return "outcome"

    @property
    def outcome(self) -> DeploymentOutcome:
        """How it ended."""
        return self.predicate.outcome

    @property
    def of(self) -> EntryLink:
        """The decision's place in the log."""
        return EntryLink(self.predicate.decision.index, self.predicate.decision.leaf)

    @property
    def tickets(self) -> tuple[str, ...]:
        """The ids of the decision's change requests."""
        return self.predicate.tickets


@dataclass(frozen=True, slots=True)
class ReviewRecord(_OfDeployment):
    """What a review of an emergency decision came to."""

    predicate: ReviewPredicate

    @property
    def kind(self) -> str:
        """Always ``review``."""
        return "review"

    @property
    def outcome(self) -> ReviewOutcome:
        """What it came to; only an approval settles it."""
        return self.predicate.outcome

    @property
    def of(self) -> EntryLink:
        """The emergency decision's place in the log."""
        return EntryLink(self.predicate.decision.index, self.predicate.decision.leaf)

    @property
    def tickets(self) -> tuple[str, ...]:
        """The ids of the decision's change requests."""
        given = self.predicate.given
        return () if isinstance(given, Unknown) else tuple(dict.fromkeys(t.id for t in given))


@dataclass(frozen=True, slots=True)
class _OfNoDeployment:
    """A record that belongs to no service, environment, commit or change request."""

    @property
    def service(self) -> str:
        """Of no service."""
        return ""

    @property
    def environment(self) -> str:
        """Of no environment."""
        return ""

    @property
    def commit(self) -> str:
        """Of no commit."""
        return ""

    @property
    def tickets(self) -> tuple[str, ...]:
        """Of no change request."""
        return ()


@dataclass(frozen=True, slots=True)
class KeyRecord(_OfNoDeployment):
    """A key that came or went."""

    predicate: KeyPredicate

    @property
    def kind(self) -> str:
        """Always ``key``."""
        return "key"

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        return self.predicate.at

    @property
    def public_key(self) -> bytes:
        """The raw 32 bytes of the key."""
        return base64.b64decode(self.predicate.public_key)


@dataclass(frozen=True, slots=True)
class UnknownRecord(_OfNoDeployment):
    """A signed statement of a type that this version does not know: listed, never dropped.

    ``at`` is None where it names no time, which no record of gate does.
    """

    predicate_type: str
    at: datetime | None

    @property
    def kind(self) -> str:
        """Always ``unknown``."""
        return "unknown"


Record: TypeAlias = DecisionRecord | OutcomeRecord | ReviewRecord | KeyRecord | UnknownRecord
