"""What is verified, as every process that takes part in it knows it."""

from __future__ import annotations

from gate.frozen import dataclass
from gate.log.verifying.scratch import Scratch
from gate.record.signers import TrustedSigners
from gate.store.contract import Store
from gate.tlog.paths import WIDTH

BUNDLES = 64
"""Bundles in a chunk: what one process checks in one go, a second's work."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The log in ``store`` at ``size`` entries, in chunks of ``bundles`` bundles.

    Below entry ``since`` neither signatures nor evidence are checked. Without ``records`` nothing
    is that stands in a record; without ``evidence`` no evidence is read.
    """

    store: Store
    signers: TrustedSigners
    size: int
    since: int
    records: bool
    evidence: bool
    bundles: int
    scratch: Scratch

    @property
    def chunk(self) -> int:
        """Entries in a chunk."""
        return self.bundles * WIDTH

    @property
    def chunks(self) -> int:
        """How many chunks there are; one for an empty log. What they leave has as many parts."""
        return max(1, -(-self.size // self.chunk))


def bundles_for(size: int, jobs: int) -> int:
    """How many bundles a chunk should have for ``jobs`` processes to have equal shares.

    The last chunk may find all others done: a sixteenth of a share is the most that they wait.
    """
    return min(BUNDLES, max(1, -(-size // (WIDTH * 16 * jobs))))
