"""Evidence bundles, held against the digests in the records; and what else lies beside a log."""

from __future__ import annotations

import re
from binascii import unhexlify

from gate.frozen import dataclass
from gate.log.check_records import EVIDENCE, part_of
from gate.log.findings import EVIDENCE as STEP
from gate.log.findings import MOST, Findings
from gate.log.scope import Scope
from gate.log.spool import Gathering
from gate.record.canonical import digest_of
from gate.store.contract import CHECKPOINT, evidence_path

NAMES = "names"
_NAME = re.compile(r"evidence/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_DIGEST = 32
_AT_ONCE = 100_000  # names held before they are laid down


@dataclass(frozen=True, slots=True)
class Strays:
    """Files that are no part of the log: the first of them by name, and how many there are.

    ``evidence`` that no record below the head names; ``other`` files.
    """

    evidence: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    evidence_count: int = 0
    other_count: int = 0


def gather_names(scope: Scope, _: None = None) -> Strays:
    """Lay down the names of the evidence that is there, by parts; name what is none."""
    gathering = Gathering(scope.spool, NAMES)
    evidence, other = [], []
    count = evidence_count = other_count = 0
    for name in scope.store.names(""):
        if name == CHECKPOINT or name.startswith("tile/"):
            continue
        match = _NAME.fullmatch(name)
        if match is not None:
            gathering.parts[part_of(match[1], scope.chunks)] += unhexlify(match[2])
            count += 1
            if not count % _AT_ONCE:
                gathering.finish()
        elif name.startswith("evidence/"):
            evidence_count += 1
            evidence += [name] if evidence_count <= MOST else []
        else:
            other_count += 1
            other += [name] if other_count <= MOST else []
    gathering.finish()
    return Strays(tuple(evidence), tuple(other), evidence_count, other_count)


def check_evidence(scope: Scope, part: int) -> tuple[Findings, Strays]:
    """Read the evidence that is in ``part``, and tell what is there and named by no record."""
    findings = Findings()
    first: dict[str, int] = {}
    asked: set[str] = set()
    for digest, index in scope.spool.facts(EVIDENCE, scope.chunks, part):
        first.setdefault(digest, index)
        if index >= scope.since:
            asked.add(digest)
    data = scope.spool.whole(f"{NAMES}-{part}")
    there = {data[at : at + _DIGEST].hex() for at in range(0, len(data), _DIGEST)}
    if scope.evidence:
        for digest, index in first.items():
            if digest in there and digest in asked:
                _check(scope, digest, index, findings)
            elif digest in asked:
                _name_missing(digest, index, findings)
    strays = sorted(there - first.keys())
    return findings, Strays(
        evidence=tuple(evidence_path(digest) for digest in strays[:MOST]),
        evidence_count=len(strays),
    )


def _check(scope: Scope, digest: str, index: int, findings: Findings) -> None:
    path, at = evidence_path(digest), (index, STEP)
    data = scope.store.read_evidence(digest)
    if data is None:
        _name_missing(digest, index, findings)
    elif digest_of(data) != digest:
        findings.fault("evidence", path, f"the evidence of entry {index} was altered", at)
    else:
        findings.count("evidence")


def _name_missing(digest: str, index: int, findings: Findings) -> None:
    findings.count("evidence missing")
    what = f"the evidence of entry {index} is not at hand"
    findings.note("evidence", evidence_path(digest), what, (index, STEP))


def name_strays(findings: Findings, found: list[Strays]) -> None:
    """Name what lies there and is no part of the log, once all else was checked."""
    # Such evidence is of a newer record; or of one below the head that cannot be read.
    kind = "stray" if findings.fault_counts else "beyond"
    named = sorted(name for one in found for name in one.evidence)
    findings.note_all(
        kind,
        named,
        sum(one.evidence_count for one in found),
        "evidence that no record below the head names",
    )
    others = sorted(name for one in found for name in one.other)
    findings.note_all(
        "stray",
        others,
        sum(one.other_count for one in found),
        "a file in the log's place: no part of it",
    )
