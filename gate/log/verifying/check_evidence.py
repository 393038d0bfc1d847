"""Evidence bundles, held against the digests in the records; and what else lies beside a log."""

from __future__ import annotations

import re
from binascii import unhexlify
from typing import NamedTuple

from gate.frozen import dataclass
from gate.log.verifying.facts import EVIDENCE, part_of
from gate.log.verifying.findings import EVIDENCE as STEP
from gate.log.verifying.findings import MOST, Findings
from gate.log.verifying.scope import Scope
from gate.log.verifying.scratch import Gathering
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


class EvidenceChecked(NamedTuple):
    """A part that was checked: what was found, and what is there and named by no record."""

    findings: Findings
    strays: Strays


def gather_names(scope: Scope, _: None = None) -> Strays:
    """Lay down the names of the evidence that is there, by parts; name what is none."""
    gathering = Gathering(scope.scratch, NAMES)
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


def check_evidence(scope: Scope, part: int) -> EvidenceChecked:
    """Read the evidence that is in ``part``."""
    findings = Findings()
    first: dict[str, int] = {}
    asked: dict[str, int] = {}  # with the first entry that names it
    for fact in scope.scratch.facts(EVIDENCE, scope.chunks, part):
        named = first.setdefault(fact.digest, fact.place)
        if fact.place >= scope.since:
            asked[fact.digest] = named
    data = scope.scratch.whole(f"{NAMES}-{part}")
    there = {data[at : at + _DIGEST].hex() for at in range(0, len(data), _DIGEST)}
    if scope.evidence:
        missing = {digest: index for digest, index in asked.items() if digest not in there}
        for digest in asked.keys() & there:
            if not _check(scope, digest, asked[digest], findings):
                missing[digest] = asked[digest]
        _name_missing(missing, findings)
    strays = sorted(there - first.keys())
    named_by_none = Strays(
        evidence=tuple(evidence_path(digest) for digest in strays[:MOST]),
        evidence_count=len(strays),
    )
    return EvidenceChecked(findings, named_by_none)


def _check(scope: Scope, digest: str, index: int, findings: Findings) -> bool:
    """Whether it is there; and then whether it is what it should be."""
    data = scope.store.read_evidence(digest)
    if data is None:
        return False
    if digest_of(data) == digest:
        findings.count("evidence")
    else:
        what = f"the evidence of entry {index} was altered"
        findings.fault("evidence", evidence_path(digest), what, (index, STEP))
    return True


def _name_missing(missing: dict[str, int], findings: Findings) -> None:
    findings.count("evidence missing", len(missing))
    ordered = sorted(missing, key=missing.__getitem__)
    for digest in ordered[:MOST]:
        what = f"the evidence of entry {missing[digest]} is not at hand"
        findings.note("evidence", evidence_path(digest), what, (missing[digest], STEP))
    findings.count_notes("evidence", len(ordered[MOST:]))


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
