"""Where the policy keeps things, and how they are opened: keys, trust, store, log, witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gate.config import Policy
from gate.config.secrets import Secrets
from gate.errors import UsageError
from gate.frozen import dataclass

if TYPE_CHECKING:
    from gate.http import Poster
    from gate.log.reading.trust import Trust
    from gate.log.reading.view import LogView
    from gate.record.signer import RecordSigner
    from gate.store.contract import Key, Store, Surroundings
    from gate.store.disclosure import DisclosureStore
    from gate.tlog.keys import Verifier
    from gate.tlog.note import Signer


@dataclass(frozen=True, slots=True)
class Place:
    """Where the policy keeps things, its relative paths resolved against ``root``.

    ``environ`` has the credentials that a store may need.
    """

    policy: Policy
    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def trust(self) -> Path:
        """The trust folder."""
        return self.root / self.policy.log.trust

    @property
    def log(self) -> Path | None:
        """The log's own folder, if it has one; nothing inside it says whom to trust."""
        from gate.store.open import folder_of

        return folder_of(self.policy.log.url, self.root)


@dataclass(frozen=True, slots=True)
class Keys:
    """The record key, the log key and the trust folder that vouches for both."""

    signer: RecordSigner
    log_signer: Signer
    trust: Trust


def open_keys(place: Place, secrets: Secrets, at: datetime | None = None) -> Keys:
    """The keys as the environment gives them, held against the trust folder.

    ``at`` is when records will be signed: the record key must count then. Raises ``UsageError``
    for keys that are missing, broken or not the trusted ones.
    """
    from gate.log.reading.trust import LOG_KEY, SIGNING_KEY, load_trust, require_keys
    from gate.record.signer import RecordSigner, load_private_key
    from gate.tlog.note import Ed25519Signer

    for name, value in ((SIGNING_KEY, secrets.signing_key), (LOG_KEY, secrets.log_key)):
        if not value:
            raise UsageError(
                f"{name} is not set",
                remedy=f"give the job the secret {name} (or {name}_FILE); "
                "`gate keys new` makes keys",
            )
    keys = Keys(
        RecordSigner(load_private_key(secrets.signing_key, SIGNING_KEY)),
        Ed25519Signer(place.policy.log.origin, load_private_key(secrets.log_key, LOG_KEY)),
        load_trust(place.trust, log=place.log),
    )
    require_keys(keys.trust, keys.log_signer, keys.signer, at)
    return keys


def open_store(place: Place, trust: Trust) -> Store:
    """The log's store."""
    from gate.store.open import open_store as opened

    return opened(
        place.policy.log.url, surroundings(place, *(one.key for one in trust.policy.logs))
    )


def surroundings(place: Place, *keys: Verifier) -> Surroundings:
    """What opening the policy's store takes; ``keys`` are those that sign the log's heads."""
    from gate.log.reading.reader import log_reader
    from gate.store.contract import Surroundings as Around

    settings = place.policy.log
    return Around(
        place.root,
        log_reader(keys),
        place.environ,
        endpoint=settings.endpoint,
        region=settings.region,
        ca=settings.ca or place.policy.network.ca,
    )


def open_disclosures(place: Place) -> DisclosureStore:
    """Where the policy keeps who is behind the labels of records."""
    from gate.store.contract import Whereabouts
    from gate.store.disclosure import open_disclosures as opened

    settings = place.policy.evidence
    where = Whereabouts(
        place.root,
        place.environ,
        endpoint=settings.endpoint,
        region=settings.region,
        ca=settings.ca or place.policy.network.ca,
        section="evidence",
    )
    return opened(settings.url, where)


def open_view(
    place: Place,
    trust: Trust | None = None,
    store: Store | None = None,
    *,
    quorum: bool = True,
    asking: Iterable[Key] = (),
) -> LogView:
    """The log at its newest verified head; who is to append to it needs no ``quorum`` before.

    ``asking`` are keys that will be looked up.
    """
    from gate.log.reading.trust import load_trust
    from gate.log.reading.view import LogView

    trust = trust or load_trust(place.trust, log=place.log)
    store = store or open_store(place, trust)
    store.prefetch(keys=asking)
    return LogView(store, trust, quorum=quorum)


@contextmanager
def asking_witnesses(place: Place, trust: Trust) -> Iterator[Poster | None]:
    """What asks the witnesses, by the policy's network settings; None where there are none."""
    from gate.tlog.trust import NONE

    if trust.policy.quorum == NONE:
        yield None
        return
    from gate.http import Poster

    with closing(Poster(place.policy.network)) as poster:
        yield poster
