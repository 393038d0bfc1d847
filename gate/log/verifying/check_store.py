"""A store's own structures, beside the layout that all readers see, held against the log."""

from __future__ import annotations

from gate.log.verifying.findings import AFTER, Findings
from gate.log.verifying.known_tree import TreeSummary
from gate.log.verifying.scope import Scope


def check_store(scope: Scope, tree: TreeSummary) -> Findings:
    """What the store itself finds odd. Raises ``StoreError``."""
    findings = Findings()
    known = tree.over(scope.store.read)
    for oddity in scope.store.examine(scope.size, known.leaf):
        name = findings.fault if oddity.fault else findings.note
        name(oddity.kind, oddity.place, oddity.message, (AFTER, 0))
    return findings
