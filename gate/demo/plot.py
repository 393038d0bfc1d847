"""What can happen to a change at Acme: the plot of a scene, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gate.demo.github_state import MergeMethod

SECOND, MINUTE, HOUR = (timedelta(seconds=n) for n in (1, 60, 3600))
RUN = 10 * MINUTE
AFTER_RUN = 8 * MINUTE


@dataclass(frozen=True, slots=True)
class Plot:
    """One change; the defaults are right in everything. All durations are before ``World.now``.

    People are named by their short names, "" where nobody did it. A ``ticket`` later than
    ``approval`` draws the approval to just after it. ``late_push`` adds a commit after the approval
    whose dates claim to be older. ``aimed_at`` is the branch that was to take it until half an hour
    after the approval. ``planned`` is when its window begins (it ends a day from now),
    ``status`` where the ticket ends up, ``covers`` what it names ("": the service), ``rerun`` a
    second attempt of the run, two minutes ago.
    """

    service: str = "shop"
    with_ticket: bool = True
    ticket_by: str = "alice"
    ticket: timedelta = 6 * HOUR
    covers: str = ""
    rollback: str = "Deploy the version before; it reads the same tables."
    tests: str = "Checkout was run against staging with every payment method."
    author: str = "alice"
    pusher: str = ""
    push: timedelta = 5 * HOUR
    reviewer: str = "carol"
    review: timedelta = 4 * HOUR
    approver: str = "bob"
    approval: timedelta = 3 * HOUR
    objector: str = ""
    planned: timedelta = HOUR
    status: str = "Approved"
    moved_to: str = ""
    late_push: bool = False
    aimed_at: str = ""
    merger: str = "carol"
    merge: timedelta = HOUR
    method: MergeMethod = "merge"
    run: timedelta = RUN
    rerun: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What came of a plot: names and commits.

    ``key`` is the ticket as the pipeline gives it, ``base`` the main branch before the merge,
    ``head`` the pull request's last commit, ``commit`` what the run deploys.
    """

    key: str
    service: str
    repository: str
    number: int
    branch: str
    base: str
    head: str
    commit: str
    run_id: int
    attempt: int
    actor: str
