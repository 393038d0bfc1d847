"""What a forge tells of pull requests, pushes and refs, row by row: what each reader yields."""

from __future__ import annotations

import re
from datetime import datetime

from gate.frozen import dataclass
from gate.model import Account, Push

ZERO = re.compile(r"0{40}|0{64}")
A_MERGE = "pr_merge"  # what GitHub calls it, for all
FORGE_MERGES = frozenset({A_MERGE, "merge_queue_merge"})
UNTOLD = "untold"  # the forge does not say in the row whether it merged or somebody pushed
MAYBE_MERGES = FORGE_MERGES | {UNTOLD}


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of a repository's activity.

    ``kind`` is GitHub's ``activity_type``, or ``UNTOLD``.
    """

    id: int
    kind: str
    push: Push


@dataclass(frozen=True, slots=True)
class PullLink:
    """A pull request as far as a forge tells of it where it links it to a commit.

    ``head_repository`` is "" where the fork is gone; ``merge_sha`` is "" unless merged by a commit
    that is known.
    """

    number: int
    head_repository: str
    head_ref: str
    head_sha: str
    base_repository: str
    base_ref: str
    merged_at: datetime | None
    merge_sha: str


@dataclass(frozen=True, slots=True)
class PullRow(PullLink):
    """A pull request, from a list or by itself.

    ``commit_count`` and ``merged_by`` are None in lists, or where the forge never tells;
    ``squash_sha`` is the one that the forge made of its commits, beneath a merge commit.
    """

    url: str
    title: str
    author: Account | None
    merged_by: Account | None
    commit_count: int | None
    squash_sha: str = ""


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref and what it points at: ``kind`` is "commit" or, for an annotated tag, "tag"."""

    name: str
    sha: str
    kind: str
