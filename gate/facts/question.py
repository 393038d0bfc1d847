"""What is asked: the deployment, and what the caller said about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gate.frozen import dataclass
from gate.model import Deployment, Free, PinState


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the deployment, and what the caller said about it.

    ``tickets`` are IDs as given by option, grammar already checked; ``base`` is "" or a full commit
    id; ``checkout`` is the local repository, used where no forge can be asked; ``environ`` gives
    PATH and HOME to its git, nothing else of it. ``emergency`` is the reason of a declared one,
    ``evidence`` are receipts of another log.
    """

    deployment: Deployment
    tickets: tuple[str, ...]
    base: str
    checkout: Path
    environ: Mapping[str, str]
    pin: PinState
    emergency: Free | None = None
    evidence: tuple[Path, ...] = ()
